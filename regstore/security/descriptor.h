/*
 * Security descriptors in Windows' self-relative form (MS-DTYP 2.4.6): read, walked, built.
 *
 * Reading checks the whole: every offset, SID, list and entry lies inside the bytes. After
 * descriptor_read said yes, the walk cannot fail and nothing outside is touched.
 *
 * Numbers are enumerations where Windows' headers have macros, so that a file may include those
 * after this.
 */
#ifndef REGSTORE_SECURITY_DESCRIPTOR_H
#define REGSTORE_SECURITY_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/buf.h"
#include "regstore/base/status.h"
#include "regstore/security/sid.h"

/* Control bits. */
enum security_control {
	SE_OWNER_DEFAULTED = 0x0001,
	SE_GROUP_DEFAULTED = 0x0002,
	SE_DACL_PRESENT = 0x0004,
	SE_DACL_DEFAULTED = 0x0008,
	SE_SACL_PRESENT = 0x0010,
	SE_SACL_DEFAULTED = 0x0020,
	SE_DACL_AUTO_INHERIT_REQ = 0x0100,
	SE_SACL_AUTO_INHERIT_REQ = 0x0200,
	SE_DACL_AUTO_INHERITED = 0x0400,
	SE_SACL_AUTO_INHERITED = 0x0800,
	SE_DACL_PROTECTED = 0x1000,
	SE_SACL_PROTECTED = 0x2000,
	SE_SELF_RELATIVE = 0x8000,
};

/* Parts of a descriptor, as a caller names them (SECURITY_INFORMATION). */
enum security_information {
	OWNER_SECURITY_INFORMATION = 0x1,
	GROUP_SECURITY_INFORMATION = 0x2,
	DACL_SECURITY_INFORMATION = 0x4,
	SACL_SECURITY_INFORMATION = 0x8,
};

/* An entry's type. Others are kept and passed over. */
enum ace_type {
	ACCESS_ALLOWED_ACE_TYPE = 0x00,
	ACCESS_DENIED_ACE_TYPE = 0x01,
	SYSTEM_AUDIT_ACE_TYPE = 0x02,
	SYSTEM_ALARM_ACE_TYPE = 0x03,
	ACCESS_ALLOWED_OBJECT_ACE_TYPE = 0x05,
	ACCESS_DENIED_OBJECT_ACE_TYPE = 0x06,
	SYSTEM_AUDIT_OBJECT_ACE_TYPE = 0x07,
	SYSTEM_ALARM_OBJECT_ACE_TYPE = 0x08,
	ACCESS_ALLOWED_CALLBACK_ACE_TYPE = 0x09,
	ACCESS_DENIED_CALLBACK_ACE_TYPE = 0x0a,
	ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE = 0x0b,
	ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE = 0x0c,
	SYSTEM_AUDIT_CALLBACK_ACE_TYPE = 0x0d,
	SYSTEM_ALARM_CALLBACK_ACE_TYPE = 0x0e,
	SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE = 0x0f,
	SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE = 0x10,
	SYSTEM_MANDATORY_LABEL_ACE_TYPE = 0x11,
	SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE = 0x12,
	SYSTEM_SCOPED_POLICY_ID_ACE_TYPE = 0x13,
};

/* An entry's flags. */
enum ace_flag {
	OBJECT_INHERIT_ACE = 0x01,
	CONTAINER_INHERIT_ACE = 0x02,
	NO_PROPAGATE_INHERIT_ACE = 0x04,
	INHERIT_ONLY_ACE = 0x08,
	INHERITED_ACE = 0x10,
	CRITICAL_ACE_FLAG = 0x20,
	SUCCESSFUL_ACCESS_ACE_FLAG = 0x40,
	FAILED_ACCESS_ACE_FLAG = 0x80,
};

/* Which GUIDs an object entry has. */
enum ace_object_flag {
	ACE_OBJECT_TYPE_PRESENT = 0x1,
	ACE_INHERITED_OBJECT_TYPE_PRESENT = 0x2,
};

enum acl_revision {
	ACL_REVISION = 2,
	ACL_REVISION_DS = 4, /* a list with object entries */
};

#define ACL_SIZE_MAX 0xffffu

/* One entry. `extra` lies in the bytes that were read. */
struct ace {
	uint8_t type;
	uint8_t flags;
	bool known; /* the type has the shape below; otherwise only `extra` tells what it is */
	uint32_t mask;
	uint32_t object_flags;
	uint8_t object_type[16];
	uint8_t inherited_object_type[16];
	struct sid sid;
	const uint8_t *extra; /* after the SID: a condition; for an unknown type, its whole body */
	size_t extra_size;
};

/* A list of entries; data NULL: there is none, or it is the NULL list. */
struct acl {
	const uint8_t *data; /* of the first entry */
	size_t size;         /* of all entries */
	uint16_t count;
	uint8_t revision;
};

/* A descriptor's parts, pointing into its bytes. */
struct descriptor {
	uint16_t control;
	bool has_owner;
	bool has_group;
	struct sid owner;
	struct sid group;
	struct acl dacl; /* SE_DACL_PRESENT without data: the NULL list, which allows everything */
	struct acl sacl;
};

/* Read and check a descriptor; false if it is malformed. *ret_descriptor points into `data`. */
bool descriptor_read(const void *data, size_t size, struct descriptor *ret_descriptor);

/* The size that a well-formed descriptor at the beginning of `size` bytes takes; 0: none is. */
size_t descriptor_size(const void *data, size_t size);

/*
 * Walk a list: *position starts at 0. Returns false at the end. For lists that descriptor_read or
 * acl_read gave.
 */
bool acl_next(const struct acl *acl, size_t *position, struct ace *ret_ace);

/* Entries that are put together to a list. Zero-initialise, release after. */
struct acl_builder {
	struct buf entries;
	uint32_t count;
	uint8_t revision; /* 0: the lowest that fits */
	bool present;     /* the descriptor has the list at all */
	bool null;        /* ... and it is the NULL list */
};

void acl_add(struct acl_builder *builder, const struct ace *ace);
void acl_builder_release(struct acl_builder *builder);

/* What a descriptor is built from. Zero-initialise, release after. */
struct descriptor_builder {
	uint16_t control; /* SE_SELF_RELATIVE and the _PRESENT bits follow from the rest */
	bool has_owner;
	bool has_group;
	struct sid owner;
	struct sid group;
	struct acl_builder dacl;
	struct acl_builder sacl;
};

/*
 * Append the descriptor to `out`. ERROR_INVALID_PARAMETER if a list is over ACL_SIZE_MAX,
 * ERROR_NOT_ENOUGH_MEMORY.
 */
lstatus descriptor_build(const struct descriptor_builder *builder, struct buf *out);
void descriptor_builder_release(struct descriptor_builder *builder);

/*
 * Append the parts of a descriptor that `information` names, as a descriptor of its own
 * (RegGetKeySecurity). ERROR_INVALID_SECURITY_DESCR.
 */
lstatus descriptor_extract(const void *data, size_t size, uint32_t information, struct buf *out);

/*
 * Append `old` with the parts that `information` names taken from `new` (RegSetKeySecurity).
 * ERROR_INVALID_SECURITY_DESCR if either is malformed.
 */
lstatus descriptor_replace(const void *old, size_t old_size, const void *new, size_t new_size,
    uint32_t information, struct buf *out);

#endif
