/*
 * Events, change notification, handles, threads.
 */
#include "tests/winreg/common.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_ENOUGH 20000

#define NAME_AND_VALUES (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET)

static void
arm(HKEY key, BOOL subtree, DWORD filter, HANDLE event)
{
	OK(RegNotifyChangeKeyValue(key, subtree, filter, event, TRUE));
}

static void
assert_signaled(HANDLE event)
{
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}

static void
assert_quiet(HANDLE event)
{
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
}

static HANDLE
new_event(BOOL manual)
{
	HANDLE event = CreateEventW(NULL, manual, FALSE, NULL);

	assert_non_null(event);
	return event;
}

/* --- Events ----------------------------------------------------------------------------------- */

static void
events_are_set_reset_and_waited_for(void **state UNUSED)
{
	HANDLE manual = new_event(TRUE);
	HANDLE automatic = new_event(FALSE);
	HANDLE both[2] = { manual, automatic };

	assert_quiet(manual);
	assert_true(SetEvent(manual));
	assert_signaled(manual);
	assert_signaled(manual);
	assert_true(ResetEvent(manual));
	assert_quiet(manual);
	assert_true(SetEvent(automatic));
	assert_int_equal(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_OBJECT_0 + 1);
	assert_int_equal(WaitForMultipleObjects(2, both, FALSE, 1), WAIT_TIMEOUT);
	assert_true(SetEvent(automatic));
	assert_int_equal(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_TIMEOUT);
	assert_true(SetEvent(manual));
	assert_int_equal(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0);
	assert_quiet(automatic);
	assert_signaled(manual);
	assert_true(CloseHandle(manual));
	assert_true(CloseHandle(automatic));
	assert_false(CloseHandle(manual));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_false(SetEvent(manual));
	assert_false(ResetEvent(NULL));
	assert_int_equal(WaitForSingleObject(manual, 0), WAIT_FAILED);
	assert_int_equal(WaitForMultipleObjects(0, both, FALSE, 0), WAIT_FAILED);
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	assert_null(CreateEventA(NULL, FALSE, FALSE, "named"));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

/* --- Notification ----------------------------------------------------------------------------- */

static void
arming_says_what_is_wrong(void **state)
{
	HANDLE event = new_event(TRUE);

	FAILS(ERROR_INVALID_PARAMETER, RegNotifyChangeKeyValue(*state, FALSE, 0, event, TRUE));
	FAILS(ERROR_INVALID_PARAMETER, RegNotifyChangeKeyValue(*state, FALSE, 0x10, event, TRUE));
	FAILS(ERROR_INVALID_PARAMETER,
	    RegNotifyChangeKeyValue(*state, FALSE, NAME_AND_VALUES, NULL, TRUE));
	FAILS(ERROR_INVALID_HANDLE,
	    RegNotifyChangeKeyValue(*state, FALSE, NAME_AND_VALUES, *state, TRUE));
	FAILS(ERROR_INVALID_HANDLE,
	    RegNotifyChangeKeyValue(NULL, FALSE, NAME_AND_VALUES, event, TRUE));
	assert_true(CloseHandle(event));
}

static void
one_change_signals_once(void **state)
{
	HANDLE event = new_event(FALSE);

	arm(*state, FALSE, NAME_AND_VALUES, event);
	assert_quiet(event);
	set_dword(*state, L"n", 1);
	assert_signaled(event);
	assert_quiet(event);
	/* What happens between two calls is kept for the second. */
	set_dword(*state, L"n", 2);
	assert_quiet(event);
	arm(*state, FALSE, NAME_AND_VALUES, event);
	assert_signaled(event);
	arm(*state, FALSE, NAME_AND_VALUES, event);
	assert_quiet(event);
	OK(RegCloseKey(subkey(*state, L"child")));
	assert_signaled(event);
	assert_true(CloseHandle(event));
}

static void
arming_resets_the_event(void **state)
{
	HANDLE event = new_event(TRUE);

	assert_true(SetEvent(event));
	arm(*state, FALSE, NAME_AND_VALUES, event);
	assert_quiet(event);
	set_dword(*state, L"n", 1);
	assert_signaled(event);
	assert_signaled(event);
	assert_true(CloseHandle(event));
}

static void
the_filter_and_the_subtree_count(void **state)
{
	HANDLE names = new_event(FALSE);
	HANDLE deep = new_event(FALSE);
	HKEY second = POISON_KEY;
	HKEY child = subkey(*state, L"child");

	OK(RegOpenKeyExW(*state, NULL, 0, KEY_READ, &second));
	arm(*state, FALSE, REG_NOTIFY_CHANGE_NAME, names);
	arm(second, TRUE, NAME_AND_VALUES, deep);
	set_dword(*state, L"n", 1);
	assert_quiet(names);
	assert_signaled(deep);
	arm(second, TRUE, NAME_AND_VALUES, deep);
	set_dword(child, L"n", 1);
	assert_quiet(names);
	assert_signaled(deep);
	/* The first call's filter stays, whatever a later one says. */
	arm(*state, TRUE, REG_NOTIFY_CHANGE_LAST_SET, names);
	set_dword(*state, L"n", 2);
	assert_quiet(names);
	OK(RegDeleteKeyW(*state, L"child"));
	assert_signaled(names);
	OK(RegCloseKey(child));
	OK(RegCloseKey(second));
	assert_true(CloseHandle(names));
	assert_true(CloseHandle(deep));
}

static void
closing_the_key_signals(void **state)
{
	HANDLE event = new_event(TRUE);
	HKEY key = subkey(*state, L"closed");

	arm(key, FALSE, NAME_AND_VALUES, event);
	assert_quiet(event);
	OK(RegCloseKey(key));
	assert_signaled(event);
	assert_true(CloseHandle(event));
}

struct armer {
	HKEY key;
	HANDLE event;
	DWORD filter;
};

static void *
arm_and_end(void *argument)
{
	struct armer *armer = argument;

	if (RegNotifyChangeKeyValue(armer->key, FALSE, armer->filter, armer->event, TRUE) !=
	        ERROR_SUCCESS ||
	    WaitForSingleObject(armer->event, 0) != WAIT_TIMEOUT)
		return armer;
	return NULL;
}

static void
run(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	void *failed = argument;

	assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
}

static void
the_end_of_the_thread_signals_unless_told_not_to(void **state)
{
	struct armer armer = { *state, new_event(TRUE), NAME_AND_VALUES };

	run(arm_and_end, &armer);
	assert_signaled(armer.event);
	armer.filter |= REG_NOTIFY_THREAD_AGNOSTIC;
	run(arm_and_end, &armer);
	assert_quiet(armer.event);
	set_dword(*state, L"n", 1);
	assert_signaled(armer.event);
	assert_true(CloseHandle(armer.event));
}

static void *
set_value_of(void *argument)
{
	DWORD number = 9;

	return RegSetValueExW(argument, L"w", 0, REG_DWORD, (const BYTE *)&number, 4) ==
	               ERROR_SUCCESS
	           ? NULL
	           : argument;
}

/* Writes until the other thread, which may not wait yet, has seen one. */
static void *
wait_for_change(void *argument)
{
	struct armer *armer = argument;
	LSTATUS code = RegNotifyChangeKeyValue(armer->key, FALSE, armer->filter, NULL, FALSE);

	SetEvent(armer->event);
	return code == ERROR_SUCCESS ? NULL : armer;
}

static void
a_synchronous_call_returns_at_the_change(void **state)
{
	struct armer armer = { *state, new_event(TRUE), NAME_AND_VALUES };
	pthread_t thread;
	void *failed = &armer;

	assert_int_equal(pthread_create(&thread, NULL, wait_for_change, &armer), 0);
	while (WaitForSingleObject(armer.event, 10) == WAIT_TIMEOUT)
		set_dword(*state, L"n", 1);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_true(CloseHandle(armer.event));
}

static void *
wait_for_close(void *argument)
{
	LSTATUS code = RegNotifyChangeKeyValue(argument, FALSE, NAME_AND_VALUES, NULL, FALSE);

	return code == ERROR_SUCCESS || code == ERROR_INVALID_HANDLE ? NULL : argument;
}

/* Whatever the call has come to when the handle is closed, it returns. */
static void
a_close_ends_the_call_that_is_under_way(void **state)
{
	for (unsigned i = 0; i < 300; i++) {
		HKEY key = POISON_KEY;
		pthread_t thread;
		void *failed = *state;

		OK(RegOpenKeyExW(*state, NULL, 0, KEY_NOTIFY, &key));
		assert_int_equal(pthread_create(&thread, NULL, wait_for_close, key), 0);
		/* A little later in each round, so that each moment of the call is met. */
		for (unsigned turn = 0; turn < i; turn++)
			sched_yield();
		OK(RegCloseKey(key));
		assert_int_equal(pthread_join(thread, &failed), 0);
		assert_null(failed);
	}
}

static void
other_threads_and_processes_are_seen(void **state)
{
	HANDLE event = new_event(FALSE);
	pid_t child;

	arm(*state, FALSE, NAME_AND_VALUES, event);
	run(set_value_of, *state);
	assert_int_equal(WaitForSingleObject(event, LONG_ENOUGH), WAIT_OBJECT_0);
	arm(*state, FALSE, NAME_AND_VALUES, event);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(set_value_of(*state) == NULL ? 0 : 1);
	assert_int_equal(WaitForSingleObject(event, LONG_ENOUGH), WAIT_OBJECT_0);
	assert_int_equal(host_wait(child), 0);
	assert_true(CloseHandle(event));
}

/* A child's notifications are its own: it waits for what its parent does. */
static void
a_forked_child_is_notified_itself(void **state)
{
	HANDLE event = new_event(FALSE);
	HANDLE child_event;
	int armed[2];
	char byte = 0;
	pid_t child;

#ifdef __SANITIZE_THREAD__
	skip(); /* it lets no forked child start a thread */
#endif
	arm(*state, FALSE, NAME_AND_VALUES, event);
	assert_int_equal(pipe(armed), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		child_event = CreateEventW(NULL, TRUE, FALSE, NULL);
		if (RegNotifyChangeKeyValue(*state, FALSE, NAME_AND_VALUES, child_event, TRUE) !=
		        ERROR_SUCCESS ||
		    write(armed[1], "x", 1) != 1)
			_exit(1);
		_exit(WaitForSingleObject(child_event, LONG_ENOUGH) == WAIT_OBJECT_0 ? 0 : 2);
	}
	close(armed[1]);
	assert_int_equal(read(armed[0], &byte, 1), 1);
	close(armed[0]);
	assert_quiet(event);
	set_dword(*state, L"n", 1);
	assert_int_equal(host_wait(child), 0);
	assert_signaled(event);
	assert_true(CloseHandle(event));
}

static void
both_keys_of_classes_root_are_watched(void **state UNUSED)
{
	HANDLE event = new_event(FALSE);
	HKEY key = POISON_KEY;

	OK(RegOpenKeyExW(HKEY_CLASSES_ROOT, NULL, 0, KEY_READ, &key));
	arm(HKEY_CLASSES_ROOT, TRUE, REG_NOTIFY_CHANGE_NAME, event);
	OK(RegSetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Classes\\.hvn", REG_SZ, "m", 0));
	assert_signaled(event);
	arm(HKEY_CLASSES_ROOT, TRUE, REG_NOTIFY_CHANGE_NAME, event);
	OK(RegSetValueA(HKEY_CURRENT_USER, "Software\\Classes\\.hvn", REG_SZ, "u", 0));
	assert_signaled(event);
	OK(RegDeleteKeyA(HKEY_CURRENT_USER, "Software\\Classes\\.hvn"));
	OK(RegDeleteKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Classes\\.hvn"));
	assert_true(CloseHandle(event));
}

/* A handle is of a key, not of a path. */
static void
a_key_is_watched_on_under_its_new_name(void **state)
{
	HANDLE event = new_event(FALSE);
	HKEY key = subkey(*state, L"old\\below");
	HKEY other;
	pid_t child;

	arm(key, FALSE, NAME_AND_VALUES, event);
	OK(RegRenameKey(*state, L"old", L"new"));
	assert_quiet(event);
	other = subkey(*state, L"old\\below");
	set_dword(other, L"n", 1);
	assert_quiet(event);
	OK(RegCloseKey(other));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (RegOpenKeyExW(*state, L"new\\below", 0, KEY_ALL_ACCESS, &other) != 0)
			_exit(2);
		_exit(set_value_of(other) == NULL ? 0 : 1);
	}
	assert_int_equal(WaitForSingleObject(event, LONG_ENOUGH), WAIT_OBJECT_0);
	assert_int_equal(host_wait(child), 0);
	/* Its own name is a change of the key. */
	arm(key, FALSE, NAME_AND_VALUES, event);
	OK(RegRenameKey(key, NULL, L"newer"));
	assert_signaled(event);
	arm(key, FALSE, NAME_AND_VALUES, event);
	OK(RegCloseKey(subkey(*state, L"new\\below")));
	assert_quiet(event);
	set_dword(key, L"n", 1);
	assert_signaled(event);
	OK(RegCloseKey(key));
	assert_true(CloseHandle(event));
}

/* Its end signals, whatever the filter; there is nothing more to wait for. */
static void
a_deleted_key_is_watched_no_more(void **state)
{
	static const DWORD filters[] = { REG_NOTIFY_CHANGE_NAME, REG_NOTIFY_CHANGE_LAST_SET,
		REG_NOTIFY_CHANGE_SECURITY };
	HANDLE event = new_event(FALSE);

	for (unsigned i = 0; i < 3; i++) {
		HKEY key = subkey(*state, L"gone");

		arm(key, FALSE, filters[i], event);
		OK(RegDeleteKeyW(*state, L"gone"));
		assert_signaled(event);
		FAILS(ERROR_KEY_DELETED,
		    RegNotifyChangeKeyValue(key, FALSE, filters[i], event, TRUE));
		FAILS(ERROR_KEY_DELETED,
		    RegNotifyChangeKeyValue(key, FALSE, filters[i], NULL, FALSE));
		OK(RegCloseKey(key));
	}
	assert_true(CloseHandle(event));
}

static void
a_key_is_watched_in_the_transaction_that_makes_it(void **state)
{
	HANDLE transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
	HANDLE event = new_event(FALSE);
	HKEY key = POISON_KEY;

	OK(RegCreateKeyTransactedW(
	    *state, L"tx", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL, transaction, NULL));
	arm(key, FALSE, NAME_AND_VALUES, event);
	assert_quiet(event);
	assert_true(CommitTransaction(transaction));
	assert_signaled(event);
	OK(RegCloseKey(key));
	assert_true(CloseHandle(transaction));
	assert_true(CloseHandle(event));
}

/* --- Handles ---------------------------------------------------------------------------------- */

static void
a_closed_or_made_up_handle_is_refused(void **state)
{
	HANDLE event = new_event(TRUE);
	HKEY key = subkey(*state, L"h");
	HKEY next;

	FAILS(ERROR_INVALID_HANDLE, RegCloseKey((HKEY)((ULONG_PTR)key + 1)));
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey((HKEY)((ULONG_PTR)key + (1u << 20))));
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey((HKEY)event));
	FAILS(ERROR_INVALID_HANDLE, RegQueryValueExW((HKEY)event, L"", NULL, NULL, NULL, NULL));
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey(NULL));
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey((HKEY)INVALID_HANDLE_VALUE));
	OK(RegCloseKey(key));
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey(key));
	FAILS(ERROR_INVALID_HANDLE, RegQueryValueExW(key, L"", NULL, NULL, NULL, NULL));
	for (unsigned i = 0; i < 1000; i++) {
		next = subkey(*state, L"h");
		assert_ptr_not_equal(next, key);
		OK(RegCloseKey(next));
	}
	FAILS(ERROR_INVALID_HANDLE, RegCloseKey(key));
	key = subkey(*state, L"h");
	assert_true(CloseHandle(key));
	assert_true(CloseHandle(event));
}

#define THREADS 4
#define ROUNDS  40

/* Each thread opens, writes, reads and closes through the others' key. */
static void *
work(void *argument)
{
	HKEY key = argument;

	for (DWORD i = 0; i < ROUNDS; i++) {
		WCHAR name[2] = { (WCHAR)('a' + i % 7), 0 };
		DWORD number = POISON_NUMBER;
		DWORD size = sizeof(number);
		DWORD length = 2;
		HKEY child;

		if (RegCreateKeyExW(key, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &child, NULL) !=
		        0 ||
		    RegSetValueExW(child, L"n", 0, REG_DWORD, (const BYTE *)&i, 4) != 0 ||
		    RegQueryValueExW(child, L"n", NULL, NULL, (BYTE *)&number, &size) != 0 ||
		    RegEnumValueW(child, 0, name, &length, NULL, NULL, NULL, NULL) != 0 ||
		    RegEnumKeyW(key, 0, name, 2) != 0 || number >= ROUNDS ||
		    RegCloseKey(child) != 0)
			return argument;
	}
	return NULL;
}

static void
threads_share_keys(void **state)
{
	pthread_t threads[THREADS];
	void *failed = *state;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, *state), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, winreg_setup, winreg_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_set_reset_and_waited_for),
		TEST(arming_says_what_is_wrong),
		TEST(one_change_signals_once),
		TEST(arming_resets_the_event),
		TEST(the_filter_and_the_subtree_count),
		TEST(closing_the_key_signals),
		TEST(the_end_of_the_thread_signals_unless_told_not_to),
		TEST(a_synchronous_call_returns_at_the_change),
		TEST(a_close_ends_the_call_that_is_under_way),
		TEST(other_threads_and_processes_are_seen),
		TEST(a_forked_child_is_notified_itself),
		TEST(both_keys_of_classes_root_are_watched),
		TEST(a_key_is_watched_on_under_its_new_name),
		TEST(a_deleted_key_is_watched_no_more),
		TEST(a_key_is_watched_in_the_transaction_that_makes_it),
		TEST(a_closed_or_made_up_handle_is_refused),
		TEST(threads_share_keys),
	};

	return cmocka_run_group_tests(tests, winreg_group_setup, winreg_group_teardown);
}
