/*
 * Timers on the host's clock (store/clock.h): whatever waits as Windows does waits by one of these.
 *
 * A timer is due when so much has passed on the host's clock, whatever the time of day is set to.
 * While the clock is paused it does not come nearer; a step that leads there makes it due at once.
 * It fires once. Timers that are due fire in the order in which they are due.
 *
 * A change of the clock wakes the process through the bell. The method "clock", which every daemon
 * has, fires what is due before it answers: so whoever steps the clock knows when all have acted.
 *
 * On its way down a daemon is woken by nobody: what it still starts then runs in real time.
 */
#ifndef REGSTORE_SVC_TIMER_H
#define REGSTORE_SVC_TIMER_H

#include "regstore/svc/svc.h"

/* All zero before its first start. Its memory is the owner's, who stops it before it goes. */
struct svc_timer {
	void *self; /* the owner's */

	/* private to timer.c */
	struct svc *svc; /* NULL: it does not run */
	void (*due)(struct svc_timer *timer);
	int64_t at; /* what has passed by then, in 100 ns */
	uint64_t turn;
	struct svc_timer *next;
};

/* Call `due` on the loop in `delay_ms`; a timer that runs is started anew. */
void svc_timer_start(struct svc *svc, struct svc_timer *timer, uint64_t delay_ms,
    void (*due)(struct svc_timer *timer));

/* Stop it; does nothing to one that does not run. */
void svc_timer_stop(struct svc_timer *timer);

/* What has passed on the host's clock, in ms. */
int64_t svc_passed_ms(const struct svc *svc);

#endif
