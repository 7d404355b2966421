/*
 * The timers of a daemon: a list in the order in which they are due, and one timer of the loop for
 * the first of them.
 */
#include "regstore/svc/timer.h"

#include "regstore/base/clock.h"
#include "regstore/store/clock.h"
#include "regstore/svc/internal.h"

#define UNITS_PER_MS (FILETIME_PER_SECOND / 1000)
#define DELAY_MS_MAX (INT64_MAX / UNITS_PER_MS / 4) /* 73,000 years */

static struct store_clock
read_clock(const struct svc *svc)
{
	struct store_clock clock;

	store_clock_read(registry_store(svc->registry), &clock);
	return clock;
}

int64_t
svc_passed_ms(const struct svc *svc)
{
	return read_clock(svc).passed / UNITS_PER_MS;
}

static void on_loop_timer(uv_timer_t *loop_timer);

/* Set the loop's timer for the first of the list: rounded up, it does not come early. */
static void
arm(struct svc *svc)
{
	struct svc_private *own = svc->private;
	const struct store_clock clock = read_clock(svc);
	int64_t left;

	if (own->timers == NULL) {
		uv_timer_stop(&own->clock);
		return;
	}
	left = own->timers->at - clock.passed;
	if (left > 0 && clock.paused && !own->stopping)
		uv_timer_stop(&own->clock);
	else
		uv_timer_start(&own->clock, on_loop_timer,
		    left > 0 ? (uint64_t)((left + UNITS_PER_MS - 1) / UNITS_PER_MS) : 0, 0);
}

/* The first that is due of those that were started by the given turn. */
static struct svc_timer *
next_due(const struct svc *svc, int64_t passed, uint64_t turn)
{
	struct svc_timer *timer = svc->private->timers;

	while (timer != NULL && timer->turn > turn)
		timer = timer->next;
	return timer != NULL && timer->at <= passed ? timer : NULL;
}

void
timers_fire(struct svc *svc)
{
	const int64_t passed = read_clock(svc).passed;
	const uint64_t turn = svc->private->timer_turn;
	struct svc_timer *timer;

	/* What a timer starts waits for the next turn of the loop, however soon it is due. */
	while ((timer = next_due(svc, passed, turn)) != NULL) {
		svc_timer_stop(timer);
		timer->due(timer);
	}
	arm(svc);
}

/* On the way down the clock may stand, and nobody steps it: then the loop's timer is what counts.
 */
static void
on_loop_timer(uv_timer_t *loop_timer)
{
	struct svc *svc = loop_timer->data;
	struct svc_timer *first = svc->private->timers;

	if (first != NULL && svc->private->stopping && first->at > read_clock(svc).passed) {
		svc_timer_stop(first);
		first->due(first);
		return;
	}
	timers_fire(svc);
}

/* The first timer of a daemon has it watch the clock; without that, the others are as they were. */
static void
watch_clock(struct svc *svc)
{
	struct svc_private *own = svc->private;
	lstatus status;

	if (own->clock_watch != NULL)
		return;
	status = store_watch_clock(registry_store(svc->registry), &own->clock_watch);
	if (!lstatus_ok(status))
		svc_log(svc, "the clock cannot be watched: %s", lstatus_text(status));
	else if (!svc_watch_registry(svc))
		svc_log(svc, "%s", own->reason);
}

bool
timers_open(struct svc *svc)
{
	int error = uv_timer_init(svc->loop, &svc->private->clock);

	if (error != 0)
		svc_failed(svc, "The clock cannot be followed: %s.", uv_strerror(error));
	svc->private->clock.data = svc;
	return error == 0;
}

void
timers_close(struct svc *svc)
{
	while (svc->private->timers != NULL)
		svc_timer_stop(svc->private->timers);
	store_unwatch(registry_store(svc->registry), svc->private->clock_watch);
	svc->private->clock_watch = NULL;
}

bool
timers_woken(struct svc *svc)
{
	struct store_watch *watch = svc->private->clock_watch;

	if (watch == NULL || !store_watch_taken(watch))
		return false;
	timers_fire(svc);
	return true;
}

void
svc_timer_start(struct svc *svc, struct svc_timer *timer, uint64_t delay_ms,
    void (*due)(struct svc_timer *timer))
{
	struct svc_timer **at = &svc->private->timers;

	svc_timer_stop(timer);
	watch_clock(svc);
	if (delay_ms > DELAY_MS_MAX)
		delay_ms = DELAY_MS_MAX;
	timer->svc = svc;
	timer->due = due;
	timer->at = read_clock(svc).passed + (int64_t)delay_ms * UNITS_PER_MS;
	timer->turn = ++svc->private->timer_turn;
	while (*at != NULL && (*at)->at <= timer->at)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
	arm(svc);
}

void
svc_timer_stop(struct svc_timer *timer)
{
	struct svc *svc = timer->svc;
	struct svc_timer **at;

	if (svc == NULL)
		return;
	for (at = &svc->private->timers; *at != timer; at = &(*at)->next)
		;
	*at = timer->next;
	timer->svc = NULL;
	if (svc->private->timers == NULL)
		uv_timer_stop(&svc->private->clock);
}

json_t *
timers_json(const struct svc *svc)
{
	const struct store_clock clock = read_clock(svc);
	const struct svc_timer *first = svc->private->timers;
	struct buf now = { 0 };
	json_t *json;
	json_int_t count = 0;

	for (const struct svc_timer *at = first; at != NULL; at = at->next)
		count++;
	clock_format(clock.now, &now);
	json = json_pack("{s:s, s:b, s:I, s:o}", "time", buf_text(&now), "paused", clock.paused,
	    "timers", count, "next",
	    first != NULL ? json_integer(first->at > clock.passed ? first->at - clock.passed : 0)
	                  : json_null());
	buf_release(&now);
	return json;
}
