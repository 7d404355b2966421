/*
 * The pool of MAC addresses (reference 1.9): its rows, and the allocator over them.
 *
 * The cursor is the address that was given last. The next one follows it; after the last one, or
 * with a cursor outside of the pool, the pool's first follows. Addresses that a network adapter of
 * the virtual switch has are passed over, which is assumed.
 *
 * Without a pool the one stands in that Windows' setup would make: Microsoft's 00-15-5D, two octets
 * that differ from host to host, and any last octet. On Windows those two are the last octets of
 * the first adapter's IPv4 address (Microsoft's KB2804678); here they come from the computer's
 * name.
 */
#include "vmwp/mac_pool.h"

#include <inttypes.h>
#include <string.h>

#include "vmwp/host_name.h"
#include "vmwp/shared.h"

#define NICS_KEY    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmsMp\\Parameters\\Nics"
#define MAC_BYTES   6u
#define MICROSOFT   UINT64_C(0x00155d000000)
#define LAST_OCTET  UINT64_C(0xff)
#define REQUEST_MAX 1024u /* addresses that one operation gives: our choice */
#define LENGTH_NOTE "What a length other than 6 does is not stated: such bytes make no pool here."
#define INVERTED_NOTE                                                                              \
	LENGTH_NOTE " A minimum above the maximum is taken as it is: the pool is empty then."

/* The ends of the pool. */
const struct tunable mac_range_rows[MAC_RANGE_ROWS] = {
	{
	    .name = "MinimumMacAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct mac_range, minimum),
	    .shape = SHAPE_MAC,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes[6]",
	    .doc = "First address of the host's pool of MAC addresses.",
	    .note = INVERTED_NOTE,
	},
	{
	    .name = "MaximumMacAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct mac_range, maximum),
	    .shape = SHAPE_MAC,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes[6]",
	    .doc = "Last address of the host's pool of MAC addresses.",
	    .note = INVERTED_NOTE,
	},
};

/* Read and written by the allocator. */
const struct tunable mac_cursor_rows[MAC_CURSOR_ROWS] = {
	{
	    .name = "CurrentMacAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct mac_cursor, current),
	    .shape = SHAPE_MAC,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes[6]",
	    .doc = "Address of the pool that was given last; the allocator writes it.",
	    .note = "Absent, or of a length other than 6: the pool's first address is next.",
	},
};

/* --- Addresses
 * ------------------------------------------------------------------------------------ */

struct mac_pool {
	uint64_t minimum;
	uint64_t maximum;
	bool assumed; /* the registry has no pool */
	bool has_current;
	uint64_t current;
	struct buf used; /* uint64_t each: addresses that network adapters have */
};

static uint64_t
address_of(const uint8_t *data)
{
	uint64_t address = 0;

	for (size_t i = 0; i < MAC_BYTES; i++)
		address = address << 8 | data[i];
	return address;
}

static bool
is_address(const struct tunable_bytes *bytes)
{
	return bytes->data != NULL && bytes->size == MAC_BYTES;
}

static json_t *
address_json(uint64_t address)
{
	return json_sprintf("%02X-%02X-%02X-%02X-%02X-%02X", (unsigned)(address >> 40) & 0xffu,
	    (unsigned)(address >> 32) & 0xffu, (unsigned)(address >> 24) & 0xffu,
	    (unsigned)(address >> 16) & 0xffu, (unsigned)(address >> 8) & 0xffu,
	    (unsigned)address & 0xffu);
}

static bool
is_inverted(const struct mac_pool *pool)
{
	return pool->minimum > pool->maximum;
}

/* The address after the cursor, free or not. */
static uint64_t
next_address(const struct mac_pool *pool)
{
	if (!pool->has_current || pool->current < pool->minimum || pool->current >= pool->maximum)
		return pool->minimum;
	return pool->current + 1;
}

static bool
is_used(const struct mac_pool *pool, uint64_t address)
{
	for (size_t at = 0; at < pool->used.size; at += sizeof(address)) {
		if (memcmp(pool->used.data + at, &address, sizeof(address)) == 0)
			return true;
	}
	return false;
}

/*
 * Move the cursor to the next free address; *turns counts the addresses met, of which each may be
 * met once. False if there is no other.
 */
static bool
advance(struct mac_pool *pool, uint64_t *turns)
{
	do {
		if (*turns > pool->maximum - pool->minimum)
			return false;
		++*turns;
		pool->current = next_address(pool);
		pool->has_current = true;
	} while (is_used(pool, pool->current));
	return true;
}

/* --- Reading
 * -------------------------------------------------------------------------------------- */

static void
add_used(struct registry *registry, reg_key key, const char *name, struct buf *used)
{
	struct buf data = { 0 };
	uint32_t type = 0;
	lstatus status = registry_query_value(registry, key, name, &type, &data);

	if (lstatus_ok(status) && type == REG_BINARY && data.size == MAC_BYTES) {
		uint64_t address = address_of(data.data);

		buf_append(used, &address, sizeof(address));
	}
	used->failed = used->failed || data.failed;
	buf_release(&data);
}

/* What the virtual switch remembers of its network adapters (2.5). */
static lstatus
read_used(struct registry *registry, struct buf *used)
{
	struct reg_key_list list = { 0 };
	reg_key nics;
	lstatus status = registry_open_key(registry, NULL, NICS_KEY, 0, &nics);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return LSTATUS(ERROR_SUCCESS);
	if (lstatus_ok(status))
		status = registry_list_keys(registry, nics, &list);
	for (size_t i = 0; i < list.count && lstatus_ok(status); i++) {
		add_used(registry, list.entries[i].key, "NicCurrentMacAddress", used);
		add_used(registry, list.entries[i].key, "NicPermanentMacAddress", used);
	}
	reg_key_list_release(&list);
	return used->failed ? LSTATUS(ERROR_NOT_ENOUGH_MEMORY) : status;
}

/* The pool that stands in where the registry has none. */
static lstatus
assume_range(struct registry *registry, struct mac_pool *pool)
{
	uint32_t number;
	lstatus status = host_name_number(registry, &number);

	pool->assumed = true;
	pool->minimum = MICROSOFT | (uint64_t)(number & 0xffffu) << 8;
	pool->maximum = pool->minimum | LAST_OCTET;
	return status;
}

static lstatus
read_range(
    const struct module_object *object, const struct tunable_table *table, struct mac_pool *pool)
{
	const struct tunable_loader loader = { .catalog = object->catalog,
		.registry = object->registry };
	struct tunable_snapshot *snapshot;
	const struct mac_range *range;
	lstatus status = tunable_load(&loader, table, NULL, &snapshot);

	if (!lstatus_ok(status))
		return status;
	range = snapshot->state;
	if (is_address(&range->minimum) && is_address(&range->maximum)) {
		pool->minimum = address_of(range->minimum.data);
		pool->maximum = address_of(range->maximum.data);
	} else {
		status = assume_range(object->registry, pool);
	}
	tunable_snapshot_free(snapshot);
	return status;
}

static lstatus
read_cursor(
    const struct module_object *object, const struct tunable_table *table, struct mac_pool *pool)
{
	const struct tunable_loader loader = { .catalog = object->catalog,
		.registry = object->registry };
	struct tunable_snapshot *snapshot;
	const struct mac_cursor *cursor;
	lstatus status = tunable_load(&loader, table, NULL, &snapshot);

	if (!lstatus_ok(status))
		return status;
	cursor = snapshot->state;
	pool->has_current = is_address(&cursor->current);
	if (pool->has_current)
		pool->current = address_of(cursor->current.data);
	tunable_snapshot_free(snapshot);
	return status;
}

/* The caller releases pool->used, on failure too. */
static lstatus
read_pool(
    const struct module_object *object, const struct mac_tables *tables, struct mac_pool *ret_pool)
{
	lstatus status;

	*ret_pool = (struct mac_pool){ 0 };
	status = read_range(object, tables->range, ret_pool);
	if (lstatus_ok(status))
		status = read_cursor(object, tables->cursor, ret_pool);
	if (lstatus_ok(status))
		status = read_used(object->registry, &ret_pool->used);
	return status;
}

/* --- Giving
 * --------------------------------------------------------------------------------------- */

static lstatus
write_cursor(struct registry *registry, uint64_t address)
{
	uint8_t data[MAC_BYTES];
	reg_key key;
	lstatus status = registry_create_key(registry, NULL, WORKER_KEY, 0, &key, NULL);

	for (size_t i = MAC_BYTES; i-- > 0; address >>= 8)
		data[i] = (uint8_t)(address & 0xffu);
	if (!lstatus_ok(status))
		return status;
	return registry_set_value(
	    registry, key, mac_cursor_rows[0].name, REG_BINARY, data, sizeof(data));
}

/* Within the transaction: the addresses go to `addresses`, the cursor to the registry. */
static ntstatus
give(struct module_object *object, const struct mac_tables *tables, uint64_t wanted,
    json_t *addresses)
{
	struct mac_pool pool;
	uint64_t turns = 0;
	ntstatus status = ntstatus_from_lstatus(read_pool(object, tables, &pool));

	if (ntstatus_ok(status) && is_inverted(&pool)) {
		module_log(object, "%s: MinimumMacAddress is above MaximumMacAddress: no address",
		    object->module->name);
		status = NTSTATUS(STATUS_NOT_FOUND);
	}
	for (uint64_t i = 0; i < wanted && ntstatus_ok(status); i++) {
		if (advance(&pool, &turns)) {
			json_array_append_new(addresses, address_json(pool.current));
			continue;
		}
		module_log(object, "%s: %" PRIu64 " MAC addresses are wanted, %" PRIu64 " are free",
		    object->module->name, wanted, i);
		status = NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	}
	if (ntstatus_ok(status))
		status = ntstatus_from_lstatus(write_cursor(object->registry, pool.current));
	buf_release(&pool.used);
	return status;
}

/* "" is one address. */
static bool
parse_wanted(const char *argument, uint64_t *ret_wanted)
{
	uint64_t wanted = 0;

	for (const char *at = argument; *at != '\0'; at++) {
		if (*at < '0' || *at > '9')
			return false;
		wanted = wanted * 10 + (uint64_t)(*at - '0');
		if (wanted > REQUEST_MAX)
			return false;
	}
	*ret_wanted = *argument != '\0' ? wanted : 1;
	return *ret_wanted > 0;
}

ntstatus
mac_pool_allocate(struct module_object *object, const struct mac_tables *tables,
    const char *argument, json_t *result)
{
	json_t *addresses;
	uint64_t wanted;
	ntstatus status;

	if (!parse_wanted(argument, &wanted))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = ntstatus_from_lstatus(registry_begin(object->registry, "MAC addresses are given"));
	if (!ntstatus_ok(status))
		return status;
	addresses = json_array();
	status = give(object, tables, wanted, addresses);
	if (ntstatus_ok(status))
		status = ntstatus_from_lstatus(registry_commit(object->registry));
	else
		registry_rollback(object->registry);
	if (ntstatus_ok(status))
		json_object_set(result, "addresses", addresses);
	json_decref(addresses);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

void
mac_pool_status(const struct module_object *object, const struct mac_tables *tables, json_t *state)
{
	struct mac_pool pool;
	lstatus status = read_pool(object, tables, &pool);
	uint64_t turns = 0;
	json_t *view;

	if (lstatus_ok(status)) {
		view = json_pack("{s:o, s:o, s:b, s:o, s:I}", "minimum", address_json(pool.minimum),
		    "maximum", address_json(pool.maximum), "assumed", pool.assumed, "current",
		    pool.has_current ? address_json(pool.current) : json_null(), "addresses",
		    (json_int_t)(is_inverted(&pool) ? 0 : pool.maximum - pool.minimum + 1));
		json_object_set_new(view, "next",
		    !is_inverted(&pool) && advance(&pool, &turns) ? address_json(pool.current)
		                                                  : json_null());
		json_object_set_new(state, "mac_pool", view);
	}
	buf_release(&pool.used);
}
