/*
 * Failures on demand: the n-th call of a kind fails, once or from then on.
 *
 * Three kinds of calls are counted, all of them only in the thread that armed them: allocations of
 * the project's code and of SQLite, system calls of the project's code, and SQLite's calls of its
 * file layer. The project's calls come here by the linker (--wrap), SQLite's by its interfaces for
 * allocators and file layers, so nothing in the product knows of it.
 */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H

#include <stdbool.h>
#include <stdint.h>

enum inject_kind {
	INJECT_MEMORY,
	INJECT_FILES, /* system calls and SQLite's file layer */
};

/* Put the allocator and the file layer in SQLite's way. Before SQLite is used. */
void inject_install(void);

/* From now on the `at`-th call (1: the next) of the kind fails; `lasting`: all after it too. */
void inject_arm(enum inject_kind kind, uint64_t at, bool lasting);

/* The `at`-th call of the kind, from now on, ends the process: SIGKILL. */
void inject_kill(enum inject_kind kind, uint64_t at);

/* No call fails any more. How many of the kind there were. */
uint64_t inject_disarm(void);

/* What failing system calls and SQLite's file layer say: EIO, ENOSPC, EMFILE. EIO to begin with. */
void inject_errno(int error);

/* Whether this call of the kind is to fail. */
bool inject_strikes(enum inject_kind kind);

/* The errno that was set with inject_errno. */
int inject_reason(void);

#endif
