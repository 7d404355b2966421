/*
 * Rows and readings as JSON.
 */
#include "regstore/tunable/view.h"

#include <string.h>
#include <strings.h>

#include "regstore/base/clock.h"

/* The length of the well-formed UTF-8 sequence that begins here; 0 if it is malformed. */
static size_t
sequence_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] >= 0x80 && (text[0] < 0xc2 || text[0] > 0xf4))
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

void
tunable_clean_text(const char *text, struct buf *out)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at != '\0') {
		size_t length = sequence_length(at);

		if (length > 0) {
			buf_append(out, at, length);
			at += length;
			continue;
		}
		buf_append_text(out, "\xef\xbf\xbd");
		at++;
		while ((*at & 0xc0) == 0x80)
			at++;
	}
}

void
tunable_print_xml(FILE *out, const char *text)
{
	struct buf clean = { 0 };

	tunable_clean_text(text, &clean);
	for (text = buf_text(&clean); *text != '\0'; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc((unsigned char)*text < 0x20 && *text != '\t' ? '?' : *text, out);
			break;
		}
	}
	buf_release(&clean);
}

json_t *
tunable_json_text(const char *text)
{
	json_t *string = json_string(text);
	struct buf clean = { 0 };

	if (string != NULL)
		return string;
	tunable_clean_text(text, &clean);
	string = json_string(buf_text(&clean));
	buf_release(&clean);
	return string;
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

json_t *
tunable_json_take(struct buf *text)
{
	json_t *string = text->failed ? NULL : tunable_json_text(buf_text(text));

	buf_release(text);
	return string;
}

json_t *
tunable_json_number(uint64_t number)
{
	char text[24];

	if (number <= INT64_MAX)
		return json_integer((json_int_t)number);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return json_string(text);
}

static json_t *
number_or_null(bool known, uint64_t number)
{
	return known ? tunable_json_number(number) : json_null();
}

static json_t *
default_json(const struct tunable *row)
{
	if (row->def_text != NULL)
		return json_string(row->def_text);
	return number_or_null(row->has_default, row->def);
}

static json_t *
type_json(const struct tunable *row)
{
	return row->type == TYPE_ANY ? json_string("?") : text_or_null(reg_type_name(row->type));
}

static json_t *
words_json(const struct tunable *row)
{
	json_t *words = json_object();
	char number[24];

	for (const struct tunable_word *at = row->words; at != NULL && at->word != NULL; at++) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)at->number);
		json_object_set_new(words, number, json_string(at->word));
	}
	return words;
}

static json_t *
assumed_json(const struct tunable *row)
{
	static const struct {
		uint32_t fact;
		const char *name;
	} facts[] = {
		{ FACT_TYPE, "type" },
		{ FACT_DEFAULT, "default" },
		{ FACT_RANGE, "range" },
		{ FACT_JUDGEMENT, "judgement" },
		{ FACT_SHAPE, "shape" },
		{ FACT_RULE, "rule" },
	};
	json_t *names = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if ((row->assumed & facts[i].fact) != 0)
			json_array_append_new(names, json_string(facts[i].name));
	}
	return names;
}

/* The facts that both the description and the view of a row show. */
static void
add_facts(json_t *object, const struct tunable_entry *entry)
{
	const struct tunable_table *table = entry->table;
	const struct tunable *row = entry->row;
	struct buf judgement = { 0 };

	tunable_judgement(row, &judgement);
	json_object_set_new(object, "name", json_string(row->name));
	json_object_set_new(object, "type", type_json(row));
	json_object_set_new(object, "owner", json_string(table->owner));
	json_object_set_new(object, "table", json_string(table->name));
	json_object_set_new(object, "reader", text_or_null(table->reader));
	json_object_set_new(object, "section", json_string(table->section));
	json_object_set_new(object, "default", default_json(row));
	json_object_set_new(object, "min", number_or_null(row->has_min, row->min));
	json_object_set_new(object, "max", number_or_null(row->has_max, row->max));
	json_object_set_new(object, "unit", text_or_null(row->unit));
	json_object_set_new(object, "judgement", tunable_json_take(&judgement));
	json_object_set_new(
	    object, "apply", json_string(tunable_apply_name(tunable_apply_class(entry))));
	json_object_set_new(
	    object, "basis", json_string(tunable_basis_name(tunable_row_basis(row))));
	json_object_set_new(object, "purpose", json_string(row->doc));
}

/* The conditions under which the row is consulted, a sentence each. */
static json_t *
gates_json(const struct tunable *row)
{
	json_t *gates = json_array();

	for (unsigned i = 0; i < TUNABLE_GATES; i++) {
		struct buf text = { 0 };

		if (row->gates[i].test == GATE_NONE)
			continue;
		tunable_gate_text(&row->gates[i], &text);
		json_array_append_new(gates, tunable_json_take(&text));
	}
	return gates;
}

/* "600 while vm is shielded", or null. */
static json_t *
variant_json(const struct tunable *row)
{
	struct buf text = { 0 };

	if (row->variant_state == NULL)
		return json_null();
	buf_printf(&text, "%llu while %s is %s", (unsigned long long)row->variant_def,
	    row->variant_state, row->variant_word);
	return tunable_json_take(&text);
}

json_t *
tunable_describe_row(const struct tunable_entry *entry)
{
	const struct tunable_table *table = entry->table;
	const struct tunable *row = entry->row;
	json_t *object = json_object();

	json_object_set_new(object, "key", json_string(table->key));
	add_facts(object, entry);
	json_object_set_new(object, "helper", text_or_null(table->helper));
	json_object_set_new(
	    object, "read_at", json_string(tunable_apply_name(tunable_apply_event(entry))));
	json_object_set_new(object, "words", words_json(row));
	json_object_set_new(object, "fallback", text_or_null(row->fallback));
	json_object_set_new(object, "policy", text_or_null(row->policy));
	json_object_set_new(object, "preferred", text_or_null(row->preferred));
	json_object_set_new(object, "bcd", text_or_null(row->bcd));
	json_object_set_new(object, "gates", gates_json(row));
	json_object_set_new(object, "variant", variant_json(row));
	json_object_set_new(object, "max_from", text_or_null(row->max_from));
	json_object_set_new(object, "assumed", assumed_json(row));
	json_object_set_new(object, "public_source", text_or_null(row->public_source));
	json_object_set_new(object, "note", text_or_null(row->note));
	return object;
}

bool
tunable_owner_is(const char *owner, const char *word)
{
	size_t stem = strcspn(owner, ".");

	return strcasecmp(owner, word) == 0 ||
	       (strlen(word) == stem && strncasecmp(owner, word, stem) == 0);
}

json_t *
tunable_describe(const struct tunable_catalog *catalog, const char *owner)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable_entry *entry = &catalog->entries[i];

		if (owner == NULL || tunable_owner_is(entry->table->owner, owner))
			json_array_append_new(rows, tunable_describe_row(entry));
	}
	return rows;
}

static json_t *
effective_json(const struct tunable_reading *reading)
{
	struct buf text = { 0 };

	if (reading->kind == KIND_NUMBER)
		return tunable_json_number(reading->number);
	if (reading->kind == KIND_ABSENT)
		return json_null();
	tunable_effective(reading, &text);
	return tunable_json_take(&text);
}

static json_t *
rendered(const struct tunable_reading *reading,
    void (*render)(const struct tunable_reading *reading, struct buf *out))
{
	struct buf text = { 0 };

	render(reading, &text);
	return tunable_json_take(&text);
}

json_t *
tunable_json_raw(const struct tunable_raw *raw)
{
	struct buf text = { 0 };

	if (!raw->present)
		return json_null();
	tunable_raw_text(raw, &text);
	return tunable_json_take(&text);
}

json_t *
tunable_view(const struct tunable_reading *loaded, const struct tunable_reading *now,
    const char *key, const char *name)
{
	const struct tunable_entry *entry = loaded->entry;
	bool pending = now != NULL && !tunable_same(loaded, now);
	enum tunable_apply event = tunable_apply_event(entry);
	json_t *view = json_object();

	json_object_set_new(view, "key", tunable_json_text(key));
	add_facts(view, entry);
	json_object_set_new(view, "name", tunable_json_text(name));
	json_object_set_new(view, "raw", tunable_json_raw(&loaded->raw));
	json_object_set_new(view, "effective", effective_json(loaded));
	json_object_set_new(view, "verdict", json_string(tunable_verdict_name(loaded->verdict)));
	json_object_set_new(view, "source", rendered(loaded, tunable_source_text));
	json_object_set_new(view, "reason", rendered(loaded, tunable_reason));
	json_object_set_new(view, "note", text_or_null(entry->row->note));
	json_object_set_new(view, "read_at", json_string(tunable_apply_name(event)));
	json_object_set_new(view, "pending", json_boolean(pending));
	json_object_set_new(
	    view, "pending_event", pending ? json_string(tunable_apply_name(event)) : json_null());
	if (pending) {
		json_object_set_new(view, "pending_raw", tunable_json_raw(&now->raw));
		json_object_set_new(view, "pending_effective", effective_json(now));
		json_object_set_new(
		    view, "pending_verdict", json_string(tunable_verdict_name(now->verdict)));
	}
	return view;
}

bool
tunable_view_add_writer(json_t *view, struct registry *registry, reg_key key)
{
	const char *name = json_string_value(json_object_get(view, "name"));
	struct reg_write write;
	struct buf time = { 0 };
	json_t *writer;

	if (name == NULL || !lstatus_ok(registry_last_write(registry, key, name, &write)))
		return json_object_set_new(view, "last_write", json_null()) == 0;
	clock_format(write.wall, &time);
	writer = json_pack("{s:I, s:s, s:s?, s:s?, s:s?}", "number", (json_int_t)write.number,
	    "time", buf_text(&time), "actor", write.actor, "channel", write.channel, "comment",
	    write.comment);
	buf_release(&time);
	reg_write_release(&write);
	return writer != NULL && json_object_set_new(view, "last_write", writer) == 0;
}

json_t *
tunable_vector_json(const struct vector_result *result)
{
	struct buf effective = { 0 };
	json_t *json = json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "file",
	    tunable_json_text(result->file), "line", (json_int_t)result->line, "id",
	    tunable_json_text(result->id), "key", tunable_json_text(result->key), "value",
	    tunable_json_text(result->value), "given", tunable_json_text(result->given), "expect",
	    tunable_json_text(result->expect), "why", tunable_json_text(result->why), "passed",
	    result->passed, "got", tunable_json_text(result->got));

	if (json == NULL || result->reading == NULL)
		return json;
	tunable_effective(result->reading, &effective);
	json_object_set_new(json, "effective", tunable_json_take(&effective));
	json_object_set_new(
	    json, "verdict", json_string(tunable_verdict_name(result->reading->verdict)));
	return json;
}
