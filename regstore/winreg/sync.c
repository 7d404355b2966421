/*
 * Events, waits for them, and the thread's last error.
 *
 * All events share one lock and one condition: the programs here have few of them.
 */
#include <stdlib.h>
#include <time.h>

#include "regstore/winreg/internal.h"

struct event {
	struct object object;
	bool manual;
	bool signaled;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local DWORD last_error;

DWORD
GetLastError(void)
{
	return last_error;
}

void
SetLastError(DWORD dwErrCode)
{
	last_error = dwErrCode;
}

static BOOL
report(lstatus status)
{
	if (!lstatus_ok(status))
		SetLastError(status.code);
	return lstatus_ok(status);
}

/* --- Events ----------------------------------------------------------------------------------- */

static void
destroy_event(struct object *object)
{
	free(object);
}

struct object *
event_new(bool manual, bool signaled)
{
	struct event *event = calloc(1, sizeof(*event));

	if (event == NULL)
		return NULL;
	object_init(&event->object, OBJECT_EVENT, NULL, destroy_event);
	event->manual = manual;
	event->signaled = signaled;
	return &event->object;
}

void
event_set(struct object *event)
{
	pthread_mutex_lock(&mutex);
	((struct event *)event)->signaled = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

void
event_reset(struct object *event)
{
	pthread_mutex_lock(&mutex);
	((struct event *)event)->signaled = false;
	pthread_mutex_unlock(&mutex);
}

void
event_wait(struct object *event)
{
	pthread_mutex_lock(&mutex);
	while (!((struct event *)event)->signaled)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static HANDLE
create_event(BOOL manual, BOOL signaled, bool named)
{
	struct object *event;
	HANDLE handle = NULL;
	lstatus status;

	if (named) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	event = event_new(manual, signaled);
	status = event != NULL ? handle_make(event, &handle) : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return report(status) ? handle : NULL;
}

HANDLE
CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes UNUSED, BOOL bManualReset, BOOL bInitialState,
    LPCWSTR lpName)
{
	return create_event(bManualReset, bInitialState, lpName != NULL);
}

HANDLE
CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes UNUSED, BOOL bManualReset, BOOL bInitialState,
    LPCSTR lpName)
{
	return create_event(bManualReset, bInitialState, lpName != NULL);
}

BOOL
SetEvent(HANDLE hEvent)
{
	struct object *event = handle_object(hEvent, OBJECT_EVENT);

	if (event == NULL)
		return report(LSTATUS(ERROR_INVALID_HANDLE));
	event_set(event);
	object_drop(event);
	return TRUE;
}

BOOL
ResetEvent(HANDLE hEvent)
{
	struct object *event = handle_object(hEvent, OBJECT_EVENT);

	if (event == NULL)
		return report(LSTATUS(ERROR_INVALID_HANDLE));
	event_reset(event);
	object_drop(event);
	return TRUE;
}

BOOL
CloseHandle(HANDLE hObject)
{
	return report(handle_close(hObject, OBJECT_ANY));
}

/* --- Waits ------------------------------------------------------------------------------------ */

static struct timespec
deadline_after(DWORD milliseconds)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += milliseconds / 1000;
	at.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* Take an event that is signalled: one that resets itself is not signalled any more. */
static void
consume(struct event *event)
{
	if (!event->manual)
		event->signaled = false;
}

/* Take what the wait is for, if it is there: the index of the first, or WAIT_TIMEOUT. */
static DWORD
take(struct event **events, DWORD count, bool all)
{
	DWORD first = WAIT_TIMEOUT;
	DWORD signaled = 0;

	for (DWORD i = count; i-- > 0;) {
		if (!events[i]->signaled)
			continue;
		signaled++;
		first = i;
	}
	if (signaled == 0 || (all && signaled < count))
		return WAIT_TIMEOUT;
	for (DWORD i = 0; i < count; i++) {
		if (all || i == first)
			consume(events[i]);
	}
	return WAIT_OBJECT_0 + first;
}

static DWORD
wait_for(struct event **events, DWORD count, bool all, DWORD milliseconds)
{
	struct timespec deadline = deadline_after(milliseconds == INFINITE ? 0 : milliseconds);
	int code = 0;
	DWORD taken;

	/* What was written before the wait is seen by it, even if it does not wait at all. */
	notify_poll();
	pthread_mutex_lock(&mutex);
	taken = take(events, count, all);
	while (taken == WAIT_TIMEOUT && code == 0 && milliseconds != 0) {
		if (milliseconds == INFINITE)
			code = pthread_cond_wait(&changed, &mutex);
		else
			code = pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &deadline);
		taken = take(events, count, all);
	}
	pthread_mutex_unlock(&mutex);
	return taken;
}

DWORD
WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds)
{
	struct event *events[MAXIMUM_WAIT_OBJECTS];
	DWORD taken = WAIT_FAILED;
	DWORD count = 0;

	if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS || lpHandles == NULL) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return WAIT_FAILED;
	}
	for (; count < nCount; count++) {
		events[count] = (struct event *)handle_object(lpHandles[count], OBJECT_EVENT);
		if (events[count] == NULL)
			break;
	}
	if (count == nCount)
		taken = wait_for(events, count, bWaitAll, dwMilliseconds);
	else
		SetLastError(ERROR_INVALID_HANDLE);
	for (DWORD i = 0; i < count; i++)
		object_drop(&events[i]->object);
	return taken;
}

DWORD
WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForMultipleObjects(1, &hHandle, FALSE, dwMilliseconds);
}
