/*
 * Microsoft.Virtualization.Client.dll: the management client (reference 3.2). It is in no process
 * of the host, and reads what it needs when it connects.
 */
#include "vmms/modules.h"

struct client_policy {
	struct tunable_number restricted_remote_administration;
};

static const struct tunable policy_rows[] = {
	{
	    .name = "RestrictedRemoteAdministration",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct client_policy, restricted_remote_administration),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Connections use restricted remote administration.",
	    .note = "The reference gives the name and the type alone.",
	},
};

static const struct tunable_table policy_table = {
	.name = "client.policy",
	.owner = "Microsoft.Virtualization.Client.dll",
	.key = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\CredentialsDelegation",
	.section = "3.2",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = policy_rows,
	.count = ARRAY_SIZE(policy_rows),
	.state_size = sizeof(struct client_policy),
};

static const struct tunable_table *const tables[] = { &policy_table };

static ntstatus
client_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

const struct module client_module = {
	.name = "Microsoft.Virtualization.Client",
	.image = "Microsoft.Virtualization.Client.dll",
	.doc = "Management client.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = client_entry,
};
