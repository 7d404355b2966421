/*
 * The host's random numbers, which a seed makes repeatable. The generator is SplitMix64 (Steele,
 * Lea and Flood, "Fast splittable pseudorandom number generators", 2014): for ids, not for secrets.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "regstore/store/clock.h"
#include "regstore/store/internal.h"

#define SEED  "random_seed"
#define DRAWN "random_drawn " /* and the stream's name: how often it was drawn from */

static uint64_t
step(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15ull;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
	return mixed ^ (mixed >> 31);
}

static lstatus
draw_from_system(struct store *store, uint8_t *bytes, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t more = getrandom(bytes + got, size - got, 0);

		if (more < 0 && errno != EINTR)
			return store_fail_errno(store, "getrandom");
		got += more > 0 ? (size_t)more : 0;
	}
	return LSTATUS(ERROR_SUCCESS);
}

/* Fill the bytes from what the seed, the stream and the draw's number are mixed to. */
static void
fill(int64_t seed, const char *stream, int64_t number, uint8_t *bytes, size_t size)
{
	uint64_t state = (uint64_t)seed;

	for (; *stream != '\0'; stream++)
		state = step(&state) ^ (uint8_t)*stream;
	state = step(&state) ^ (uint64_t)number;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)step(&state);
}

/* Count the draw; *ret_number is how many came before. */
static lstatus
count_draw(struct store *store, const char *stream, int64_t *ret_number)
{
	struct buf name = { 0 };
	lstatus status;

	*ret_number = 0;
	buf_printf(&name, DRAWN "%s", stream);
	if (name.failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = store_find_meta_number(store, buf_text(&name), ret_number);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND))
		status = store_set_meta_number(store, buf_text(&name), *ret_number + 1);
	buf_release(&name);
	return status;
}

lstatus
store_random(struct store *store, const char *stream, void *bytes, size_t size)
{
	int64_t seed = 0;
	int64_t number = 0;
	bool own;
	lstatus status = store_random_seed(store, &seed);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return draw_from_system(store, bytes, size);
	if (lstatus_ok(status))
		status = store_enter(store, &own);
	if (!lstatus_ok(status))
		return status;
	status = store_leave(store, own, count_draw(store, stream, &number));
	if (lstatus_ok(status))
		fill(seed, stream, number, bytes, size);
	return status;
}

lstatus
store_random_seed(struct store *store, int64_t *ret_seed)
{
	return store_find_meta_number(store, SEED, ret_seed);
}

lstatus
store_set_random_seed(struct store *store, const int64_t *seed)
{
	bool own;
	lstatus status = store_enter(store, &own);

	if (!lstatus_ok(status))
		return status;
	status = store_execute(store, "DELETE FROM meta WHERE name GLOB '" DRAWN "*'");
	if (lstatus_ok(status))
		status = seed != NULL ? store_set_meta_number(store, SEED, *seed)
		                      : store_set_meta_text(store, SEED, NULL);
	return store_leave(store, own, status);
}
