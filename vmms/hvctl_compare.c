/*
 * Comparing views, and printing what differs.
 */
#include "vmms/hvctl_compare.h"

#include <stdlib.h>
#include <string.h>

json_t *
views_by_id(const json_t *views)
{
	json_t *by_id = json_object();
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view)
	{
		struct buf id = { 0 };

		hvctl_view_id(view, &id);
		json_object_set(by_id, buf_text(&id), view);
		buf_release(&id);
	}
	return by_id;
}

static bool
same_member(const json_t *left, const json_t *right, const char *name)
{
	const json_t *one = json_object_get(left, name);
	const json_t *other = json_object_get(right, name);

	return one == other || json_equal(one, other) != 0;
}

/* Whether two views of one value show the same; either may be missing. */
static bool
same_view(const json_t *before, const json_t *after)
{
	static const char *const members[] = { "raw", "effective", "verdict", "source" };
	const json_t *only = before != NULL ? before : after;

	if (before == NULL || after == NULL)
		return json_is_null(json_object_get(only, "raw"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!same_member(before, after, members[i]))
			return false;
	}
	return true;
}

/* Copy the members that both have names for. */
static void
copy_members(json_t *to, const json_t *from, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *member = json_object_get(from, names[i]);

		if (member != NULL)
			json_object_set(to, names[i], member);
	}
}

static json_t *
side_of(const json_t *view)
{
	static const char *const members[] = { "raw", "effective", "verdict", "source", "reason" };
	json_t *side;

	if (view == NULL)
		return json_null();
	side = json_object();
	copy_members(side, view, members, ARRAY_SIZE(members));
	return side;
}

/* A key that is not there has no effective value, as a value without a default has none. */
static const json_t *
effective_of(const json_t *difference, const char *side)
{
	const json_t *effective = json_object_get(json_object_get(difference, side), "effective");

	return json_is_null(effective) ? NULL : effective;
}

static void
set_effective_changes(json_t *difference)
{
	const json_t *before = effective_of(difference, "before");
	const json_t *after = effective_of(difference, "after");

	json_object_set_new(difference, "effective_changes",
	    json_boolean(before != after && !json_equal(before, after)));
}

static json_t *
difference_of(const json_t *before, const json_t *after)
{
	static const char *const facts[] = { "process", "module", "owner", "table", "key", "name",
		"instance", "reader", "type", "unit", "apply", "read_at" };
	json_t *difference = json_object();

	copy_members(difference, after != NULL ? after : before, facts, ARRAY_SIZE(facts));
	json_object_set_new(difference, "before", side_of(before));
	json_object_set_new(difference, "after", side_of(after));
	set_effective_changes(difference);
	return difference;
}

void
views_set_before(json_t *difference, const json_t *view)
{
	json_object_set_new(difference, "before", side_of(view));
	set_effective_changes(difference);
}

json_t *
views_compare(const json_t *before, const json_t *after)
{
	json_t *left = views_by_id(before);
	json_t *right = views_by_id(after);
	json_t *differences = json_array();
	const char *id;
	json_t *view;

	json_object_foreach(right, id, view)
	{
		const json_t *old = json_object_get(left, id);

		if (!same_view(old, view))
			json_array_append_new(differences, difference_of(old, view));
	}
	json_object_foreach(left, id, view)
	{
		if (json_object_get(right, id) == NULL && !same_view(view, NULL))
			json_array_append_new(differences, difference_of(view, NULL));
	}
	json_decref(left);
	json_decref(right);
	return differences;
}

/* --- Printing
 * ------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

void
views_print_heading(const struct hvctl *hvctl, const json_t *last, const json_t *difference)
{
	static const char *const members[] = { "process", "key", "owner", "instance" };
	bool same = last != NULL;

	for (size_t i = 0; i < ARRAY_SIZE(members) && same; i++)
		same = same_member(last, difference, members[i]);
	if (same)
		return;
	printf("\n%s%s %s%s", hvctl_bold(hvctl), text_of(difference, "owner"),
	    text_of(difference, "key"), hvctl_plain(hvctl));
	if (json_object_get(difference, "instance") != NULL)
		printf(" [%s]", text_of(difference, "instance"));
	printf(", in %s\n", text_of(difference, "process"));
}

/* "5 (applied: taken as it is)" */
static void
print_side(const json_t *side, bool reason)
{
	char *effective;

	if (json_is_null(side)) {
		printf("no such key");
		return;
	}
	effective = hvctl_member(side, "effective");
	printf("%s (%s%s%s)",
	    effective != NULL && strcmp(effective, "-") != 0 ? effective : "absent",
	    text_of(side, "verdict"), reason ? ": " : "", reason ? text_of(side, "reason") : "");
	free(effective);
}

static const char *
raw_of(const json_t *side)
{
	const char *raw = json_string_value(json_object_get(side, "raw"));

	return raw != NULL ? raw : "absent";
}

void
views_print_change(const struct hvctl *hvctl, const json_t *difference)
{
	const json_t *before = json_object_get(difference, "before");
	const json_t *after = json_object_get(difference, "after");
	bool changes = json_is_true(json_object_get(difference, "effective_changes"));

	printf(
	    "  %-42s %s -> %s\n      ", text_of(difference, "name"), raw_of(before), raw_of(after));
	if (changes) {
		print_side(before, false);
		printf(" -> %s", hvctl_warn(hvctl));
	}
	print_side(after, true);
	printf("%s\n", changes ? hvctl_plain(hvctl) : "");
}
