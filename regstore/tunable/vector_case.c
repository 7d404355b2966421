/*
 * The inputs of one case: reading them from their text, answering the interpreter with them.
 */
#include "regstore/tunable/vector_case.h"

#include <string.h>
#include <strings.h>

/* --- What the interpreter asks
 * -------------------------------------------------------------------- */

static struct tunable_raw
raw_of(const struct vector_case *vector, const struct vector_input *input)
{
	return vector_raw(&input->data, &vector->data);
}

static struct tunable_raw
case_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct vector_case *vector = (const struct vector_case *)(const void *)given;

	for (size_t i = 0; i < vector->input_count; i++) {
		if (vector->inputs[i].entry == entry)
			return raw_of(vector, &vector->inputs[i]);
	}
	return (struct tunable_raw){ 0 };
}

static const char *
case_state(const struct tunable_case *given, const char *name)
{
	const struct vector_case *vector = (const struct vector_case *)(const void *)given;

	for (size_t i = 0; i < vector->input_count; i++) {
		const struct vector_input *input = &vector->inputs[i];

		if (input->word != NULL && strcasecmp(input->name, name) == 0)
			return input->word;
	}
	return NULL;
}

static struct tunable_raw
case_bcd(const struct tunable_case *given, const char *option)
{
	const struct vector_case *vector = (const struct vector_case *)(const void *)given;

	for (size_t i = 0; i < vector->input_count; i++) {
		const struct vector_input *input = &vector->inputs[i];

		if (input->is_bcd && strcasecmp(input->name, option) == 0)
			return raw_of(vector, input);
	}
	return (struct tunable_raw){ 0 };
}

/* --- Inputs
 * --------------------------------------------------------------------------------------- */

bool
vector_case_fail(struct vector_case *vector, const char *what, const char *text)
{
	buf_clear(&vector->error);
	buf_printf(&vector->error, "%s: \"%s\"", what, text);
	return false;
}

static bool
parse_data(struct vector_case *vector, struct vector_input *input, char *text)
{
	const char *fault = vector_data_parse(text, &input->data, &vector->data);

	return fault == NULL || vector_case_fail(vector, fault, text);
}

static struct vector_input *
add_input(struct vector_case *vector)
{
	if (vector->input_count == VECTOR_INPUTS) {
		vector_case_fail(vector, "too many inputs in one case", "");
		return NULL;
	}
	vector->inputs[vector->input_count] = (struct vector_input){ 0 };
	return &vector->inputs[vector->input_count++];
}

/* Whether an input before the last one is of the same thing. */
static bool
is_repeated(const struct vector_case *vector)
{
	const struct vector_input *last = &vector->inputs[vector->input_count - 1];

	for (const struct vector_input *input = vector->inputs; input < last; input++) {
		if (last->entry != NULL ? input->entry == last->entry
		                        : input->entry == NULL && input->is_bcd == last->is_bcd &&
		                              strcasecmp(input->name, last->name) == 0)
			return true;
	}
	return false;
}

/* "state.NAME=WORD" */
static bool
parse_state(struct vector_case *vector, struct vector_input *input, char *name, char *word)
{
	input->name = name;
	input->word = vector_unquote(word);
	if (strcmp(input->word, "absent") == 0)
		input->word = NULL;
	if (!tunable_state_is_known(vector->catalog, name))
		return vector_case_fail(vector, "unknown state", name);
	return !is_repeated(vector) || vector_case_fail(vector, "named twice", name);
}

/* "NAME=DATA", "bcd.OPTION=DATA" or "state.NAME=WORD". */
static bool
parse_assignment(struct vector_case *vector, const struct tunable_entry *entry, char *text)
{
	struct vector_input *input = add_input(vector);
	char *equals = strchr(text, '=');
	char *name = text;

	if (input == NULL)
		return false;
	if (equals == NULL)
		return vector_case_fail(vector, "expected NAME=INPUT", text);
	*equals = '\0';
	name = vector_unquote(vector_trim(name));
	if (strncasecmp(name, "state.", 6) == 0)
		return parse_state(vector, input, name + 6, vector_trim(equals + 1));
	if (strncasecmp(name, "bcd.", 4) == 0) {
		input->name = name + 4;
		input->is_bcd = true;
	} else {
		input->entry = strcasecmp(name, vector->name) == 0
		                   ? entry
		                   : tunable_sibling(vector->catalog, entry, name, strlen(name));
		if (input->entry == NULL)
			return vector_case_fail(vector, "unknown name", name);
	}
	if (is_repeated(vector))
		return vector_case_fail(vector, "named twice", name);
	return parse_data(vector, input, vector_trim(equals + 1));
}

/* The end of the part that begins at `text`: the next "; " outside of double quotes. */
static char *
part_end(char *text)
{
	bool quoted = false;

	for (; *text != '\0'; text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (*text == ';' && !quoted)
			return text;
	}
	return text;
}

/* A list of assignments has its first '=' before any ':'. */
static bool
is_list(const char *given)
{
	const char *equals = strchr(given, '=');
	const char *colon = strchr(given, ':');

	return equals != NULL && (colon == NULL || equals < colon);
}

bool
vector_case_parse(struct vector_case *vector, const struct tunable_entry *entry, const char *name,
    const char *given)
{
	char *at;
	bool more = true;

	vector->name = name;
	vector->input_count = 0;
	buf_clear(&vector->data);
	buf_clear(&vector->line);
	buf_append(&vector->line, given, strlen(given) + 1);
	buf_reserve(&vector->data, 1); /* so that an empty value has an address */
	if (vector->line.failed || vector->data.failed)
		return vector_case_fail(vector, "not enough memory", "");
	at = vector_trim((char *)vector->line.data);
	if (!is_list(at)) {
		struct vector_input *input = add_input(vector);

		input->entry = entry;
		return parse_data(vector, input, at);
	}
	while (more) {
		char *end = part_end(at);

		more = *end == ';';
		*end = '\0';
		at = vector_trim(at);
		if (*at != '\0' && !parse_assignment(vector, entry, at))
			return false;
		at = end + 1;
	}
	return true;
}

/* --- The case
 * ------------------------------------------------------------------------------------- */

void
vector_case_init(const struct tunable_catalog *catalog, struct vector_case *ret_case)
{
	*ret_case = (struct vector_case){
		.given = { .raw = case_raw, .state = case_state, .bcd = case_bcd },
		.catalog = catalog,
	};
}

void
vector_case_release(struct vector_case *vector)
{
	buf_release(&vector->data);
	buf_release(&vector->line);
	buf_release(&vector->error);
}
