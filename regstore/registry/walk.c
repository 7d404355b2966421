/*
 * Walks over a key and all below it. A key that is two (reg_key) is a walk over both at once: their
 * paths come in the same order, so that what both have is met at the same time.
 */
#include <string.h>

#include "regstore/registry/internal.h"

/* One of the two trees. */
struct source {
	struct store_walk *walk; /* NULL: there is none */
	struct store_walk_row row;
	bool ended;
};

struct walk {
	struct source sources[2]; /* the upper one first */
	struct buf path;
	struct buf lengths; /* size_t: of the path's first components, by their number */
	size_t past;        /* keys deeper than this are passed by */
};

static lstatus
advance(struct source *source)
{
	lstatus status = LSTATUS(ERROR_NO_MORE_ITEMS);

	if (source->walk != NULL)
		status = store_walk_next(source->walk, &source->row);
	source->ended = !lstatus_ok(status);
	return lstatus_is(status, ERROR_NO_MORE_ITEMS) ? LSTATUS(ERROR_SUCCESS) : status;
}

/* Which tree's key comes first: less than 0 for the upper one's, 0 if both have it. */
static int
compare_sources(const struct source *upper, const struct source *lower)
{
	size_t common;
	int order;

	if (upper->ended || lower->ended)
		return upper->ended ? 1 : -1;
	common = upper->row.path_length < lower->row.path_length ? upper->row.path_length
	                                                         : lower->row.path_length;
	order = memcmp(upper->row.path, lower->row.path, common);
	if (order == 0)
		order = (upper->row.path_length > common) - (lower->row.path_length > common);
	return order;
}

static size_t
depth_of(const struct store_walk_row *row)
{
	const char *at = row->path;
	const char *end = row->path + row->path_length;
	size_t depth = 0;

	while (at != NULL) {
		at = memchr(at, STORE_SEPARATOR, (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
		depth++;
	}
	return depth;
}

/* Make `path` that of a key on this depth. The key above it was come by before. */
static lstatus
set_path(struct walk *walk, size_t depth, const char *name, const char **ret_name)
{
	size_t length = 0;

	if (depth > 1)
		memcpy(&length, walk->lengths.data + (depth - 2) * sizeof(length), sizeof(length));
	buf_truncate(&walk->path, length);
	if (depth > 1)
		buf_append_byte(&walk->path, '\\');
	length = walk->path.size;
	buf_append_text(&walk->path, name);
	*ret_name = buf_text(&walk->path) + length;
	buf_truncate(&walk->lengths, (depth - 1) * sizeof(length));
	buf_append(&walk->lengths, &walk->path.size, sizeof(walk->path.size));
	return LSTATUS(
	    walk->path.failed || walk->lengths.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* Describe the key that is next; `order` says of which tree. */
static lstatus
describe(struct walk *walk, int order, struct reg_walk_key *ret_key)
{
	const struct store_walk_row *row = &walk->sources[order > 0 ? 1 : 0].row;

	*ret_key = (struct reg_walk_key){
		.key = { row->id, order == 0 ? walk->sources[1].row.id : 0 },
		.depth = depth_of(row),
		.flags = registry_flags(row->flags),
		.last_write = row->last_write,
		.security = row->security,
		.class = row->class,
		.class_size = row->class_size,
	};
	if (ret_key->depth > walk->past)
		return LSTATUS(ERROR_SUCCESS);
	return set_path(walk, ret_key->depth, row->name, &ret_key->name);
}

static lstatus
go(struct walk *walk, enum reg_walk_step (*each)(void *context, const struct reg_walk_key *key),
    void *context)
{
	struct source *upper = &walk->sources[0];
	struct source *lower = &walk->sources[1];
	lstatus status = advance(upper);

	if (lstatus_ok(status))
		status = advance(lower);
	while (lstatus_ok(status) && !(upper->ended && lower->ended)) {
		int order = compare_sources(upper, lower);
		struct reg_walk_key key;

		status = describe(walk, order, &key);
		if (lstatus_ok(status) && key.depth <= walk->past) {
			enum reg_walk_step step;

			key.path = buf_text(&walk->path);
			step = each(context, &key);
			walk->past = step == REG_WALK_PAST ? key.depth : SIZE_MAX;
			if (step == REG_WALK_STOP)
				break;
		}
		if (lstatus_ok(status) && order <= 0)
			status = advance(upper);
		if (lstatus_ok(status) && order >= 0)
			status = advance(lower);
	}
	return status;
}

lstatus
registry_walk(struct registry *registry, reg_key key,
    enum reg_walk_step (*each)(void *context, const struct reg_walk_key *key), void *context)
{
	struct walk walk = { .past = SIZE_MAX };
	lstatus status = store_walk_begin(registry->store, key.id, &walk.sources[0].walk);

	if (lstatus_ok(status) && key.below != 0)
		status = store_walk_begin(registry->store, key.below, &walk.sources[1].walk);
	if (lstatus_ok(status))
		status = go(&walk, each, context);
	store_walk_end(walk.sources[0].walk);
	store_walk_end(walk.sources[1].walk);
	buf_release(&walk.path);
	buf_release(&walk.lengths);
	return status;
}
