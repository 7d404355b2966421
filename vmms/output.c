/*
 * hvctl's messages, JSON and colours.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl.h"

int
hvctl_fail(const struct hvctl *hvctl UNUSED, const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs("hvctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

int
hvctl_misused(const struct hvctl *hvctl, const char *format, ...)
{
	va_list arguments;

	fputs("hvctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (hvctl->command != NULL)
		fprintf(stderr, "\nTry \"hvctl %s --help\".\n", hvctl->command);
	else
		fputs("\nTry \"hvctl --help\".\n", stderr);
	return EXIT_USAGE;
}

int
hvctl_take_as_of(struct hvctl *hvctl, int argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--as-of=", 8) == 0)
			hvctl->as_of = argv[i] + 8;
		else if (strcmp(argv[i], "--as-of") != 0)
			argv[kept++] = argv[i];
		else if (++i < argc)
			hvctl->as_of = argv[i];
		else
			return -1;
	}
	argv[kept] = NULL;
	return kept;
}

int
hvctl_print_json(const struct hvctl *hvctl, json_t *json)
{
	int status = EXIT_FAILURE;

	if (json == NULL)
		return hvctl_fail(hvctl, "not enough memory");
	if (json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && fputc('\n', stdout) != EOF)
		status = EXIT_SUCCESS;
	json_decref(json);
	return status;
}

json_t *
hvctl_take_answer(
    const struct hvctl *hvctl, enum hvemu_status status, char *json, char *error, int *ret_code)
{
	json_t *answer = status == HVEMU_OK ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;

	if (status == HVEMU_OK)
		free(json);
	if (answer != NULL)
		return answer;
	if (status == HVEMU_BAD_INPUT)
		*ret_code = hvctl_misused(hvctl, "%s", error);
	else
		*ret_code = hvctl_fail(
		    hvctl, "%s", status != HVEMU_OK && error != NULL ? error : "not enough memory");
	if (status != HVEMU_OK)
		free(error);
	return NULL;
}

static void
print_scalar(const json_t *json)
{
	if (json_is_string(json))
		puts(json_string_value(json));
	else if (json_is_integer(json))
		printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(json));
	else if (json_is_boolean(json))
		puts(json_is_true(json) ? "yes" : "no");
	else
		puts("-");
}

static bool
is_nested(const json_t *json)
{
	return json_is_object(json) || json_is_array(json);
}

void
hvctl_print_tree(const json_t *json, int indent)
{
	const char *name;
	json_t *member;
	size_t index;

	json_object_foreach((json_t *)json, name, member)
	{
		printf("%*s%s", indent, "", name);
		if (is_nested(member)) {
			putchar('\n');
			hvctl_print_tree(member, indent + 2);
		} else {
			printf("%*s", (int)(strlen(name) < 26 ? 26 - strlen(name) : 1), "");
			print_scalar(member);
		}
	}
	json_array_foreach(json, index, member)
	{
		if (is_nested(member)) {
			if (index > 0)
				putchar('\n');
			hvctl_print_tree(member, indent);
		} else {
			printf("%*s", indent, "");
			print_scalar(member);
		}
	}
}

char *
hvctl_member(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);
	char number[32];

	if (json_is_string(member))
		return strdup(json_string_value(member));
	if (!json_is_integer(member))
		return strdup(json_is_true(member) ? "yes" : "-");
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(member));
	return strdup(number);
}

const char *
hvctl_bold(const struct hvctl *hvctl)
{
	return hvctl->colour ? "\033[1m" : "";
}

const char *
hvctl_warn(const struct hvctl *hvctl)
{
	return hvctl->colour ? "\033[33m" : "";
}

const char *
hvctl_plain(const struct hvctl *hvctl)
{
	return hvctl->colour ? "\033[0m" : "";
}
