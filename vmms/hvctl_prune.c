/*
 * history prune and history limit: how long the write log is kept.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl_history.h"

/* A number, with K, M or G behind it where that is a size. */
static bool
parse_number(const char *text, bool size, uint64_t *ret_number)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || !isdigit((unsigned char)text[0]))
		return false;
	unit = size && *end != '\0' ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit != NULL) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		if (number > UINT64_MAX >> shift)
			return false;
		number <<= shift;
		end++;
	}
	*ret_number = number;
	return *end == '\0' && number <= INT64_MAX;
}

static int
parse(const struct hvctl *hvctl, int argc, char **argv, struct reg_log_limit *limit)
{
	const struct {
		const char *name;
		uint64_t *number;
		bool size;
	} options[] = { { "--keep-writes", &limit->writes, false },
		{ "--keep-days", &limit->days, false }, { "--max-size", &limit->size, true } };

	for (int i = 2; i < argc; i++) {
		size_t option = 0;

		while (option < ARRAY_SIZE(options) && strcmp(argv[i], options[option].name) != 0)
			option++;
		if (option == ARRAY_SIZE(options))
			return hvctl_misused(hvctl,
			    "expected --keep-writes N, --keep-days D or --max-size SIZE, not "
			    "\"%s\"",
			    argv[i]);
		if (++i == argc ||
		    !parse_number(argv[i], options[option].size, options[option].number))
			return hvctl_misused(hvctl, "%s needs a number%s", options[option].name,
			    options[option].size ? " (10M, 2G)" : "");
	}
	return EXIT_SUCCESS;
}

static int
report(const struct hvctl *hvctl, struct registry *registry)
{
	struct reg_log_limit limit = { 0 };
	uint64_t first = 0;
	json_t *json;
	lstatus status = registry_log_limit(registry, &limit);

	if (lstatus_ok(status))
		status = registry_first_number(registry, &first);
	if (!lstatus_ok(status))
		return hvctl_fail(hvctl, "%s", lstatus_text(status));
	json = json_pack("{s:I, s:I, s:I, s:I}", "keep_writes", (json_int_t)limit.writes,
	    "keep_days", (json_int_t)limit.days, "max_size", (json_int_t)limit.size, "first_write",
	    (json_int_t)first);
	if (hvctl->json)
		return hvctl_print_json(hvctl, json);
	hvctl_print_tree(json, 0);
	json_decref(json);
	return EXIT_SUCCESS;
}

int
hvctl_log_limit(struct hvctl *hvctl, int argc, char **argv)
{
	bool prune = strcmp(argv[1], "prune") == 0;
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	struct reg_log_limit limit = { 0 };
	lstatus status;
	int result;

	if (registry == NULL)
		return EXIT_FAILURE;
	/* Without a limit of its own, a pruning keeps to the host's; what is not given stays. */
	status =
	    !prune || argc == 2 ? registry_log_limit(registry, &limit) : LSTATUS(ERROR_SUCCESS);
	result = parse(hvctl, argc, argv, &limit);
	if (result == EXIT_SUCCESS && lstatus_ok(status) && (prune || argc > 2))
		status = prune ? registry_prune(registry, &limit)
		               : registry_set_log_limit(registry, &limit);
	if (result == EXIT_SUCCESS)
		result = lstatus_ok(status) ? report(hvctl, registry)
		                            : hvctl_fail(hvctl, "%s", lstatus_text(status));
	registry_close(registry);
	return result;
}
