/*
 * The lists of services to which credentials may be delegated (reference 3.2), to which the service
 * adds the host's own, so that CredSSP can authenticate live migrations.
 *
 * They are lists of service principal names: values named 1, 2, ... of REG_SZ, as Windows' policy
 * template credssp.admx has them. The name of live migration is Microsoft's "Microsoft Virtual
 * System Migration Service/HOST". The service adds it when it starts with live migration on and
 * CredSSP chosen, which is assumed: the reference says only that it adds it for that purpose.
 */
#include <string.h>

#include "regstore/base/utf16.h"
#include "regstore/tunable/view.h"
#include "vmms/internal.h"
#include "vmwp/host_name.h"
#include "vmwp/shared.h"

#define DELEGATION "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CredentialsDelegation\\"
#define SERVICE    "Microsoft Virtual System Migration Service"
#define CREDSSP    0u /* AuthenticationType */
#define SPNS_MAX   2u /* by the computer's name and by its DNS name */

static const struct tunable spn_rows[] = {
	{
	    .name = "*",
	    .type = REG_SZ,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "A service to which fresh credentials may be delegated; vmms adds its own.",
	    .note = "Entries are named 1, 2, ...; the first number that is free is taken.",
	},
};

const struct tunable_table vmms_fresh_credentials_table = {
	.name = "vmms.fresh-credentials",
	.owner = "vmms.exe",
	.key = DELEGATION "AllowFreshCredentials",
	.section = "3.2",
	.reader = "SmbPolicyManager",
	.apply = APPLY_OPERATION,
	.rows = spn_rows,
	.count = ARRAY_SIZE(spn_rows),
};

const struct tunable_table vmms_fresh_credentials_ntlm_table = {
	.name = "vmms.fresh-credentials-ntlm",
	.owner = "vmms.exe",
	.key = DELEGATION "AllowFreshCredentialsWhenNTLMOnly",
	.section = "3.2",
	.reader = "SmbPolicyManager",
	.apply = APPLY_OPERATION,
	.rows = spn_rows,
	.count = ARRAY_SIZE(spn_rows),
};

static const struct tunable_table *const lists[] = { &vmms_fresh_credentials_table,
	&vmms_fresh_credentials_ntlm_table };

static lstatus
load_list(const struct module_object *object, const struct tunable_table *table,
    struct tunable_snapshot **ret_snapshot)
{
	const struct tunable_loader loader = { .catalog = object->catalog,
		.registry = object->registry };

	return tunable_load(&loader, table, NULL, ret_snapshot);
}

/* Whether an entry is this name; case does not count. */
static bool
entry_is(const struct tunable_reading *reading, const char *spn)
{
	struct buf text = { 0 };
	bool same = false;

	if (reading->kind == KIND_BYTES) {
		tunable_effective(reading, &text);
		same = name_compare(buf_text(&text), spn) == 0;
	}
	buf_release(&text);
	return same;
}

static bool
list_has(const struct tunable_snapshot *list, const char *spn)
{
	for (size_t i = 0; i < list->count; i++) {
		if (entry_is(&list->readings[i], spn))
			return true;
	}
	return false;
}

/* Within the transaction. *changed is set if there was no such entry. */
static lstatus
add_to_list(const struct module_object *object, const struct tunable_table *table, const char *spn,
    bool *changed)
{
	struct tunable_snapshot *list;
	char name[16];
	size_t number = 1;
	bool there;
	reg_key key;
	lstatus status = load_list(object, table, &list);

	if (!lstatus_ok(status))
		return status;
	there = list_has(list, spn);
	do
		snprintf(name, sizeof(name), "%zu", number++);
	while (tunable_snapshot_find(list, name) != NULL);
	tunable_snapshot_free(list);
	if (there)
		return status;
	*changed = true;
	status = registry_create_key(object->registry, NULL, table->key, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_text(object->registry, key, name, REG_SZ, spn);
	return status;
}

/* Add names to both lists, all or none. Nothing is written where they are there already. */
static lstatus
SmbPolicyManager(
    const struct module_object *object, const struct buf *spns, size_t count, bool *ret_changed)
{
	lstatus status = registry_begin(object->registry, "host's service principal names");

	*ret_changed = false;
	if (!lstatus_ok(status))
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(lists) * count && lstatus_ok(status); i++)
		status = add_to_list(
		    object, lists[i / count], (const char *)spns[i % count].data, ret_changed);
	if (lstatus_ok(status) && *ret_changed)
		return registry_commit(object->registry);
	registry_rollback(object->registry);
	return status;
}

/* --- Whose names
 * ---------------------------------------------------------------------------------- */

/* The name of live migration on a host, terminated; nothing for no host. */
static bool
make_spn(const char *host, struct buf *spn)
{
	if (*host == '\0')
		return false;
	buf_printf(spn, "%s/%s", SERVICE, host);
	buf_append_byte(spn, '\0');
	return true;
}

/* The names of this host: by its own name and by its DNS name, as far as it has them. */
static lstatus
own_spns(struct registry *registry, struct buf spns[SPNS_MAX], size_t *ret_count)
{
	struct buf names[SPNS_MAX] = { { 0 }, { 0 } };
	lstatus status = host_name_append(registry, &names[0]);

	*ret_count = 0;
	if (lstatus_ok(status))
		status = host_dns_name_append(registry, &names[1]);
	for (size_t i = 0; i < SPNS_MAX && lstatus_ok(status); i++) {
		struct buf *spn = &spns[*ret_count];

		*ret_count += make_spn(buf_text(&names[i]), spn);
		if (spn->failed)
			status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	}
	for (size_t i = 0; i < SPNS_MAX; i++)
		buf_release(&names[i]);
	return status;
}

/* Letters, digits, dots, hyphens and underscores. */
static bool
is_host_name(const char *text)
{
	return *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
	                                          "VWXYZ0123456789.-_")] == '\0';
}

/* Register a host's names: this host's where `host` is "". */
static ntstatus
register_host(struct module_object *object, const char *host, json_t *result)
{
	struct buf spns[SPNS_MAX] = { { 0 }, { 0 } };
	size_t count = 0;
	bool changed = false;
	lstatus status = LSTATUS(ERROR_SUCCESS);
	json_t *names = json_array();

	if (*host == '\0')
		status = own_spns(object->registry, spns, &count);
	else if (make_spn(host, &spns[0]))
		count = 1;
	if (lstatus_ok(status) && spns[0].failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status) && count > 0)
		status = SmbPolicyManager(object, spns, count, &changed);
	for (size_t i = 0; i < count && lstatus_ok(status); i++)
		json_array_append_new(names, tunable_json_text((const char *)spns[i].data));
	json_object_set_new(result, "names", names);
	json_object_set_new(result, "added", json_boolean(changed));
	for (size_t i = 0; i < SPNS_MAX; i++)
		buf_release(&spns[i]);
	if (lstatus_ok(status) && count == 0)
		return NTSTATUS(STATUS_NOT_FOUND);
	return ntstatus_from_lstatus(status);
}

ntstatus
vmms_register_spn(struct module_object *object, const char *argument, json_t *result)
{
	if (*argument != '\0' && !is_host_name(argument))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	return register_host(object, argument, result);
}

/* After live migration's settings were read. A list that cannot be written stops no service. */
static ntstatus
credentials_entry(struct module_object *object)
{
	const struct shared_migration *migration = module_state(object, &vmms_migration_table);
	json_t *result;
	ntstatus status;

	if (migration == NULL || !vmms_on(migration->enable_virtual_system_migration) ||
	    number_or(migration->authentication_type, CREDSSP + 1) != CREDSSP)
		return NTSTATUS(STATUS_SUCCESS);
	result = json_object();
	status = register_host(object, "", result);
	if (!ntstatus_ok(status))
		module_log(object, "%s: the host's service principal names: %s",
		    object->module->name, ntstatus_name(status));
	json_decref(result);
	return NTSTATUS(STATUS_SUCCESS);
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

/* The entries of a list as they are now. */
static json_t *
list_json(const struct module_object *object, const struct tunable_table *table)
{
	struct tunable_snapshot *list;
	json_t *entries = json_array();

	if (!lstatus_ok(load_list(object, table, &list)))
		return entries;
	for (size_t i = 0; i < list->count; i++) {
		struct buf text = { 0 };

		if (list->readings[i].kind != KIND_BYTES)
			continue;
		tunable_effective(&list->readings[i], &text);
		json_array_append_new(entries, tunable_json_text(buf_text(&text)));
		buf_release(&text);
	}
	tunable_snapshot_free(list);
	return entries;
}

static void
credentials_status(const struct module_object *object, json_t *state)
{
	json_object_set_new(state, "credentials_delegation",
	    json_pack("{s:o, s:o}", "fresh", list_json(object, &vmms_fresh_credentials_table),
	        "fresh_ntlm", list_json(object, &vmms_fresh_credentials_ntlm_table)));
}

const struct vmms_part vmms_credentials_part = {
	.entry = credentials_entry,
	.status = credentials_status,
};
