/*
 * Findings in words.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"
#include "regstore/tunable/load.h"

void
lint_place_text(const struct lint_place *place, struct buf *out)
{
	buf_append_text(out, place->file);
	if (place->line != 0)
		buf_printf(out, ":%" PRIu64, place->line);
	else
		buf_printf(out, ":0x%" PRIx64, place->offset);
}

/* --- Rows
 * ----------------------------------------------------------------------------------------- */

static void
separate(struct buf *out, size_t start)
{
	if (out->size > start)
		buf_append_text(out, ", ");
}

static void
row_range(const struct tunable *row, struct buf *out, size_t start)
{
	if (!row->has_min && !row->has_max && row->max_from == NULL)
		return;
	separate(out, start);
	if (!row->has_max && row->max_from == NULL) {
		buf_printf(out, "at least %" PRIu64, row->min);
		return;
	}
	buf_append_text(out, "range ");
	if (row->has_min)
		buf_printf(out, "%" PRIu64 " ", row->min);
	if (row->max_from != NULL)
		buf_printf(out, "to %s", row->max_from);
	else
		buf_printf(out, "to %" PRIu64, row->max);
}

static void
row_words(const struct tunable *row, struct buf *out, size_t start)
{
	const char *between = "";

	if (row->words == NULL || row->shape != SHAPE_ENUM)
		return;
	separate(out, start);
	for (const struct tunable_word *at = row->words; at->word != NULL; at++) {
		buf_printf(out, "%s%" PRIu64 " %s", between, at->number, at->word);
		between = ", ";
	}
}

void
lint_row_words(const struct tunable_entry *entry, struct buf *out)
{
	size_t start = out->size;
	const struct tunable *row = entry->row;
	const char *type = row->type != TYPE_ANY ? reg_type_name(row->type) : NULL;
	struct buf judgement = { 0 };

	if (type != NULL && row->shape != SHAPE_SUBKEY)
		buf_append_text(out, type);
	row_words(row, out, start);
	row_range(row, out, start);
	if (row->def_text != NULL || row->has_default)
		separate(out, start);
	if (row->def_text != NULL)
		buf_printf(out, "default \"%s\"", row->def_text);
	else if (row->has_default)
		buf_printf(out, "default %" PRIu64, row->def);
	tunable_judgement(row, &judgement);
	if (strcmp(buf_text(&judgement), "none") != 0) {
		separate(out, start);
		buf_append_text(out, buf_text(&judgement));
	}
	buf_release(&judgement);
}

void
lint_effect(const struct tunable_entry *entry, struct buf *out)
{
	static const char *const effects[] = {
		[APPLY_BOOT] = "at boot: restart the host",
		[APPLY_DRIVER_ENTRY] = "when the driver is loaded: restart the host, or the driver",
		[APPLY_DEVICE_ADD] = "when a device is added: restart the device, or the host",
		[APPLY_ATTACH] = "at the next attach: detach the virtual disk and attach it again",
		[APPLY_SERVICE_START] = "when the service starts: restart the service",
		[APPLY_RELOAD] = "at the next parameter reload: send the component its signal",
		[APPLY_CHANGE_NOTIFICATION] = "at once: the component watches the key",
		[APPLY_VM_START] = "when a virtual machine starts: stop it and start it again",
		[APPLY_OPERATION] = "at the next operation, which reads it",
	};
	enum tunable_apply event = tunable_apply_event(entry);

	if (event >= ARRAY_SIZE(effects) || effects[event] == NULL)
		return;
	buf_append_text(out, effects[event]);
	if (tunable_apply_class(entry) == APPLY_UNKNOWN)
		buf_append_text(out, " (assumed)");
}

/* --- Messages
 * ------------------------------------------------------------------------------------- */

static void
add_effective(const struct lint_finding *finding, struct buf *out)
{
	if (finding->reading->kind == KIND_ABSENT)
		buf_append_text(out, "no value and no default");
	else
		tunable_effective(finding->reading, out);
}

static void
add_source(const struct lint_finding *finding, struct buf *out)
{
	if (finding->entry != NULL && finding->name != NULL &&
	    strcasecmp(finding->entry->row->name, finding->name) != 0)
		buf_printf(out, " as %s", finding->entry->row->name);
}

static void
add_owner(const struct lint_finding *finding, struct buf *out)
{
	if (finding->entry != NULL)
		buf_printf(out, " (%s)", finding->entry->table->owner);
}

static void
add_other(const struct lint_finding *finding, const char *before, struct buf *out)
{
	if (finding->other.file == NULL)
		return;
	buf_append_text(out, before);
	lint_place_text(&finding->other, out);
}

static const char *
detail_of(const struct lint_finding *finding)
{
	return finding->detail != NULL ? finding->detail : "";
}

static void
message_unknown_element(const struct lint_finding *finding, struct buf *out)
{
	buf_append_text(out, "no boot option of this name is known");
	if (finding->detail != NULL)
		buf_printf(out, "; did you mean \"%s\"?", finding->detail);
}

static void
message_misspelt(const struct lint_finding *finding, struct buf *out)
{
	buf_printf(out, "no reader knows this name; did you mean \"%s\"", detail_of(finding));
	add_owner(finding, out);
	buf_append_byte(out, '?');
}

static void
message_elsewhere(const struct lint_finding *finding, const char *why, struct buf *out)
{
	buf_printf(out, "%s: %s reads it in %s", why,
	    finding->entry != NULL ? finding->entry->table->owner : "nobody", detail_of(finding));
}

static void
message_unknown_state(const struct lint_finding *finding, struct buf *out)
{
	const struct tunable_gate *gate =
	    &finding->entry->row->gates[finding->reading->closed_gate];

	buf_printf(out, "consulted only where %s is ", gate->state);
	if (gate->word != NULL)
		buf_append_text(out, gate->word);
	else
		buf_printf(out, "%s%" PRIu64, gate->test == GATE_AT_LEAST ? "at least " : "",
		    gate->number);
	buf_append_text(out, ", which is not known here");
	add_owner(finding, out);
}

static void
message_taken(
    const struct lint_finding *finding, const char *before, const char *after, struct buf *out)
{
	buf_append_text(out, before);
	add_effective(finding, out);
	add_source(finding, out);
	buf_append_text(out, after);
}

static void
message_hidden(const struct lint_finding *finding, struct buf *out)
{
	tunable_reason(finding->reading, out);
	add_other(finding, ", set at ", out);
	add_owner(finding, out);
}

/* What is said of names and keys. */
static void
message_name(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1301:
		message_misspelt(finding, out);
		break;
	case 1302:
		message_elsewhere(finding, "the right name under the wrong key", out);
		break;
	case 1303:
		message_elsewhere(finding, "the key is misspelt", out);
		break;
	case 1304:
		message_elsewhere(
		    finding, "the view of 32-bit programs, which no reader looks into", out);
		break;
	case 1305:
		message_elsewhere(finding, "not the current control set", out);
		break;
	case 1306:
		buf_append_text(out, "no reader knows a value of this name in this key");
		break;
	case 1307:
		buf_append_text(
		    out, "a value of the service control manager; it is not judged here");
		break;
	case 1308:
		buf_append_text(out, "the reference names the key");
		add_owner(finding, out);
		buf_append_text(out, " but not its values: it is taken as it is");
		break;
	case 1309:
		message_elsewhere(finding, "a policy outside of the policies' keys", out);
		break;
	default:
		buf_printf(out, "no registry has a root of this name: \"%s\"", detail_of(finding));
		break;
	}
}

/* What is said of several writes of one value. */
static void
message_repeated(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1401:
		buf_append_text(out, "replaced by another value");
		add_other(finding, " at ", out);
		break;
	case 1402:
		buf_append_text(out, "written again, with the same data,");
		add_other(finding, " at ", out);
		break;
	case 1403:
		buf_append_text(out, "deleted again");
		add_other(finding, " at ", out);
		break;
	default:
		buf_append_text(out, "not set, as there is a value already");
		add_other(finding, ", from ", out);
		break;
	}
}

static void
message_boot(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1501:
		buf_append_text(out, "the loader does not look for it in this object");
		break;
	case 1502:
		message_unknown_element(finding, out);
		break;
	case 1503:
		buf_append_text(
		    out, "known from public tables of boot options only; it is not judged here");
		break;
	case 1504:
		buf_append_text(out, "set in another entry than the one that boots");
		break;
	case 1505:
		buf_append_text(out, "hidden by the one that the loader finds first");
		add_other(finding, ", at ", out);
		break;
	case 1506:
		buf_printf(out, "%s", detail_of(finding));
		break;
	default:
		buf_printf(out, "the reference and public tables differ: %s", detail_of(finding));
		break;
	}
}

static void
message_suppression(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1901:
		buf_printf(
		    out, "the suppression held until %s: it hides nothing now", detail_of(finding));
		break;
	case 1902:
		buf_printf(out, "the suppression of %s hides nothing", detail_of(finding));
		break;
	default:
		buf_printf(out, "malformed suppression: expected %s", detail_of(finding));
		break;
	}
}

static void
message_read(const struct lint_finding *finding, struct buf *out)
{
	switch (lint_rule_number(finding->rule)) {
	case 1101:
		message_taken(finding, "takes effect: ", "", out);
		add_owner(finding, out);
		break;
	case 1102:
		message_taken(finding, "", " is what holds without it", out);
		add_owner(finding, out);
		break;
	case 1110:
		buf_append_text(out, "deleted");
		if (finding->reading != NULL)
			message_taken(finding, ": then ", " holds", out);
		add_owner(finding, out);
		break;
	case 1111:
		buf_append_text(out, "the key is deleted: what readers find in it is absent");
		break;
	case 1207:
		buf_printf(
		    out, "not consulted in place of %s, which is set", finding->entry->row->name);
		add_other(finding, " at ", out);
		break;
	case 1209:
		message_unknown_state(finding, out);
		break;
	case 1210:
		buf_append_text(out, "the text does not end with a NUL");
		break;
	case 1211:
		buf_printf(out, "the text has an odd number of bytes: %zu", finding->raw.size);
		break;
	case 1212:
		buf_append_text(out, "the list does not end with its first empty string");
		break;
	default:
		message_hidden(finding, out);
		break;
	}
}

void
lint_message(const struct lint_finding *finding, struct buf *out)
{
	unsigned number = lint_rule_number(finding->rule);

	if (finding->name != NULL) {
		buf_append_text(out, finding->name[0] != '\0' ? finding->name : "(Default)");
		buf_append_text(out, ": ");
	}
	if (number == 1001 || number == 1004)
		buf_append_text(out, detail_of(finding));
	else if (number == 1002)
		buf_append_text(out, "not about anything that the catalog has");
	else if (number == 1003)
		buf_append_text(out, "a directive that is not carried out");
	else if (number < 1300)
		message_read(finding, out);
	else if (number < 1400)
		message_name(finding, out);
	else if (number < 1500)
		message_repeated(finding, out);
	else if (number < 1900)
		message_boot(finding, out);
	else
		message_suppression(finding, out);
}
