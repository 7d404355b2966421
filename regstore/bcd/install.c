/*
 * The boot configuration that setup makes on a new host.
 */
#include <string.h>

#include "regstore/bcd/bcd.h"

#define GLOBAL  "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
#define MEMORY  "{5189b25c-5558-4bf2-bca4-289b11bd29e2}"
#define LOADERS "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
#define RESUMES "{1afa9c49-16ab-4a5c-901b-212802da9460}"
#define MEMDIAG "{b2721d73-1db4-4c62-bf78-c548a880142d}"

struct text_element {
	const char *guid; /* "*" for the loader, "+" for its resume object */
	uint32_t id;
	const char *text; /* a list's texts with a '|' between */
};

static const struct text_element text_elements[] = {
	{ BCD_GUID_BOOTMGR, BCD_DESCRIPTION, "Windows Boot Manager" },
	{ BCD_GUID_BOOTMGR, 0x12000002, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi" },
	{ BCD_GUID_BOOTMGR, 0x12000005, "en-US" },
	{ BCD_GUID_BOOTMGR, BCD_INHERIT, GLOBAL },
	{ BCD_GUID_BOOTMGR, BCD_DEFAULT, "*" },
	{ BCD_GUID_BOOTMGR, 0x23000006, "+" },
	{ BCD_GUID_BOOTMGR, BCD_DISPLAY_ORDER, "*" },
	{ BCD_GUID_BOOTMGR, BCD_TOOLS_ORDER, MEMDIAG },
	{ "*", BCD_DESCRIPTION, "Windows Server" },
	{ "*", 0x12000002, "\\Windows\\system32\\winload.efi" },
	{ "*", 0x12000005, "en-US" },
	{ "*", BCD_INHERIT, LOADERS },
	{ "*", 0x22000002, "\\Windows" },
	{ "*", BCD_RESUME_OBJECT, "+" },
	{ "+", BCD_DESCRIPTION, "Windows Resume Application" },
	{ "+", 0x12000002, "\\Windows\\system32\\winresume.efi" },
	{ "+", 0x12000005, "en-US" },
	{ "+", BCD_INHERIT, RESUMES },
	{ "+", 0x22000002, "\\hiberfil.sys" },
	{ MEMDIAG, BCD_DESCRIPTION, "Windows Memory Diagnostic" },
	{ MEMDIAG, 0x12000002, "\\EFI\\Microsoft\\Boot\\memtest.efi" },
	{ MEMDIAG, 0x12000005, "en-US" },
	{ MEMDIAG, BCD_INHERIT, GLOBAL },
	{ GLOBAL, BCD_INHERIT, BCD_GUID_DEBUGGER "|" BCD_GUID_EMS "|" MEMORY },
	{ LOADERS, BCD_INHERIT, GLOBAL "|" BCD_GUID_HYPERVISOR },
	{ RESUMES, BCD_INHERIT, GLOBAL },
};

static const struct {
	const char *guid;
	uint32_t id;
	uint64_t number;
} number_elements[] = {
	{ BCD_GUID_BOOTMGR, BCD_TIMEOUT, 30 },
	{ "*", 0x16000060, 1 },
	{ "*", 0x250000c2, 1 },
	{ "*", 0x25000020, 1 },
	{ "*", 0x250000f0, 1 },
	{ BCD_GUID_DEBUGGER, 0x15000011, 4 },
	{ BCD_GUID_EMS, 0x16000020, 0 },
	{ BCD_GUID_HYPERVISOR, 0x250000f3, 0 },
	{ BCD_GUID_HYPERVISOR, 0x250000f4, 1 },
	{ BCD_GUID_HYPERVISOR, 0x250000f5, 115200 },
};

/* The GUID that stands in the tables, or one of the two that are made for this host. */
static const char *
actual(const char *guid, const char *loader, const char *resume)
{
	return guid[0] == '*' ? loader : guid[0] == '+' ? resume : guid;
}

static lstatus
install_texts(const struct bcd *bcd, const char *loader, const char *resume)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(text_elements) && lstatus_ok(status); i++) {
		const struct text_element *element = &text_elements[i];
		const char *at = actual(element->text, loader, resume);
		struct buf texts = { 0 };

		while (*at != '\0') {
			size_t length = strcspn(at, "|");

			buf_append(&texts, at, length);
			buf_append_byte(&texts, 0);
			at += length + (at[length] == '|');
		}
		status =
		    bcd_set_texts(bcd, actual(element->guid, loader, resume), element->id, &texts);
		buf_release(&texts);
	}
	return status;
}

static lstatus
install_devices(const struct bcd *bcd, const char *loader, const char *resume)
{
	static const struct {
		const char *guid;
		uint32_t id;
	} devices[] = { { BCD_GUID_BOOTMGR, 0x11000001 }, { "*", 0x11000001 }, { "*", 0x21000001 },
		{ "+", 0x11000001 }, { "+", 0x21000001 }, { MEMDIAG, 0x11000001 } };
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(devices) && lstatus_ok(status); i++) {
		struct buf data = { 0 };
		struct buf error = { 0 };

		bcd_parse_data(bcd, devices[i].id, BCD_OSLOADER, "partition=C:", &data, &error);
		status = bcd_set(bcd, actual(devices[i].guid, loader, resume), devices[i].id,
		    data.data, data.size);
		buf_release(&data);
		buf_release(&error);
	}
	return status;
}

/* A new GUID for an entry that has none. */
static lstatus
name_entry(const struct bcd *bcd, char guid[BCD_GUID_SIZE])
{
	char text[GUID_TEXT_SIZE];
	lstatus status;

	if (guid[0] != '\0')
		return LSTATUS(ERROR_SUCCESS);
	status = registry_new_guid(bcd->registry, "boot entry", text);
	if (lstatus_ok(status))
		bcd_resolve(bcd, text, guid);
	return status;
}

static lstatus
install_objects(const struct bcd *bcd, const struct bcd_entries *entries)
{
	static const struct {
		const char *guid;
		uint32_t type;
	} objects[] = { { BCD_GUID_BOOTMGR, BCD_BOOTMGR }, { "*", BCD_OSLOADER },
		{ "+", BCD_RESUME }, { MEMDIAG, BCD_MEMDIAG }, { GLOBAL, BCD_INHERIT_ANY },
		{ BCD_GUID_DEBUGGER, BCD_INHERIT_ANY }, { BCD_GUID_EMS, BCD_INHERIT_ANY },
		{ MEMORY, BCD_INHERIT_ANY }, { LOADERS, BCD_INHERIT_OSLOADER },
		{ BCD_GUID_HYPERVISOR, BCD_INHERIT_OSLOADER }, { RESUMES, BCD_INHERIT_RESUME } };
	const char *loader = entries->loader;
	const char *resume = entries->resume;
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (size_t i = 0; i < ARRAY_SIZE(objects) && lstatus_ok(status); i++)
		status = bcd_create(bcd, actual(objects[i].guid, loader, resume), objects[i].type);
	if (lstatus_ok(status))
		status = install_texts(bcd, loader, resume);
	for (size_t i = 0; i < ARRAY_SIZE(number_elements) && lstatus_ok(status); i++)
		status = bcd_set_integer(bcd, actual(number_elements[i].guid, loader, resume),
		    number_elements[i].id, number_elements[i].number);
	return lstatus_ok(status) ? install_devices(bcd, loader, resume) : status;
}

/* The host boots from this store. */
static lstatus
mark_system(struct registry *registry)
{
	reg_key key;
	lstatus status = registry_open_key(registry, NULL, BCD_ROOT "\\Description", 0, &key);

	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "System", 1);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "TreatAsSystem", 1);
	return status;
}

/* The first object of a type. */
static bool
first_of_type(const struct bcd *bcd, uint32_t type, char ret_guid[BCD_GUID_SIZE])
{
	struct bcd_objects objects = { 0 };
	bool found = false;

	if (!lstatus_ok(bcd_list(bcd, &objects)))
		return false;
	for (size_t i = 0; i < objects.count && !found; i++) {
		found = objects.list[i].type == type;
		if (found)
			memcpy(ret_guid, objects.list[i].guid, BCD_GUID_SIZE);
	}
	bcd_objects_release(&objects);
	return found;
}

void
bcd_find_entries(struct registry *registry, struct bcd_entries *ret_entries)
{
	struct buf texts = { 0 };
	struct bcd bcd;

	*ret_entries = (struct bcd_entries){ 0 };
	if (!lstatus_ok(bcd_open(registry, BCD_ROOT, &bcd)))
		return;
	if (!bcd_resolve(&bcd, BCD_GUID_DEFAULT, ret_entries->loader))
		first_of_type(&bcd, BCD_OSLOADER, ret_entries->loader);
	if (ret_entries->loader[0] == '\0' ||
	    !lstatus_ok(bcd_get_texts(&bcd, ret_entries->loader, BCD_RESUME_OBJECT, &texts)) ||
	    texts.size == 0 || !bcd_resolve(&bcd, (const char *)texts.data, ret_entries->resume))
		first_of_type(&bcd, BCD_RESUME, ret_entries->resume);
	buf_release(&texts);
}

lstatus
bcd_install_entries(struct registry *registry, const struct bcd_entries *entries)
{
	struct bcd_entries made = *entries;
	struct bcd bcd;
	lstatus status = bcd_open(registry, BCD_ROOT, &bcd);

	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return status;
	status = registry_begin(registry, "boot configuration of a new host");
	if (!lstatus_ok(status))
		return status;
	status = bcd_make(registry, BCD_ROOT);
	if (lstatus_ok(status))
		status = mark_system(registry);
	if (lstatus_ok(status))
		status = bcd_open(registry, BCD_ROOT, &bcd);
	if (lstatus_ok(status))
		status = name_entry(&bcd, made.loader);
	if (lstatus_ok(status))
		status = name_entry(&bcd, made.resume);
	if (lstatus_ok(status))
		status = install_objects(&bcd, &made);
	if (lstatus_ok(status))
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

lstatus
bcd_install(struct registry *registry)
{
	static const struct bcd_entries none;

	return bcd_install_entries(registry, &none);
}
