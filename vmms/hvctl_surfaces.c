/*
 * environment, files and client: what is configuration and no registry value.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regstore/svc/client.h"
#include "vmms/file_surfaces.h"
#include "vmms/hvctl.h"
#include "vmwp/environment.h"

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

/* --- environment
 * ---------------------------------------------------------------------------------- */

int
hvctl_environment(struct hvctl *hvctl, int argc, char **argv UNUSED)
{
	struct registry *registry;
	json_t *list;
	json_t *one;
	size_t index;

	if (argc != 1)
		return hvctl_misused(hvctl, "\"environment\" takes no argument");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	list = json_array();
	for (const struct environment_variable *at = environment_variables; at->name != NULL;
	     at++) {
		struct buf value = { 0 };
		bool set = environment_get(registry, hvctl->root, at->name, &value);

		json_array_append_new(
		    list, json_pack("{s:s, s:o, s:s, s:s, s:s}", "name", at->name, "value",
		              set ? tunable_json_text(buf_text(&value)) : json_null(), "consumers",
		              at->consumers, "section", at->section, "purpose", at->doc));
		buf_release(&value);
	}
	registry_close(registry);
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_array_foreach(list, index, one) printf("%s%s%s = %s\n  %s\n  read by %s\n",
	    hvctl_bold(hvctl), text_of(one, "name"), hvctl_plain(hvctl), text_of(one, "value"),
	    text_of(one, "purpose"), text_of(one, "consumers"));
	json_decref(list);
	return EXIT_SUCCESS;
}

/* --- files
 * ---------------------------------------------------------------------------------------- */

/* The files of a pattern below the host's folder that are there, as an array of paths. */
static json_t *
find_files(const char *root, const char *path)
{
	size_t literal = strncmp(path, root, strlen(root)) == 0 ? strlen(root) : 0;
	json_t *list = json_array();
	struct buf pattern = { 0 };
	glob_t found = { 0 };

	/* What the folder's name holds is meant as it is. */
	for (size_t i = 0; i < literal; i++) {
		if (strchr("*?[\\", path[i]) != NULL)
			buf_append_byte(&pattern, '\\');
		buf_append_byte(&pattern, (uint8_t)path[i]);
	}
	buf_append_text(&pattern, path + literal);
	if (glob(buf_text(&pattern), 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			json_array_append_new(list, tunable_json_text(found.gl_pathv[i]));
	}
	globfree(&found);
	buf_release(&pattern);
	return list;
}

static void
print_surface(const struct hvctl *hvctl, const json_t *surface)
{
	json_t *file;
	size_t index;

	printf("%s%s%s  %s\n  %s\n  of %s\n  here: %s\n", hvctl_bold(hvctl),
	    text_of(surface, "name"), hvctl_plain(hvctl), text_of(surface, "format"),
	    text_of(surface, "purpose"), text_of(surface, "owner"), text_of(surface, "here"));
	json_array_foreach(json_object_get(surface, "files"), index, file)
	    printf("    %s\n", json_string_value(file));
}

int
hvctl_files(struct hvctl *hvctl, int argc, char **argv UNUSED)
{
	struct registry *registry;
	json_t *list;
	json_t *one;
	size_t index;

	if (argc != 1)
		return hvctl_misused(hvctl, "\"files\" takes no argument");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	list = json_array();
	for (const struct file_surface *at = file_surfaces; at->name != NULL; at++) {
		struct buf path = { 0 };

		if (at->path != NULL)
			environment_path(registry, hvctl->root, at->path, &path);
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", at->name,
		              "owner", at->owner, "section", at->section, "format", at->format,
		              "purpose", at->doc, "here", at->here, "files",
		              at->path != NULL ? find_files(hvctl->root, buf_text(&path))
		                               : json_array()));
		buf_release(&path);
	}
	registry_close(registry);
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_array_foreach(list, index, one) print_surface(hvctl, one);
	json_decref(list);
	return EXIT_SUCCESS;
}

/* --- client
 * --------------------------------------------------------------------------------------- */

#define CLIENT_ARGUMENTS 8

/* The management client's files are another program's, as only that needs an XML library. */
int
hvctl_client(struct hvctl *hvctl, int argc, char **argv)
{
	char *arguments[CLIENT_ARGUMENTS + 3] = { (char *)(uintptr_t) "mmc" };
	struct buf program = { 0 };
	int count = 1;

	if (argc > CLIENT_ARGUMENTS)
		return hvctl_misused(hvctl, "too many arguments");
	if (hvctl->json)
		arguments[count++] = (char *)(uintptr_t) "--json";
	memcpy(&arguments[count], argv + 1, (size_t)(argc - 1) * sizeof(*argv));
	svc_client_program("mmc", &program);
	if (setenv("HVEMU_ROOT", hvctl->root, 1) == 0)
		execv(buf_text(&program), arguments);
	hvctl_fail(hvctl, "%s: %s", buf_text(&program), strerror(errno));
	buf_release(&program);
	return EXIT_FAILURE;
}
