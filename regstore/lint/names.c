/*
 * Values that no row reads where they stand: what they were meant to be.
 */
#include <string.h>
#include <strings.h>

#include "regstore/lint/internal.h"
#include "regstore/tunable/load.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"

/* A value at hand: where it is, and what is known of that. */
struct unread {
	struct lint *lint;
	const struct lint_write *write;
	const char *name;
	uint32_t node;    /* canonical */
	const char *path; /* of that */
	bool known;       /* a table reads the key */
	bool shared;      /* and the key is Windows' own */
};

static bool
emit(struct unread *unread, const char *code, const struct tunable_entry *entry, const char *detail)
{
	struct lint_finding finding = lint_finding_of(unread->lint, code, unread->write,
	    lint_key_of(unread->lint, unread->write), unread->name);

	finding.entry = entry;
	finding.detail = detail;
	lint_emit(unread->lint, unread->write, &finding);
	return true;
}

static const struct tunable_entry *
row_at(const struct unread *unread, const char *key, size_t length, const char *name)
{
	return tunable_find(unread->lint->options.catalog, key, length, name, strlen(name), NULL);
}

/* --- Services
 * ------------------------------------------------------------------------------------- */

static bool
is_listed_service(const struct lint *lint, const char *name)
{
	for (const char *const *at = lint->options.services; at != NULL && *at != NULL; at++) {
		if (strcasecmp(*at, name) == 0)
			return true;
	}
	return false;
}

/* Whether the key is a service's whose parameters the tables read, or that is listed. */
static bool
is_service_key(struct unread *unread)
{
	const char *path = unread->path;
	const struct lint *lint = unread->lint;

	if (strncasecmp(path, SERVICES, strlen(SERVICES)) != 0 ||
	    strchr(path + strlen(SERVICES), '\\') != NULL)
		return false;
	if (is_listed_service(lint, path + strlen(SERVICES)))
		return true;
	for (uint32_t i = 0; i < lint->nodes[unread->node].match_count; i++) {
		const struct lint_match *match =
		    &lint->matches[lint->nodes[unread->node].match + i];

		if (match->misspelt == LINT_NONE)
			return true;
	}
	return false;
}

/* --- The right name
 * ------------------------------------------------------------------------------- */

static bool
check_misspelt_name(struct unread *unread)
{
	struct lint *lint = unread->lint;
	size_t length = strlen(unread->name);
	const struct tunable_entry *near;
	const struct tunable_entry *here;
	struct buf elsewhere = { 0 };
	uint32_t index;

	if (!nearest_find(&lint->names, unread->name, length, nearest_limit(length), &index))
		return false;
	near = &lint->options.catalog->entries[index];
	here = lint_row(lint, unread->node, near->row->name, strlen(near->row->name), NULL);
	if (here != NULL && tunable_name_is_open(here->row->name))
		here = NULL;
	if (here == NULL &&
	    (unread->shared || nearest_distance(unread->name, length, near->row->name,
	                           strlen(near->row->name), 2) == SIZE_MAX))
		return false;
	if (here == NULL)
		buf_printf(&elsewhere, "%s\\%s", tunable_table_key(near->table), near->row->name);
	emit(unread, "HV1301", here != NULL ? here : near,
	    here != NULL ? near->row->name : buf_text(&elsewhere));
	buf_release(&elsewhere);
	return true;
}

static struct unread
unread_of(struct lint *lint, const struct lint_write *write)
{
	struct unread unread = { .lint = lint, .write = write };

	unread.name = lint_text(lint, write->name);
	unread.node = lint->nodes[write->node].canonical;
	unread.path = lint_path_of(lint, write);
	unread.known = lint_is_known_key(lint, unread.node);
	unread.shared = lint->nodes[unread.node].shared;
	return unread;
}

bool
lint_judge_misspelt(struct lint *lint, const struct lint_write *write)
{
	struct unread unread = unread_of(lint, write);

	unread.shared = true;
	return check_misspelt_name(&unread);
}

/* --- The right key
 * -------------------------------------------------------------------------------- */

/* A name of three words and more hardly means anything else in another place. */
static bool
is_distinctive(const char *name)
{
	size_t words = 1;

	for (size_t i = 1; name[0] != '\0' && name[i] != '\0'; i++)
		words +=
		    name[i] >= 'A' && name[i] <= 'Z' && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z');
	return words >= 3 && strlen(name) >= 12;
}

static const char *
after_component(const char *key)
{
	size_t length = strcspn(key, "\\");

	return key + length + (key[length] == '\\');
}

static bool
same_component(const char *left, const char *right)
{
	size_t length = strcspn(left, "\\");

	if (tunable_is_placeholder(left, length))
		return true;
	return strcspn(right, "\\") == length && strncasecmp(left, right, length) == 0;
}

/*
 * Whether a key is a table's but for a component that is missing or too much, or for the root; or,
 * with `loose`, for any one component.
 */
static bool
is_close(const char *right, const char *key, bool loose)
{
	bool root = true;

	while (*right != '\0' && *key != '\0' && same_component(right, key)) {
		right = after_component(right);
		key = after_component(key);
		root = false;
	}
	if (*right == '\0' || *key == '\0')
		return *after_component(right) == '\0' && *after_component(key) == '\0';
	return tunable_key_matches(after_component(right), key, strlen(key)) ||
	       tunable_key_matches(right, after_component(key), strlen(after_component(key))) ||
	       ((root || loose) && tunable_key_matches(after_component(right), after_component(key),
	                               strlen(after_component(key))));
}

static bool
is_policy_key(const char *key)
{
	return strcasestr(key, "\\Policies\\") != NULL;
}

/* A row of this name that another key has. */
static bool
check_wrong_key(struct unread *unread)
{
	const struct tunable_catalog *catalog = unread->lint->options.catalog;
	const struct tunable_entry *entry = NULL;
	const struct tunable_entry *best = NULL;
	bool distinctive = is_distinctive(unread->name);
	const char *path = unread->path;
	const char *right;

	while ((entry = tunable_find_fixed(catalog, unread->name, strlen(unread->name), entry)) !=
	       NULL) {
		right = tunable_table_key(entry->table);
		if (tunable_name_is_open(entry->row->name) || entry->row->shape == SHAPE_SUBKEY ||
		    strcasecmp(right, path) == 0)
			continue;
		if (is_close(right, path, distinctive)) {
			best = entry;
			break;
		}
		if (best == NULL && distinctive)
			best = entry;
	}
	if (best == NULL)
		return false;
	right = tunable_table_key(best->table);
	return emit(unread, is_policy_key(right) && !is_policy_key(path) ? "HV1309" : "HV1302",
	    best, right);
}

/* --- Views and control sets
 * ----------------------------------------------------------------------- */

/* The key with one component (a node of the path) left out or replaced. */
static bool
check_instead(struct unread *unread, uint32_t component, const char *instead, const char *code)
{
	const struct lint *lint = unread->lint;
	struct buf path = { 0 };
	const struct tunable_entry *entry;
	const char *rest = unread->path;
	bool found = false;

	lint_path(lint, lint->nodes[component].parent, &path);
	rest += path.size + 1 + lint->nodes[component].length;
	if (instead != NULL)
		buf_printf(&path, "\\%s", instead);
	buf_append_text(&path, rest);
	entry = row_at(unread, buf_text(&path), path.size, unread->name);
	if (entry != NULL && !tunable_name_is_open(entry->row->name))
		found = emit(unread, code, entry, buf_text(&path));
	buf_release(&path);
	return found;
}

static bool
is_numbered_set(const char *name)
{
	return strncasecmp(name, "ControlSet", 10) == 0 && strlen(name) == 13 &&
	       strspn(name + 10, "0123456789") == 3;
}

/* A value in the view of 32-bit programs, or in a control set that the host does not boot from. */
static bool
check_other_place(struct unread *unread)
{
	const struct lint *lint = unread->lint;
	uint32_t third = unread->node;

	while (lint->nodes[third].parent != LINT_NONE &&
	       lint->nodes[lint->nodes[third].parent].parent != LINT_NONE &&
	       lint->nodes[lint->nodes[lint->nodes[third].parent].parent].parent != LINT_NONE)
		third = lint->nodes[third].parent;
	if (lint->nodes[third].parent == LINT_NONE)
		return false;
	if (strcasecmp(lint_node_text(lint, third), "WOW6432Node") == 0)
		return check_instead(unread, third, NULL, "HV1304");
	if (is_numbered_set(lint_node_text(lint, third)))
		return check_instead(unread, third, "CurrentControlSet", "HV1305");
	return false;
}

/* --- One value
 * ------------------------------------------------------------------------------------ */

static bool
check_misspelt_key(struct unread *unread)
{
	struct buf right = { 0 };
	const struct tunable_table *table =
	    lint_misspelt_table(unread->lint, unread->node, unread->name, &right);
	bool found = false;

	if (table != NULL)
		found = emit(unread, "HV1303",
		    row_at(unread, buf_text(&right), right.size, unread->name), buf_text(&right));
	buf_release(&right);
	return found;
}

static bool
judge(struct unread *unread)
{
	if (is_service_key(unread) && tunable_is_service_value(unread->name))
		return emit(unread, "HV1307", NULL, NULL);
	if (!unread->known)
		return check_other_place(unread) || check_misspelt_key(unread) ||
		       check_wrong_key(unread);
	if (unread->name[0] == '\0')
		return false;
	return check_wrong_key(unread) || check_misspelt_name(unread) ||
	       (!unread->shared && emit(unread, "HV1306", NULL, NULL));
}

bool
lint_judge_unread(struct lint *lint, const struct lint_write *write)
{
	struct unread unread = unread_of(lint, write);

	return judge(&unread);
}
