/*
 * The command line of `reg`, and what every verb says and asks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "regstore/base/macro.h"
#include "regstore/base/progress.h"
#include "regstore/base/utf16.h"
#include "regstore/reg/reg.h"
#include "regstore/registry/security.h"

const char reg_any_value[] = "";
const char *reg_channel = "reg";

int
reg_fail(const char *format, ...)
{
	struct buf text = { 0 };
	va_list arguments;

	fflush(stdout);
	va_start(arguments, format);
	buf_vprintf(&text, format, arguments);
	va_end(arguments);
	fprintf(stderr, "ERROR: %s\n", buf_text(&text));
	buf_release(&text);
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

enum answer {
	ANSWER_NONE,
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_ALL,
};

/* Ask until the answer is one of those that are allowed. */
static enum answer
ask(bool with_all, const char *question)
{
	enum answer answer = ANSWER_NONE;
	char *line = NULL;
	size_t size = 0;

	while (answer == ANSWER_NONE) {
		printf("%s", question);
		fflush(stdout);
		if (getline(&line, &size, stdin) < 0) {
			printf("\n");
			break;
		}
		line[strcspn(line, "\r\n")] = '\0';
		if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
			answer = ANSWER_YES;
		else if (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
			answer = ANSWER_NO;
		else if (with_all && (strcasecmp(line, "a") == 0 || strcasecmp(line, "all") == 0))
			answer = ANSWER_ALL;
	}
	free(line);
	return answer;
}

bool
reg_confirm(int *ret_exit, const char *format, ...)
{
	struct buf question = { 0 };
	enum answer answer;
	va_list arguments;

	va_start(arguments, format);
	buf_vprintf(&question, format, arguments);
	va_end(arguments);
	answer = ask(false, buf_text(&question));
	buf_release(&question);
	if (answer == ANSWER_YES)
		return true;
	printf("The operation was canceled by the user.\n");
	*ret_exit = answer == ANSWER_NO ? EXIT_OK : EXIT_FAILED;
	return false;
}

bool
reg_confirm_all(bool *all, int *ret_exit, const char *format, ...)
{
	struct buf question = { 0 };
	enum answer answer;
	va_list arguments;

	va_start(arguments, format);
	buf_vprintf(&question, format, arguments);
	va_end(arguments);
	answer = ask(true, buf_text(&question));
	buf_release(&question);
	if (answer == ANSWER_NONE) {
		printf("The operation was canceled by the user.\n");
		*ret_exit = EXIT_FAILED;
	}
	*all = *all || answer == ANSWER_ALL;
	return answer == ANSWER_YES || answer == ANSWER_ALL;
}

int
reg_fail_file(void)
{
	return reg_fail("Error opening the file. There may be a disk or file system error.");
}

bool
reg_may_write(const struct reg_arguments *arguments, int *ret_exit)
{
	struct stat target;

	if (stat(arguments->file, &target) != 0)
		return true;
	if (S_ISDIR(target.st_mode)) {
		*ret_exit = reg_fail_file();
		return false;
	}
	return arguments->force || !S_ISREG(target.st_mode) ||
	       reg_confirm(
	           ret_exit, "File %s already exists. Overwrite (Yes/No)?", arguments->file);
}

static struct progress progress;

void
reg_begin_progress(struct registry *registry, const char *what)
{
	progress_begin(&progress, what);
	registry_set_progress(registry, progress_tell, &progress);
}

void
reg_end_progress(void)
{
	progress_end(&progress);
}

struct registry *
reg_open_host(enum registry_mode mode)
{
	struct buf error = { 0 };
	struct registry_options options = {
		.mode = mode,
		.channel = reg_channel,
		.error = &error,
	};
	struct registry *registry = NULL;
	struct buf root = { 0 };
	struct token token;
	lstatus status;

	if (!token_current(&token)) {
		reg_fail("HVEMU_TOKEN names no user. Give system, administrator, "
		         "hyperv-administrator, user, local-service, network-service, or SIDs.");
		return NULL;
	}
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
		reg_fail("The host in %s cannot be opened: %s", buf_text(&root),
		    error.size > 0 ? buf_text(&error) : lstatus_text(status));
	}
	buf_release(&error);
	buf_release(&root);
	if (!lstatus_ok(status))
		return NULL;
	registry_act_for(registry, &token);
	return registry;
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
		{ "HKCU", "HKEY_CURRENT_USER" },
		{ "HKEY_CURRENT_USER", "HKEY_CURRENT_USER" },
		{ "HKCR", "HKEY_CLASSES_ROOT" },
		{ "HKEY_CLASSES_ROOT", "HKEY_CLASSES_ROOT" },
		{ "HKCC", "HKEY_CURRENT_CONFIG" },
		{ "HKEY_CURRENT_CONFIG", "HKEY_CURRENT_CONFIG" },
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

/* What the switches may not say together. */
static bool
switches_fit(const struct reg_arguments *arguments)
{
	int shown = arguments->show_all + arguments->show_different + arguments->show_same +
	            arguments->show_none;

	return !(arguments->view_32 && arguments->view_64) && shown <= 1 &&
	       (arguments->value != NULL) + arguments->default_value + arguments->all_values <= 1 &&
	       (arguments->separator == NULL || utf16_units(arguments->separator) == 1);
}

/* How many words stand before the switches; more than `count` if some are missing. */
static int
count_operands(const struct reg_verb *verb, int count, char **words)
{
	int operands = 1;

	if (verb->operands == OPERAND_KEY_AND_FILE || verb->operands == OPERAND_TWO_KEYS)
		return 2;
	if (verb->operands != OPERAND_KEY_AND_WORDS)
		return 1;
	while (operands < count && words[operands][0] != '/' && words[operands][0] != '-')
		operands++;
	return operands;
}

/* The operands before the switches. */
static int
parse_operands(const struct reg_verb *verb, char **words, struct reg_arguments *arguments)
{
	if (verb->operands == OPERAND_FILE)
		arguments->file = words[0];
	else if (!spell_key(words[0], &arguments->key))
		return reg_fail_key_name(verb->name);
	if (verb->operands == OPERAND_KEY_AND_FILE)
		arguments->file = words[1];
	else if (verb->operands == OPERAND_TWO_KEYS && !spell_key(words[1], &arguments->other))
		return reg_fail_key_name(verb->name);
	buf_text(&arguments->key);
	buf_text(&arguments->other);
	if (arguments->key.failed || arguments->other.failed)
		return reg_fail_status(verb->name, LSTATUS(ERROR_NOT_ENOUGH_MEMORY));
	return EXIT_OK;
}

int
reg_arguments_parse(
    const struct reg_verb *verb, int count, char **words, struct reg_arguments *arguments)
{
	int operands = count_operands(verb, count, words);
	int code;

	arguments->verb = verb->name;
	if (count < operands)
		return reg_fail_syntax(verb->name);
	for (int at = operands; at < count; at++) {
		const struct reg_switch *found = find_switch(verb, words[at]);

		if (found == NULL || !take_switch(verb, found, count, words, &at, arguments))
			return reg_fail_syntax(verb->name);
	}
	if ((code = parse_operands(verb, words, arguments)) != EXIT_OK)
		return code;
	if (!switches_fit(arguments))
		return reg_fail_syntax(verb->name);
	arguments->words = words + 1;
	arguments->word_count = operands - 1;
	arguments->view = arguments->view_32 ? REGISTRY_WOW64_32 : 0;
	return EXIT_OK;
}

void
reg_arguments_release(struct reg_arguments *arguments)
{
	buf_release(&arguments->key);
	buf_release(&arguments->other);
}
