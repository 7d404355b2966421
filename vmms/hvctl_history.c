/*
 * history, blame and the change feed of watch: what the write log knows.
 */
#include "vmms/hvctl_history.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"

/* --- One write ---------------------------------------------------------------------------------
 */

static json_t *
raw_json(bool present, uint32_t type, const struct buf *data)
{
	struct tunable_raw raw = {
		.present = present, .type = type, .data = data->data, .size = data->size
	};

	return tunable_json_raw(&raw);
}

static bool
is_of_value(const struct reg_change *change)
{
	return change->kind == REG_CHANGE_SET || change->kind == REG_CHANGE_DELETE;
}

static void
add_time(json_t *json, const char *name, int64_t time)
{
	struct buf text = { 0 };

	clock_format(time, &text);
	json_object_set_new(json, name, json_string(buf_text(&text)));
	buf_release(&text);
}

static void
add_write(json_t *json, const struct reg_write *write)
{
	json_object_set_new(json, "number", json_integer((json_int_t)write->number));
	add_time(json, "time", write->wall);
	add_time(json, "host_time", write->virtual_time);
	json_object_set_new(json, "actor", tunable_json_text(write->actor));
	json_object_set_new(json, "channel", tunable_json_text(write->channel));
	json_object_set_new(json, "comment",
	    write->comment != NULL ? tunable_json_text(write->comment) : json_null());
}

json_t *
hvctl_change_json(struct reg_change *change)
{
	json_t *json = json_object();
	uint32_t key_type = change->kind == REG_CHANGE_KEY_FLAGS ? REG_DWORD : REG_BINARY;
	bool data = is_of_value(change) || change->kind >= REG_CHANGE_KEY_CLASS;

	add_write(json, change->write);
	json_object_set_new(json, "kind", json_string(reg_change_kind_name(change->kind)));
	json_object_set_new(json, "key", tunable_json_text(buf_text(&change->path)));
	if (is_of_value(change))
		json_object_set_new(json, "name", tunable_json_text(buf_text(&change->name)));
	if (change->kind == REG_CHANGE_KEY_RENAME)
		json_object_set_new(
		    json, "new_key", tunable_json_text(buf_text(&change->new_path)));
	if (data) {
		json_object_set_new(json, "old",
		    raw_json(change->was, is_of_value(change) ? change->old_type : key_type,
		        &change->old_data));
		json_object_set_new(json, "new",
		    raw_json(change->is, is_of_value(change) ? change->new_type : key_type,
		        &change->new_data));
	}
	return json;
}

static const char *
text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL ? text : "absent";
}

/* "12  2026-...  root  reg  comment", and what the write did on the next line. */
static void
print_change(const struct hvctl *hvctl, const json_t *json)
{
	const char *kind = text_of(json, "kind");
	const char *name = json_string_value(json_object_get(json, "name"));

	printf("%s%" JSON_INTEGER_FORMAT "%s  %.19s  %s  %s%s%s\n", hvctl_bold(hvctl),
	    json_integer_value(json_object_get(json, "number")), hvctl_plain(hvctl),
	    text_of(json, "time"), text_of(json, "actor"), text_of(json, "channel"),
	    json_is_string(json_object_get(json, "comment")) ? "  " : "",
	    json_is_string(json_object_get(json, "comment")) ? text_of(json, "comment") : "");
	printf("    %s %s", kind, text_of(json, "key"));
	if (name != NULL)
		printf("\\%s", name[0] != '\0' ? name : "(Default)");
	if (json_object_get(json, "new_key") != NULL)
		printf(" -> %s", text_of(json, "new_key"));
	if (json_object_get(json, "old") != NULL)
		printf(": %s -> %s", text_of(json, "old"), text_of(json, "new"));
	putchar('\n');
}

void
hvctl_print_change(const struct hvctl *hvctl, struct reg_change *change, bool lines, size_t index)
{
	json_t *json = hvctl_change_json(change);

	if (!hvctl->json) {
		print_change(hvctl, json);
	} else {
		if (!lines)
			fputs(index == 0 ? "[\n" : ",\n", stdout);
		json_dumpf(json, stdout, JSON_COMPACT);
		if (lines)
			putchar('\n');
	}
	json_decref(json);
}

uint64_t
hvctl_roots(struct registry *registry)
{
	static const char *const roots[] = { "HKLM", "HKU" };
	int64_t number = 0;
	reg_key key;

	/* A key's id is the number of the write that made it. */
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		if (lstatus_ok(registry_open_key(registry, NULL, roots[i], 0, &key)) &&
		    key.id > number)
			number = key.id;
	}
	return (uint64_t)number;
}

const char *
hvctl_roots_text(struct registry *registry, const struct reg_revert *revert, lstatus status)
{
	if (!lstatus_is(status, ERROR_ACCESS_DENIED) || revert->first > hvctl_roots(registry))
		return NULL;
	return "the first writes made the roots of the registry, which stay: name a later moment";
}

int
hvctl_log_failed(
    const struct hvctl *hvctl, struct registry *registry, const char *key, lstatus status)
{
	uint64_t first = 0;

	if (key != NULL && lstatus_is(status, ERROR_BAD_PATHNAME))
		return hvctl_no_path(hvctl, key);
	if (!lstatus_is(status, ERROR_JOURNAL_ENTRY_DELETED) ||
	    !lstatus_ok(registry_first_number(registry, &first)))
		return hvctl_fail(hvctl, "the write log cannot be read: %s", lstatus_text(status));
	return hvctl_fail(hvctl,
	    "the writes before %llu are pruned away; the log begins with that number",
	    (unsigned long long)first);
}

/* --- history ------------------------------------------------------------------------------------
 */

struct arguments {
	struct reg_log_query query;
	const char *from;
	const char *to;
	size_t limit; /* 0: all */
	char *parent; /* of a value, its key's path; owned */
};

static bool
is_number(const char *text, size_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *ret_number > 0;
}

static int
parse(const struct hvctl *hvctl, int argc, char **argv, struct arguments *arguments)
{
	struct reg_log_query *query = &arguments->query;
	const struct {
		const char *name;
		const char **text;
	} options[] = { { "--actor", &query->actor }, { "--channel", &query->channel },
		{ "--from", &arguments->from }, { "--to", &arguments->to } };

	*query = (struct reg_log_query){ .last = UINT64_MAX, .newest_first = true };
	for (int i = 1; i < argc; i++) {
		size_t option = 0;

		while (option < ARRAY_SIZE(options) && strcmp(argv[i], options[option].name) != 0)
			option++;
		if (option < ARRAY_SIZE(options) && i + 1 < argc)
			*options[option].text = argv[++i];
		else if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
			if (!is_number(argv[++i], &arguments->limit))
				return hvctl_misused(hvctl, "--limit needs a number above 0");
		} else if (strcmp(argv[i], "--subtree") == 0)
			query->subtree = true;
		else if (argv[i][0] != '-' && query->key == NULL)
			query->key = argv[i];
		else
			return hvctl_misused(hvctl, "\"history\" does not take \"%s\"", argv[i]);
	}
	return EXIT_SUCCESS;
}

/* Open the log; the first change is read already: a path that no key ever had may name a value. */
static lstatus
open_log(struct registry *registry, struct arguments *arguments, struct reg_log **ret_log,
    struct reg_change *change)
{
	struct reg_log_query *query = &arguments->query;
	lstatus status = registry_log_open(registry, query, ret_log);
	const char *slash = query->key != NULL ? strrchr(query->key, '\\') : NULL;

	if (lstatus_ok(status))
		status = registry_log_next(*ret_log, change);
	if (!lstatus_is(status, ERROR_NO_MORE_ITEMS) || slash == NULL || query->subtree)
		return status;
	registry_log_close(*ret_log);
	*ret_log = NULL;
	arguments->parent = strndup(query->key, (size_t)(slash - query->key));
	if (arguments->parent == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	query->key = arguments->parent;
	query->value = strcmp(slash + 1, "(Default)") == 0 ? "" : slash + 1;
	status = registry_log_open(registry, query, ret_log);
	return lstatus_ok(status) ? registry_log_next(*ret_log, change) : status;
}

static int
print_log(const struct hvctl *hvctl, struct registry *registry, struct arguments *arguments)
{
	struct reg_log *log = NULL;
	struct reg_change change = { 0 };
	size_t count = 0;
	int result = EXIT_SUCCESS;
	lstatus status = open_log(registry, arguments, &log, &change);

	while (lstatus_ok(status)) {
		hvctl_print_change(hvctl, &change, false, count++);
		if (count == arguments->limit)
			break;
		status = registry_log_next(log, &change);
	}
	/* What was pruned while this was reading is where the log ends. */
	if (!lstatus_ok(status) && !lstatus_is(status, ERROR_NO_MORE_ITEMS) &&
	    !(count > 0 && lstatus_is(status, ERROR_JOURNAL_ENTRY_DELETED)))
		result = hvctl_log_failed(hvctl, registry, arguments->query.key, status);
	else if (hvctl->json)
		puts(count == 0 ? "[]" : "\n]");
	else if (count == 0)
		printf("Nothing is known to be written there.\n");
	registry_log_close(log);
	reg_change_release(&change);
	return result;
}

int
hvctl_history(struct hvctl *hvctl, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct registry *registry;
	int status;

	if (argc > 1 && (strcmp(argv[1], "prune") == 0 || strcmp(argv[1], "limit") == 0))
		return hvctl_log_limit(hvctl, argc, argv);
	status = parse(hvctl, argc, argv, &arguments);
	if (status != EXIT_SUCCESS)
		return status;
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if ((arguments.from != NULL &&
	        !hvctl_moment(hvctl, registry, arguments.from, &arguments.query.first)) ||
	    (arguments.to != NULL &&
	        !hvctl_moment(hvctl, registry, arguments.to, &arguments.query.last)))
		status = EXIT_FAILURE;
	else
		status = print_log(hvctl, registry, &arguments);
	free(arguments.parent);
	registry_close(registry);
	return status;
}

/* --- blame --------------------------------------------------------------------------------------
 */

static json_t *
blame_json(struct registry *registry, reg_key key, const struct reg_value_entry *value)
{
	struct tunable_raw raw = {
		.present = true, .type = value->type, .data = value->data, .size = value->size
	};
	struct reg_write write;
	struct buf text = { 0 };
	json_t *json;

	tunable_raw_text(&raw, &text);
	json = json_pack("{s:o, s:o}", "name", tunable_json_text(value->name), "data",
	    tunable_json_text(buf_text(&text)));
	buf_release(&text);
	/* Who wrote it may be pruned away. */
	if (lstatus_ok(registry_last_write(registry, key, value->name, &write))) {
		add_write(json, &write);
		reg_write_release(&write);
	}
	return json;
}

static int
blame_key(const struct hvctl *hvctl, struct registry *registry, reg_key key)
{
	struct reg_value_list values = { 0 };
	json_t *list = json_array();
	json_t *json;
	size_t index;
	lstatus status = registry_list_values(registry, key, &values);

	for (size_t i = 0; i < values.count; i++)
		json_array_append_new(list, blame_json(registry, key, &values.entries[i]));
	reg_value_list_release(&values);
	if (!lstatus_ok(status)) {
		json_decref(list);
		return hvctl_fail(hvctl, "the key cannot be read: %s", lstatus_text(status));
	}
	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_array_foreach(list, index, json)
	{
		const char *name = text_of(json, "name");

		printf("%-28s %-24s ", name[0] != '\0' ? name : "(Default)", text_of(json, "data"));
		if (json_object_get(json, "number") == NULL)
			printf("before the log begins\n");
		else
			printf("%" JSON_INTEGER_FORMAT "  %.19s  %s  %s%s%s\n",
			    json_integer_value(json_object_get(json, "number")),
			    text_of(json, "time"), text_of(json, "actor"), text_of(json, "channel"),
			    json_is_string(json_object_get(json, "comment")) ? "  " : "",
			    json_is_string(json_object_get(json, "comment"))
			        ? text_of(json, "comment")
			        : "");
	}
	json_decref(list);
	return EXIT_SUCCESS;
}

int
hvctl_blame(struct hvctl *hvctl, int argc, char **argv)
{
	struct registry *registry;
	reg_key key;
	int status = EXIT_FAILURE;

	argc = hvctl_take_as_of(hvctl, argc, argv);
	if (argc != 2)
		return hvctl_misused(hvctl, "\"blame\" takes one key");
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (hvctl_open_key(hvctl, registry, argv[1], 0, &key))
		status = blame_key(hvctl, registry, key);
	registry_close(registry);
	return status;
}

/* --- watch --since ------------------------------------------------------------------------------
 */

/* Print what comes until there is no more; false on failure, which was told. */
static bool
print_new(const struct hvctl *hvctl, struct registry *registry, struct reg_log *log,
    struct reg_change *change, size_t count, size_t *seen)
{
	lstatus status = LSTATUS(ERROR_SUCCESS);

	while (count == 0 || *seen < count) {
		status = registry_log_next(log, change);
		if (!lstatus_ok(status))
			break;
		hvctl_print_change(hvctl, change, true, 0);
		++*seen;
	}
	fflush(stdout);
	if (lstatus_ok(status) || lstatus_is(status, ERROR_NO_MORE_ITEMS))
		return ferror(stdout) == 0;
	hvctl_log_failed(hvctl, registry, NULL, status);
	return false;
}

static int
follow(const struct hvctl *hvctl, struct registry *registry, struct reg_log *log, size_t count)
{
	struct reg_change change = { 0 };
	size_t seen = 0;
	bool going = true;

	while (going) {
		struct pollfd poll_fd = { .fd = registry_watch_fd(registry), .events = POLLIN };

		registry_watch_drain(registry);
		going = print_new(hvctl, registry, log, &change, count, &seen);
		if (count != 0 && seen >= count)
			break;
		while (going && poll(&poll_fd, 1, -1) < 0 && errno == EINTR)
			;
	}
	reg_change_release(&change);
	return going ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
hvctl_feed(struct hvctl *hvctl, const char *since, const char *key, size_t count)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	struct reg_log_query query = { .last = UINT64_MAX, .key = key, .subtree = true };
	struct reg_watch *watch;
	struct reg_log *log = NULL;
	uint64_t number = 0;
	lstatus status;
	int result = EXIT_FAILURE;

	if (registry == NULL)
		return EXIT_FAILURE;
	if (strcmp(since, "0") != 0 && !hvctl_moment(hvctl, registry, since, &number)) {
		registry_close(registry);
		return EXIT_FAILURE;
	}
	query.first = number + 1;
	/* The watch comes first: what is written from here on wakes. */
	status = registry_watch(
	    registry, key != NULL ? key : "\\REGISTRY", true, REGISTRY_NOTIFY_ALL, &watch);
	if (lstatus_ok(status))
		status = registry_log_open(registry, &query, &log);
	if (lstatus_ok(status))
		result = follow(hvctl, registry, log, count);
	else
		hvctl_log_failed(hvctl, registry, key, status);
	registry_log_close(log);
	registry_close(registry);
	return result;
}
