/*
 * What the fault scenarios share.
 */
#include "tests/fault/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regstore/base/clock.h"

#define TOLD_MAX      20 /* failures that are told; the rest is counted */
#define OPEN_FILES    16
#define ARGUMENTS_MAX 8
#define FNV_BASIS     0xcbf29ce484222325ull
#define FNV_PRIME     0x100000001b3ull

void
fault_count(struct fault *fault, uint64_t *count, const char *format, ...)
{
	va_list arguments;
	char what[1024];

	++*count;
	if (fault->lost + fault->corrupt + fault->torn + fault->failed > TOLD_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	/* In one piece: other scenarios may run, and have something to say. */
	fprintf(stderr, "%s, round %llu: %s\n", fault->name, (unsigned long long)fault->done, what);
}

void
fault_give_up(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: it does not hold that %s\n", file, line, what);
	_exit(1);
}

uint32_t
fault_roll(struct fault *fault, uint32_t sides)
{
	fault->seed = fault->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(fault->seed >> 33) % sides;
}

void
fault_linger(struct fault *fault, uint32_t most_us)
{
	int64_t end = clock_monotonic_ns() + fault_roll(fault, most_us) * 1000ll;

	while (clock_monotonic_ns() < end)
		;
}

void
fault_path(const struct fault *fault, const char *name, char path[static 4200])
{
	snprintf(path, 4200, "%s/%s", fault->folder, name);
}

struct registry *
fault_open(const char *root, bool relaxed)
{
	struct registry_options options = {
		.mode = REGISTRY_CREATE, .relaxed = relaxed, .actor = "tester"
	};
	struct registry *registry = NULL;
	lstatus status = registry_open(root, &options, &registry);

	if (!lstatus_ok(status))
		fprintf(stderr, "%s: %s\n", root, lstatus_name(status));
	fault_need(lstatus_ok(status));
	return registry;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static int
remove_one(
    const char *path, const struct stat *info UNUSED, int type UNUSED, struct FTW *place UNUSED)
{
	return remove(path);
}

bool
fault_programs(struct fault *fault, char root[static 4200])
{
	fault_path(fault, "host", root);
	if (getenv("HVEMU_BIN") == NULL) {
		snprintf(fault->skipped, sizeof(fault->skipped), "HVEMU_BIN is not set");
		return false;
	}
	setenv("HVEMU_ROOT", root, 1);
	return true;
}

bool
fault_run(const char *name, ...)
{
	const char *arguments[ARGUMENTS_MAX] = { name };
	char path[4200];
	va_list rest;
	pid_t child;
	int status = 0;

	va_start(rest, name);
	for (size_t i = 1; i + 1 < ARGUMENTS_MAX && arguments[i - 1] != NULL; i++)
		arguments[i] = va_arg(rest, const char *);
	va_end(rest);
	snprintf(path, sizeof(path), "%s/%s", getenv("HVEMU_BIN"), name);
	child = fork();
	fault_need(child >= 0);
	if (child == 0) {
		dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
		execv(path, (char **)arguments);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
fault_remove(const char *folder)
{
	nftw(folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

static void
copy_file(const char *from, const char *to, const struct stat *info)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t rest = info->st_size;

	fault_need(source >= 0 && target >= 0);
	while (rest > 0) {
		ssize_t moved = sendfile(target, source, NULL, (size_t)rest);

		fault_need(moved > 0);
		rest -= moved;
	}
	close(source);
	close(target);
}

void
fault_copy(const char *from, const char *to)
{
	DIR *folder = opendir(from);
	struct dirent *entry;

	fault_remove(to);
	fault_need(folder != NULL && mkdir(to, 0700) == 0);
	while ((entry = readdir(folder)) != NULL) {
		char source[8400];
		char target[8400];
		struct stat info;

		snprintf(source, sizeof(source), "%s/%s", from, entry->d_name);
		snprintf(target, sizeof(target), "%s/%s", to, entry->d_name);
		if (stat(source, &info) == 0 && S_ISREG(info.st_mode))
			copy_file(source, target, &info);
	}
	closedir(folder);
}

void
fault_kill(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* --- Checks -------------------------------------------------------------------------------------
 */

static void
check_sql(struct fault *fault, sqlite3 *db, const char *what, const char *sql, const char *expected)
{
	sqlite3_stmt *statement = NULL;
	const char *got = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		got = (const char *)sqlite3_column_text(statement, 0);
	if (got == NULL || strcmp(got, expected) != 0)
		fault_corrupt(fault, "%s: expected %s, got %s", what, expected,
		    got != NULL ? got : sqlite3_errmsg(db));
	sqlite3_finalize(statement);
}

static void
check_lock(struct fault *fault, const char *root)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/registry.lock", root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		fault_failed(fault, "the write lock is still held");
	if (fd >= 0)
		close(fd);
}

/* The last number that was pruned away, and how much is left of what ended by then. */
#define PRUNED "coalesce((SELECT value FROM meta WHERE name = 'pruned'), 0)"
#define PAST(table)                                                                                \
	"(SELECT count(*) FROM " table " WHERE until <= " PRUNED " AND NOT EXISTS "                \
	"(SELECT 1 FROM snapshot WHERE number >= since AND number < until))"

void
fault_check_host(struct fault *fault, const char *root)
{
	char path[4200];
	sqlite3 *db = NULL;

	check_lock(fault, root);
	snprintf(path, sizeof(path), "%s/registry.db", root);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fault_corrupt(fault, "cannot open %s: %s", path, sqlite3_errmsg(db));
	check_sql(fault, db, "integrity", "PRAGMA integrity_check", "ok");
	check_sql(fault, db, "gaps in the write numbers",
	    "SELECT count(*) FROM "
	    "(SELECT first, lag(last) OVER (ORDER BY first) AS before FROM tx) "
	    "WHERE first > max(1, " PRUNED ") AND first IS NOT before + 1",
	    "0");
	check_sql(fault, db, "a past that was pruned",
	    "SELECT " PAST("key_past") " + " PAST("value_past"), "0");
	check_sql(fault, db, "writes beyond the last number",
	    "SELECT (SELECT count(*) FROM key WHERE since > (SELECT max(last) FROM tx)) + "
	    "(SELECT count(*) FROM value WHERE since > (SELECT max(last) FROM tx))",
	    "0");
	check_sql(fault, db, "keys without a parent",
	    "SELECT count(*) FROM key WHERE id > 1 AND parent NOT IN (SELECT id FROM key)", "0");
	check_sql(fault, db, "values without a key",
	    "SELECT count(*) FROM value WHERE key NOT IN (SELECT id FROM key)", "0");
	check_sql(fault, db, "keys without a descriptor",
	    "SELECT count(*) FROM key WHERE security NOT IN (SELECT id FROM security)", "0");
	sqlite3_close(db);
}

/* FNV-1a, continued. */
static void
mix(uint64_t *print, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		*print = (*print ^ bytes[i]) * FNV_PRIME;
	*print = (*print ^ size) * FNV_PRIME;
}

struct fingerprint {
	struct registry *registry;
	uint64_t print;
	int64_t security; /* the descriptor that was read last, and its print */
	uint64_t security_print;
	bool good;
};

static bool
mix_value(void *context, const char *name, uint32_t type, const void *data, size_t size)
{
	uint64_t *print = context;

	mix(print, name, strlen(name));
	mix(print, &type, sizeof(type));
	mix(print, data, size);
	return true;
}

static bool
mix_values(struct fingerprint *fingerprint, reg_key key)
{
	return lstatus_ok(
	    registry_each_value(fingerprint->registry, key, mix_value, &fingerprint->print));
}

/* Keys next to each other mostly share their descriptor. */
static bool
mix_security(struct fingerprint *fingerprint, const struct reg_walk_key *key)
{
	struct buf descriptor = { 0 };
	bool good = true;

	if (fingerprint->security != key->security) {
		good = lstatus_ok(
		    registry_query_security(fingerprint->registry, key->key, &descriptor));
		fingerprint->security = key->security;
		fingerprint->security_print = FNV_BASIS;
		mix(&fingerprint->security_print, descriptor.data, descriptor.size);
		buf_release(&descriptor);
	}
	mix(&fingerprint->print, &fingerprint->security_print, sizeof(uint64_t));
	return good;
}

static enum reg_walk_step
mix_key(void *context, const struct reg_walk_key *key)
{
	struct fingerprint *fingerprint = context;

	mix(&fingerprint->print, key->path, strlen(key->path));
	mix(&fingerprint->print, &key->flags, sizeof(key->flags));
	mix(&fingerprint->print, key->class, key->class_size);
	fingerprint->good = mix_security(fingerprint, key) && mix_values(fingerprint, key->key);
	return fingerprint->good ? REG_WALK_ON : REG_WALK_STOP;
}

bool
fault_fingerprint(struct registry *registry, uint64_t *ret_print)
{
	static const char *const roots[] = { "HKLM", "HKU" };
	struct fingerprint fingerprint = {
		.registry = registry, .print = FNV_BASIS, .security = -1, .good = true
	};

	for (size_t i = 0; i < ARRAY_SIZE(roots) && fingerprint.good; i++) {
		reg_key key;

		fingerprint.good =
		    lstatus_ok(registry_open_key(registry, NULL, roots[i], 0, &key)) &&
		    mix_values(&fingerprint, key) &&
		    lstatus_ok(registry_walk(registry, key, mix_key, &fingerprint)) &&
		    fingerprint.good;
	}
	*ret_print = fingerprint.print;
	return fingerprint.good;
}
