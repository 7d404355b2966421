/*
 * Access to keys by their security descriptors, and the descriptors that new keys get.
 *
 * A descriptor is a row of the store that many keys share. What a key below one gets depends on
 * that row and the process's token alone, so each is computed once a connection, not once a key.
 */
#include "regstore/registry/security.h"

#include <stdlib.h>
#include <string.h>

#include "regstore/registry/internal.h"
#include "regstore/security/access.h"
#include "regstore/security/rights.h"

static lstatus
check_access(struct registry *registry, reg_key key, const struct token *token, uint32_t desired,
    uint32_t *ret_granted)
{
	struct buf descriptor = { 0 };
	lstatus status = store_query_extra(registry->store, key.id, NULL, &descriptor);

	if (lstatus_ok(status))
		status = security_access_check(
		    descriptor.data, descriptor.size, token, desired, ret_granted);
	buf_release(&descriptor);
	return status;
}

/* What is asked of a token is told by its bytes, and by the two numbers behind its groups. */
static struct question
access_question(reg_key key, const struct token *token, uint32_t desired)
{
	return (struct question){ .kind = QUESTION_ACCESS,
		.number = desired,
		.key = { key.id, (int64_t)(token->group_count << 32 | token->privileges) },
		.name = (const char *)token,
		.length = offsetof(struct token, groups) +
		          token->group_count * sizeof(token->groups[0]) };
}

lstatus
registry_check_access(struct registry *registry, reg_key key, const struct token *token,
    uint32_t desired, uint32_t *ret_granted)
{
	struct question question = access_question(key, token, desired);
	struct store_mark mark = { 0 };
	struct answer answer = { 0 };
	uint32_t granted = 0;

	if (!cache_find(registry, &question, &answer)) {
		store_mark_add(registry->store, &mark, store_tag_key(key.id));
		answer.status = check_access(registry, key, token, desired, &granted);
		answer.type = granted;
		if (lstatus_ok(answer.status) || lstatus_is(answer.status, ERROR_ACCESS_DENIED))
			cache_keep(registry, &question, &mark, &answer);
	}
	if (lstatus_ok(answer.status) && ret_granted != NULL)
		*ret_granted = answer.type;
	return answer.status;
}

/* Check against the descriptor with this id. */
static lstatus
check_by(struct registry *registry, int64_t security, const struct token *token, uint32_t desired)
{
	struct buf descriptor = { 0 };
	lstatus status = store_get_descriptor(registry->store, security, &descriptor);

	if (lstatus_ok(status))
		status =
		    security_access_check(descriptor.data, descriptor.size, token, desired, NULL);
	buf_release(&descriptor);
	return status;
}

/* The keys of a tree share few descriptors: those are checked, each once. */
lstatus
registry_check_tree(
    struct registry *registry, reg_key key, const struct token *token, uint32_t desired)
{
	struct buf ids = { 0 };
	lstatus status = registry_check_access(registry, key, token, desired, NULL);

	if (lstatus_ok(status))
		status = store_descriptors_below(registry->store, key.id, &ids);
	for (size_t at = 0; at < ids.size && lstatus_ok(status); at += sizeof(int64_t)) {
		int64_t id;

		memcpy(&id, ids.data + at, sizeof(id));
		status = check_by(registry, id, token, desired);
	}
	buf_release(&ids);
	return status;
}

/* Open the nearest key above a path that is not there; the path is cut down to it. */
static lstatus
open_above(
    struct registry *registry, const reg_key *parent, char *path, uint32_t flags, reg_key *ret_key)
{
	lstatus status = LSTATUS(ERROR_FILE_NOT_FOUND);

	while (lstatus_is(status, ERROR_FILE_NOT_FOUND)) {
		char *last = strrchr(path, '\\');

		if (last == NULL && (parent == NULL || path[0] == '\0'))
			break;
		*(last != NULL ? last : path) = '\0';
		status = registry_open_key(registry, parent, path, flags, ret_key);
	}
	return status;
}

lstatus
registry_check_create(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, const struct token *token, uint32_t desired)
{
	uint32_t view = flags & REGISTRY_WOW64_32;
	bool link = (flags & REGISTRY_CREATE_LINK) != 0;
	reg_key key;
	char *above;
	lstatus status =
	    registry_open_key(registry, parent, path, view | (link ? REGISTRY_OPEN_LINK : 0), &key);

	if (lstatus_ok(status))
		return registry_check_access(registry, key, token, desired, NULL);
	if (!lstatus_is(status, ERROR_FILE_NOT_FOUND))
		return status;
	above = strdup(path);
	if (above == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	status = open_above(registry, parent, above, view, &key);
	free(above);
	if (!lstatus_ok(status))
		return status;
	return registry_check_access(
	    registry, key, token, KEY_CREATE_SUB_KEY | (link ? KEY_CREATE_LINK : 0), NULL);
}

/* --- Acting for somebody ------------------------------------------------------------------------
 */

void
registry_act_for(struct registry *registry, const struct token *token)
{
	registry->acts_for_token = token != NULL;
	if (token != NULL)
		registry->token = *token;
	else
		(void)token_current(&registry->token);
	registry->allowed_security = 0;
	memset(registry->descents, 0, sizeof(registry->descents));
}

/* Ids of descriptors may come from a transaction that was rolled back since. */
static void
forget_stale(struct registry *registry)
{
	if (registry->rollbacks == store_rollbacks(registry->store))
		return;
	registry->rollbacks = store_rollbacks(registry->store);
	registry->allowed_security = 0;
	memset(registry->descents, 0, sizeof(registry->descents));
}

lstatus
registry_may_by(struct registry *registry, int64_t security, uint32_t desired)
{
	lstatus status;

	if (!registry->acts_for_token)
		return LSTATUS(ERROR_SUCCESS);
	forget_stale(registry);
	if (registry->allowed_security == security && registry->allowed_rights == desired)
		return LSTATUS(ERROR_SUCCESS);
	status = check_by(registry, security, &registry->token, desired);
	if (lstatus_ok(status)) {
		registry->allowed_security = security;
		registry->allowed_rights = desired;
	}
	return status;
}

lstatus
registry_may(struct registry *registry, reg_key key, uint32_t desired)
{
	struct store_key row;
	lstatus status;

	if (!registry->acts_for_token)
		return LSTATUS(ERROR_SUCCESS);
	status = store_get_key(registry->store, key.id, &row, NULL, NULL);
	return lstatus_ok(status) ? registry_may_by(registry, row.security, desired) : status;
}

lstatus
registry_may_tree(struct registry *registry, reg_key key, uint32_t desired)
{
	if (!registry->acts_for_token)
		return LSTATUS(ERROR_SUCCESS);
	return registry_check_tree(registry, key, &registry->token, desired);
}

lstatus
registry_may_use(struct registry *registry, uint32_t privileges)
{
	if (registry->acts_for_token && (privileges & ~registry->token.privileges) != 0)
		return LSTATUS(ERROR_PRIVILEGE_NOT_HELD);
	return LSTATUS(ERROR_SUCCESS);
}

/* --- New keys -----------------------------------------------------------------------------------
 */

/* Compute what a key below `parent` gets, and keep it in the store. */
static lstatus
descend(struct registry *registry, int64_t parent, const struct creation *creation, bool last,
    int64_t *ret_security)
{
	const struct token *token = creation != NULL ? creation->token : &registry->token;
	const void *given = creation != NULL && last ? creation->descriptor : NULL;
	struct buf above = { 0 };
	struct buf made = { 0 };
	lstatus status = store_get_descriptor(registry->store, parent, &above);

	if (lstatus_ok(status))
		status = security_inherit(above.data, above.size, given,
		    given != NULL ? creation->size : 0, token, &made);
	/* Nobody checks what registry_set_security gets: what cannot be read is passed on whole. */
	if (lstatus_is(status, ERROR_INVALID_SECURITY_DESCR) && given == NULL) {
		*ret_security = parent;
		status = LSTATUS(ERROR_SUCCESS);
	} else if (lstatus_ok(status)) {
		status = store_keep_descriptor(registry->store, made.data, made.size, ret_security);
	}
	buf_release(&above);
	buf_release(&made);
	return status;
}

lstatus
registry_new_security(
    struct registry *registry, const struct store_key *parent, bool last, int64_t *ret_security)
{
	struct descent *descent = &registry->descents[(uint64_t)parent->security % DESCENT_COUNT];
	lstatus status;

	if (registry->creation != NULL)
		return descend(registry, parent->security, registry->creation, last, ret_security);
	forget_stale(registry);
	if (descent->parent != parent->security) {
		int64_t child = 0;

		status = descend(registry, parent->security, NULL, last, &child);
		if (!lstatus_ok(status))
			return status;
		*descent = (struct descent){ parent->security, child };
	}
	*ret_security = descent->child;
	return LSTATUS(ERROR_SUCCESS);
}

lstatus
registry_create_key_as(struct registry *registry, const reg_key *parent, const char *path,
    uint32_t flags, const struct token *token, const void *descriptor, size_t size,
    reg_key *ret_key, bool *ret_created)
{
	struct creation creation = { .token = token, .descriptor = descriptor, .size = size };
	const struct creation *before = registry->creation;
	lstatus status;

	registry->creation = &creation;
	status = registry_create_key(registry, parent, path, flags, ret_key, ret_created);
	registry->creation = before;
	return status;
}
