/*
 * Threads that wait for work until the service stops.
 */
#include <pthread.h>
#include <stdlib.h>

#include "vmms/internal.h"

#define THREADS_MAX 256u /* that one configuration may make */

struct vmms_pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	size_t count;
	pthread_t threads[THREADS_MAX];
};

static void *
thread_main(void *argument)
{
	struct vmms_pool *pool = argument;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping)
		pthread_cond_wait(&pool->wake, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

void
vmms_pool_stop(struct vmms_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	while (pool->count > 0)
		pthread_join(pool->threads[--pool->count], NULL);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

struct vmms_pool *
vmms_pool_start(uint64_t wanted)
{
	struct vmms_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	while (pool->count < wanted && pool->count < THREADS_MAX) {
		if (pthread_create(&pool->threads[pool->count], NULL, thread_main, pool) != 0) {
			vmms_pool_stop(pool);
			return NULL;
		}
		pool->count++;
	}
	return pool;
}

size_t
vmms_pool_size(const struct vmms_pool *pool)
{
	return pool->count;
}
