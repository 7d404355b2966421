/*
 * Keys' security descriptors, and keys that are made with one.
 */
#include "regstore/security/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/registry/security.h"

#include "regstore/winreg/internal.h"

/* A descriptor of two identifiers and two lists at their greatest is not longer. */
#define DESCRIPTOR_MAX (20u + 2u * SID_SIZE_MAX + 2u * (ACL_SIZE_MAX + 1u))

/* A descriptor with pointers in it, as 64-bit Windows lays it out. */
struct absolute {
	uint8_t revision;
	uint8_t reserved;
	uint16_t control;
	const uint8_t *owner;
	const uint8_t *group;
	const uint8_t *sacl;
	const uint8_t *dacl;
};

#define HEADER_SIZE 20u

static void
append_u32(struct buf *out, size_t number)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		buf_append_byte(out, (uint8_t)(number >> shift));
}

static size_t
part_size(const uint8_t *part, bool list)
{
	if (part == NULL)
		return 0;
	return list ? (size_t)(part[2] | part[3] << 8) : SID_SIZE_MIN + 4u * part[1];
}

/* Make the descriptor self-relative: the parts in the header's order behind it. */
static void
pack(const struct absolute *absolute, struct buf *out)
{
	/* The pointer to a list that is not present means nothing. */
	const uint8_t *parts[4] = { absolute->owner, absolute->group,
		(absolute->control & SE_SACL_PRESENT) != 0 ? absolute->sacl : NULL,
		(absolute->control & SE_DACL_PRESENT) != 0 ? absolute->dacl : NULL };
	uint16_t control = absolute->control | SE_SELF_RELATIVE;
	size_t at = HEADER_SIZE;

	buf_append_byte(out, absolute->revision);
	buf_append_byte(out, absolute->reserved);
	buf_append_byte(out, (uint8_t)control);
	buf_append_byte(out, (uint8_t)(control >> 8));
	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		append_u32(out, parts[i] != NULL ? at : 0);
		at += part_size(parts[i], i >= 2);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i] != NULL)
			buf_append(out, parts[i], part_size(parts[i], i >= 2));
	}
}

lstatus
security_take(const void *descriptor, struct buf *out)
{
	struct absolute head;
	size_t size;

	if (descriptor == NULL)
		return LSTATUS(ERROR_INVALID_PARAMETER);
	memcpy(&head, descriptor, offsetof(struct absolute, owner));
	if ((head.control & SE_SELF_RELATIVE) == 0) {
		memcpy(&head, descriptor, sizeof(head));
		pack(&head, out);
	} else {
		size = descriptor_size(descriptor, DESCRIPTOR_MAX);
		if (size == 0)
			return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
		buf_append(out, descriptor, size);
	}
	if (out->failed)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	return descriptor_size(out->data, out->size) != 0 ? LSTATUS(ERROR_SUCCESS)
	                                                  : LSTATUS(ERROR_INVALID_SECURITY_DESCR);
}

/* --- A key with a descriptor ------------------------------------------------------------------ */

static lstatus
make(struct call *call, const char *path, const struct create *create, reg_key *ret_key,
    bool *ret_created)
{
	struct token token;
	lstatus status;

	token_current(&token);
	status = registry_create_key_as(call->registry, &call->key->id, path, create->flags, &token,
	    create->descriptor.data, create->descriptor.size, ret_key, ret_created);
	if (lstatus_ok(status) && *ret_created && create->class.size > 0)
		status = registry_set_class(
		    call->registry, *ret_key, create->class.data, create->class.size);
	return status;
}

lstatus
security_create(struct call *call, const char *path, const struct create *create, reg_key *ret_key,
    bool *ret_created)
{
	bool own = call->transaction == NULL;
	lstatus status = own ? registry_begin(call->registry, NULL) : LSTATUS(ERROR_SUCCESS);

	if (!lstatus_ok(status))
		return status;
	status = make(call, path, create, ret_key, ret_created);
	if (own && lstatus_ok(status))
		return registry_commit(call->registry);
	if (own)
		registry_rollback(call->registry);
	return status;
}

/* --- Get and set ------------------------------------------------------------------------------ */

LSTATUS
RegGetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR pSecurityDescriptor, LPDWORD lpcbSecurityDescriptor)
{
	struct buf whole = { 0 };
	struct buf asked = { 0 };
	REGSAM needed = READ_CONTROL;
	struct call call;
	lstatus status;

	if (lpcbSecurityDescriptor == NULL)
		return ERROR_INVALID_PARAMETER;
	if ((SecurityInformation & SACL_SECURITY_INFORMATION) != 0)
		needed |= ACCESS_SYSTEM_SECURITY;
	status = call_begin(hKey, needed, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = registry_query_security(call.registry, call.key->id, &whole);
	if (lstatus_ok(status))
		status = descriptor_extract(whole.data, whole.size, SecurityInformation, &asked);
	if (lstatus_ok(status) &&
	    (pSecurityDescriptor == NULL || asked.size > *lpcbSecurityDescriptor))
		status = LSTATUS(ERROR_INSUFFICIENT_BUFFER);
	if (lstatus_ok(status))
		memcpy(pSecurityDescriptor, asked.data, asked.size);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_INSUFFICIENT_BUFFER))
		*lpcbSecurityDescriptor = (DWORD)asked.size;
	buf_release(&whole);
	buf_release(&asked);
	call_end(&call);
	return result(status);
}

/* The kernel refuses to take away the owner or the group. */
static lstatus
check_given(SECURITY_INFORMATION information, const struct buf *given)
{
	struct descriptor parts;

	if (!descriptor_read(given->data, given->size, &parts) ||
	    ((information & OWNER_SECURITY_INFORMATION) != 0 && !parts.has_owner) ||
	    ((information & GROUP_SECURITY_INFORMATION) != 0 && !parts.has_group))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
merge(struct call *call, SECURITY_INFORMATION information, const struct buf *given)
{
	struct buf old = { 0 };
	struct buf merged = { 0 };
	lstatus status = registry_query_security(call->registry, call->key->id, &old);

	if (lstatus_ok(status))
		status = descriptor_replace(
		    old.data, old.size, given->data, given->size, information, &merged);
	if (lstatus_ok(status))
		status =
		    registry_set_security(call->registry, call->key->id, merged.data, merged.size);
	buf_release(&old);
	buf_release(&merged);
	return status;
}

LSTATUS
RegSetKeySecurity(
    HKEY hKey, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
	struct buf given = { 0 };
	REGSAM needed = 0;
	struct call call;
	lstatus status;

	if ((SecurityInformation & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)) != 0)
		needed |= WRITE_OWNER;
	if ((SecurityInformation & DACL_SECURITY_INFORMATION) != 0)
		needed |= WRITE_DAC;
	if ((SecurityInformation & SACL_SECURITY_INFORMATION) != 0)
		needed |= ACCESS_SYSTEM_SECURITY;
	status = call_begin(hKey, needed, &call);
	if (!lstatus_ok(status))
		return result(status);
	status = security_take(pSecurityDescriptor, &given);
	if (lstatus_ok(status))
		status = check_given(SecurityInformation, &given);
	if (lstatus_ok(status))
		status = merge(&call, SecurityInformation, &given);
	buf_release(&given);
	call_end(&call);
	return result(status);
}
