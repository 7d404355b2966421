/*
 * Moments of a host: what a person calls them, and the registry as it was at one.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/clock.h"
#include "regstore/registry/history.h"
#include "regstore/registry/internal.h"

#define VIRTUAL "virtual:"

lstatus
registry_go_back(struct registry *registry, uint64_t number)
{
	registry->links_stale = true;
	return store_go_back(registry->store, number);
}

static lstatus
find_time(struct registry *registry, const char *text, bool virtual_clock, int64_t time,
    uint64_t *ret_number, struct buf *error)
{
	lstatus status = store_number_at(registry->store, time, virtual_clock, ret_number);

	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		buf_printf(error, "nothing was written by %s: the host was made later", text);
	return status;
}

static lstatus
find_number(struct registry *registry, const char *text, uint64_t *ret_number, struct buf *error)
{
	uint64_t last = 0;
	uint64_t number;
	char *end;
	lstatus status = store_last_number(registry->store, &last);

	errno = 0;
	number = strtoull(text, &end, 10);
	if (!lstatus_ok(status))
		return status;
	if (errno != 0 || *end != '\0' || number == 0 || number > last) {
		buf_printf(error, "%s is no write of this host: they are numbered 1 to %llu", text,
		    (unsigned long long)last);
		return LSTATUS(ERROR_INVALID_PARAMETER);
	}
	*ret_number = number;
	return status;
}

static lstatus
find_moment(struct registry *registry, const char *text, uint64_t *ret_number, struct buf *error)
{
	bool virtual_clock = strncasecmp(text, VIRTUAL, strlen(VIRTUAL)) == 0;
	const char *rest = virtual_clock ? text + strlen(VIRTUAL) : text;
	struct reg_snapshot snapshot;
	int64_t time;

	if (clock_parse(rest, &time))
		return find_time(registry, text, virtual_clock, time, ret_number, error);
	if (strcasecmp(text, "now") == 0)
		return store_last_number(registry->store, ret_number);
	if (!virtual_clock && isdigit((unsigned char)text[0]) && strchr(text, '-') == NULL)
		return find_number(registry, text, ret_number, error);
	if (!virtual_clock && lstatus_ok(registry_snapshot_find(registry, text, &snapshot))) {
		*ret_number = snapshot.number;
		reg_snapshot_release(&snapshot);
		return LSTATUS(ERROR_SUCCESS);
	}
	buf_printf(error,
	    "\"%s\" is no moment: give a write's number, a time such as 2026-11-22T10:00:00 (UTC; "
	    "virtual:... by the host's own clock), a snapshot, or \"now\"",
	    text);
	return LSTATUS(ERROR_INVALID_PARAMETER);
}

lstatus
registry_find_moment(
    struct registry *registry, const char *text, uint64_t *ret_number, struct buf *error)
{
	uint64_t number = 0;
	lstatus status = find_moment(registry, text, &number, error);

	if (lstatus_ok(status))
		status = store_check_number(registry->store, number);
	if (lstatus_is(status, ERROR_JOURNAL_ENTRY_DELETED))
		buf_printf(error, "what was before write %lld is pruned away, and so is %s",
		    (long long)store_meta_number(registry->store, "pruned", 0), text);
	if (lstatus_ok(status))
		*ret_number = number;
	return status;
}
