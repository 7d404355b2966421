/*
 * Change notification, and the events it is told through.
 *
 * A key's watch stays armed from the first request to the closing of the handle, so that what
 * changes between two requests is not missed.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "regstore/base/clock.h"
#include "regstore/ntreg/internal.h"

#define FILTERS                                                                                    \
	(REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET |      \
	    REG_NOTIFY_CHANGE_SECURITY)
#define NS_PER_TICK   100
#define TICKS_PER_MS  10000
#define WAIT_MS_MAX   60000 /* of one poll; a longer wait takes several */
#define WAIT_FOR_EVER INT64_MAX

/* A request that waits for a change. */
struct request {
	struct request *next;
	struct object *key;
	HANDLE event; /* or NULL */
	PIO_APC_ROUTINE routine;
	PVOID context;
	PIO_STATUS_BLOCK block;
};

/* Of all threads: a key may be closed in another one than it is waited for in. */
static struct request *requests;
static pthread_mutex_t requests_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- Events -------------------------------------------------------------------------------------
 */

NTSTATUS
ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    EVENT_TYPE EventType, BOOLEAN InitialState)
{
	struct object *object;

	if (EventHandle == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (EventType != NotificationEvent && EventType != SynchronizationEvent)
		return STATUS_INVALID_PARAMETER;
	if (ObjectAttributes != NULL && ObjectAttributes->ObjectName != NULL &&
	    ObjectAttributes->ObjectName->Length > 0)
		return STATUS_NOT_SUPPORTED;
	object = calloc(1, sizeof(*object));
	if (object == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	object->kind = OBJECT_EVENT;
	object->granted = (DesiredAccess & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0 ? EVENT_ALL_ACCESS
	                                                                         : DesiredAccess;
	object->type = EventType;
	object->signalled = InitialState != FALSE;
	return nt_handle_insert(object, EventHandle);
}

NTSTATUS
ZwSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
	struct object *event;
	NTSTATUS status = nt_handle_find(EventHandle, OBJECT_EVENT, EVENT_MODIFY_STATE, &event);

	if (!NT_SUCCESS(status))
		return status;
	if (PreviousState != NULL)
		*PreviousState = event->signalled;
	event->signalled = true;
	return STATUS_SUCCESS;
}

/* --- Requests -----------------------------------------------------------------------------------
 */

static void
complete(struct request *request, NTSTATUS status)
{
	struct object *event;

	request->block->Status = status;
	request->block->Information = 0;
	/* The event may have been closed since. */
	if (request->event != NULL &&
	    NT_SUCCESS(nt_handle_find(request->event, OBJECT_EVENT, 0, &event)))
		event->signalled = true;
	if (request->routine != NULL)
		request->routine(request->context, request->block, 0);
	free(request);
}

/* Take the requests that `wanted` holds for off the list; they come out in their order. */
static struct request *
take_requests(
    bool (*wanted)(const struct request *request, const void *context), const void *context)
{
	struct request **at = &requests;
	struct request *taken = NULL;
	struct request **end = &taken;

	pthread_mutex_lock(&requests_lock);
	while (*at != NULL) {
		struct request *request = *at;

		if (!wanted(request, context)) {
			at = &request->next;
			continue;
		}
		*at = request->next;
		request->next = NULL;
		*end = request;
		end = &request->next;
	}
	pthread_mutex_unlock(&requests_lock);
	return taken;
}

static ULONG
complete_all(struct request *list, NTSTATUS status)
{
	ULONG count = 0;

	for (struct request *next; list != NULL; list = next, count++) {
		next = list->next;
		complete(list, status);
	}
	return count;
}

static bool
is_for_key(const struct request *request, const void *context)
{
	return request->key == context;
}

/* Several requests may wait on one key, and asking a watch clears its mark. */
static bool
has_fired(const struct request *request, const void *context)
{
	struct object *key = request->key;

	if (key->registry != context)
		return false;
	key->fired = key->fired || registry_watch_taken(key->watch);
	return key->fired;
}

void
nt_notify_cleanup(struct object *key)
{
	complete_all(take_requests(is_for_key, key), STATUS_NOTIFY_CLEANUP);
}

ULONG
ntreg_dispatch(void)
{
	struct registry *registry = nt_attached();
	struct request *due;

	if (registry == NULL)
		return 0;
	registry_watch_drain(registry);
	due = take_requests(has_fired, registry);
	for (struct request *request = due; request != NULL; request = request->next)
		request->key->fired = false;
	return complete_all(due, STATUS_NOTIFY_ENUM_DIR);
}

/* --- Waits --------------------------------------------------------------------------------------
 */

/* Sleep until something may have changed, `left` ns at the longest. False when nothing can. */
static bool
wait_some(struct registry *registry, int64_t left)
{
	struct pollfd poll_for = { .fd = registry != NULL ? registry_watch_fd(registry) : -1,
		.events = POLLIN };
	int64_t ms = left / ((int64_t)NS_PER_TICK * TICKS_PER_MS) + 1;

	if (poll_for.fd < 0 && left == WAIT_FOR_EVER)
		return false;
	poll(&poll_for, 1, (int)(ms < WAIT_MS_MAX ? ms : WAIT_MS_MAX));
	return true;
}

/* How long a time-out lasts, in ns. */
static int64_t
timeout_ns(const LARGE_INTEGER *timeout)
{
	int64_t ticks;

	if (timeout == NULL)
		return WAIT_FOR_EVER;
	ticks = timeout->QuadPart;
	if (ticks > 0)
		ticks = ticks > clock_wall() ? ticks - clock_wall() : 0;
	else if (ticks > -(INT64_MAX / NS_PER_TICK))
		ticks = -ticks;
	else
		return WAIT_FOR_EVER;
	return ticks < INT64_MAX / NS_PER_TICK ? ticks * NS_PER_TICK : WAIT_FOR_EVER;
}

NTSTATUS
ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
	int64_t length = timeout_ns(Timeout);
	int64_t begin = clock_monotonic_ns();
	struct object *event;

	UNREFERENCED_PARAMETER(Alertable);
	for (;;) {
		int64_t passed;
		NTSTATUS status = nt_handle_find(Handle, OBJECT_EVENT, SYNCHRONIZE, &event);

		if (!NT_SUCCESS(status))
			return status;
		if (!event->signalled)
			ntreg_dispatch();
		/* A routine that was called may have closed the event. */
		status = nt_handle_find(Handle, OBJECT_EVENT, SYNCHRONIZE, &event);
		if (!NT_SUCCESS(status))
			return status;
		if (event->signalled) {
			event->signalled = event->type == NotificationEvent;
			return STATUS_SUCCESS;
		}
		passed = clock_monotonic_ns() - begin;
		if (length != WAIT_FOR_EVER && passed >= length)
			return STATUS_TIMEOUT;
		if (!wait_some(
		        nt_attached(), length == WAIT_FOR_EVER ? WAIT_FOR_EVER : length - passed))
			return STATUS_UNSUCCESSFUL;
	}
}

static NTSTATUS
wait_for_change(struct object *key)
{
	while (!key->fired) {
		registry_watch_drain(key->registry);
		if (registry_watch_taken(key->watch))
			break;
		if (!wait_some(key->registry, WAIT_FOR_EVER))
			return STATUS_UNSUCCESSFUL;
	}
	key->fired = false;
	/* The change is for all that wait on the handle. */
	complete_all(take_requests(is_for_key, key), STATUS_NOTIFY_ENUM_DIR);
	return STATUS_NOTIFY_ENUM_DIR;
}

/* --- The call -----------------------------------------------------------------------------------
 */

static NTSTATUS
arm(struct object *key, ULONG filter, bool subtree)
{
	uint32_t flags; /* unused: a key that was deleted has none */

	if (key->watch != NULL)
		return nt_status(registry_query_flags(key->registry, key->key, &flags));
	return nt_status(registry_watch_key(
	    key->registry, key->registry, key->key, subtree, filter, &key->watch));
}

static NTSTATUS
add_request(const struct request *given)
{
	struct request *request = malloc(sizeof(*request));
	struct request **end = &requests;
	struct object *event;

	if (request == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	*request = *given;
	request->block->Status = STATUS_PENDING;
	request->block->Information = 0;
	if (request->event != NULL &&
	    NT_SUCCESS(nt_handle_find(request->event, OBJECT_EVENT, 0, &event)))
		event->signalled = false;
	pthread_mutex_lock(&requests_lock);
	while (*end != NULL)
		end = &(*end)->next;
	*end = request;
	pthread_mutex_unlock(&requests_lock);
	return STATUS_PENDING;
}

NTSTATUS
ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
    PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
    ULONG BufferSize, BOOLEAN Asynchronous)
{
	struct request request = {
		.event = Event, .routine = ApcRoutine, .context = ApcContext, .block = IoStatusBlock
	};
	ULONG filter = CompletionFilter & ~REG_NOTIFY_THREAD_AGNOSTIC;
	struct object *event;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(Buffer);
	UNREFERENCED_PARAMETER(BufferSize);
	if (IoStatusBlock == NULL)
		return STATUS_ACCESS_VIOLATION;
	if (filter == 0 || (filter & ~(ULONG)FILTERS) != 0)
		return STATUS_INVALID_PARAMETER;
	status = nt_handle_find_key(KeyHandle, KEY_NOTIFY, &request.key);
	if (NT_SUCCESS(status) && Event != NULL)
		status = nt_handle_find(Event, OBJECT_EVENT, EVENT_MODIFY_STATE, &event);
	if (NT_SUCCESS(status))
		status = arm(request.key, filter, WatchTree != FALSE);
	if (!NT_SUCCESS(status))
		return status;
	if (Asynchronous)
		return add_request(&request);
	status = wait_for_change(request.key);
	IoStatusBlock->Status = status;
	IoStatusBlock->Information = 0;
	return status;
}
