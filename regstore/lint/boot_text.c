/*
 * bcdedit's output as writes: what a store would hold that prints so.
 */
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/lint/bcdedit_text.h"
#include "regstore/lint/internal.h"

struct reader {
	struct lint *lint;
	uint32_t file;
	uint32_t object; /* the node of the object at hand */
	uint32_t type;
	bool guessed; /* the type is not known from its title */
};

/* The GUID that an identifier means; an alias of an entry stands for itself. */
static const char *
guid_of(const char *identifier)
{
	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (strcasecmp(at->alias, identifier) == 0)
			return at->guid;
	}
	return identifier;
}

/* The type of an object, from its GUID or its title (if that is English). */
static uint32_t
type_of(const char *guid, const char *title, bool *ret_guessed)
{
	static const uint32_t types[] = { BCD_OSLOADER, BCD_RESUME, BCD_MEMDIAG, BCD_NTLDR,
		BCD_BOOTSECTOR, BCD_BOOTMGR, BCD_FWBOOTMGR, BCD_DEVICE_OPTIONS, 0x101fffff };

	*ret_guessed = false;
	for (const struct bcd_known *at = bcd_known; at->alias != NULL; at++) {
		if (at->type != 0 && strcasecmp(at->guid, guid) == 0)
			return at->type;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcasecmp(bcd_title("", types[i]), title) == 0)
			return types[i];
	}
	*ret_guessed = true;
	return BCD_OSLOADER;
}

static bool
note_type(struct reader *reader, uint64_t line)
{
	struct lint *lint = reader->lint;
	uint32_t node =
	    lint_child(lint, reader->object, "Description", strlen("Description"), true);

	return node != LINT_NONE && lint_add(lint, WRITE_FACT, reader->file, line, node, "Type",
	                                REG_DWORD, &reader->type, sizeof(reader->type)) != NULL;
}

static bool
read_object(void *self, uint64_t line, const char *title, const char *identifier)
{
	struct reader *reader = self;
	const char *guid = guid_of(identifier);
	uint32_t objects = lint_node(reader->lint, BCD_ROOT "\\Objects");

	if (objects == LINT_NONE)
		return false;
	reader->object = lint_child(reader->lint, objects, guid, strlen(guid), true);
	reader->type = type_of(guid, title, &reader->guessed);
	return reader->object != LINT_NONE && note_type(reader, line);
}

/* --- Elements
 * ------------------------------------------------------------------------------------- */

/* An element by its name; an object of a title in another language is what its elements are of. */
static const struct bcd_element *
find_element(struct reader *reader, uint64_t line, const char *name)
{
	static const uint32_t others[] = { BCD_RESUME, BCD_MEMDIAG, BCD_DEVICE_OPTIONS,
		BCD_BOOTMGR };
	const struct bcd_element *element = bcd_element_named(name, reader->type);

	for (size_t i = 0; i < ARRAY_SIZE(others) && element == NULL && reader->guessed; i++) {
		element = bcd_element_named(name, others[i]);
		if (element == NULL)
			continue;
		reader->type = others[i];
		reader->guessed = false;
		note_type(reader, line);
	}
	return element;
}

/* Objects' texts, each an alias or a GUID. */
static void
append_objects(const char *values, size_t count, bool list, struct buf *data)
{
	for (size_t i = 0; i < count; i++) {
		const char *guid = guid_of(values);

		utf16_from_utf8(guid, strlen(guid), data);
		buf_append(data, "\0", 2);
		values += strlen(values) + 1;
	}
	if (list)
		buf_append(data, "\0", 2);
}

static void
join(const char *values, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append_byte(out, ' ');
		buf_append_text(out, values);
		values += strlen(values) + 1;
	}
}

/* The data that a store holds for an element that prints so; false with what was expected. */
static bool
encode(struct reader *reader, uint32_t id, const char *values, size_t count, uint32_t *ret_type,
    struct buf *data, struct buf *error)
{
	struct bcd none = { 0 };
	struct buf text = { 0 };
	bool ok = true;

	*ret_type = REG_BINARY;
	join(values, count, &text);
	switch (bcd_format(id)) {
	case BCD_OBJECT:
	case BCD_OBJECT_LIST:
		*ret_type = bcd_format(id) == BCD_OBJECT ? REG_SZ : REG_MULTI_SZ;
		append_objects(values, count, bcd_format(id) == BCD_OBJECT_LIST, data);
		break;
	case BCD_STRING:
		*ret_type = REG_SZ;
		ok = bcd_parse_data(&none, id, reader->type, buf_text(&text), data, error);
		break;
	case BCD_INTEGER:
	case BCD_BOOLEAN:
	case BCD_INTEGER_LIST:
		ok = bcd_parse_data(&none, id, reader->type, buf_text(&text), data, error);
		break;
	default:
		/* A device or bytes: nothing is judged by them. */
		buf_append(data, text.data, text.size);
		break;
	}
	buf_release(&text);
	return ok;
}

static bool
add_element(
    struct reader *reader, uint64_t line, uint32_t id, uint32_t type, const struct buf *data)
{
	struct lint *lint = reader->lint;
	char name[16];
	uint32_t node = lint_child(lint, reader->object, "Elements", strlen("Elements"), true);

	snprintf(name, sizeof(name), "%08x", (unsigned)id);
	if (node != LINT_NONE)
		node = lint_child(lint, node, name, strlen(name), true);
	return node != LINT_NONE && lint_add(lint, WRITE_SET, reader->file, line, node, "Element",
	                                type, data->data, data->size) != NULL;
}

static bool
read_element(void *self, uint64_t line, const char *name, const char *values, size_t count)
{
	struct reader *reader = self;
	const struct bcd_element *element = find_element(reader, line, name);
	uint32_t id = element != NULL ? element->id : 0;
	struct buf data = { 0 };
	struct buf error = { 0 };
	uint32_t type;
	bool ok;

	if (strncasecmp(name, "custom:", 7) == 0)
		id = (uint32_t)strtoul(name + 7, NULL, 16);
	if (id == 0) {
		ok = lint_add(reader->lint, WRITE_ELEMENT, reader->file, line, reader->object, name,
		         REG_NONE, values, strlen(values) + 1) != NULL;
	} else if (encode(reader, id, values, count, &type, &data, &error)) {
		ok = add_element(reader, line, id, type, &data);
	} else {
		ok = lint_add(reader->lint, WRITE_BAD_ELEMENT, reader->file, line, reader->object,
		         name, REG_NONE, buf_text(&error), error.size + 1) != NULL;
	}
	buf_release(&data);
	buf_release(&error);
	return ok;
}

/* --- Without titles
 * ------------------------------------------------------------------------------- */

/* Objects whose elements a command of bcdedit prints alone: the class and the numbers of these. */
static const struct settings {
	const char *alias;
	uint32_t class, first, last;
	const char *prefix; /* of their names */
} settings[] = {
	{ "{dbgsettings}", 1, 0x10, 0x1f, "" },
	{ "{emssettings}", 1, 0x20, 0x23, "" },
	{ "{hypervisorsettings}", 2, 0xf0, 0x161, "hypervisor" },
};

/* Of which of them all elements can be, as bits. */
struct guess {
	unsigned of;
	bool any;
};

static bool
guess_object(void *self UNUSED, uint64_t line UNUSED, const char *title UNUSED,
    const char *identifier UNUSED)
{
	return true;
}

static bool
guess_element(void *self, uint64_t line UNUSED, const char *name, const char *values UNUSED,
    size_t count UNUSED)
{
	const struct bcd_element *element = bcd_element_named(name, BCD_OSLOADER);
	struct guess *guess = self;

	/* A misspelt one does not tell. */
	guess->any = guess->any || element != NULL;
	for (size_t i = 0; i < ARRAY_SIZE(settings) && element != NULL; i++) {
		const struct settings *at = &settings[i];

		if (element->id >> 28 != at->class || (element->id & 0xffff) < at->first ||
		    (element->id & 0xffff) > at->last ||
		    strncasecmp(element->name, at->prefix, strlen(at->prefix)) != 0)
			guess->of &= ~(1u << i);
	}
	return true;
}

const char *
lint_bcdedit_settings(const char *text, size_t size)
{
	static const struct bcdedit_text_handler handler = {
		.object = guess_object,
		.element = guess_element,
	};
	struct guess guess = { .of = (1u << ARRAY_SIZE(settings)) - 1 };
	struct bcdedit_text_error error;

	if (!bcdedit_text_parse(text, size, "", &handler, &guess, &error) || !guess.any)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (guess.of == 1u << i)
			return settings[i].alias;
	}
	return NULL;
}

bool
lint_read_bcdedit(struct lint *lint, uint32_t file, const char *text, size_t size)
{
	static const struct bcdedit_text_handler handler = {
		.object = read_object,
		.element = read_element,
	};
	const char *alone = bcdedit_text_is(text, size) ? NULL : lint_bcdedit_settings(text, size);
	struct reader reader = { .lint = lint, .file = file };
	struct bcdedit_text_error error;

	if (bcdedit_text_parse(text, size, alone, &handler, &reader, &error))
		return true;
	if (lint->no_memory || error.message[0] == '\0')
		return lint_no_memory(lint);
	return lint_add(lint, WRITE_ERROR, file, error.line, LINT_NONE, error.message, REG_NONE,
	           NULL, 0) != NULL;
}
