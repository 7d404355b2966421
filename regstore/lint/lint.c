/*
 * A run: files in, findings out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "regstore/lint/internal.h"

enum { BLOCK = 1 << 16 };

/* Note what is looked for by other rows' names. */
static bool
index_rows(struct lint *lint)
{
	const struct tunable_catalog *catalog = lint->options.catalog;
	size_t count = 0;

	lint->substituted = calloc(catalog->count + 1, sizeof(const struct tunable_entry *));
	if (lint->substituted == NULL)
		return false;
	for (size_t i = 0; i < catalog->count; i++) {
		const struct tunable *row = catalog->entries[i].row;

		if (catalog->entries[i].fallback != NULL)
			lint->substituted[count++] = &catalog->entries[i];
		if (!tunable_name_is_open(row->name) && row->shape != SHAPE_SUBKEY &&
		    !nearest_add(&lint->names, row->name, strlen(row->name), (uint32_t)i))
			return false;
	}
	return true;
}

static void
set_options(struct lint *lint, const struct lint_options *options)
{
	time_t now = time(NULL);
	struct tm day = { 0 };

	lint->options = *options;
	if (options->today != NULL)
		return;
	gmtime_r(&now, &day);
	strftime(lint->today, sizeof(lint->today), "%Y-%m-%d", &day);
	lint->options.today = lint->today;
}

struct lint *
lint_new(const struct lint_options *options)
{
	struct lint *lint = calloc(1, sizeof(*lint));

	if (lint == NULL)
		return NULL;
	set_options(lint, options);
	if (index_rows(lint) && lint_keys_init(lint))
		return lint;
	lint_free(lint);
	return NULL;
}

/* What was added and found, without the index of the catalog. */
static void
release_contents(struct lint *lint)
{
	for (size_t i = 0; i < lint->file_count; i++)
		free(lint->files[i].name);
	free(lint->files);
	free(lint->nodes);
	free(lint->node_buckets);
	free(lint->writes);
	free(lint->values);
	free(lint->value_buckets);
	free(lint->matches);
	free(lint->readers);
	lint_suppressions_release(lint);
	buf_release(&lint->text);
	buf_release(&lint->data);
	buf_release(&lint->folded);
	buf_release(&lint->path);
	buf_release(&lint->key);
}

void
lint_clear(struct lint *lint, const struct lint_options *options)
{
	struct lint kept = {
		.patterns = lint->patterns,
		.pattern_count = lint->pattern_count,
		.pattern_capacity = lint->pattern_capacity,
		.tables = lint->tables,
		.table_count = lint->table_count,
		.table_capacity = lint->table_capacity,
		.names = lint->names,
		.substituted = lint->substituted,
	};

	release_contents(lint);
	*lint = kept;
	set_options(lint, options);
}

void
lint_free(struct lint *lint)
{
	if (lint == NULL)
		return;
	release_contents(lint);
	lint_keys_release(lint);
	nearest_release(&lint->names);
	free(lint->substituted);
	free(lint);
}

bool
lint_begin_file(struct lint *lint, const char *name, bool binary, uint32_t *ret_file)
{
	char *copy = strdup(name);

	if (copy == NULL || !array_room(&lint->files, &lint->file_capacity, lint->file_count,
	                        sizeof(*lint->files))) {
		free(copy);
		return lint_no_memory(lint);
	}
	lint->files[lint->file_count] = (struct lint_file){ .name = copy, .binary = binary };
	*ret_file = (uint32_t)lint->file_count++;
	lint->summary.files++;
	return true;
}

/* All that a file still has. */
static lstatus
read_all(FILE *file, struct buf *contents)
{
	struct stat status;
	size_t count;

	/* Where the size is known, the buffer grows once. */
	if (fstat(fileno(file), &status) == 0 && status.st_size > 0)
		buf_reserve(contents, (size_t)status.st_size + BLOCK);
	errno = 0;
	do {
		if (!buf_reserve(contents, BLOCK))
			return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
		count = fread(contents->data + contents->size, 1, BLOCK, file);
		contents->size += count;
	} while (count > 0);
	if (ferror(file))
		return lstatus_from_errno(errno != 0 ? errno : EIO);
	return LSTATUS(ERROR_SUCCESS);
}

/* A line of text takes some thirty bytes, and half of them are kept. */
static void
expect_size(struct lint *lint, size_t size)
{
	buf_reserve(&lint->text, size / 2);
	buf_reserve(&lint->data, size / 4);
}

lstatus
lint_add_memory(struct lint *lint, const void *data, size_t size, const char *name)
{
	expect_size(lint, size);
	return LSTATUS(lint_read(lint, data, size, name) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY);
}

lstatus
lint_add_file(struct lint *lint, FILE *file, const char *name)
{
	struct buf contents = { 0 };
	lstatus status = read_all(file, &contents);

	if (lstatus_ok(status))
		status = lint_add_memory(lint, contents.data, contents.size, name);
	buf_release(&contents);
	return status;
}

lstatus
lint_add_suppressions(struct lint *lint, FILE *file, const char *name)
{
	struct buf contents = { 0 };
	lstatus status = read_all(file, &contents);

	if (lstatus_ok(status) &&
	    !lint_read_suppressions(lint, buf_text(&contents), contents.size, name))
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	buf_release(&contents);
	return status;
}

/* --- Judging
 * -------------------------------------------------------------------------------------- */

static void
judge_fault(struct lint *lint, const struct lint_write *write, const char *code)
{
	struct lint_finding finding = lint_finding_of(lint, code, write, NULL, NULL);

	finding.detail = lint_text(lint, write->name);
	lint_emit(lint, write, &finding);
}

/* A finding about a write that no rule says more of. */
static void
judge_plainly(struct lint *lint, const struct lint_write *write, const char *code)
{
	struct lint_finding finding = lint_finding_of(
	    lint, code, write, lint_key_of(lint, write), lint_text(lint, write->name));

	lint_emit(lint, write, &finding);
}

static void
judge_value(struct lint *lint, const struct lint_write *write)
{
	lint->summary.values++;
	if (lint_judge_write(lint, write))
		lint->summary.known++;
	else if (lint->options.all)
		judge_plainly(lint, write, "HV1002");
}

static void
judge(struct lint *lint, const struct lint_write *write)
{
	switch (write->kind) {
	case WRITE_ERROR:
		lint->summary.failed = true;
		judge_fault(lint, write, "HV1001");
		break;
	case WRITE_LOSS:
		judge_fault(lint, write, "HV1004");
		break;
	case WRITE_KEPT:
		judge_plainly(lint, write, "HV1003");
		break;
	case WRITE_SET:
	case WRITE_SET_IF_ABSENT:
	case WRITE_DELETE:
		judge_value(lint, write);
		break;
	case WRITE_ELEMENT:
	case WRITE_BAD_ELEMENT:
		lint->summary.values++;
		lint->summary.known += lint_judge_boot(lint, write);
		break;
	case WRITE_CREATE_KEY:
	case WRITE_DELETE_KEY:
	case WRITE_DELETE_VALUES:
		lint_judge_key(lint, write);
		break;
	default:
		break;
	}
}

lstatus
lint_finish(struct lint *lint, struct lint_summary *ret_summary)
{
	if (!lint->no_memory && lint_settle_writes(lint) && lint_boot_init(lint)) {
		for (size_t i = 0; i < lint->write_count; i++)
			judge(lint, &lint->writes[i]);
		lint_judge_suppressions(lint);
	}
	*ret_summary = lint->summary;
	return LSTATUS(lint->no_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

/* --- Words of the interface
 * ----------------------------------------------------------------------- */

static const char *const severities[] = {
	[LINT_NOTE] = "note",
	[LINT_WARNING] = "warning",
	[LINT_ERROR] = "error",
};

const char *
lint_severity_name(enum lint_severity severity)
{
	return severities[severity];
}

bool
lint_severity_parse(const char *name, enum lint_severity *ret_severity)
{
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++) {
		if (strcasecmp(severities[i], name) == 0) {
			*ret_severity = (enum lint_severity)i;
			return true;
		}
	}
	return false;
}

bool
lint_format_parse(const char *name, enum lint_format *ret_format)
{
	static const char *const formats[] = {
		[LINT_REG] = "reg",
		[LINT_POL] = "pol",
		[LINT_HIVE] = "hive",
		[LINT_BCDEDIT] = "bcdedit",
	};

	for (size_t i = LINT_REG; i < ARRAY_SIZE(formats); i++) {
		if (strcasecmp(formats[i], name) == 0) {
			*ret_format = (enum lint_format)i;
			return true;
		}
	}
	return false;
}
