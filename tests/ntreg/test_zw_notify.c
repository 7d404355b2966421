/*
 * ZwNotifyChangeKey, and the events it is told through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/ntreg/nt.h"

static void
count_call(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved UNUSED)
{
	if (block->Status == STATUS_NOTIFY_ENUM_DIR)
		++*(int *)context;
}

static void
a_change_is_told_once(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	HANDLE event = NULL;
	IO_STATUS_BLOCK block;
	LARGE_INTEGER now = { .QuadPart = 0 };
	LARGE_INTEGER long_time = { .QuadPart = -300000000 };
	int calls = 0;

	assert_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE),
	    STATUS_SUCCESS);
	memset(&block, POISON, sizeof(block));
	assert_status(ZwNotifyChangeKey(key, event, count_call, &calls, &block,
	                  REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
	    STATUS_PENDING);
	assert_status(block.Status, STATUS_PENDING);
	assert_status(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
	/* A name is no value: the filter keeps this back. */
	host_key(other, "HKLM\\SOFTWARE\\Acme\\Driver\\Sub");
	assert_int_equal(ntreg_dispatch(), 0);
	registry_set_dword(other, host_key(other, "HKLM\\SOFTWARE\\Acme\\Driver"), "v", 1);
	assert_status(ZwWaitForSingleObject(event, FALSE, &long_time), STATUS_SUCCESS);
	assert_status(block.Status, STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(calls, 1);
	/* The event was one for one wait, and the request is over. */
	registry_set_dword(other, host_key(other, "HKLM\\SOFTWARE\\Acme\\Driver"), "v", 2);
	assert_status(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
	assert_int_equal(ntreg_dispatch(), 0);
	/* What happened since ends the next request at once, here one that waits. */
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, REG_NOTIFY_CHANGE_LAST_SET,
	                  FALSE, NULL, 0, FALSE),
	    STATUS_NOTIFY_ENUM_DIR);
	registry_close(other);
}

static void
closing_a_key_ends_its_requests(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_NOTIFY);
	HANDLE event = NULL;
	IO_STATUS_BLOCK block;
	LARGE_INTEGER now = { .QuadPart = 0 };
	LONG before = 7;

	assert_status(
	    ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE), STATUS_SUCCESS);
	assert_status(ZwNotifyChangeKey(key, event, NULL, NULL, &block, 15, TRUE, NULL, 0, TRUE),
	    STATUS_PENDING);
	assert_status(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
	assert_status(ZwClose(key), STATUS_SUCCESS);
	assert_status(block.Status, STATUS_NOTIFY_CLEANUP);
	assert_status(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
	assert_status(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
	assert_status(ZwSetEvent(event, &before), STATUS_SUCCESS);
	assert_int_equal(before, 1);
	assert_status(ZwFlushKey(event), STATUS_OBJECT_TYPE_MISMATCH);
	assert_status(ZwClose(event), STATUS_SUCCESS);
	assert_status(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_INVALID_HANDLE);
}

/* Wait for a byte, then write a value below the tests' key. */
static int
write_when_told(const char *root, int told)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct registry *registry = NULL;
	reg_key key;
	lstatus status;
	char byte;

	if (read(told, &byte, 1) != 1)
		return 1;
	status = registry_open(root, &options, &registry);
	if (lstatus_ok(status))
		status = registry_create_key(
		    registry, NULL, "HKLM\\SOFTWARE\\Acme\\Driver\\Deep", 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "v", 1);
	registry_close(registry);
	return lstatus_ok(status) ? 0 : 1;
}

static void
a_waiting_call_returns_when_another_process_writes(void **state)
{
	struct host *host = *state;
	HANDLE key = nt_key(KEY_NOTIFY);
	IO_STATUS_BLOCK first;
	IO_STATUS_BLOCK block;
	int pipe_ends[2];
	int child;

	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	if (child == 0)
		_exit(write_when_told(host->root, pipe_ends[0]));
	/* The first request arms the watch, so that the write cannot come too early. */
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &first, REG_NOTIFY_CHANGE_LAST_SET,
	                  TRUE, NULL, 0, TRUE),
	    STATUS_PENDING);
	assert_int_equal(write(pipe_ends[1], "x", 1), 1);
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, REG_NOTIFY_CHANGE_LAST_SET,
	                  TRUE, NULL, 0, FALSE),
	    STATUS_NOTIFY_ENUM_DIR);
	assert_status(block.Status, STATUS_NOTIFY_ENUM_DIR);
	assert_status(first.Status, STATUS_NOTIFY_ENUM_DIR);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(host_wait(child), 0);
}

/* A handle is of a key, not of a path. */
static void
a_key_is_watched_on_under_its_new_name(void **state)
{
	struct host *host = *state;
	struct registry *other = host_connect(host);
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	IO_STATUS_BLOCK block;

	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, REG_NOTIFY_CHANGE_LAST_SET,
	                  FALSE, NULL, 0, TRUE),
	    STATUS_PENDING);
	assert_status(ZwRenameKey(key, US(u"Renamed")), STATUS_SUCCESS);
	registry_set_dword(other, host_key(other, "HKLM\\SOFTWARE\\Acme\\Driver"), "v", 1);
	assert_lstatus(registry_rename_key(other, host_key(other, "HKLM\\SOFTWARE\\Acme"), "Ajax"),
	    ERROR_SUCCESS);
	assert_int_equal(ntreg_dispatch(), 0);
	registry_set_dword(other, host_key(other, "HKLM\\SOFTWARE\\Ajax\\Renamed"), "v", 1);
	assert_int_equal(ntreg_dispatch(), 1);
	assert_status(block.Status, STATUS_NOTIFY_ENUM_DIR);
	registry_close(other);
}

static void
a_deleted_key_is_watched_no_more(void **state UNUSED)
{
	HANDLE key = nt_key(KEY_ALL_ACCESS);
	IO_STATUS_BLOCK block;

	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, REG_NOTIFY_CHANGE_LAST_SET,
	                  FALSE, NULL, 0, TRUE),
	    STATUS_PENDING);
	assert_status(ZwDeleteKey(key), STATUS_SUCCESS);
	assert_int_equal(ntreg_dispatch(), 1);
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, REG_NOTIFY_CHANGE_LAST_SET,
	                  FALSE, NULL, 0, TRUE),
	    STATUS_KEY_DELETED);
}

static void
wrong_requests_are_refused(void **state UNUSED)
{
	PUNICODE_STRING name = US(u"\\BaseNamedObjects\\x");
	HANDLE key = nt_key(KEY_NOTIFY);
	HANDLE event = NULL;
	IO_STATUS_BLOCK block;
	OBJECT_ATTRIBUTES named;

	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, NULL, 1, FALSE, NULL, 0, TRUE),
	    STATUS_ACCESS_VIOLATION);
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, 0, FALSE, NULL, 0, TRUE),
	    STATUS_INVALID_PARAMETER);
	assert_status(ZwNotifyChangeKey(key, NULL, NULL, NULL, &block, 16, FALSE, NULL, 0, TRUE),
	    STATUS_INVALID_PARAMETER);
	assert_status(ZwNotifyChangeKey(key, key, NULL, NULL, &block, 1, FALSE, NULL, 0, TRUE),
	    STATUS_OBJECT_TYPE_MISMATCH);
	InitializeObjectAttributes(&named, name, 0, NULL, NULL);
	assert_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &named, NotificationEvent, FALSE),
	    STATUS_NOT_SUPPORTED);
	assert_status(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)5, FALSE),
	    STATUS_INVALID_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, nt_setup, nt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_told_once),
		TEST(closing_a_key_ends_its_requests),
		TEST(a_waiting_call_returns_when_another_process_writes),
		TEST(a_key_is_watched_on_under_its_new_name),
		TEST(a_deleted_key_is_watched_no_more),
		TEST(wrong_requests_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
