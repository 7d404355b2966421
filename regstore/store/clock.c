/*
 * The host's clock: two slots of a shared page, of which one counts. A writer, in the write lock,
 * fills the other and then turns the page; one that is killed in between leaves what was.
 */
#include "regstore/store/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "regstore/base/unix.h"
#include "regstore/store/internal.h"

#define CLOCK_FILE "clock-1" /* a new layout takes a new name */
#define CLOCK_PATH                                                                                 \
	"\x02"                                                                                     \
	"clock"                  /* for the bell: no key has such a path */
#define CLOCK_CHANGE 0x80000000u /* and no watch on keys such a filter */
#define NS_PER_UNIT  100

struct clock_slot {
	_Atomic int64_t paused;
	_Atomic int64_t time;
	_Atomic int64_t passed;
};

struct clock_page {
	_Atomic uint64_t turn; /* 0: never filled; the slot that counts is turn modulo 2 */
	struct clock_slot slots[2];
};

/* The names in the table `meta`. */
#define PAUSED "clock_paused"
#define TIME   "clock_time"
#define PASSED "clock_passed"

lstatus
clock_open(int run, struct clock_page **ret_page)
{
	void *memory = NULL;
	lstatus status = unix_map_file(run, CLOCK_FILE, sizeof(struct clock_page), &memory);

	if (lstatus_ok(status))
		*ret_page = memory;
	return status;
}

void
clock_close(struct clock_page *page)
{
	if (page != NULL)
		munmap(page, sizeof(*page));
}

bool
clock_is_there(const struct clock_page *page)
{
	return atomic_load(&page->turn) != 0;
}

void
clock_publish(struct clock_page *page, const struct clock_state *state)
{
	uint64_t turn = atomic_load(&page->turn) + 1;
	struct clock_slot *slot = &page->slots[turn % 2];

	atomic_store(&slot->paused, state->paused);
	atomic_store(&slot->time, state->time);
	atomic_store(&slot->passed, state->passed);
	atomic_store(&page->turn, turn);
}

lstatus
clock_load(struct store *store)
{
	struct clock_state state = { 0 };
	const struct {
		const char *name;
		int64_t *number;
	} fields[] = { { PAUSED, &state.paused }, { TIME, &state.time },
		{ PASSED, &state.passed } };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		lstatus status = store_find_meta_number(store, fields[i].name, fields[i].number);

		if (!lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND))
			return status;
	}
	clock_publish(store->clock, &state);
	return LSTATUS(ERROR_SUCCESS);
}

/* --- Reading -----------------------------------------------------------------------------------
 */

static struct clock_state
read_page(const struct clock_page *page)
{
	struct clock_state state;
	uint64_t turn;

	/* Who is overtaken reads the slot that counts by then. */
	do {
		const struct clock_slot *slot;

		turn = atomic_load(&page->turn);
		slot = &page->slots[turn % 2];
		state.paused = atomic_load(&slot->paused);
		state.time = atomic_load(&slot->time);
		state.passed = atomic_load(&slot->passed);
	} while (atomic_load(&page->turn) != turn);
	return state;
}

static int64_t
monotonic(void)
{
	return clock_monotonic_ns() / NS_PER_UNIT;
}

static int64_t
clamp(int64_t time)
{
	if (time < 0)
		return 0;
	return time > FILETIME_MAX ? FILETIME_MAX : time;
}

void
store_clock_read(const struct store *store, struct store_clock *ret_clock)
{
	struct clock_state state = read_page(store->clock);

	ret_clock->paused = state.paused != 0;
	ret_clock->now = clamp(state.time + (state.paused != 0 ? 0 : clock_wall()));
	ret_clock->passed = state.passed + (state.paused != 0 ? 0 : monotonic());
}

/* --- Changing ----------------------------------------------------------------------------------
 */

/* Begin, unless a transaction is open; then the state is nobody else's to change. */
static lstatus
enter(struct store *store, const char *comment, bool *ret_own)
{
	*ret_own = !store->in_transaction;
	return *ret_own ? store_begin(store, comment) : LSTATUS(ERROR_SUCCESS);
}

static lstatus
set_state(struct store *store, const struct clock_state *state)
{
	lstatus status = store_set_meta_number(store, PAUSED, state->paused);

	if (lstatus_ok(status))
		status = store_set_meta_number(store, TIME, state->time);
	if (lstatus_ok(status))
		status = store_set_meta_number(store, PASSED, state->passed);
	if (!lstatus_ok(status))
		return status;
	store_spend_number(store);
	store->clock_next = *state;
	store->clock_changed = true;
	bell_changed(store->bell, CLOCK_PATH, strlen(CLOCK_PATH), CLOCK_CHANGE);
	return status;
}

/* What the open transaction has made of the clock. */
static struct clock_state
current(const struct store *store)
{
	return store->clock_changed ? store->clock_next : read_page(store->clock);
}

static lstatus
set_paused(struct store *store, bool paused)
{
	struct clock_state state;
	bool own;
	lstatus status = enter(store, paused ? "clock: pause" : "clock: resume", &own);

	if (!lstatus_ok(status))
		return status;
	state = current(store);
	if ((state.paused != 0) != paused) {
		const int64_t sign = paused ? 1 : -1;

		state.paused = paused;
		state.time += sign * clock_wall();
		state.passed += sign * monotonic();
		status = set_state(store, &state);
	}
	return store_leave(store, own, status);
}

lstatus
store_clock_pause(struct store *store)
{
	return set_paused(store, true);
}

lstatus
store_clock_resume(struct store *store)
{
	return set_paused(store, false);
}

/* Move the time of day by a difference, and what has passed if it is to pass. */
static lstatus
move(struct store *store, const char *comment, int64_t to, int64_t by, bool passes)
{
	struct clock_state state;
	int64_t now;
	bool own;
	lstatus status = enter(store, comment, &own);

	if (!lstatus_ok(status))
		return status;
	state = current(store);
	now = clamp(state.time + (state.paused != 0 ? 0 : clock_wall()));
	if (!passes)
		by = to - now;
	if (passes && by > FILETIME_MAX - now)
		return store_leave(store, own, LSTATUS(ERROR_INVALID_PARAMETER));
	state.time += by;
	if (passes)
		state.passed += by;
	return store_leave(store, own, set_state(store, &state));
}

lstatus
store_clock_step(struct store *store, int64_t by)
{
	if (by < 0)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return move(store, "clock: step", 0, by, true);
}

lstatus
store_clock_jump(struct store *store, int64_t to)
{
	if (to < 0 || to > FILETIME_MAX)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	return move(store, "clock: jump", to, 0, false);
}

lstatus
store_watch_clock(struct store *store, struct store_watch **ret_watch)
{
	return store_watch(
	    store, 0, CLOCK_PATH, strlen(CLOCK_PATH), false, CLOCK_CHANGE, ret_watch);
}
