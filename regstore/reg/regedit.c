/*
 * regedit: what Windows' registry editor does without its window, which is to import and to export
 * .reg files from a command line.
 *
 *     regedit [/s] FILE...      import; /s has nothing to silence here
 *     regedit /e FILE [KEY]     export as version 5
 *     regedit /a FILE [KEY]     export as version 4 (REGEDIT4)
 *
 * Without a KEY all of HKEY_LOCAL_MACHINE and HKEY_USERS is exported. A file that is there is
 * overwritten, as regedit does. The exit status is 0, or 1 after an error message; regedit.exe
 * always ends with 0.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/macro.h"
#include "regstore/formats/out_file.h"
#include "regstore/formats/reg_text.h"
#include "regstore/reg/reg.h"

static const char usage[] = "usage: regedit [/s] FILE...\n"
                            "       regedit /e FILE [KEY]\n"
                            "       regedit /a FILE [KEY]\n"
                            "Imports .reg files, or exports as version 5 (/e) or 4 (/a).\n";

static int
import_one(struct registry *registry, const char *name)
{
	struct reg_import_result result;
	struct buf comment = { 0 };
	FILE *file = fopen(name, "rbe");
	lstatus status;

	if (file == NULL)
		return reg_fail("%s: %s", name, strerror(errno));
	buf_printf(&comment, "regedit %s", name);
	reg_begin_progress(registry, name);
	status = reg_import(registry, file, 0, name, buf_text(&comment), &result);
	reg_end_progress();
	buf_release(&comment);
	fclose(file);
	return lstatus_ok(status) ? EXIT_OK : reg_fail("%s", result.message);
}

/* Import each file, also after one that failed. */
static int
import_all(int count, char **names)
{
	struct registry *registry = reg_open_host(REGISTRY_CREATE);
	int code = registry != NULL ? EXIT_OK : EXIT_FAILED;

	for (int i = 0; i < count && registry != NULL; i++) {
		if (import_one(registry, names[i]) != EXIT_OK)
			code = EXIT_FAILED;
	}
	registry_close(registry);
	return code;
}

static lstatus
export_key(struct registry *registry, const char *path, FILE *file, enum reg_text_format format,
    struct buf *lost)
{
	struct buf full = { 0 };
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	/* The file calls the key by its root's long name; HKEY_CLASSES_ROOT is a view of two keys.
	 */
	if (lstatus_ok(status) && strncasecmp(path, "HKEY_", 5) == 0)
		buf_append_text(&full, path);
	else if (lstatus_ok(status))
		status = registry_key_path(registry, key, &full);
	while (full.size > 0 && full.data[full.size - 1] == '\\')
		buf_truncate(&full, full.size - 1);
	if (lstatus_ok(status))
		status = reg_export(registry, key, buf_text(&full), file, format, lost);
	buf_release(&full);
	return status;
}

static int export(const char *name, const char *path, enum reg_text_format format)
{
	struct registry *registry = reg_open_host(REGISTRY_OPEN);
	struct buf lost = { 0 };
	struct out_file out;
	lstatus status;

	if (registry == NULL)
		return EXIT_FAILED;
	reg_begin_progress(registry, name);
	status = out_file_begin(&out, name);
	if (lstatus_ok(status)) {
		status = path != NULL ? export_key(registry, path, out.file, format, &lost)
		                      : reg_export_all(registry, out.file, format, &lost);
		status = out_file_end(&out, status);
	}
	reg_end_progress();
	registry_close(registry);
	if (lstatus_ok(status))
		fputs(buf_text(&lost), stderr);
	buf_release(&lost);
	if (lstatus_ok(status))
		return EXIT_OK;
	return reg_fail("%s: %s", path != NULL ? path : name, lstatus_text(status));
}

static bool
is_switch(const char *word, char letter)
{
	return (word[0] == '/' || word[0] == '-') && (word[1] | 0x20) == letter && word[2] == '\0';
}

int
main(int argc, char **argv)
{
	int first = argc > 1 && is_switch(argv[1], 's') ? 2 : 1;

	reg_channel = "regedit";
	if (argc > 1 && (is_switch(argv[1], 'e') || is_switch(argv[1], 'a')) &&
	    (argc == 3 || argc == 4))
		return export(argv[2], argc == 4 ? argv[3] : NULL,
		    is_switch(argv[1], 'a') ? REG_TEXT_V4 : REG_TEXT_V5);
	if (argc == 2 && (strcmp(argv[1], "/?") == 0 || strcmp(argv[1], "--help") == 0)) {
		printf("%s", usage);
		return EXIT_OK;
	}
	if (first >= argc || is_switch(argv[first], 'e') || is_switch(argv[first], 'a')) {
		fprintf(stderr, "%s", usage);
		return EXIT_FAILED;
	}
	return import_all(argc - first, argv + first);
}
