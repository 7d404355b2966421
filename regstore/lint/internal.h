/*
 * What the parts of a lint share: the configuration as writes, and the keys that tables read.
 */
#ifndef REGSTORE_LINT_INTERNAL_H
#define REGSTORE_LINT_INTERNAL_H

#include <stdlib.h>

#include "regstore/bcd/bcd.h"
#include "regstore/lint/lint.h"
#include "regstore/tunable/nearest.h"

#define LINT_NONE      UINT32_MAX
#define LINT_CHAIN_MAX 64u

/* The number of a rule's code: 1105. */
static inline unsigned
lint_rule_number(const struct lint_rule *rule)
{
	return (unsigned)strtoul(rule->code + 2, NULL, 10);
}

/* --- The configuration (config.c)
 * ----------------------------------------------------------------- */

/* A key that a file names, or one above such a key. Parents come before children. */
struct lint_node {
	uint32_t parent; /* LINT_NONE for a root: HKLM, HKU, ... */
	uint32_t text;   /* the component, NUL-terminated, in lint->text */
	uint32_t length;
	uint32_t hash;
	uint32_t next;      /* in its bucket, plus one */
	uint32_t canonical; /* the node that holds its values: another for a control set's number */
	uint32_t deleted;   /* the last write that deleted it with all below, plus one */
	uint32_t emptied;   /* the last write that deleted all its values, plus one */
	uint32_t made;      /* the last write that made it, or something in it, plus one */
	bool matched;       /* `match` and `match_count` are known */
	bool known;         /* so are the next three */
	bool shared;        /* a key of Windows, of which the tables know a value or two */
	uint32_t match;     /* the first of its matches */
	uint32_t match_count;
	uint32_t table; /* the first of the tables that read it, in lint->readers */
	uint32_t table_count;
};

enum lint_write_kind {
	WRITE_SET,
	WRITE_SET_IF_ABSENT,
	WRITE_DELETE,
	WRITE_DELETE_VALUES, /* all of the key */
	WRITE_CREATE_KEY,
	WRITE_DELETE_KEY,
	WRITE_FACT,        /* as WRITE_SET, but the file says it without a line of its own */
	WRITE_KEPT,        /* a directive that is not carried out: its name */
	WRITE_ELEMENT,     /* an element of an unknown name in a boot object: its name, and text */
	WRITE_BAD_ELEMENT, /* an element whose text is none of its format: its name, the fault */
	WRITE_ERROR,       /* the file is malformed: what was expected, as name */
	WRITE_LOSS,        /* what a hive has that cannot be read: as name */
};

/* One entry of a file, in the files' order. */
struct lint_write {
	enum lint_write_kind kind;
	uint32_t file;
	uint64_t at; /* line, or offset in a binary file */
	uint32_t node;
	uint32_t name; /* in lint->text */
	uint32_t type;
	size_t data; /* in lint->data */
	size_t size;
	uint32_t later; /* the write of the same value after it, plus one */
	uint32_t quiet; /* the first suppression that a comment gives it, plus one */
};

/* A value that was written: its last write. */
struct lint_value {
	uint32_t hash;
	uint32_t node; /* canonical */
	uint32_t last;
	uint32_t next; /* in its bucket, plus one */
};

struct lint_file {
	char *name;
	bool binary;
};

/* --- Keys that tables read (keys.c)
 * --------------------------------------------------------------- */

/* A component of the tables' keys; they form a tree. */
struct lint_pattern {
	const char *text; /* not NUL-terminated */
	size_t length;
	bool placeholder;
	uint32_t child;      /* the first, plus one */
	uint32_t sibling;    /* the next, plus one */
	uint32_t table;      /* the first of the tables that read this key, plus one */
	bool shared;         /* a key of Windows, of which the tables know one value */
	struct nearest near; /* of the children that are no placeholders */
};

/* A table in its pattern's list. */
struct lint_table {
	const struct tunable_table *table;
	const struct tunable_entry *entries; /* of its rows */
	uint32_t next;                       /* plus one */
};

/* That a key is (the beginning of) a pattern, with at most one component misspelt. */
struct lint_match {
	uint32_t pattern;
	uint32_t misspelt; /* the node of that component; LINT_NONE */
	uint32_t meant;    /* the pattern of what it should be */
};

/* --- Suppressions (suppress.c)
 * -------------------------------------------------------------------- */

struct lint_suppression {
	struct lint_place place;
	char *codes; /* "HV1105,HV1106" */
	char *file;  /* patterns as in a shell, or NULL */
	char *key;
	char *name;
	char *until;
	char *reason;
	uint32_t next; /* of the same entry, plus one; for those in comments */
	bool in_comment;
	bool expired;
	bool used;
};

/* A suppression that could not be read. */
struct lint_malformed {
	struct lint_place place;
	bool in_comment;
	const char *expected;
};

/* --- The run
 * -------------------------------------------------------------------------------------- */

struct lint {
	struct lint_options options;
	char today[16]; /* where the options give none */
	struct lint_summary summary;
	struct buf text; /* names and components, each with its NUL */
	struct buf data;
	struct lint_file *files;
	size_t file_count, file_capacity;
	struct lint_node *nodes;
	size_t node_count, node_capacity;
	uint32_t *node_buckets;
	size_t node_bucket_count;
	struct lint_write *writes;
	size_t write_count, write_capacity;
	struct lint_value *values;
	size_t value_count, value_capacity;
	uint32_t *value_buckets;
	size_t value_bucket_count;
	struct lint_pattern *patterns;
	size_t pattern_count, pattern_capacity;
	struct lint_table *tables;
	size_t table_count, table_capacity;
	struct lint_match *matches;
	size_t match_count, match_capacity;
	struct lint_suppression *suppressions;
	size_t suppression_count, suppression_capacity;
	struct lint_malformed *malformed;
	size_t malformed_count, malformed_capacity;
	uint32_t *readers; /* indices of `tables`, by the node that they read */
	size_t reader_count, reader_capacity;
	struct nearest names;                     /* of rows, by the entry's index */
	const struct tunable_entry **substituted; /* rows that have a fallback; ends with NULL */
	struct buf folded;                        /* scratch */
	struct buf path;                          /* of the node at hand */
	struct buf key;                           /* the same as its file has it */
	uint32_t path_node, key_node;
	uint32_t control_set; /* the current one's number */
	uint32_t boot_root;   /* BCD_ROOT, and its Objects; LINT_NONE */
	uint32_t boot_objects;
	uint32_t chain[LINT_CHAIN_MAX]; /* objects in which the loader looks, in this order */
	size_t chain_count;
	bool no_memory;
};

/* Note that memory ran out; returns false. */
bool lint_no_memory(struct lint *lint);

/* Begin a file; its index in *ret_file. */
bool lint_begin_file(struct lint *lint, const char *name, bool binary, uint32_t *ret_file);

/* The node of a path, made if need be; LINT_NONE without memory. "HKEY_LOCAL_MACHINE" is HKLM. */
uint32_t lint_node(struct lint *lint, const char *path);

/* The same, but only if the configuration has it. */
uint32_t lint_node_find(struct lint *lint, const char *path);

/* A node's child of this name, made if need be (LINT_NONE without memory) or only looked up. */
uint32_t lint_child(struct lint *lint, uint32_t parent, const char *name, size_t length, bool make);

const char *lint_node_text(const struct lint *lint, uint32_t node);
const char *lint_text(const struct lint *lint, uint32_t text);

/* Append the path of a node. */
void lint_path(const struct lint *lint, uint32_t node, struct buf *out);

/*
 * The path of a write's key, by which rows are found, and as its file has it. They live until the
 * next call for another key.
 */
const char *lint_path_of(struct lint *lint, const struct lint_write *write);
const char *lint_key_of(struct lint *lint, const struct lint_write *write);

/*
 * Add an entry; `data` and `name` are copied. NULL without memory; the result lives until the next
 * one is added.
 */
struct lint_write *lint_add(struct lint *lint, enum lint_write_kind kind, uint32_t file,
    uint64_t at, uint32_t node, const char *name, uint32_t type, const void *data, size_t size);

/* When all files were read: which write of each value is the last. False without memory. */
bool lint_settle_writes(struct lint *lint);

/* The write that sets a value in the end; NULL if none does. `node` is canonical. */
const struct lint_write *lint_value(struct lint *lint, uint32_t node, const char *name);

/* The write that deletes what `write` set, as its value, key or a key above; NULL if none does. */
const struct lint_write *lint_deletion(const struct lint *lint, const struct lint_write *write);

/* Whether the configuration has a key in the end. */
bool lint_key_is_there(const struct lint *lint, uint32_t node);

struct tunable_raw lint_raw(const struct lint *lint, const struct lint_write *write);

struct lint_place lint_place_of(const struct lint *lint, const struct lint_write *write);

/* --- Reading files (input.c, bcdedit_text.c)
 * ------------------------------------------------------ */

/* Add what a file holds, or an entry WRITE_ERROR. False without memory. */
bool lint_read(struct lint *lint, const void *data, size_t size, const char *name);

/* The same for what "bcdedit /enum" prints. `text` is UTF-8. */
bool lint_read_bcdedit(struct lint *lint, uint32_t file, const char *text, size_t size);

/*
 * The object of which a text without titles prints the elements ("{hypervisorsettings}"); NULL if
 * they are of no such object, or of more than one.
 */
const char *lint_bcdedit_settings(const char *text, size_t size);

/* The same for a hive. */
bool lint_read_hive(struct lint *lint, uint32_t file, const void *data, size_t size);

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

/* Index the keys of the catalog's tables. False without memory. */
bool lint_keys_init(struct lint *lint);
void lint_keys_release(struct lint *lint);

/* The matches of a node, in lint->matches from node->match on. False without memory. */
bool lint_match(struct lint *lint, uint32_t node);

/* Whether a table reads the key of a node; then node->table and the rest are known. */
bool lint_is_known_key(struct lint *lint, uint32_t node);

/* The next row that reads a value of this name in a node's key; `after` NULL starts. */
const struct tunable_entry *lint_row(struct lint *lint, uint32_t node, const char *name,
    size_t length, const struct tunable_entry *after);

/* A table of which a node would be the key if one component were spelt right; NULL. */
const struct tunable_table *
lint_misspelt_table(struct lint *lint, uint32_t node, const char *name, struct buf *ret_key);

/* --- Judging (judge.c, names.c, boot.c, boot_judge.c)
 * ----------------------------------------------------------- */

/* What the interpreter asks of the configuration, for one row in one key. */
struct lint_case {
	struct tunable_case given; /* first: the interpreter hands this back */
	struct lint *lint;
	const struct tunable_entry *entry; /* that is judged */
	uint32_t node;                     /* canonical: of its key; LINT_NONE for boot options */
	const char *path;                  /* of that */
	const struct lint_write *write;    /* of its value; NULL: absent */
	const char *missing;               /* a state that was asked for and is not given */
};

/* Judge a row in its key. */
void lint_judge(struct lint_case *given, struct tunable_reading *ret_reading);

/* Fill given->given with the configuration's answers. */
void lint_case_init(struct lint_case *given, struct lint *lint, const struct tunable_entry *entry,
    uint32_t node, const char *path);

/* The key of a table in the instance of the one that is judged; LINT_NONE if it is not there. */
uint32_t lint_sibling_node(struct lint_case *given, const struct tunable_table *table);

/* Emit what a reading means for the line that `write` is (verdict.c). */
void lint_emit_reading(struct lint *lint, const struct lint_write *write, const char *key,
    const char *name, const struct lint_case *given, const struct tunable_reading *reading);

/* Emit that a later write undoes this one; false if none does. */
bool lint_check_undone(
    struct lint *lint, const struct lint_write *write, const char *key, const char *name);

/* Judge one write; whether it is about the catalog. */
bool lint_judge_write(struct lint *lint, const struct lint_write *write);

/* Judge that a key is made or deleted. */
void lint_judge_key(struct lint *lint, const struct lint_write *write);

/* The same for a value whose name no row has in its key. */
bool lint_judge_unread(struct lint *lint, const struct lint_write *write);

/* Only whether the name is misspelt: a row of its key has one that is near. */
bool lint_judge_misspelt(struct lint *lint, const struct lint_write *write);

/* The same for one that lies in the boot configuration. */
bool lint_judge_boot(struct lint *lint, const struct lint_write *write);

/* Find the boot configuration, and in which of its objects the loader looks. False: no memory. */
bool lint_boot_init(struct lint *lint);

/* Whether a node lies in the boot configuration. */
bool lint_is_boot(const struct lint *lint, uint32_t node);

/* The object and the element's id that a value is; false for one that is no element. */
bool lint_boot_element(const struct lint *lint, const struct lint_write *write,
    uint32_t *ret_object, uint32_t *ret_id);

/* An object's type: what the configuration says, else what well-known objects have. */
uint32_t lint_boot_type(struct lint *lint, uint32_t object);

/* The write that the loader finds for an element; NULL. */
const struct lint_write *lint_boot_effective(struct lint *lint, uint32_t id);

/* Whether data are what the loader takes for an element. */
bool lint_boot_data_fit(uint32_t id, const struct lint_write *write);

/* What the boot configuration holds for an option, as the loader would find it. */
struct tunable_raw lint_boot_option(struct lint *lint, const char *option);

/* A finding of a rule about a write, without more; the caller adds to it. */
struct lint_finding lint_finding_of(struct lint *lint, const char *code,
    const struct lint_write *write, const char *key, const char *name);

/* Hand a finding out, unless a suppression hides it. */
void lint_emit(struct lint *lint, const struct lint_write *write, struct lint_finding *finding);

/* --- Suppressions
 * --------------------------------------------------------------------------------- */

/* Read the suppressions of a file. False without memory. */
bool lint_read_suppressions(struct lint *lint, const char *text, size_t size, const char *name);

/* Read the suppression in a comment's text; 0 if it is none, else its index plus one. */
uint32_t
lint_suppression_comment(struct lint *lint, const char *text, const struct lint_place *place);

/* The suppression that hides a finding; NULL. */
struct lint_suppression *lint_suppression_for(
    struct lint *lint, const struct lint_write *write, const struct lint_finding *finding);

/* Emit what is to be said of the suppressions themselves. */
void lint_judge_suppressions(struct lint *lint);
void lint_suppressions_release(struct lint *lint);

#endif
