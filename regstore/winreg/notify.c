/*
 * RegNotifyChangeKeyValue.
 *
 * The engine's watches stay armed; Windows' tell one change and are armed again by the next call.
 * A handle's first call makes a watch that lives as long as the handle. A change signals the calls
 * that wait (`posts`); if none does, it is kept for the next call.
 *
 * One thread waits for the host's bell on a connection of its own. Waits for events look at the
 * bell themselves first: what the process itself wrote is seen at once, as on Windows.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "regstore/winreg/internal.h"

/* A call that waits for a change. */
struct post {
	struct post *next;
	struct object *event;
	const void *thread; /* whose end signals it; NULL: none's */
};

/* A key handle's watch. Under HKEY_CLASSES_ROOT there are two keys to watch. */
struct notify {
	struct notify *next;
	struct reg_watch *watches[2];
	struct post *posts;
	bool changed;  /* while nobody waited */
	pid_t process; /* whose it is: a forked child's copy of a key has none */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static struct registry *registry;
static struct notify *notifies;
static int wake = -1; /* tells the thread that there is a descriptor to wait for */
static pid_t process; /* whose all this is */

/* --- Signals ---------------------------------------------------------------------------------- */

/* Signal those who wait; with a thread, only those whose end it is. */
static void
signal_posts(struct notify *notify, const void *thread)
{
	struct post **at = &notify->posts;

	while (*at != NULL) {
		struct post *post = *at;

		if (thread != NULL && post->thread != thread) {
			at = &post->next;
			continue;
		}
		*at = post->next;
		event_set(post->event);
		object_drop(post->event);
		free(post);
	}
}

static void
dispatch(void)
{
	if (registry == NULL || process != getpid() || !registry_watch_drain(registry))
		return;
	for (struct notify *notify = notifies; notify != NULL; notify = notify->next) {
		bool changed = registry_watch_taken(notify->watches[0]);

		if (notify->watches[1] != NULL && registry_watch_taken(notify->watches[1]))
			changed = true;
		if (!changed)
			continue;
		if (notify->posts == NULL)
			notify->changed = true;
		signal_posts(notify, NULL);
	}
}

void
notify_poll(void)
{
	pthread_mutex_lock(&mutex);
	dispatch();
	pthread_mutex_unlock(&mutex);
}

/* --- The thread ------------------------------------------------------------------------------- */

static void *
run(void *unused UNUSED)
{
	struct pollfd waits[2] = { { .events = POLLIN }, { .events = POLLIN } };

	for (;;) {
		eventfd_t count;

		pthread_mutex_lock(&mutex);
		waits[0].fd = wake;
		waits[1].fd = registry_watch_fd(registry);
		pthread_mutex_unlock(&mutex);
		if (poll(waits, ARRAY_SIZE(waits), -1) < 0 && errno != EINTR)
			return NULL;
		if (waits[0].revents != 0)
			eventfd_read(waits[0].fd, &count);
		notify_poll();
	}
}

/* The thread takes no signals: they are the program's. */
static bool
start_thread(void)
{
	sigset_t all;
	sigset_t before;
	pthread_t thread;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, NULL, run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_detach(thread);
	return started;
}

/* A child of fork finds the mutex free, whatever the thread was doing. */
static void
before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void
after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

/* Connect and start the thread, once a process. */
static lstatus
start(void)
{
	lstatus status;

	if (registry != NULL && process == getpid())
		return LSTATUS(ERROR_SUCCESS);
	if (process == 0)
		pthread_atfork(before_fork, after_fork, after_fork);
	/* A parent's, if anything. */
	registry = NULL;
	notifies = NULL;
	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake < 0)
		return LSTATUS(ERROR_NO_SYSTEM_RESOURCES);
	status = process_connect(&registry);
	if (lstatus_ok(status) && !start_thread()) {
		registry_close(registry);
		registry = NULL;
		status = LSTATUS(ERROR_NO_SYSTEM_RESOURCES);
	}
	if (!lstatus_ok(status))
		close(wake);
	process = getpid();
	return status;
}

/* --- Watches ---------------------------------------------------------------------------------- */

static void
free_notify(struct notify *notify)
{
	registry_unwatch(registry, notify->watches[0]);
	registry_unwatch(registry, notify->watches[1]);
	free(notify);
}

/* The first call for a handle: what it asks for stays. */
static lstatus
make_notify(struct call *call, bool subtree, DWORD filter)
{
	struct notify *notify = calloc(1, sizeof(*notify));
	uint32_t engine_filter = filter & REGISTRY_NOTIFY_ALL;
	lstatus status;

	if (notify == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = registry_watch_key(
	    registry, call->registry, call->key->id, subtree, engine_filter, &notify->watches[0]);
	if (lstatus_ok(status) && call->key->id.below != 0)
		status = registry_watch_key(registry, call->registry,
		    (reg_key){ call->key->id.below, 0 }, subtree, engine_filter,
		    &notify->watches[1]);
	if (!lstatus_ok(status)) {
		free_notify(notify);
		return status;
	}
	notify->process = getpid();
	notify->next = notifies;
	notifies = notify;
	call->key->notify = notify;
	eventfd_write(wake, 1);
	return status;
}

static lstatus
add_post(struct notify *notify, struct object *event, const void *thread)
{
	struct post *post = calloc(1, sizeof(*post));

	if (post == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	atomic_fetch_add(&event->references, 1);
	*post = (struct post){ notify->posts, event, thread };
	notify->posts = post;
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
arm(struct call *call, bool subtree, DWORD filter, struct object *event, const void *thread)
{
	struct notify *notify;
	uint32_t flags; /* unused: a key that was deleted has none */
	lstatus status = start();

	if (!lstatus_ok(status))
		return status;
	if (call->key->notify == NULL || call->key->notify->process != getpid())
		status = make_notify(call, subtree, filter);
	else
		status = registry_query_flags(call->registry, call->key->id, &flags);
	if (!lstatus_ok(status))
		return status;
	dispatch();
	notify = call->key->notify;
	event_reset(event);
	if (!notify->changed)
		return add_post(notify, event, thread);
	notify->changed = false;
	event_set(event);
	return status;
}

void
notify_close(struct key *key)
{
	struct notify **at = &notifies;

	pthread_mutex_lock(&mutex);
	while (*at != NULL && (process != getpid() || *at != key->notify))
		at = &(*at)->next;
	if (*at != NULL) {
		struct notify *notify = *at;

		*at = notify->next;
		key->notify = NULL;
		signal_posts(notify, NULL);
		free_notify(notify);
	}
	pthread_mutex_unlock(&mutex);
}

void
notify_thread_ends(const void *thread)
{
	pthread_mutex_lock(&mutex);
	if (process == getpid()) {
		dispatch();
		for (struct notify *at = notifies; at != NULL; at = at->next)
			signal_posts(at, thread);
	}
	pthread_mutex_unlock(&mutex);
}

/* --- The call --------------------------------------------------------------------------------- */

static lstatus
notify_call(HKEY handle, bool subtree, DWORD filter, struct object *event, const void *thread)
{
	struct call call;
	lstatus status = call_begin(handle, KEY_NOTIFY, &call);

	if (!lstatus_ok(status))
		return status;
	pthread_mutex_lock(&mutex);
	status = arm(&call, subtree, filter, event, thread);
	pthread_mutex_unlock(&mutex);
	call_end(&call);
	return status;
}

LSTATUS
RegNotifyChangeKeyValue(
    HKEY hKey, BOOL bWatchSubtree, DWORD dwNotifyFilter, HANDLE hEvent, BOOL fAsynchronous)
{
	bool agnostic = (dwNotifyFilter & REG_NOTIFY_THREAD_AGNOSTIC) != 0;
	const void *thread = agnostic || !fAsynchronous ? NULL : process_thread();
	struct object *event;
	lstatus status;

	if ((dwNotifyFilter & ~(DWORD)REG_LEGAL_CHANGE_FILTER) != 0 ||
	    (dwNotifyFilter & REGISTRY_NOTIFY_ALL) == 0 || (fAsynchronous && hEvent == NULL))
		return ERROR_INVALID_PARAMETER;
	event = fAsynchronous ? handle_object(hEvent, OBJECT_EVENT) : event_new(true, false);
	if (event == NULL)
		return fAsynchronous ? ERROR_INVALID_HANDLE : ERROR_NOT_ENOUGH_MEMORY;
	status = notify_call(hKey, bWatchSubtree, dwNotifyFilter, event, thread);
	if (lstatus_ok(status) && !fAsynchronous)
		event_wait(event);
	object_drop(event);
	return result(status);
}
