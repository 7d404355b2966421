/*
 * Virtual Fibre Channel: the ports, and the pool of port names of each (reference 1.7).
 *
 * The ports are read when the service starts. The pool is read each time that an adapter gets its
 * names: in one transaction, which other processes wait for, the cursor is read, moved and written,
 * so that no port name is given twice.
 *
 * What the cursor means is Microsoft's documentation of Msvm_VirtualSystemManagementService: it is
 * the name that is given next (GetCurrentWwpnFromGenerator), and a pool that is used up does not
 * begin again but gives zeros (GenerateWwpn). That documentation has one pool a host; the reference
 * lists the values with the port's, hence the switch.
 */
#include <string.h>
#include <strings.h>

#include "regstore/tunable/view.h"
#include "vmms/internal.h"
#include "vmwp/host_name.h"

#define PORTS         WORKER_KEY "\\Fc"
#define FABRIC        "Fabric"
#define FABRIC_SWITCH "FcFabricParent"
#define WWN_BYTES     8u
#define SETS          2u /* the names of an adapter, A and B: live migration goes from one to the other */

/* What stands in for a pool or a node's name that the registry does not have: our choice. */
#define ASSUMED_FAMILY UINT64_C(0xc003ff0000000000)
#define ASSUMED_NODE   UINT64_C(0xc003ff0000ffff00)
#define ASSUMED_COUNT  UINT64_C(0x10000)

struct fc_port {
	struct tunable_text port_friendly_name;
	struct tunable_text hba_instance_name;
	struct tunable_bytes node_wwn;
	struct tunable_bytes port_wwn;
	struct tunable_text san_tag;
	struct tunable_text switch_friendly_name;
	struct tunable_text switch_name;
	struct tunable_text static_port_friendly_name;
	struct tunable_text static_port_name;
};

struct fc_fabric {
	struct tunable_bytes current_wwnn_address;
	struct tunable_bytes minimum_wwpn_address;
	struct tunable_bytes maximum_wwpn_address;
	struct tunable_bytes current_wwpn_address;
};

static const struct tunable port_rows[] = {
	{
	    .name = "PortFriendlyName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, port_friendly_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the virtual port as it is shown.",
	},
	{
	    .name = "HbaInstanceName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, hba_instance_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Instance of the host bus adapter.",
	},
	{
	    .name = "NodeWWN",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_port, node_wwn),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "World wide name of the node.",
	},
	{
	    .name = "PortWWN",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_port, port_wwn),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "World wide name of the port.",
	},
	{
	    .name = "SanTag",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, san_tag),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Tag of the storage area network.",
	},
	{
	    .name = "SwitchFriendlyName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, switch_friendly_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the switch as it is shown.",
	},
	{
	    .name = "SwitchName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, switch_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the switch.",
	    .note = "The virtual switch's network adapters have a value of this name, too.",
	},
	{
	    .name = "StaticPortFriendlyName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, static_port_friendly_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the static port as it is shown.",
	},
	{
	    .name = "StaticPortName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct fc_port, static_port_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the static port.",
	},
};

#define LENGTH_NOTE "Bytes of a length other than 8 count as absent here; that is not stated."
#define INVERTED_NOTE                                                                              \
	LENGTH_NOTE " A minimum above the maximum is taken as it is: the pool is empty then."

static const struct tunable fabric_rows[] = {
	{
	    .name = "CurrentWWNNAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_fabric, current_wwnn_address),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Node name that virtual adapters get.",
	    .note = LENGTH_NOTE,
	},
	{
	    .name = "MinimumWWPNAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_fabric, minimum_wwpn_address),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "First name of the pool of port names.",
	    .note = INVERTED_NOTE,
	},
	{
	    .name = "MaximumWWPNAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_fabric, maximum_wwpn_address),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Last name of the pool of port names.",
	    .note = INVERTED_NOTE,
	},
	{
	    .name = "CurrentWWPNAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct fc_fabric, current_wwpn_address),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Port name that is given next; the service writes it.",
	    .note = LENGTH_NOTE,
	},
};

static const struct tunable_switch fabric_switches[] = {
	{
	    .name = FABRIC_SWITCH,
	    .words = (const char *const[]){ "port", "host", NULL },
	    .doc = "Where the subkey Fabric lies: below each port, or one for the host below Fc.",
	},
	{ 0 },
};

const struct tunable_table vmms_fc_port_table = {
	.name = "vmms.fc-port",
	.owner = "vmms.exe",
	.key = PORTS "\\<port>",
	.section = "1.7",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = port_rows,
	.count = ARRAY_SIZE(port_rows),
	.state_size = sizeof(struct fc_port),
};

const struct tunable_table vmms_fc_fabric_table = {
	.name = "vmms.fc-fabric",
	.owner = "vmms.exe",
	.key = PORTS "\\<port>\\" FABRIC,
	.section = "1.7",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = fabric_rows,
	.count = ARRAY_SIZE(fabric_rows),
	.state_size = sizeof(struct fc_fabric),
	.switches = fabric_switches,
};

static ntstatus
fc_entry(struct module_object *object)
{
	return module_load_instances(object, &vmms_fc_port_table, NULL);
}

/* --- World wide names
 * ----------------------------------------------------------------------------- */

static bool
is_wwn(const struct tunable_bytes *bytes)
{
	return bytes->data != NULL && bytes->size == WWN_BYTES;
}

static uint64_t
wwn_of(const struct tunable_bytes *bytes)
{
	uint64_t name = 0;

	for (size_t i = 0; i < WWN_BYTES; i++)
		name = name << 8 | bytes->data[i];
	return name;
}

/* In the form that Microsoft's GenerateWwpn has: "01:23:45:67:89:ab:cd:ef". */
static json_t *
wwn_json(uint64_t name)
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(name >> 56),
	    (unsigned)(name >> 48) & 0xffu, (unsigned)(name >> 40) & 0xffu,
	    (unsigned)(name >> 32) & 0xffu, (unsigned)(name >> 24) & 0xffu,
	    (unsigned)(name >> 16) & 0xffu, (unsigned)(name >> 8) & 0xffu, (unsigned)name & 0xffu);
}

static json_t *
bytes_json(const struct tunable_bytes *bytes)
{
	struct buf text = { 0 };
	json_t *json;

	if (bytes->data == NULL)
		return json_null();
	for (size_t i = 0; i < bytes->size; i++)
		buf_printf(&text, "%s%02x", i > 0 ? ":" : "", bytes->data[i]);
	json = json_string(buf_text(&text));
	buf_release(&text);
	return json;
}

/* --- The pool
 * ------------------------------------------------------------------------------------- */

struct fc_pool {
	uint64_t node;
	uint64_t minimum;
	uint64_t maximum;
	uint64_t next;
	bool used_up;
	bool assumed; /* the registry has no pool */
};

/* Append the key of the pool from which a port's adapters get their names. */
static void
fabric_key(const struct module_object *object, const char *port, struct buf *key)
{
	const char *parent = module_word(object, FABRIC_SWITCH);

	if (parent != NULL && strcmp(parent, "host") == 0)
		buf_append_text(key, PORTS "\\" FABRIC);
	else
		buf_printf(key, "%s\\%s\\%s", PORTS, port, FABRIC);
}

/* Where the cursor stands. One past the last name says that the pool is used up. */
static void
place_cursor(struct fc_pool *pool, const struct tunable_bytes *cursor)
{
	pool->next = is_wwn(cursor) ? wwn_of(cursor) : pool->minimum;
	pool->used_up =
	    pool->minimum > pool->maximum || (is_wwn(cursor) && pool->next == pool->maximum + 1);
	if (!pool->used_up && (pool->next < pool->minimum || pool->next > pool->maximum))
		pool->next = pool->minimum;
}

static lstatus
read_pool(const struct module_object *object, const char *key, struct fc_pool *ret_pool)
{
	const struct tunable_loader loader = { .catalog = object->catalog,
		.registry = object->registry };
	struct tunable_snapshot *snapshot;
	const struct fc_fabric *fabric;
	uint32_t number = 0;
	lstatus status = tunable_load(&loader, &vmms_fc_fabric_table, key, &snapshot);

	if (!lstatus_ok(status))
		return status;
	fabric = snapshot->state;
	*ret_pool = (struct fc_pool){ .node = ASSUMED_NODE };
	if (is_wwn(&fabric->current_wwnn_address))
		ret_pool->node = wwn_of(&fabric->current_wwnn_address);
	if (is_wwn(&fabric->minimum_wwpn_address) && is_wwn(&fabric->maximum_wwpn_address)) {
		ret_pool->minimum = wwn_of(&fabric->minimum_wwpn_address);
		ret_pool->maximum = wwn_of(&fabric->maximum_wwpn_address);
	} else {
		status = host_name_number(object->registry, &number);
		ret_pool->assumed = true;
		ret_pool->minimum = ASSUMED_FAMILY | (uint64_t)(number & 0xffffffu) << 16;
		ret_pool->maximum = ret_pool->minimum + (ASSUMED_COUNT - 1);
	}
	place_cursor(ret_pool, &fabric->current_wwpn_address);
	tunable_snapshot_free(snapshot);
	return status;
}

/* The next name; 0 when there is none. */
static uint64_t
take_name(struct fc_pool *pool)
{
	uint64_t name = pool->next;

	if (pool->used_up)
		return 0;
	pool->used_up = pool->next == pool->maximum;
	pool->next++;
	return name;
}

static lstatus
write_cursor(struct registry *registry, const char *path, uint64_t name)
{
	uint8_t data[WWN_BYTES];
	reg_key key;
	lstatus status = registry_create_key(registry, NULL, path, 0, &key, NULL);

	for (size_t i = WWN_BYTES; i-- > 0; name >>= 8)
		data[i] = (uint8_t)(name & 0xffu);
	if (!lstatus_ok(status))
		return status;
	return registry_set_value(
	    registry, key, "CurrentWWPNAddress", REG_BINARY, data, sizeof(data));
}

/* Within the transaction. */
static lstatus
give_names(struct module_object *object, const char *key, json_t *result)
{
	struct fc_pool pool;
	json_t *names;
	bool any;
	lstatus status = read_pool(object, key, &pool);

	if (!lstatus_ok(status))
		return status;
	any = !pool.used_up;
	names = json_array();
	for (unsigned i = 0; i < SETS; i++)
		json_array_append_new(names, wwn_json(take_name(&pool)));
	json_object_set_new(result, "wwnn", wwn_json(pool.node));
	json_object_set_new(result, "wwpn", names);
	json_object_set_new(result, "used_up", json_boolean(pool.used_up));
	if (pool.used_up)
		module_log(object, "%s: %s: the pool of port names is %s", object->module->name,
		    key, pool.minimum > pool.maximum ? "empty: it is inverted" : "used up");
	return any ? write_cursor(object->registry, key, pool.next) : status;
}

static bool
port_exists(struct registry *registry, const char *port)
{
	struct buf path = { 0 };
	reg_key key;
	bool exists;

	buf_printf(&path, "%s\\%s", PORTS, port);
	exists = port[0] != '\0' && strchr(port, '\\') == NULL && !path.failed &&
	         lstatus_ok(registry_open_key(registry, NULL, buf_text(&path), 0, &key));
	buf_release(&path);
	return exists;
}

ntstatus
vmms_allocate_wwpn(struct module_object *object, const char *argument, json_t *result)
{
	struct buf key = { 0 };
	lstatus status = registry_begin(object->registry, "Fibre Channel port names are given");

	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	if (!port_exists(object->registry, argument)) {
		registry_rollback(object->registry);
		return NTSTATUS(STATUS_NO_SUCH_DEVICE);
	}
	fabric_key(object, argument, &key);
	status = key.failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY)
	                    : give_names(object, buf_text(&key), result);
	if (lstatus_ok(status))
		status = registry_commit(object->registry);
	else
		registry_rollback(object->registry);
	buf_release(&key);
	return ntstatus_from_lstatus(status);
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
text_json(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

/* The pool as the next operation would find it. */
static json_t *
pool_json(const struct module_object *object, const char *port)
{
	struct buf key = { 0 };
	struct fc_pool pool;
	json_t *view = NULL;

	fabric_key(object, port, &key);
	if (!key.failed && lstatus_ok(read_pool(object, buf_text(&key), &pool)))
		view = json_pack("{s:o, s:o, s:o, s:o, s:b}", "node", wwn_json(pool.node),
		    "minimum", wwn_json(pool.minimum), "maximum", wwn_json(pool.maximum), "next",
		    pool.used_up ? json_null() : wwn_json(pool.next), "assumed", pool.assumed);
	buf_release(&key);
	return view != NULL ? view : json_null();
}

static json_t *
port_json(const struct module_object *object, const struct tunable_snapshot *snapshot)
{
	const struct fc_port *port = snapshot->state;
	const char *name = strrchr(snapshot->key, '\\') + 1;
	json_t *view = json_object();

	json_object_set_new(view, "port", tunable_json_text(name));
	json_object_set_new(view, "name", text_json(port->port_friendly_name));
	json_object_set_new(view, "hba", text_json(port->hba_instance_name));
	json_object_set_new(view, "node_wwn", bytes_json(&port->node_wwn));
	json_object_set_new(view, "port_wwn", bytes_json(&port->port_wwn));
	json_object_set_new(view, "san", text_json(port->san_tag));
	json_object_set_new(view, "switch",
	    json_pack("{s:o, s:o}", "id", text_json(port->switch_name), "name",
	        text_json(port->switch_friendly_name)));
	json_object_set_new(view, "static_port",
	    json_pack("{s:o, s:o}", "id", text_json(port->static_port_name), "name",
	        text_json(port->static_port_friendly_name)));
	json_object_set_new(view, "pool", pool_json(object, name));
	return view;
}

static void
fc_status(const struct module_object *object, json_t *state)
{
	json_t *ports = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		const struct tunable_snapshot *snapshot = object->snapshots[i].snapshot;

		/* The host's own subkey Fabric looks like a port's key. */
		if (snapshot->table == &vmms_fc_port_table &&
		    strcasecmp(strrchr(snapshot->key, '\\') + 1, FABRIC) != 0)
			json_array_append_new(ports, port_json(object, snapshot));
	}
	json_object_set_new(state, "fibre_channel", ports);
}

const struct vmms_part vmms_fc_part = {
	.entry = fc_entry,
	.status = fc_status,
};
