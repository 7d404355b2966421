/*
 * A clock that is set: writes keep their order by number, a key's last write is what the clock says
 * but never before its creation, and every time can be read and printed.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "regstore/base/clock.h"
#include "tests/fault/fault.h"

#define HOUR 3600ll
#define YEAR (365 * 24 * HOUR)

static int64_t offset; /* seconds, of the wall clock */

int __real_clock_gettime(clockid_t clock, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int result = __real_clock_gettime(clock, ret_time);

	if (clock == CLOCK_REALTIME)
		ret_time->tv_sec += offset;
	return result;
}

/* To where the clock is set: by so many seconds, or to a year. */
static int64_t
next_offset(struct fault *fault)
{
	static const int64_t steps[] = { HOUR, -HOUR, 10 * YEAR, -10 * YEAR };
	static const int64_t moments[] = { -11644473600ll /* 1601 */, 4323369600ll /* 2107 */, 0 };
	uint32_t choice = fault_roll(fault, ARRAY_SIZE(steps) + ARRAY_SIZE(moments));

	if (choice < ARRAY_SIZE(steps))
		return offset + steps[choice];
	return moments[choice - ARRAY_SIZE(steps)] - (int64_t)time(NULL);
}

static void
check_write(
    struct fault *fault, struct registry *registry, reg_key key, uint64_t number, int64_t created)
{
	struct reg_key_info info = { 0 };
	struct reg_write write = { 0 };
	struct buf text = { 0 };
	uint64_t last = 0;
	int64_t now = clock_wall();

	now = now > created ? now : created;
	if (!lstatus_ok(registry_query_info(registry, key, &info)) || info.last_write > now ||
	    info.last_write < now - 60 * FILETIME_PER_SECOND)
		fault_failed(fault, "the last write was at %lld, it is %lld",
		    (long long)info.last_write, (long long)now);
	if (!lstatus_ok(registry_last_write(registry, key, "v", &write)) || write.number <= number)
		fault_failed(fault, "the write has number %llu, after %llu",
		    (unsigned long long)write.number, (unsigned long long)number);
	if (!lstatus_ok(registry_write_number(registry, &last)) || last < write.number)
		fault_failed(fault, "the last number is %llu", (unsigned long long)last);
	clock_format(info.last_write, &text);
	if (strlen(buf_text(&text)) < 20)
		fault_failed(fault, "the time prints as %s", buf_text(&text));
	buf_release(&text);
	reg_write_release(&write);
}

static void
set_clock(struct fault *fault)
{
	char root[4200];
	struct registry *registry;
	struct reg_watch *watch;
	struct reg_key_info info = { 0 };
	reg_key key;

	fault_path(fault, "host", root);
	registry = fault_open(root, false);
	fault_need(lstatus_ok(
	    registry_create_key(registry, NULL, "HKLM\\SOFTWARE\\Clock", 0, &key, NULL)));
	fault_need(lstatus_ok(registry_query_info(registry, key, &info)));
	fault_need(lstatus_ok(
	    registry_watch(registry, "HKLM\\SOFTWARE\\Clock", false, REGISTRY_NOTIFY_ALL, &watch)));
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		uint64_t number = 0;

		fault_need(lstatus_ok(registry_write_number(registry, &number)));
		offset = next_offset(fault);
		if (!lstatus_ok(registry_set_dword(registry, key, "v", (uint32_t)fault->done)))
			fault_failed(fault, "no write: %s", registry_error(registry));
		fault->acknowledged++;
		registry_watch_drain(registry);
		if (!registry_watch_taken(watch))
			fault_lost(fault, "the watch did not see the write");
		check_write(fault, registry, key, number, info.last_write);
	}
	registry_close(registry);
	fault_check_host(fault, root);
}

const struct fault_scenario clock_scenarios[] = {
	{ "clock", "7 the clock is set", 20, 1000, set_clock },
	{ 0 },
};
