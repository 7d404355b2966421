/*
 * reg query: prints keys and values in reg.exe's layout, and searches.
 *
 * An empty line comes first. A key that has values is a line with its path, a line for each value,
 * and an empty line; a key without values is a line with its path only, and the key that was asked
 * for then has none. /f, /t, and a named value with /s make it a search, which shows only what
 * matches and ends with a count. As in reg.exe a key found by its name alone counts once; with /t
 * its values of that type are shown and counted in its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

struct query {
	struct registry *registry;
	const struct reg_arguments *arguments;
	const char *value; /* only this value; NULL for all */
	bool search;
	bool in_keys; /* where the search looks */
	bool in_names;
	bool in_data;
	bool typed;
	uint32_t type; /* if typed */
	uint64_t matches;
	struct reg_moment moment;
	bool started; /* something was printed */
	bool blank;   /* and the last of it was an empty line */
	struct buf path;
	struct buf line;
	int64_t
	    open[REG_DEPTH_MAX + 1]; /* the keys above the one at hand, against links in circles */
	size_t depth;
};

/* --- Printing ---------------------------------------------------------------------------- */

static void
print_blank(struct query *query)
{
	printf("\n");
	query->started = true;
	query->blank = true;
}

static void
print_key(struct query *query)
{
	if (!query->started)
		print_blank(query);
	printf("%s\n", buf_text(&query->path));
	query->blank = false;
}

/* "    name    type    data" */
static lstatus
print_value(struct query *query, const struct reg_value_entry *value)
{
	const char *type = reg_type_name(value->type);

	buf_clear(&query->line);
	buf_printf(&query->line, "    %s    %s", value->name[0] != '\0' ? value->name : "(Default)",
	    type != NULL ? type : "REG_UNKNOWN");
	if (query->arguments->type_numbers)
		buf_printf(&query->line, " (%lu)", (unsigned long)value->type);
	buf_append_text(&query->line, "    ");
	reg_data_format(
	    value->type, value->data, value->size, query->arguments->separator, &query->line);
	buf_append_byte(&query->line, '\n');
	if (query->line.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	fwrite(query->line.data, 1, query->line.size, stdout);
	query->blank = false;
	return LSTATUS(ERROR_SUCCESS);
}

/* --- Choosing ---------------------------------------------------------------------------- */

static bool
pattern_matches(const struct query *query, const char *text)
{
	const struct reg_arguments *arguments = query->arguments;

	return reg_pattern_matches(
	    arguments->pattern, text, arguments->exact, arguments->match_case);
}

/* Whether a value is to be shown; `key_matches`: its key's name is what the search looks for. */
static bool
value_wanted(struct query *query, const struct reg_value_entry *value, bool key_matches)
{
	if (query->value != NULL && name_compare(query->value, value->name) != 0)
		return false;
	if (query->typed && value->type != query->type)
		return false;
	if (query->arguments->pattern == NULL || (key_matches && query->typed))
		return true;
	if (query->in_names && query->value == NULL && pattern_matches(query, value->name))
		return true;
	if (!query->in_data)
		return false;
	buf_clear(&query->line);
	reg_data_format(
	    value->type, value->data, value->size, query->arguments->separator, &query->line);
	return pattern_matches(query, buf_text(&query->line));
}

/*
 * Print the values of a key that are wanted, with the key's line before the first one.
 * `key_printed`: the line is there already. *ret_shown counts the values.
 */
static lstatus
show_values(
    struct query *query, reg_key key, bool key_matches, bool key_printed, uint64_t *ret_shown)
{
	struct reg_value_list values;
	uint64_t shown = 0;
	lstatus status;

	status = registry_list_values(query->registry, key, &values);
	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < values.count && lstatus_ok(status); i++) {
		if (!value_wanted(query, &values.entries[i], key_matches))
			continue;
		if (shown++ == 0 && !key_printed)
			print_key(query);
		status = print_value(query, &values.entries[i]);
	}
	if (lstatus_ok(status) && shown == 0 && query->arguments->default_value && !query->typed &&
	    query->arguments->pattern == NULL) {
		if (!key_printed)
			print_key(query);
		printf("    (Default)    REG_SZ    (value not set)\n");
		query->blank = false;
		shown = 1;
	}
	if (shown > 0)
		print_blank(query);
	reg_value_list_release(&values);
	if (lstatus_ok(status))
		*ret_shown = shown;
	return status;
}

/* --- Walking ----------------------------------------------------------------------------- */

static lstatus show_subkeys(struct query *query, reg_key key);

/* Go down into a subkey by its name, so that a link is followed; not twice into the same key. */
static lstatus
descend(struct query *query, reg_key parent, const char *name, bool key_matches, bool key_printed)
{
	reg_key key;
	uint64_t shown;
	lstatus status;

	status = registry_open_key(query->registry, &parent, name, query->arguments->view, &key);
	if (lstatus_ok(status))
		status = registry_may(query->registry, key, KEY_READ);
	/* What may not be read is said, and the rest goes on. */
	if (lstatus_is(status, ERROR_ACCESS_DENIED)) {
		reg_fail_status(query->arguments->verb, status);
		return LSTATUS(ERROR_SUCCESS);
	}
	for (size_t i = 0; lstatus_ok(status) && i < query->depth; i++) {
		if (query->open[i] == key.id)
			return status;
	}
	if (lstatus_ok(status) && query->depth < REG_DEPTH_MAX) {
		status = show_values(query, key, key_matches, key_printed, &shown);
		if (lstatus_ok(status)) {
			query->matches += shown;
			status = show_subkeys(query, key);
		}
	}
	/* Gone since it was listed, or a link that leads nowhere. */
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND) || lstatus_is(status, ERROR_KEY_DELETED) ||
	    lstatus_is(status, ERROR_CANT_RESOLVE_FILENAME))
		return LSTATUS(ERROR_SUCCESS);
	return status;
}

static lstatus
show_subkey(struct query *query, reg_key parent, const char *name)
{
	bool matches = query->search && query->in_keys && query->arguments->pattern != NULL &&
	               pattern_matches(query, name);
	bool print = !query->search || (matches && !query->typed);

	if (print) {
		print_key(query);
		if (query->search)
			query->matches++;
	}
	if (!query->arguments->recurse)
		return LSTATUS(ERROR_SUCCESS);
	return descend(query, parent, name, matches, print);
}

static lstatus
show_subkeys(struct query *query, reg_key key)
{
	struct reg_key_list subkeys;
	size_t length = query->path.size;
	lstatus status;

	status = registry_list_keys(query->registry, key, &subkeys);
	if (!lstatus_ok(status))
		return status;
	query->open[query->depth++] = key.id;
	for (size_t i = 0; i < subkeys.count && lstatus_ok(status); i++) {
		buf_append_byte(&query->path, '\\');
		buf_append_text(&query->path, subkeys.entries[i].name);
		if (query->path.failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		else
			status = show_subkey(query, key, subkeys.entries[i].name);
		buf_truncate(&query->path, length);
		if (lstatus_ok(status))
			status = reg_moment_next(&query->moment);
	}
	query->depth--;
	reg_key_list_release(&subkeys);
	return status;
}

/* --- The command ------------------------------------------------------------------------- */

/* Turn the switches into what to show. */
static bool
plan(struct query *query)
{
	const struct reg_arguments *arguments = query->arguments;
	bool any_value = arguments->value == reg_any_value;
	bool narrowed = arguments->in_keys || arguments->in_data || any_value;

	if (arguments->pattern == NULL && (narrowed || arguments->exact || arguments->match_case))
		return false;
	if (arguments->default_value)
		query->value = "";
	else if (!any_value)
		query->value = arguments->value;
	if (query->value != NULL && arguments->in_keys)
		return false;
	query->typed = arguments->type != NULL;
	if (query->typed && !reg_data_type(arguments->type, &query->type))
		return false;
	query->search = arguments->pattern != NULL || query->typed ||
	                (query->value != NULL && arguments->recurse);
	query->in_keys = query->value == NULL && (!narrowed || arguments->in_keys);
	query->in_names = !narrowed || any_value;
	query->in_data = !narrowed || arguments->in_data;
	return true;
}

static lstatus
run(struct query *query)
{
	reg_key key;
	uint64_t shown;
	lstatus status;

	status = registry_open_key(
	    query->registry, NULL, buf_text(&query->path), query->arguments->view, &key);
	if (lstatus_ok(status))
		status = registry_may(query->registry, key, KEY_READ);
	if (!lstatus_ok(status))
		return status;
	status = show_values(query, key, false, false, &shown);
	if (!lstatus_ok(status))
		return status;
	query->matches += shown;
	if (query->value != NULL && !query->search)
		return shown > 0 ? status : LSTATUS(ERROR_FILE_NOT_FOUND);
	if (!query->search || query->arguments->recurse || query->in_keys)
		status = show_subkeys(query, key);
	return status;
}

static int
print_matches(struct query *query)
{
	if (query->started && !query->blank)
		print_blank(query);
	printf("End of search: %llu match(es) found.\n", (unsigned long long)query->matches);
	return query->matches > 0 ? EXIT_OK : EXIT_FAILED;
}

static int
query_host(struct query *query)
{
	int code = EXIT_OK;
	lstatus status;

	query->registry = reg_open_host(REGISTRY_OPEN);
	if (query->registry == NULL)
		return EXIT_FAILED;
	buf_append(&query->path, query->arguments->key.data, query->arguments->key.size);
	status = reg_moment_begin(&query->moment, query->registry);
	if (lstatus_ok(status))
		status = run(query);
	reg_moment_end(&query->moment);
	if (!lstatus_ok(status))
		code = reg_fail_status(query->arguments->verb, status);
	else if (query->search)
		code = print_matches(query);
	registry_close(query->registry);
	return code;
}

int
reg_query(const struct reg_arguments *arguments)
{
	struct query *query = calloc(1, sizeof(*query));
	int code;

	if (query == NULL)
		return reg_fail_status(arguments->verb, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	query->arguments = arguments;
	code = plan(query) ? query_host(query) : reg_fail_syntax(arguments->verb);
	buf_release(&query->path);
	buf_release(&query->line);
	free(query);
	return code;
}
