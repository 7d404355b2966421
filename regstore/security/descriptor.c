/*
 * Self-relative security descriptors: bytes to parts and parts to bytes (MS-DTYP 2.4.4 to 2.4.6).
 */
#include "regstore/security/descriptor.h"

#include <string.h>

#define HEADER_SIZE     20u
#define ACL_HEADER_SIZE 8u
#define ACE_HEADER_SIZE 4u
#define GUID_SIZE       16u

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void
put16(uint8_t *at, size_t number)
{
	at[0] = (uint8_t)number;
	at[1] = (uint8_t)(number >> 8);
}

static void
put32(uint8_t *at, size_t number)
{
	put16(at, number & 0xffff);
	put16(at + 2, number >> 16);
}

/* --- Reading ------------------------------------------------------------------------------------
 */

static bool
is_object_type(uint8_t type)
{
	return (type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && type <= SYSTEM_ALARM_OBJECT_ACE_TYPE) ||
	       type == ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE ||
	       type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE ||
	       type == SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE ||
	       type == SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE;
}

/* Type 4 is the compound entry, which nothing writes. */
static bool
is_known_type(uint8_t type)
{
	return type <= SYSTEM_SCOPED_POLICY_ID_ACE_TYPE && type != 4;
}

/* The GUIDs of an object entry; *at moves behind them. */
static bool
read_guids(const uint8_t **at, const uint8_t *end, struct ace *ace)
{
	if (end - *at < 4)
		return false;
	ace->object_flags = get32(*at);
	*at += 4;
	if ((ace->object_flags & ACE_OBJECT_TYPE_PRESENT) != 0) {
		if (end - *at < (ptrdiff_t)GUID_SIZE)
			return false;
		memcpy(ace->object_type, *at, GUID_SIZE);
		*at += GUID_SIZE;
	}
	if ((ace->object_flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0) {
		if (end - *at < (ptrdiff_t)GUID_SIZE)
			return false;
		memcpy(ace->inherited_object_type, *at, GUID_SIZE);
		*at += GUID_SIZE;
	}
	return true;
}

/* Read the entry at the beginning of `left` bytes; its size, or 0 if it is malformed. */
static size_t
read_ace(const uint8_t *data, size_t left, struct ace *ret_ace)
{
	const uint8_t *at = data + ACE_HEADER_SIZE;
	const uint8_t *end;
	size_t size;

	if (left < ACE_HEADER_SIZE)
		return 0;
	size = get16(data + 2);
	if (size < ACE_HEADER_SIZE || size > left || size % 4 != 0)
		return 0;
	end = data + size;
	memset(ret_ace, 0, sizeof(*ret_ace));
	ret_ace->type = data[0];
	ret_ace->flags = data[1];
	ret_ace->known = is_known_type(ret_ace->type);
	if (ret_ace->known) {
		if (end - at < 4)
			return 0;
		ret_ace->mask = get32(at);
		at += 4;
		if (is_object_type(ret_ace->type) && !read_guids(&at, end, ret_ace))
			return 0;
		if (!sid_read(at, (size_t)(end - at), &ret_ace->sid))
			return 0;
		at += sid_size(&ret_ace->sid);
	}
	ret_ace->extra = at;
	ret_ace->extra_size = (size_t)(end - at);
	return size;
}

/* Read the list at `offset`, 0 for none. */
static bool
read_acl(const uint8_t *data, size_t size, uint32_t offset, struct acl *ret_acl)
{
	const uint8_t *header = data + offset;
	struct ace ace;
	size_t left;

	*ret_acl = (struct acl){ 0 };
	if (offset == 0)
		return true;
	if (offset < HEADER_SIZE || offset > size || size - offset < ACL_HEADER_SIZE)
		return false;
	if (header[0] < ACL_REVISION || header[0] > ACL_REVISION_DS)
		return false;
	if (get16(header + 2) < ACL_HEADER_SIZE || get16(header + 2) > size - offset)
		return false;
	ret_acl->revision = header[0];
	ret_acl->data = header + ACL_HEADER_SIZE;
	ret_acl->count = get16(header + 4);
	left = get16(header + 2) - ACL_HEADER_SIZE;
	for (unsigned i = 0; i < ret_acl->count; i++) {
		size_t length = read_ace(ret_acl->data + ret_acl->size, left, &ace);

		if (length == 0)
			return false;
		ret_acl->size += length;
		left -= length;
	}
	return true;
}

static bool
read_sid(const uint8_t *data, size_t size, uint32_t offset, bool *ret_has, struct sid *ret_sid)
{
	*ret_has = offset != 0;
	if (offset == 0)
		return true;
	return offset >= HEADER_SIZE && offset <= size &&
	       sid_read(data + offset, size - offset, ret_sid);
}

bool
descriptor_read(const void *data, size_t size, struct descriptor *ret_descriptor)
{
	const uint8_t *bytes = data;
	struct descriptor descriptor = { 0 };

	if (size < HEADER_SIZE || bytes[0] != 1)
		return false;
	descriptor.control = get16(bytes + 2);
	if ((descriptor.control & SE_SELF_RELATIVE) == 0)
		return false;
	if (!read_sid(bytes, size, get32(bytes + 4), &descriptor.has_owner, &descriptor.owner) ||
	    !read_sid(bytes, size, get32(bytes + 8), &descriptor.has_group, &descriptor.group))
		return false;
	/* The offset of a list that is not present means nothing. */
	if ((descriptor.control & SE_SACL_PRESENT) != 0 &&
	    !read_acl(bytes, size, get32(bytes + 12), &descriptor.sacl))
		return false;
	if ((descriptor.control & SE_DACL_PRESENT) != 0 &&
	    !read_acl(bytes, size, get32(bytes + 16), &descriptor.dacl))
		return false;
	*ret_descriptor = descriptor;
	return true;
}

static size_t
larger(size_t left, size_t right)
{
	return left > right ? left : right;
}

/* Where the list ends by its header: room may follow its entries. */
static size_t
end_of_acl(const uint8_t *bytes, const struct acl *acl)
{
	const uint8_t *header = acl->data - ACL_HEADER_SIZE;

	return (size_t)(header - bytes) + get16(header + 2);
}

size_t
descriptor_size(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	struct descriptor descriptor;
	size_t end = HEADER_SIZE;

	if (!descriptor_read(data, size, &descriptor))
		return 0;
	if (descriptor.has_owner)
		end = larger(end, get32(bytes + 4) + sid_size(&descriptor.owner));
	if (descriptor.has_group)
		end = larger(end, get32(bytes + 8) + sid_size(&descriptor.group));
	if (descriptor.sacl.data != NULL)
		end = larger(end, end_of_acl(bytes, &descriptor.sacl));
	if (descriptor.dacl.data != NULL)
		end = larger(end, end_of_acl(bytes, &descriptor.dacl));
	return end;
}

bool
acl_next(const struct acl *acl, size_t *position, struct ace *ret_ace)
{
	size_t length;

	if (*position >= acl->size)
		return false;
	length = read_ace(acl->data + *position, acl->size - *position, ret_ace);
	*position += length;
	return length > 0;
}

/* --- Building -----------------------------------------------------------------------------------
 */

void
acl_add(struct acl_builder *builder, const struct ace *ace)
{
	size_t start = builder->entries.size;
	uint8_t header[ACE_HEADER_SIZE + 8] = { ace->type, ace->flags };
	bool object = ace->known && is_object_type(ace->type);
	size_t header_size = ace->known ? ACE_HEADER_SIZE + 4u : ACE_HEADER_SIZE;

	put32(header + 4, ace->mask);
	put32(header + 8, ace->object_flags);
	if (object) {
		header_size += 4;
		builder->revision = ACL_REVISION_DS;
	}
	buf_append(&builder->entries, header, header_size);
	if (object && (ace->object_flags & ACE_OBJECT_TYPE_PRESENT) != 0)
		buf_append(&builder->entries, ace->object_type, GUID_SIZE);
	if (object && (ace->object_flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0)
		buf_append(&builder->entries, ace->inherited_object_type, GUID_SIZE);
	if (ace->known)
		buf_append(&builder->entries, ace->sid.bytes, sid_size(&ace->sid));
	buf_append(&builder->entries, ace->extra, ace->extra_size);
	while ((builder->entries.size - start) % 4 != 0)
		buf_append_byte(&builder->entries, 0);
	if (!builder->entries.failed)
		put16(builder->entries.data + start + 2, builder->entries.size - start);
	builder->count++;
	builder->present = true;
}

void
acl_builder_release(struct acl_builder *builder)
{
	buf_release(&builder->entries);
	*builder = (struct acl_builder){ 0 };
}

void
descriptor_builder_release(struct descriptor_builder *builder)
{
	acl_builder_release(&builder->dacl);
	acl_builder_release(&builder->sacl);
}

/* Append a list and tell the header where it is. */
static lstatus
build_acl(const struct acl_builder *builder, size_t start, size_t slot, struct buf *out)
{
	uint8_t header[ACL_HEADER_SIZE] = { 0 };
	size_t size = ACL_HEADER_SIZE + builder->entries.size;

	if (!builder->present || builder->null)
		return LSTATUS(ERROR_SUCCESS);
	if (size > ACL_SIZE_MAX || builder->count > 0xffff)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	header[0] = builder->revision != 0 ? builder->revision : ACL_REVISION;
	put16(header + 2, size);
	put16(header + 4, builder->count);
	if (!out->failed)
		put32(out->data + start + slot, out->size - start);
	buf_append(out, header, sizeof(header));
	buf_append(out, builder->entries.data, builder->entries.size);
	out->failed = out->failed || builder->entries.failed;
	return LSTATUS(ERROR_SUCCESS);
}

static void
build_sid(bool has, const struct sid *sid, size_t start, size_t slot, struct buf *out)
{
	if (!has)
		return;
	if (!out->failed)
		put32(out->data + start + slot, out->size - start);
	buf_append(out, sid->bytes, sid_size(sid));
}

/* The order of the parts is Windows' (RtlAbsoluteToSelfRelativeSD): SACL, DACL, owner, group. */
lstatus
descriptor_build(const struct descriptor_builder *builder, struct buf *out)
{
	uint8_t header[HEADER_SIZE] = { 1 };
	size_t start = out->size;
	uint16_t control = builder->control & (uint16_t) ~(SE_DACL_PRESENT | SE_SACL_PRESENT);
	lstatus status;

	control |= SE_SELF_RELATIVE;
	if (builder->dacl.present)
		control |= SE_DACL_PRESENT;
	if (builder->sacl.present)
		control |= SE_SACL_PRESENT;
	put16(header + 2, control);
	buf_append(out, header, sizeof(header));
	status = build_acl(&builder->sacl, start, 12, out);
	if (lstatus_ok(status))
		status = build_acl(&builder->dacl, start, 16, out);
	build_sid(builder->has_owner, &builder->owner, start, 4, out);
	build_sid(builder->has_group, &builder->group, start, 8, out);
	if (lstatus_ok(status) && out->failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (!lstatus_ok(status))
		buf_truncate(out, start);
	return status;
}

/* --- Parts --------------------------------------------------------------------------------------
 */

static void
copy_acl(const struct acl *acl, bool present, struct acl_builder *builder)
{
	size_t position = 0;
	struct ace ace;

	acl_builder_release(builder);
	builder->present = present;
	builder->null = acl->data == NULL;
	builder->revision = acl->revision;
	while (acl_next(acl, &position, &ace))
		acl_add(builder, &ace);
	if (acl->revision > builder->revision)
		builder->revision = acl->revision;
}

/* The control bits that go with the parts. */
static uint16_t
control_of(uint32_t information)
{
	uint32_t bits = 0;

	if ((information & OWNER_SECURITY_INFORMATION) != 0)
		bits |= SE_OWNER_DEFAULTED;
	if ((information & GROUP_SECURITY_INFORMATION) != 0)
		bits |= SE_GROUP_DEFAULTED;
	if ((information & DACL_SECURITY_INFORMATION) != 0)
		bits |= SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERIT_REQ |
		        SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED;
	if ((information & SACL_SECURITY_INFORMATION) != 0)
		bits |= SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERIT_REQ |
		        SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED;
	return (uint16_t)bits;
}

static void
take_parts(const struct descriptor *from, uint32_t information, struct descriptor_builder *builder)
{
	uint16_t bits = control_of(information);

	builder->control = (uint16_t)((builder->control & ~bits) | (from->control & bits));
	if ((information & OWNER_SECURITY_INFORMATION) != 0) {
		builder->has_owner = from->has_owner;
		builder->owner = from->owner;
	}
	if ((information & GROUP_SECURITY_INFORMATION) != 0) {
		builder->has_group = from->has_group;
		builder->group = from->group;
	}
	if ((information & DACL_SECURITY_INFORMATION) != 0)
		copy_acl(&from->dacl, (from->control & SE_DACL_PRESENT) != 0, &builder->dacl);
	if ((information & SACL_SECURITY_INFORMATION) != 0)
		copy_acl(&from->sacl, (from->control & SE_SACL_PRESENT) != 0, &builder->sacl);
}

lstatus
descriptor_extract(const void *data, size_t size, uint32_t information, struct buf *out)
{
	struct descriptor_builder builder = { 0 };
	struct descriptor descriptor;
	lstatus status;

	if (!descriptor_read(data, size, &descriptor))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	take_parts(&descriptor, information, &builder);
	status = descriptor_build(&builder, out);
	descriptor_builder_release(&builder);
	return status;
}

lstatus
descriptor_replace(const void *old, size_t old_size, const void *new, size_t new_size,
    uint32_t information, struct buf *out)
{
	struct descriptor_builder builder = { 0 };
	struct descriptor before;
	struct descriptor after;
	lstatus status;

	if (!descriptor_read(old, old_size, &before) || !descriptor_read(new, new_size, &after))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	take_parts(&before, ~0u, &builder);
	take_parts(&after, information, &builder);
	status = descriptor_build(&builder, out);
	descriptor_builder_release(&builder);
	return status;
}
