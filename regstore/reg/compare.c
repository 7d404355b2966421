/*
 * reg compare: the values of two keys, and with /s their subkeys.
 *
 * A value that both have alike is a line after "=", one that differs a line after "<" and one after
 * ">", one that only one side has the one line of that side; a key that only one side has is a line
 * as well, and is not gone into. The exit status is 0 for alike and 2 for different.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"
#include "regstore/security/rights.h"

/* One of the two keys, on the way down. */
struct side {
	char mark;
	struct buf path;
	reg_key key;
};

struct comparison {
	struct registry *registry;
	struct reg_moment moment;
	const struct reg_arguments *arguments;
	const char *value; /* only this one; NULL for all */
	bool print_same;
	bool print_different;
	bool different;
	bool found; /* a value was there to compare */
	struct buf line;
};

static void
print_value(struct comparison *comparison, char mark, struct side *side,
    const struct reg_value_entry *value)
{
	const char *type = reg_type_name(value->type);

	if (mark == '=' ? !comparison->print_same : !comparison->print_different)
		return;
	buf_clear(&comparison->line);
	reg_data_format(value->type, value->data, value->size, NULL, &comparison->line);
	printf("%c Value:  %s  %s  %s  %s\n", mark, buf_text(&side->path),
	    value->name[0] != '\0' ? value->name : "(Default)", type != NULL ? type : "REG_UNKNOWN",
	    buf_text(&comparison->line));
}

static void
print_key(struct comparison *comparison, char mark, struct side *side, const char *name)
{
	if (mark == '=' ? !comparison->print_same : !comparison->print_different)
		return;
	printf("%c Key:  %s%s%s\n", mark, buf_text(&side->path), name[0] != '\0' ? "\\" : "", name);
}

static const struct reg_value_entry *
find_value(const struct reg_value_list *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++) {
		if (name_compare(values->entries[i].name, name) == 0)
			return &values->entries[i];
	}
	return NULL;
}

static bool
same_value(const struct reg_value_entry *a, const struct reg_value_entry *b)
{
	return a->type == b->type && a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static void
compare_value(struct comparison *comparison, struct side *left, struct side *right,
    const struct reg_value_entry *a, const struct reg_value_entry *b)
{
	comparison->found = true;
	if (a != NULL && b != NULL && same_value(a, b)) {
		print_value(comparison, '=', left, a);
		return;
	}
	comparison->different = true;
	if (a != NULL)
		print_value(comparison, left->mark, left, a);
	if (b != NULL)
		print_value(comparison, right->mark, right, b);
}

static bool
value_wanted(const struct comparison *comparison, const char *name)
{
	return comparison->value == NULL || name_compare(comparison->value, name) == 0;
}

static lstatus
compare_values(struct comparison *comparison, struct side *left, struct side *right)
{
	struct reg_value_list a = { 0 };
	struct reg_value_list b = { 0 };
	lstatus status = registry_list_values(comparison->registry, left->key, &a);

	if (lstatus_ok(status))
		status = registry_list_values(comparison->registry, right->key, &b);
	for (size_t i = 0; lstatus_ok(status) && i < a.count; i++) {
		if (value_wanted(comparison, a.entries[i].name))
			compare_value(comparison, left, right, &a.entries[i],
			    find_value(&b, a.entries[i].name));
	}
	for (size_t i = 0; lstatus_ok(status) && i < b.count; i++) {
		if (value_wanted(comparison, b.entries[i].name) &&
		    find_value(&a, b.entries[i].name) == NULL)
			compare_value(comparison, left, right, NULL, &b.entries[i]);
	}
	reg_value_list_release(&a);
	reg_value_list_release(&b);
	return status;
}

static lstatus compare_keys(struct comparison *comparison, struct side *left, struct side *right);

static lstatus
compare_below(struct comparison *comparison, struct side *left, struct side *right,
    const struct reg_key_entry *a, const struct reg_key_entry *b)
{
	struct side below_left = { .mark = left->mark, .key = a->key };
	struct side below_right = { .mark = right->mark, .key = b->key };
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);

	buf_printf(&below_left.path, "%s\\%s", buf_text(&left->path), a->name);
	buf_printf(&below_right.path, "%s\\%s", buf_text(&right->path), b->name);
	if (!below_left.path.failed && !below_right.path.failed)
		status = compare_keys(comparison, &below_left, &below_right);
	buf_release(&below_left.path);
	buf_release(&below_right.path);
	return status;
}

static lstatus
compare_subkeys(struct comparison *comparison, struct side *left, struct side *right)
{
	struct reg_key_list a = { 0 };
	struct reg_key_list b = { 0 };
	size_t i = 0;
	size_t j = 0;
	lstatus status = registry_list_keys(comparison->registry, left->key, &a);

	if (lstatus_ok(status))
		status = registry_list_keys(comparison->registry, right->key, &b);
	while (lstatus_ok(status) && (i < a.count || j < b.count)) {
		int order = i == a.count   ? 1
		            : j == b.count ? -1
		                           : name_compare(a.entries[i].name, b.entries[j].name);

		comparison->different = comparison->different || order != 0;
		if (order < 0)
			print_key(comparison, left->mark, left, a.entries[i++].name);
		else if (order > 0)
			print_key(comparison, right->mark, right, b.entries[j++].name);
		else
			status = compare_below(
			    comparison, left, right, &a.entries[i++], &b.entries[j++]);
	}
	reg_key_list_release(&a);
	reg_key_list_release(&b);
	return status;
}

static lstatus
compare_keys(struct comparison *comparison, struct side *left, struct side *right)
{
	lstatus status = compare_values(comparison, left, right);

	if (lstatus_ok(status))
		status = reg_moment_next(&comparison->moment);
	if (lstatus_ok(status) && comparison->arguments->recurse)
		status = compare_subkeys(comparison, left, right);
	return status;
}

static int
compare_in(struct comparison *comparison)
{
	const struct reg_arguments *arguments = comparison->arguments;
	struct side left = { .mark = '<' };
	struct side right = { .mark = '>' };
	lstatus status = registry_open_key(comparison->registry, NULL,
	    (const char *)arguments->key.data, arguments->view, &left.key);

	if (lstatus_ok(status))
		status = registry_open_key(comparison->registry, NULL,
		    (const char *)arguments->other.data, arguments->view, &right.key);
	if (lstatus_ok(status) && left.key.id == right.key.id)
		return reg_fail("The registry entry cannot be compared with itself.");
	buf_append(&left.path, arguments->key.data, arguments->key.size);
	buf_append(&right.path, arguments->other.data, arguments->other.size);
	if (left.path.failed || right.path.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = registry_may_tree(comparison->registry, left.key, KEY_READ);
	if (lstatus_ok(status))
		status = registry_may_tree(comparison->registry, right.key, KEY_READ);
	if (lstatus_ok(status))
		status = reg_moment_begin(&comparison->moment, comparison->registry);
	if (lstatus_ok(status))
		status = compare_keys(comparison, &left, &right);
	reg_moment_end(&comparison->moment);
	if (lstatus_ok(status) && comparison->value != NULL && !comparison->found)
		status = LSTATUS(ERROR_FILE_NOT_FOUND);
	buf_release(&left.path);
	buf_release(&right.path);
	if (!lstatus_ok(status))
		return reg_fail_status(arguments->verb, status);
	printf("\nResult Compared:  %s\n\n", comparison->different ? "Different" : "Identical");
	reg_succeed();
	return comparison->different ? EXIT_DIFFERENT : EXIT_OK;
}

int
reg_compare(const struct reg_arguments *arguments)
{
	struct comparison comparison = {
		.arguments = arguments,
		.value = arguments->default_value ? "" : arguments->value,
		.print_same = arguments->show_all || arguments->show_same,
		.print_different = !arguments->show_same && !arguments->show_none,
	};
	int code = EXIT_FAILED;

	if (comparison.value != NULL && arguments->recurse)
		return reg_fail_syntax(arguments->verb);
	comparison.registry = reg_open_host(REGISTRY_OPEN);
	if (comparison.registry != NULL)
		code = compare_in(&comparison);
	registry_close(comparison.registry);
	buf_release(&comparison.line);
	return code;
}
