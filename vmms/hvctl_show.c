/*
 * show: what is stored in a key, now or at an earlier moment.
 */
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/formats/reg_text.h"
#include "vmms/hvctl.h"

static json_t *
value_json(const struct reg_value_entry *value)
{
	struct tunable_raw raw = {
		.present = true, .type = value->type, .data = value->data, .size = value->size
	};
	struct buf text = { 0 };
	json_t *json;

	tunable_raw_text(&raw, &text);
	json = json_pack("{s:o, s:o}", "name", tunable_json_text(value->name), "data",
	    tunable_json_text(buf_text(&text)));
	buf_release(&text);
	return json;
}

static json_t *
time_json(int64_t time)
{
	struct buf text = { 0 };
	json_t *json;

	clock_format(time, &text);
	json = json_string(buf_text(&text));
	buf_release(&text);
	return json;
}

static lstatus
key_json(struct registry *registry, reg_key key, json_t **ret_json)
{
	struct reg_value_list values = { 0 };
	struct reg_key_list keys = { 0 };
	struct reg_key_info info = { 0 };
	struct buf path = { 0 };
	json_t *key_names = json_array();
	json_t *value_list = json_array();
	lstatus status = registry_key_path(registry, key, &path);

	if (lstatus_ok(status))
		status = registry_query_info(registry, key, &info);
	if (lstatus_ok(status))
		status = registry_list_keys(registry, key, &keys);
	if (lstatus_ok(status))
		status = registry_list_values(registry, key, &values);
	for (size_t i = 0; i < keys.count; i++)
		json_array_append_new(key_names, tunable_json_text(keys.entries[i].name));
	for (size_t i = 0; i < values.count; i++)
		json_array_append_new(value_list, value_json(&values.entries[i]));
	*ret_json = json_pack("{s:o, s:o, s:o, s:o}", "key", tunable_json_text(buf_text(&path)),
	    "last_write", time_json(info.last_write), "subkeys", key_names, "values", value_list);
	reg_key_list_release(&keys);
	reg_value_list_release(&values);
	buf_release(&path);
	return status;
}

static void
print_key(const struct hvctl *hvctl, const json_t *key)
{
	json_t *member;
	size_t index;

	printf("%s%s%s  (written %s)\n", hvctl_bold(hvctl),
	    json_string_value(json_object_get(key, "key")), hvctl_plain(hvctl),
	    json_string_value(json_object_get(key, "last_write")));
	json_array_foreach(json_object_get(key, "values"), index, member)
	{
		const char *name = json_string_value(json_object_get(member, "name"));

		printf("  %-32s %s\n", name[0] != '\0' ? name : "(Default)",
		    json_string_value(json_object_get(member, "data")));
	}
	json_array_foreach(json_object_get(key, "subkeys"), index, member)
	    printf("  [%s]\n", json_string_value(member));
}

static int
show_key(const struct hvctl *hvctl, struct registry *registry, reg_key key)
{
	json_t *json = NULL;
	lstatus status = key_json(registry, key, &json);

	if (!lstatus_ok(status) || json == NULL) {
		json_decref(json);
		return hvctl_fail(hvctl, "the key cannot be read: %s",
		    lstatus_text(lstatus_ok(status) ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status));
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, json);
	print_key(hvctl, json);
	json_decref(json);
	return EXIT_SUCCESS;
}

static int
export_key(const struct hvctl *hvctl, struct registry *registry, reg_key key)
{
	struct buf path = { 0 };
	lstatus status = registry_key_path(registry, key, &path);

	if (lstatus_ok(status))
		status = reg_export(registry, key, buf_text(&path), stdout, REG_TEXT_V5, NULL);
	buf_release(&path);
	return lstatus_ok(status)
	           ? EXIT_SUCCESS
	           : hvctl_fail(hvctl, "the key cannot be exported: %s", lstatus_text(status));
}

int
hvctl_show(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry *registry;
	const char *path = NULL;
	bool reg = false;
	reg_key key;
	int status = EXIT_FAILURE;

	argc = hvctl_take_as_of(hvctl, argc, argv);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--reg") == 0)
			reg = true;
		else if (path == NULL && argv[i][0] != '-')
			path = argv[i];
		else
			return hvctl_misused(hvctl, "\"show\" takes one key, not \"%s\"", argv[i]);
	}
	if (path == NULL)
		return hvctl_misused(hvctl, "\"show\" takes a key");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (hvctl_open_key(hvctl, registry, path, 0, &key))
		status = reg ? export_key(hvctl, registry, key) : show_key(hvctl, registry, key);
	registry_close(registry);
	return status;
}
