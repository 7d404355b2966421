/*
 * The host's clock, and its random numbers.
 *
 * The clock is the machine's until it is paused, stepped or jumped. What it is stands in the table
 * `meta`, and in a page in run/ that every process of the host maps, so that a reading costs no
 * query. A change is a write with a number of its own, so that the write log tells when and by
 * whom; it wakes who watches the clock through the bell.
 *
 * `now` is the time of day, which a jump moves. `passed` is what has passed: it goes on while the
 * clock runs, and by a step; a jump does not move it. Who waits for a while waits for it, as a
 * relative time-out on Windows does not mind that the system time is set.
 */
#ifndef REGSTORE_STORE_CLOCK_H
#define REGSTORE_STORE_CLOCK_H

#include "regstore/base/clock.h"
#include "regstore/store/store.h"

struct store_clock {
	bool paused;
	int64_t now;    /* a FILETIME, 0 to FILETIME_MAX: there it stays */
	int64_t passed; /* in 100 ns, from an unspecified moment; never steps back */
};

/* Read the clock; asks nothing but the page. */
void store_clock_read(const struct store *store, struct store_clock *ret_clock);

/* Let the clock stand, and go on from where it stands. Where it does already, nothing is written.
 */
lstatus store_clock_pause(struct store *store);
lstatus store_clock_resume(struct store *store);

/*
 * Let a while pass at once (100 ns units), or set the time of day. ERROR_INVALID_PARAMETER for what
 * is below 0 or leads beyond FILETIME_MAX.
 */
lstatus store_clock_step(struct store *store, int64_t by);
lstatus store_clock_jump(struct store *store, int64_t to);

/* Watch the clock's changes, as store_watch. */
lstatus store_watch_clock(struct store *store, struct store_watch **ret_watch);

/*
 * Random bytes for an id of the host. Without a seed they are the system's. With one they follow
 * from the seed, the name of the stream, and how often that was drawn from since the seed was set:
 * hosts with the same seed and the same steps get the same ids. `seed` NULL: without one;
 * store_random_seed then returns ERROR_FILE_NOT_FOUND.
 */
lstatus store_random(struct store *store, const char *stream, void *bytes, size_t size);
lstatus store_set_random_seed(struct store *store, const int64_t *seed);
lstatus store_random_seed(struct store *store, int64_t *ret_seed);

/* --- For the store's own files ---------------------------------------------------------------- */

struct clock_page;

/* What is kept: running, `time` and `passed` are added to the machine's clocks; paused, they are.
 */
struct clock_state {
	int64_t paused;
	int64_t time;
	int64_t passed;
};

lstatus clock_open(int run, struct clock_page **ret_page);
void clock_close(struct clock_page *page);

/* Whether the page was ever filled. */
bool clock_is_there(const struct clock_page *page);

/* Fill the page with a state, or with what the table says; the write lock is held. */
void clock_publish(struct clock_page *page, const struct clock_state *state);
lstatus clock_load(struct store *store);

#endif
