/*
 * What the files of registry/ share.
 */
#ifndef REGSTORE_REGISTRY_INTERNAL_H
#define REGSTORE_REGISTRY_INTERNAL_H

#include "regstore/registry/registry.h"
#include "regstore/security/token.h"
#include "regstore/store/store.h"

/* A symbolic link: its folded path, and its target as components joined by the separator. */
struct link {
	int64_t id;
	char *path;
	size_t path_length;
	char *target; /* NULL: leads nowhere */
};

/* What a new key gets from a parent with this descriptor: each is computed once. */
struct descent {
	int64_t parent;
	int64_t child;
};

#define DESCENT_COUNT 16u /* a power of two */

/* For whom a key is made, when it is not the process, and the descriptor that was asked for. */
struct creation {
	const struct token *token;
	const void *descriptor; /* NULL: none */
	size_t size;
};

struct entry;

/* What was read lately: cache.c. */
struct cache {
	struct entry **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count;
	size_t bytes;
	struct entry *oldest;
	struct entry *newest;
};

/* Which keys are being read value by value: value_list.c. */
#define AHEAD_KEYS 8u

struct ahead {
	struct ahead_key {
		reg_key key;
		struct store_mark mark;
		uint32_t asked; /* values of the key since the mark was taken */
		uint32_t next;  /* in the list: the one after that which was asked for last */
		bool tried;     /* to read them all at the first */
	} keys[AHEAD_KEYS];
	bool read_on; /* a second value of a key was asked for, the last time one could be */
};

struct registry {
	struct store *store;
	struct cache cache;
	struct ahead ahead;
	struct link *links;
	size_t link_count;
	struct store_mark links_mark; /* under which the links were read */
	bool links_stale;             /* a link was written through this very connection */
	struct reg_watch *watches;
	struct token token;              /* of the process: whose the keys are that it makes */
	const struct creation *creation; /* NULL: for the process, without a descriptor */
	struct descent descents[DESCENT_COUNT];
	bool acts_for_token;      /* registry_act_for: registry_may asks for `token` */
	int64_t allowed_security; /* the descriptor by which it was last allowed ... */
	uint32_t allowed_rights;  /* ... these rights */
	uint64_t rollbacks;       /* of the store when these ids were noted */
};

/*
 * A path taken apart: components in their own case joined by the separator, and the same folded.
 * Zero-initialise before use, release after.
 */
struct path {
	struct buf text;
	struct buf folded;
};

void path_release(struct path *path);

/* Append a key's name as paths hold it: U+0001 is the two bytes C0 81, as 01 is the separator. */
void component_append(const char *name, size_t length, struct buf *out);

/*
 * Resolve a path below `parent` (or from a root name) with all links on the way followed; the last
 * component's own link too, unless `flags` has REGISTRY_OPEN_LINK.
 */
lstatus path_resolve(struct registry *registry, const reg_key *parent, const char *text,
    uint32_t flags, struct path *ret_path);

/*
 * The path of what lies over a path from HKEY_CLASSES_ROOT, appended with its terminator behind it;
 * false for other paths.
 */
bool path_of_users_class(const char *path, struct buf *out);

/* A stored key's flags by the names that users know. */
uint32_t registry_flags(uint32_t stored);

/* A value's name, folded and checked against the limits. */
lstatus value_name_fold(const char *name, struct buf *folded);

/* --- What was read lately -------------------------------------------------------------------- */

/* A read that may be asked for again, and what else than the key and the name it depends on. */
enum question_kind {
	QUESTION_OPEN, /* name: a path; number: the flags; key: the parent, or zero */
	QUESTION_VALUE,
	QUESTION_VALUES,
	QUESTION_KEYS,
	QUESTION_INFO,
	QUESTION_ACCESS, /* name: the token up to its last group; number: the rights; key: see there
	                  */
};

struct question {
	enum question_kind kind;
	uint32_t number;
	reg_key key;
	const char *name; /* in the case in which it was asked for */
	size_t length;
};

struct answer {
	lstatus status;
	uint32_t type; /* of a value */
	void *data;
	size_t size;
};

/*
 * Find what was kept and is still true. The data are the cache's, until the next cache_keep; who
 * kept them may write into them.
 */
bool
cache_find(struct registry *registry, const struct question *question, struct answer *ret_answer);

/* Keep a copy of an answer that was read after the mark was taken, if it may be kept. */
void cache_keep(struct registry *registry, const struct question *question,
    const struct store_mark *mark, const struct answer *answer);
void cache_release(struct cache *cache);

/* Add both halves of a key to a mark. */
void mark_key(struct registry *registry, struct store_mark *mark, reg_key key);

/*
 * Find a value by its name in the list of the key's values, if that is kept, or worth reading now;
 * false if not. The status is ERROR_SUCCESS, with type and the data appended (data->failed without
 * memory), or ERROR_FILE_NOT_FOUND. The mark is of the key, taken before. *ret_again: it is not the
 * first time, so that the value is worth keeping by itself.
 */
bool
values_know(struct registry *registry, reg_key key, const char *name, const struct store_mark *mark,
    lstatus *ret_status, uint32_t *ret_type, struct buf *data, bool *ret_again);

void links_release(struct registry *registry);

/*
 * Note a link that was made (row->path is its path, folded) or given a target (row->path may be
 * NULL), so that one transaction with many of them does not read all links again for each.
 */
void links_note(struct registry *registry, const struct store_link *row);

/* Whether the key is a symbolic link. */
lstatus links_have(struct registry *registry, int64_t id, bool *ret_is_link);

/*
 * The id of the descriptor that a new key below `parent` gets; `last`: it is the key that was asked
 * for and not one on the way. A transaction is open.
 */
lstatus registry_new_security(
    struct registry *registry, const struct store_key *parent, bool last, int64_t *ret_security);

/* Whether who this connection acts for has the rights by the descriptor with this id. */
lstatus registry_may_by(struct registry *registry, int64_t security, uint32_t desired);

/* ERROR_ACCESS_DENIED for what stays where it is: the roots and the hives below them. */
lstatus registry_check_movable(struct registry *registry, reg_key key);

/* Make the keys that every host has: the hives, Select, the control set and its link. */
lstatus registry_seed(struct registry *registry);

/*
 * Fill a change (see history.h) from what the store says it was about; `write` is not known. It
 * came to nothing if it is neither `was` nor `is`.
 */
struct reg_change;
lstatus registry_describe(
    struct registry *registry, const struct store_change *entry, struct reg_change *change);

#endif
