/*
 * The import of files of all kinds, and the count of what no reader knows in them.
 */
#include "vmms/hvctl_input.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/progress.h"
#include "regstore/bcd/bcd.h"
#include "regstore/formats/hive.h"
#include "regstore/formats/pol.h"
#include "regstore/formats/reg_text.h"

const char *
input_kind_name(enum input_kind kind)
{
	static const char *const names[] = { "reg", "pol", "hive", "bcd" };

	return names[kind];
}

void
input_release(struct input *input)
{
	buf_release(&input->lost);
}

/* --- What no reader knows
 * ------------------------------------------------------------------------- */

/* Goes over the values of one file. */
struct count {
	const struct hvctl *hvctl;
	struct input *input;
	struct buf path; /* of the key at hand */
};

static bool
is_service_key(const char *path)
{
	return tunable_key_matches(
	    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\<service>", path, strlen(path));
}

/* The loader reads it. */
static bool
is_select_key(const char *path)
{
	return tunable_key_matches("HKLM\\SYSTEM\\Select", path, strlen(path));
}

static void
count_value(struct count *count, const char *name)
{
	const char *path = buf_text(&count->path);

	count->input->values++;
	if (tunable_find(&count->hvctl->hvemu->catalog, path, strlen(path), name, strlen(name),
	        NULL) == NULL &&
	    !(tunable_is_service_value(name) && is_service_key(path)) && !is_select_key(path))
		count->input->unread++;
}

static lstatus
count_reg_key(void *self, uint64_t line UNUSED, const char *path)
{
	struct count *count = self;

	buf_clear(&count->path);
	buf_append_text(&count->path, path);
	return LSTATUS(count->path.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

static lstatus
count_reg_value(void *self, uint64_t line UNUSED, const char *name, uint32_t type UNUSED,
    const void *data UNUSED, size_t size UNUSED)
{
	count_value(self, name);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
pass_reg_key(void *self UNUSED, uint64_t line UNUSED, const char *path UNUSED)
{
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
count_pol_record(void *self, const struct reg_pol_record *record)
{
	static const char soft[] = "**soft.";
	struct count *count = self;
	const char *name = record->name;

	buf_clear(&count->path);
	buf_printf(&count->path, "%s\\%s", count->input->into, record->key);
	if (strncasecmp(name, soft, strlen(soft)) == 0)
		name += strlen(soft);
	/* Other directives set nothing, and a record without name and data only makes its key. */
	if (strncmp(name, "**", 2) != 0 && (name[0] != '\0' || record->type != REG_NONE))
		count_value(count, name);
	return LSTATUS(count->path.failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
}

static bool
count_hive_value(void *context, const char *name, uint32_t type UNUSED, const void *data UNUSED,
    size_t size UNUSED)
{
	count_value(context, name);
	return true;
}

/* A hive's values are those of its key once it is loaded; links in it lead elsewhere. */
static lstatus
count_hive_key(struct count *count, struct registry *registry, reg_key key)
{
	struct reg_key_list keys = { 0 };
	size_t length = count->path.size;
	lstatus status = registry_each_value(registry, key, count_hive_value, count);

	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, &keys);
	for (size_t i = 0; i < keys.count && lstatus_ok(status); i++) {
		if ((keys.entries[i].flags & REGISTRY_CREATE_LINK) != 0)
			continue;
		buf_printf(&count->path, "\\%s", keys.entries[i].name);
		status = count_hive_key(count, registry, keys.entries[i].key);
		buf_truncate(&count->path, length);
	}
	reg_key_list_release(&keys);
	return status;
}

/* --- Import
 * --------------------------------------------------------------------------------------- */

static void
begin_progress(struct registry *registry, const char *what, struct progress *progress)
{
	progress_begin(progress, what);
	registry_set_progress(registry, progress_tell, progress);
}

static void
end_progress(struct registry *registry, struct progress *progress)
{
	registry_set_progress(registry, NULL, NULL);
	progress_end(progress);
}

static bool
import_reg(const struct hvctl *hvctl, struct registry *registry, struct input *input, FILE *file)
{
	static const struct reg_text_handler counter = {
		.create_key = count_reg_key,
		.delete_key = pass_reg_key,
		.set_value = count_reg_value,
		.delete_value = pass_reg_key,
	};
	struct count count = { .hvctl = hvctl, .input = input };
	struct progress progress;
	struct reg_import_result result;
	struct reg_text_error error = { 0 };
	lstatus status;

	if (input->into != NULL) {
		hvctl_fail(hvctl, "%s: a .reg file names its keys itself; --into is for others",
		    input->file);
		return false;
	}
	begin_progress(registry, input->file, &progress);
	status = reg_import(registry, file, 0, input->file, NULL, &result);
	end_progress(registry, &progress);
	if (!lstatus_ok(status)) {
		hvctl_fail(hvctl, "%s", result.message);
		return false;
	}
	input->deletions = result.deletions;
	rewind(file);
	reg_text_parse(file, &counter, &count, &error);
	buf_release(&count.path);
	return true;
}

static bool
import_pol(const struct hvctl *hvctl, struct registry *registry, struct input *input, FILE *file)
{
	struct count count = { .hvctl = hvctl, .input = input };
	struct progress progress;
	struct reg_pol_result result;
	struct reg_pol_error error = { 0 };
	bool done;

	if (input->into == NULL)
		input->into = "HKLM";
	begin_progress(registry, input->file, &progress);
	done = lstatus_ok(reg_pol_import(registry, file, input->file, input->into, NULL, &result));
	end_progress(registry, &progress);
	if (!done)
		hvctl_fail(hvctl, "%s", result.message);
	input->deletions = result.deletions;
	buf_append_text(&input->lost, buf_text(&result.kept));
	reg_pol_result_release(&result);
	rewind(file);
	if (done)
		reg_pol_parse(file, count_pol_record, &count, &error);
	buf_release(&count.path);
	return done;
}

/* Any other hive in the place of the boot configuration would leave the host without one. */
static bool
is_store(const struct hvctl *hvctl, struct registry *registry, const struct input *input)
{
	struct bcd bcd;

	if (lstatus_ok(bcd_open(registry, input->into, &bcd)))
		return true;
	hvctl_fail(hvctl,
	    "%s: this hive is no boot configuration; say with --into KEY where it belongs",
	    input->file);
	return false;
}

static bool
import_hive(const struct hvctl *hvctl, struct registry *registry, struct input *input)
{
	struct count count = { .hvctl = hvctl, .input = input };
	struct reg_hive_report report = { 0 };
	struct progress progress;
	reg_key key;
	lstatus status;
	bool done;

	input->kind = input->into == NULL ? INPUT_BCD : INPUT_HIVE;
	if (input->into == NULL)
		input->into = BCD_ROOT;
	status = registry_create_key(registry, NULL, input->into, 0, &key, NULL);
	begin_progress(registry, input->file, &progress);
	if (lstatus_ok(status))
		status = reg_hive_load(registry, input->file, key, REG_HIVE_REPLACE, &report);
	end_progress(registry, &progress);
	done = lstatus_ok(status);
	if (!done)
		hvctl_fail(hvctl, "%s: %s", input->into,
		    report.message[0] != '\0' ? report.message : lstatus_text(status));
	buf_append_text(&input->lost, buf_text(&report.lost));
	if (done && input->kind == INPUT_BCD) {
		input->values = report.values;
		done = is_store(hvctl, registry, input);
	} else if (done) {
		buf_append_text(&count.path, input->into);
		done = lstatus_ok(count_hive_key(&count, registry, key));
	}
	buf_release(&count.path);
	reg_hive_report_release(&report);
	return done;
}

bool
input_import(const struct hvctl *hvctl, struct registry *registry, struct input *input)
{
	FILE *file = fopen(input->file, "re");
	char magic[4] = { 0 };
	bool done;

	errno = file == NULL ? errno : 0;
	if (file == NULL || (fread(magic, 1, sizeof(magic), file) == 0 && ferror(file) != 0)) {
		hvctl_fail(hvctl, "%s: %s", input->file, strerror(errno));
		if (file != NULL)
			fclose(file);
		return false;
	}
	rewind(file);
	if (memcmp(magic, "regf", sizeof(magic)) == 0) {
		done = import_hive(hvctl, registry, input);
	} else if (memcmp(magic, "PReg", sizeof(magic)) == 0) {
		input->kind = INPUT_POL;
		done = import_pol(hvctl, registry, input, file);
	} else {
		input->kind = INPUT_REG;
		done = import_reg(hvctl, registry, input, file);
	}
	fclose(file);
	return done;
}
