/*
 * What this connection read lately, kept as long as it is true.
 *
 * A question (open this path, read this value, list this key) finds its answer in a hash table,
 * with the mark of the store that it was read under. While the mark holds nobody has committed a
 * change of what the answer follows from, so a repeated read costs no query and no system call.
 * Within a transaction nothing is kept and nothing is used.
 *
 * The table has a limit in bytes. When it is reached, what has waited longest goes, unless it was
 * asked for since it was last looked at.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/registry/internal.h"

#define CACHE_BYTES   (4u << 20)          /* of a connection, the table of buckets apart */
#define CACHE_LARGEST (CACHE_BYTES / 16u) /* one answer */
#define BUCKETS_FIRST 256u                /* a power of two */

struct entry {
	struct entry *next; /* in its bucket */
	struct entry *older;
	struct entry *newer;
	uint64_t hash;
	struct store_mark mark;
	reg_key key;
	enum question_kind kind;
	uint32_t number;
	uint32_t name_length;
	uint32_t type;
	lstatus status;
	bool used; /* since it came, or was last passed over */
	size_t size;
	alignas(8) uint8_t bytes[]; /* the answer's data, then the question's name */
};

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t
hash_question(const struct question *question)
{
	uint64_t hash = mix((uint64_t)question->kind << 32 | question->number, question->length);
	size_t at = 0;
	uint64_t word;

	hash = mix(mix(hash, (uint64_t)question->key.id), (uint64_t)question->key.below);
	for (; question->length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, question->name + at, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	for (; at < question->length; at++)
		word = word << 8 | (uint8_t)question->name[at];
	return mix(hash, word);
}

static bool
is_of(const struct entry *entry, const struct question *question, uint64_t hash)
{
	return entry->hash == hash && entry->kind == question->kind &&
	       entry->number == question->number && entry->key.id == question->key.id &&
	       entry->key.below == question->key.below && entry->name_length == question->length &&
	       (question->length == 0 ||
	           memcmp(entry->bytes + entry->size, question->name, question->length) == 0);
}

/* The place where the entry is linked, or would be. */
static struct entry **
find_place(const struct cache *cache, const struct question *question, uint64_t hash)
{
	struct entry **at = &cache->buckets[hash & (cache->bucket_count - 1)];

	while (*at != NULL && !is_of(*at, question, hash))
		at = &(*at)->next;
	return at;
}

static size_t
entry_bytes(const struct entry *entry)
{
	return sizeof(*entry) + entry->size + entry->name_length;
}

/* --- The queue of entries, oldest first ---------------------------------------------------------
 */

static void
append(struct cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void
take_out(struct cache *cache, struct entry *entry)
{
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
}

/* Forget the entry that is linked there. */
static void
forget(struct cache *cache, struct entry **at)
{
	struct entry *entry = *at;

	*at = entry->next;
	take_out(cache, entry);
	cache->bytes -= entry_bytes(entry);
	cache->count--;
	free(entry);
}

static void
forget_oldest(struct cache *cache)
{
	struct entry *entry = cache->oldest;
	struct entry **at = &cache->buckets[entry->hash & (cache->bucket_count - 1)];

	while (*at != entry)
		at = &(*at)->next;
	forget(cache, at);
}

static void
make_room(struct cache *cache, size_t bytes)
{
	while (cache->oldest != NULL && cache->bytes + bytes > CACHE_BYTES) {
		struct entry *entry = cache->oldest;

		if (!entry->used) {
			forget_oldest(cache);
			continue;
		}
		entry->used = false;
		take_out(cache, entry);
		append(cache, entry);
	}
}

/* --- The table ----------------------------------------------------------------------------------
 */

/* Make the buckets, or more of them; without memory they stay as they are. */
static bool
grow(struct cache *cache)
{
	size_t count = cache->bucket_count == 0 ? BUCKETS_FIRST : cache->bucket_count * 2;
	struct entry **buckets = calloc(count, sizeof(struct entry *));

	if (buckets == NULL)
		return cache->bucket_count > 0;
	free(cache->buckets);
	cache->buckets = buckets;
	cache->bucket_count = count;
	for (struct entry *entry = cache->oldest; entry != NULL; entry = entry->newer) {
		struct entry **at = &buckets[entry->hash & (count - 1)];

		entry->next = *at;
		*at = entry;
	}
	return true;
}

bool
cache_find(struct registry *registry, const struct question *question, struct answer *ret_answer)
{
	struct cache *cache = &registry->cache;
	struct entry **at;
	struct entry *entry;

	if (cache->count == 0 || !store_reads_latest(registry->store))
		return false;
	at = find_place(cache, question, hash_question(question));
	entry = *at;
	if (entry == NULL)
		return false;
	if (!store_mark_holds(registry->store, &entry->mark)) {
		forget(cache, at);
		return false;
	}
	entry->used = true;
	*ret_answer = (struct answer){ entry->status, entry->type, entry->bytes, entry->size };
	return true;
}

static struct entry *
new_entry(const struct question *question, uint64_t hash, const struct store_mark *mark,
    const struct answer *answer)
{
	struct entry *entry = malloc(sizeof(*entry) + answer->size + question->length);

	if (entry == NULL)
		return NULL;
	*entry = (struct entry){
		.hash = hash,
		.mark = *mark,
		.key = question->key,
		.kind = question->kind,
		.number = question->number,
		.name_length = (uint32_t)question->length,
		.type = answer->type,
		.status = answer->status,
		.size = answer->size,
	};
	if (answer->size > 0)
		memcpy(entry->bytes, answer->data, answer->size);
	if (question->length > 0)
		memcpy(entry->bytes + answer->size, question->name, question->length);
	return entry;
}

void
cache_keep(struct registry *registry, const struct question *question,
    const struct store_mark *mark, const struct answer *answer)
{
	struct cache *cache = &registry->cache;
	struct entry **at;
	struct entry *entry;

	if (mark->doubtful || !store_reads_latest(registry->store) ||
	    answer->size > CACHE_LARGEST || question->length > CACHE_LARGEST)
		return;
	if (cache->count >= cache->bucket_count && !grow(cache))
		return;
	entry = new_entry(question, hash_question(question), mark, answer);
	if (entry == NULL)
		return;
	make_room(cache, entry_bytes(entry));
	at = find_place(cache, question, entry->hash);
	if (*at != NULL)
		forget(cache, at);
	entry->next = *at;
	*at = entry;
	append(cache, entry);
	cache->bytes += entry_bytes(entry);
	cache->count++;
}

void
mark_key(struct registry *registry, struct store_mark *mark, reg_key key)
{
	store_mark_add(registry->store, mark, store_tag_key(key.id));
	if (key.below != 0)
		store_mark_add(registry->store, mark, store_tag_key(key.below));
}

void
cache_release(struct cache *cache)
{
	while (cache->oldest != NULL)
		forget_oldest(cache);
	free(cache->buckets);
	*cache = (struct cache){ 0 };
}
