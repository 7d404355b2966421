/*
 * Power that goes: a durable host has every commit that was acknowledged, a relaxed one is a whole
 * host of some moment before.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "regstore/base/clock.h"
#include "tests/fault/inject.h"
#include "tests/fault/vfs.h"
#include "tests/fault/workload.h"

#define CONNECTIONS 2
#define RESTART_MS  2000.0
#define CHANGES_MAX 7000u /* to the cut: through the third checkpoint */

/* Write until the power goes; false if the host could not even be opened. */
static void
write_until_cut(struct fault *fault, const char *root, bool relaxed, uint32_t acknowledged[])
{
	static const uint32_t sizes[] = { 10, 900, 20000, 120000 };
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = relaxed };
	struct registry *registries[CONNECTIONS] = { NULL };
	bool good = true;

	for (int i = 0; i < CONNECTIONS && good; i++)
		good = lstatus_ok(registry_open(root, &options, &registries[i]));
	while (good) {
		int writer = (int)fault_roll(fault, CONNECTIONS);

		good = workload_write(registries[writer], writer, acknowledged[writer] + 1,
		    sizes[fault_roll(fault, ARRAY_SIZE(sizes))]);
		if (good) {
			acknowledged[writer]++;
			fault->acknowledged++;
		}
	}
	if (!vfs_power_is_cut())
		fault_failed(fault, "a write failed before the power was cut");
	for (int i = 0; i < CONNECTIONS; i++)
		registry_close(registries[i]);
}

/* The bell is in a file too, which may be on the disk as it was in memory. */
static void
keep_bell(struct fault *fault, const char *from, const char *to)
{
	char source[4300];
	char target[4300];

	snprintf(source, sizeof(source), "%s/run", from);
	snprintf(target, sizeof(target), "%s/run", to);
	if (fault_roll(fault, 2) == 0)
		fault_copy(source, target);
}

static void
check_rest(struct fault *fault, const char *root, bool relaxed, const uint32_t acknowledged[])
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = relaxed };
	struct registry *registry = NULL;
	int64_t begin = clock_monotonic_ns();
	lstatus status = registry_open(root, &options, &registry);
	double ms = (double)(clock_monotonic_ns() - begin) / 1e6;

	if (!lstatus_ok(status)) {
		fault_corrupt(fault, "the host does not open: %s", lstatus_name(status));
		return;
	}
	fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
	if (ms > RESTART_MS)
		fault_failed(fault, "opening the host took %.0f ms", ms);
	for (int i = 0; i < CONNECTIONS; i++)
		workload_check(fault, registry, i, acknowledged[i], relaxed);
	if (!workload_write(registry, CONNECTIONS, 1, 10))
		fault_failed(fault, "no write afterwards: %s", registry_error(registry));
	registry_close(registry);
	fault_check_host(fault, root);
}

static void
cut_power(struct fault *fault, bool relaxed)
{
	char template[4200];
	char before[4200];
	char after[4200];

	inject_install();
	fault_path(fault, "template", template);
	fault_path(fault, "before", before);
	fault_path(fault, "after", after);
	registry_close(fault_open(template, relaxed));
	for (fault->done = 0; fault->done < fault->rounds; fault->done++) {
		uint32_t acknowledged[CONNECTIONS] = { 0 };
		uint32_t most = CHANGES_MAX >> fault_roll(fault, 8);

		if (fault_roll(fault, 8) != 0)
			fault_copy(template, before);
		else
			fault_remove(before);
		fault_remove(after);
		fault_need(mkdir(after, 0700) == 0);
		vfs_power_on(1 + fault_roll(fault, most));
		write_until_cut(fault, before, relaxed, acknowledged);
		keep_bell(fault, before, after);
		vfs_power_restore(fault, after);
		check_rest(fault, after, relaxed, acknowledged);
	}
}

static void
cut_durable(struct fault *fault)
{
	cut_power(fault, false);
}

static void
cut_relaxed(struct fault *fault)
{
	cut_power(fault, true);
}

const struct fault_scenario power_scenarios[] = {
	{ "power", "2 power cut", 60, 1000, cut_durable },
	{ "power-relaxed", "2 power cut, relaxed host", 60, 1000, cut_relaxed },
	{ 0 },
};
