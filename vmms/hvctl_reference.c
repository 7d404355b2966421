/*
 * Rows as documents. What a row says is said once, in row_facts; a document only gives it a form.
 */
#include "vmms/hvctl_reference.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/formats/out_file.h"

/* The page's own date: that of its form, for what it says is the program's. */
#define PAGE_DATE "November 29, 2026"

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* --- What a row says
 * ------------------------------------------------------------------------------ */

typedef void emit_fact(void *context, const char *label, const char *text);

static void
emit_member(const json_t *row, const char *label, const char *name, emit_fact *emit, void *context)
{
	char *text = hvctl_member(row, name);

	if (text != NULL && strcmp(text, "-") != 0)
		emit(context, label, text);
	free(text);
}

/* The texts of a list, with commas between; nothing for none. */
static void
emit_list(const json_t *row, const char *label, const char *name, emit_fact *emit, void *context)
{
	struct buf joined = { 0 };
	json_t *text;
	size_t index;

	json_array_foreach(json_object_get(row, name), index, text)
	    buf_printf(&joined, "%s%s", index > 0 ? ", " : "", json_string_value(text));
	if (joined.size > 0)
		emit(context, label, buf_text(&joined));
	buf_release(&joined);
}

static void
emit_range(const json_t *row, emit_fact *emit, void *context)
{
	char *min = hvctl_member(row, "min");
	char *max = hvctl_member(row, "max");
	struct buf range = { 0 };

	if (min != NULL && strcmp(min, "-") != 0)
		buf_printf(&range, "from %s", min);
	if (max != NULL && strcmp(max, "-") != 0)
		buf_printf(&range, "%sto %s", range.size > 0 ? " " : "up ", max);
	if (range.size > 0)
		emit(context, "range", buf_text(&range));
	buf_release(&range);
	free(min);
	free(max);
}

static void
emit_words(const json_t *row, emit_fact *emit, void *context)
{
	struct buf words = { 0 };
	const char *number;
	json_t *word;

	json_object_foreach(json_object_get(row, "words"), number, word) buf_printf(
	    &words, "%s%s = %s", words.size > 0 ? ", " : "", number, json_string_value(word));
	if (words.size > 0)
		emit(context, "values", buf_text(&words));
	buf_release(&words);
}

static void
row_facts(const json_t *row, emit_fact *emit, void *context)
{
	emit_member(row, "type", "type", emit, context);
	emit_member(row, "unit", "unit", emit, context);
	emit_member(row, "default", "default", emit, context);
	emit_member(row, "other default", "variant", emit, context);
	emit_range(row, emit, context);
	emit_words(row, emit, context);
	emit_member(row, "judgement", "judgement", emit, context);
	emit_list(row, "consulted", "gates", emit, context);
	emit_member(row, "policy", "policy", emit, context);
	emit_member(row, "boot option", "bcd", emit, context);
	emit_member(row, "read first", "preferred", emit, context);
	emit_member(row, "fallback", "fallback", emit, context);
	emit_member(row, "bound by", "max_from", emit, context);
	emit_member(row, "basis", "basis", emit, context);
	emit_list(row, "assumed", "assumed", emit, context);
	emit_member(row, "source", "public_source", emit, context);
	emit_member(row, "note", "note", emit, context);
}

/* When the rows of a table are read: "reload", "driver-entry (assumed)". */
static void
append_event(const json_t *row, struct buf *out)
{
	buf_append_text(out, text_of(row, "read_at"));
	if (strcmp(text_of(row, "apply"), "unknown") == 0)
		buf_append_text(out, " (assumed)");
}

/* The rows by owner, and of each as its tables have them. */
static json_t *
rows_by_owner(const struct hvctl *hvctl)
{
	json_t *all = tunable_describe(&hvctl->hvemu->catalog, NULL);
	json_t *owners = json_object();
	json_t *row;
	size_t index;

	json_array_foreach(all, index, row)
	{
		json_t *own = json_object_get(owners, text_of(row, "owner"));

		if (own == NULL)
			json_object_set_new(owners, text_of(row, "owner"), own = json_array());
		json_array_append(own, row);
	}
	json_decref(all);
	return owners;
}

static int
by_name(const void *left, const void *right)
{
	return strcasecmp(*(const char *const *)left, *(const char *const *)right);
}

/* The owners' names in order, ends with NULL; NULL without memory. The caller frees the list. */
static const char **
owner_names(const json_t *owners)
{
	const char **names = calloc(json_object_size(owners) + 1, sizeof(*names));
	size_t count = 0;
	const char *name;
	json_t *rows;

	if (names == NULL)
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)owners, name, rows) names[count++] = name;
	qsort(names, count, sizeof(*names), by_name);
	return names;
}

static bool
same_table(const json_t *left, const json_t *right)
{
	return left != NULL && strcmp(text_of(left, "table"), text_of(right, "table")) == 0;
}

/* --- The manual page
 * ------------------------------------------------------------------------------ */

static bool
ends_sentence(char last)
{
	return last == '.' || last == '?' || last == '!';
}

/* Text where mdoc looks for neither macros nor escapes; a sentence begins a line. */
static void
put_mdoc(const char *text, struct buf *out)
{
	for (const char *at = text; *at != '\0'; at++) {
		bool begins = out->size > 0 && out->data[out->size - 1] == '\n';

		if (*at == '\\')
			buf_append_text(out, "\\e\\:"); /* a line may break there */
		else if (*at == '-')
			buf_append_text(out, "\\-");
		else if (begins && (*at == '.' || *at == '\''))
			buf_printf(out, "\\&%c", *at);
		else if (*at == ' ' && at > text && ends_sentence(at[-1]))
			buf_append_byte(out, '\n');
		else
			buf_append(out, at, 1);
	}
}

static void
man_fact(void *context, const char *label, const char *text)
{
	struct buf *out = context;

	buf_printf(out, "%s: ", label);
	put_mdoc(text, out);
	buf_append_text(
	    out, text[0] != '\0' && ends_sentence(text[strlen(text) - 1]) ? "\n" : ".\n");
}

static void
man_table(const json_t *row, bool first, struct buf *out)
{
	if (!first)
		buf_append_text(out, ".El\n.Pp\n");
	buf_append_text(out, "Key\n.Li \"");
	put_mdoc(text_of(row, "key"), out);
	buf_append_text(out, "\" ,\nread ");
	if (text_of(row, "reader")[0] != '\0') {
		buf_append_text(out, "by ");
		put_mdoc(text_of(row, "reader"), out);
		buf_append_byte(out, ' ');
	}
	buf_append_text(out, "at ");
	append_event(row, out);
	buf_printf(out, " (reference, section %s).\n.Bl -tag -width Ds\n", text_of(row, "section"));
}

static void
man_owner(const char *owner, const json_t *rows, struct buf *out)
{
	const json_t *last = NULL;
	json_t *row;
	size_t index;

	buf_printf(out, ".Ss %s\n", owner);
	json_array_foreach(rows, index, row)
	{
		if (!same_table(last, row))
			man_table(row, last == NULL, out);
		buf_append_text(out, ".It Li \"");
		put_mdoc(text_of(row, "name"), out);
		buf_append_text(out, "\"\n");
		put_mdoc(text_of(row, "purpose"), out);
		buf_append_byte(out, '\n');
		row_facts(row, man_fact, out);
		last = row;
	}
	buf_append_text(out, ".El\n");
}

int
reference_man(const struct hvctl *hvctl)
{
	static const char head[] =
	    ".\\\" Made by \"hvctl describe --man\" from the rows.\n"
	    ".Dd " PAGE_DATE "\n.Dt HVEMU-TUNABLES 7\n.Os hvemu\n.Sh NAME\n.Nm hvemu-tunables\n"
	    ".Nd registry values that a Hyper-V host reads\n.Sh DESCRIPTION\n"
	    "Each value that the components of a host read, by the component that reads it.\n"
	    "What is said of a value is its row's; every fact is documented, public or assumed.\n"
	    ".Xr hvctl 1\n.Cm describe\nshows the same of one value, and\n.Cm resolve\n"
	    "what its reader makes of an input.\n.Sh TUNABLES\n";
	static const char tail[] = ".Sh SEE ALSO\n.Xr hvctl 1\n";
	json_t *owners = rows_by_owner(hvctl);
	const char **names = owner_names(owners);
	struct buf out = { 0 };
	bool done;

	buf_append_text(&out, head);
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		man_owner(names[i], json_object_get(owners, names[i]), &out);
	buf_append_text(&out, tail);
	done = names != NULL && !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
	buf_release(&out);
	free(names);
	json_decref(owners);
	return done ? EXIT_SUCCESS : hvctl_fail(hvctl, "the page cannot be written");
}

/* --- Markdown
 * ------------------------------------------------------------------------------------- */

/* Text in which Markdown sees no emphasis, links or tags. */
static void
put_markdown(const char *text, struct buf *out)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (strchr("\\`*_[]<>|#", *at) != NULL)
			buf_append_byte(out, '\\');
		buf_append(out, at, 1);
	}
}

static void
markdown_fact(void *context, const char *label, const char *text)
{
	struct buf *out = context;

	buf_printf(out, "| %s | ", label);
	put_markdown(text, out);
	buf_append_text(out, " |\n");
}

static void
markdown_table(const json_t *row, struct buf *out)
{
	buf_printf(out, "\n## `%s`\n\nRead ", text_of(row, "key"));
	if (text_of(row, "reader")[0] != '\0')
		buf_printf(out, "by `%s` ", text_of(row, "reader"));
	if (text_of(row, "helper")[0] != '\0')
		buf_printf(out, "through `%s` ", text_of(row, "helper"));
	buf_append_text(out, "at ");
	append_event(row, out);
	buf_printf(out, "; reference, section %s.\n", text_of(row, "section"));
}

static void
markdown_page(const char *owner, const json_t *rows, struct buf *out)
{
	const json_t *last = NULL;
	json_t *row;
	size_t index;

	buf_printf(out, "# %s\n\nMade by `hvctl describe --markdown` from the rows.\n", owner);
	json_array_foreach(rows, index, row)
	{
		if (!same_table(last, row))
			markdown_table(row, out);
		buf_printf(out, "\n### `%s`\n\n", text_of(row, "name"));
		put_markdown(text_of(row, "purpose"), out);
		buf_append_text(out, "\n\n| | |\n| --- | --- |\n");
		row_facts(row, markdown_fact, out);
		last = row;
	}
}

/* What a page is about: the module of that image, if the owner is one. */
static const char *
owner_doc(const char *owner)
{
	const struct module *module = host_module_find(owner, NULL);

	return module != NULL ? module->doc : "";
}

/* Write one page whole, or not at all. */
static bool
write_page(const struct hvctl *hvctl, const char *folder, const char *name, struct buf *page)
{
	struct buf path = { 0 };
	struct out_file out;
	lstatus status;

	buf_printf(&path, "%s/%s.md", folder, name);
	status = out_file_folders(buf_text(&path));
	if (lstatus_ok(status))
		status = out_file_begin(&out, buf_text(&path));
	if (lstatus_ok(status)) {
		bool written =
		    !page->failed && fwrite(page->data, 1, page->size, out.file) == page->size;

		status = out_file_end(&out, LSTATUS(written ? ERROR_SUCCESS : ERROR_WRITE_FAULT));
	}
	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: %s", buf_text(&path), lstatus_text(status));
	buf_release(&path);
	return lstatus_ok(status);
}

int
reference_markdown(const struct hvctl *hvctl, const char *folder)
{
	json_t *owners = rows_by_owner(hvctl);
	const char **names = owner_names(owners);
	struct buf list = { 0 };
	bool done = names != NULL;

	buf_append_text(&list, "# The tunables by the component that reads them\n\n"
	                       "Made by `hvctl describe --markdown` from the rows.\n\n"
	                       "| component | values | |\n| --- | --- | --- |\n");
	for (size_t i = 0; done && names[i] != NULL; i++) {
		const json_t *rows = json_object_get(owners, names[i]);
		struct buf page = { 0 };

		buf_printf(&list, "| [%s](%s.md) | %zu | %s |\n", names[i], names[i],
		    json_array_size(rows), owner_doc(names[i]));
		markdown_page(names[i], rows, &page);
		done = write_page(hvctl, folder, names[i], &page);
		buf_release(&page);
	}
	done = done && write_page(hvctl, folder, "README", &list);
	if (done && !hvctl->json)
		printf("%zu pages are in %s.\n", json_object_size(owners) + 1, folder);
	buf_release(&list);
	free(names);
	json_decref(owners);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
