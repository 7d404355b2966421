/*
 * A disk that fills up and is emptied again: writes fail with ERROR_DISK_FULL while it is full and
 * go on when there is room, reads go on throughout, and nobody has to open the host anew.
 *
 * The disk is a small tmpfs in a mount namespace of the scenario's own where that is allowed, else
 * a file layer that lets files grow no further.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/fault/inject.h"
#include "tests/fault/vfs.h"
#include "tests/fault/workload.h"

#define WRITES_MAX 400 /* on a disk that has room for fewer */
#define ROOM_MAX   600000u
#define GROWTH     (8u << 20) /* bytes that are free when there is room: more than a log holds */

struct disk_full {
	struct fault *fault;
	char root[4200];
	char ballast[4300];
	bool real; /* a file system of its own */
	struct registry *registries[2];
	uint32_t acknowledged[2];
};

/* --- The disk -----------------------------------------------------------------------------------
 */

static bool
mount_disk(struct disk_full *full)
{
	char options[64];

	snprintf(options, sizeof(options), "size=%um", 2 + fault_roll(full->fault, 7));
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", full->root, "tmpfs", 0, options) == 0;
}

/* Leave room for so many bytes. */
static void
fill(struct disk_full *full, uint32_t room)
{
	struct statvfs info;
	int fd;

	if (!full->real) {
		vfs_room(room);
		return;
	}
	fault_need(statvfs(full->root, &info) == 0);
	fd = open(full->ballast, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fault_need(fd >= 0);
	if (info.f_bavail * info.f_bsize > room)
		fault_need(
		    posix_fallocate(fd, 0, (off_t)(info.f_bavail * info.f_bsize - room)) == 0);
	close(fd);
}

/* What fills the disk goes, and it grows: in the end the host's own history fills it. */
static void
make_room(struct disk_full *full)
{
	struct statvfs info;
	char options[64];

	vfs_room(-1);
	if (!full->real)
		return;
	unlink(full->ballast);
	fault_need(statvfs(full->root, &info) == 0);
	snprintf(options, sizeof(options), "size=%llu",
	    (unsigned long long)((info.f_blocks - info.f_bfree) * info.f_bsize + GROWTH));
	fault_need(mount("tmpfs", full->root, "tmpfs", MS_REMOUNT, options) == 0);
}

/* --- A cycle ------------------------------------------------------------------------------------
 */

static lstatus
set_number(struct disk_full *full, int who, uint32_t number)
{
	reg_key key;
	lstatus status =
	    registry_open_key(full->registries[who], NULL, "HKLM\\SOFTWARE\\Full", 0, &key);

	return lstatus_ok(status) ? registry_set_dword(full->registries[who], key, "number", number)
	                          : status;
}

/* Write until the disk is full. */
static void
write_until_full(struct disk_full *full)
{
	int count = 0;
	int who = (int)fault_roll(full->fault, 2);

	while (count < WRITES_MAX &&
	       workload_write(full->registries[who], who, full->acknowledged[who] + 1,
	           fault_roll(full->fault, 40000))) {
		full->acknowledged[who]++;
		full->fault->acknowledged++;
		who = (int)fault_roll(full->fault, 2);
		count++;
	}
	if (count == WRITES_MAX)
		fault_failed(full->fault, "the disk does not fill up");
}

/* A small write fails for what it is, sooner or later; everything can be read. */
static void
check_full(struct disk_full *full)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);
	uint64_t print;

	for (uint32_t i = 0; i < WRITES_MAX && lstatus_ok(status); i++)
		status = set_number(full, (int)(i % 2), i);
	if (!lstatus_is(status, ERROR_DISK_FULL))
		fault_failed(full->fault, "a write to a full disk: %s", lstatus_name(status));
	for (int i = 0; i < 2; i++) {
		workload_check(full->fault, full->registries[i], i, full->acknowledged[i], false);
		workload_check(
		    full->fault, full->registries[1 - i], i, full->acknowledged[i], false);
		if (!fault_fingerprint(full->registries[i], &print))
			fault_failed(full->fault, "not all can be read while the disk is full: %s",
			    registry_error(full->registries[i]));
	}
}

static void
run_cycle(struct disk_full *full)
{
	fill(full, fault_roll(full->fault, ROOM_MAX));
	write_until_full(full);
	check_full(full);
	make_room(full);
	for (int i = 0; i < 2; i++) {
		if (!workload_write(full->registries[i], i, full->acknowledged[i] + 1, 100)) {
			fault_failed(full->fault, "no write with room again: %s",
			    registry_error(full->registries[i]));
			continue;
		}
		full->acknowledged[i]++;
	}
}

static void
fill_disk(struct fault *fault)
{
	static struct disk_full full;
	struct registry *registry;

	inject_install();
	full.fault = fault;
	fault_path(fault, "host", full.root);
	snprintf(full.ballast, sizeof(full.ballast), "%s/ballast", full.root);
	fault_need(mkdir(full.root, 0700) == 0);
	full.real = mount_disk(&full);
	for (int i = 0; i < 2; i++)
		full.registries[i] = fault_open(full.root, false);
	fault_need(lstatus_ok(registry_create_key(
	    full.registries[0], NULL, "HKLM\\SOFTWARE\\Full", 0, &(reg_key){ 0 }, NULL)));
	for (fault->done = 0; fault->done < fault->rounds; fault->done++)
		run_cycle(&full);
	for (int i = 0; i < 2; i++)
		registry_close(full.registries[i]);
	registry = fault_open(full.root, false);
	for (int i = 0; i < 2; i++)
		workload_check(fault, registry, i, full.acknowledged[i], false);
	registry_close(registry);
	fault_check_host(fault, full.root);
}

const struct fault_scenario full_scenarios[] = {
	{ "full", "5 a disk is filled and emptied", 10, 50, fill_disk },
	{ 0 },
};
