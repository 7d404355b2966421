/*
 * The subkeys of Containers that the reference names without their values (1.8).
 */
#include <string.h>

#include "regstore/tunable/view.h"
#include "vmcompute/internal.h"

static const struct tunable subkey_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Setting of utility virtual machines.",
	    .note = "The reference names the subkey without its values; DirectMapRangeSizeMB and "
	            "SharedMemorySizeMB are read where it lists them, in Containers.",
	},
};

static const struct tunable credential_rows[] = {
	{
	    .name = "*",
	    .type = REG_BINARY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "A saved credential.",
	    .note =
	        "The last part of the reference's path, <cred name>, is read as the value's name.",
	},
};

#define CONTAINERS_TABLE(stem, image, subkey, what)                                                \
	{                                                                                          \
		.name = stem ".containers-" what, .owner = (image),                                \
		.key = CONTAINERS_KEY "\\" subkey, .section = "1.8", .apply = APPLY_UNKNOWN,       \
		.assumed_apply = APPLY_SERVICE_START, .rows = subkey_rows,                         \
		.count = ARRAY_SIZE(subkey_rows),                                                  \
	}

#define CREDENTIALS_TABLE(stem, image)                                                             \
	{                                                                                          \
		.name = stem ".credentials", .owner = (image),                                     \
		.key = CONTAINERS_KEY "\\Credentials", .section = "1.8", .apply = APPLY_UNKNOWN,   \
		.assumed_apply = APPLY_SERVICE_START, .rows = credential_rows,                     \
		.count = ARRAY_SIZE(credential_rows),                                              \
	}

#define OWNER_TABLES(stem, image)                                                                  \
	{                                                                                          \
		CONTAINERS_TABLE(stem, image, "UtilityVm", "uvm"),                                 \
		    CONTAINERS_TABLE(stem, image, "UtilityVm\\Memory Management", "uvm-memory"),   \
		    CONTAINERS_TABLE(stem, image, "Diagnostics", "diagnostics"),                   \
		    CONTAINERS_TABLE(stem, image, "Debug", "debug"),                               \
		    CREDENTIALS_TABLE(stem, image),                                                \
	}

const struct tunable_table containers_vmcompute[CONTAINERS_TABLES] =
    OWNER_TABLES("vmcompute", "vmcompute.exe");
const struct tunable_table containers_vmusrv[CONTAINERS_TABLES] =
    OWNER_TABLES("vmusrv", "vmusrv.dll");

ntstatus
containers_load(struct module_object *object, const struct tunable_table tables[CONTAINERS_TABLES])
{
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < CONTAINERS_TABLES && ntstatus_ok(status); i++)
		status = module_load(object, &tables[i], NULL);
	return status;
}

/* The names of the values that were found in one subkey. */
static json_t *
value_names(const struct module_object *object, const struct tunable_table *table)
{
	json_t *names = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		for (size_t at = 0; snapshot->table == table && at < snapshot->count; at++)
			json_array_append_new(
			    names, tunable_json_text(tunable_snapshot_name(snapshot, at)));
	}
	return names;
}

void
containers_status(const struct module_object *object,
    const struct tunable_table tables[CONTAINERS_TABLES], json_t *state)
{
	json_t *subkeys = json_object();

	for (size_t i = 0; i < CONTAINERS_TABLES; i++)
		json_object_set_new(subkeys, tables[i].key + strlen(CONTAINERS_KEY "\\"),
		    value_names(object, &tables[i]));
	json_object_set_new(state, "subkeys", subkeys);
}

json_t *
text_json(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

json_t *
number_json(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)number.value) : json_null();
}
