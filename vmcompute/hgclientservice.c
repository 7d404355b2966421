/*
 * hgclientservice.dll: the client of the Host Guardian Service (reference 1.10).
 *
 * HgRegistryConfiguration reads how the service is reached. Nothing is reached here: what is
 * derived is the plan of a call.
 */
#include <string.h>

#include "regstore/tunable/view.h"
#include "vmcompute/internal.h"
#include "vmcompute/modules.h"

#define HGS_KEY "HKLM\\SOFTWARE\\Microsoft\\HgsClient"

struct hgs_mode {
	struct tunable_text mode;
};

struct hgs_settings {
	struct tunable_number local_ca_cert_supported;
	struct tunable_number max_retries;
	struct tunable_number request_timeout;
	struct tunable_number operation_timeout;
	struct tunable_text fallback_service; /* joined with '|' */
};

static const struct tunable mode_rows[] = {
	{
	    .name = "Mode",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct hgs_mode, mode),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Mode of the client.",
	    .note = "MSFT_HgsClientConfiguration shows it as 0, 1 or 2; which text is which number "
	            "is not stated, so the text is kept.",
	},
};

static const struct tunable settings_rows[] = {
	{
	    .name = "LocalCACertSupported",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hgs_settings, local_ca_cert_supported),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Allow certificates of a local authority, without attestation by the service.",
	},
	{
	    .name = "MaxRetries",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hgs_settings, max_retries),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "count",
	    .doc = "How often a failed request is tried again.",
	},
	{
	    .name = "RequestTimeout",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hgs_settings, request_timeout),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Timeout of one request.",
	},
	{
	    .name = "OperationTimeout",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hgs_settings, operation_timeout),
	    .basis = BASIS_DOCUMENTED,
	    .unit = "ms",
	    .doc = "Timeout of an operation with all its requests.",
	},
	{
	    .name = "FallbackService",
	    .type = REG_MULTI_SZ,
	    .into = TEXT_FIELD(struct hgs_settings, fallback_service),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Addresses of services to turn to when the first does not answer.",
	    .note = "MSFT_HgsClientConfiguration has two such lists; how the one is split is not "
	            "stated.",
	},
};

#define HGS_TABLE(stem, through, type)                                                             \
	static const struct tunable_table stem##_table = {                                         \
		.name = "hgclientservice." #stem,                                                  \
		.owner = "hgclientservice.dll",                                                    \
		.key = HGS_KEY,                                                                    \
		.section = "1.10",                                                                 \
		.reader = "HgRegistryConfiguration",                                               \
		.helper = (through),                                                               \
		.apply = APPLY_UNKNOWN,                                                            \
		.assumed_apply = APPLY_SERVICE_START,                                              \
		.rows = stem##_rows,                                                               \
		.count = ARRAY_SIZE(stem##_rows),                                                  \
		.state_size = sizeof(type),                                                        \
	}

HGS_TABLE(mode, "RegistryUtilities::QueryRegistryKeyForString", struct hgs_mode);
HGS_TABLE(settings, NULL, struct hgs_settings);

static const struct tunable_table *const tables[] = { &mode_table, &settings_table };

static ntstatus
RegistryUtilities_QueryRegistryKeyForString(struct registry *registry, reg_key key,
    const struct tunable *row, uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
HgRegistryConfiguration(struct module_object *object)
{
	ntstatus status =
	    module_load(object, &mode_table, RegistryUtilities_QueryRegistryKeyForString);

	if (ntstatus_ok(status))
		status = module_load(object, &settings_table, NULL);
	return status;
}

/* --- Status
 * --------------------------------------------------------------------------------------- */

/* The strings of a list that are joined with '|'. */
static json_t *
list_json(const char *joined)
{
	json_t *list = json_array();

	while (joined != NULL && *joined != '\0') {
		size_t length = (size_t)(strchrnul(joined, '|') - joined);
		struct buf one = { 0 };

		buf_append(&one, joined, length);
		json_array_append_new(list, tunable_json_text(buf_text(&one)));
		buf_release(&one);
		joined += length + (joined[length] == '|');
	}
	return list;
}

/* The longest that a call to one service takes: all its requests, or the operation's timeout. */
static json_t *
longest_call(const struct hgs_settings *settings)
{
	uint64_t requests =
	    (number_or(settings->max_retries, 0) + 1) * number_or(settings->request_timeout, 0);

	if (!settings->max_retries.set || !settings->request_timeout.set)
		return number_json(settings->operation_timeout);
	if (settings->operation_timeout.set && settings->operation_timeout.value < requests)
		requests = settings->operation_timeout.value;
	return json_integer((json_int_t)(requests > INT64_MAX ? INT64_MAX : requests));
}

static void
hgclientservice_status(const struct module_object *object, json_t *state)
{
	const struct hgs_mode *mode = module_state(object, &mode_table);
	const struct hgs_settings *settings = module_state(object, &settings_table);

	json_object_set_new(state, "mode", text_json(mode->mode));
	json_object_set_new(
	    state, "local_authority", json_boolean(settings->local_ca_cert_supported.value != 0));
	json_object_set_new(state, "call",
	    json_pack("{s:o, s:o, s:o, s:o}", "retries", number_json(settings->max_retries),
	        "request_timeout_ms", number_json(settings->request_timeout),
	        "operation_timeout_ms", number_json(settings->operation_timeout), "longest_ms",
	        longest_call(settings)));
	json_object_set_new(state, "fallback_services", list_json(settings->fallback_service.text));
}

const struct module hgclientservice_module = {
	.name = "hgclientservice",
	.image = "hgclientservice.dll",
	.service = "HgClientService",
	.doc = "Client of the Host Guardian Service.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = HgRegistryConfiguration,
	.status = hgclientservice_status,
};
