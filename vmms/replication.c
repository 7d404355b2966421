/*
 * Hyper-V Replica: the service's settings and those of the log applier (reference 1.5).
 *
 * The applier reads its limits each time it is about to apply a log; the rest is read when the
 * service starts, which is assumed.
 */
#include "regstore/tunable/view.h"
#include "vmms/internal.h"

#define REPLICATION VIRTUALIZATION_KEY "\\Replication"

/* What one function reads for one answer. */
struct replication_number {
	struct tunable_number value;
};

struct replication_settings {
	struct tunable_text replica_storage_location;
	struct tunable_text trust_group;
	struct tunable_text display_name;
	struct tunable_number allowed_authentication_type;
	struct tunable_number monitoring_interval;
	struct tunable_number monitoring_start_time;
	struct tunable_number disable_cert_revocation_check;
	struct tunable_number recovery_server_enabled;
	struct tunable_number allow_untrusted_root_ca_on_replica;
};

struct replication_diagnostics {
	struct tunable_text group_switch_trace_flag;
	struct tunable_number ct_trace_flags;
};

struct replication_reference_point {
	struct tunable_number cdp_reference_point_ageing_timeout_in_hours;
	struct tunable_text stage_time_outs_defined;
};

/* The values of AllowedAuthenticationType. */
#define AUTHENTICATION_KERBEROS    1u
#define AUTHENTICATION_CERTIFICATE 2u
#define AUTHENTICATION_BOTH        3u

static const struct tunable_word authentication_words[] = {
	{ AUTHENTICATION_KERBEROS, "kerberos" },
	{ AUTHENTICATION_CERTIFICATE, "certificate" },
	{ AUTHENTICATION_BOTH, "both" },
	{ 0 },
};

/* Read in FrCtLogApplyThrottler::GetMaxQueueLength. */
static const struct tunable queue_rows[] = {
	{
	    .name = "ApplyChangeReplicaDiskThrottle",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    DEFAULT(4),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Logs that may wait to be applied to one replica disk.",
	},
};

/* Read in FrCtLogApplyThrottler::GetVHDsPerVM. */
static const struct tunable disk_rows[] = {
	{
	    .name = "ApplyVHDLimit",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Disks of one replica machine to which logs are applied at a time.",
	    .note = "No default is stated; absent is read as no limit.",
	},
};

/* Read in FrCtLogApplyThrottler::GetVMsPerPrimary. */
static const struct tunable machine_rows[] = {
	{
	    .name = "ApplyVMLimit",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Machines of one primary host to which logs are applied at a time.",
	    .note = "No default is stated; absent is read as no limit.",
	},
};

/* Read in FrCtLogApplier::IsFirstLogFileParentIdCheckEnabled. */
static const struct tunable first_log_rows[] = {
	{
	    .name = "EnableFirstApplyLogFileCheck",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Compare the parent's identifier of the first log that is applied.",
	},
};

/* Read in FrCtApi::GetBlockStageClientTimeout. */
static const struct tunable stage_rows[] = {
	{
	    .name = "CTBlockStageClientTimeoutMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    DEFAULT(600),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "How long the service waits for the change tracker's block stage.",
	},
};

/* Read in FailoverReplicationSettings::IsBrokerOptional. */
static const struct tunable broker_rows[] = {
	{
	    .name = "IsBrokerOptional",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_number, value),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Replication in a cluster works without the broker role.",
	},
};

/* The service's settings; which function reads them is not stated. */
static const struct tunable settings_rows[] = {
	{
	    .name = "ReplicaStorageLocation",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct replication_settings, replica_storage_location),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "path",
	    .doc = "Where replicas are stored unless said otherwise.",
	},
	{
	    .name = "TrustGroup",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct replication_settings, trust_group),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Trust group of the replicas.",
	},
	{
	    .name = "DisplayName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct replication_settings, display_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name of the replication broker as it is shown.",
	},
	{
	    .name = "AllowedAuthenticationType",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, allowed_authentication_type),
	    .shape = SHAPE_ENUM,
	    .words = authentication_words,
	    .misshapen = OOB_RESET,
	    RANGE(AUTHENTICATION_KERBEROS, AUTHENTICATION_BOTH),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "How a primary host may prove who it is.",
	    .note =
	        "An unlisted number acts as the value absent; neither it nor a default is stated.",
	},
	{
	    .name = "MonitoringInterval",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, monitoring_interval),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Interval of the statistics of replication.",
	    .note = "The unit is not stated.",
	},
	{
	    .name = "MonitoringStartTime",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, monitoring_start_time),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "When the interval of the statistics begins.",
	    .note = "The unit is not stated.",
	},
	{
	    .name = "DisableCertRevocationCheck",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, disable_cert_revocation_check),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Do not ask whether a certificate was revoked.",
	},
	{
	    .name = "RecoveryServerEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, recovery_server_enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The host takes replicas of other hosts' machines.",
	},
	{
	    .name = "AllowUntrustedRootCAOnReplica",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_settings, allow_untrusted_root_ca_on_replica),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The replica's certificate may come from an untrusted root.",
	},
};

/* Tracing of change tracking. */
static const struct tunable diagnostics_rows[] = {
	{
	    .name = "GroupSwitchTraceFlag",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct replication_diagnostics, group_switch_trace_flag),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Trace flag of group switches.",
	    .note = "A flag that is a text; its form is not stated.",
	},
	{
	    .name = "CTTraceFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct replication_diagnostics, ct_trace_flags),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Trace flags of change tracking.",
	    .note = "The bits are not stated. vhdmp has a value of this name, which is read apart.",
	},
};

/* Reference points of continuous data protection. */
static const struct tunable reference_point_rows[] = {
	{
	    .name = "CDPReferencePointAgeingTimeoutInHours",
	    .type = REG_QWORD,
	    .into = NUMBER_FIELD(
	        struct replication_reference_point, cdp_reference_point_ageing_timeout_in_hours),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "h",
	    .doc = "Age at which a reference point is given up.",
	    .note = "The unit is in the name.",
	},
	{
	    .name = "StageTimeOutsDefined",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct replication_reference_point, stage_time_outs_defined),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Time-outs of the stages of a reference point.",
	    .note = "The text's form is not stated.",
	},
};

#define NUMBER_TABLE(its_name, its_reader, its_rows)                                               \
	.name = (its_name), .owner = "vmms.exe", .key = REPLICATION, .section = "1.5",             \
	.reader = (its_reader), .rows = (its_rows), .count = ARRAY_SIZE(its_rows),                 \
	.state_size = sizeof(struct replication_number)

const struct tunable_table vmms_replication_queue_table = {
	NUMBER_TABLE(
	    "vmms.replication-queue", "FrCtLogApplyThrottler::GetMaxQueueLength", queue_rows),
	.apply = APPLY_OPERATION,
};

const struct tunable_table vmms_replication_disk_table = {
	NUMBER_TABLE("vmms.replication-disks", "FrCtLogApplyThrottler::GetVHDsPerVM", disk_rows),
	.apply = APPLY_OPERATION,
};

const struct tunable_table vmms_replication_machine_table = {
	NUMBER_TABLE(
	    "vmms.replication-machines", "FrCtLogApplyThrottler::GetVMsPerPrimary", machine_rows),
	.apply = APPLY_OPERATION,
};

const struct tunable_table vmms_replication_first_log_table = {
	NUMBER_TABLE("vmms.replication-first-log",
	    "FrCtLogApplier::IsFirstLogFileParentIdCheckEnabled", first_log_rows),
	.apply = APPLY_OPERATION,
};

const struct tunable_table vmms_replication_stage_table = {
	NUMBER_TABLE("vmms.replication-stage", "FrCtApi::GetBlockStageClientTimeout", stage_rows),
	.apply = APPLY_OPERATION,
};

const struct tunable_table vmms_replication_broker_table = {
	NUMBER_TABLE("vmms.replication-broker", "FailoverReplicationSettings::IsBrokerOptional",
	    broker_rows),
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
};

const struct tunable_table vmms_replication_table = {
	.name = "vmms.replication",
	.owner = "vmms.exe",
	.key = REPLICATION,
	.section = "1.5",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = settings_rows,
	.count = ARRAY_SIZE(settings_rows),
	.state_size = sizeof(struct replication_settings),
};

const struct tunable_table vmms_replication_diagnostics_table = {
	.name = "vmms.replication-diagnostics",
	.owner = "vmms.exe",
	.key = REPLICATION "\\CTDiagnostics",
	.section = "1.5",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = diagnostics_rows,
	.count = ARRAY_SIZE(diagnostics_rows),
	.state_size = sizeof(struct replication_diagnostics),
};

const struct tunable_table vmms_reference_point_table = {
	.name = "vmms.reference-point",
	.owner = "vmms.exe",
	.key = REPLICATION "\\ReferencePoint",
	.section = "1.5",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_SERVICE_START,
	.rows = reference_point_rows,
	.count = ARRAY_SIZE(reference_point_rows),
	.state_size = sizeof(struct replication_reference_point),
};

/* --- Readers
 * -------------------------------------------------------------------------------------- */

/* What a table of one number says at this moment. */
static ntstatus
read_number(const struct module_object *object, const struct tunable_table *table,
    struct tunable_number *ret_number)
{
	const struct tunable_loader loader = { .catalog = object->catalog,
		.registry = object->registry };
	struct tunable_snapshot *snapshot;
	lstatus status = tunable_load(&loader, table, NULL, &snapshot);

	*ret_number = (struct tunable_number){ 0 };
	if (lstatus_ok(status)) {
		*ret_number = ((const struct replication_number *)snapshot->state)->value;
		tunable_snapshot_free(snapshot);
	}
	return ntstatus_from_lstatus(status);
}

static ntstatus
FrCtLogApplyThrottler_GetMaxQueueLength(
    const struct module_object *object, struct tunable_number *ret_length)
{
	return read_number(object, &vmms_replication_queue_table, ret_length);
}

static ntstatus
FrCtLogApplyThrottler_GetVHDsPerVM(
    const struct module_object *object, struct tunable_number *ret_disks)
{
	return read_number(object, &vmms_replication_disk_table, ret_disks);
}

static ntstatus
FrCtLogApplyThrottler_GetVMsPerPrimary(
    const struct module_object *object, struct tunable_number *ret_machines)
{
	return read_number(object, &vmms_replication_machine_table, ret_machines);
}

static ntstatus
FrCtLogApplier_IsFirstLogFileParentIdCheckEnabled(
    const struct module_object *object, struct tunable_number *ret_enabled)
{
	return read_number(object, &vmms_replication_first_log_table, ret_enabled);
}

static ntstatus
FrCtApi_GetBlockStageClientTimeout(
    const struct module_object *object, struct tunable_number *ret_timeout)
{
	return read_number(object, &vmms_replication_stage_table, ret_timeout);
}

static ntstatus
FailoverReplicationSettings_IsBrokerOptional(struct module_object *object)
{
	return module_load(object, &vmms_replication_broker_table, NULL);
}

static ntstatus
replication_entry(struct module_object *object)
{
	ntstatus status = module_load(object, &vmms_replication_table, NULL);

	if (ntstatus_ok(status))
		status = FailoverReplicationSettings_IsBrokerOptional(object);
	if (ntstatus_ok(status))
		status = module_load(object, &vmms_replication_diagnostics_table, NULL);
	if (ntstatus_ok(status))
		status = module_load(object, &vmms_reference_point_table, NULL);
	return status;
}

/* --- Operations
 * ----------------------------------------------------------------------------------- */

#define COUNTS_MAX 3u

/* "2,1": counts with commas between them; the others are 0. */
static bool
parse_counts(const char *text, uint64_t counts[COUNTS_MAX])
{
	size_t at = 0;

	for (size_t i = 0; i < COUNTS_MAX; i++)
		counts[i] = 0;
	for (; *text != '\0'; text++) {
		if (*text == ',' && at + 1 < COUNTS_MAX)
			at++;
		else if (*text >= '0' && *text <= '9' && counts[at] <= UINT32_MAX)
			counts[at] = counts[at] * 10 + (uint64_t)(*text - '0');
		else
			return false;
	}
	return true;
}

/* Whether there is room for one more beside `count`; without a limit there always is. */
static json_t *
limit_json(struct tunable_number limit, uint64_t count)
{
	return json_pack("{s:o, s:I, s:b}", "limit", vmms_number(limit), "count", (json_int_t)count,
	    "room", !limit.set || count < limit.value);
}

ntstatus
vmms_apply_log(struct module_object *object, const char *argument, json_t *result)
{
	uint64_t counts[COUNTS_MAX];
	struct tunable_number queue;
	struct tunable_number disks;
	struct tunable_number machines;
	struct tunable_number check;
	ntstatus status;

	if (!parse_counts(argument, counts))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = FrCtLogApplyThrottler_GetMaxQueueLength(object, &queue);
	if (ntstatus_ok(status))
		status = FrCtLogApplyThrottler_GetVHDsPerVM(object, &disks);
	if (ntstatus_ok(status))
		status = FrCtLogApplyThrottler_GetVMsPerPrimary(object, &machines);
	if (ntstatus_ok(status))
		status = FrCtLogApplier_IsFirstLogFileParentIdCheckEnabled(object, &check);
	if (!ntstatus_ok(status))
		return status;
	json_object_set_new(result, "queue", limit_json(queue, counts[0]));
	json_object_set_new(result, "disks", limit_json(disks, counts[1]));
	json_object_set_new(result, "machines", limit_json(machines, counts[2]));
	json_object_set_new(result, "first_log_checked", json_boolean(vmms_on(check)));
	return status;
}

ntstatus
vmms_block_stage(struct module_object *object, const char *argument, json_t *result)
{
	uint64_t counts[COUNTS_MAX];
	struct tunable_number timeout;
	ntstatus status;

	if (!parse_counts(argument, counts))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	status = FrCtApi_GetBlockStageClientTimeout(object, &timeout);
	if (!ntstatus_ok(status))
		return status;
	json_object_set_new(result, "timeout_ms", vmms_number(timeout));
	json_object_set_new(result, "timed_out", json_boolean(counts[0] > timeout.value));
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
text_json(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

static json_t *
authentication_json(const struct replication_settings *settings)
{
	uint64_t type = settings->allowed_authentication_type.value;

	if (!settings->allowed_authentication_type.set)
		return json_null();
	return json_pack("{s:b, s:b}", "kerberos", (type & AUTHENTICATION_KERBEROS) != 0,
	    "certificate", (type & AUTHENTICATION_CERTIFICATE) != 0);
}

/* The limits as the applier would read them now. */
static json_t *
throttle_json(const struct module_object *object)
{
	struct tunable_number queue;
	struct tunable_number disks;
	struct tunable_number machines;

	FrCtLogApplyThrottler_GetMaxQueueLength(object, &queue);
	FrCtLogApplyThrottler_GetVHDsPerVM(object, &disks);
	FrCtLogApplyThrottler_GetVMsPerPrimary(object, &machines);
	return json_pack("{s:o, s:o, s:o}", "logs_per_disk", vmms_number(queue),
	    "disks_per_machine", vmms_number(disks), "machines_per_primary", vmms_number(machines));
}

static void
replication_status(const struct module_object *object, json_t *state)
{
	const struct replication_settings *settings = module_state(object, &vmms_replication_table);
	const struct replication_number *broker =
	    module_state(object, &vmms_replication_broker_table);
	const struct replication_diagnostics *diagnostics =
	    module_state(object, &vmms_replication_diagnostics_table);
	const struct replication_reference_point *points =
	    module_state(object, &vmms_reference_point_table);
	json_t *view = json_object();

	json_object_set_new(
	    view, "recovery_server", json_boolean(vmms_on(settings->recovery_server_enabled)));
	json_object_set_new(view, "storage", text_json(settings->replica_storage_location));
	json_object_set_new(view, "trust_group", text_json(settings->trust_group));
	json_object_set_new(view, "authentication", authentication_json(settings));
	json_object_set_new(view, "certificates",
	    json_pack("{s:b, s:b}", "revocation_check",
	        !vmms_on(settings->disable_cert_revocation_check), "untrusted_root_allowed",
	        vmms_on(settings->allow_untrusted_root_ca_on_replica)));
	json_object_set_new(view, "broker",
	    json_pack("{s:o, s:b}", "name", text_json(settings->display_name), "optional",
	        vmms_on(broker->value)));
	json_object_set_new(view, "monitoring",
	    json_pack("{s:o, s:o}", "interval", vmms_number(settings->monitoring_interval), "start",
	        vmms_number(settings->monitoring_start_time)));
	json_object_set_new(view, "apply_throttle", throttle_json(object));
	json_object_set_new(view, "tracing",
	    json_pack("{s:o, s:o}", "change_tracking", vmms_number(diagnostics->ct_trace_flags),
	        "group_switch", text_json(diagnostics->group_switch_trace_flag)));
	json_object_set_new(view, "reference_points",
	    json_pack("{s:o, s:o}", "ageing_h",
	        vmms_number(points->cdp_reference_point_ageing_timeout_in_hours), "stage_timeouts",
	        text_json(points->stage_time_outs_defined)));
	json_object_set_new(state, "replication", view);
}

const struct vmms_part vmms_replication_part = {
	.entry = replication_entry,
	.status = replication_status,
};
