/*
 * environment, files and client: what is configuration and no registry value.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/formats/out_file.h"
#include "regstore/formats/profile.h"
#include "vmms/client_settings.h"
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

	printf("%s%s%s  %s\n  %s, of %s\n  here: %s\n", hvctl_bold(hvctl), text_of(surface, "name"),
	    hvctl_plain(hvctl), text_of(surface, "format"), text_of(surface, "purpose"),
	    text_of(surface, "owner"), text_of(surface, "here"));
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

#define SETTINGS_MAX 8u

static int
show_settings(struct hvctl *hvctl, struct registry *registry)
{
	bool values[SETTINGS_MAX] = { 0 };
	struct buf error = { 0 };
	json_t *list = json_array();
	json_t *one;
	size_t index;

	if (!client_settings_read(registry, hvctl->root, values, &error)) {
		hvctl_fail(hvctl, "%s", buf_text(&error));
		buf_release(&error);
		json_decref(list);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; client_settings[i].name != NULL; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:b, s:b, s:s}", "name", client_settings[i].name,
		              "value", values[i], "default", client_settings[i].by_default,
		              "purpose", client_settings[i].doc));
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_array_foreach(list, index, one) printf("%-24s %-6s %s\n", text_of(one, "name"),
	    json_is_true(json_object_get(one, "value")) ? "true" : "false",
	    text_of(one, "purpose"));
	json_decref(list);
	return EXIT_SUCCESS;
}

static int
set_setting(struct hvctl *hvctl, struct registry *registry, const char *name, const char *text)
{
	const struct client_setting *setting = client_settings;
	bool value = strcasecmp(text, "true") == 0;
	struct buf error = { 0 };
	bool done;

	while (setting->name != NULL && strcasecmp(setting->name, name) != 0)
		setting++;
	if (setting->name == NULL)
		return hvctl_misused(hvctl, "the client keeps no setting \"%s\"", name);
	if (!value && strcasecmp(text, "false") != 0)
		return hvctl_misused(hvctl, "expected true or false, found \"%s\"", text);
	done = client_settings_write(registry, hvctl->root, setting, value, &error);
	if (!done)
		hvctl_fail(hvctl, "%s", buf_text(&error));
	else if (!hvctl->json)
		printf("%s is %s.\n", setting->name, value ? "true" : "false");
	buf_release(&error);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
show_pages(struct hvctl *hvctl)
{
	json_t *list = json_array();
	json_t *one;
	size_t index;

	for (const struct setting_page *at = setting_pages; at->id != NULL; at++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", at->id, "classes",
		                                at->classes, "basis", "assumed"));
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	printf("The ids are the reference's; which classes each page shows is assumed.\n");
	json_array_foreach(list, index, one) printf("%-30s %s\n", text_of(one, "id"),
	    text_of(one, "classes")[0] != '\0' ? text_of(one, "classes") : "(the client's own)");
	json_decref(list);
	return EXIT_SUCCESS;
}

/* "profile SECTION KEY [VALUE]" of hvc's INI file. */
static int
profile(struct hvctl *hvctl, struct registry *registry, int argc, char **argv)
{
	struct buf path = { 0 };
	struct buf value = { 0 };
	lstatus status;

	environment_path(registry, hvctl->root, HVC_PROFILE, &path);
	if (argc == 2)
		status = profile_get(buf_text(&path), argv[0], argv[1], &value);
	else
		status = out_file_folders(buf_text(&path));
	if (argc == 3 && lstatus_ok(status))
		status = profile_set(buf_text(&path), argv[0], argv[1], argv[2]);
	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: [%s] %s: %s", buf_text(&path), argv[0], argv[1],
		    lstatus_text(status));
	else if (argc == 2 && hvctl->json)
		hvctl_print_json(hvctl, json_pack("{s:s, s:s, s:o}", "section", argv[0], "key",
		                            argv[1], "value", tunable_json_text(buf_text(&value))));
	else if (argc == 2)
		printf("%s\n", buf_text(&value));
	buf_release(&path);
	buf_release(&value);
	return lstatus_ok(status) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
hvctl_client(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry *registry;
	int status;

	if (argc == 2 && strcmp(argv[1], "pages") == 0)
		return show_pages(hvctl);
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (argc == 1 || (argc == 2 && strcmp(argv[1], "settings") == 0))
		status = show_settings(hvctl, registry);
	else if (argc == 4 && strcmp(argv[1], "settings") == 0)
		status = set_setting(hvctl, registry, argv[2], argv[3]);
	else if ((argc == 4 || argc == 5) && strcmp(argv[1], "profile") == 0)
		status = profile(hvctl, registry, argc - 2, argv + 2);
	else
		status = hvctl_misused(hvctl,
		    "expected \"client settings [NAME true|false]\", \"client pages\" or \"client "
		    "profile SECTION KEY [VALUE]\"");
	registry_close(registry);
	return status;
}
