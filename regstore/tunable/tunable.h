/*
 * Tunables: one row for each value that a component reads, and the judgement of what it read.
 *
 * A *tunable* is a registry value (or a BCD option) that changes how a component behaves. Its row
 * says all that is known of it and where that is known from; the interpreter turns a row and what
 * was found into an effective value, a verdict, a source and a reason. Everything else (views,
 * descriptions, vectors, tests) is a walk over the rows.
 *
 * The interpreter is pure: it reads a struct tunable_case, which a daemon fills from the registry
 * and a test from a line of text.
 */
#ifndef REGSTORE_TUNABLE_TUNABLE_H
#define REGSTORE_TUNABLE_TUNABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/registry/registry.h"

/* --- The row ------------------------------------------------------------------------------------
 */

/* Where a row's facts come from. Zero is no answer: a row that forgets it fails the self-check. */
enum tunable_basis {
	BASIS_FORGOTTEN = 0,
	BASIS_DOCUMENTED, /* the reference */
	BASIS_PUBLIC,     /* a named public source */
	BASIS_ASSUMED,    /* our choice */
};

/* Facts of a row that are our choice although the rest is known; bits for .assumed. */
#define FACT_TYPE      1u
#define FACT_DEFAULT   2u
#define FACT_RANGE     4u
#define FACT_JUDGEMENT 8u  /* what happens to a value out of range or shape */
#define FACT_SHAPE     16u /* that it is a boolean, the meaning of a number */
#define FACT_RULE      32u /* a rule between values: gate, fallback, precedence */

/* What the reader does with a number outside the range, or of the wrong shape. */
enum tunable_oob {
	OOB_UNSTATED = 0, /* the reference does not say: taken as it is, and said */
	OOB_CLAMP,        /* brought to the nearest bound */
	OOB_RESET,        /* the default instead; without a default, as if absent */
	OOB_REJECT,       /* silently discarded: the default stays; without one, as if absent */
};

enum tunable_shape {
	SHAPE_ANY = 0,
	SHAPE_BOOL,         /* zero or not */
	SHAPE_ENUM,         /* one of .words */
	SHAPE_BITMASK,      /* bits of .words, where the reference names them */
	SHAPE_POWER_OF_TWO, /* 1, 2, 4, ... */
	SHAPE_EVEN,
	SHAPE_GUID,   /* text of a GUID */
	SHAPE_MAC,    /* six bytes */
	SHAPE_SUBKEY, /* no value: 1 while the table's key is there, else 0 */
};

/* When a component reads the value again, after which a write has its effect. */
enum tunable_apply {
	APPLY_FORGOTTEN = 0,
	APPLY_BOOT,                /* the hypervisor's or the kernel's launch */
	APPLY_DRIVER_ENTRY,        /* the driver is loaded */
	APPLY_DEVICE_ADD,          /* a device is added */
	APPLY_ATTACH,              /* a virtual disk is attached */
	APPLY_SERVICE_START,       /* the service starts */
	APPLY_RELOAD,              /* the component gets a reload signal */
	APPLY_CHANGE_NOTIFICATION, /* at once */
	APPLY_VM_START,            /* a virtual machine starts */
	APPLY_OPERATION,           /* each operation reads it */
	APPLY_UNKNOWN,             /* the reference does not say; see the table's .assumed_apply */
};

enum tunable_gate_test {
	GATE_NONE = 0,
	GATE_NONZERO,
	GATE_ZERO,
	GATE_EQUALS,
	GATE_AT_LEAST,
};

/* The row is consulted only while a sibling's effective value, or a named state, passes a test. */
struct tunable_gate {
	const char *name;  /* a sibling; NULL for a state */
	const char *state; /* a state */
	enum tunable_gate_test test;
	uint64_t number;  /* compared with */
	const char *word; /* compared with, for a state that is a word */
};

/* The name of an enumerated number, or of a bit (number = the bit's value). */
struct tunable_word {
	uint64_t number;
	const char *word;
};

/*
 * What an operation comes to because of the effective value: `yes` while that is other than zero
 * (for bytes: while there are any) and, if `state` is set, that condition has the word `word`;
 * else `no`. With `yes` NULL there is only the word for absence ("not-present").
 */
struct tunable_outcome {
	const char *yes; /* "blocked" */
	const char *no;  /* "allowed" */
	const char *state;
	const char *word;
};

/*
 * A named choice between readings of the reference, where it leaves one. The interpreter asks for
 * it as it asks for a state; a host sets it as a REG_SZ of this name below TUNABLE_SWITCH_KEY.
 */
struct tunable_switch {
	const char *name; /* "RamOpConcurrencyOrder" */
	const char *const
	    *words;      /* the first is what holds unless another is set; ends with NULL */
	const char *doc; /* what the choice is, and what each word means */
};

#define TUNABLE_SWITCH_KEY "HKLM\\SOFTWARE\\hvemu\\Readings"

/* Where an effective value goes in the owner's state structure. */
struct tunable_number {
	uint64_t value;
	bool set; /* false: no value and no default */
};

struct tunable_text {
	char *text; /* UTF-8, strings of a list joined with '|'; NULL: no value and no default */
};

struct tunable_bytes {
	uint8_t *data; /* NULL: no value and no default */
	size_t size;
};

enum tunable_field_kind { FIELD_NONE = 0, FIELD_NUMBER, FIELD_TEXT, FIELD_BYTES };

struct tunable_field {
	enum tunable_field_kind kind;
	size_t offset;
};

#define NUMBER_FIELD(type, member)                                                                 \
	{                                                                                          \
		FIELD_NUMBER, offsetof(type, member)                                               \
	}
#define TEXT_FIELD(type, member)                                                                   \
	{                                                                                          \
		FIELD_TEXT, offsetof(type, member)                                                 \
	}
#define BYTES_FIELD(type, member)                                                                  \
	{                                                                                          \
		FIELD_BYTES, offsetof(type, member)                                                \
	}

#define TUNABLE_GATES 2
#define TUNABLE_SEES  2
#define TYPE_ANY      UINT32_MAX /* the reader takes any type */

struct tunable_case;
struct tunable_entry;
struct tunable_reading;

struct tunable {
	/*
	 * The value's name, verbatim; "*" where the reference fixes none, "Trace<N>" where a number
	 * is part of it, "(subkey)" for SHAPE_SUBKEY. Rows of the first two kinds stand alone in
	 * their table, and do not stand for names that other rows of the same owner and key have.
	 */
	const char *name;
	uint32_t type;      /* REG_DWORD ...; TYPE_ANY */
	uint32_t type_also; /* a second type that the reader takes; 0: none */
	struct tunable_field into;

	bool has_default;
	uint64_t def;              /* numbers */
	const char *def_text;      /* texts, UTF-8; wins over def if set */
	const char *variant_state; /* in this state ... */
	const char *variant_word;  /* ... with this word ... */
	uint64_t variant_def;      /* ... the default is this number */
	bool zero_is_default;

	enum tunable_shape shape;
	const struct tunable_word *words; /* ends with word NULL */
	enum tunable_oob misshapen;       /* for a number of the wrong shape */

	bool has_min, has_max;
	uint64_t min, max;
	const char
	    *max_from; /* a sibling or state whose number is the upper bound; .max without it */
	enum tunable_oob below, above;

	const char *fallback; /* read where this one is absent: a sibling, or KEYS\NAME */
	const char *policy;   /* a policy value that wins where present, written the same way */
	const char
	    *preferred; /* a value of another key that is read first and wins where present */
	bool preferred_nonzero; /* it wins only with a number other than zero */
	const char *bcd;        /* a BCD option that wins where present */
	struct tunable_gate gates[TUNABLE_GATES];
	const char *sees[TUNABLE_SEES]; /* siblings that the settle rule looks at, and no more */
	/* A rule between values that no column says; runs last, may change the reading. */
	void (*settle)(const struct tunable_case *given, struct tunable_reading *reading);

	const struct tunable_outcome *outcome; /* for rows about an operation; or NULL */

	enum tunable_basis basis;
	uint32_t assumed;          /* FACT_ bits */
	const char *public_source; /* for BASIS_PUBLIC: which */
	const char *unit;
	const char *doc;  /* one line: what it is for */
	const char *note; /* a contradiction or ambiguity, and how it is read; or NULL */
};

/* Macros for the columns that come in groups. */
#define DEFAULT(number)    .has_default = true, .def = (number)
#define RANGE(low, high)   .has_min = true, .min = (low), .has_max = true, .max = (high)
#define AT_LEAST(low)      .has_min = true, .min = (low)
#define AT_MOST(high)      .has_max = true, .max = (high)
#define OUTSIDE(judgement) .below = (judgement), .above = (judgement)

/* The rows of one key that one function of one component reads. */
struct tunable_table {
	const char *name;  /* "vhdmp.static": owner's stem and what the rows are */
	const char *owner; /* "vhdmp.sys" */
	const char *key;   /* as the reference writes it, placeholders and all */
	const char *opens; /* the key that stands for an unresolved one, or NULL; assumed */
	/*
	 * Whether a component can be what a placeholder of the key stands for, where a sibling
	 * table's key differs by that alone; NULL: any component can.
	 */
	bool (*is_instance)(const char *part, size_t length);
	const char *section; /* of the reference */
	const char *reader;  /* the function that reads them, as the reference names it; or NULL */
	const char *helper;  /* the helper that it reads through, or NULL */
	enum tunable_apply apply;
	enum tunable_apply assumed_apply; /* when our component reads them, for APPLY_UNKNOWN */
	const struct tunable *rows;
	size_t count;
	size_t state_size; /* of the structure that .into points into; 0 for none */
	const struct tunable_switch
	    *switches; /* that its rows ask for; ends with name NULL; or NULL */
};

/* --- The catalog --------------------------------------------------------------------------------
 */

/* A row in its table, with the rows that it refers to found. */
struct tunable_entry {
	const struct tunable_table *table;
	const struct tunable *row;
	const struct tunable_entry *fallback;
	const struct tunable_entry *policy;
	const struct tunable_entry *preferred;
	const struct tunable_entry *max_from;
	const struct tunable_entry *gates[TUNABLE_GATES];
	const struct tunable_entry *sees[TUNABLE_SEES];
	uint32_t index; /* in the catalog */
	uint32_t next;  /* the next entry in the same hash bucket, plus one */
};

struct tunable_catalog {
	struct tunable_entry *entries;
	size_t count;
	uint32_t *buckets; /* entry index plus one, by the folded name's hash */
	size_t bucket_count;
};

/*
 * Index the tables. On failure (no memory; a row refers to a name that does not exist; a row's
 * gates and bounds lead back to it) returns false with a sentence in `error`. The caller releases
 * *ret_catalog; the tables must outlive it.
 */
bool tunable_catalog_init(const struct tunable_table *const *tables, size_t count,
    struct tunable_catalog *ret_catalog, struct buf *error);
void tunable_catalog_release(struct tunable_catalog *catalog);

/*
 * Check the rows themselves: basis given, ranges the right way round, defaults of the row's kind
 * and shape, a judgement (or a note) for each bound, complete rules, fields that fit. Appends one
 * line a fault and returns their number.
 */
size_t tunable_catalog_check(const struct tunable_catalog *catalog, struct buf *faults);

/*
 * The entry of a value by key and name, without case. The key may be a concrete instance of the
 * table's key, use HKEY_LOCAL_MACHINE for HKLM, ControlSet00N for CurrentControlSet, or be the
 * reference's text with its placeholders. NULL if there is none. With `owner` (or NULL) only that
 * component's; `after` continues a search (NULL starts).
 */
const struct tunable_entry *tunable_find(const struct tunable_catalog *catalog, const char *key,
    size_t key_length, const char *name, size_t name_length, const struct tunable_entry *after);

/*
 * The same by name alone, or by KEYS\NAME with the last components of the key. Rows that fix no
 * name are found with their key only.
 */
const struct tunable_entry *tunable_find_name(
    const struct tunable_catalog *catalog, const char *text, const struct tunable_entry *after);

/* The entries whose row has just this name, in any key; `after` continues a search. */
const struct tunable_entry *tunable_find_fixed(const struct tunable_catalog *catalog,
    const char *name, size_t length, const struct tunable_entry *after);

/* The sibling of `from` that a qualified name means: same key first, then owner, then any. */
const struct tunable_entry *tunable_sibling(const struct tunable_catalog *catalog,
    const struct tunable_entry *from, const char *name, size_t length);

/* Whether a row's name fixes none: "*", or a pattern as "Trace<N>". */
bool tunable_name_is_open(const char *name);

/* Whether a value's name is the row's, or one of those that the row's name stands for. */
bool tunable_name_matches(const struct tunable *row, const char *name, size_t length);

/*
 * Whether a row of the catalog is about a value of this name in its key: an open name is not about
 * those that other rows of the same owner and key have.
 */
bool tunable_entry_takes(const struct tunable_catalog *catalog, const struct tunable_entry *entry,
    const char *name, size_t length);

/* Whether some rule asks for a state (or a switch) of this name, without case. */
bool tunable_state_is_known(const struct tunable_catalog *catalog, const char *name);

/* Whether a row takes a number: a REG_DWORD or REG_QWORD. */
bool tunable_takes_number(const struct tunable *row);

/* Whether a table's values lie in a registry; else they are boot options, and lie in the BCD store.
 */
bool tunable_in_registry(const struct tunable_table *table);

/* The switch of a name, without case; NULL if no table has it. */
const struct tunable_switch *
tunable_switch_find(const struct tunable_catalog *catalog, const char *name);

/*
 * The word that holds for a switch on a host: what its registry says if that is one of the
 * switch's words, else the first. NULL if no table has such a switch. The text is the table's.
 */
const char *tunable_switch_word(
    const struct tunable_catalog *catalog, struct registry *registry, const char *name);

/* Whether a component of a table's key stands for others: "<n>", "{GUID}". */
bool tunable_is_placeholder(const char *part, size_t length);

/* Whether a concrete key is an instance of the pattern (placeholders match one component). */
bool tunable_key_matches(const char *pattern, const char *key, size_t key_length);

/*
 * Whether a key is the table's, or one that its placeholders stand for, or the one that stands for
 * it: as tunable_key_matches, and what is_instance says.
 */
bool tunable_table_takes(const struct tunable_table *table, const char *key, size_t key_length);

/* --- What was found ------------------------------------------------------------------------------
 */

struct tunable_raw {
	bool present;
	uint32_t type;
	const uint8_t *data;
	size_t size;
};

struct tunable_step;

/* All that the interpreter may ask. Unset functions answer "absent". */
struct tunable_case {
	/* What the registry holds for a row (in the case's instance of its key). */
	struct tunable_raw (*raw)(
	    const struct tunable_case *given, const struct tunable_entry *entry);
	/* The word of a state ("shielded"), or NULL. */
	const char *(*state)(const struct tunable_case *given, const char *name);
	/* What the BCD store holds for an option, in the registry's type that stands for it. */
	struct tunable_raw (*bcd)(const struct tunable_case *given, const char *option);
	/* Told of each step as it is made; NULL: nobody asks, and nothing is spent on it. */
	void (*step)(const struct tunable_case *given, const struct tunable_step *step);
	void *context;
};

/* --- The judgement -------------------------------------------------------------------------------
 */

enum tunable_verdict {
	VERDICT_APPLIED,
	VERDICT_DEFAULT_ABSENT,
	VERDICT_DEFAULT_ZERO,
	VERDICT_CAPPED,
	VERDICT_RAISED,
	VERDICT_RESET,
	VERDICT_REJECTED,
	VERDICT_COERCED,
	VERDICT_IGNORED_TYPE,
	VERDICT_IGNORED_GATED,
	VERDICT_SHADOWED,
	VERDICT_UNSTATED,
	VERDICT_COUNT,
};

enum tunable_source {
	SOURCE_DEFAULT,
	SOURCE_REGISTRY,
	SOURCE_POLICY,
	SOURCE_BCD,
	SOURCE_FALLBACK,
	SOURCE_FORCED,
	SOURCE_NONE, /* no value and no default, or not consulted */
};

enum tunable_kind {
	KIND_ABSENT,        /* no value and no default */
	KIND_NOT_CONSULTED, /* its gate is closed */
	KIND_NUMBER,
	KIND_BYTES, /* text or binary, by .type */
};

struct tunable_reading {
	const struct tunable_entry *entry;
	struct tunable_raw raw; /* as found in its own place */
	enum tunable_verdict verdict;
	enum tunable_source source;
	const struct tunable_entry
	    *from; /* the row it came from, for policy, preferred and fallback */
	/* What was judged, in whichever place it was found; not present where there was nothing. */
	struct tunable_raw judged;
	enum tunable_source judged_in;
	const struct tunable_entry *judged_from; /* as .from */
	enum tunable_kind kind;
	uint64_t number;
	uint32_t type;       /* of the bytes */
	const uint8_t *data; /* Windows' bytes, or NULL when .text is the value */
	size_t size;
	const char *text; /* a default text */
	uint64_t bound;   /* what a capped or raised value was compared with */
	bool bound_known;
	bool misshapen; /* the shape, not the range, decided */
	unsigned closed_gate;
};

/* --- The steps of a judgement -------------------------------------------------------------------
 */

enum tunable_step_kind {
	STEP_GATE,    /* a gate was asked */
	STEP_PLACE,   /* a place was looked into */
	STEP_ZERO,    /* 0 means the default */
	STEP_SHAPE,   /* the shape was judged */
	STEP_BOUND,   /* a number was compared with a bound */
	STEP_DEFAULT, /* there is nothing else to take */
	STEP_SETTLE,  /* the row's rule between values was applied */
	STEP_OUTCOME, /* what the operation comes to */
};

/* What became of what a place held. */
enum tunable_found {
	FOUND_NOTHING,
	FOUND_TYPE, /* of a type that the reader does not take */
	FOUND_SIZE, /* of its type, but not of its size */
	FOUND_ZERO, /* a preferred place that wins only with another number */
	FOUND_TAKEN,
};

/*
 * One thing that the interpreter did. The steps of siblings, which it judges for a gate or a bound,
 * come before the step that needed them and bear their own entry. All pointers live during the call
 * only; members that a kind does not name are zero.
 */
struct tunable_step {
	enum tunable_step_kind kind;
	const struct tunable_entry *entry;     /* whose judgement this is a step of */
	const struct tunable_reading *reading; /* as it stands now */
	enum tunable_source place;             /* PLACE: as a reading's source */
	const struct tunable_entry *from; /* PLACE, GATE, BOUND: the other row that was asked */
	struct tunable_raw raw;           /* PLACE */
	enum tunable_found found;         /* PLACE */
	unsigned gate;                    /* GATE: which */
	const char *word; /* GATE, BOUND, DEFAULT, OUTCOME: a state's that counted */
	/* GATE: it is open; SHAPE, BOUND: kept; SETTLE: nothing changed; OUTCOME: `yes`. */
	bool holds;
	uint64_t number;            /* GATE, SHAPE, BOUND: the one that was judged */
	uint64_t bound;             /* BOUND */
	bool upper;                 /* BOUND */
	bool of_default;            /* BOUND: it was the default that was compared */
	enum tunable_oob judgement; /* SHAPE, BOUND: what follows where it does not hold */
	const struct tunable_reading *before; /* SETTLE */
};

/*
 * The one judgement: what the reader of `entry` makes of the case, and each step to given->step.
 * Never fails.
 */
void tunable_interpret(const struct tunable_entry *entry, const struct tunable_case *given,
    struct tunable_reading *ret_reading);

const char *tunable_verdict_name(enum tunable_verdict verdict);
bool tunable_verdict_parse(const char *name, size_t length, enum tunable_verdict *ret_verdict);
const char *tunable_apply_name(enum tunable_apply apply);
const char *tunable_basis_name(enum tunable_basis basis);

/* When a write to this row has its effect. */
enum tunable_apply tunable_apply_class(const struct tunable_entry *entry);

/* When our component reads a table: its class, or the assumed one where the class is unknown. */
enum tunable_apply tunable_table_event(const struct tunable_table *table);

/* When our component reads it: the class, or the assumed one where the class is unknown. */
enum tunable_apply tunable_apply_event(const struct tunable_entry *entry);

/* Documented, unless any fact that decides the effective value is assumed. */
enum tunable_basis tunable_row_basis(const struct tunable *row);

/* How a value out of range or shape is judged, in words ("clamp", "bool", "reset-default+cross").
 */
void tunable_judgement(const struct tunable *row, struct buf *out);

/* Append the effective value as text: decimal, text, lower-case hex, lists joined with '|'. */
void tunable_effective(const struct tunable_reading *reading, struct buf *out);

/* The word of the row's outcome, a step too; NULL for a row without one. */
const char *
tunable_outcome_word(const struct tunable_reading *reading, const struct tunable_case *given);

/* Append a number of a row with its unit, where that reads well behind it ("300 ms"). */
void tunable_number_text(const struct tunable *row, uint64_t number, struct buf *out);

/* The number that data are, low byte first; of more than eight bytes the first. */
uint64_t tunable_raw_number(const struct tunable_raw *raw);

/* Append what was found, as vectors write it: "dword:5", "absent". */
void tunable_raw_text(const struct tunable_raw *raw, struct buf *out);

/* Append the source ("registry", "fallback VmsVmqMode"). */
void tunable_source_text(const struct tunable_reading *reading, struct buf *out);

/* Append a sentence that says why the effective value is what it is. */
void tunable_reason(const struct tunable_reading *reading, struct buf *out);

/* Append what a gate asks for: "SpreadWork must be other than 0". */
void tunable_gate_text(const struct tunable_gate *gate, struct buf *out);

/* Append the test alone: "other than 0". */
void tunable_gate_test_text(const struct tunable_gate *gate, struct buf *out);

/* Whether two readings mean the same to the component. */
bool tunable_same(const struct tunable_reading *left, const struct tunable_reading *right);

#endif
