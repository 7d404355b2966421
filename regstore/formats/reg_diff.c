/*
 * A walk through two registries at once.
 */
#include "regstore/formats/reg_diff.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"

struct walk {
	struct registry *left;
	struct registry *right;
	lstatus (*each)(void *context, const struct reg_difference *difference);
	void *context;
	struct buf path; /* of the key at hand */
};

static lstatus
tell(struct walk *walk, const char *name, struct reg_diff_side left, struct reg_diff_side right,
    bool within)
{
	struct reg_difference difference = { .path = buf_text(&walk->path),
		.name = name,
		.left = left,
		.right = right,
		.within = within };

	if (walk->path.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return walk->each(walk->context, &difference);
}

/* --- Values
 * --------------------------------------------------------------------------------------- */

static int
by_name(const void *left, const void *right)
{
	const struct reg_value_entry *one = left;
	const struct reg_value_entry *other = right;

	return name_compare(one->name, other->name);
}

/* The values of a key, in the order of their names; none of a key that is not there. */
static lstatus
list_values(struct registry *registry, const reg_key *key, struct reg_value_list *list)
{
	lstatus status =
	    key != NULL ? registry_list_values(registry, *key, list) : LSTATUS(ERROR_SUCCESS);

	if (lstatus_ok(status) && list->count > 1)
		qsort(list->entries, list->count, sizeof(*list->entries), by_name);
	return status;
}

static struct reg_diff_side
side_of(const struct reg_value_entry *value)
{
	if (value == NULL)
		return (struct reg_diff_side){ 0 };
	return (struct reg_diff_side){
		.present = true, .type = value->type, .data = value->data, .size = value->size
	};
}

static lstatus
compare_value(struct walk *walk, const struct reg_value_entry *left,
    const struct reg_value_entry *right, bool within)
{
	if (left == NULL && right == NULL)
		return LSTATUS(ERROR_SUCCESS);
	if (left != NULL && right != NULL && left->type == right->type &&
	    left->size == right->size &&
	    (left->size == 0 || memcmp(left->data, right->data, left->size) == 0))
		return LSTATUS(ERROR_SUCCESS);
	return tell(
	    walk, (left != NULL ? left : right)->name, side_of(left), side_of(right), within);
}

/* Which of two sorted lists has the next name: below 0 the left one, above the right one. */
static int
next_of(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return left == NULL ? 1 : -1;
	return name_compare(left, right);
}

static lstatus
compare_values(struct walk *walk, const reg_key *left, const reg_key *right)
{
	struct reg_value_list lefts = { 0 };
	struct reg_value_list rights = { 0 };
	lstatus status = list_values(walk->left, left, &lefts);
	size_t at = 0;
	size_t other = 0;

	if (lstatus_ok(status))
		status = list_values(walk->right, right, &rights);
	while (lstatus_ok(status) && (at < lefts.count || other < rights.count)) {
		const struct reg_value_entry *one = at < lefts.count ? &lefts.entries[at] : NULL;
		const struct reg_value_entry *two =
		    other < rights.count ? &rights.entries[other] : NULL;
		int which = next_of(one != NULL ? one->name : NULL, two != NULL ? two->name : NULL);

		at += which <= 0;
		other += which >= 0;
		status = compare_value(
		    walk, which <= 0 ? one : NULL, which >= 0 ? two : NULL, right == NULL);
	}
	reg_value_list_release(&lefts);
	reg_value_list_release(&rights);
	return status;
}

/* --- Keys
 * ----------------------------------------------------------------------------------------- */

static lstatus compare_keys(struct walk *walk, const reg_key *left, const reg_key *right);

/* The next key from `at` on that is neither a link nor gone with a boot; NULL at the end. */
static const struct reg_key_entry *
next_key(const struct reg_key_list *list, size_t *at)
{
	while (*at < list->count &&
	       (list->entries[*at].flags & (REGISTRY_CREATE_LINK | REGISTRY_VOLATILE)) != 0)
		(*at)++;
	return *at < list->count ? &list->entries[*at] : NULL;
}

static lstatus
compare_key(struct walk *walk, const struct reg_key_entry *left, const struct reg_key_entry *right,
    bool within)
{
	const struct reg_diff_side there = { .present = true };
	const struct reg_diff_side missing = { 0 };
	size_t length = walk->path.size;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (left == NULL && right == NULL)
		return status;
	buf_printf(&walk->path, "\\%s", (left != NULL ? left : right)->name);
	if (left == NULL || right == NULL)
		status = tell(walk, NULL, left != NULL ? there : missing,
		    right != NULL ? there : missing, within);
	if (lstatus_ok(status))
		status = compare_keys(
		    walk, left != NULL ? &left->key : NULL, right != NULL ? &right->key : NULL);
	buf_truncate(&walk->path, length);
	return status;
}

static lstatus
compare_subkeys(struct walk *walk, const struct reg_key_list *lefts,
    const struct reg_key_list *rights, bool within)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	size_t at = 0;
	size_t other = 0;

	while (lstatus_ok(status)) {
		const struct reg_key_entry *one = next_key(lefts, &at);
		const struct reg_key_entry *two = next_key(rights, &other);
		int which;

		if (one == NULL && two == NULL)
			break;
		which = next_of(one != NULL ? one->name : NULL, two != NULL ? two->name : NULL);
		at += which <= 0;
		other += which >= 0;
		status =
		    compare_key(walk, which <= 0 ? one : NULL, which >= 0 ? two : NULL, within);
	}
	return status;
}

static lstatus
compare_keys(struct walk *walk, const reg_key *left, const reg_key *right)
{
	struct reg_key_list lefts = { 0 };
	struct reg_key_list rights = { 0 };
	lstatus status = compare_values(walk, left, right);

	if (lstatus_ok(status) && left != NULL)
		status = registry_list_keys(walk->left, *left, &lefts);
	if (lstatus_ok(status) && right != NULL)
		status = registry_list_keys(walk->right, *right, &rights);
	if (lstatus_ok(status))
		status = compare_subkeys(walk, &lefts, &rights, right == NULL);
	reg_key_list_release(&lefts);
	reg_key_list_release(&rights);
	return status;
}

lstatus
reg_diff(struct registry *left, struct registry *right,
    lstatus (*each)(void *context, const struct reg_difference *difference), void *context)
{
	static const char *const roots[] = { "HKEY_LOCAL_MACHINE", "HKEY_USERS" };
	struct walk walk = { .left = left, .right = right, .each = each, .context = context };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(roots) && lstatus_ok(status); i++) {
		reg_key one;
		reg_key other;

		buf_clear(&walk.path);
		buf_append_text(&walk.path, roots[i]);
		status = registry_open_key(left, NULL, roots[i], 0, &one);
		if (lstatus_ok(status))
			status = registry_open_key(right, NULL, roots[i], 0, &other);
		if (lstatus_ok(status))
			status = compare_keys(&walk, &one, &other);
	}
	buf_release(&walk.path);
	return status;
}

/* --- As a .reg file
 * ------------------------------------------------------------------------------- */

lstatus
reg_diff_write(void *writer, const struct reg_difference *difference)
{
	struct reg_diff_writer *out = writer;

	/* With its key goes all that is in it. */
	if (difference->within)
		return out->text.status;
	if (difference->name == NULL && difference->left.present) {
		reg_text_write_deleted_key(&out->text, difference->path);
		buf_clear(&out->path);
		return out->text.status;
	}
	if (strcmp(buf_text(&out->path), difference->path) != 0) {
		buf_clear(&out->path);
		buf_append_text(&out->path, difference->path);
		reg_text_write_key(&out->text, difference->path);
	}
	if (difference->name != NULL && difference->right.present)
		reg_text_write_value(&out->text, difference->name, difference->right.type,
		    difference->right.data, difference->right.size);
	else if (difference->name != NULL)
		reg_text_write_deleted_value(&out->text, difference->name);
	return out->path.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : out->text.status;
}

lstatus
reg_diff_write_end(struct reg_diff_writer *writer)
{
	lstatus status = reg_text_write_end(&writer->text);

	reg_text_writer_release(&writer->text);
	buf_release(&writer->path);
	return status;
}
