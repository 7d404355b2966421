/*
 * VirtualizationSettings: the facade of vsconfig.dll over the host-wide settings (reference 1.12).
 *
 * Each property has a Get and a Set of its own: VirtualizationSettings_GetNumaSpanning and
 * VirtualizationSettings_SetNumaSpanning. The list below is their one declaration: the properties'
 * numbers, their values' names and the functions follow from it. A Get reads the registry at each
 * call; a Set is one write, which the write log names.
 *
 * Get answers STATUS_OBJECT_NAME_NOT_FOUND where there is neither a value nor a default. Kinds:
 *
 * FLAG     bool       zero or not
 * NUMBER   uint64_t   Set takes 32 bits (STATUS_INVALID_PARAMETER above that)
 * TEXT     UTF-8      Get appends it to a buffer; Set refuses malformed text
 * PATH     UTF-8      the same; Get expands it to a path of the machine below the host's folder
 * DATA     bytes      of any type, where the reference says too little to choose one
 */
#ifndef VMWP_VSCONFIG_H
#define VMWP_VSCONFIG_H

#include "regstore/tunable/module.h"

/* In the order of their rows: those that are read at the same event stand together. */
#define VIRTUALIZATION_SETTINGS(X)                                                                 \
	X(FLAG, AllowFirmwareLoadFromFile)                                                         \
	X(DATA, AllowedHashAlgorithms)                                                             \
	X(FLAG, AzureFeatureSetEnabled)                                                            \
	X(FLAG, BalancerIncludeMinroot)                                                            \
	X(PATH, ConfigurationStorePath)                                                            \
	X(TEXT, CompatibleVmVersion)                                                               \
	X(TEXT, CurrentVmVersion)                                                                  \
	X(TEXT, DefaultVmVersion)                                                                  \
	X(TEXT, ServicingVmVersion)                                                                \
	X(FLAG, DisableSelfSignedCertificateGeneration)                                            \
	X(FLAG, EnableFirmwareDebugging)                                                           \
	X(NUMBER, HyperVLowMemoryThresholdInPages)                                                 \
	X(NUMBER, ManagementVtlUpgradePolicy)                                                      \
	X(NUMBER, MemoryAllocationPolicy)                                                          \
	X(NUMBER, MetricsFlushInterval)                                                            \
	X(FLAG, NumaSpanning)                                                                      \
	X(NUMBER, RamReservationPolicy)                                                            \
	X(NUMBER, SubnodePackingOrder)                                                             \
	X(NUMBER, DefaultVirtualHardDiskCachingMode)                                               \
	X(NUMBER, EnhancedMode)                                                                    \
	X(NUMBER, MaximumPressureLevelVmStartup)

/* SETTING_NumaSpanning and so on. */
enum virtualization_setting {
#define X(kind, name) SETTING_##name,
	VIRTUALIZATION_SETTINGS(X)
#undef X
	    SETTING_COUNT
};

/* Where the settings are kept (ISettingsStore). */
struct settings_store {
	struct registry *registry;
	const struct tunable_catalog *catalog; /* with the tables of vsconfig.dll */
	const char *root;                      /* the host's folder; NULL: paths stay as they are */
};

/* The store of a module's host. */
struct settings_store settings_store_of(const struct module_object *object);

/* A property by its number, as one of its kind. */
ntstatus VirtualizationSettings_GetFlag(
    const struct settings_store *store, enum virtualization_setting setting, bool *ret_flag);
ntstatus VirtualizationSettings_GetNumber(
    const struct settings_store *store, enum virtualization_setting setting, uint64_t *ret_number);
ntstatus VirtualizationSettings_GetText(
    const struct settings_store *store, enum virtualization_setting setting, struct buf *text);
ntstatus VirtualizationSettings_GetPath(
    const struct settings_store *store, enum virtualization_setting setting, struct buf *path);
ntstatus VirtualizationSettings_GetData(const struct settings_store *store,
    enum virtualization_setting setting, uint32_t *ret_type, struct buf *data);

ntstatus VirtualizationSettings_SetFlag(
    const struct settings_store *store, enum virtualization_setting setting, bool flag);
ntstatus VirtualizationSettings_SetNumber(
    const struct settings_store *store, enum virtualization_setting setting, uint64_t number);
ntstatus VirtualizationSettings_SetText(
    const struct settings_store *store, enum virtualization_setting setting, const char *text);
ntstatus VirtualizationSettings_SetData(const struct settings_store *store,
    enum virtualization_setting setting, uint32_t type, const void *data, size_t size);

/* The heads of a property's own pair, by its kind. */
#define SETTING_HEADS_FLAG(name, GET, SET)                                                         \
	GET(name, Flag, (const struct settings_store *store, bool *ret_flag), ret_flag)            \
	SET(name, Flag, (const struct settings_store *store, bool flag), flag)
#define SETTING_HEADS_NUMBER(name, GET, SET)                                                       \
	GET(name, Number, (const struct settings_store *store, uint64_t *ret_number), ret_number)  \
	SET(name, Number, (const struct settings_store *store, uint64_t number), number)
#define SETTING_HEADS_TEXT(name, GET, SET)                                                         \
	GET(name, Text, (const struct settings_store *store, struct buf *text), text)              \
	SET(name, Text, (const struct settings_store *store, const char *text), text)
#define SETTING_HEADS_PATH(name, GET, SET)                                                         \
	GET(name, Path, (const struct settings_store *store, struct buf *path), path)              \
	SET(name, Text, (const struct settings_store *store, const char *text), text)
#define SETTING_HEADS_DATA(name, GET, SET)                                                         \
	GET(name, Data,                                                                            \
	    (const struct settings_store *store, uint32_t *ret_type, struct buf *data), ret_type,  \
	    data)                                                                                  \
	SET(name, Data,                                                                            \
	    (const struct settings_store *store, uint32_t type, const void *data, size_t size),    \
	    type, data, size)

#define SETTING_GET_PROTOTYPE(name, kind, parameters, ...)                                         \
	ntstatus VirtualizationSettings_Get##name parameters;
#define SETTING_SET_PROTOTYPE(name, kind, parameters, ...)                                         \
	ntstatus VirtualizationSettings_Set##name parameters;
#define X(kind, name) SETTING_HEADS_##kind(name, SETTING_GET_PROTOTYPE, SETTING_SET_PROTOTYPE)
VIRTUALIZATION_SETTINGS(X)
#undef X

/*
 * Add a certificate's hash, as hexadecimal digits, to the list of trusted issuers; one that is
 * there is not added again. STATUS_INVALID_PARAMETER for a text that is no hash.
 */
ntstatus VirtualizationSettings_AddTrustedIssuerCertificateHash(
    const struct settings_store *store, const char *hash);

/* Append the hash of the host's authentication certificate. */
ntstatus
VirtualizationSettings_GetAuthCertificateHash(const struct settings_store *store, struct buf *hash);

#endif
