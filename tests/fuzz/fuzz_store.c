/*
 * Fuzz target: a store of any bytes, with a write-ahead log whose checksums are put right. It opens
 * or is refused; it is checked, walked, read, asked for its past, written; and it is repaired,
 * after which it opens and is whole.
 *
 * Four bytes say how long the database is, low first; the rest is the log.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/base/unix.h"
#include "regstore/registry/history.h"
#include "regstore/store/check.h"

#define LOG_HEADER   32
#define FRAME_HEADER 24
#define CHANGES_MAX  500

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[64];
static volatile size_t sink;

static void
need(bool promise)
{
	if (!promise)
		abort();
}

static void
clean(void)
{
	unix_remove_tree(root);
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	/* A repair flushes what it writes: where that costs nothing, if there is such a place. */
	snprintf(root, sizeof(root), "%s/hvemu-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	need(mkdtemp(root) != NULL);
	atexit(clean);
	return 0;
}

/* --- The files ---------------------------------------------------------------------------------
 */

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
put32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* SQLite's checksum over words of big endian, which the log's first word asks for. */
static void
sum_up(const uint8_t *data, size_t size, uint32_t sum[2])
{
	for (size_t i = 0; i + 8 <= size; i += 8) {
		sum[0] += get32(data + i) + sum[1];
		sum[1] += get32(data + i + 4) + sum[0];
	}
}

static void
put_sums_right(uint8_t *log, size_t size)
{
	uint32_t sum[2] = { 0 };
	size_t page;

	if (size < LOG_HEADER)
		return;
	put32(log, 0x377f0683);
	page = get32(log + 8);
	sum_up(log, 24, sum);
	put32(log + 24, sum[0]);
	put32(log + 28, sum[1]);
	for (size_t at = LOG_HEADER;
	     page >= 512 && page <= 65536 && page % 8 == 0 && at + FRAME_HEADER + page <= size;
	     at += FRAME_HEADER + page) {
		memcpy(log + at + 8, log + 16, 8);
		sum_up(log + at, 8, sum);
		sum_up(log + at + FRAME_HEADER, page, sum);
		put32(log + at + 16, sum[0]);
		put32(log + at + 20, sum[1]);
	}
}

static void
write_file(const char *name, const uint8_t *data, size_t size)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void
remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	(void)unlink(path);
}

static void
write_store(const uint8_t *data, size_t size)
{
	size_t length =
	    data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16 | (size_t)data[3] << 24;
	size_t log_size;
	uint8_t *log;

	data += 4;
	size -= 4;
	length = length < size ? length : size;
	log_size = size - length;
	remove_file("registry.db-shm");
	remove_file("registry.db-wal");
	write_file("registry.db", data, length);
	if (log_size == 0)
		return;
	log = malloc(log_size);
	need(log != NULL);
	memcpy(log, data + length, log_size);
	put_sums_right(log, log_size);
	write_file("registry.db-wal", log, log_size);
	free(log);
}

/* --- Its use -----------------------------------------------------------------------------------
 */

static bool
touch_value(void *context UNUSED, const char *name, uint32_t type, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	sink = strlen(name) + type + size;
	for (size_t i = 0; i < size; i++)
		sink += bytes[i];
	return true;
}

static enum reg_walk_step
touch_key(void *context, const struct reg_walk_key *key)
{
	struct buf descriptor = { 0 };

	sink = strlen(key->path) + key->class_size;
	(void)registry_each_value(context, key->key, touch_value, NULL);
	(void)registry_query_security(context, key->key, &descriptor);
	buf_release(&descriptor);
	return REG_WALK_ON;
}

static void
count_fault(void *context, const char *fault, const char *remedy)
{
	*(size_t *)context += strlen(fault) + strlen(remedy);
}

static void
read_past(struct registry *registry)
{
	const struct reg_log_query query = { .last = UINT64_MAX, .newest_first = true };
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;
	uint64_t number = 0;

	if (lstatus_ok(registry_log_open(registry, &query, &log))) {
		for (int i = 0; i < CHANGES_MAX && lstatus_ok(registry_log_next(log, &change)); i++)
			number = change.number;
		registry_log_close(log);
	}
	reg_change_release(&change);
	(void)registry_go_back(registry, number);
}

static void
walk(struct registry *registry)
{
	static const char *const tops[] = { "HKLM", "HKU" };
	reg_key key;

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		if (lstatus_ok(registry_open_key(registry, NULL, tops[i], 0, &key)))
			(void)registry_walk(registry, key, touch_key, registry);
	}
}

/* What it is asked is answered or fails. */
static void
use_store(void)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "fuzz" };
	struct registry *registry = NULL;
	struct buf error = { 0 };
	size_t faults = 0;
	bool opened;
	reg_key key;

	options.error = &error;
	opened = lstatus_ok(registry_open(root, &options, &registry));
	need(opened || error.size > 0);
	buf_release(&error);
	if (!opened)
		return;
	(void)store_check(registry_store(registry), count_fault, &faults);
	walk(registry);
	if (lstatus_ok(registry_create_key(registry, NULL, "HKLM\\SOFTWARE\\F", 0, &key, NULL)))
		(void)registry_set_dword(registry, key, "f", 1);
	read_past(registry);
	walk(registry);
	registry_close(registry);
}

static void
repair_store(void)
{
	struct registry_options options = { .mode = REGISTRY_OPEN, .actor = "fuzz" };
	struct registry *registry = NULL;
	struct store_repair repair = { 0 };
	struct buf error = { 0 };
	size_t faults = 0;

	if (lstatus_ok(store_repair(root, count_fault, &faults, &repair, &error))) {
		faults = 0;
		need(lstatus_ok(registry_open(root, &options, &registry)));
		need(lstatus_ok(store_check(registry_store(registry), count_fault, &faults)));
		need(faults == 0);
		registry_close(registry);
		if (repair.changed) {
			(void)unlink(buf_text(&repair.backup));
			buf_append_text(&repair.backup, "-wal");
			(void)unlink(buf_text(&repair.backup));
		}
	} else {
		need(error.size > 0);
	}
	buf_release(&repair.backup);
	buf_release(&error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	write_store(data, size);
	use_store();
	write_store(data, size);
	repair_store();
	return 0;
}
