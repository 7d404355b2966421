/*
 * What tests share: a host in a folder of its own, and short forms of what every test does.
 */
#ifndef TESTS_LIB_HOST_H
#define TESTS_LIB_HOST_H

#include <stdint.h>

#include "regstore/registry/registry.h"

struct host {
	char root[4096];
	struct registry *registry; /* NULL until host_open */
};

/* Make an empty folder below $TMPDIR (or /tmp); there is no host in it yet. */
void host_init(struct host *host);

/* Open the host's registry, which is made if there is none. Fails the test on an error. */
void host_open(struct host *host);

/* Close the registry if it is open; host_open opens it again. */
void host_close(struct host *host);

/* Close, and remove the folder with all that is in it. */
void host_release(struct host *host);

/* Open another connection to the same host. The caller closes it. */
struct registry *host_connect(const struct host *host);

/* cmocka's setup and teardown of a test whose state is an open host. */
int host_setup(void **state);
int host_teardown(void **state);

/* The path of one of the product's programs, in the folder $HVEMU_BIN; skips the test without it.
 */
void host_program(const char *name, char *ret_path, size_t size);

/* Assert that a call returned this code; prints the names of expected and got. */
#define assert_lstatus(status, code) assert_lstatus_at(status, code, __FILE__, __LINE__)
void assert_lstatus_at(lstatus status, enum win32_code code, const char *file, int line);

/* Open or create a key by its path; fails the test on an error. */
reg_key host_key(struct registry *registry, const char *path);

/* A REG_DWORD's value; fails the test if it is not one. */
uint32_t host_dword(struct registry *registry, reg_key key, const char *name);

/* Wait until the child ends; its exit status, or -1 if a signal ended it. */
int host_wait(int child);

#endif
