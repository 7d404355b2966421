/*
 * Undoing writes, snapshots, and how long the log is kept.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/registry/history.h"
#include "regstore/registry/internal.h"

#define SNAPSHOT_NAME_MAX 64u

/* --- Revert -------------------------------------------------------------------------------------
 */

struct report {
	struct registry *registry;
	struct buf *conflicts;
	void (*each)(void *context, struct reg_change *change);
	void *context;
	lstatus status;
};

static void
tell_conflict(void *context, const struct store_change *entry)
{
	struct report *report = context;
	struct reg_change change = { 0 };

	if (lstatus_ok(registry_describe(report->registry, entry, &change))) {
		buf_printf(report->conflicts, "%s", buf_text(&change.path));
		if (entry->folded != NULL)
			buf_printf(report->conflicts, "\\%s", buf_text(&change.name));
		buf_printf(report->conflicts, ": written since, by %llu\n",
		    (unsigned long long)entry->number);
	}
	reg_change_release(&change);
}

static void
tell_change(void *context, const struct store_change *entry)
{
	struct report *report = context;
	struct reg_change change = { 0 };
	lstatus status = registry_describe(report->registry, entry, &change);

	if (lstatus_ok(status) && (change.was || change.is))
		report->each(report->context, &change);
	if (lstatus_ok(report->status))
		report->status = status;
	reg_change_release(&change);
}

static lstatus
revert_in(struct registry *registry, const struct reg_revert *revert, struct report *report)
{
	struct path path = { 0 };
	struct store_revert undo = {
		.first = revert->first,
		.last = revert->last,
		.force = revert->force,
		.conflict = tell_conflict,
		.context = report,
	};
	lstatus status = LSTATUS(ERROR_SUCCESS);

	if (revert->key != NULL) {
		status = path_resolve(registry, NULL, revert->key, REGISTRY_OPEN_LINK, &path);
		undo.path = buf_text(&path.folded);
		undo.length = path.folded.size;
	}
	if (lstatus_ok(status))
		status = store_revert(registry->store, &undo);
	if (lstatus_ok(status) && report->each != NULL) {
		status = store_each_pending(registry->store, tell_change, report);
		if (lstatus_ok(status))
			status = report->status;
	}
	path_release(&path);
	return status;
}

lstatus
registry_revert(struct registry *registry, const struct reg_revert *revert,
    void (*each)(void *context, struct reg_change *change), void *context, struct buf *conflicts)
{
	struct report report = {
		.registry = registry, .conflicts = conflicts, .each = each, .context = context
	};
	lstatus status = registry_begin(registry, revert->comment);

	if (!lstatus_ok(status))
		return status;
	status = revert_in(registry, revert, &report);
	registry->links_stale = true;
	if (lstatus_ok(status) && !revert->dry_run)
		return registry_commit(registry);
	registry_rollback(registry);
	return status;
}

/* --- Snapshots ----------------------------------------------------------------------------------
 */

static bool
name_is_good(const char *name)
{
	if (!isalpha((unsigned char)name[0]) || strlen(name) > SNAPSHOT_NAME_MAX ||
	    strcasecmp(name, "now") == 0)
		return false;
	for (; *name != '\0'; name++) {
		if (!isalnum((unsigned char)*name) && strchr("._-", *name) == NULL)
			return false;
	}
	return true;
}

lstatus
registry_snapshot_create(struct registry *registry, const char *name, const char *comment)
{
	if (!name_is_good(name))
		return LSTATUS(ERROR_INVALID_NAME);
	return store_snapshot_create(registry->store, name, comment);
}

lstatus
registry_snapshot_delete(struct registry *registry, const char *name)
{
	return store_snapshot_delete(registry->store, name);
}

void
reg_snapshot_release(struct reg_snapshot *snapshot)
{
	free(snapshot->name);
	free(snapshot->comment);
	*snapshot = (struct reg_snapshot){ 0 };
}

struct lister {
	struct reg_snapshot *list;
	size_t capacity;
	size_t count;
	bool failed;
};

static bool
list_one(void *context, const struct store_snapshot *row)
{
	struct lister *lister = context;
	struct reg_snapshot *snapshot;

	if (row->name == NULL ||
	    !array_room(&lister->list, &lister->capacity, lister->count, sizeof(*lister->list))) {
		lister->failed = true;
		return false;
	}
	snapshot = &lister->list[lister->count++];
	*snapshot = (struct reg_snapshot){
		.name = strdup(row->name),
		.number = row->number,
		.wall = row->wall,
		.virtual_time = row->virtual_time,
		.comment = row->comment != NULL ? strdup(row->comment) : NULL,
	};
	lister->failed =
	    snapshot->name == NULL || (row->comment != NULL && snapshot->comment == NULL);
	return !lister->failed;
}

lstatus
registry_snapshot_list(struct registry *registry, struct reg_snapshot **ret_list, size_t *ret_count)
{
	struct lister lister = { 0 };
	lstatus status = store_each_snapshot(registry->store, list_one, &lister);

	if (lister.failed)
		status = LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	if (lstatus_ok(status)) {
		*ret_list = lister.list;
		*ret_count = lister.count;
		return status;
	}
	for (size_t i = 0; i < lister.count; i++)
		reg_snapshot_release(&lister.list[i]);
	free(lister.list);
	return status;
}

lstatus
registry_snapshot_find(
    struct registry *registry, const char *name, struct reg_snapshot *ret_snapshot)
{
	struct reg_snapshot *list = NULL;
	size_t count = 0;
	bool found = false;
	lstatus status = registry_snapshot_list(registry, &list, &count);

	for (size_t i = 0; i < count; i++) {
		if (!found && (name == NULL || strcasecmp(name, list[i].name) == 0)) {
			*ret_snapshot = list[i];
			found = true;
		} else {
			reg_snapshot_release(&list[i]);
		}
	}
	free(list);
	return lstatus_ok(status) && !found ? LSTATUS(ERROR_FILE_NOT_FOUND) : status;
}

/* --- How long the log is kept -------------------------------------------------------------------
 */

lstatus
registry_log_limit(struct registry *registry, struct reg_log_limit *ret_limit)
{
	struct store_limit limit;
	lstatus status = store_log_limit(registry->store, &limit);

	if (lstatus_ok(status))
		*ret_limit = (struct reg_log_limit){ limit.writes, limit.days, limit.size };
	return status;
}

lstatus
registry_set_log_limit(struct registry *registry, const struct reg_log_limit *limit)
{
	return store_set_log_limit(
	    registry->store, &(struct store_limit){ limit->writes, limit->days, limit->size });
}

lstatus
registry_prune(struct registry *registry, const struct reg_log_limit *limit)
{
	return store_prune(
	    registry->store, &(struct store_limit){ limit->writes, limit->days, limit->size });
}
