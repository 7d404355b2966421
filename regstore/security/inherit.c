/*
 * The descriptor of a new key: MS-DTYP 2.5.3.4 with a container as the object, no object types, and
 * automatic inheritance where the parent's list says so, as the kernel's SeAssignSecurity does it.
 *
 * Not checked here: whether the token may make the creator's owner the owner.
 */
#include <string.h>

#include "regstore/security/access.h"
#include "regstore/security/rights.h"

#define INHERIT_FLAGS (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)
#define ALL_INHERIT_FLAGS                                                                          \
	(INHERIT_FLAGS | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE | INHERITED_ACE)

/* A DACL's control bits; a SACL's are the same, one to the left. */
#define AUTO_INHERIT_REQ SE_DACL_AUTO_INHERIT_REQ
#define AUTO_INHERITED   SE_DACL_AUTO_INHERITED
#define PROTECTED        SE_DACL_PROTECTED

/* What one of the two lists is made from. */
struct sources {
	const struct acl *parent;  /* NULL: there is none */
	const struct acl *creator; /* NULL: none was given */
	uint32_t parent_control;   /* with a SACL's bits in the places of a DACL's */
	uint32_t creator_control;
	const struct descriptor_builder *made; /* whose owner and group take the creator's place */
};

static bool
is_creator(const struct ace *ace)
{
	return sid_is(&ace->sid, SID_CREATOR_OWNER) || sid_is(&ace->sid, SID_CREATOR_GROUP);
}

/* The entry as it counts on the key itself. */
static struct ace
effective(const struct ace *ace, const struct descriptor_builder *made)
{
	struct ace result = *ace;

	result.flags &= (uint8_t)~ALL_INHERIT_FLAGS;
	result.mask = security_map_generic(ace->mask);
	if (sid_is(&ace->sid, SID_CREATOR_OWNER))
		result.sid = made->owner;
	else if (sid_is(&ace->sid, SID_CREATOR_GROUP))
		result.sid = made->group;
	return result;
}

/*
 * Add an entry that counts on the key and, with `inherit` flags, on what is made below. If the two
 * differ, they are two entries, the second one to inherit only.
 */
static void
add_entry(const struct sources *sources, const struct ace *ace, uint8_t inherit, uint8_t inherited,
    struct acl_builder *acl)
{
	struct ace own = effective(ace, sources->made);
	struct ace below = *ace;
	bool two = inherit != 0 && (is_creator(ace) || own.mask != ace->mask);

	own.flags |= inherited;
	if (!two)
		own.flags |= inherit;
	acl_add(acl, &own);
	if (!two)
		return;
	below.flags &= (uint8_t)~ALL_INHERIT_FLAGS;
	below.flags |= inherit | INHERIT_ONLY_ACE | inherited;
	acl_add(acl, &below);
}

/* Bring one of the parent's entries down. */
static void
inherit_entry(const struct sources *sources, const struct ace *ace, uint8_t inherited,
    struct acl_builder *acl)
{
	uint8_t inherit = ace->flags & INHERIT_FLAGS;
	bool for_type = (ace->object_flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0;
	struct ace passed = *ace;

	if (inherit == 0 || !ace->known)
		return;
	if ((ace->flags & NO_PROPAGATE_INHERIT_ACE) != 0)
		inherit = 0;
	if ((ace->flags & CONTAINER_INHERIT_ACE) != 0 && !for_type) {
		add_entry(sources, ace, inherit, inherited, acl);
		return;
	}
	/* Not for keys: it only comes along, for what may take it further down. */
	if (inherit == 0)
		return;
	passed.flags &= (uint8_t)~ALL_INHERIT_FLAGS;
	passed.flags |= inherit | INHERIT_ONLY_ACE | inherited;
	acl_add(acl, &passed);
}

static void
inherit_entries(const struct sources *sources, bool automatic, struct acl_builder *acl)
{
	size_t position = 0;
	struct ace ace;

	if (sources->parent == NULL)
		return;
	while (acl_next(sources->parent, &position, &ace))
		inherit_entry(sources, &ace, automatic ? INHERITED_ACE : 0, acl);
}

/* The creator's entries: those that it says it inherited are made anew from the parent. */
static void
take_entries(const struct sources *sources, bool automatic, struct acl_builder *acl)
{
	bool protected = (sources->creator_control & PROTECTED) != 0;
	size_t position = 0;
	struct ace ace;

	acl->present = true;
	acl->null = sources->creator->data == NULL;
	while (acl_next(sources->creator, &position, &ace)) {
		uint8_t inherit = ace.flags & (INHERIT_FLAGS | NO_PROPAGATE_INHERIT_ACE);

		if (automatic && !protected && (ace.flags & INHERITED_ACE) != 0)
			continue;
		if (!ace.known || (ace.flags & INHERIT_ONLY_ACE) != 0) {
			ace.flags &= (uint8_t)~INHERITED_ACE;
			acl_add(acl, &ace);
			continue;
		}
		add_entry(sources, &ace, (ace.flags & INHERIT_FLAGS) != 0 ? inherit : 0, 0, acl);
	}
}

/* Make one of the lists; returns its control bits, in a DACL's places. */
static uint32_t
make_list(const struct sources *sources, struct acl_builder *acl)
{
	bool automatic = (sources->parent_control & AUTO_INHERITED) != 0 ||
	                 (sources->creator_control & AUTO_INHERIT_REQ) != 0;
	uint32_t control = automatic ? AUTO_INHERITED : 0;

	if (sources->creator == NULL) {
		inherit_entries(sources, automatic, acl);
		return acl->present ? control : 0;
	}
	take_entries(sources, automatic, acl);
	if ((sources->creator_control & PROTECTED) != 0)
		return control | PROTECTED;
	if (automatic && !acl->null)
		inherit_entries(sources, automatic, acl);
	return control;
}

static void
allow(struct acl_builder *acl, const struct sid *sid, uint32_t mask)
{
	struct ace ace = {
		.type = ACCESS_ALLOWED_ACE_TYPE, .known = true, .mask = mask, .sid = *sid
	};

	acl_add(acl, &ace);
}

/* The list that a token gives to what inherits none. */
static void
add_default(const struct token *token, struct acl_builder *acl)
{
	struct sid administrators;
	struct sid system;

	if (!sid_parse(SID_SYSTEM, &system) || !sid_parse(SID_ADMINISTRATORS, &administrators))
		return;
	if (sid_equal(&token->user, &system)) {
		allow(acl, &system, KEY_ALL_ACCESS);
		allow(acl, &administrators, KEY_READ);
	} else {
		allow(acl, &token->owner, KEY_ALL_ACCESS);
		allow(acl, &system, KEY_ALL_ACCESS);
	}
}

static const struct acl *
list_of(const struct descriptor *descriptor, uint16_t present, const struct acl *acl)
{
	return (descriptor->control & present) != 0 ? acl : NULL;
}

static lstatus
build(const struct descriptor *parent, const struct descriptor *creator, const struct token *token,
    struct buf *out)
{
	struct descriptor_builder made = {
		.has_owner = true,
		.has_group = true,
		.owner = creator->has_owner ? creator->owner : token->owner,
		.group = creator->has_group ? creator->group : token->primary_group,
	};
	struct sources dacl = {
		.parent = list_of(parent, SE_DACL_PRESENT, &parent->dacl),
		.creator = list_of(creator, SE_DACL_PRESENT, &creator->dacl),
		.parent_control = parent->control,
		.creator_control = creator->control,
		.made = &made,
	};
	struct sources sacl = {
		.parent = list_of(parent, SE_SACL_PRESENT, &parent->sacl),
		.creator = list_of(creator, SE_SACL_PRESENT, &creator->sacl),
		.parent_control = (uint32_t)parent->control >> 1,
		.creator_control = (uint32_t)creator->control >> 1,
		.made = &made,
	};
	lstatus status;

	made.control = (uint16_t)(make_list(&dacl, &made.dacl) | make_list(&sacl, &made.sacl) << 1);
	if (!made.dacl.present)
		add_default(token, &made.dacl);
	status = descriptor_build(&made, out);
	descriptor_builder_release(&made);
	return status;
}

lstatus
security_inherit(const void *parent, size_t parent_size, const void *creator, size_t creator_size,
    const struct token *token, struct buf *out)
{
	struct descriptor above = { 0 };
	struct descriptor given = { 0 };

	if ((parent != NULL && !descriptor_read(parent, parent_size, &above)) ||
	    (creator != NULL && !descriptor_read(creator, creator_size, &given)))
		return LSTATUS(ERROR_INVALID_SECURITY_DESCR);
	return build(&above, &given, token, out);
}
