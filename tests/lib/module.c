/*
 * A module over a true registry.
 */
#include "tests/lib/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmms/processes.h"

int
fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct buf error = { 0 };

	if (fixture == NULL)
		return -1;
	host_init(&fixture->host);
	host_open(&fixture->host);
	fixture->writer = host_connect(&fixture->host);
	if (!host_catalog_init(&fixture->catalog, &error))
		return -1;
	*state = fixture;
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	module_release(&fixture->object);
	tunable_catalog_release(&fixture->catalog);
	registry_close(fixture->writer);
	host_release(&fixture->host);
	free(fixture);
	return 0;
}

void
boot(struct fixture *fixture, const struct module *module)
{
	module_release(&fixture->object);
	fixture->object = (struct module_object){
		.module = module,
		.registry = fixture->host.registry,
		.catalog = &fixture->catalog,
	};
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
	assert_true(fixture->object.running);
}

void
restart(struct fixture *fixture)
{
	module_stop(&fixture->object);
	assert_false(fixture->object.running);
	assert_ntstatus(module_start(&fixture->object), STATUS_SUCCESS);
}

void
reload(struct fixture *fixture)
{
	assert_ntstatus(module_reload(&fixture->object), STATUS_SUCCESS);
}

/* --- Writing, as somebody else
 * ----------------------------------------------------------------- */

void
set_number(struct fixture *fixture, const char *path, const char *name, uint32_t number)
{
	assert_lstatus(
	    registry_set_dword(fixture->writer, host_key(fixture->writer, path), name, number),
	    ERROR_SUCCESS);
}

void
set_text(struct fixture *fixture, const char *path, const char *name, const char *text)
{
	assert_lstatus(
	    registry_set_text(fixture->writer, host_key(fixture->writer, path), name, REG_SZ, text),
	    ERROR_SUCCESS);
}

void
set_bytes(struct fixture *fixture, const char *path, const char *name, uint32_t type,
    const void *data, size_t size)
{
	assert_lstatus(registry_set_value(fixture->writer, host_key(fixture->writer, path), name,
	                   type, data, size),
	    ERROR_SUCCESS);
}

void
delete_value(struct fixture *fixture, const char *path, const char *name)
{
	assert_lstatus(
	    registry_delete_value(fixture->writer, host_key(fixture->writer, path), name),
	    ERROR_SUCCESS);
}

void
delete_tree(struct fixture *fixture, const char *path)
{
	assert_lstatus(
	    registry_delete_tree(fixture->writer, host_key(fixture->writer, path)), ERROR_SUCCESS);
}

/* --- Looking
 * ------------------------------------------------------------------------------------- */

const char *
member(const json_t *view, const char *name)
{
	const char *text = json_string_value(json_object_get(view, name));

	return text != NULL ? text : "";
}

json_t *
find_view(json_t *views, const char *path, const char *name, const char *instance)
{
	json_t *view;
	size_t index;

	json_array_foreach(views, index, view)
	{
		if (strcmp(member(view, "name"), name) == 0 &&
		    (path == NULL || strcmp(member(view, "key"), path) == 0) &&
		    (instance == NULL || strcmp(member(view, "instance"), instance) == 0))
			return view;
	}
	return NULL;
}

json_t *
view_all(const struct fixture *fixture)
{
	json_t *views = json_array();

	assert_true(module_view(&fixture->object, NULL, views));
	return views;
}

/* A value's text or number as text: "7", "off", "null". */
static void
render(const json_t *json, char *out, size_t size)
{
	char *text = json_is_string(json) ? NULL : json_dumps(json, JSON_ENCODE_ANY);

	snprintf(out, size, "%s",
	    json_is_string(json) ? json_string_value(json)
	    : text != NULL       ? text
	                         : "none");
	free(text);
}

void
shows_at(const struct fixture *fixture, const char *path, const char *name, const char *instance,
    const char *effective, const char *event, const char *file, int line)
{
	json_t *views = view_all(fixture);
	const json_t *view = find_view(views, path, name, instance);
	const char *waits_for = member(view, "pending_event");
	char text[128] = "none";
	bool good;

	if (view != NULL)
		render(json_object_get(view, "effective"), text, sizeof(text));
	good = strcmp(text, effective != NULL ? effective : "none") == 0 &&
	       strcmp(waits_for, event != NULL ? event : "") == 0 &&
	       json_is_true(json_object_get(view, "pending")) == (event != NULL);
	if (!good)
		print_error("%s: expected %s, pending until %s; got %s, pending until %s\n", name,
		    effective != NULL ? effective : "none", event != NULL ? event : "", text,
		    waits_for);
	json_decref(views);
	if (!good)
		_fail(file, line);
}

void
derives_at(const struct fixture *fixture, const char *path, const char *expected, const char *file,
    int line)
{
	json_t *state = json_object();
	const json_t *at = state;
	char copy[64];
	char *rest = copy;
	char text[256];
	const char *name;

	fixture->object.module->status(&fixture->object, state);
	snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, ".")) != NULL)
		at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10))
		                       : json_object_get(at, name);
	render(at, text, sizeof(text));
	json_decref(state);
	if (strcmp(text, expected) == 0)
		return;
	print_error("%s: expected %s, got %s\n", path, expected, text);
	_fail(file, line);
}

ntstatus
call(struct fixture *fixture, const char *name, const char *argument, json_t *result)
{
	const struct module_operation *operation = fixture->object.module->operations;

	while (operation->name != NULL && strcmp(operation->name, name) != 0)
		operation++;
	assert_non_null(operation->name);
	return operation->call(&fixture->object, argument, result);
}

ntstatus
run(struct fixture *fixture, const char *name, const char *argument)
{
	json_t *result = json_object();
	ntstatus status = call(fixture, name, argument, result);

	json_decref(result);
	return status;
}
