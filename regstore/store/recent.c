/*
 * Values that were set lately, shown to other processes: see recent.h.
 */
#include "regstore/store/recent.h"

#include <string.h>

#include "regstore/store/internal.h"

_Static_assert(sizeof(struct recent_value) % sizeof(uint64_t) == 0, "whole words");

static struct recent_slot *
slot_of(const struct store *store, int64_t key, const char *folded, size_t length)
{
	uint64_t hash = (bell_hash(folded, length) ^ (uint64_t)key) * 0x9e3779b97f4a7c15ull;

	return &bell_recent(store->bell)[hash >> 32 & (RECENT_SLOTS - 1)];
}

void
recent_note(struct store *store, int64_t key, const char *folded, size_t length, uint32_t type,
    const void *data, size_t size)
{
	struct recent *recent = &store->recent;
	struct recent_value *value;

	if (recent->count >= RECENT_VALUES || length > RECENT_NAME || size > RECENT_DATA ||
	    !bell_wants_notes(store->bell)) {
		recent->count = RECENT_VALUES + 1;
		return;
	}
	value = &recent->values[recent->count++];
	*value = (struct recent_value){
		.key = key, .type = type, .length = (uint16_t)length, .size = (uint16_t)size
	};
	if (length > 0)
		memcpy(value->bytes, folded, length);
	if (size > 0)
		memcpy(value->bytes + length, data, size);
}

/* The writer holds the write lock: it is the only one. */
static void
show(struct store *store, struct recent_value *value)
{
	struct recent_slot *slot =
	    slot_of(store, value->key, (const char *)value->bytes, value->length);
	uint64_t turn = atomic_load(&slot->turn) | 1;
	uint64_t words[RECENT_WORDS];

	value->stamp = bell_stamp(store->bell, bell_stamp_of(store_tag_key(value->key))) + 1;
	value->generation = bell_generation(store->bell);
	memcpy(words, value, sizeof(words));
	/* Who sees one of the words sees that it is odd, too. */
	atomic_store_explicit(&slot->turn, turn, memory_order_relaxed);
	for (size_t i = 0; i < RECENT_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
	atomic_store_explicit(&slot->turn, turn + 1, memory_order_release);
}

void
recent_show(struct store *store)
{
	const struct recent *recent = &store->recent;

	if (recent->count > RECENT_VALUES || recent->count != store->number - store->first + 1)
		return;
	for (uint32_t i = 0; i < recent->count; i++)
		show(store, &store->recent.values[i]);
}

/* A copy of what the slot held at one moment; false if it was being written. */
static bool
copy_slot(const struct recent_slot *slot, struct recent_value *ret_value)
{
	uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
	uint64_t words[RECENT_WORDS];

	if ((turn & 1) != 0)
		return false;
	for (size_t i = 0; i < RECENT_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
	if (atomic_load_explicit(&slot->turn, memory_order_relaxed) != turn)
		return false;
	memcpy(ret_value, words, sizeof(words));
	return true;
}

bool
store_recent_value(struct store *store, const struct store_mark *mark, int64_t key,
    const char *folded, size_t length, uint32_t *ret_type, struct buf *data)
{
	struct recent_value value;

	if (mark->count != 1 || mark->doubtful || length > RECENT_NAME ||
	    !store_reads_latest(store) || !copy_slot(slot_of(store, key, folded, length), &value))
		return false;
	if (value.key != key || value.stamp != mark->sum || value.generation <= store->opened ||
	    value.length != length || (length > 0 && memcmp(value.bytes, folded, length) != 0))
		return false;
	*ret_type = value.type;
	buf_append(data, value.bytes + length, value.size);
	return true;
}
