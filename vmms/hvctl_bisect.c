/*
 * bisect: which write made an effective value what it is.
 *
 * The value that the reader makes of the registry is asked for at the middle of the writes in
 * question, over and over: it may hang on other values, on policy, on boot configuration or on a
 * fallback, so the reader itself is asked.
 */
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl_history.h"

struct search {
	struct hvctl hvctl; /* as of the moment at hand */
	const struct module *module;
	const char *name;
	char *value; /* the effective text that is looked for */
	size_t probes;
};

/* The value's name alone. */
static const char *
last_name(const char *name)
{
	const char *slash = strrchr(name, '\\');

	return slash != NULL ? slash + 1 : name;
}

/* What the readers make of the value at a write, in all its places: the caller frees it. */
static char *
effective_at(struct search *search, uint64_t number)
{
	char moment[24];
	struct buf text = { 0 };
	bool running;
	json_t *views;
	json_t *view;
	size_t index;
	char *result;

	snprintf(moment, sizeof(moment), "%llu", (unsigned long long)number);
	search->hvctl.as_of = moment;
	search->probes++;
	views = hvctl_views(&search->hvctl, search->module, last_name(search->name), &running);
	if (views == NULL)
		return NULL;
	json_array_foreach(views, index, view)
	{
		char *effective;

		if (!hvctl_is_named(&search->hvctl, view, search->name))
			continue;
		effective = hvctl_member(view, "effective");
		buf_printf(&text, "%s%s", text.size > 0 ? ", " : "",
		    effective != NULL && strcmp(effective, "-") != 0 ? effective : "absent");
		free(effective);
	}
	json_decref(views);
	if (text.size == 0)
		buf_append_text(&text, "absent");
	result = strdup(buf_text(&text));
	buf_release(&text);
	return result;
}

/* Whether the value is the one that is looked for; 0, 1, or -1 on failure. */
static int
is_value(struct search *search, uint64_t number)
{
	char *effective = effective_at(search, number);
	int is = effective != NULL ? strcmp(effective, search->value) == 0 : -1;

	free(effective);
	return is;
}

json_t *
hvctl_write_json(struct registry *registry, uint64_t number)
{
	struct reg_log_query query = { .first = number, .last = number };
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;
	json_t *json = NULL;

	if (lstatus_ok(registry_log_open(registry, &query, &log)) &&
	    lstatus_ok(registry_log_next(log, &change)))
		json = hvctl_change_json(&change);
	registry_log_close(log);
	reg_change_release(&change);
	return json;
}

static int
report(const struct hvctl *hvctl, struct registry *registry, struct search *search, uint64_t number)
{
	struct reg_log_query query = { .first = number, .last = number };
	struct reg_change change = { 0 };
	struct reg_log *log = NULL;
	char *before = effective_at(search, number - 1);
	char *after = effective_at(search, number);
	json_t *json = hvctl_write_json(registry, number);
	int status = EXIT_SUCCESS;

	if (before == NULL || after == NULL || json == NULL) {
		status = hvctl_fail(hvctl, "write %llu cannot be told", (unsigned long long)number);
	} else if (hvctl->json) {
		status = hvctl_print_json(hvctl,
		    json_pack("{s:s, s:s, s:s, s:I, s:O}", "name", search->name, "before", before,
		        "after", after, "probes", (json_int_t)search->probes, "write", json));
	} else if (lstatus_ok(registry_log_open(registry, &query, &log)) &&
	           lstatus_ok(registry_log_next(log, &change))) {
		printf("%s became %s (from %s) by\n", search->name, after, before);
		hvctl_print_change(hvctl, &change, false, 0);
	}
	registry_log_close(log);
	reg_change_release(&change);
	json_decref(json);
	free(before);
	free(after);
	return status;
}

/* The value is not there at `low` and is at `high`: find the write that made it so. */
static int
bisect(const struct hvctl *hvctl, struct registry *registry, struct search *search, uint64_t low,
    uint64_t high)
{
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;
		int is = is_value(search, middle);

		if (is < 0)
			return EXIT_FAILURE;
		if (is > 0)
			high = middle;
		else
			low = middle;
	}
	return report(hvctl, registry, search, high);
}

bool
hvctl_moments(const struct hvctl *hvctl, struct registry *registry, const char *from,
    const char *to, uint64_t *ret_low, uint64_t *ret_high)
{
	if (!(from != NULL ? hvctl_moment(hvctl, registry, from, ret_low)
	                   : lstatus_ok(registry_first_number(registry, ret_low))) ||
	    !hvctl_moment(hvctl, registry, to != NULL ? to : "now", ret_high))
		return false;
	if (*ret_low > *ret_high)
		hvctl_fail(hvctl, "the search would begin at write %llu and end before it, at %llu",
		    (unsigned long long)*ret_low, (unsigned long long)*ret_high);
	return *ret_low <= *ret_high;
}

static int
search_host(const struct hvctl *hvctl, struct registry *registry, struct search *search,
    const char *from, const char *to)
{
	uint64_t low = 0;
	uint64_t high = 0;
	int at_low;
	int at_high;

	if (!hvctl_moments(hvctl, registry, from, to, &low, &high))
		return EXIT_FAILURE;
	if (search->value == NULL)
		search->value = effective_at(search, high);
	if (search->value == NULL)
		return EXIT_FAILURE;
	at_low = is_value(search, low);
	at_high = is_value(search, high);
	if (at_low < 0 || at_high < 0)
		return EXIT_FAILURE;
	if (at_low > 0)
		return hvctl_fail(hvctl,
		    "%s was %s at write %llu already; --from a moment when it was not",
		    search->name, search->value, (unsigned long long)low);
	if (at_high == 0)
		return hvctl_fail(hvctl,
		    "%s is not %s at write %llu, where the search ends; --to a moment when it was",
		    search->name, search->value, (unsigned long long)high);
	return bisect(hvctl, registry, search, low, high);
}

int
hvctl_bisect(struct hvctl *hvctl, int argc, char **argv)
{
	struct search search = { .hvctl = *hvctl };
	const struct tunable_entry *entry;
	struct registry *registry;
	const char *from = NULL;
	const char *to = NULL;
	char *name = NULL;
	char *equals;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--from") == 0 && i + 1 < argc)
			from = argv[++i];
		else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc)
			to = argv[++i];
		else if (name == NULL && strcmp(argv[i], "--run") == 0 && i + 1 < argc)
			return hvctl_bisect_run(hvctl, from, to, argv + i + 1);
		else if (name == NULL && argv[i][0] != '-')
			name = argv[i];
		else
			return hvctl_misused(hvctl, "\"bisect\" does not take \"%s\"", argv[i]);
	}
	if (name == NULL)
		return hvctl_misused(hvctl, "\"bisect\" takes NAME, NAME=VALUE, or --run COMMAND");
	equals = strchr(name, '=');
	if (equals != NULL) {
		*equals = '\0';
		search.value = strdup(equals + 1);
	}
	search.name = name;
	entry = tunable_find_name(&hvctl->hvemu->catalog, name, NULL);
	if (entry == NULL) {
		free(search.value);
		return hvctl_unknown_name(hvctl, name);
	}
	search.module = host_module_find(entry->table->owner, NULL);
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	status = registry != NULL ? search_host(hvctl, registry, &search, from, to) : EXIT_FAILURE;
	registry_close(registry);
	free(search.value);
	return status;
}
