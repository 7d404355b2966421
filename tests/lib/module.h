/*
 * A module over a true registry: somebody writes, the module reads at its events, and what it works
 * with is compared.
 */
#ifndef TESTS_LIB_MODULE_H
#define TESTS_LIB_MODULE_H

#include "regstore/tunable/module.h"
#include "tests/lib/host.h"

/* A host, the process's connection to it, somebody else's, and one module of the process. */
struct fixture {
	struct host host;
	struct registry *writer;
	struct tunable_catalog catalog;
	struct module_object object;
};

/* cmocka's setup and teardown of a test whose state is a fixture with the tables of all processes.
 */
int fixture_setup(void **state);
int fixture_teardown(void **state);

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#define assert_ntstatus(status, code_wanted)                                                       \
	assert_int_equal((status).code, (uint32_t)(code_wanted))

/* A new boot with this module: nothing that was read before is known. */
void boot(struct fixture *fixture, const struct module *module);

/* The same boot: stop and start the module, or give it its reload signal. */
void restart(struct fixture *fixture);
void reload(struct fixture *fixture);

/* Write, as somebody else; the key is made where there is none. */
void set_number(struct fixture *fixture, const char *path, const char *name, uint32_t number);
void set_text(struct fixture *fixture, const char *path, const char *name, const char *text);
void set_bytes(struct fixture *fixture, const char *path, const char *name, uint32_t type,
    const void *data, size_t size);
void delete_value(struct fixture *fixture, const char *path, const char *name);
void delete_tree(struct fixture *fixture, const char *path);

/* A member's text, "" if there is none. */
const char *member(const json_t *view, const char *name);

/* The view of a value; `path` and `instance` NULL: any. NULL if there is none. */
json_t *find_view(json_t *views, const char *path, const char *name, const char *instance);

/* All views of the module. The caller owns the result. */
json_t *view_all(const struct fixture *fixture);

/*
 * What the module works with, and the event that a write waits for (NULL: nothing waits). An
 * expected value of NULL: there is no such view.
 */
#define shows(fixture, path, name, instance, effective, event)                                     \
	shows_at(fixture, path, name, instance, effective, event, __FILE__, __LINE__)
void shows_at(const struct fixture *fixture, const char *path, const char *name,
    const char *instance, const char *effective, const char *event, const char *file, int line);

/* A member of the state that the module derived, by its path: "resiliency.data", "disks.0". */
#define derives(fixture, path, expected) derives_at(fixture, path, expected, __FILE__, __LINE__)
void derives_at(const struct fixture *fixture, const char *path, const char *expected,
    const char *file, int line);

/* Call an operation of the module; `run` drops its result. */
ntstatus call(struct fixture *fixture, const char *name, const char *argument, json_t *result);
ntstatus run(struct fixture *fixture, const char *name, const char *argument);

#endif
