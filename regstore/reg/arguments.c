/*
 * The command line of `reg`, and what every verb says and asks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/macro.h"
#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"

const char reg_any_value[] = "";

int
reg_fail(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fprintf(stderr, "ERROR: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	return EXIT_FAILED;
}

static int
fail_with_usage(const char *verb, const char *message)
{
	reg_fail("%s", message);
	fprintf(stderr, "Type \"REG %s%s/?\" for usage.\n", verb != NULL ? verb : "",
	    verb != NULL ? " " : "");
	return EXIT_FAILED;
}

int
reg_fail_syntax(const char *verb)
{
	return fail_with_usage(verb, "Invalid syntax.");
}

int
reg_fail_key_name(const char *verb)
{
	return fail_with_usage(verb, "Invalid key name.");
}

int
reg_fail_status(const char *verb, lstatus status)
{
	if (lstatus_is(status, ERROR_BAD_PATHNAME))
		return reg_fail_key_name(verb);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return reg_fail(
		    "The system was unable to find the specified registry key or value.");
	return reg_fail("%s", lstatus_text(status));
}

int
reg_succeed(void)
{
	printf("The operation completed successfully.\n");
	return EXIT_OK;
}

bool
reg_confirm(int *ret_exit, const char *format, ...)
{
	char *answer = NULL;
	size_t size = 0;
	int decision = -1;

	while (decision < 0) {
		va_list arguments;

		va_start(arguments, format);
		vprintf(format, arguments);
		va_end(arguments);
		fflush(stdout);
		if (getline(&answer, &size, stdin) < 0) {
			printf("\n");
			break;
		}
		answer[strcspn(answer, "\r\n")] = '\0';
		if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
			decision = 1;
		else if (strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0)
			decision = 0;
	}
	free(answer);
	if (decision == 1)
		return true;
	printf("The operation was canceled by the user.\n");
	*ret_exit = decision == 0 ? EXIT_OK : EXIT_FAILED;
	return false;
}

struct registry *
reg_open_host(enum registry_mode mode)
{
	struct registry_options options = { .mode = mode, .channel = "reg" };
	struct registry *registry = NULL;
	struct buf root = { 0 };
	lstatus status;

	registry_default_root(&root);
	if (root.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	else
		status = registry_open(buf_text(&root), &options, &registry);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		reg_fail("There is no host in %s. Create one with \"hvctl host create\", or set "
		         "HVEMU_ROOT.",
		    buf_text(&root));
	} else if (!lstatus_ok(status)) {
		reg_fail(
		    "The host in %s cannot be opened: %s", buf_text(&root), lstatus_text(status));
	}
	buf_release(&root);
	return lstatus_ok(status) ? registry : NULL;
}

/* Find the switch that a word is, or NULL. Both "/v" and "-v" are switches, in any case. */
static const struct reg_switch *
find_switch(const struct reg_verb *verb, const char *word)
{
	if (word[0] != '/' && word[0] != '-')
		return NULL;
	for (const struct reg_switch *found = verb->switches; found->name != NULL; found++) {
		if (strcasecmp(word + 1, found->name) == 0)
			return found;
	}
	return NULL;
}

/* Take the switch at *at, and its text. False if it stands twice or its text is missing. */
static bool
take_switch(const struct reg_verb *verb, const struct reg_switch *found, int count, char **words,
    int *at, struct reg_arguments *arguments)
{
	void *field = (char *)arguments + found->offset;
	const char **text = field;
	bool *flag = field;

	if (found->kind == SWITCH_FLAG) {
		if (*flag)
			return false;
		*flag = true;
		return true;
	}
	if (*text != NULL)
		return false;
	if (found->kind == SWITCH_OPTIONAL_TEXT &&
	    (*at + 1 >= count || find_switch(verb, words[*at + 1]) != NULL)) {
		*text = reg_any_value;
		return true;
	}
	if (*at + 1 >= count)
		return false;
	*text = words[++*at];
	return true;
}

/* Write a key's path with its root's long name. False for a root that there is not. */
static bool
spell_key(const char *typed, struct buf *out)
{
	static const struct {
		const char *name;
		const char *long_name;
	} roots[] = {
		{ "HKLM", "HKEY_LOCAL_MACHINE" },
		{ "HKEY_LOCAL_MACHINE", "HKEY_LOCAL_MACHINE" },
		{ "HKU", "HKEY_USERS" },
		{ "HKEY_USERS", "HKEY_USERS" },
	};
	size_t root_length = strcspn(typed, "\\");
	size_t length = strlen(typed);

	while (length > root_length && typed[length - 1] == '\\')
		length--;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (strlen(roots[i].name) != root_length ||
		    strncasecmp(typed, roots[i].name, root_length) != 0)
			continue;
		buf_append_text(out, roots[i].long_name);
		buf_append(out, typed + root_length, length - root_length);
		return utf16_units(buf_text(out)) != SIZE_MAX;
	}
	return false;
}

static int
check_view(const struct reg_verb *verb, const struct reg_arguments *arguments)
{
	if (arguments->view_32 && arguments->view_64)
		return reg_fail_syntax(verb->name);
	if (arguments->view_32)
		return reg_fail("The 32-bit view of the registry (/reg:32) is not modelled yet.");
	return EXIT_OK;
}

int
reg_arguments_parse(
    const struct reg_verb *verb, int count, char **words, struct reg_arguments *arguments)
{
	int operands = verb->operands == OPERAND_KEY_AND_FILE ? 2 : 1;
	int code;

	arguments->verb = verb->name;
	if (count < operands)
		return reg_fail_syntax(verb->name);
	for (int at = operands; at < count; at++) {
		const struct reg_switch *found = find_switch(verb, words[at]);

		if (found == NULL || !take_switch(verb, found, count, words, &at, arguments))
			return reg_fail_syntax(verb->name);
	}
	if (verb->operands != OPERAND_KEY)
		arguments->file = words[operands - 1];
	if (verb->operands != OPERAND_FILE && !spell_key(words[0], &arguments->key))
		return reg_fail_key_name(verb->name);
	if ((code = check_view(verb, arguments)) != EXIT_OK)
		return code;
	buf_text(&arguments->key);
	if (arguments->key.failed)
		return reg_fail_status(verb->name, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	if ((arguments->value != NULL) + arguments->default_value + arguments->all_values > 1)
		return reg_fail_syntax(verb->name);
	if (arguments->separator != NULL && utf16_units(arguments->separator) != 1)
		return reg_fail_syntax(verb->name);
	return EXIT_OK;
}

void
reg_arguments_release(struct reg_arguments *arguments)
{
	buf_release(&arguments->key);
}
