/*
 * vsconfig.dll: the facade VirtualizationSettings over the host-wide settings (reference 1.12).
 *
 * The reference gives the properties' names and what they are for; the types are chosen here and
 * said to be, and where nothing suggests one, any is taken.
 */
#include "vmwp/vsconfig.h"

#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/svc/process.h"
#include "regstore/tunable/view.h"
#include "vmwp/environment.h"
#include "vmwp/modules.h"
#include "vmwp/shared.h"

/* --- Rows
 * ----------------------------------------------------------------------------------------- */

#define PROPERTY(property, purpose) .name = #property, .basis = BASIS_DOCUMENTED, .doc = (purpose)
#define FLAG(property, purpose)                                                                    \
	PROPERTY(property, purpose), .type = REG_DWORD, .shape = SHAPE_BOOL,                       \
	                             .assumed = FACT_TYPE | FACT_SHAPE
#define NUMBER(property, purpose)                                                                  \
	PROPERTY(property, purpose), .type = REG_DWORD, .assumed = FACT_TYPE
#define TEXT(property, purpose) PROPERTY(property, purpose), .type = REG_SZ, .assumed = FACT_TYPE

#define ENCODING_NOT_STATED "What its numbers mean is not stated."

static const struct tunable property_rows[SETTING_COUNT] = {
	[SETTING_AllowFirmwareLoadFromFile] = {
	    FLAG(AllowFirmwareLoadFromFile, "Allow UEFI firmware from any file."),
	},
	[SETTING_AllowedHashAlgorithms] = {
	    PROPERTY(AllowedHashAlgorithms, "Hash algorithms of TPM and attestation."),
	    .type = TYPE_ANY,
	    .note = "How the algorithms are written is not stated.",
	},
	[SETTING_AzureFeatureSetEnabled] = {
	    FLAG(AzureFeatureSetEnabled, "Turn on what only Azure has."),
	    .note = "Another value than AzureFeatureSet of hvsocket.sys, in the same key.",
	},
	[SETTING_BalancerIncludeMinroot] = {
	    FLAG(BalancerIncludeMinroot, "Balance the processors of the minimal root too."),
	},
	[SETTING_ConfigurationStorePath] = {
	    TEXT(ConfigurationStorePath, "Where the configurations are kept."),
	    .type_also = REG_EXPAND_SZ,
	    .def_text = "%ProgramData%\\Microsoft\\Windows\\Hyper-V",
	    .unit = "path",
	    .note = "Variables are expanded when the path is used, whichever of the types it has.",
	},
	[SETTING_CompatibleVmVersion] = {
	    TEXT(CompatibleVmVersion, "Oldest configuration version that is taken."),
	    .note = "The same value that vmms.exe reads as REG_SZ (1.1).",
	},
	[SETTING_CurrentVmVersion] = {
	    TEXT(CurrentVmVersion, "Newest configuration version."),
	    .note = "The same value that vmms.exe reads as REG_SZ (1.1).",
	},
	[SETTING_DefaultVmVersion] = {
	    TEXT(DefaultVmVersion, "Configuration version of new virtual machines."),
	},
	[SETTING_ServicingVmVersion] = {
	    TEXT(ServicingVmVersion, "Configuration version for servicing."),
	},
	[SETTING_DisableSelfSignedCertificateGeneration] = {
	    FLAG(DisableSelfSignedCertificateGeneration,
	        "Make no self-signed certificate where there is none."),
	},
	[SETTING_EnableFirmwareDebugging] = {
	    FLAG(EnableFirmwareDebugging, "Let the UEFI firmware write debug output."),
	},
	[SETTING_HyperVLowMemoryThresholdInPages] = {
	    NUMBER(HyperVLowMemoryThresholdInPages, "Free pages below which memory is low."),
	    .type_also = REG_QWORD,
	    .unit = "pages",
	},
	[SETTING_ManagementVtlUpgradePolicy] = {
	    NUMBER(ManagementVtlUpgradePolicy, "When the management VTL is upgraded."),
	    .note = ENCODING_NOT_STATED " ManagementVtlUpdatePolicy of a virtual machine is another.",
	},
	[SETTING_MemoryAllocationPolicy] = {
	    NUMBER(MemoryAllocationPolicy, "How memory is allocated to virtual machines."),
	    .note = ENCODING_NOT_STATED,
	},
	[SETTING_MetricsFlushInterval] = {
	    NUMBER(MetricsFlushInterval, "How often resource metering is written out."),
	    .note = "The unit is not stated.",
	},
	[SETTING_NumaSpanning] = {
	    FLAG(NumaSpanning, "Let virtual machines span NUMA nodes."),
	    .note = "The host setting that WMI calls NumaSpanningEnabled; the link is not stated.",
	},
	[SETTING_RamReservationPolicy] = {
	    NUMBER(RamReservationPolicy, "How the host reserves memory."),
	    .note = ENCODING_NOT_STATED,
	},
	[SETTING_SubnodePackingOrder] = {
	    NUMBER(SubnodePackingOrder, "In which order NUMA subnodes are filled."),
	    .note = ENCODING_NOT_STATED,
	},
	[SETTING_DefaultVirtualHardDiskCachingMode] = {
	    NUMBER(DefaultVirtualHardDiskCachingMode, "Caching of newly made disks."),
	    .note = ENCODING_NOT_STATED,
	},
	[SETTING_EnhancedMode] = {
	    NUMBER(EnhancedMode, "Enhanced session mode of new virtual machines."),
	    .note = ENCODING_NOT_STATED,
	},
	[SETTING_MaximumPressureLevelVmStartup] = {
	    NUMBER(MaximumPressureLevelVmStartup,
	        "Memory pressure above which no virtual machine starts."),
	    .unit = "level",
	},
};

static const struct tunable issuer_rows[] = {
	{
	    .name = "AddTrustedIssuerCertificateHash",
	    .type = REG_MULTI_SZ,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Hashes of the certificates whose issuers are trusted.",
	    .note = "Listed as a property but named as a method: that the list is kept under this "
	            "name, as texts, is assumed.",
	},
};

static const struct tunable certificate_rows[] = {
	{
	    .name = "GetAuthCertificateHash",
	    .type = REG_BINARY,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_TYPE,
	    .doc = "Hash of the certificate by which the host proves who it is.",
	    .note = "Listed as a property but named as a method: that the hash is kept under this "
	            "name, as bytes, is assumed.",
	},
};

#define FACADE_TABLE(stem, function, when, first_row, rows_in_it)                                  \
	static const struct tunable_table stem##_table = {                                         \
		.name = "vsconfig." #stem,                                                         \
		.owner = "vsconfig.dll",                                                           \
		.key = VIRTUALIZATION_KEY,                                                         \
		.section = "1.12",                                                                 \
		.reader = (function),                                                              \
		.apply = (when),                                                                   \
		.assumed_apply = APPLY_OPERATION,                                                  \
		.rows = (first_row),                                                               \
		.count = (rows_in_it),                                                             \
	}

FACADE_TABLE(settings, "VirtualizationSettings", APPLY_UNKNOWN, property_rows,
    SETTING_DefaultVirtualHardDiskCachingMode);
FACADE_TABLE(creation, "VirtualizationSettings", APPLY_OPERATION,
    &property_rows[SETTING_DefaultVirtualHardDiskCachingMode],
    SETTING_MaximumPressureLevelVmStartup - SETTING_DefaultVirtualHardDiskCachingMode);
FACADE_TABLE(startup, "VirtualizationSettings", APPLY_VM_START,
    &property_rows[SETTING_MaximumPressureLevelVmStartup],
    SETTING_COUNT - SETTING_MaximumPressureLevelVmStartup);
FACADE_TABLE(issuers, "VirtualizationSettings::AddTrustedIssuerCertificateHash", APPLY_UNKNOWN,
    issuer_rows, ARRAY_SIZE(issuer_rows));
FACADE_TABLE(certificate, "VirtualizationSettings::GetAuthCertificateHash", APPLY_UNKNOWN,
    certificate_rows, ARRAY_SIZE(certificate_rows));

static const struct tunable_table *const tables[] = { &settings_table, &creation_table,
	&startup_table, &issuers_table, &certificate_table };

/* --- Reading
 * -------------------------------------------------------------------------------------- */

/* One value as it is now, and what is made of it. */
struct property_value {
	struct tunable_case given; /* first: the interpreter hands this back */
	const struct tunable_entry *entry;
	struct tunable_raw raw;
	struct buf data;
	struct tunable_reading reading;
};

static struct tunable_raw
value_raw(const struct tunable_case *given, const struct tunable_entry *entry)
{
	const struct property_value *value = (const struct property_value *)(const void *)given;

	return entry == value->entry ? value->raw : (struct tunable_raw){ 0 };
}

static const struct tunable_entry *
entry_of(const struct settings_store *store, const struct tunable *row)
{
	const struct tunable_entry *entry = NULL;

	do
		entry = tunable_find(store->catalog, VIRTUALIZATION_KEY, strlen(VIRTUALIZATION_KEY),
		    row->name, strlen(row->name), entry);
	while (entry != NULL && entry->row != row);
	return entry;
}

/* Read a row's value; the caller releases value->data. */
static ntstatus
read_value(
    const struct settings_store *store, const struct tunable *row, struct property_value *value)
{
	reg_key key;
	lstatus status;

	*value = (struct property_value){ .given.raw = value_raw, .entry = entry_of(store, row) };
	if (value->entry == NULL)
		return NTSTATUS(STATUS_INVALID_PARAMETER); /* the catalog has not our tables */
	buf_reserve(&value->data, 1); /* so that an empty value has an address */
	status = registry_open_key(store->registry, NULL, VIRTUALIZATION_KEY, 0, &key);
	if (lstatus_ok(status))
		status = registry_query_value(
		    store->registry, key, row->name, &value->raw.type, &value->data);
	value->raw.present = lstatus_ok(status);
	value->raw.data = value->data.data;
	value->raw.size = value->data.size;
	if (value->data.failed)
		return NTSTATUS(STATUS_NO_MEMORY);
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_FILE_NOT_FOUND) &&
	    !lstatus_is(status, ERROR_KEY_DELETED))
		return ntstatus_from_lstatus(status);
	tunable_interpret(value->entry, &value->given, &value->reading);
	return NTSTATUS(STATUS_SUCCESS);
}

/* The same for a value that must be of a kind. */
static ntstatus
read_kind(const struct settings_store *store, const struct tunable *row, enum tunable_kind kind,
    struct property_value *value)
{
	ntstatus status = read_value(store, row, value);

	if (ntstatus_ok(status) && value->reading.kind != kind)
		status = NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
	return status;
}

ntstatus
VirtualizationSettings_GetNumber(
    const struct settings_store *store, enum virtualization_setting setting, uint64_t *ret_number)
{
	struct property_value value;
	ntstatus status = read_kind(store, &property_rows[setting], KIND_NUMBER, &value);

	if (ntstatus_ok(status))
		*ret_number = value.reading.number;
	buf_release(&value.data);
	return status;
}

ntstatus
VirtualizationSettings_GetFlag(
    const struct settings_store *store, enum virtualization_setting setting, bool *ret_flag)
{
	uint64_t number;
	ntstatus status = VirtualizationSettings_GetNumber(store, setting, &number);

	if (ntstatus_ok(status))
		*ret_flag = number != 0;
	return status;
}

ntstatus
VirtualizationSettings_GetText(
    const struct settings_store *store, enum virtualization_setting setting, struct buf *text)
{
	struct property_value value;
	ntstatus status = read_kind(store, &property_rows[setting], KIND_BYTES, &value);

	if (ntstatus_ok(status))
		tunable_effective(&value.reading, text);
	buf_release(&value.data);
	return status;
}

ntstatus
VirtualizationSettings_GetPath(
    const struct settings_store *store, enum virtualization_setting setting, struct buf *path)
{
	struct buf text = { 0 };
	ntstatus status;

	if (store->root == NULL)
		return VirtualizationSettings_GetText(store, setting, path);
	status = VirtualizationSettings_GetText(store, setting, &text);
	if (ntstatus_ok(status))
		environment_path(store->registry, store->root, buf_text(&text), path);
	buf_release(&text);
	return status;
}

ntstatus
VirtualizationSettings_GetData(const struct settings_store *store,
    enum virtualization_setting setting, uint32_t *ret_type, struct buf *data)
{
	struct property_value value;
	ntstatus status = read_value(store, &property_rows[setting], &value);

	if (ntstatus_ok(status) && !value.raw.present)
		status = NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
	if (ntstatus_ok(status)) {
		*ret_type = value.raw.type;
		buf_append(data, value.data.data, value.data.size);
	}
	buf_release(&value.data);
	return status;
}

/* --- Writing
 * -------------------------------------------------------------------------------------- */

/* One write, which the write log names after the method. */
static ntstatus
write_value(const struct settings_store *store, const char *verb, const char *name, uint32_t type,
    const void *data, size_t size)
{
	struct buf comment = { 0 };
	reg_key key;
	lstatus status;

	buf_printf(&comment, "VirtualizationSettings::%s%s", verb, name);
	status = registry_begin(store->registry, buf_text(&comment));
	buf_release(&comment);
	if (!lstatus_ok(status))
		return ntstatus_from_lstatus(status);
	status = registry_create_key(store->registry, NULL, VIRTUALIZATION_KEY, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_value(store->registry, key, name, type, data, size);
	if (lstatus_ok(status))
		status = registry_commit(store->registry);
	if (!lstatus_ok(status))
		registry_rollback(store->registry);
	return ntstatus_from_lstatus(status);
}

ntstatus
VirtualizationSettings_SetData(const struct settings_store *store,
    enum virtualization_setting setting, uint32_t type, const void *data, size_t size)
{
	return write_value(store, "Set", property_rows[setting].name, type, data, size);
}

ntstatus
VirtualizationSettings_SetNumber(
    const struct settings_store *store, enum virtualization_setting setting, uint64_t number)
{
	uint8_t bytes[4];

	if (number > UINT32_MAX)
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	return VirtualizationSettings_SetData(store, setting, REG_DWORD, bytes, sizeof(bytes));
}

ntstatus
VirtualizationSettings_SetFlag(
    const struct settings_store *store, enum virtualization_setting setting, bool flag)
{
	return VirtualizationSettings_SetNumber(store, setting, flag);
}

ntstatus
VirtualizationSettings_SetText(
    const struct settings_store *store, enum virtualization_setting setting, const char *text)
{
	struct buf bytes = { 0 };
	ntstatus status = NTSTATUS(STATUS_INVALID_PARAMETER);

	if (utf16_from_utf8(text, strlen(text), &bytes)) {
		buf_append(&bytes, "\0", 2);
		status = bytes.failed ? NTSTATUS(STATUS_NO_MEMORY)
		                      : VirtualizationSettings_SetData(
		                            store, setting, REG_SZ, bytes.data, bytes.size);
	}
	buf_release(&bytes);
	return status;
}

/* --- The pairs
 * ------------------------------------------------------------------------------------ */

#define GET_BODY(property, kind, parameters, ...)                                                  \
	ntstatus VirtualizationSettings_Get##property parameters                                   \
	{                                                                                          \
		return VirtualizationSettings_Get##kind(store, SETTING_##property, __VA_ARGS__);   \
	}
#define SET_BODY(property, kind, parameters, ...)                                                  \
	ntstatus VirtualizationSettings_Set##property parameters                                   \
	{                                                                                          \
		return VirtualizationSettings_Set##kind(store, SETTING_##property, __VA_ARGS__);   \
	}
#define X(kind, property) SETTING_HEADS_##kind(property, GET_BODY, SET_BODY)
VIRTUALIZATION_SETTINGS(X)
#undef X

/* --- Certificates
 * --------------------------------------------------------------------------------- */

/* Whether a list of texts joined with '|' has one, without case. */
static bool
list_has(const char *joined, const char *text)
{
	while (*joined != '\0') {
		size_t length = (size_t)(strchrnul(joined, '|') - joined);

		if (length == strlen(text) && strncasecmp(joined, text, length) == 0)
			return true;
		joined += length + (joined[length] == '|');
	}
	return false;
}

/* Bytes in hexadecimal, at least one. */
static bool
is_hash(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	return digits > 0 && digits % 2 == 0 && text[digits] == '\0';
}

/* Append the texts that a '|' separates as the bytes of a REG_MULTI_SZ. */
static void
append_multi_sz(const char *joined, struct buf *data)
{
	while (*joined != '\0') {
		size_t length = (size_t)(strchrnul(joined, '|') - joined);

		utf16_from_utf8(joined, length, data);
		buf_append(data, "\0", 2);
		joined += length + (joined[length] == '|');
	}
	buf_append(data, "\0", 2);
}

ntstatus
VirtualizationSettings_AddTrustedIssuerCertificateHash(
    const struct settings_store *store, const char *hash)
{
	struct property_value value;
	struct buf list = { 0 };
	struct buf data = { 0 };
	ntstatus status = read_value(store, &issuer_rows[0], &value);

	if (ntstatus_ok(status) && !is_hash(hash))
		status = NTSTATUS(STATUS_INVALID_PARAMETER);
	if (ntstatus_ok(status) && value.reading.kind == KIND_BYTES)
		tunable_effective(&value.reading, &list);
	if (ntstatus_ok(status) && !list_has(buf_text(&list), hash)) {
		buf_printf(&list, "%s%s", list.size > 0 ? "|" : "", hash);
		append_multi_sz(buf_text(&list), &data);
		status = data.failed ? NTSTATUS(STATUS_NO_MEMORY)
		                     : write_value(store, "", issuer_rows[0].name, REG_MULTI_SZ,
		                           data.data, data.size);
	}
	buf_release(&data);
	buf_release(&list);
	buf_release(&value.data);
	return status;
}

ntstatus
VirtualizationSettings_GetAuthCertificateHash(const struct settings_store *store, struct buf *hash)
{
	struct property_value value;
	ntstatus status = read_kind(store, &certificate_rows[0], KIND_BYTES, &value);

	if (ntstatus_ok(status))
		buf_append(hash, value.data.data, value.data.size);
	buf_release(&value.data);
	return status;
}

/* --- Operations
 * ----------------------------------------------------------------------------------- */

enum setting_kind { AS_FLAG, AS_NUMBER, AS_TEXT, AS_PATH, AS_DATA };

static const enum setting_kind kinds[SETTING_COUNT] = {
#define X(kind, property) AS_##kind,
	VIRTUALIZATION_SETTINGS(X)
#undef X
};

/* The property of a name, without case; false if there is none. */
static bool
find_setting(const char *name, size_t length, enum virtualization_setting *ret_setting)
{
	for (unsigned i = 0; i < SETTING_COUNT; i++) {
		if (strlen(property_rows[i].name) == length &&
		    strncasecmp(property_rows[i].name, name, length) == 0) {
			*ret_setting = (enum virtualization_setting)i;
			return true;
		}
	}
	return false;
}

struct settings_store
settings_store_of(const struct module_object *object)
{
	return (struct settings_store){
		.registry = object->registry,
		.catalog = object->catalog,
		.root = module_word(object, PROCESS_HOST_ROOT),
	};
}

/* What Get says of a property; null where there is neither value nor default. */
static json_t *
setting_json(const struct settings_store *store, enum virtualization_setting setting)
{
	struct property_value value = { 0 };
	struct buf text = { 0 };
	json_t *json = json_null();

	if (kinds[setting] == AS_PATH) {
		if (ntstatus_ok(VirtualizationSettings_GetPath(store, setting, &text)))
			json = tunable_json_text(buf_text(&text));
	} else if (ntstatus_ok(read_value(store, &property_rows[setting], &value))) {
		tunable_effective(&value.reading, &text);
		if (value.reading.kind == KIND_BYTES)
			json = tunable_json_text(buf_text(&text));
		else if (value.reading.kind == KIND_NUMBER && kinds[setting] == AS_FLAG)
			json = json_boolean(value.reading.number != 0);
		else if (value.reading.kind == KIND_NUMBER)
			json = json_integer((json_int_t)value.reading.number);
	}
	buf_release(&value.data);
	buf_release(&text);
	return json;
}

static ntstatus
get_setting(struct module_object *object, const char *argument, json_t *result)
{
	struct settings_store store = settings_store_of(object);
	enum virtualization_setting setting;

	if (!find_setting(argument, strlen(argument), &setting))
		return NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
	json_object_set_new(result, property_rows[setting].name, setting_json(&store, setting));
	return NTSTATUS(STATUS_SUCCESS);
}

/* A number as C writes it; false for any other text. */
static bool
parse_number(const char *text, uint64_t *ret_number)
{
	char *end = NULL;

	if (text[0] < '0' || text[0] > '9')
		return false;
	*ret_number = strtoull(text, &end, 0);
	return *end == '\0' && *ret_number <= UINT32_MAX;
}

static ntstatus
set_setting(struct module_object *object, const char *argument, json_t *result)
{
	struct settings_store store = settings_store_of(object);
	const char *equals = strchrnul(argument, '=');
	enum virtualization_setting setting;
	enum setting_kind kind;
	ntstatus status;
	uint64_t number;
	bool is_number;

	if (*equals == '\0')
		return NTSTATUS(STATUS_INVALID_PARAMETER);
	if (!find_setting(argument, (size_t)(equals - argument), &setting))
		return NTSTATUS(STATUS_OBJECT_NAME_NOT_FOUND);
	kind = kinds[setting];
	is_number = parse_number(equals + 1, &number);
	if (kind == AS_TEXT || kind == AS_PATH || (kind == AS_DATA && !is_number))
		status = VirtualizationSettings_SetText(&store, setting, equals + 1);
	else if (!is_number || (kind == AS_FLAG && number > 1))
		status = NTSTATUS(STATUS_INVALID_PARAMETER);
	else
		status = VirtualizationSettings_SetNumber(&store, setting, number);
	if (ntstatus_ok(status))
		json_object_set_new(
		    result, property_rows[setting].name, setting_json(&store, setting));
	return status;
}

static ntstatus
add_issuer(struct module_object *object, const char *argument, json_t *result UNUSED)
{
	struct settings_store store = settings_store_of(object);

	return VirtualizationSettings_AddTrustedIssuerCertificateHash(&store, argument);
}

static const struct module_operation operations[] = {
	{ "get", "what the facade says of a property", get_setting },
	{ "set", "write a property: PROPERTY=VALUE", set_setting },
	{ "add-trusted-issuer", "add a certificate's hash to the trusted issuers", add_issuer },
	{ 0 },
};

/* --- Life
 * ----------------------------------------------------------------------------------------- */

/* Nothing is read at the start: each Get reads. */
static ntstatus
vsconfig_entry(struct module_object *object UNUSED)
{
	return NTSTATUS(STATUS_SUCCESS);
}

/* The properties that have a value or a default. */
static void
vsconfig_status(const struct module_object *object, json_t *state)
{
	struct settings_store store = settings_store_of(object);

	for (unsigned i = 0; i < SETTING_COUNT; i++) {
		json_t *json = setting_json(&store, (enum virtualization_setting)i);

		if (json_is_null(json))
			json_decref(json);
		else
			json_object_set_new(state, property_rows[i].name, json);
	}
}

const struct module vsconfig_module = {
	.name = "vsconfig",
	.image = "vsconfig.dll",
	.doc = "Host-wide virtualization settings.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = vsconfig_entry,
	.status = vsconfig_status,
	.operations = operations,
};
