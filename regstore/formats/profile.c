/*
 * Private profiles.
 */
#include "regstore/formats/profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/formats/out_file.h"

/* A part of the text. */
struct span {
	const char *text;
	size_t length;
};

/* One line as what it is. */
struct line {
	struct span whole; /* with its line end */
	bool is_section;
	struct span name; /* of the section, or the key; length 0: neither */
	struct span value;
};

/* --- Lines
 * ---------------------------------------------------------------------------------------- */

static struct span
trim(struct span span)
{
	while (span.length > 0 && (unsigned char)span.text[0] <= ' ') {
		span.text++;
		span.length--;
	}
	while (span.length > 0 && (unsigned char)span.text[span.length - 1] <= ' ')
		span.length--;
	return span;
}

static struct span
unquote(struct span span)
{
	if (span.length >= 2 && (span.text[0] == '"' || span.text[0] == '\'') &&
	    span.text[span.length - 1] == span.text[0])
		return (struct span){ span.text + 1, span.length - 2 };
	return span;
}

/* Take the next line off the text; false at its end. */
static bool
next_line(struct span *rest, struct line *ret_line)
{
	const char *end = rest->length > 0 ? memchr(rest->text, '\n', rest->length) : NULL;
	struct line line = { .whole = *rest };
	struct span text;
	const char *at;

	if (rest->length == 0)
		return false;
	if (end != NULL)
		line.whole.length = (size_t)(end - rest->text) + 1;
	rest->text += line.whole.length;
	rest->length -= line.whole.length;
	text = trim(line.whole);
	if (text.length > 0 && text.text[0] == '[') {
		at = memchr(text.text, ']', text.length);
		line.is_section = true;
		line.name = trim((struct span){
		    text.text + 1, (at != NULL ? (size_t)(at - text.text) : text.length) - 1 });
	} else if (text.length > 0 && text.text[0] != ';' &&
	           (at = memchr(text.text, '=', text.length)) != NULL) {
		line.name = trim((struct span){ text.text, (size_t)(at - text.text) });
		line.value =
		    trim((struct span){ at + 1, text.length - (size_t)(at - text.text) - 1 });
	}
	*ret_line = line;
	return true;
}

/* Without memory the answer is no, and `out`, which is made by it, fails. */
static bool
is_named(struct span span, const char *name, struct buf *out)
{
	struct buf text = { 0 };
	bool same;

	buf_append(&text, span.text, span.length);
	same = strlen(buf_text(&text)) == span.length && name_compare(buf_text(&text), name) == 0;
	if (text.failed)
		out->failed = true;
	same = same && !text.failed;
	buf_release(&text);
	return same;
}

/* --- Files
 * ---------------------------------------------------------------------------------------- */

static bool
is_utf16(const struct buf *bytes)
{
	return bytes->size >= 2 && bytes->data[0] == 0xff && bytes->data[1] == 0xfe;
}

static lstatus
read_bytes(const char *path, struct buf *out)
{
	char piece[65536];
	FILE *file = fopen(path, "re");
	size_t size;
	bool failed;

	/* Only a file that is not there reads as an empty one: it would be written over. */
	if (file == NULL)
		return errno == ENOTDIR ? LSTATUS(ERROR_FILE_NOT_FOUND) : lstatus_from_errno(errno);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0 && out->size <= PROFILE_MAX)
		buf_append(out, piece, size);
	failed = ferror(file) != 0;
	fclose(file);
	if (failed)
		return LSTATUS(ERROR_READ_FAULT);
	if (out->size > PROFILE_MAX)
		return LSTATUS(ERROR_FILE_TOO_LARGE);
	return LSTATUS(out->failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* The file's text, and whether it is UTF-16. */
static lstatus
read_text(const char *path, struct buf *out, bool *ret_utf16)
{
	struct buf bytes = { 0 };
	lstatus status = read_bytes(path, &bytes);

	*ret_utf16 = is_utf16(&bytes);
	if (lstatus_ok(status) && *ret_utf16)
		utf16_to_utf8(bytes.data + 2, bytes.size - 2, false, out);
	else if (lstatus_ok(status))
		buf_append(out, bytes.data, bytes.size);
	if (out->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&bytes);
	return status;
}

static lstatus
write_text(const char *path, struct buf *text, bool utf16)
{
	struct buf bytes = { 0 };
	struct out_file out;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (utf16) {
		buf_append(&bytes, "\xff\xfe", 2);
		if (!utf16_from_utf8(buf_text(text), text->size, &bytes))
			status = LSTATUS(ERROR_NO_UNICODE_TRANSLATION);
	} else {
		buf_append(&bytes, buf_text(text), text->size);
	}
	if (bytes.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status))
		status = out_file_begin(&out, path);
	if (lstatus_ok(status)) {
		bool whole = fwrite(bytes.data, 1, bytes.size, out.file) == bytes.size;

		status = out_file_end(&out, LSTATUS(whole ? ERROR_SUCCESS : ERROR_DISK_FULL));
	}
	buf_release(&bytes);
	return status;
}

/* --- Reading
 * -------------------------------------------------------------------------------------- */

lstatus
profile_get(const char *path, const char *section, const char *key, struct buf *out)
{
	struct buf text = { 0 };
	struct span rest;
	struct line line;
	bool utf16;
	bool inside = false;
	lstatus status = read_text(path, &text, &utf16);

	rest = (struct span){ buf_text(&text), text.size };
	if (lstatus_ok(status))
		status = LSTATUS(ERROR_FILE_NOT_FOUND);
	else
		rest.length = 0;
	while (next_line(&rest, &line)) {
		if (line.is_section && inside)
			break;
		if (line.is_section) {
			inside = is_named(line.name, section, out);
		} else if (inside && line.name.length > 0 && is_named(line.name, key, out)) {
			struct span value = unquote(line.value);

			buf_append(out, value.text, value.length);
			status = LSTATUS(ERROR_SUCCESS);
			break;
		}
	}
	buf_release(&text);
	return out->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

lstatus
profile_list(const char *path, const char *section, struct buf *out)
{
	struct buf text = { 0 };
	struct span rest;
	struct line line;
	bool utf16;
	bool inside = false;
	bool found = section == NULL;
	lstatus status = read_text(path, &text, &utf16);

	rest = (struct span){ buf_text(&text), lstatus_ok(status) ? text.size : 0 };
	while (next_line(&rest, &line)) {
		if (line.is_section && section != NULL) {
			if (inside)
				break;
			inside = is_named(line.name, section, out);
			found = found || inside;
		} else if (line.is_section == (section == NULL) && line.name.length > 0 &&
		           (inside || section == NULL)) {
			buf_append(out, line.name.text, line.name.length);
			buf_append_byte(out, 0);
		}
	}
	buf_release(&text);
	if (lstatus_ok(status) && !found)
		return LSTATUS(ERROR_FILE_NOT_FOUND);
	return out->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

/* --- Writing
 * -------------------------------------------------------------------------------------- */

/* Whether text stays what it is when the file is read again. */
static bool
reads_back(const char *text, const char *banned)
{
	struct span whole = { text, strlen(text) };

	return strpbrk(text, "\r\n") == NULL && strpbrk(text, banned) == NULL &&
	       trim(whole).length == whole.length;
}

static bool
can_be_set(const char *section, const char *key, const char *value)
{
	if (section[0] == '\0' || !reads_back(section, "]"))
		return false;
	if (key != NULL &&
	    (key[0] == '\0' || key[0] == ';' || key[0] == '[' || !reads_back(key, "=")))
		return false;
	return value == NULL || strpbrk(value, "\r\n") == NULL;
}

/* A value that would lose its blanks or quotes is put in quotes. */
static void
append_setting(struct buf *out, const char *key, const char *value)
{
	struct span whole = { value, strlen(value) };
	bool plain = reads_back(value, "") && unquote(whole).length == whole.length;

	buf_printf(out, plain ? "%s=%s\r\n" : "%s=\"%s\"\r\n", key, value);
}

static void
end_line(struct buf *out)
{
	if (out->size > 0 && out->data[out->size - 1] != '\n')
		buf_append_text(out, "\r\n");
}

/* The text with the change made; what is wanted of a section comes after its last full line. */
static void
change_text(
    struct span rest, const char *section, const char *key, const char *value, struct buf *out)
{
	size_t insert = 0; /* where a new key of the section goes; 0: there is no such section */
	bool inside = false;
	bool done = value == NULL;
	struct line line;

	while (next_line(&rest, &line)) {
		if (line.is_section) {
			inside = insert == 0 && is_named(line.name, section, out);
			if (inside && key == NULL)
				continue;
		} else if (inside && key == NULL) {
			continue;
		} else if (inside && line.name.length > 0 && is_named(line.name, key, out)) {
			if (!done)
				append_setting(out, key, value);
			done = true;
			inside = value == NULL; /* a second of the name would come into sight */
			insert = out->size;
			continue;
		}
		buf_append(out, line.whole.text, line.whole.length);
		if (inside && (line.is_section || line.name.length > 0))
			insert = out->size;
	}
	if (done)
		return;
	if (insert == 0) {
		end_line(out);
		buf_printf(out, "[%s]\r\n", section);
		append_setting(out, key, value);
	} else {
		struct buf tail = { 0 };

		buf_append(&tail, out->data + insert, out->size - insert);
		buf_truncate(out, insert);
		end_line(out);
		append_setting(out, key, value);
		buf_append(out, tail.data, tail.size);
		out->failed = out->failed || tail.failed;
		buf_release(&tail);
	}
}

lstatus
profile_set(const char *path, const char *section, const char *key, const char *value)
{
	struct buf text = { 0 };
	struct buf changed = { 0 };
	bool utf16 = false;
	lstatus status;

	if (!can_be_set(section, key, value) || (key == NULL && value != NULL))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	status = read_text(path, &text, &utf16);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status)) {
		change_text(
		    (struct span){ buf_text(&text), text.size }, section, key, value, &changed);
		status = changed.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
		                        : write_text(path, &changed, utf16);
	}
	buf_release(&text);
	buf_release(&changed);
	return status;
}
