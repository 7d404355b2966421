/*
 * A kernel driver's configuration side: its tables, its entry points, and what it made of them.
 *
 * A driver is one file: the tables of what it reads, the functions that read them under the
 * reference's names, and the state that it derives. The kernel process (host.c) loads, unloads and
 * signals drivers; commands and tests use the tables alone.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include <jansson.h>
#include <stdarg.h>

#include "regstore/tunable/load.h"

struct driver_object;

/* What a snapshot was loaded for: a table, in one instance of its key, for one thing if it has one.
 */
struct driver_snapshot {
	struct tunable_snapshot *snapshot;
	char *label; /* "C:\disk.vhdx" for a snapshot of each attach; NULL otherwise */
};

/* An operation of a driver beside the common ones, called through the control socket. */
struct driver_operation {
	const char *name; /* "load-parser" */
	const char *doc;  /* what it does, and its argument */
	ntstatus (*call)(struct driver_object *object, const char *argument, json_t *result);
};

struct driver {
	const char *name;    /* "vhdmp" */
	const char *image;   /* "vhdmp.sys" */
	const char *service; /* its key below Services; "VmsMp" for vmswitch */
	const char *doc;
	const struct tunable_table *const *tables;
	size_t table_count;
	/* Windows' DriverEntry: read what is read at entry, derive the state. */
	ntstatus (*DriverEntry)(struct driver_object *object);
	void (*DriverUnload)(struct driver_object *object);
	/* The driver got its parameter-reload signal; NULL if it has none. */
	ntstatus (*reload)(struct driver_object *object);
	/* A key that the driver asked to be told of has changed; NULL if it asks for none. */
	ntstatus (*changed)(struct driver_object *object);
	/* A device was added; `key` is its registry key. NULL if it has no devices with a key. */
	ntstatus (*AddDevice)(struct driver_object *object, const char *key);
	const struct tunable_table *devices; /* whose instances are the devices */
	/* Add the derived state to an object that `status` prints. */
	void (*status)(const struct driver_object *object, json_t *state);
	const struct driver_operation *operations; /* ends with name NULL; or NULL */
};

/* A driver in the kernel process. It outlives unload and load: what is read once a boot stays. */
struct driver_object {
	const struct driver *driver;
	struct registry *registry;
	const struct tunable_catalog *catalog;
	void (*log)(void *context, const char *format, va_list arguments); /* or NULL */
	void *log_context;
	bool running;
	uint32_t entries; /* DriverEntry calls since boot */
	uint32_t reloads;
	struct driver_snapshot *snapshots;
	size_t snapshot_count;
	struct reg_watch **watches; /* of the tables that follow changes */
	size_t watch_count;
	void *extension; /* the driver's own state, from DriverEntry to DriverUnload */
};

/* --- For the kernel process
 * ----------------------------------------------------------------------- */

/* DriverEntry, then AddDevice for each device that exists. On failure the driver is as before. */
ntstatus driver_start(struct driver_object *object);

/* DriverUnload; forgets all but what is read once a boot. */
void driver_stop(struct driver_object *object);

/* The parameter-reload signal. STATUS_INVALID_DEVICE_REQUEST if the driver has none. */
ntstatus driver_reload(struct driver_object *object);

/* Some watched key changed: tell the driver if it was one of its. */
void driver_notify(struct driver_object *object);

/*
 * A device was added or restarted; `key` in any spelling. STATUS_NO_SUCH_DEVICE if there is no such
 * key, STATUS_OBJECT_NAME_INVALID if no device of the driver can have it.
 */
ntstatus driver_add_device(struct driver_object *object, const char *key);

/* Release everything, boot-time snapshots too. */
void driver_release(struct driver_object *object);

/*
 * Append a view of every tunable of the driver (see tunable_view), with `running` and, where it was
 * read for one thing, `instance`. What is read at each operation or attach shows what would be read
 * now; what was read and is gone since is shown too, as pending. False without memory or when the
 * registry fails.
 */
bool driver_view(const struct driver_object *object, json_t *views);

/* --- For drivers
 * ---------------------------------------------------------------------------------- */

/* Read a table without placeholders (again), in place of its older snapshot. */
ntstatus driver_load(
    struct driver_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Read a table that is static for the boot: does nothing if it was read since then. */
ntstatus driver_load_once(
    struct driver_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Read a table in one instance of its key; `label` as in struct driver_snapshot, or NULL. */
ntstatus driver_load_instance(struct driver_object *object, const struct tunable_table *table,
    const char *key, const char *label, tunable_reader *reader);

/* Read a table in each instance that exists now, and forget those that are gone. */
ntstatus driver_load_instances(
    struct driver_object *object, const struct tunable_table *table, tunable_reader *reader);

/* Forget the snapshot of a label. */
void
driver_forget(struct driver_object *object, const struct tunable_table *table, const char *label);

/* The state structure of a table's snapshot; NULL if it was not read. */
const void *driver_state(const struct driver_object *object, const struct tunable_table *table);

/* One line to the kernel's log. */
void driver_log(const struct driver_object *object, const char *format, ...) PRINTF_LIKE(2, 3);

/* The number of a field, or `otherwise` where there is neither value nor default. */
static inline uint64_t
number_or(struct tunable_number number, uint64_t otherwise)
{
	return number.set ? number.value : otherwise;
}

#endif
