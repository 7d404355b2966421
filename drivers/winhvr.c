/*
 * winhvr.sys: the hypervisor interface of the root partition (reference 2.2 and 2.11.2).
 *
 * At boot WinHvpInitializeXSchedulerSupport settles whether the root partition's virtual processors
 * are scheduled by dynamic fair share (DFSS). The reference gives its registry value twice: as
 * DisableDynamicFairShareScheduler below Services\winhvr, with numbers and a gate, and as
 * DfssEnabled below Control\Hypervisor, with a remark that describes what is written. The first is
 * read as the value, the second as the flag WinHvpDfssEnabled that is derived from it.
 */
#include <string.h>
#include <strings.h>

#include "drivers/tables.h"
#include "regstore/tunable/view.h"

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\winhvr\\Parameters"
#define HYPERVISOR "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"

#define SCHEDULER_ROOT 4u /* as the hypervisor reports its type */
#define ROOT_WORD      "4"
#define BCD_OPTION     "hypervisordisabledfss"

struct winhvr_scheduler {
	struct tunable_number disable_dynamic_fair_share_scheduler;
};

struct winhvr_dfss {
	struct tunable_number dfss_enabled;
};

static bool
word_is(const struct tunable_case *given, const char *name, const char *word)
{
	const char *found = given->state != NULL ? given->state(given, name) : NULL;

	return found != NULL && strcasecmp(found, word) == 0;
}

/* The number of a REG_DWORD; `otherwise` for anything else. */
static uint32_t
dword_or(struct tunable_raw raw, uint32_t otherwise)
{
	uint32_t number = 0;

	if (!raw.present || raw.type != REG_DWORD || raw.size != 4)
		return otherwise;
	for (unsigned i = 0; i < 4; i++)
		number |= (uint32_t)raw.data[i] << (8 * i);
	return number;
}

/* The registry value and the boot option are two inputs; either turns DFSS off. */
static bool
is_disabled(const struct tunable_case *given, const struct tunable_entry *disable)
{
	if (!word_is(given, "scheduler", ROOT_WORD))
		return false;
	return (given->raw != NULL && dword_or(given->raw(given, disable), 0) != 0) ||
	       (given->bcd != NULL && dword_or(given->bcd(given, BCD_OPTION), 0) != 0);
}

/*
 * The flag is 1 unless DFSS is turned off. What the registry holds under the flag's name counts
 * only in the rival reading.
 */
static void
settle_dfss_enabled(const struct tunable_case *given, struct tunable_reading *reading)
{
	const struct tunable_entry *disable = reading->entry->preferred;
	bool own = word_is(given, "DfssEnabledValue", "read");
	bool on = !own || dword_or(reading->raw, 1) != 0;

	if (is_disabled(given, disable)) {
		reading->verdict = reading->raw.present ? VERDICT_SHADOWED : VERDICT_APPLIED;
		on = false;
	} else if (!own && reading->raw.present) {
		reading->verdict = VERDICT_SHADOWED;
	} else if (reading->judged_from == NULL) {
		return; /* absent, or the own value: as the columns have it */
	} else {
		reading->verdict = reading->raw.present ? VERDICT_APPLIED : VERDICT_DEFAULT_ABSENT;
	}
	reading->kind = KIND_NUMBER;
	reading->number = on;
	reading->source =
	    reading->verdict == VERDICT_DEFAULT_ABSENT ? SOURCE_DEFAULT : SOURCE_FORCED;
	reading->from = reading->judged_from = NULL;
}

static const char *const dfss_words[] = { "derived", "read", NULL };

static const struct tunable_switch dfss_switches[] = {
	{
	    .name = "DfssEnabledValue",
	    .words = dfss_words,
	    .doc = "A value DfssEnabled in Control\\Hypervisor: derived ignores it, read takes 0 "
	           "as a third way to turn DFSS off.",
	},
	{ 0 },
};

static const struct tunable scheduler_rows[] = {
	{
	    .name = "DisableDynamicFairShareScheduler",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct winhvr_scheduler, disable_dynamic_fair_share_scheduler),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .gates = { { .state = "scheduler", .test = GATE_EQUALS, .number = SCHEDULER_ROOT } },
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Turn off the dynamic fair share scheduler of the root partition.",
	    .note = "Consulted only under the root scheduler, type 4. The boot option "
	            "hypervisordisabledfss is read as independent: either of the two disables.",
	},
};

static const struct tunable dfss_rows[] = {
	{
	    .name = "DfssEnabled",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct winhvr_dfss, dfss_enabled),
	    DEFAULT(1),
	    .shape = SHAPE_BOOL,
	    .preferred = "DisableDynamicFairShareScheduler",
	    .preferred_nonzero = true,
	    .settle = settle_dfss_enabled,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE | FACT_RULE,
	    .doc = "Fair share scheduler: the flag WinHvpDfssEnabled.",
	    .note = "Read as derived from DisableDynamicFairShareScheduler and the boot option "
	            "hypervisordisabledfss under the root scheduler; \"Distributed\" and "
	            "\"Dynamic\" fair share are read as one feature.",
	},
};

static const struct tunable_table scheduler_table = {
	.name = "winhvr.scheduler",
	.owner = "winhvr.sys",
	.key = PARAMETERS,
	.section = "2.11.2",
	.reader = "WinHvpInitializeXSchedulerSupport",
	.apply = APPLY_BOOT,
	.rows = scheduler_rows,
	.count = ARRAY_SIZE(scheduler_rows),
	.state_size = sizeof(struct winhvr_scheduler),
};

static const struct tunable_table dfss_table = {
	.name = "winhvr.dfss",
	.owner = "winhvr.sys",
	.key = HYPERVISOR,
	.section = "2.2",
	.reader = "WinHvpInitializeXSchedulerSupport",
	.apply = APPLY_BOOT,
	.rows = dfss_rows,
	.count = ARRAY_SIZE(dfss_rows),
	.state_size = sizeof(struct winhvr_dfss),
	.switches = dfss_switches,
};

static const struct tunable_table *const tables[] = { &scheduler_table, &dfss_table };

static ntstatus
WinHvpInitializeXSchedulerSupport(struct module_object *object)
{
	ntstatus status = module_load_once(object, &scheduler_table, tunable_read_value);

	if (ntstatus_ok(status))
		status = module_load_once(object, &dfss_table, tunable_read_value);
	return status;
}

static void
winhvr_status(const struct module_object *object, json_t *state)
{
	const struct winhvr_dfss *dfss = module_state(object, &dfss_table);
	const char *scheduler = module_word(object, "scheduler");

	json_object_set_new(
	    state, "scheduler", scheduler != NULL ? tunable_json_text(scheduler) : json_null());
	json_object_set_new(state, "root_scheduler",
	    json_boolean(scheduler != NULL && strcmp(scheduler, ROOT_WORD) == 0));
	json_object_set_new(
	    state, "WinHvpDfssEnabled", json_boolean(dfss->dfss_enabled.value != 0));
}

const struct module winhvr_driver = {
	.name = "winhvr",
	.image = "winhvr.sys",
	.service = "winhvr",
	.doc = "Hypervisor interface of the root partition.",
	.requires = { "hypervisor", "on" }, /* assumed: its work is to talk to it */
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = WinHvpInitializeXSchedulerSupport,
	.status = winhvr_status,
};
