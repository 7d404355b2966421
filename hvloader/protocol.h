/*
 * How others reach the loader, and what it gives the kernel.
 *
 * run/hvloader.sock speaks JSON-RPC 2.0, one object a line; the method `methods` lists what it
 * takes.
 */
#ifndef HVLOADER_PROTOCOL_H
#define HVLOADER_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HVLOADER_NAME "hvloader"

/* Names the file that holds the launch block, in the kernel's environment. */
#define LAUNCH_BLOCK_VARIABLE "HVEMU_LAUNCH_BLOCK"

#define LAUNCH_BLOCK_MAGIC   0x424c5648u /* "HVLB" */
#define LAUNCH_BLOCK_VERSION 1u

/* Bits of `flags` that the reference gives; the others of the word are not known. */
#define LAUNCH_USE_VAPIC          0x1u
#define LAUNCH_PERFMON_SYSTEM     0x80000u
#define LAUNCH_PERFMON_HYPERVISOR 0x100000u

/* The active scheduler's number, as WinHvGetSystemInformation and event ID 2 report it. */
enum scheduler_type {
	SCHEDULER_CLASSIC_NO_SMT = 1,
	SCHEDULER_CLASSIC = 2,
	SCHEDULER_CORE = 3,
	SCHEDULER_ROOT = 4,
};

/*
 * The resolved configuration that the hypervisor gets: hvix64.exe and hvax64.exe read neither BCD
 * nor registry (reference 2.11). Texts end with a NUL. A number that nothing sets is 0, and its bit
 * in `set` is clear; the bits follow the order of the fields from `debug` on.
 */
struct launch_block {
	uint32_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t hypervisor; /* 0: the host boots without one */
	uint64_t flags;      /* LAUNCH_ bits */
	uint64_t set;
	uint32_t scheduler; /* enum scheduler_type */
	uint32_t ignore_mem_part;
	uint32_t dma_guard_opt_in;
	uint32_t hardware_isolation; /* 0 default, 1 enable, 2 force */
	uint32_t sev_snp;
	uint32_t iov;
	uint32_t numa_policy; /* 1 distributed, 2 packed */
	uint32_t debug;
	uint32_t debug_type;
	uint32_t baud_rate;
	uint32_t channel;
	uint32_t serial_debug_port;
	uint32_t host_ip;
	uint32_t host_port;
	uint32_t num_proc;
	uint32_t root_proc;
	uint32_t root_proc_per_core;
	uint32_t iommu_policy;
	uint32_t disable_slat;
	uint32_t use_large_vtlb;
	uint32_t enforced_code_integrity;
	uint32_t disable_dfss;
	char bus_params[32];
	char load_options[1024];
	char metadata_partition[256];
	char cpu_vendor[16];
	uint32_t processors; /* of the emulated machine */
	uint32_t memory_gb;
	uint32_t numa_nodes;
	char backing[16]; /* whether large pages can be had: "available", "unavailable" */
};

/* A condition that the block decides, and its word: what the kernel's rows are read under. */
struct launch_word {
	const char *name;
	char word[16];
};

#define LAUNCH_WORDS 7

/* Without a hypervisor no scheduler of its is active. */
static inline void
launch_block_words(const struct launch_block *block, struct launch_word ret_words[LAUNCH_WORDS])
{
	static const char *const names[LAUNCH_WORDS] = { "hypervisor", "scheduler", "processors",
		"memory_gb", "numa_nodes", "cpuvendor", "backing" };
	const uint32_t numbers[] = { 0, block->hypervisor != 0 ? block->scheduler : 0,
		block->processors, block->memory_gb, block->numa_nodes };

	for (size_t i = 0; i < LAUNCH_WORDS; i++) {
		char *word = ret_words[i].word;
		const size_t size = sizeof(ret_words[i].word);

		ret_words[i].name = names[i];
		if (i == 0)
			snprintf(word, size, "%s", block->hypervisor != 0 ? "on" : "off");
		else if (i < sizeof(numbers) / sizeof(numbers[0]))
			snprintf(word, size, "%u", numbers[i]);
		else
			snprintf(word, size, "%.15s",
			    i == LAUNCH_WORDS - 1 ? block->backing : block->cpu_vendor);
	}
}

#endif
