/*
 * Rows and readings in words.
 */
#include <inttypes.h>
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/tunable/tunable.h"

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_APPLIED] = "applied",
	[VERDICT_DEFAULT_ABSENT] = "default-absent",
	[VERDICT_DEFAULT_ZERO] = "default-zero",
	[VERDICT_CAPPED] = "capped",
	[VERDICT_RAISED] = "raised",
	[VERDICT_RESET] = "reset",
	[VERDICT_REJECTED] = "rejected",
	[VERDICT_COERCED] = "coerced",
	[VERDICT_IGNORED_TYPE] = "ignored-type",
	[VERDICT_IGNORED_GATED] = "ignored-gated",
	[VERDICT_SHADOWED] = "shadowed",
	[VERDICT_UNSTATED] = "unstated",
};

static const char *const apply_names[] = {
	[APPLY_FORGOTTEN] = "forgotten",
	[APPLY_BOOT] = "boot",
	[APPLY_DRIVER_ENTRY] = "driver-entry",
	[APPLY_DEVICE_ADD] = "device-add",
	[APPLY_ATTACH] = "attach",
	[APPLY_SERVICE_START] = "service-start",
	[APPLY_RELOAD] = "reload",
	[APPLY_CHANGE_NOTIFICATION] = "notification",
	[APPLY_VM_START] = "vm-start",
	[APPLY_OPERATION] = "per-operation",
	[APPLY_UNKNOWN] = "unknown",
};

const char *
tunable_verdict_name(enum tunable_verdict verdict)
{
	return verdict_names[verdict];
}

bool
tunable_verdict_parse(const char *name, size_t length, enum tunable_verdict *ret_verdict)
{
	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		if (strlen(verdict_names[i]) == length &&
		    memcmp(verdict_names[i], name, length) == 0) {
			*ret_verdict = (enum tunable_verdict)i;
			return true;
		}
	}
	return false;
}

const char *
tunable_apply_name(enum tunable_apply apply)
{
	return apply_names[apply];
}

const char *
tunable_basis_name(enum tunable_basis basis)
{
	switch (basis) {
	case BASIS_DOCUMENTED:
		return "documented";
	case BASIS_PUBLIC:
		return "public";
	case BASIS_ASSUMED:
		return "assumed";
	default:
		return "forgotten";
	}
}

enum tunable_apply
tunable_apply_class(const struct tunable_entry *entry)
{
	return entry->table->apply;
}

enum tunable_apply
tunable_table_event(const struct tunable_table *table)
{
	return table->apply == APPLY_UNKNOWN ? table->assumed_apply : table->apply;
}

enum tunable_apply
tunable_apply_event(const struct tunable_entry *entry)
{
	return tunable_table_event(entry->table);
}

enum tunable_basis
tunable_row_basis(const struct tunable *row)
{
	return row->assumed != 0 ? BASIS_ASSUMED : row->basis;
}

/* --- Judgement ----------------------------------------------------------------------------------
 */

static void
add_word(struct buf *out, const char *word)
{
	if (out->size > 0)
		buf_append_byte(out, '+');
	buf_append_text(out, word);
}

static const char *
judgement_word(enum tunable_oob judgement, const char *clamp)
{
	switch (judgement) {
	case OOB_CLAMP:
		return clamp;
	case OOB_RESET:
		return "reset-default";
	case OOB_REJECT:
		return "reject";
	default:
		return "unstated";
	}
}

static bool
rejects_below(const struct tunable *row)
{
	return row->has_min && row->min > (row->zero_is_default ? 1u : 0u);
}

static bool
rejects_above(const struct tunable *row)
{
	return row->has_max || row->max_from != NULL;
}

/* The bounds' judgements, in one word where they are the same. */
static void
add_range(const struct tunable *row, struct buf *words)
{
	bool low = rejects_below(row);
	bool high = rejects_above(row);

	if (low && high && row->below == row->above) {
		add_word(words, judgement_word(row->above, "clamp"));
		return;
	}
	if (high)
		add_word(words, judgement_word(row->above, "clamp-high"));
	if (low)
		add_word(words, judgement_word(row->below, "clamp-low"));
}

/* Whether the effective value or what it comes to depends on more than the value itself. */
static bool
is_crossed(const struct tunable *row)
{
	return row->gates[0].test != GATE_NONE || row->fallback != NULL || row->preferred != NULL ||
	       row->max_from != NULL || row->variant_state != NULL || row->settle != NULL ||
	       row->bcd != NULL || (row->outcome != NULL && row->outcome->state != NULL);
}

void
tunable_judgement(const struct tunable *row, struct buf *out)
{
	static const char *const shapes[] = {
		[SHAPE_BOOL] = "bool",
		[SHAPE_ENUM] = "enum",
		[SHAPE_BITMASK] = "bitmask",
		[SHAPE_POWER_OF_TWO] = "power-of-two",
		[SHAPE_EVEN] = "even",
		[SHAPE_GUID] = NULL,
		[SHAPE_MAC] = NULL,
		[SHAPE_SUBKEY] = NULL,
	};
	struct buf words = { 0 };
	bool ranged = row->shape != SHAPE_ENUM && (rejects_below(row) || rejects_above(row));

	if (shapes[row->shape] != NULL)
		add_word(&words, shapes[row->shape]);
	if (ranged)
		add_range(row, &words);
	else if (row->misshapen != OOB_UNSTATED)
		add_word(&words, judgement_word(row->misshapen, "clamp"));
	if (row->zero_is_default)
		add_word(&words, "zero-means-default");
	if (row->policy != NULL)
		add_word(&words, "policy");
	if (is_crossed(row))
		add_word(&words, "cross");
	buf_append_text(out, words.size > 0 ? buf_text(&words) : "none");
	buf_release(&words);
}

/* --- Data as text -------------------------------------------------------------------------------
 */

static void
append_hex(struct buf *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf_printf(out, "%02x", data[i]);
}

/* The strings of a list, joined with '|'; the empty ones that end it are left out. */
static void
append_list(struct buf *out, const uint8_t *data, size_t size)
{
	size_t start = 0;

	while (size >= 2 && data[size - 1] == 0 && data[size - 2] == 0)
		size -= 2;
	for (size_t at = 0; at + 1 < size; at += 2) {
		if (data[at] != 0 || data[at + 1] != 0)
			continue;
		utf16_to_utf8(data + start, at - start, false, out);
		buf_append_byte(out, '|');
		start = at + 2;
	}
	utf16_to_utf8(data + start, size - start, false, out);
}

static void
append_data(struct buf *out, uint32_t type, const uint8_t *data, size_t size)
{
	switch (type) {
	case REG_SZ:
	case REG_EXPAND_SZ:
	case REG_LINK:
		utf16_to_utf8(data, size, true, out);
		break;
	case REG_MULTI_SZ:
		append_list(out, data, size & ~(size_t)1);
		break;
	default:
		append_hex(out, data, size);
		break;
	}
}

void
tunable_effective(const struct tunable_reading *reading, struct buf *out)
{
	switch (reading->kind) {
	case KIND_ABSENT:
		buf_append_text(out, "absent");
		break;
	case KIND_NOT_CONSULTED:
		buf_append_text(out, "not-consulted");
		break;
	case KIND_NUMBER:
		buf_printf(out, "%" PRIu64, reading->number);
		break;
	case KIND_BYTES:
		if (reading->text != NULL)
			buf_append_text(out, reading->text);
		else
			append_data(out, reading->type, reading->data, reading->size);
		break;
	}
}

static uint64_t
little_endian(const uint8_t *data, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		number |= (uint64_t)data[i] << (8 * i);
	return number;
}

void
tunable_raw_text(const struct tunable_raw *raw, struct buf *out)
{
	static const char *const prefixes[] = {
		[REG_NONE] = "none",
		[REG_SZ] = "sz",
		[REG_EXPAND_SZ] = "expand_sz",
		[REG_BINARY] = "binary",
		[REG_DWORD] = "dword",
		[REG_LINK] = "link",
		[REG_MULTI_SZ] = "multi_sz",
		[REG_QWORD] = "qword",
	};

	if (!raw->present) {
		buf_append_text(out, "absent");
		return;
	}
	if ((raw->type == REG_DWORD && raw->size == 4) ||
	    (raw->type == REG_QWORD && raw->size == 8)) {
		buf_printf(
		    out, "%s:%" PRIu64, prefixes[raw->type], little_endian(raw->data, raw->size));
		return;
	}
	if (raw->type < ARRAY_SIZE(prefixes) && prefixes[raw->type] != NULL &&
	    raw->type != REG_DWORD && raw->type != REG_QWORD)
		buf_printf(out, "%s:", prefixes[raw->type]);
	else
		buf_printf(out, "hex(%x):", (unsigned)raw->type);
	append_data(out, raw->type, raw->data, raw->size);
}

void
tunable_source_text(const struct tunable_reading *reading, struct buf *out)
{
	static const char *const names[] = {
		[SOURCE_DEFAULT] = "default",
		[SOURCE_REGISTRY] = "registry",
		[SOURCE_POLICY] = "policy",
		[SOURCE_BCD] = "bcd",
		[SOURCE_FALLBACK] = "fallback",
		[SOURCE_FORCED] = "forced",
		[SOURCE_NONE] = "none",
	};

	buf_append_text(out, names[reading->source]);
	if (reading->source == SOURCE_FALLBACK && reading->from != NULL)
		buf_printf(out, " %s", reading->from->row->name);
	else if (reading->source == SOURCE_REGISTRY && reading->from != NULL)
		buf_printf(out, " %s", reading->from->table->key);
}

/* --- Reasons ------------------------------------------------------------------------------------
 */

static void
append_type(struct buf *out, uint32_t type)
{
	const char *name = reg_type_name(type);

	if (name != NULL)
		buf_append_text(out, name);
	else
		buf_printf(out, "type %u", (unsigned)type);
}

/* Units that read well behind a number; "5 count" and "5 priority" do not. */
void
tunable_number_text(const struct tunable *row, uint64_t number, struct buf *out)
{
	static const char *const units[] = { "ms", "s", "%", "bytes", "MB", "threads", "pages" };

	buf_printf(out, "%" PRIu64, number);
	for (size_t i = 0; row->unit != NULL && i < ARRAY_SIZE(units); i++) {
		if (strcmp(row->unit, units[i]) == 0)
			buf_printf(out, " %s", row->unit);
	}
}

/* The place that was judged, where it is not the value's own; returns false for that. */
static bool
append_place(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable_entry *from = reading->judged_from;

	switch (reading->judged_in) {
	case SOURCE_POLICY:
		buf_printf(out, "policy %s", from->row->name);
		return true;
	case SOURCE_BCD:
		buf_printf(out, "bcd %s", reading->entry->row->bcd);
		return true;
	case SOURCE_FALLBACK:
		buf_append_text(out, from->row->name);
		return true;
	default:
		if (reading->judged_in != SOURCE_REGISTRY || from == NULL)
			return false;
		buf_append_text(out, from->table->key);
		return true;
	}
}

/* "300001 ms", "sz:none", "VmsVmqMode: 7" */
static void
append_judged(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable_raw *judged = &reading->judged;

	if (append_place(reading, out))
		buf_append_text(out, ": ");
	if (judged->type != REG_DWORD && judged->type != REG_QWORD) {
		tunable_raw_text(judged, out);
		return;
	}
	tunable_number_text(reading->entry->row, little_endian(judged->data, judged->size), out);
}

/* "300001 ms is above 300000" */
static void
reason_range(const struct tunable_reading *reading, struct buf *out)
{
	const struct tunable *row = reading->entry->row;
	uint64_t number = little_endian(reading->judged.data, reading->judged.size);

	append_judged(reading, out);
	if (reading->misshapen && row->shape == SHAPE_POWER_OF_TWO)
		buf_append_text(out, " is no power of two");
	else if (reading->misshapen && row->shape == SHAPE_ENUM)
		buf_append_text(out, " is not a listed number");
	else if (reading->misshapen)
		buf_append_text(out, " has not the stated shape");
	else if (reading->bound_known)
		buf_printf(out, " is %s %" PRIu64, number > reading->bound ? "above" : "below",
		    reading->bound);
	else
		buf_append_text(out, " is out of range");
}

static void
append_result(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->kind == KIND_ABSENT) {
		buf_append_text(out, "no value and no default");
		return;
	}
	if (reading->kind == KIND_NUMBER)
		tunable_number_text(reading->entry->row, reading->number, out);
	else
		tunable_effective(reading, out);
}

void
tunable_gate_text(const struct tunable_gate *gate, struct buf *out)
{
	buf_printf(out, "%s must be ", gate->name != NULL ? gate->name : gate->state);
	if (gate->word != NULL)
		buf_append_text(out, gate->word);
	else if (gate->test == GATE_NONZERO)
		buf_append_text(out, "other than 0");
	else if (gate->test == GATE_ZERO)
		buf_append_text(out, "0");
	else
		buf_printf(out, "%s%" PRIu64, gate->test == GATE_AT_LEAST ? "at least " : "",
		    gate->number);
}

static void
reason_gate(const struct tunable_reading *reading, struct buf *out)
{
	buf_append_text(out, "not consulted: ");
	tunable_gate_text(&reading->entry->row->gates[reading->closed_gate], out);
}

static void
reason_substitute(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->verdict == VERDICT_IGNORED_TYPE) {
		append_type(out, reading->raw.type);
		if (reading->raw.type == reading->entry->row->type ||
		    reading->raw.type == reading->entry->row->type_also)
			buf_printf(out, " of %zu bytes", reading->raw.size);
		else {
			buf_append_text(out, " where ");
			append_type(out, reading->entry->row->type);
			buf_append_text(out, " is read");
		}
		buf_append_text(out, " counts as absent (assumed): ");
	} else {
		buf_append_text(out, "absent: ");
	}
	if (append_place(reading, out))
		buf_append_text(out, " gives ");
	else if (reading->kind != KIND_ABSENT)
		buf_append_text(out, "default ");
	append_result(reading, out);
}

/* Where the judgement that decided is our choice, say so. */
static void
append_assumption(const struct tunable_reading *reading, struct buf *out)
{
	uint32_t assumed = reading->entry->row->assumed;
	uint32_t decided = 0;

	switch (reading->verdict) {
	case VERDICT_CAPPED:
	case VERDICT_RAISED:
	case VERDICT_RESET:
	case VERDICT_REJECTED:
		decided = FACT_JUDGEMENT | FACT_RANGE;
		break;
	case VERDICT_COERCED:
		decided = FACT_SHAPE;
		break;
	case VERDICT_DEFAULT_ABSENT:
	case VERDICT_DEFAULT_ZERO:
		decided = reading->kind != KIND_ABSENT ? FACT_DEFAULT : 0;
		break;
	case VERDICT_IGNORED_GATED:
	case VERDICT_SHADOWED:
		decided = FACT_RULE;
		break;
	default:
		break;
	}
	if ((assumed & decided) != 0)
		buf_append_text(out, " (assumed)");
}

static void
reason_verdict(const struct tunable_reading *reading, struct buf *out)
{
	switch (reading->verdict) {
	case VERDICT_APPLIED:
		if (reading->source == SOURCE_REGISTRY && reading->from == NULL)
			buf_append_text(out, "taken as it is");
		else
			reason_substitute(reading, out);
		break;
	case VERDICT_DEFAULT_ABSENT:
	case VERDICT_IGNORED_TYPE:
		reason_substitute(reading, out);
		break;
	case VERDICT_DEFAULT_ZERO:
		if (append_place(reading, out))
			buf_append_text(out, ": ");
		buf_append_text(out, "0 means the default: ");
		append_result(reading, out);
		break;
	case VERDICT_COERCED:
		if (append_place(reading, out))
			buf_append_text(out, ": ");
		buf_append_text(out, "any number but 0 is on: ");
		append_result(reading, out);
		break;
	case VERDICT_IGNORED_GATED:
		reason_gate(reading, out);
		break;
	case VERDICT_SHADOWED:
		buf_append_text(out, "hidden by ");
		append_place(reading, out);
		buf_append_text(out, ": ");
		append_result(reading, out);
		break;
	case VERDICT_UNSTATED:
		reason_range(reading, out);
		buf_append_text(out, "; what then is not stated: taken as it is");
		break;
	default:
		reason_range(reading, out);
		buf_printf(out, ": %s%s ", tunable_verdict_name(reading->verdict),
		    reading->verdict == VERDICT_REJECTED ? "," : " to");
		append_result(reading, out);
		break;
	}
}

void
tunable_reason(const struct tunable_reading *reading, struct buf *out)
{
	if (reading->source == SOURCE_FORCED) {
		buf_append_text(out, "forced by a rule between values: ");
		append_result(reading, out);
	} else {
		reason_verdict(reading, out);
	}
	append_assumption(reading, out);
}

static bool
same_bytes(const uint8_t *left, size_t left_size, const uint8_t *right, size_t right_size)
{
	return left_size == right_size && (left_size == 0 || memcmp(left, right, left_size) == 0);
}

bool
tunable_same(const struct tunable_reading *left, const struct tunable_reading *right)
{
	if (left->raw.present != right->raw.present || left->kind != right->kind)
		return false;
	if (left->raw.present &&
	    (left->raw.type != right->raw.type ||
	        !same_bytes(left->raw.data, left->raw.size, right->raw.data, right->raw.size)))
		return false;
	if (left->kind == KIND_NUMBER)
		return left->number == right->number;
	if (left->kind != KIND_BYTES)
		return true;
	return left->text == right->text && left->type == right->type &&
	       same_bytes(left->data, left->size, right->data, right->size);
}
