/*
 * Reading a table's rows from the registry: instances, snapshots, what is pending.
 */
#ifndef REGSTORE_TUNABLE_LOAD_H
#define REGSTORE_TUNABLE_LOAD_H

#include "regstore/tunable/tunable.h"

/*
 * A reader: gets one row's value under an open key; appends its bytes to `data`. It bears the name
 * of the component's own helper. STATUS_OBJECT_NAME_NOT_FOUND when there is no such value.
 */
typedef ntstatus tunable_reader(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data);

/* The plain reader, for components whose helper the reference does not name. */
tunable_reader tunable_read_value;

/* A reader that finds nothing: what a component knows of a key that it has not read. */
tunable_reader tunable_read_nothing;

/*
 * What a component made of one table in one instance of its key: immutable once loaded. `state` is
 * the table's structure, filled from the effective values.
 */
struct tunable_snapshot {
	const struct tunable_table *table;
	char *key; /* concrete */
	bool key_present;
	struct tunable_reading *readings; /* one a row, in the table's order */
	size_t count;                     /* of readings */
	char **names; /* of the values, where the table fixes none ("*"); else NULL */
	void *state;
	/* private to load.c */
	struct raw_slot *slots;
	struct bcd_slot *bcd;
	struct word_slot *words;
	size_t slot_count;
	struct buf data;
};

/* What a load needs beside the table. */
struct tunable_loader {
	const struct tunable_catalog *catalog;
	struct registry *registry;
	tunable_reader *reader; /* NULL: tunable_read_value */
	const char *(*state)(const struct tunable_case *given, const char *name); /* or NULL */
	/*
	 * What the BCD store holds for an option, appended in the registry's type that stands for
	 * it (a number or a switch as REG_DWORD or REG_QWORD, text as REG_SZ); or NULL.
	 */
	lstatus (*bcd)(
	    struct registry *registry, const char *option, uint32_t *ret_type, struct buf *data);
	void *context; /* for state(), as given->context */
};

/*
 * Read and judge all rows of a table. `instance` is the concrete key for a table with placeholders,
 * NULL otherwise. A key that is not there reads as all absent. The caller frees *ret_snapshot.
 */
lstatus tunable_load(const struct tunable_loader *loader, const struct tunable_table *table,
    const char *instance, struct tunable_snapshot **ret_snapshot);
void tunable_snapshot_free(struct tunable_snapshot *snapshot);

/*
 * A case that answers with what a snapshot's reading was judged from: values, boot options and the
 * words of states as they were then. The snapshot must outlive it; `context` and `step` are free.
 */
struct tunable_snapshot_case {
	struct tunable_case given; /* first: the interpreter hands this back */
	const struct tunable_snapshot *snapshot;
	const struct raw_slot *value; /* the one that is judged, of a table with "*"; or NULL */
};

void tunable_snapshot_case(
    const struct tunable_snapshot *snapshot, size_t index, struct tunable_snapshot_case *ret_case);

/* The name of the value that a reading is of. */
const char *tunable_snapshot_name(const struct tunable_snapshot *snapshot, size_t index);

/* The reading of a value by name; NULL if there is no such row (or value, for "*"). */
const struct tunable_reading *
tunable_snapshot_find(const struct tunable_snapshot *snapshot, const char *name);

/* The key that a table reads on a host: the reference's, or the one that stands for it. */
const char *tunable_table_key(const struct tunable_table *table);

/* Whether a value is one that every service's key may have, for the service control manager. */
bool tunable_is_service_value(const char *name);

/* Whether the table's key has placeholders. */
bool tunable_table_has_instances(const struct tunable_table *table);

/*
 * The part of a table's key above its first placeholder, below which all its instances lie; the
 * whole key without placeholders. NULL without memory. The caller frees it.
 */
char *tunable_table_root(const struct tunable_table *table);

/*
 * Append an instance's key, which may be spelt in any form that tunable_key_matches knows, in the
 * form in which tunable_instances gives it. False if it is no instance of the table's key.
 */
bool tunable_instance_key(const struct tunable_table *table, const char *key, struct buf *out);

/*
 * Append the key of `table` that belongs to the same instance as the concrete key `instance` of
 * another table, `of`. False if that leaves a placeholder open.
 */
bool tunable_related_key(const struct tunable_table *table, const struct tunable_table *of,
    const char *instance, struct buf *out);

/* The concrete keys of a table that exist, each NUL-terminated, one after the other. */
lstatus tunable_instances(
    struct registry *registry, const struct tunable_table *table, struct buf *ret_keys);

#endif
