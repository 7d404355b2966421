/*
 * policy: Registry.pol files, as a group policy brings them to a host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/formats/out_file.h"
#include "regstore/formats/pol.h"
#include "vmms/hvctl.h"

/* --- import
 * --------------------------------------------------------------------------------------- */

static int
report_import(
    const struct hvctl *hvctl, const char *name, lstatus status, struct reg_pol_result *result)
{
	if (!lstatus_ok(status))
		return hvctl_fail(hvctl, "%s", result->message);
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:I, s:I, s:I, s:s}", "file", name, "records",
		               (json_int_t)result->records, "values", (json_int_t)result->values,
		               "deletions", (json_int_t)result->deletions, "kept",
		               buf_text(&result->kept)));
	printf("%s: %llu records: %llu values set, %llu deletions.\n", name,
	    (unsigned long long)result->records, (unsigned long long)result->values,
	    (unsigned long long)result->deletions);
	if (result->kept.size > 0)
		printf("Not carried out:\n%s", buf_text(&result->kept));
	return EXIT_SUCCESS;
}

static int
import_policy(struct hvctl *hvctl, const char *name, const char *root)
{
	FILE *file = fopen(name, "re");
	struct reg_pol_result result = { 0 };
	struct registry *registry;
	lstatus status;
	int code;

	if (file == NULL)
		return hvctl_fail(hvctl, "%s: %s", name, strerror(errno));
	registry = hvctl_open(hvctl, REGISTRY_CREATE);
	if (registry == NULL) {
		fclose(file);
		return EXIT_FAILURE;
	}
	status = reg_pol_import(registry, file, name, root, "hvctl policy import", &result);
	code = report_import(hvctl, name, status, &result);
	reg_pol_result_release(&result);
	registry_close(registry);
	fclose(file);
	return code;
}

/* --- export
 * --------------------------------------------------------------------------------------- */

static lstatus
write_policy(struct registry *registry, const char *path, const char *name, struct buf *lost)
{
	const char *below = strchr(path, '\\');
	struct out_file out;
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, path, 0, &key);

	if (lstatus_ok(status) && (below == NULL || below[1] == '\0'))
		return LSTATUS(ERROR_INVALID_PARAMETER);
	if (lstatus_ok(status))
		status = out_file_begin(&out, name);
	if (!lstatus_ok(status))
		return status;
	return out_file_end(&out, reg_pol_export(registry, key, below + 1, out.file, lost));
}

static int
export_policy(struct hvctl *hvctl, const char *path, const char *name)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	struct buf lost = { 0 };
	lstatus status;
	int code;

	if (registry == NULL)
		return EXIT_FAILURE;
	status = write_policy(registry, path, name, &lost);
	registry_close(registry);
	if (!lstatus_ok(status))
		code = hvctl_fail(hvctl, "%s to %s: %s", path, name, lstatus_text(status));
	else if (hvctl->json)
		code = hvctl_print_json(hvctl, json_pack("{s:s, s:s, s:s}", "key", path, "file",
		                                   name, "lost", buf_text(&lost)));
	else
		code = printf("%s is written.\n", name) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (lost.size > 0 && !hvctl->json)
		printf("The format cannot hold:\n%s", buf_text(&lost));
	buf_release(&lost);
	return code;
}

int
hvctl_policy(struct hvctl *hvctl, int argc, char **argv)
{
	bool user = argc == 4 && strcmp(argv[3], "--user") == 0;

	if (argc >= 3 && strcmp(argv[1], "import") == 0 && (argc == 3 || user))
		return import_policy(hvctl, argv[2], user ? "HKCU" : "HKLM");
	if (argc == 4 && strcmp(argv[1], "export") == 0)
		return export_policy(hvctl, argv[2], argv[3]);
	return hvctl_misused(
	    hvctl, "expected \"policy import FILE\" or \"policy export KEY FILE\"");
}
