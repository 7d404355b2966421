/*
 * storvsp.sys: the storage virtualization service provider (reference 2.4).
 *
 * VspGetSettingsFromRegistry reads Services\storvsp itself (not its Parameters) through
 * VspGetRegistryUINT32. Virtual-disk parsers are registered below
 * Services\storvsp\Parameters\Parsers and, second, in the map Control\StorVSP\Parsers; both are
 * read each time that a parser is wanted.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/tables.h"
#include "regstore/base/guid.h"
#include "regstore/tunable/view.h"

#define SERVICE "HKLM\\SYSTEM\\CurrentControlSet\\Services\\storvsp"
#define PARSERS SERVICE "\\Parameters\\Parsers\\{GUID}"
#define MAP     "HKLM\\SYSTEM\\CurrentControlSet\\Control\\StorVSP\\Parsers\\{GUID}"

/* What stands in where the reference gives no default: our choice. */
#define WORKERS_ASSUMED     4u
#define QUEUE_DEPTH_ASSUMED 64u
#define WORKERS_MAX         256u /* threads that one configuration may make */
#define OVERRIDES_MAX       16u  /* parser overrides followed before they are called a circle */
#define PAGE_SIZE_BYTES     4096u

struct storvsp_settings {
	struct tunable_number maximum_adapter_transfer_size;
	struct tunable_number worker_count;
	struct tunable_number worker_io_count_per_worker;
	struct tunable_number monitored_notification_latency_in100ns;
	struct tunable_number virtual_processors_per_channel;
	struct tunable_number spread_work;
	struct tunable_number affinitize_threads;
	struct tunable_number nominal_io_timeout;
	struct tunable_number qo_s_burst_size_percent;
};

struct storvsp_device {
	struct tunable_number fc_vport_rescan_interval;
};

struct storvsp_parser {
	struct tunable_text override_parser;
	struct tunable_text service_name;
};

/* Read in VspGetSettingsFromRegistry. */
static const struct tunable settings_rows[] = {
	{
	    .name = "MaximumAdapterTransferSize",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, maximum_adapter_transfer_size),
	    DEFAULT(8 * 1024 * 1024),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "bytes",
	    .doc = "Cap on one transfer of a virtual adapter.",
	    .note = "The reference says 8 MB; bytes are a reading.",
	},
	{
	    .name = "WorkerCount",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, worker_count),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "threads",
	    .doc = "I/O worker threads.",
	},
	{
	    .name = "WorkerIoCountPerWorker",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, worker_io_count_per_worker),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Queue depth of one I/O worker.",
	},
	{
	    .name = "MonitoredNotificationLatencyIn100ns",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, monitored_notification_latency_in100ns),
	    DEFAULT(0),
	    AT_MOST(10000),
	    .above = OOB_CLAMP,
	    .basis = BASIS_DOCUMENTED,
	    .unit = "100ns",
	    .doc = "Latency hint of VMBus monitored notification.",
	},
	{
	    .name = "VirtualProcessorsPerChannel",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, virtual_processors_per_channel),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "Virtual processors for each StorVSP channel.",
	},
	{
	    .name = "SpreadWork",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, spread_work),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Spread I/O work over NUMA-local threads.",
	},
	{
	    .name = "AffinitizeThreads",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, affinitize_threads),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .gates = { { .name = "SpreadWork", .test = GATE_NONZERO } },
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Pin the worker threads.",
	    .note = "Meaningful only if SpreadWork is 1; any number but 0 is read as on.",
	},
	{
	    .name = "NominalIoTimeout",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, nominal_io_timeout),
	    DEFAULT(10),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "s",
	    .doc = "Nominal timeout of a SCSI request.",
	},
	{
	    .name = "QoSBurstSizePercent",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_settings, qo_s_burst_size_percent),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "%",
	    .doc = "Burst size of storage QoS.",
	},
};

/* Read for a device. */
static const struct tunable device_rows[] = {
	{
	    .name = "FcVportRescanInterval",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct storvsp_device, fc_vport_rescan_interval),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Interval of re-scanning a Fibre Channel virtual port.",
	    .note = "The unit is not stated, nor where the device subkey lies.",
	},
};

/* Registration of a virtual-disk parser. */
static const struct tunable parser_rows[] = {
	{
	    .name = "OverrideParser",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct storvsp_parser, override_parser),
	    .shape = SHAPE_GUID,
	    .fallback = "StorVSP\\Parsers\\{GUID}\\OverrideParser",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .unit = "GUID",
	    .doc = "Parser to use in place of this one.",
	    .note = "The Services key is read first, then Control\\StorVSP; the reference does not "
	            "state the order.",
	},
	{
	    .name = "ServiceName",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct storvsp_parser, service_name),
	    .fallback = "StorVSP\\Parsers\\{GUID}\\ServiceName",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .doc = "Driver that implements the parser.",
	    .note = "The Services key is read first, then Control\\StorVSP; the reference does not "
	            "state the order.",
	},
};

/* The parser map, second to the registration. */
static const struct tunable parser_map_rows[] = {
	{
	    .name = "OverrideParser",
	    .type = REG_SZ,
	    .shape = SHAPE_GUID,
	    .preferred = "Parameters\\Parsers\\{GUID}\\OverrideParser",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .unit = "GUID",
	    .doc = "Parser map: parser to use in place of this one.",
	},
	{
	    .name = "ServiceName",
	    .type = REG_SZ,
	    .preferred = "Parameters\\Parsers\\{GUID}\\ServiceName",
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_RULE,
	    .doc = "Parser map: driver that implements the parser.",
	},
};

static const struct tunable_table settings_table = {
	.name = "storvsp.settings",
	.owner = "storvsp.sys",
	.key = SERVICE,
	.section = "2.4",
	.reader = "VspGetSettingsFromRegistry",
	.helper = "VspGetRegistryUINT32",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DRIVER_ENTRY,
	.rows = settings_rows,
	.count = ARRAY_SIZE(settings_rows),
	.state_size = sizeof(struct storvsp_settings),
};

static const struct tunable_table device_table = {
	.name = "storvsp.device",
	.owner = "storvsp.sys",
	.key = SERVICE "\\<device>",
	.section = "2.4",
	.reader = "VspGetSettingsFromRegistry",
	.helper = "VspGetRegistryUINT32",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_DEVICE_ADD,
	.rows = device_rows,
	.count = ARRAY_SIZE(device_rows),
	.state_size = sizeof(struct storvsp_device),
};

static const struct tunable_table parser_table = {
	.name = "storvsp.parser",
	.owner = "storvsp.sys",
	.key = PARSERS,
	.section = "2.4",
	.reader = "ParserSystemLoadAndReferenceParserById / ParserSystemGetOverrideParserId",
	.apply = APPLY_OPERATION,
	.rows = parser_rows,
	.count = ARRAY_SIZE(parser_rows),
	.state_size = sizeof(struct storvsp_parser),
};

static const struct tunable_table parser_map_table = {
	.name = "storvsp.parser-map",
	.owner = "storvsp.sys",
	.key = MAP,
	.section = "2.4",
	.apply = APPLY_UNKNOWN,
	.assumed_apply = APPLY_OPERATION,
	.rows = parser_map_rows,
	.count = ARRAY_SIZE(parser_map_rows),
};

static const struct tunable_table *const tables[] = { &settings_table, &device_table, &parser_table,
	&parser_map_table };

static ntstatus
VspGetRegistryUINT32(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

/* --- Workers
 * -------------------------------------------------------------------------------------- */

/* The I/O workers: threads that wait for work until the driver unloads. */
struct storvsp {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	size_t worker_count;
	pthread_t workers[WORKERS_MAX];
};

static void *
worker_main(void *argument)
{
	struct storvsp *storvsp = argument;

	pthread_mutex_lock(&storvsp->lock);
	while (!storvsp->stopping)
		pthread_cond_wait(&storvsp->wake, &storvsp->lock);
	pthread_mutex_unlock(&storvsp->lock);
	return NULL;
}

static void
stop_workers(struct storvsp *storvsp)
{
	pthread_mutex_lock(&storvsp->lock);
	storvsp->stopping = true;
	pthread_cond_broadcast(&storvsp->wake);
	pthread_mutex_unlock(&storvsp->lock);
	while (storvsp->worker_count > 0)
		pthread_join(storvsp->workers[--storvsp->worker_count], NULL);
	pthread_cond_destroy(&storvsp->wake);
	pthread_mutex_destroy(&storvsp->lock);
}

static bool
start_workers(struct storvsp *storvsp, uint64_t wanted)
{
	pthread_mutex_init(&storvsp->lock, NULL);
	pthread_cond_init(&storvsp->wake, NULL);
	while (storvsp->worker_count < wanted && storvsp->worker_count < WORKERS_MAX) {
		if (pthread_create(&storvsp->workers[storvsp->worker_count], NULL, worker_main,
		        storvsp) != 0) {
			stop_workers(storvsp);
			return false;
		}
		storvsp->worker_count++;
	}
	return true;
}

/* --- Life
 * ----------------------------------------------------------------------------------------- */

static ntstatus
VspGetSettingsFromRegistry(struct module_object *object)
{
	return module_load(object, &settings_table, VspGetRegistryUINT32);
}

static ntstatus
storvsp_entry(struct module_object *object)
{
	const struct storvsp_settings *settings;
	struct storvsp *storvsp;
	ntstatus status = VspGetSettingsFromRegistry(object);

	if (!ntstatus_ok(status))
		return status;
	settings = module_state(object, &settings_table);
	storvsp = calloc(1, sizeof(*storvsp));
	if (storvsp == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	if (!start_workers(storvsp, number_or(settings->worker_count, WORKERS_ASSUMED))) {
		free(storvsp);
		return NTSTATUS(STATUS_INSUFFICIENT_RESOURCES);
	}
	object->extension = storvsp;
	return status;
}

static void
storvsp_unload(struct module_object *object)
{
	stop_workers(object->extension);
	free(object->extension);
	object->extension = NULL;
}

static ntstatus
storvsp_add_device(struct module_object *object, const char *key)
{
	return module_load_instance(object, &device_table, key, NULL, VspGetRegistryUINT32);
}

/* --- Parsers
 * -------------------------------------------------------------------------------------- */

static ntstatus
load_parser(struct module_object *object, const char *guid, struct tunable_snapshot **ret_snapshot)
{
	struct tunable_loader loader = { .catalog = object->catalog, .registry = object->registry };
	bool braced = guid[0] == '{';
	struct buf key = { 0 };
	lstatus status;

	buf_printf(&key, "%s\\Parameters\\Parsers\\%s%s%s", SERVICE, braced ? "" : "{", guid,
	    braced ? "" : "}");
	status = tunable_load(&loader, &parser_table, buf_text(&key), ret_snapshot);
	buf_release(&key);
	return ntstatus_from_lstatus(status);
}

/* The parser that takes the place of `guid`, or NULL if none does. The caller frees it. */
static ntstatus
ParserSystemGetOverrideParserId(struct module_object *object, const char *guid, char **ret_override)
{
	struct tunable_snapshot *snapshot;
	const struct storvsp_parser *parser;
	ntstatus status = load_parser(object, guid, &snapshot);
	const char *text;

	if (!ntstatus_ok(status))
		return status;
	parser = snapshot->state;
	text = parser->override_parser.text;
	*ret_override = NULL;
	if (text != NULL && guid_is_text(text, strlen(text))) {
		*ret_override = strdup(text);
		if (*ret_override == NULL)
			status = NTSTATUS(STATUS_NO_MEMORY);
	}
	tunable_snapshot_free(snapshot);
	return status;
}

/* The service of the parser `guid`; STATUS_OBJECT_NAME_NOT_FOUND if it is not registered. */
static ntstatus
ParserSystemLoadAndReferenceParserById(
    struct module_object *object, const char *guid, json_t *result)
{
	struct tunable_snapshot *snapshot;
	const struct storvsp_parser *parser;
	ntstatus status = load_parser(object, guid, &snapshot);

	if (!ntstatus_ok(status))
		return status;
	parser = snapshot->state;
	json_object_set_new(result, "parser", json_string(guid));
	if (parser->service_name.text == NULL)
		status = NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
	else
		json_object_set_new(
		    result, "service", tunable_json_text(parser->service_name.text));
	tunable_snapshot_free(snapshot);
	return status;
}

/* Follow the overrides from a parser, then load the one that is left. */
static ntstatus
storvsp_load_parser(struct module_object *object, const char *argument, json_t *result)
{
	char *guid;
	ntstatus status = NTSTATUS(STATUS_SUCCESS);

	if (!guid_is_text(argument, strlen(argument)))
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	guid = strdup(argument);
	if (guid == NULL)
		return NTSTATUS(STATUS_NO_MEMORY);
	for (unsigned i = 0; ntstatus_ok(status); i++) {
		char *override = NULL;

		if (i == OVERRIDES_MAX) {
			status = NTSTATUS(STATUS_UNSUCCESSFUL);
			break;
		}
		status = ParserSystemGetOverrideParserId(object, guid, &override);
		if (override == NULL || strcasecmp(override, guid) == 0) {
			free(override);
			break;
		}
		free(guid);
		guid = override;
	}
	if (ntstatus_ok(status))
		status = ParserSystemLoadAndReferenceParserById(object, guid, result);
	free(guid);
	return status;
}

static const struct module_operation operations[] = {
	{ "load-parser", "find the service of a virtual-disk parser by its GUID",
	    storvsp_load_parser },
	{ 0 },
};

/* --- Status
 * --------------------------------------------------------------------------------------- */

static void
storvsp_status(const struct module_object *object, json_t *state)
{
	const struct storvsp *storvsp = object->extension;
	const struct storvsp_settings *settings = module_state(object, &settings_table);
	uint64_t depth = number_or(settings->worker_io_count_per_worker, QUEUE_DEPTH_ASSUMED);
	uint64_t transfer = settings->maximum_adapter_transfer_size.value;
	bool spread = settings->spread_work.value != 0;

	json_object_set_new(state, "workers",
	    json_pack("{s:I, s:I, s:I, s:b, s:b, s:b}", "threads",
	        (json_int_t)storvsp->worker_count, "queue_depth", (json_int_t)depth, "capacity",
	        (json_int_t)(storvsp->worker_count * depth), "spread", spread, "pinned",
	        spread && settings->affinitize_threads.value != 0, "count_assumed",
	        !settings->worker_count.set));
	json_object_set_new(state, "adapter",
	    json_pack("{s:I, s:I, s:I}", "maximum_transfer", (json_int_t)transfer,
	        "scatter_gather_pages", (json_int_t)(transfer / PAGE_SIZE_BYTES),
	        "nominal_timeout_s", (json_int_t)settings->nominal_io_timeout.value));
	json_object_set_new(state, "channel",
	    json_pack("{s:I, s:o}", "notification_latency_100ns",
	        (json_int_t)settings->monitored_notification_latency_in100ns.value,
	        "processors_per_channel",
	        settings->virtual_processors_per_channel.set
	            ? json_integer((json_int_t)settings->virtual_processors_per_channel.value)
	            : json_null()));
}

const struct module storvsp_driver = {
	.name = "storvsp",
	.image = "storvsp.sys",
	.service = "storvsp",
	.doc = "Storage virtualization service provider.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = storvsp_entry,
	.unload = storvsp_unload,
	.add_device = storvsp_add_device,
	.devices = &device_table,
	.status = storvsp_status,
	.operations = operations,
};
