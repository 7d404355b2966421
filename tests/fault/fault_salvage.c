/*
 * A page of a host's database that is destroyed: the repair saves the rest and puts back what every
 * host has, so that the host boots, and what is there is what was written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regstore/base/clock.h"
#include "tests/fault/fault.h"

#define PAGE   4096u
#define KEYS   40u
#define VALUES 10u
#define FACTOR 2654435761u /* data follow from the numbers of key and value */

static uint32_t
data_of(uint32_t key, uint32_t value)
{
	return (key * VALUES + value) * FACTOR;
}

/* A host that was up, with rows of somebody's own. */
static void
make_host(const char *root)
{
	struct registry *registry;

	fault_need(fault_run("hvctl", "host", "create", "--relaxed", NULL));
	fault_need(fault_run("hvctl", "up", NULL) && fault_run("hvctl", "down", NULL));
	registry = fault_open(root, true);
	fault_need(lstatus_ok(registry_begin(registry, NULL)));
	for (uint32_t i = 0; i < KEYS; i++) {
		char text[64];
		reg_key key;

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Fault\\%u", i);
		fault_need(lstatus_ok(registry_create_key(registry, NULL, text, 0, &key, NULL)));
		for (uint32_t j = 0; j < VALUES; j++) {
			snprintf(text, sizeof(text), "%u", j);
			fault_need(
			    lstatus_ok(registry_set_dword(registry, key, text, data_of(i, j))));
		}
	}
	fault_need(lstatus_ok(registry_commit(registry)));
	registry_close(registry);
}

/* Random bytes over one page; without the first one nobody knows what the file is. */
static void
destroy_page(struct fault *fault, const char *root)
{
	uint8_t page[PAGE];
	struct stat info;
	char path[4300];
	uint32_t number;
	int fd;

	snprintf(path, sizeof(path), "%s/registry.db", root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	fault_need(fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 2 * (off_t)PAGE);
	number = 1 + fault_roll(fault, (uint32_t)(info.st_size / PAGE) - 1);
	for (size_t i = 0; i < PAGE; i++)
		page[i] = (uint8_t)fault_roll(fault, 256);
	fault_need(pwrite(fd, page, PAGE, (off_t)number * PAGE) == PAGE);
	close(fd);
}

/* What is there of the rows is as it was. */
static void
check_rows(struct fault *fault, const char *root)
{
	struct registry *registry = fault_open(root, true);

	for (uint32_t i = 0; i < KEYS; i++) {
		char text[64];
		reg_key key;

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Fault\\%u", i);
		if (!lstatus_ok(registry_open_key(registry, NULL, text, 0, &key)))
			continue;
		for (uint32_t j = 0; j < VALUES; j++) {
			struct buf data = { 0 };
			uint32_t wanted = data_of(i, j);

			snprintf(text, sizeof(text), "%u", j);
			if (lstatus_ok(registry_query_value(registry, key, text, NULL, &data)) &&
			    (data.size != 4 || memcmp(data.data, &wanted, 4) != 0))
				fault_corrupt(fault, "value %u of key %u is another", j, i);
			buf_release(&data);
		}
	}
	registry_close(registry);
}

static void
salvage_round(struct fault *fault, const char *base, const char *root)
{
	int64_t begin;
	double ms;

	fault_copy(base, root);
	destroy_page(fault, root);
	begin = clock_monotonic_ns();
	if (!fault_run("hvctl", "host", "check", "--repair", NULL))
		fault_failed(fault, "the host is not repaired");
	ms = (double)(clock_monotonic_ns() - begin) / 1e6;
	fault->restart_ms = ms > fault->restart_ms ? ms : fault->restart_ms;
	if (!fault_run("hvctl", "host", "check", NULL))
		fault_corrupt(fault, "the repaired host is not whole");
	check_rows(fault, root);
	if (!fault_run("hvctl", "up", NULL))
		fault_failed(fault, "the repaired host does not boot");
	if (!fault_run("hvctl", "service", "query", "vmms", NULL))
		fault_failed(fault, "the repaired host has no vmms");
	fault_need(fault_run("hvctl", "down", NULL));
	fault_check_host(fault, root);
}

static void
salvage(struct fault *fault)
{
	char root[4200];
	char base[4200];

	if (!fault_programs(fault, root))
		return;
	make_host(root);
	fault_path(fault, "base", base);
	fault_copy(root, base);
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		salvage_round(fault, base, root);
}

const struct fault_scenario salvage_scenarios[] = {
	{ "salvage", "a destroyed page of the database", 5, 200, salvage },
	{ 0 },
};
