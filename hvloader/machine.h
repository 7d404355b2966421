/*
 * The emulated machine: facts of the hardware that no configuration of Windows holds.
 *
 * They are texts below HKLM\SOFTWARE\hvemu\Machine, so that a host can be made a machine of another
 * maker or size; what is not set there is assumed (but for the processor's maker, which is this
 * machine's own).
 */
#ifndef HVLOADER_MACHINE_H
#define HVLOADER_MACHINE_H

#include "regstore/registry/registry.h"

#define MACHINE_KEY "HKLM\\SOFTWARE\\hvemu\\Machine"

struct machine_facts {
	char cpuvendor[16];  /* CPUID's: "AuthenticAMD", "GenuineIntel" */
	char processors[16]; /* logical ones, decimal; 16 */
	char memory_gb[16];  /* decimal; 64 */
	char numa_nodes[16]; /* decimal; 1 */
	char backing[16];    /* "available": large pages can be had; or "unavailable" */
};

/* Read the facts of a host. */
void machine_facts_read(struct registry *registry, struct machine_facts *ret_facts);

/* The fact of a condition's name ("cpuvendor", ...), without case; NULL if it is none. */
const char *machine_fact(const struct machine_facts *facts, const char *name);

#endif
