/*
 * describe: the rows themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl_reference.h"

static void
print_fact(const json_t *row, const char *label, const char *name)
{
	char *text = hvctl_member(row, name);

	if (text != NULL && strcmp(text, "-") != 0)
		printf("  %-10s %s\n", label, text);
	free(text);
}

static void
print_range(const json_t *row)
{
	char *min = hvctl_member(row, "min");
	char *max = hvctl_member(row, "max");

	if (min != NULL && max != NULL && (strcmp(min, "-") != 0 || strcmp(max, "-") != 0))
		printf("  %-10s %s..%s\n", "range", strcmp(min, "-") != 0 ? min : "",
		    strcmp(max, "-") != 0 ? max : "");
	free(min);
	free(max);
}

/* The texts of a list, with commas between. */
static void
print_list(const json_t *row, const char *label, const char *name)
{
	json_t *text;
	size_t index;

	if (json_array_size(json_object_get(row, name)) == 0)
		return;
	printf("  %-10s", label);
	json_array_foreach(json_object_get(row, name), index, text)
	    printf("%s %s", index > 0 ? "," : "", json_string_value(text));
	putchar('\n');
}

static void
print_words(const json_t *row)
{
	const char *number;
	json_t *word;

	json_object_foreach(json_object_get(row, "words"), number, word)
	    printf("  %-10s %s = %s\n", "value", number, json_string_value(word));
}

static void
print_row(const struct hvctl *hvctl, const json_t *row)
{
	printf("%s%s%s  %s\n", hvctl_bold(hvctl), json_string_value(json_object_get(row, "name")),
	    hvctl_plain(hvctl), json_string_value(json_object_get(row, "purpose")));
	print_fact(row, "key", "key");
	print_fact(row, "type", "type");
	print_fact(row, "owner", "owner");
	print_fact(row, "reader", "reader");
	print_fact(row, "helper", "helper");
	print_fact(row, "section", "section");
	print_fact(row, "default", "default");
	print_fact(row, "default", "variant");
	print_range(row);
	print_words(row);
	print_fact(row, "unit", "unit");
	print_fact(row, "judgement", "judgement");
	print_list(row, "gates", "gates");
	print_fact(row, "policy", "policy");
	print_fact(row, "bcd", "bcd");
	print_fact(row, "preferred", "preferred");
	print_fact(row, "fallback", "fallback");
	print_fact(row, "bound by", "max_from");
	print_fact(row, "applies", "apply");
	print_fact(row, "basis", "basis");
	print_list(row, "assumed", "assumed");
	print_fact(row, "note", "note");
}

int
hvctl_describe(struct hvctl *hvctl, int argc, char **argv)
{
	enum hvemu_status status;
	char *error = NULL;
	char *text = NULL;
	json_t *rows;
	json_t *row;
	size_t index;
	int code;

	if (argc == 2 && strcmp(argv[1], "--man") == 0)
		return reference_man(hvctl);
	if (argc == 3 && strcmp(argv[1], "--markdown") == 0)
		return reference_markdown(hvctl, argv[2]);
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return hvctl_misused(hvctl,
		    "\"describe\" takes one module or name, --man, or --markdown and a folder");
	status = hvemu_describe(hvctl->hvemu, argv[1], &text, &error);
	rows = hvctl_take_answer(hvctl, status, text, error, &code);
	if (rows == NULL)
		return code;
	if (hvctl->json)
		return hvctl_print_json(hvctl, rows);
	json_array_foreach(rows, index, row)
	{
		if (index > 0)
			putchar('\n');
		print_row(hvctl, row);
	}
	json_decref(rows);
	return EXIT_SUCCESS;
}
