/*
 * Boot configuration data: objects and their elements, as they lie in a registry.
 *
 * A store is a key (HKLM\BCD00000000 for the host's own, which a BCD file is the hive of) with the
 * layout that real stores have: Objects\{guid}\Description!Type and
 * Objects\{guid}\Elements\XXXXXXXX!Element. An element's id says its class (bits 28 to 31), its
 * format (24 to 27) and, with the object's type, its meaning. Data encodings by format: a device
 * and binary data as REG_BINARY, a string and an object's GUID as REG_SZ, a list of GUIDs as
 * REG_MULTI_SZ, an integer as 8 bytes of REG_BINARY, a list of them too, a boolean as 1 byte.
 *
 * Ids, names and words: Microsoft's BCD reference (BcdLibraryElementTypes, BcdBootMgrElementTypes,
 * BcdOSLoaderElementTypes, ...) and public tables of bcdedit's names (Geoff Chappell's "BCD
 * Elements"). What the product's reference calls otherwise is accepted too; see bcd_differences.
 * The numbers of hypervisorschedulertype are the reference's (Classic 1, Core 2, Root 3, and 4 for
 * root), where public tables have Classic 0, Core 1, Root 2: a store that Windows wrote shows
 * another word here. The active type that the hypervisor reports is another numbering still.
 */
#ifndef REGSTORE_BCD_BCD_H
#define REGSTORE_BCD_BCD_H

#include "regstore/registry/registry.h"

#define BCD_ROOT      "HKLM\\BCD00000000"
#define BCD_BOOTED    "HKLM\\HARDWARE\\BootEnvironment" /* volatile: BootIdentifier */
#define BCD_GUID_SIZE 39                                /* "{...}" and its NUL */
#define BCD_DEPTH_MAX 16                                /* of inheritance that is followed */

/* The format of an element: bits 24 to 27 of its id. */
enum bcd_format {
	BCD_DEVICE = 1,
	BCD_STRING,
	BCD_OBJECT,
	BCD_OBJECT_LIST,
	BCD_INTEGER,
	BCD_BOOLEAN,
	BCD_INTEGER_LIST,
	BCD_BINARY,
};

static inline enum bcd_format
bcd_format(uint32_t id)
{
	return (enum bcd_format)(id >> 24 & 0xf);
}

/* Types of objects. */
#define BCD_FWBOOTMGR        0x10100001u
#define BCD_BOOTMGR          0x10100002u
#define BCD_OSLOADER         0x10200003u
#define BCD_RESUME           0x10200004u
#define BCD_MEMDIAG          0x10200005u
#define BCD_NTLDR            0x10300006u
#define BCD_SETUPLDR         0x10300007u
#define BCD_BOOTSECTOR       0x10400008u
#define BCD_STARTUP          0x10400009u
#define BCD_BOOTAPP          0x1020000au
#define BCD_INHERIT_ANY      0x20100000u
#define BCD_INHERIT_OSLOADER 0x20200003u
#define BCD_INHERIT_RESUME   0x20200004u
#define BCD_DEVICE_OPTIONS   0x30000000u

/* Elements that the store's own rules are about. */
#define BCD_DESCRIPTION   0x12000004u
#define BCD_INHERIT       0x14000006u
#define BCD_DISPLAY_ORDER 0x24000001u
#define BCD_BOOT_SEQUENCE 0x24000002u
#define BCD_DEFAULT       0x23000003u
#define BCD_RESUME_OBJECT 0x23000003u /* the same number, of a loader */
#define BCD_TIMEOUT       0x25000004u
#define BCD_TOOLS_ORDER   0x24000010u

#define BCD_GUID_BOOTMGR    "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define BCD_GUID_CURRENT    "{fa926493-6f1c-4193-a414-58f0b2456d1e}"
#define BCD_GUID_DEFAULT    "{1cae1eb7-a0df-4d4d-9851-4860e34ef535}"
#define BCD_GUID_HYPERVISOR "{7ff607e0-4395-11db-b0de-0800200c9a66}"
#define BCD_GUID_DEBUGGER   "{4636856e-540f-4170-a130-a84776f4c654}"
#define BCD_GUID_EMS        "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"

/* --- What is known of elements and objects (elements.c)
 * ---------------------------------------------- */

/* To what objects an element of the application classes belongs; bits. */
#define BCD_FOR_ALL      0u /* the library class */
#define BCD_FOR_BOOTMGR  1u
#define BCD_FOR_OSLOADER 2u
#define BCD_FOR_RESUME   4u
#define BCD_FOR_MEMDIAG  8u
#define BCD_FOR_DEVICE   16u
#define BCD_FOR_NTLDR    32u
#define BCD_FOR_STARTUP  64u
#define BCD_FOR_BOOTAPP  128u

struct bcd_word {
	uint64_t number;
	const char *word;
};

struct bcd_element {
	uint32_t id;
	const char *name;             /* as bcdedit prints it */
	unsigned belongs;             /* BCD_FOR_ bits */
	const struct bcd_word *words; /* of an enumeration; ends with word NULL; or NULL */
	bool assumed;                 /* no public source has the id */
};

extern const struct bcd_element bcd_elements[]; /* in the order of ids; ends with name NULL */

/* Where the reference's name, id or kind of an element differs from what public tables have. */
struct bcd_difference {
	const char *name;    /* the reference's; accepted wherever the public one is */
	const char *element; /* the public one */
	uint32_t id;         /* the reference's; 0 where it gives none. The public one is stored. */
	const char *note;
};

extern const struct bcd_difference bcd_differences[]; /* ends with name NULL */

/*
 * The three numberings of the hypervisor's scheduler: the setting's number, its word, and the
 * number of the active type, which the hypervisor reports and event ID 2 tells (1 is Classic
 * without SMT, which no setting asks for).
 */
struct bcd_scheduler {
	uint64_t setting;
	const char *word;
	uint32_t active;
};

extern const struct bcd_scheduler bcd_schedulers[]; /* ends with word NULL */

/* The element of a name or an alias, for an object of this type; NULL if there is none. */
const struct bcd_element *bcd_element_named(const char *name, uint32_t object_type);

/* What is known of an id in an object of this type; NULL if nothing is. */
const struct bcd_element *bcd_element_of(uint32_t id, uint32_t object_type);

/* A well-known object. */
struct bcd_known {
	const char *alias; /* "{bootmgr}" */
	const char *guid;
	uint32_t type; /* 0 for one that stands for another object */
	const char *title;
};

extern const struct bcd_known bcd_known[]; /* ends with alias NULL */

/* The alias of a GUID, NULL if it has none; and the title that bcdedit prints over an object. */
const char *bcd_alias_of(const char *guid);
const char *bcd_title(const char *guid, uint32_t type);

/* --- A store (store.c)
 * ------------------------------------------------------------------------------- */

struct bcd {
	struct registry *registry;
	reg_key objects;
	bool live; /* the host's own: {current} means something */
};

/*
 * Open the store below a key (BCD_ROOT, or another's). ERROR_FILE_NOT_FOUND if there is none;
 * ERROR_ACCESS_DENIED.
 */
lstatus bcd_open(struct registry *registry, const char *root, struct bcd *ret_bcd);

/*
 * Make an empty store below a key: its Description and Objects. It is no system store, which
 * Description!System would say.
 */
lstatus bcd_make(struct registry *registry, const char *root);

/*
 * The GUID that text means: a GUID with or without braces, in either case, or an alias. {default}
 * stands for the boot manager's default; {current}, in the host's own store, for the entry that the
 * host booted from, and before bcd_boot was called for the default too. False if it is neither.
 * Whether there is such an object is not asked.
 */
bool bcd_resolve(const struct bcd *bcd, const char *text, char ret_guid[BCD_GUID_SIZE]);

struct bcd_object {
	char guid[BCD_GUID_SIZE]; /* lower case, with braces */
	uint32_t type;
};

struct bcd_objects {
	struct bcd_object *list;
	size_t count;
};

/* All objects, by GUID. The caller releases the list. */
lstatus bcd_list(const struct bcd *bcd, struct bcd_objects *ret_objects);
void bcd_objects_release(struct bcd_objects *objects);

/* An object's type. ERROR_FILE_NOT_FOUND if there is no such object. */
lstatus bcd_type(const struct bcd *bcd, const char *guid, uint32_t *ret_type);

/* Make, remove, copy an object; ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND. */
lstatus bcd_create(const struct bcd *bcd, const char *guid, uint32_t type);
lstatus bcd_delete(const struct bcd *bcd, const char *guid);
lstatus bcd_copy(const struct bcd *bcd, const char *from, const char *to);

/* Take an object out of all elements that refer to it; a list that is empty then goes. */
lstatus bcd_forget(const struct bcd *bcd, const char *guid);

/* The ids of an object's elements, in order; the caller frees *ret_ids. */
lstatus bcd_ids(const struct bcd *bcd, const char *guid, uint32_t **ret_ids, size_t *ret_count);

/* An element's data as they are stored, appended. ERROR_FILE_NOT_FOUND without such an element. */
lstatus
bcd_get(const struct bcd *bcd, const char *guid, uint32_t id, uint32_t *ret_type, struct buf *data);

/* Typed reads; ERROR_INVALID_DATA if the data are not of the format. Lists: each text with a NUL.
 */
lstatus bcd_get_integer(const struct bcd *bcd, const char *guid, uint32_t id, uint64_t *ret_number);
lstatus bcd_get_texts(const struct bcd *bcd, const char *guid, uint32_t id, struct buf *texts);

/*
 * Set an element; the registry type follows from the id's format. Text that is no UTF-8 is
 * ERROR_NO_UNICODE_TRANSLATION.
 */
lstatus
bcd_set(const struct bcd *bcd, const char *guid, uint32_t id, const void *data, size_t size);
lstatus bcd_set_integer(const struct bcd *bcd, const char *guid, uint32_t id, uint64_t number);
lstatus bcd_set_text(const struct bcd *bcd, const char *guid, uint32_t id, const char *text);
lstatus
bcd_set_texts(const struct bcd *bcd, const char *guid, uint32_t id, const struct buf *texts);

/* Remove an element. ERROR_FILE_NOT_FOUND without such an element. */
lstatus bcd_unset(const struct bcd *bcd, const char *guid, uint32_t id);

/*
 * The object that an element comes from: the object itself, else the nearest that it inherits.
 * ERROR_FILE_NOT_FOUND if none has it.
 */
lstatus
bcd_effective(const struct bcd *bcd, const char *guid, uint32_t id, char ret_from[BCD_GUID_SIZE]);

/*
 * The entry that the next boot takes: the first of the boot manager's bootsequence that there is,
 * else its default. False if there is neither.
 */
bool bcd_next(const struct bcd *bcd, char ret_guid[BCD_GUID_SIZE]);

/*
 * What a boot does to the host's store, for the loader to call once it has read its options: the
 * entry that it took becomes {current}, and bootsequence, which is for one boot, goes (unless
 * persistbootsequence is set). ERROR_FILE_NOT_FOUND without a store or an entry.
 */
lstatus bcd_boot(struct registry *registry);

/*
 * What the loader finds for an option of a name, in the entry that bcd_next tells and what it
 * inherits, in the registry's type that stands for it: a number as REG_DWORD (REG_QWORD above 32
 * bits), a boolean as REG_DWORD, text as REG_SZ. ERROR_FILE_NOT_FOUND if nothing is set.
 */
lstatus
bcd_option(struct registry *registry, const char *name, uint32_t *ret_type, struct buf *data);

/* --- A new host's store (install.c)
 * ------------------------------------------------------------------------------- */

/* The two objects whose GUIDs are made for each host; "" for one that there is not. */
struct bcd_entries {
	char loader[BCD_GUID_SIZE];
	char resume[BCD_GUID_SIZE];
};

/*
 * Make what setup makes on a new host, if the host has no store yet: the boot manager, one loader,
 * the objects of settings with their inheritance, the memory tester, the resume object.
 */
lstatus bcd_install(struct registry *registry);

/* The same with GUIDs that another host has; one that is "" is made. */
lstatus bcd_install_entries(struct registry *registry, const struct bcd_entries *entries);

/* A host's loader (the default one, if that is known) and its resume object. */
void bcd_find_entries(struct registry *registry, struct bcd_entries *ret_entries);

/* --- Data as text (text.c)
 * --------------------------------------------------------------------------- */

/*
 * Append an element's data as bcdedit prints them; the texts of a list each with a newline between.
 * `verbose`: GUIDs instead of aliases.
 */
void bcd_format_data(const struct bcd *bcd, uint32_t id, uint32_t object_type, const void *data,
    size_t size, bool verbose, struct buf *out);

/* Encode text as the data of an element; false with what was expected in `error`. */
bool bcd_parse_data(const struct bcd *bcd, uint32_t id, uint32_t object_type, const char *text,
    struct buf *data, struct buf *error);

#endif
