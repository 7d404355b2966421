/*
 * What a catalog comes to in numbers, as JSON.
 */
#include <string.h>

#include "regstore/tunable/view.h"

/* Add one to a number of an object. */
static void
count_in(json_t *object, const char *name)
{
	json_int_t before = json_integer_value(json_object_get(object, name));

	json_object_set_new(object, name, json_integer(before + 1));
}

static bool
is_first_of_table(const struct tunable_catalog *catalog, size_t index)
{
	const struct tunable_entry *entry = &catalog->entries[index];

	return index == 0 || catalog->entries[index - 1].table != entry->table;
}

/* Facts of a documented row may be a choice all the same: then it is documented in part. */
static const char *
basis_of(const struct tunable *row)
{
	if (row->basis == BASIS_DOCUMENTED && row->assumed != 0)
		return "documented_in_part";
	return tunable_basis_name(row->basis);
}

/* A table may have two readers, "A / B"; those of one image are told apart by their names. */
static void
add_readers(json_t *readers, const struct tunable_table *table)
{
	const char *at = table->reader;

	while (at != NULL && *at != '\0') {
		const char *end = strstr(at, " / ");
		size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
		struct buf name = { 0 };

		buf_printf(&name, "%s!", table->owner);
		buf_append(&name, at, length);
		json_object_set_new(readers, buf_text(&name), json_true());
		buf_release(&name);
		at = end != NULL ? end + strlen(" / ") : NULL;
	}
}

/* How many of the readers are of this owner. */
static size_t
readers_of(json_t *readers, const char *owner)
{
	size_t length = strlen(owner);
	size_t count = 0;
	const char *name;
	json_t *unused;

	json_object_foreach(readers, name, unused) count +=
	    strncmp(name, owner, length) == 0 && name[length] == '!';
	return count;
}

static json_t *
owner_numbers(json_t *owners, const char *owner)
{
	json_t *numbers = json_object_get(owners, owner);

	if (numbers != NULL)
		return numbers;
	numbers = json_pack("{s:i, s:i, s:i}", "rows", 0, "tables", 0, "readers", 0);
	json_object_set_new(owners, owner, numbers);
	return numbers;
}

json_t *
tunable_summary(const struct tunable_catalog *catalog)
{
	json_t *basis = json_pack("{s:i, s:i, s:i, s:i}", "documented", 0, "documented_in_part", 0,
	    "public", 0, "assumed", 0);
	json_t *apply = json_object();
	json_t *owners = json_object();
	json_t *readers = json_object();
	json_int_t tables = 0;
	json_int_t without_default = 0;
	const char *name;
	json_t *numbers;
	json_t *summary;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];
		const struct tunable *row = entry->row;

		numbers = owner_numbers(owners, entry->table->owner);
		count_in(numbers, "rows");
		count_in(basis, basis_of(row));
		count_in(apply, tunable_apply_name(tunable_apply_class(entry)));
		without_default += !row->has_default && row->def_text == NULL;
		if (!is_first_of_table(catalog, i))
			continue;
		tables++;
		count_in(numbers, "tables");
		add_readers(readers, entry->table);
	}
	json_object_foreach(owners, name, numbers) json_object_set_new(
	    numbers, "readers", json_integer((json_int_t)readers_of(readers, name)));
	summary = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "rows",
	    (json_int_t)catalog->count, "tables", tables, "readers",
	    (json_int_t)json_object_size(readers), "owners", (json_int_t)json_object_size(owners),
	    "without_default", without_default, "basis", basis, "apply", apply, "by_owner", owners);
	json_decref(readers);
	return summary;
}
