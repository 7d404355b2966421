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

uint64_t
tunable_raw_number(const struct tunable_raw *raw)
{
	uint64_t number = 0;

	for (size_t i = 0; i < raw->size && i < 8; i++)
		number |= (uint64_t)raw->data[i] << (8 * i);
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
		buf_printf(out, "%s:%" PRIu64, prefixes[raw->type], tunable_raw_number(raw));
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

/* --- Comparing ----------------------------------------------------------------------------------
 */

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
