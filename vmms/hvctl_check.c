/*
 * hvctl host check: whether the host's registry is whole; and its repair.
 */
#include <string.h>

#include "hvloader/protocol.h"
#include "regstore/store/check.h"
#include "vmms/host_repair.h"
#include "vmms/hvctl.h"

static void
add_fault(void *context, const char *fault, const char *remedy)
{
	json_array_append_new(
	    context, json_pack("{s:o, s:s}", "fault", tunable_json_text(fault), "repair", remedy));
}

static void
print_faults(const json_t *faults)
{
	const json_t *fault;
	size_t index;

	json_array_foreach(faults, index, fault)
	{
		printf("%s: %s\n", json_string_value(json_object_get(fault, "fault")),
		    json_string_value(json_object_get(fault, "repair")));
	}
}

/* --- check ------------------------------------------------------------------------------------ */

static int
check(struct hvctl *hvctl)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	json_t *faults = json_array();
	lstatus status;
	bool whole;

	if (registry == NULL) {
		json_decref(faults);
		return EXIT_FAILURE;
	}
	status = store_check(registry_store(registry), add_fault, faults);
	if (lstatus_ok(status))
		status = host_check(registry, add_fault, faults);
	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: %s (%s); \"hvctl host check --repair\" saves what it can",
		    hvctl->root, lstatus_text(status), registry_error(registry));
	registry_close(registry);
	whole = lstatus_ok(status) && json_array_size(faults) == 0;
	if (hvctl->json) {
		hvctl_print_json(hvctl, json_pack("{s:s, s:b, s:o}", "root", hvctl->root, "whole",
		                            whole, "faults", faults));
		return whole ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	print_faults(faults);
	if (whole)
		printf("The registry of the host in %s is whole.\n", hvctl->root);
	else if (lstatus_ok(status))
		printf("With the host down, \"hvctl host check --repair\" does what each line "
		       "says.\n");
	json_decref(faults);
	return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- check --repair --------------------------------------------------------------------------- */

static json_t *
saved_rows(const struct store_repair *repair)
{
	json_t *tables = json_array();

	for (size_t i = 0; i < STORE_TABLES && repair->salvaged; i++) {
		const struct store_saved *saved = &repair->saved[i];

		json_array_append_new(
		    tables, json_pack("{s:s, s:I, s:o}", "table", saved->table, "saved",
		                (json_int_t)saved->rows, "lost",
		                saved->lost < 0 ? json_null() : json_integer(saved->lost)));
	}
	return tables;
}

static void
print_repair(const struct hvctl *hvctl, struct store_repair *repair, bool mended)
{
	for (size_t i = 0; i < STORE_TABLES && repair->salvaged; i++) {
		const struct store_saved *saved = &repair->saved[i];

		printf("table %s: %lld rows saved, ", saved->table, (long long)saved->rows);
		if (saved->lost < 0)
			printf("some lost\n");
		else
			printf("%lld lost\n", (long long)saved->lost);
	}
	if (repair->changed)
		printf("The registry of the host in %s is whole again. What was there before is in "
		       "%s.\n",
		    hvctl->root, buf_text(&repair->backup));
	else if (mended)
		printf("The registry of the host in %s is whole again; \"hvctl history\" has what "
		       "was written.\n",
		    hvctl->root);
	else
		printf(
		    "The registry of the host in %s is whole; nothing was changed.\n", hvctl->root);
}

/* What to do about a registry that stays as it is. */
static void
tell_failure(const struct hvctl *hvctl, lstatus status, struct buf *error)
{
	const char *advice = "";

	if (lstatus_is(status, ERROR_BUSY))
		advice = "; end who has it open (\"fuser\" tells)";
	else if (lstatus_is(status, ERROR_NOT_REGISTRY_FILE) ||
	         lstatus_is(status, ERROR_REGISTRY_CORRUPT))
		advice = "; put a backup of registry.db in its place, or go on with a fork of the "
		         "host";
	hvctl_fail(hvctl, "%s: %s (%s); nothing was changed%s", hvctl->root, lstatus_text(status),
	    buf_text(error), advice);
}

static bool
is_up(const struct hvctl *hvctl)
{
	json_t *result = NULL;
	enum hvctl_asked asked = hvctl_ask(hvctl, HVLOADER_NAME, "status", NULL, &result);

	json_decref(result);
	if (asked == ASKED_OK)
		hvctl_fail(hvctl,
		    "the host in %s is up: shut it down before its registry is repaired "
		    "(hvctl down)",
		    hvctl->root);
	return asked != ASKED_DOWN;
}

static void
note(void *context, const char *fault UNUSED, const char *remedy UNUSED)
{
	*(bool *)context = true;
}

/*
 * Put back what every host has: where rows were lost nobody else can tell what was among them, and
 * where a boot would fail. False after it was told what is wrong.
 */
static bool
mend_host(struct hvctl *hvctl, bool salvaged, json_t *faults, bool *ret_mended)
{
	struct registry *registry = hvctl_open(hvctl, REGISTRY_OPEN);
	bool mends = salvaged;
	lstatus status;

	if (registry == NULL)
		return false;
	status = host_check(registry, note, &mends);
	if (lstatus_ok(status) && mends)
		status = host_mend(registry, add_fault, faults);
	if (!lstatus_ok(status))
		hvctl_fail(hvctl, "%s: what every host has cannot be put back: %s (%s)",
		    hvctl->root, lstatus_text(status), registry_error(registry));
	registry_close(registry);
	*ret_mended = mends;
	return lstatus_ok(status);
}

static int
repair_host(struct hvctl *hvctl)
{
	struct store_repair repair = { 0 };
	struct buf error = { 0 };
	json_t *faults;
	lstatus status;
	bool mended = false;
	bool done = false;

	if (is_up(hvctl))
		return EXIT_FAILURE;
	faults = json_array();
	status = store_repair(hvctl->root, add_fault, faults, &repair, &error);
	if (lstatus_ok(status))
		done = mend_host(hvctl, repair.salvaged, faults, &mended);
	else
		tell_failure(hvctl, status, &error);
	if (done && hvctl->json) {
		hvctl_print_json(hvctl,
		    json_pack("{s:s, s:b, s:O, s:o, s:s?}", "root", hvctl->root, "changed",
		        repair.changed || mended, "faults", faults, "tables", saved_rows(&repair),
		        "backup", repair.changed ? buf_text(&repair.backup) : NULL));
	} else if (done) {
		print_faults(faults);
		print_repair(hvctl, &repair, mended);
	}
	json_decref(faults);
	buf_release(&error);
	buf_release(&repair.backup);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
hvctl_check_host(struct hvctl *hvctl, int argc, char **argv)
{
	if (argc == 2)
		return check(hvctl);
	if (argc == 3 && strcmp(argv[2], "--repair") == 0)
		return repair_host(hvctl);
	return hvctl_misused(hvctl, "\"host check\" takes no argument but --repair");
}
