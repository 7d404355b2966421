/*
 * vmswitch.sys: the virtual switch, service VmsMp (reference 2.5).
 *
 * Three init paths read Services\VmsMp\Parameters: VmsReadReloadableParameters (again at each
 * parameter-reload signal), VmsReadGlobalParameters (driver entry only) and VmsQsReadUserConfig
 * (the VRSS scheduler). Most values of the key are listed without a path; when those are read is
 * assumed.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/status.h"
#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\VmsMp\\Parameters"
#define COMPUTER   "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName"
/* The software keys of network adapters, as Windows' setup class for them has it. */
#define NET_CLASS                                                                                  \
	"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\"                                        \
	"{4d36e972-e325-11ce-bfc1-08002be10318}\\<n>"

/* Bits of VmsExecutionMode. */
#define EXECUTION_PASSIVE_RECEIVE       0x1u
#define EXECUTION_PASSIVE_SEND_COMPLETE 0x8u

struct vmswitch_reloadable {
	struct tunable_number vms_max_packet_header_count;
	struct tunable_number vms_vm_batch_copy_on_stack_batch_size;
	struct tunable_number vms_vm_batch_copy_look_aside_batch_size;
	struct tunable_number vms_vm_batch_copy_rndis_batch_size;
	struct tunable_number vms_single_instance_dpc_low_threshold;
	struct tunable_number vms_cumulative_dpc_low_threshold;
};

struct vmswitch_global {
	struct tunable_number vms_fatal_oid_error_mode;
	struct tunable_number vms_execution_mode;
	struct tunable_number vms_safe_header_size;
	struct tunable_number vms_max_safe_header_size;
};

struct vmswitch_vrss {
	struct tunable_number vms_queue_scheduling_mode;
	struct tunable_number vms_vmq_mode;
	struct tunable_number vms_expansion_period_in_ms;
	struct tunable_number vms_coalescing_duration_in_ms;
	struct tunable_number vms_cpu_load_lower_threshold;
	struct tunable_number vms_cpu_load_upper_threshold;
};

struct vmswitch_other {
	struct tunable_number vms_vm_nic_disable_media_indication;
	struct tunable_number vms_vm_nic_send_lm_network_change_indication;
	struct tunable_number vms_broadcast_uplink_disconnect;
	struct tunable_number vms_broadcast_network_change_status_indication;
	struct tunable_number vms_broadcast_link_speed_change_indication;
	struct tunable_number vms_bypass_ext_stack;
	struct tunable_number vms_min_fragment_offset;
	struct tunable_number vms_disable_ud_pv_rss;
	struct tunable_number vms_max_number_of_queues_per_v_port;
	struct tunable_number vms_min_number_of_queues_per_v_port;
	struct tunable_number vms_vm_nic_max_send_buffer_size_in_mb;
	struct tunable_number vms_vm_nic_max_send_shadow_size_in_mb;
	struct tunable_number vms_vm_external_mdl_shadow_mode;
	struct tunable_number vms_vm_max_batches_per_flush;
	struct tunable_number vms_vm_max_nb_ls_per_flush;
	struct tunable_number vms_max_vrss_queue_allocated_m_bytes;
	struct tunable_number vms_allow_version_query;
	struct tunable_number vms_default_pt_nic_drop_low_resources_packets;
	struct tunable_number vms_max_nic_reset_time_in_seconds;
	struct tunable_number vms_enable_hw_timestamp_over_vmbus;
	struct tunable_number vms_max_ctl_audit_entries;
	struct tunable_number vms_log_rate_limit_max_count;
	struct tunable_number vms_max_outstanding_duplicate_nbl_m_bytes;
	struct tunable_number vms_token_refund_period_in_ms;
	struct tunable_number vms_low_load_duration_in_ms;
	struct tunable_number vms_number_of_indirection_table_entries;
	struct tunable_number vms_is_hypercopy_enabled;
	struct tunable_number vms_vm_nic_drop_oversized_sends;
	struct tunable_number vms_required_extension_not_present_drop;
	struct tunable_number vms_pt_nic_send_min_stack_threshold_in_bytes;
	struct tunable_number vms_is_rsc_over_vm_bus_enabled;
	struct tunable_number vms_host_nic_indicate_nbls_inline;
	struct tunable_number vms_net_event_pause_pt_nic_drop;
	struct tunable_number vms_switch_rss_send_packet_count_multiplier;
	struct tunable_number vms_max_num_move_token;
	struct tunable_number vms_send_interrupt_mode;
	struct tunable_number vms_diagnostic_flags;
};

struct vmswitch_nic {
	struct tunable_number nic_type;
	struct tunable_text switch_name;
	struct tunable_text port_name;
	struct tunable_text friendly_name;
	struct tunable_text original_name;
	struct tunable_text miniport_device_guid;
	struct tunable_bytes nic_current_mac_address;
	struct tunable_bytes nic_permanent_mac_address;
	struct tunable_number is_light_weight_nic;
	struct tunable_number is_light_weight_nic_enable;
};

struct vmswitch_nic_device {
	struct tunable_number vlan_id;
};

struct vmswitch_computer {
	struct tunable_text computer_name;
};

static const struct tunable_word fatal_oid_words[] = {
	{ 0, "ignore" },
	{ 1, "bugcheck" },
	{ 2, "log-only" },
	{ 0 },
};

static const struct tunable_word execution_words[] = {
	{ EXECUTION_PASSIVE_RECEIVE, "passive receive" },
	{ EXECUTION_PASSIVE_SEND_COMPLETE, "passive send-complete" },
	{ 0 },
};

static const struct tunable_word scheduling_words[] = {
	{ 0, "static" },
	{ 1, "dynamic" },
	{ 2, "hybrid" },
	{ 0 },
};

static const struct tunable_word nic_words[] = {
	{ 1, "external" },
	{ 2, "vNIC" },
	{ 0 },
};

/* Where the older name is followed for numbers that are no mode, too: the rival reading. */
static void
settle_scheduling_mode(const struct tunable_case *given, struct tunable_reading *reading)
{
	const char *word = given->state != NULL ? given->state(given, "VmsVmqModeFallback") : NULL;
	struct tunable_reading older;

	if (word == NULL || strcasecmp(word, "absent-or-invalid") != 0 ||
	    reading->verdict != VERDICT_RESET || reading->judged_in != SOURCE_REGISTRY)
		return;
	tunable_interpret(reading->entry->fallback, given, &older);
	if (older.kind != KIND_NUMBER)
		return;
	reading->kind = KIND_NUMBER;
	reading->number = older.number;
	reading->source = SOURCE_FALLBACK;
	reading->from = reading->entry->fallback;
}

static const char *const fallback_words[] = { "absent", "absent-or-invalid", NULL };

static const struct tunable_switch vrss_switches[] = {
	{ "VmsVmqModeFallback", fallback_words,
	    "When VmsVmqMode stands in for VmsQueueSchedulingMode: where that is absent, or where "
	    "it is absent or no mode." },
	{ 0 },
};

/* Read again at each parameter-reload signal. */
static const struct tunable reloadable_rows[] = {
	{
	    .name = "VmsMaxPacketHeaderCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_reloadable, vms_max_packet_header_count),
	    AT_LEAST(12),
	    .below = OOB_CLAMP,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RANGE,
	    .unit = "count",
	    .doc = "Most headers of one net buffer list.",
	    .note = "Said to be at most 12 and to have an enforced minimum of 0xC; read as raised "
	            "to 12, without an upper limit.",
	},
	{
	    .name = "VmsVmBatchCopyOnStackBatchSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_reloadable, vms_vm_batch_copy_on_stack_batch_size),
	    RANGE(1, 64),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "count",
	    .doc = "Size of an on-stack batch copy.",
	},
	{
	    .name = "VmsVmBatchCopyLookAsideBatchSize",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_reloadable, vms_vm_batch_copy_look_aside_batch_size),
	    RANGE(1, 2048),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "count",
	    .doc = "Size of a look-aside batch copy.",
	},
	{
	    .name = "VmsVmBatchCopyRndisBatchSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_reloadable, vms_vm_batch_copy_rndis_batch_size),
	    RANGE(1, 1024),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "count",
	    .doc = "Size of an RNDIS batch copy.",
	},
	{
	    .name = "VmsSingleInstanceDpcLowThreshold",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_reloadable, vms_single_instance_dpc_low_threshold),
	    AT_MOST(100),
	    .above = OOB_CLAMP,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Low threshold of a single DPC.",
	},
	{
	    .name = "VmsCumulativeDpcLowThreshold",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_reloadable, vms_cumulative_dpc_low_threshold),
	    AT_MOST(100),
	    .above = OOB_CLAMP,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Low threshold of all DPCs.",
	},
};

/* Read at driver entry only. */
static const struct tunable global_rows[] = {
	{
	    .name = "VmsFatalOidErrorMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_global, vms_fatal_oid_error_mode),
	    DEFAULT(0),
	    RANGE(0, 2),
	    .shape = SHAPE_ENUM,
	    .words = fatal_oid_words,
	    .misshapen = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "What a fatal OID error does.",
	    .note = "Other numbers are not covered; they act as the default.",
	},
	{
	    .name = "VmsExecutionMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_global, vms_execution_mode),
	    DEFAULT(0),
	    .shape = SHAPE_BITMASK,
	    .words = execution_words,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Passive receive and send-complete.",
	},
	{
	    .name = "VmsSafeHeaderSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_global, vms_safe_header_size),
	    DEFAULT(256),
	    RANGE(0x100, 384),
	    .max_from = "VmsMaxSafeHeaderSize",
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Bytes of a packet's header that are copied.",
	    .note = "\"default 256/384\" is read as default 256 and default upper bound 384; if "
	            "the bounds cross the lower one wins.",
	},
	{
	    .name = "VmsMaxSafeHeaderSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_global, vms_max_safe_header_size),
	    DEFAULT(384),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .unit = "bytes",
	    .doc = "Upper bound of VmsSafeHeaderSize.",
	    .note =
	        "Named only as a bound; it may be a variable of the driver and no registry value.",
	},
};

/* The VRSS scheduler. */
static const struct tunable vrss_rows[] = {
	{
	    .name = "VmsQueueSchedulingMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_queue_scheduling_mode),
	    RANGE(0, 2),
	    .shape = SHAPE_ENUM,
	    .words = scheduling_words,
	    .misshapen = OOB_RESET,
	    .fallback = "VmsVmqMode",
	    .settle = settle_scheduling_mode,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Scheduler of VRSS queues.",
	    .note = "VmsVmqMode is read only where this one is absent, unless the reading "
	            "VmsVmqModeFallback says otherwise; a final default is not stated.",
	},
	{
	    .name = "VmsVmqMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_vmq_mode),
	    RANGE(0, 2),
	    .shape = SHAPE_ENUM,
	    .words = scheduling_words,
	    .misshapen = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE | FACT_SHAPE | FACT_JUDGEMENT,
	    .doc = "Older name of the VRSS scheduler.",
	    .note = "Named only as the fallback of VmsQueueSchedulingMode; the same numbers are "
	            "assumed.",
	},
	{
	    .name = "VmsExpansionPeriodInMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_expansion_period_in_ms),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Period of expanding queues.",
	},
	{
	    .name = "VmsCoalescingDurationInMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_coalescing_duration_in_ms),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Duration of coalescing queues.",
	},
	{
	    .name = "VmsCpuLoadLowerThreshold",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_cpu_load_lower_threshold),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "CPU load below which queues coalesce.",
	    .note = "Its relation to its counterpart is not stated: taken as is.",
	},
	{
	    .name = "VmsCpuLoadUpperThreshold",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_vrss, vms_cpu_load_upper_threshold),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "CPU load above which queues expand.",
	    .note = "Its relation to its counterpart is not stated: taken as is.",
	},
};

/* Of the same key; the reference does not say which of its functions reads them. */
static const struct tunable other_rows[] = {
	{
	    .name = "VmsVmNicDisableMediaIndication",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_nic_disable_media_indication),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Disable media-status indications of NICs.",
	},
	{
	    .name = "VmsVmNicSendLmNetworkChangeIndication",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_other, vms_vm_nic_send_lm_network_change_indication),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Indicate network changes of a live migration.",
	},
	{
	    .name = "VmsBroadcastUplinkDisconnect",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_broadcast_uplink_disconnect),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Broadcast a disconnected uplink to the vNICs.",
	},
	{
	    .name = "VmsBroadcastNetworkChangeStatusIndication",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_other, vms_broadcast_network_change_status_indication),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Broadcast changes of the network status.",
	},
	{
	    .name = "VmsBroadcastLinkSpeedChangeIndication",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_broadcast_link_speed_change_indication),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Broadcast changes of the link speed.",
	},
	{
	    .name = "VmsBypassExtStack",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_bypass_ext_stack),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Bypass the extension stack.",
	},
	{
	    .name = "VmsMinFragmentOffset",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_min_fragment_offset),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Smallest fragment offset.",
	},
	{
	    .name = "VmsDisableUDPvRss",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_disable_ud_pv_rss),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Disable vRSS for UDP.",
	},
	{
	    .name = "VmsMaxNumberOfQueuesPerVPort",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_number_of_queues_per_v_port),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most VMQ queues of a vPort.",
	    .note = "Its relation to its counterpart is not stated: taken as is.",
	},
	{
	    .name = "VmsMinNumberOfQueuesPerVPort",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_min_number_of_queues_per_v_port),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Fewest VMQ queues of a vPort.",
	    .note = "Its relation to its counterpart is not stated: taken as is.",
	},
	{
	    .name = "VmsVmNicMaxSendBufferSizeInMB",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_nic_max_send_buffer_size_in_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Largest send buffer of a vNIC.",
	},
	{
	    .name = "VmsVmNicMaxSendShadowSizeInMB",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_nic_max_send_shadow_size_in_mb),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Largest send shadow of a vNIC.",
	},
	{
	    .name = "VmsVmExternalMdlShadowMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_external_mdl_shadow_mode),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Shadow mode of external MDLs; modes are not listed.",
	},
	{
	    .name = "VmsVmMaxBatchesPerFlush",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_max_batches_per_flush),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most batches of one flush.",
	},
	{
	    .name = "VmsVmMaxNBLsPerFlush",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_max_nb_ls_per_flush),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most net buffer lists of one flush.",
	},
	{
	    .name = "VmsMaxVrssQueueAllocatedMBytes",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_vrss_queue_allocated_m_bytes),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Most memory of VRSS queues.",
	},
	{
	    .name = "VmsAllowVersionQuery",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_allow_version_query),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Allow the version-query OID.",
	},
	{
	    .name = "VmsDefaultPtNicDropLowResourcesPackets",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_other, vms_default_pt_nic_drop_low_resources_packets),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Passthrough NICs drop low-resources packets.",
	},
	{
	    .name = "VmsMaxNicResetTimeInSeconds",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_nic_reset_time_in_seconds),
	    RANGE(10, 600),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .unit = "s",
	    .doc = "Longest reset of a NIC.",
	},
	{
	    .name = "VmsEnableHwTimestampOverVmbus",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_enable_hw_timestamp_over_vmbus),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Hardware timestamps over VMBus.",
	},
	{
	    .name = "VmsMaxCtlAuditEntries",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_ctl_audit_entries),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most entries of the control audit.",
	},
	{
	    .name = "VmsLogRateLimitMaxCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_log_rate_limit_max_count),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most log entries of a rate-limit period.",
	},
	{
	    .name = "VmsMaxOutstandingDuplicateNblMBytes",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_outstanding_duplicate_nbl_m_bytes),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "MB",
	    .doc = "Most memory of outstanding duplicate net buffer lists.",
	},
	{
	    .name = "VmsTokenRefundPeriodInMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_token_refund_period_in_ms),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Period of refunding tokens.",
	},
	{
	    .name = "VmsLowLoadDurationInMs",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_low_load_duration_in_ms),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Duration that counts as low load.",
	},
	{
	    .name = "VmsNumberOfIndirectionTableEntries",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_number_of_indirection_table_entries),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Entries of the RSS indirection table.",
	},
	{
	    .name = "VmsIsHypercopyEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_is_hypercopy_enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Enable hypercopy.",
	},
	{
	    .name = "VmsVmNicDropOversizedSends",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_vm_nic_drop_oversized_sends),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Drop oversized sends.",
	},
	{
	    .name = "VmsRequiredExtensionNotPresentDrop",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_required_extension_not_present_drop),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Drop traffic while a required extension is absent.",
	},
	{
	    .name = "VmsPtNicSendMinStackThresholdInBytes",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_other, vms_pt_nic_send_min_stack_threshold_in_bytes),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Smallest stack for a send of a passthrough NIC.",
	},
	{
	    .name = "VmsIsRscOverVmBusEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_is_rsc_over_vm_bus_enabled),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Receive segment coalescing over VMBus.",
	},
	{
	    .name = "VmsHostNicIndicateNblsInline",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_host_nic_indicate_nbls_inline),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Host NICs indicate net buffer lists inline.",
	},
	{
	    .name = "VmsNetEventPausePtNicDrop",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_net_event_pause_pt_nic_drop),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Drop on passthrough NICs during a net-event pause.",
	},
	{
	    .name = "VmsSwitchRssSendPacketCountMultiplier",
	    .type = REG_DWORD,
	    .into =
	        NUMBER_FIELD(struct vmswitch_other, vms_switch_rss_send_packet_count_multiplier),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "factor",
	    .doc = "Multiplier of the switch RSS send count.",
	},
	{
	    .name = "VmsMaxNumMoveToken",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_max_num_move_token),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Most move tokens.",
	},
	{
	    .name = "VmsSendInterruptMode",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_send_interrupt_mode),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Send interrupt mode; modes are not listed.",
	},
	{
	    .name = "VmsDiagnosticFlags",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_other, vms_diagnostic_flags),
	    .shape = SHAPE_BITMASK,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "flags",
	    .doc = "Diagnostic flags; bits are not listed.",
	},
};

/* Persistent state of a NIC. */
static const struct tunable nic_rows[] = {
	{
	    .name = "NicType",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_nic, nic_type),
	    RANGE(1, 2),
	    .shape = SHAPE_ENUM,
	    .words = nic_words,
	    .misshapen = OOB_RESET,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Kind of NIC.",
	    .note = "Other numbers are not covered; they act as if the value were absent.",
	},
	{
	    .name = "SwitchName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_nic, switch_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Switch that the NIC belongs to.",
	},
	{
	    .name = "PortName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_nic, port_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Port that the NIC is connected to.",
	},
	{
	    .name = "FriendlyName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_nic, friendly_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name for people.",
	},
	{
	    .name = "OriginalName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_nic, original_name),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Name before the switch took the NIC.",
	},
	{
	    .name = "MiniportDeviceGuid",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_nic, miniport_device_guid),
	    .shape = SHAPE_GUID,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "GUID",
	    .doc = "Miniport device of the NIC.",
	},
	{
	    .name = "NicCurrentMacAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct vmswitch_nic, nic_current_mac_address),
	    .shape = SHAPE_MAC,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes[6]",
	    .doc = "MAC address in use.",
	    .note = "What a length other than 6 does is not stated.",
	},
	{
	    .name = "NicPermanentMacAddress",
	    .type = REG_BINARY,
	    .into = BYTES_FIELD(struct vmswitch_nic, nic_permanent_mac_address),
	    .shape = SHAPE_MAC,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes[6]",
	    .doc = "Permanent MAC address.",
	    .note = "What a length other than 6 does is not stated.",
	},
	{
	    .name = "IsLightWeightNic",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_nic, is_light_weight_nic),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The NIC is a lightweight NIC.",
	},
	{
	    .name = "IsLightWeightNicEnable",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_nic, is_light_weight_nic_enable),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "The lightweight NIC is enabled.",
	},
};

/* Of a NIC's device. */
static const struct tunable nic_device_rows[] = {
	{
	    .name = "VlanID",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct vmswitch_nic_device, vlan_id),
	    RANGE(0, 4095),
	    OUTSIDE(OOB_REJECT),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE | FACT_JUDGEMENT,
	    .doc = "VLAN of the NIC.",
	    .note = "Neither the type nor what happens out of 0..4095 is stated; a value out of "
	            "range is ignored.",
	},
};

/* Of the computer. */
static const struct tunable computer_rows[] = {
	{
	    .name = "ComputerName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct vmswitch_computer, computer_name),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Name of this computer.",
	},
};

/* Extension properties of a switch have no fixed names. */
static const struct tunable property_rows[] = {
	{
	    .name = "*",
	    .type = TYPE_ANY,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Extension property of a switch.",
	},
};

#define VMSWITCH_TABLE(stem, key_path, function, through, when, assumed_when, type)                \
	static const struct tunable_table stem##_table = {                                         \
		.name = "vmswitch." #stem,                                                         \
		.owner = "vmswitch.sys",                                                           \
		.key = (key_path),                                                                 \
		.section = "2.5",                                                                  \
		.reader = (function),                                                              \
		.helper = (through),                                                               \
		.apply = (when),                                                                   \
		.assumed_apply = (assumed_when),                                                   \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = sizeof(type),                                                        \
	}

VMSWITCH_TABLE(reloadable, PARAMETERS, "VmsReadReloadableParameters", "VmsCsAttrValueReadULong",
    APPLY_RELOAD, APPLY_FORGOTTEN, struct vmswitch_reloadable);
VMSWITCH_TABLE(global, PARAMETERS, "VmsReadGlobalParameters", "VmsCsAttrValueReadULong",
    APPLY_DRIVER_ENTRY, APPLY_FORGOTTEN, struct vmswitch_global);
VMSWITCH_TABLE(other, PARAMETERS, NULL, "VmsCsAttrValueReadULong", APPLY_UNKNOWN,
    APPLY_DRIVER_ENTRY, struct vmswitch_other);
VMSWITCH_TABLE(nic, PARAMETERS "\\Nics\\<id>", NULL,
    "VmsCsAttrValueReadULong / VmsCsAttrValueReadString", APPLY_UNKNOWN, APPLY_DRIVER_ENTRY,
    struct vmswitch_nic);
VMSWITCH_TABLE(computer, COMPUTER, NULL, "VmsCsAttrValueReadString", APPLY_UNKNOWN,
    APPLY_DRIVER_ENTRY, struct vmswitch_computer);

static const struct tunable_table vrss_table = {
	.name = "vmswitch.vrss",
	.owner = "vmswitch.sys",
	.key = PARAMETERS,
	.section = "2.5",
	.reader = "VmsQsReadUserConfig",
	.helper = "VmsCsAttrValueReadULong",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = vrss_rows,
	.count = ARRAY_SIZE(vrss_rows),
	.state_size = sizeof(struct vmswitch_vrss),
	.switches = vrss_switches,
};

static const struct tunable_table property_table = {
	.name = "vmswitch.property",
	.owner = "vmswitch.sys",
	.key = PARAMETERS "\\Switches\\<id>\\Properties",
	.section = "2.5",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = property_rows,
	.count = ARRAY_SIZE(property_rows),
};

static const struct tunable_table nic_device_table = {
	.name = "vmswitch.nic-device",
	.owner = "vmswitch.sys",
	.key = "<per-NIC device software key>",
	.opens = NET_CLASS,
	.section = "2.5",
	.reader = "IoOpenDeviceRegistryKey",
	.apply = APPLY_DEVICE_ADD,
	.rows = nic_device_rows,
	.count = ARRAY_SIZE(nic_device_rows),
	.state_size = sizeof(struct vmswitch_nic_device),
};

static const struct tunable_table *const tables[] = { &reloadable_table, &global_table, &vrss_table,
	&other_table, &property_table, &nic_table, &nic_device_table, &computer_table };

/* --- Readers
 * -------------------------------------------------------------------------------------- */

static ntstatus
VmsCsAttrValueReadULong(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
VmsCsAttrValueReadString(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
read_attribute(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	if (row->type == REG_SZ)
		return VmsCsAttrValueReadString(registry, key, row, ret_type, data);
	return VmsCsAttrValueReadULong(registry, key, row, ret_type, data);
}

static ntstatus
VmsReadReloadableParameters(struct module_object *object)
{
	return module_load(object, &reloadable_table, read_attribute);
}

static ntstatus
VmsReadGlobalParameters(struct module_object *object)
{
	return module_load(object, &global_table, read_attribute);
}

static ntstatus
VmsQsReadUserConfig(struct module_object *object)
{
	return module_load(object, &vrss_table, read_attribute);
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static ntstatus
vmswitch_entry(struct module_object *object)
{
	static ntstatus (*const steps[])(struct module_object * object) = {
		VmsReadGlobalParameters,
		VmsReadReloadableParameters,
		VmsQsReadUserConfig,
	};
	static const struct tunable_table *const instances[] = { &nic_table, &property_table };
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(steps) && ntstatus_ok(status); i++)
		status = steps[i](object);
	if (ntstatus_ok(status))
		status = module_load(object, &other_table, read_attribute);
	if (ntstatus_ok(status))
		status = module_load(object, &computer_table, read_attribute);
	for (size_t i = 0; i < ARRAY_SIZE(instances) && ntstatus_ok(status); i++)
		status = module_load_instances(object, instances[i], read_attribute);
	return status;
}

static ntstatus
vmswitch_add_device(struct module_object *object, const char *key)
{
	return module_load_instance(object, &nic_device_table, key, NULL, read_attribute);
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

static json_t *
nic_json(const struct tunable_snapshot *snapshot)
{
	const struct vmswitch_nic *nic = snapshot->state;
	struct buf mac = { 0 };
	json_t *json;

	/* An address of another length is of no use to the switch. */
	for (size_t i = 0; nic->nic_current_mac_address.size == 6 && i < 6; i++)
		buf_printf(&mac, "%s%02X", i > 0 ? "-" : "", nic->nic_current_mac_address.data[i]);
	json = json_pack("{s:o, s:s?, s:o, s:o, s:o, s:s?}", "id",
	    tunable_json_text(strrchr(snapshot->key, '\\') + 1), "type",
	    nic->nic_type.set ? status_word(nic_words, nic->nic_type.value) : NULL, "switch",
	    status_text(nic->switch_name), "port", status_text(nic->port_name), "name",
	    status_text(nic->friendly_name), "mac", mac.size > 0 ? buf_text(&mac) : NULL);
	buf_release(&mac);
	return json;
}

static json_t *
nics_json(const struct module_object *object)
{
	json_t *nics = json_array();

	for (size_t i = 0; i < object->snapshot_count; i++) {
		if (object->snapshots[i].snapshot->table == &nic_table)
			json_array_append_new(nics, nic_json(object->snapshots[i].snapshot));
	}
	return nics;
}

static void
vmswitch_status(const struct module_object *object, json_t *state)
{
	const struct vmswitch_reloadable *reloadable = module_state(object, &reloadable_table);
	const struct vmswitch_global *global = module_state(object, &global_table);
	const struct vmswitch_vrss *vrss = module_state(object, &vrss_table);
	const struct vmswitch_computer *computer = module_state(object, &computer_table);
	uint64_t mode = global->vms_execution_mode.value;

	json_object_set_new(state, "execution",
	    json_pack("{s:b, s:b}", "passive_receive", (mode & EXECUTION_PASSIVE_RECEIVE) != 0,
	        "passive_send_complete", (mode & EXECUTION_PASSIVE_SEND_COMPLETE) != 0));
	json_object_set_new(state, "fatal_oid",
	    json_string(status_word(fatal_oid_words, global->vms_fatal_oid_error_mode.value)));
	json_object_set_new(
	    state, "safe_header_bytes", status_number(global->vms_safe_header_size));
	json_object_set_new(state, "batch_copy",
	    json_pack("{s:o, s:o, s:o}", "on_stack",
	        status_number(reloadable->vms_vm_batch_copy_on_stack_batch_size), "look_aside",
	        status_number(reloadable->vms_vm_batch_copy_look_aside_batch_size), "rndis",
	        status_number(reloadable->vms_vm_batch_copy_rndis_batch_size)));
	json_object_set_new(state, "vrss",
	    json_pack("{s:s?, s:o, s:o}", "scheduler",
	        vrss->vms_queue_scheduling_mode.set
	            ? status_word(scheduling_words, vrss->vms_queue_scheduling_mode.value)
	            : NULL,
	        "expansion_period_ms", status_number(vrss->vms_expansion_period_in_ms),
	        "coalescing_duration_ms", status_number(vrss->vms_coalescing_duration_in_ms)));
	json_object_set_new(state, "computer_name", status_text(computer->computer_name));
	json_object_set_new(state, "nics", nics_json(object));
}

const struct module vmswitch_driver = {
	.name = "vmswitch",
	.image = "vmswitch.sys",
	.service = "VmsMp",
	.doc = "Virtual switch.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vmswitch_entry,
	.reload = VmsReadReloadableParameters,
	.add_device = vmswitch_add_device,
	.devices = &nic_device_table,
	.status = vmswitch_status,
};
