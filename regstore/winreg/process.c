/*
 * Which host the process uses, and each thread's connection to it.
 */
#include <stdlib.h>

#include "regstore/base/unix.h"
#include "regstore/winreg/internal.h"

struct thread {
	struct registry *registry;
	unsigned process; /* that opened it: a forked child opens its own */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool thread_key_made;
static pthread_mutex_t root_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct buf root; /* of the host; stays the same while the process lives */

static void
end_thread(void *at_end)
{
	struct thread *thread = at_end;

	notify_thread_ends(thread);
	registry_close(thread->registry);
	free(thread);
}

static void
start_process(void)
{
	thread_key_made = pthread_key_create(&thread_key, end_thread) == 0;
}

/* The thread that ends the process does not end itself: its connection is closed here. */
__attribute__((destructor)) static void
end_process(void)
{
	struct thread *thread = thread_key_made ? pthread_getspecific(thread_key) : NULL;

	if (thread == NULL)
		return;
	pthread_setspecific(thread_key, NULL);
	if (thread->process == unix_process())
		registry_close(thread->registry);
	free(thread);
}

static struct thread *
this_thread(void)
{
	struct thread *thread;

	pthread_once(&once, start_process);
	if (!thread_key_made)
		return NULL;
	thread = pthread_getspecific(thread_key);
	if (thread != NULL)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (thread != NULL && pthread_setspecific(thread_key, thread) != 0) {
		free(thread);
		thread = NULL;
	}
	return thread;
}

const void *
process_thread(void)
{
	return this_thread();
}

/* The host's folder; NULL while there is no memory for its name. */
static const char *
host_root(void)
{
	const char *text;

	pthread_mutex_lock(&root_mutex);
	if (root.size == 0)
		registry_default_root(&root);
	text = buf_text(&root);
	if (root.failed) {
		buf_release(&root);
		text = NULL;
	}
	pthread_mutex_unlock(&root_mutex);
	return text;
}

lstatus
process_connect(struct registry **ret_registry)
{
	struct registry_options options = { .mode = REGISTRY_CREATE };
	const char *text = host_root();

	return text != NULL ? registry_open(text, &options, ret_registry)
	                    : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
}

lstatus
process_registry(struct registry **ret_registry)
{
	struct thread *thread = this_thread();
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (thread == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (thread->registry != NULL && thread->process != unix_process()) {
		registry_close(thread->registry);
		thread->registry = NULL;
	}
	if (thread->registry == NULL) {
		status = process_connect(&thread->registry);
		thread->process = unix_process();
	}
	if (lstatus_ok(status))
		*ret_registry = thread->registry;
	return status;
}
