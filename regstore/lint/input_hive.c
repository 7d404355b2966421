/*
 * Hives, as writes: where a hive is mounted is told by what it has.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "regstore/formats/hive.h"
#include "regstore/lint/internal.h"

/* --- Where it is mounted
 * -------------------------------------------------------------------------- */

/* A file that a process has in a folder of its own, known by keys below its top key. */
static const struct mount {
	const char *key;
	const char *has[2];
} mounts[] = {
	{ "HKLM\\SYSTEM", { "Select", "ControlSet001" } },
	{ "HKLM\\SOFTWARE", { "Microsoft\\Windows NT", "Microsoft\\Windows" } },
	{ "HKLM\\SOFTWARE", { "Microsoft\\Windows NT", "Policies" } },
	{ "HKLM\\SOFTWARE", { "Microsoft", "Classes" } },
	{ BCD_ROOT, { "Objects", "Description" } },
	{ "HKCU", { "Software", "Control Panel" } },
	{ "HKCU", { "Software", "Environment" } },
};

#define MOUNTS ARRAY_SIZE(mounts)

struct looker {
	bool has[MOUNTS][2];
};

static lstatus
look_at_key(void *self, uint64_t offset UNUSED, const char *path)
{
	struct looker *looker = self;

	for (size_t i = 0; i < MOUNTS; i++) {
		for (size_t at = 0; at < 2; at++) {
			if (strcasecmp(mounts[i].has[at], path) == 0)
				looker->has[i][at] = true;
		}
	}
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
look_at_value(void *self UNUSED, uint64_t offset UNUSED, const char *name UNUSED,
    uint32_t type UNUSED, const void *data UNUSED, size_t size UNUSED)
{
	return LSTATUS(ERROR_SUCCESS);
}

static const char *
mount_of(const struct looker *looker)
{
	for (size_t i = 0; i < MOUNTS; i++) {
		if (looker->has[i][0] && looker->has[i][1])
			return mounts[i].key;
	}
	return NULL;
}

/* --- Reading
 * -------------------------------------------------------------------------------------- */

struct reader {
	struct lint *lint;
	uint32_t file;
	uint32_t top;
	uint32_t node;
};

static lstatus
read_key(void *self, uint64_t offset, const char *path)
{
	struct reader *reader = self;
	uint32_t node = reader->top;

	while (*path != '\0' && node != LINT_NONE) {
		size_t length = strcspn(path, "\\");

		node = lint_child(reader->lint, node, path, length, true);
		path += length + (path[length] == '\\');
	}
	reader->node = node;
	if (node == LINT_NONE || lint_add(reader->lint, WRITE_CREATE_KEY, reader->file, offset,
	                             node, "", REG_NONE, NULL, 0) == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
read_value(
    void *self, uint64_t offset, const char *name, uint32_t type, const void *data, size_t size)
{
	struct reader *reader = self;

	if (lint_add(reader->lint, WRITE_SET, reader->file, offset, reader->node, name, type, data,
	        size) == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return LSTATUS(ERROR_SUCCESS);
}

static bool
add_text(struct lint *lint, enum lint_write_kind kind, uint32_t file, const char *text)
{
	return lint_add(lint, kind, file, 0, LINT_NONE, text, REG_NONE, NULL, 0) != NULL;
}

/* A line of its own for each loss. */
static bool
add_losses(struct lint *lint, uint32_t file, struct buf *lost)
{
	const char *at = buf_text(lost);
	bool ok = true;

	while (*at != '\0' && ok) {
		size_t length = strcspn(at, "\n");
		struct buf line = { 0 };

		buf_append(&line, at, length);
		ok = add_text(lint, WRITE_LOSS, file, buf_text(&line));
		buf_release(&line);
		at += length + (at[length] == '\n');
	}
	return ok;
}

/* What is wrong, without the name of the file, which is a passing one. */
static const char *
after_name(const char *message, const char *path)
{
	size_t length = strlen(path);

	return strncmp(message, path, length) == 0 && strncmp(message + length, ": ", 2) == 0
	           ? message + length + 2
	           : message;
}

static bool
read_file(struct lint *lint, uint32_t file, const char *path)
{
	static const struct reg_hive_visitor look = { look_at_key, look_at_value };
	static const struct reg_hive_visitor read = { read_key, read_value };
	struct reg_hive_report report = { 0 };
	struct looker looker = { 0 };
	struct reader reader = { .lint = lint, .file = file };
	const char *at = lint->options.at;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	bool ok = true;

	if (at == NULL) {
		status = reg_hive_walk(path, &look, &looker, &report);
		reg_hive_report_release(&report);
		at = mount_of(&looker);
	}
	if (lstatus_ok(status) && at == NULL)
		return add_text(lint, WRITE_ERROR, file,
		    "expected a hive of SYSTEM, SOFTWARE, boot configuration or a user; for "
		    "another one say with --at which key it is");
	if (lstatus_ok(status)) {
		reader.top = lint_node(lint, at);
		status = reader.top != LINT_NONE ? reg_hive_walk(path, &read, &reader, &report)
		                                 : LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	if (lint->no_memory || lstatus_is(status, ERROR_NOT_ENOUGH_MEMORY))
		ok = lint_no_memory(lint);
	else if (!lstatus_ok(status))
		ok = add_text(lint, WRITE_ERROR, file, after_name(report.message, path));
	else
		ok = add_losses(lint, file, &report.lost);
	reg_hive_report_release(&report);
	return ok;
}

/* libhivex reads files: the hive becomes one without a name. */
bool
lint_read_hive(struct lint *lint, uint32_t file, const void *data, size_t size)
{
	int descriptor = memfd_create("hive", MFD_CLOEXEC);
	const uint8_t *bytes = data;
	char path[64];
	bool ok = true;

	for (size_t at = 0; at < size && descriptor >= 0;) {
		ssize_t written = write(descriptor, bytes + at, size - at);

		if (written < 0 && errno != EINTR)
			break;
		at += written > 0 ? (size_t)written : 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	ok = descriptor >= 0 && lseek(descriptor, 0, SEEK_CUR) == (off_t)size
	         ? read_file(lint, file, path)
	         : lint_no_memory(lint);
	if (descriptor >= 0)
		close(descriptor);
	return ok;
}
