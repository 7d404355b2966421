/*
 * mmc: what the management client keeps. "hvctl client" runs it.
 */
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

/* argv[0] is the first argument. */
static int
client(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry *registry;
	int status;

	if (argc == 1 && strcmp(argv[0], "pages") == 0)
		return show_pages(hvctl);
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (argc == 0 || (argc == 1 && strcmp(argv[0], "settings") == 0))
		status = show_settings(hvctl, registry);
	else if (argc == 3 && strcmp(argv[0], "settings") == 0)
		status = set_setting(hvctl, registry, argv[1], argv[2]);
	else if ((argc == 3 || argc == 4) && strcmp(argv[0], "profile") == 0)
		status = profile(hvctl, registry, argc - 1, argv + 1);
	else
		status = hvctl_misused(hvctl,
		    "expected \"client settings [NAME true|false]\", \"client pages\" or \"client "
		    "profile SECTION KEY [VALUE]\"");
	registry_close(registry);
	return status;
}

int
main(int argc, char **argv)
{
	struct hvctl hvctl = { .program = argv[0], .command = "client" };
	struct buf root = { 0 };
	int status;

	if (argc > 1 && strcmp(argv[1], "--json") == 0) {
		hvctl.json = true;
		argc--;
		argv++;
	}
	registry_default_root(&root);
	hvctl.root = strdup(buf_text(&root));
	buf_release(&root);
	status = hvctl.root != NULL ? client(&hvctl, argc - 1, argv + 1) : EXIT_FAILURE;
	free(hvctl.root);
	if (fflush(stdout) != 0 || ferror(stdout))
		return hvctl_fail(&hvctl, "standard output cannot be written");
	return status;
}
