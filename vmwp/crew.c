/*
 * Threads over a list of work.
 */
#include "vmwp/crew.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
	atomic_size_t next; /* the first item that nobody took */
	size_t items;
	void (*work)(void *context, size_t item);
	void *context;
};

static void *
crew_member(void *argument)
{
	struct crew *crew = argument;
	size_t item;

	while ((item = atomic_fetch_add(&crew->next, 1)) < crew->items)
		crew->work(crew->context, item);
	return NULL;
}

unsigned
crew_run(uint64_t wanted, size_t items, void (*work)(void *context, size_t item), void *context)
{
	struct crew crew = { .items = items, .work = work, .context = context };
	pthread_t members[CREW_MAX];
	unsigned count = 0;

	while (count < wanted && count < CREW_MAX &&
	       pthread_create(&members[count], NULL, crew_member, &crew) == 0)
		count++;
	for (unsigned i = 0; i < count; i++)
		pthread_join(members[i], NULL);
	return count;
}
