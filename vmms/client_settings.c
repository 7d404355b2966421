/*
 * The client's user.config, and its pages.
 */
#include "vmms/client_settings.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regstore/formats/out_file.h"
#include "vmwp/environment.h"

#define OPTIONS "Microsoft.Virtualization.Client.Settings.SettingsConfigurationOptions"
#define FOLDER  "%LOCALAPPDATA%\\Microsoft_Corporation\\Microsoft.Virtualization.Client.Settings\\"

const struct client_setting client_settings[] = {
	{ "ShowSettingsSummary", true, "Show the summary panel in the Settings dialog." },
	{ "ShowSettingsHighlights", true, "Highlight changed settings in the Settings dialog." },
	{ 0 },
};

const struct setting_page setting_pages[] = {
	{ "Memory", "Msvm_MemorySettingData" },
	{ "FloppyDrive", "Msvm_DisketteDrive Msvm_StorageAllocationSettingData" },
	{ "IdeDvdDrive", "Msvm_DVDDrive Msvm_StorageAllocationSettingData" },
	{ "ScsiDvdDrive", "Msvm_DVDDrive Msvm_StorageAllocationSettingData" },
	{ "HardDrive", "Msvm_DiskDrive Msvm_StorageAllocationSettingData" },
	{ "SharedDrive", "Msvm_DiskDrive Msvm_StorageAllocationSettingData" },
	{ "VhdDefaultPath", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "PhysicalGPUManagement", "Msvm_PhysicalGPUInfo Msvm_Physical3dGraphicsProcessor" },
	{ "IdeController", "Msvm_IDEController" },
	{ "ScsiController", "Msvm_SCSIProtocolController" },
	{ "Synth3dVideoAdapter", "Msvm_Synthetic3DDisplayController" },
	{ "VMNameAndNotes", "Msvm_VirtualSystemSettingData" },
	{ "NetworkAdapterEmulated",
	    "Msvm_EmulatedEthernetPortSettingData Msvm_EthernetPortAllocationSettingData" },
	{ "NetworkAdapterSynthetic",
	    "Msvm_SyntheticEthernetPortSettingData Msvm_EthernetPortAllocationSettingData" },
	{ "FibreChannelPort", "Msvm_SyntheticFcPortSettingData Msvm_FcPortAllocationSettingData" },
	{ "FcWorldWideNameRange", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "NetworkSwitch", "Msvm_VirtualEthernetSwitchSettingData" },
	{ "FibreChannelSan", "Msvm_VirtualFcSwitchSettingData" },
	{ "SerialPort", "Msvm_SerialPortSettingData" },
	{ "AddHardware", "Msvm_VirtualSystemManagementService" },
	{ "AddNetworkSwitch", "Msvm_VirtualEthernetSwitchManagementService" },
	{ "NetworkSwitchExtension",
	    "Msvm_EthernetSwitchExtension Msvm_InstalledEthernetSwitchExtension" },
	{ "AddFibreChannelSan", "Msvm_VirtualFcSwitch" },
	{ "OnServiceStart", "Msvm_VirtualSystemSettingData" },
	{ "OnServiceStop", "Msvm_VirtualSystemSettingData" },
	{ "NUMASpanning", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "VirtualMachineMove", "Msvm_VirtualSystemMigrationServiceSettingData" },
	{ "StorageMove", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "VMConnectKeyboardOption", "" },
	{ "VMConnectReleaseKey", "" },
	{ "VMConnectUseEnhancedMode", "" },
	{ "EnhancedModePolicy", "Msvm_TerminalServiceSettingData" },
	{ "EnableConfirmations", "" },
	{ "VMSnapshotDefaultSetting", "Msvm_VirtualSystemSettingData" },
	{ "VMSecondLevelPagingPath", "Msvm_VirtualSystemSettingData" },
	{ "IntegrationComponents",
	    "Msvm_HeartbeatComponentSettingData Msvm_KvpExchangeComponentSettingData "
	    "Msvm_ShutdownComponentSettingData Msvm_TimeSyncComponentSettingData "
	    "Msvm_VssComponentSettingData Msvm_RdvComponentSettingData "
	    "Msvm_GuestServiceInterfaceComponentSettingData" },
	{ "Processor", "Msvm_ProcessorSettingData" },
	{ "ProcessorCompatibility", "Msvm_ProcessorSettingData" },
	{ "ProcessorVNuma", "Msvm_ProcessorSettingData Msvm_MemorySettingData" },
	{ "Bios", "Msvm_VirtualSystemSettingData" },
	{ "Firmware", "Msvm_VirtualSystemSettingData" },
	{ "FirmwareBootEntryFile", "Msvm_BootSourceSettingData" },
	{ "FirmwareBootEntryUnknown", "Msvm_BootSourceSettingData" },
	{ "VirtualMachineDefaultPath", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "MacAddressRange", "Msvm_VirtualSystemManagementServiceSettingData" },
	{ "RecoveryServerConfiguration", "Msvm_ReplicationServiceSettingData" },
	{ "ReplicationPrimary", "Msvm_ReplicationSettingData Msvm_ReplicationRelationship" },
	{ "ReplicationRecovery", "Msvm_ReplicationSettingData Msvm_ReplicationRelationship" },
	{ "ReplicationRecoveryConverted",
	    "Msvm_ReplicationSettingData Msvm_ReplicationRelationship" },
	{ "Security", "Msvm_SecuritySettingData" },
	{ "LegacySecurity", "Msvm_SecuritySettingData" },
	{ "KeyStorageDrive", "Msvm_StorageAllocationSettingData" },
	{ 0 },
};

void
client_settings_path(struct registry *registry, const char *root, struct buf *out)
{
	environment_path(registry, root, FOLDER "user.config", out);
}

/* --- The document
 * --------------------------------------------------------------------------------- */

static xmlNode *
child_of(xmlNode *parent, const char *name)
{
	xmlNode *at = parent != NULL ? parent->children : NULL;

	while (at != NULL &&
	       (at->type != XML_ELEMENT_NODE || strcmp((const char *)at->name, name) != 0))
		at = at->next;
	return at;
}

/* The <setting> of a name among the options; NULL if there is none. */
static xmlNode *
setting_node(xmlNode *options, const char *name)
{
	for (xmlNode *at = options != NULL ? options->children : NULL; at != NULL; at = at->next) {
		xmlChar *text =
		    at->type == XML_ELEMENT_NODE ? xmlGetProp(at, (const xmlChar *)"name") : NULL;
		bool same = text != NULL && strcmp((const char *)text, name) == 0;

		xmlFree(text);
		if (same)
			return at;
	}
	return NULL;
}

/* The file's document; NULL with *ret_fault where there is a file that is none. */
static xmlDoc *
open_document(const char *path, bool *ret_fault)
{
	xmlDoc *document;
	xmlNode *root;

	*ret_fault = false;
	if (access(path, F_OK) != 0)
		return NULL;
	document =
	    xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	root = document != NULL ? xmlDocGetRootElement(document) : NULL;
	*ret_fault = root == NULL || strcmp((const char *)root->name, "configuration") != 0;
	if (!*ret_fault)
		return document;
	xmlFreeDoc(document);
	return NULL;
}

static bool
parse_boolean(const xmlChar *text, bool otherwise)
{
	if (text != NULL && strcasecmp((const char *)text, "true") == 0)
		return true;
	if (text != NULL && strcasecmp((const char *)text, "false") == 0)
		return false;
	return otherwise;
}

bool
client_settings_read(
    struct registry *registry, const char *root, bool *ret_values, struct buf *error)
{
	struct buf path = { 0 };
	xmlDoc *document;
	xmlNode *options = NULL;
	bool fault;

	client_settings_path(registry, root, &path);
	document = open_document(buf_text(&path), &fault);
	if (fault)
		buf_printf(error, "%s: expected an XML document with the top element configuration",
		    buf_text(&path));
	if (document != NULL)
		options =
		    child_of(child_of(xmlDocGetRootElement(document), "userSettings"), OPTIONS);
	for (size_t i = 0; !fault && client_settings[i].name != NULL; i++) {
		xmlNode *value = child_of(setting_node(options, client_settings[i].name), "value");
		xmlChar *text = value != NULL ? xmlNodeGetContent(value) : NULL;

		ret_values[i] = parse_boolean(text, client_settings[i].by_default);
		xmlFree(text);
	}
	xmlFreeDoc(document);
	buf_release(&path);
	return !fault;
}

/* --- Writing
 * -------------------------------------------------------------------------------------- */

static xmlNode *
need_child(xmlNode *parent, const char *name)
{
	xmlNode *child = child_of(parent, name);

	return child != NULL ? child : xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

static void
set_value(xmlDoc *document, const char *name, bool value)
{
	xmlNode *options =
	    need_child(need_child(xmlDocGetRootElement(document), "userSettings"), OPTIONS);
	xmlNode *setting = setting_node(options, name);

	if (setting == NULL) {
		setting = xmlNewChild(options, NULL, (const xmlChar *)"setting", NULL);
		xmlNewProp(setting, (const xmlChar *)"name", (const xmlChar *)name);
		xmlNewProp(setting, (const xmlChar *)"serializeAs", (const xmlChar *)"String");
	}
	xmlNodeSetContent(
	    need_child(setting, "value"), (const xmlChar *)(value ? "True" : "False"));
}

static lstatus
write_document(xmlDoc *document, const char *path)
{
	struct out_file out;
	lstatus status = out_file_folders(path);

	if (lstatus_ok(status))
		status = out_file_begin(&out, path);
	if (!lstatus_ok(status))
		return status;
	if (xmlDocFormatDump(out.file, document, 1) < 0)
		status = LSTATUS(ERROR_WRITE_FAULT);
	return out_file_end(&out, status);
}

bool
client_settings_write(struct registry *registry, const char *root,
    const struct client_setting *setting, bool value, struct buf *error)
{
	struct buf path = { 0 };
	lstatus status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	xmlDoc *document;
	bool fault;

	client_settings_path(registry, root, &path);
	document = open_document(buf_text(&path), &fault);
	if (document == NULL && !fault) {
		document = xmlNewDoc((const xmlChar *)"1.0");
		xmlDocSetRootElement(document, xmlNewNode(NULL, (const xmlChar *)"configuration"));
	}
	if (document != NULL) {
		set_value(document, setting->name, value);
		status = write_document(document, buf_text(&path));
	}
	if (fault)
		buf_printf(error, "%s: expected an XML document with the top element configuration",
		    buf_text(&path));
	else if (!lstatus_ok(status))
		buf_printf(
		    error, "%s cannot be written: %s", buf_text(&path), lstatus_text(status));
	xmlFreeDoc(document);
	buf_release(&path);
	return lstatus_ok(status) && !fault;
}
