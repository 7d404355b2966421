/*
 * vmicrdv.dll: remote desktop to a virtual machine (reference 1.11).
 *
 * Each machine's RDP endpoint is kept in the registry as bytes whose meaning is the library's own,
 * under the machine's GUID: read when the machine starts, written when the endpoint changes.
 */
#include <string.h>

#include "vmwp/internal.h"
#include "vmwp/modules.h"

#define ENDPOINTS_KEY                                                                              \
	"HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmHostAgent\\Parameters\\VMEndpoints"

static const struct tunable endpoint_rows[] = {
	{
	    .name = "*",
	    .type = REG_BINARY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "RDP endpoint of the virtual machine whose GUID is the value's name.",
	    .note =
	        "The last part of the path, <VM-GUID>, is read as the value's name. Kept by the "
	        "library itself.",
	},
};

static const struct tunable_table endpoint_table = {
	.name = "vmicrdv.endpoint",
	.owner = "vmicrdv.dll",
	.key = ENDPOINTS_KEY,
	.section = "1.11",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_VM_START,
	.rows = endpoint_rows,
	.count = ARRAY_SIZE(endpoint_rows),
};

static const struct tunable_table *const tables[] = { &endpoint_table };

static ntstatus
vmicrdv_entry(struct module_object *object)
{
	return module_load(object, &endpoint_table, NULL);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The whole text as bytes, two digits each. */
static bool
parse_hex(const char *text, struct buf *bytes)
{
	for (; *text != '\0'; text += 2) {
		int high = hex_digit(text[0]);
		int low = high >= 0 ? hex_digit(text[1]) : -1;

		if (low < 0)
			return false;
		buf_append_byte(bytes, (uint8_t)(high << 4 | low));
	}
	return !bytes->failed;
}

static ntstatus
persist_endpoint(struct module_object *object, const char *argument, json_t *result)
{
	const char *guid = module_word(object, WORD_VM_GUID);
	struct buf bytes = { 0 };
	reg_key key;
	lstatus status = LSTATUS(ERROR_INVALID_PARAMETER);

	if (guid == NULL)
		return NTSTATUS(STATUS_DEVICE_NOT_READY);
	if (parse_hex(argument, &bytes))
		status = registry_create_key(object->registry, NULL, ENDPOINTS_KEY, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_value(
		    object->registry, key, guid, REG_BINARY, bytes.data, bytes.size);
	if (lstatus_ok(status))
		json_object_set_new(result, "bytes", json_integer((json_int_t)bytes.size));
	buf_release(&bytes);
	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	return module_load(object, &endpoint_table, NULL);
}

/* The bytes of the worker's own machine, as text. */
static json_t *
endpoint_json(const struct module_object *object)
{
	const char *guid = module_word(object, WORD_VM_GUID);
	const struct tunable_reading *reading = NULL;
	struct buf text = { 0 };
	json_t *json;

	for (size_t i = 0; i < object->snapshot_count && guid != NULL; i++)
		reading = tunable_snapshot_find(object->snapshots[i].snapshot, guid);
	if (reading == NULL || reading->kind != KIND_BYTES)
		return json_null();
	tunable_effective(reading, &text);
	json = json_string(buf_text(&text));
	buf_release(&text);
	return json;
}

static void
vmicrdv_status(const struct module_object *object, json_t *state)
{
	json_object_set_new(state, "endpoint", endpoint_json(object));
}

static const struct module_operation operations[] = {
	{ "persist-endpoint", "keep the machine's RDP endpoint: its bytes as hexadecimal digits",
	    persist_endpoint },
	{ 0 },
};

const struct module vmicrdv_module = {
	.name = "vmicrdv",
	.image = "vmicrdv.dll",
	.doc = "Remote desktop to a virtual machine.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmicrdv_entry,
	.status = vmicrdv_status,
	.operations = operations,
};
