/*
 * A module's configuration side: its tables, its entry points, and what it made of them.
 *
 * A *module* is what Windows loads as one image: a driver (vhdmp.sys), a service's program
 * (vmms.exe), a library that reads values of its own (vsconfig.dll). It is one file: the tables of
 * what it reads, the functions that read them under the reference's names, and the state that it
 * derives. A process (regstore/svc/process.h) loads, unloads and signals its modules; commands and
 * tests use the tables alone. What a module's entry returns is an NTSTATUS, as Windows' loader has
 * it for all images.
 */
#ifndef REGSTORE_TUNABLE_MODULE_H
#define REGSTORE_TUNABLE_MODULE_H

#include <jansson.h>
#include <stdarg.h>

#include "regstore/tunable/load.h"

struct module_object;

/* A condition that is no registry value, and its word in one reading: { "vm", "shielded" }. */
struct module_word {
	const char *name;
	const char *word; /* lives as long as the process */
};

#define MODULE_WORDS 2

/* What a snapshot was loaded for: a table, in one instance of its key, for one thing if it has one.
 */
struct module_snapshot {
	struct tunable_snapshot *snapshot;
	char *label; /* "C:\disk.vhdx" for a snapshot of each attach; NULL otherwise */
	struct module_word words[MODULE_WORDS];
};

/* An operation of a module beside the common ones, called through the control socket. */
struct module_operation {
	const char *name; /* "load-parser" */
	const char *doc;  /* what it does, and its argument */
	/* On failure a text "error" in `result` says more than the status. */
	ntstatus (*call)(struct module_object *object, const char *argument, json_t *result);
};

struct module {
	const char *name;    /* "vhdmp" */
	const char *image;   /* "vhdmp.sys" */
	const char *service; /* its key below Services: "VmsMp" for vmswitch; NULL: it has none */
	const char *doc;
	/* A condition without which it does not load (as far as its word is known), or { 0 }. */
	struct module_word requires;
	const struct tunable_table *const *tables;
	size_t table_count;
	/* Windows' DriverEntry, DllMain or main: read what is read at once, derive the state. */
	ntstatus (*entry)(struct module_object *object);
	void (*unload)(struct module_object *object);
	/* The module got its parameter-reload signal; NULL if it has none. */
	ntstatus (*reload)(struct module_object *object);
	/* A key that the module asked to be told of has changed; NULL if it asks for none. */
	ntstatus (*changed)(struct module_object *object);
	/* A device was added; `key` is its registry key. NULL if it has no devices with a key. */
	ntstatus (*add_device)(struct module_object *object, const char *key);
	const struct tunable_table *devices; /* whose instances are the devices */
	/* Add the derived state to an object that `status` prints. */
	void (*status)(const struct module_object *object, json_t *state);
	const struct module_operation *operations; /* ends with name NULL; or NULL */
};

/* A module in a process. It outlives unload and load: what is read once a boot stays. */
struct module_object {
	const struct module *module;
	struct registry *registry;
	const struct tunable_catalog *catalog;
	void (*log)(void *context, const char *format, va_list arguments); /* or NULL */
	void *log_context;
	/* The word of a condition of the host ("cpuvendor"), NULL if it is not known; or NULL. */
	const char *(*state)(void *context, const char *name);
	void *state_context;
	bool running;
	uint32_t entries; /* calls of its entry since boot */
	uint32_t reloads;
	struct module_snapshot *snapshots;
	size_t snapshot_count;
	struct reg_watch **watches; /* of the tables that follow changes */
	size_t watch_count;
	void *extension; /* the module's own state, from entry to unload */
};

/* Whether a word names a module: its name, its image or its service, without case. */
bool module_is(const struct module *module, const char *word);

/* --- For the process
 * ----------------------------------------------------------------------- */

/* Its entry, then add_device for each device that exists. On failure the module is as before. */
ntstatus module_start(struct module_object *object);

/* Unload; forgets all but what is read once a boot. */
void module_stop(struct module_object *object);

/* The parameter-reload signal. STATUS_INVALID_DEVICE_REQUEST if the module has none. */
ntstatus module_reload(struct module_object *object);

/* Some watched key changed: tell the module if it was one of its. */
void module_notify(struct module_object *object);

/*
 * A device was added or restarted; `key` in any spelling. STATUS_NO_SUCH_DEVICE if there is no such
 * key, STATUS_OBJECT_NAME_INVALID if no device of the module can have it.
 */
ntstatus module_add_device(struct module_object *object, const char *key);

/* Release everything, boot-time snapshots too. */
void module_release(struct module_object *object);

/*
 * Append a view of every tunable of the module (see tunable_view), with `module`, `running` and,
 * where it was read for one thing or under conditions of its own, `instance` and `conditions` (an
 * object). What is read at each operation or attach shows what would be read now; what was read and
 * is gone since is shown too, as pending. With `name` (or NULL) only of the values of that name,
 * and with the `steps` by which each came about; `pending_steps` where it is pending. False without
 * memory or when the registry fails.
 */
bool module_view(const struct module_object *object, const char *name, json_t *views);

/* --- For modules
 * ---------------------------------------------------------------------------------- */

/* Read a table without placeholders (again), in place of its older snapshot. */
ntstatus module_load(
    struct module_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Read a table that is static for the boot: does nothing if it was read since then. */
ntstatus module_load_once(
    struct module_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Read a table in one instance of its key; `label` as in struct module_snapshot, or NULL. */
ntstatus module_load_instance(struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label, tunable_reader *reader);

/*
 * The same under conditions that hold for this reading alone; they are kept with the snapshot, so
 * that what is pending is judged under them too. `words` has MODULE_WORDS entries, unused ones {0}.
 */
ntstatus module_load_under(struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label, const struct module_word *words, tunable_reader *reader);

/* Read a table in each instance that exists now, and forget those that are gone. */
ntstatus module_load_instances(
    struct module_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Forget the snapshot of a label. */
void
module_forget(struct module_object *object, const struct tunable_table *table, const char *label);

/* The state structure of a table's snapshot; NULL if it was not read. */
const void *module_state(const struct module_object *object, const struct tunable_table *table);

/* The same of one instance (NULL: any) and one label (NULL: the snapshot that has none). */
const void *module_state_of(const struct module_object *object, const struct tunable_table *table,
    const char *key, const char *label);

/*
 * The word of a condition: the process's answer, else the host's choice of a switch (see
 * tunable_switch), else NULL.
 */
const char *module_word(const struct module_object *object, const char *name);

/* One line to the process's log. */
void module_log(const struct module_object *object, const char *format, ...) PRINTF_LIKE(2, 3);

/* The number of a field, or `otherwise` where there is neither value nor default. */
static inline uint64_t
number_or(struct tunable_number number, uint64_t otherwise)
{
	return number.set ? number.value : otherwise;
}

#endif
