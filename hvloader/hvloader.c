/*
 * hvloader.dll: what it reads at the launch of the hypervisor (reference 2.11).
 *
 * An option of the boot configuration wins; where there is none, the value of the same name below
 * Control\Hypervisor is tried if the reference marks it as having both forms; then the default
 * holds.
 */
#include "hvloader/hvloader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"
#include "regstore/bcd/bcd.h"

#define CONTROL "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor"
/* {hypervisorsettings}: the loader entry that boots inherits it. */
#define OPTIONS "HKLM\\BCD00000000\\Objects\\{7ff607e0-4395-11db-b0de-0800200c9a66}\\Elements"

struct hvloader_control {
	struct tunable_number ignore_mem_part;
	struct tunable_number hypervisor_use_vapic;
	struct tunable_number dma_guard_opt_in;
	struct tunable_number enable_hardware_isolation;
	struct tunable_number enable_sev_snp;
	struct tunable_number enable_iov;
	struct tunable_number initial_allocation_numa_policy;
};

static const struct tunable_word isolation_words[] = {
	{ 0, "default" },
	{ 1, "enable" },
	{ 2, "force" },
	{ 0 },
};

static const struct tunable_word numa_words[] = {
	{ 1, "distributed" },
	{ 2, "packed" },
	{ 0 },
};

/* --- Load options
 * --------------------------------------------------------------------------------- */

/* Whether a blank-separated token stands in the text of the load options, by case. */
static bool
has_token(const struct tunable_entry *options, const struct tunable_case *given, const char *token)
{
	struct tunable_reading reading;
	struct buf text = { 0 };
	struct buf padded = { 0 };
	bool found = false;

	tunable_interpret(options, given, &reading);
	if (reading.kind == KIND_BYTES) {
		tunable_effective(&reading, &text);
		/* strstr() looks for the token between blanks: at either end there is none. */
		buf_printf(&padded, " %s ", buf_text(&text));
		buf_clear(&text);
		buf_printf(&text, " %s ", token);
		found = strstr(buf_text(&padded), buf_text(&text)) != NULL;
	}
	buf_release(&text);
	buf_release(&padded);
	return found;
}

static bool
word_is(const struct tunable_case *given, const char *name, const char *word)
{
	const char *chosen = given->state != NULL ? given->state(given, name) : NULL;

	return chosen != NULL && strcasecmp(chosen, word) == 0;
}

static void
force(struct tunable_reading *reading, uint64_t number)
{
	reading->kind = KIND_NUMBER;
	reading->number = number;
	reading->source = SOURCE_FORCED;
	reading->from = NULL;
	if (reading->raw.present)
		reading->verdict = VERDICT_SHADOWED;
	else
		reading->verdict = VERDICT_APPLIED;
}

/* Whether the token decides over what the value says. */
static bool
token_holds(const struct tunable_case *given, const struct tunable_reading *reading)
{
	return reading->raw.present == false || !word_is(given, "LoadOptionTokens", "value-wins");
}

static void
settle_isolation(const struct tunable_case *given, struct tunable_reading *reading)
{
	if (reading->kind == KIND_NUMBER && reading->number == 0 && token_holds(given, reading) &&
	    has_token(reading->entry->sees[0], given, "ENABLEHARDWAREISOLATION"))
		force(reading, 1);
}

static void
settle_numa_policy(const struct tunable_case *given, struct tunable_reading *reading)
{
	if (reading->kind == KIND_NUMBER && reading->number != 1 && token_holds(given, reading) &&
	    has_token(reading->entry->sees[0], given, "NUMADISTRIBUTED"))
		force(reading, 1);
}

/* --- Control\Hypervisor
 * --------------------------------------------------------------------------- */

static const struct tunable control_rows[] = {
	{
	    .name = "IgnoreMemPart",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, ignore_mem_part),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Skip the metadata of memory partitions.",
	    .note = "vid.sys reads it too, over its own value.",
	},
	{
	    .name = "HypervisorUseVapic",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, hypervisor_use_vapic),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .bcd = "hypervisorusevapic",
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Use the hardware's virtual APIC; the low bit of the flags word.",
	    .note =
	        "Called a fallback of the BCD element and, once, the other way round: BCD wins.",
	},
	{
	    .name = "DmaGuardOptIn",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, dma_guard_opt_in),
	    DEFAULT(0),
	    RANGE(0, 1),
	    OUTSIDE(OOB_RESET),
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "Opt in to DMA Guard while the host boots.",
	    .note = "What a number above 1 does is not given: it acts as the default.",
	},
	{
	    .name = "EnableHardwareIsolation",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, enable_hardware_isolation),
	    DEFAULT(0),
	    RANGE(0, 2),
	    .shape = SHAPE_ENUM,
	    .words = isolation_words,
	    .misshapen = OOB_RESET,
	    .sees = { "Hypervisorloadoptions" },
	    .settle = settle_isolation,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT | FACT_RULE,
	    .doc = "Isolation by the processor: TDX, SEV-SNP.",
	    .note = "How the token ENABLEHARDWAREISOLATION meets the value is not given: it raises "
	            "it to 1.",
	},
	{
	    .name = "EnableSevSnp",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, enable_sev_snp),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .gates = { { .state = "cpuvendor", .test = GATE_EQUALS, .word = "AuthenticAMD" } },
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Isolation by AMD's SEV-SNP; looked at on AuthenticAMD only.",
	},
	{
	    .name = "EnableIov",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, enable_iov),
	    DEFAULT(0),
	    .shape = SHAPE_BOOL,
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Virtualize the IOMMU for device assignment at boot.",
	},
	{
	    .name = "InitialAllocationNumaPolicy",
	    .type = REG_DWORD,
	    .into = NUMBER_FIELD(struct hvloader_control, initial_allocation_numa_policy),
	    DEFAULT(2),
	    RANGE(1, 2),
	    .shape = SHAPE_ENUM,
	    .words = numa_words,
	    .misshapen = OOB_RESET,
	    .sees = { "Hypervisorloadoptions" },
	    .settle = settle_numa_policy,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_JUDGEMENT | FACT_RULE,
	    .doc = "How the first allocations go over NUMA nodes.",
	    .note = "How the token NUMADISTRIBUTED meets the value is not given: it makes it "
	            "distributed.",
	},
};

static const struct tunable_switch control_switches[] = {
	{ "LoadOptionTokens", (const char *const[]){ "raise", "value-wins", NULL },
	    "raise: a load-option token is added to what the value says; value-wins: a value that "
	    "is "
	    "there decides alone" },
	{ 0 },
};

static const struct tunable_table control_table = {
	.name = "hvloader.control",
	.owner = "hvloader.dll",
	.key = CONTROL,
	.section = "2.11.1",
	.reader = "HvlLoadHypervisor",
	.helper = "OslGetValueAtKey",
	.apply = APPLY_BOOT,
	.rows = control_rows,
	.count = ARRAY_SIZE(control_rows),
	.state_size = sizeof(struct hvloader_control),
	.switches = control_switches,
};

struct hvloader_texts {
	struct tunable_text hypervisorloadoptions;
};

static const struct tunable_word perfmon_words[] = {
	{ 0, "system" },
	{ 1, "hypervisor" },
	{ 0 },
};

/* Only the boot option is a number too: the registry is read as text. */
static void
settle_perfmon(const struct tunable_case *given UNUSED, struct tunable_reading *reading)
{
	if (reading->kind != KIND_NUMBER || reading->source != SOURCE_REGISTRY)
		return;
	reading->kind = KIND_ABSENT;
	reading->source = SOURCE_NONE;
	reading->verdict = VERDICT_IGNORED_TYPE;
}

static const struct tunable text_rows[] = {
	{
	    .name = "hypervisorperfmon",
	    .type = REG_SZ,
	    .type_also = REG_DWORD,
	    .words = perfmon_words,
	    .bcd = "hypervisorperfmon",
	    .settle = settle_perfmon,
	    .basis = BASIS_DOCUMENTED,
	    .assumed = FACT_SHAPE,
	    .doc = "Who owns the performance monitors: system or hypervisor.",
	    .note = "The BCD integers 0 and 1 are not labelled: in the order of the words.",
	},
	{
	    .name = "Hypervisorloadoptions",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct hvloader_texts, hypervisorloadoptions),
	    .bcd = "hypervisorloadoptions",
	    .basis = BASIS_DOCUMENTED,
	    .doc = "More tokens for the boot, each between blanks.",
	},
};

static const struct tunable_table text_table = {
	.name = "hvloader.texts",
	.owner = "hvloader.dll",
	.key = CONTROL,
	.section = "2.11.1",
	.reader = "HvlLoadHypervisor",
	.helper = "OslGetStringValueAtKey",
	.apply = APPLY_BOOT,
	.rows = text_rows,
	.count = ARRAY_SIZE(text_rows),
	.state_size = sizeof(struct hvloader_texts),
};

struct hvloader_partition {
	struct tunable_text name;
};

static const struct tunable partition_rows[] = {
	{
	    .name = "Name",
	    .type = REG_SZ,
	    .into = TEXT_FIELD(struct hvloader_partition, name),
	    .gates = { { .name = "IgnoreMemPart", .test = GATE_ZERO } },
	    .basis = BASIS_DOCUMENTED,
	    .doc = "The metadata memory partition for the hypervisor's deposits.",
	},
};

static const struct tunable_table partition_table = {
	.name = "hvloader.partition",
	.owner = "hvloader.dll",
	.key = CONTROL "\\MetadataMemoryPartition",
	.section = "2.11.1",
	.reader = "HvlLoadHypervisor",
	.helper = "OslGetStringValueAtKey",
	.apply = APPLY_BOOT,
	.rows = partition_rows,
	.count = ARRAY_SIZE(partition_rows),
	.state_size = sizeof(struct hvloader_partition),
};

/* --- {hypervisorsettings}
 * ------------------------------------------------------------------------- */

struct hvloader_options {
	struct tunable_number hypervisorlaunchtype;
	struct tunable_number hypervisordebug;
	struct tunable_number hypervisordebugtype;
	struct tunable_number hypervisorbaudrate;
	struct tunable_number hypervisorchannel;
	struct tunable_number hypervisorserialdebugport;
	struct tunable_text hypervisorbusparams;
	struct tunable_number hypervisorhostip;
	struct tunable_number hypervisorhostport;
	struct tunable_number hypervisornumproc;
	struct tunable_number hypervisorrootproc;
	struct tunable_number hypervisorrootprocpercore;
	struct tunable_number hypervisoriommupolicy;
	struct tunable_number hypervisorscheduler;
	struct tunable_number hypervisordisableslat;
	struct tunable_number hypervisoruselargevtlb;
	struct tunable_number hypervisorenforcedcodeintegrity;
	struct tunable_number hypervisordisabledfss;
};

static const struct tunable_word launch_words[] = {
	{ 0, "Off" },
	{ 1, "Auto" },
	{ 0 },
};

static const struct tunable_word debug_words[] = {
	{ 0, "Serial" },
	{ 1, "1394" },
	{ 2, "Net" },
	{ 0 },
};

static const struct tunable_word iommu_words[] = {
	{ 0, "Default" },
	{ 1, "Enable" },
	{ 2, "Disable" },
	{ 0 },
};

static const struct tunable_word scheduler_words[] = {
	{ 1, "Classic" },
	{ 2, "Core" },
	{ 3, "Root" },
	{ 4, "legacy root" },
	{ 0 },
};

/* An element of the boot configuration: it is in no registry value. */
#define OPTION(option)                                                                             \
	.name = #option, .type = REG_DWORD, .type_also = REG_QWORD, .bcd = #option,                \
	.into = NUMBER_FIELD(struct hvloader_options, option), .basis = BASIS_DOCUMENTED

static const struct tunable option_rows[] = {
	{
	    OPTION(hypervisorlaunchtype),
	    DEFAULT(1),
	    .shape = SHAPE_ENUM,
	    .words = launch_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_DEFAULT | FACT_SHAPE | FACT_JUDGEMENT,
	    .doc = "Whether the hypervisor is launched at boot.",
	    .note = "The numbers are those of public BCD tables; without the element it is Auto.",
	},
	{
	    OPTION(hypervisordebug),
	    .shape = SHAPE_BOOL,
	    .doc = "Enable the hypervisor's kernel debugger.",
	},
	{
	    OPTION(hypervisordebugtype),
	    .shape = SHAPE_ENUM,
	    .words = debug_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_SHAPE | FACT_JUDGEMENT,
	    .doc = "The debugger's transport.",
	    .note = "The numbers are those of public BCD tables.",
	},
	{
	    OPTION(hypervisorbaudrate),
	    .unit = "baud",
	    .doc = "Rate of the serial debugger.",
	},
	{
	    OPTION(hypervisorchannel),
	    RANGE(0, 62),
	    .doc = "Channel of the 1394 or network debugger.",
	    .note = "What a number above 62 does is not given.",
	},
	{
	    OPTION(hypervisorserialdebugport),
	    .doc = "Serial port of the debugger: 1 for COM1.",
	    .note = "Public tables call the element hypervisordebugport.",
	},
	{
	    .name = "hypervisorbusparams",
	    .type = REG_SZ,
	    .bcd = "hypervisorbusparams",
	    .into = TEXT_FIELD(struct hvloader_options, hypervisorbusparams),
	    .basis = BASIS_DOCUMENTED,
	    .doc = "Bus, device and function of the debugger's network adapter, as b.d.f.",
	    .note = "A string, although only integer and boolean look-ups are described.",
	},
	{
	    OPTION(hypervisorhostip),
	    .doc = "IPv4 address of the debugger's host, as a number.",
	    .note = "The order of the bytes is not given.",
	},
	{
	    OPTION(hypervisorhostport),
	    .doc = "TCP port of the debugger's host.",
	},
	{
	    OPTION(hypervisornumproc),
	    AT_LEAST(1),
	    .doc = "How many logical processors the hypervisor uses at most.",
	    .note = "1..N without N, and without what other numbers do.",
	},
	{
	    OPTION(hypervisorrootproc),
	    AT_LEAST(1),
	    .doc = "How many virtual processors the root partition has.",
	    .note = "1..N without N, and without what other numbers do.",
	},
	{
	    OPTION(hypervisorrootprocpercore),
	    .doc = "Virtual processors of the root partition on one core.",
	},
	{
	    OPTION(hypervisoriommupolicy),
	    .shape = SHAPE_ENUM,
	    .words = iommu_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_SHAPE | FACT_JUDGEMENT,
	    .doc = "How the IOMMU is used.",
	    .note = "The numbers are those of public BCD tables.",
	},
	{
	    OPTION(hypervisorscheduler),
	    .shape = SHAPE_ENUM,
	    .words = scheduler_words,
	    .misshapen = OOB_RESET,
	    .assumed = FACT_JUDGEMENT,
	    .doc = "The hypervisor's scheduler: the setting, not the number that is reported.",
	    .note = "Root is 3 in the list and 4 where the active type is told; both ask for root. "
	            "Public name: hypervisorschedulertype.",
	},
	{
	    OPTION(hypervisordisableslat),
	    .shape = SHAPE_BOOL,
	    .doc = "Do without SLAT: shadow paging, to debug.",
	},
	{
	    OPTION(hypervisoruselargevtlb),
	    .shape = SHAPE_BOOL,
	    .doc = "Use a large virtual TLB.",
	},
	{
	    OPTION(hypervisorenforcedcodeintegrity),
	    .shape = SHAPE_BOOL,
	    .doc = "Enforce code integrity by the hypervisor.",
	    .note = "Public tables have an integer of 0 to 2 here.",
	},
	{
	    OPTION(hypervisordisabledfss),
	    .shape = SHAPE_BOOL,
	    .doc = "Turn the dynamic fair share scheduler off.",
	    .note =
	        "The registry's counterpart has another name and another reader: either turns it "
	        "off.",
	},
};

static const struct tunable_table option_table = {
	.name = "hvloader.options",
	.owner = "hvloader.dll",
	.key = "{hypervisorsettings}",
	.opens = OPTIONS,
	.section = "2.11.3",
	.reader = "HvlLoadHypervisor",
	.helper = "BlGetBootOptionInteger / BlGetBootOptionBoolean",
	.apply = APPLY_BOOT,
	.rows = option_rows,
	.count = ARRAY_SIZE(option_rows),
	.state_size = sizeof(struct hvloader_options),
};

static const struct tunable_table *const tables[] = { &control_table, &text_table, &partition_table,
	&option_table };

static ntstatus
OslGetValueAtKey(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
OslGetStringValueAtKey(struct registry *registry, reg_key key, const struct tunable *row,
    uint32_t *ret_type, struct buf *data)
{
	return tunable_read_value(registry, key, row, ret_type, data);
}

static ntstatus
hvloader_entry(struct module_object *object)
{
	ntstatus status = module_load_once(object, &control_table, OslGetValueAtKey);

	if (ntstatus_ok(status))
		status = module_load_once(object, &text_table, OslGetStringValueAtKey);
	if (ntstatus_ok(status))
		status = module_load_once(object, &partition_table, OslGetStringValueAtKey);
	if (ntstatus_ok(status))
		status = module_load_once(object, &option_table, OslGetValueAtKey);
	return status;
}

/* --- The block
 * ------------------------------------------------------------------------------------ */

static uint32_t
number32(struct tunable_number number)
{
	return number.value > UINT32_MAX ? UINT32_MAX : (uint32_t)number.value;
}

static void
copy_text(char *to, size_t size, const char *text)
{
	size_t length = text != NULL ? strnlen(text, size - 1) : 0;

	memset(to, 0, size);
	if (length > 0)
		memcpy(to, text, length);
}

/* The reading of a row by its name, in the snapshot of its table. */
static const struct tunable_reading *
reading_of(const struct module_object *object, const struct tunable_table *table, const char *name)
{
	for (size_t i = 0; i < object->snapshot_count; i++) {
		if (object->snapshots[i].snapshot->table == table)
			return tunable_snapshot_find(object->snapshots[i].snapshot, name);
	}
	return NULL;
}

/* Who owns the performance monitors: a bit, or neither for a word that is none of the two. */
static uint64_t
perfmon_flag(const struct module_object *object)
{
	const struct tunable_reading *reading =
	    reading_of(object, &text_table, "hypervisorperfmon");
	struct buf text = { 0 };
	uint64_t flag = 0;

	if (reading == NULL)
		return 0;
	tunable_effective(reading, &text);
	if (reading->kind == KIND_NUMBER)
		flag = reading->number == 0   ? LAUNCH_PERFMON_SYSTEM
		       : reading->number == 1 ? LAUNCH_PERFMON_HYPERVISOR
		                              : 0;
	else if (strcasecmp(buf_text(&text), "system") == 0)
		flag = LAUNCH_PERFMON_SYSTEM;
	else if (strcasecmp(buf_text(&text), "hypervisor") == 0)
		flag = LAUNCH_PERFMON_HYPERVISOR;
	buf_release(&text);
	return flag;
}

/*
 * The setting (Classic 1, Core 2, Root 3, and 4 for root too) as the active type; without one,
 * Core: Windows Server has had it by default since 2019 (Microsoft's article on scheduler types).
 */
static uint32_t
scheduler_type(struct tunable_number setting)
{
	for (const struct bcd_scheduler *at = bcd_schedulers; setting.set && at->word != NULL;
	     at++) {
		if (at->setting == setting.value)
			return at->active;
	}
	return SCHEDULER_CORE;
}

/* The numbers that may be unset, in the order of their bits in `set`. */
#define BLOCK_NUMBERS(X)                                                                           \
	X(debug, hypervisordebug)                                                                  \
	X(debug_type, hypervisordebugtype)                                                         \
	X(baud_rate, hypervisorbaudrate)                                                           \
	X(channel, hypervisorchannel)                                                              \
	X(serial_debug_port, hypervisorserialdebugport)                                            \
	X(host_ip, hypervisorhostip)                                                               \
	X(host_port, hypervisorhostport)                                                           \
	X(num_proc, hypervisornumproc)                                                             \
	X(root_proc, hypervisorrootproc)                                                           \
	X(root_proc_per_core, hypervisorrootprocpercore)                                           \
	X(iommu_policy, hypervisoriommupolicy)                                                     \
	X(disable_slat, hypervisordisableslat)                                                     \
	X(use_large_vtlb, hypervisoruselargevtlb)                                                  \
	X(enforced_code_integrity, hypervisorenforcedcodeintegrity)                                \
	X(disable_dfss, hypervisordisabledfss)

static void
take_options(const struct hvloader_options *options, struct launch_block *block)
{
	uint64_t bit = 1;

#define TAKE(field, option)                                                                        \
	block->field = number32(options->option);                                                  \
	block->set |= options->option.set ? bit : 0;                                               \
	bit <<= 1;
	BLOCK_NUMBERS(TAKE)
#undef TAKE
	block->hypervisor = options->hypervisorlaunchtype.value != 0;
	block->scheduler = scheduler_type(options->hypervisorscheduler);
	copy_text(block->bus_params, sizeof(block->bus_params), options->hypervisorbusparams.text);
}

static void
take_control(const struct hvloader_control *control, struct launch_block *block)
{
	block->flags |= control->hypervisor_use_vapic.value != 0 ? LAUNCH_USE_VAPIC : 0;
	block->ignore_mem_part = number32(control->ignore_mem_part);
	block->dma_guard_opt_in = number32(control->dma_guard_opt_in);
	block->hardware_isolation = number32(control->enable_hardware_isolation);
	block->sev_snp = number32(control->enable_sev_snp);
	block->iov = number32(control->enable_iov);
	block->numa_policy = number32(control->initial_allocation_numa_policy);
}

static uint32_t
word_number(const struct module_object *object, const char *name)
{
	const char *word = module_word(object, name);

	return word != NULL ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

ntstatus
HvlLoadHypervisor(struct module_object *object, struct launch_block *ret_block)
{
	struct launch_block block = {
		.magic = LAUNCH_BLOCK_MAGIC, .version = LAUNCH_BLOCK_VERSION, .size = sizeof(block)
	};
	const struct hvloader_control *control;
	const struct hvloader_texts *texts;
	const struct hvloader_partition *partition;
	const struct hvloader_options *options;
	ntstatus status = hvloader_entry(object);

	if (!ntstatus_ok(status))
		return status;
	control = module_state(object, &control_table);
	texts = module_state(object, &text_table);
	partition = module_state(object, &partition_table);
	options = module_state(object, &option_table);
	take_options(options, &block);
	take_control(control, &block);
	block.flags |= perfmon_flag(object);
	copy_text(
	    block.load_options, sizeof(block.load_options), texts->hypervisorloadoptions.text);
	copy_text(block.metadata_partition, sizeof(block.metadata_partition), partition->name.text);
	copy_text(block.cpu_vendor, sizeof(block.cpu_vendor), module_word(object, "cpuvendor"));
	block.processors = word_number(object, "processors");
	block.memory_gb = word_number(object, "memory_gb");
	block.numa_nodes = word_number(object, "numa_nodes");
	copy_text(block.backing, sizeof(block.backing), module_word(object, "backing"));
	*ret_block = block;
	return status;
}

/* --- Explaining
 * ----------------------------------------------------------------------------------- */

static json_t *
explain(const struct module_object *object, const char *field, json_t *value,
    const struct tunable_table *table, const char *name)
{
	const struct tunable_reading *reading = reading_of(object, table, name);
	struct buf source = { 0 };
	struct buf reason = { 0 };
	json_t *json;

	if (reading == NULL) {
		json_decref(value);
		return json_null();
	}
	tunable_source_text(reading, &source);
	tunable_reason(reading, &reason);
	json = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "field", field, "value", value,
	    "from", buf_text(&source), "verdict", tunable_verdict_name(reading->verdict), "reason",
	    buf_text(&reason), "key", table->key, "name", name);
	buf_release(&source);
	buf_release(&reason);
	return json;
}

static json_t *
explain_machine(const char *field, json_t *value)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:s}", "field", field, "value", value, "from",
	    "machine", "verdict", "applied", "reason", "a fact of the emulated machine");
}

json_t *
launch_explain(const struct module_object *object, const struct launch_block *block)
{
	json_t *list = json_array();

#define ADD(field, value, table, name)                                                             \
	json_array_append_new(list, explain(object, field, value, &(table), name))
#define NUMBER(number)            json_integer((json_int_t)(number))
#define ADD_OPTION(field, option) ADD(#field, NUMBER(block->field), option_table, #option);
	ADD("hypervisor", NUMBER(block->hypervisor), option_table, "hypervisorlaunchtype");
	ADD("scheduler", NUMBER(block->scheduler), option_table, "hypervisorscheduler");
	BLOCK_NUMBERS(ADD_OPTION)
	ADD("bus_params", json_string(block->bus_params), option_table, "hypervisorbusparams");
	ADD("flags.use_vapic", NUMBER(block->flags & LAUNCH_USE_VAPIC), control_table,
	    "HypervisorUseVapic");
	ADD("flags.perfmon",
	    NUMBER(block->flags & (LAUNCH_PERFMON_SYSTEM | LAUNCH_PERFMON_HYPERVISOR)), text_table,
	    "hypervisorperfmon");
	ADD("ignore_mem_part", NUMBER(block->ignore_mem_part), control_table, "IgnoreMemPart");
	ADD("dma_guard_opt_in", NUMBER(block->dma_guard_opt_in), control_table, "DmaGuardOptIn");
	ADD("hardware_isolation", NUMBER(block->hardware_isolation), control_table,
	    "EnableHardwareIsolation");
	ADD("sev_snp", NUMBER(block->sev_snp), control_table, "EnableSevSnp");
	ADD("iov", NUMBER(block->iov), control_table, "EnableIov");
	ADD("numa_policy", NUMBER(block->numa_policy), control_table,
	    "InitialAllocationNumaPolicy");
	ADD("load_options", json_string(block->load_options), text_table, "Hypervisorloadoptions");
	ADD("metadata_partition", json_string(block->metadata_partition), partition_table, "Name");
#undef ADD
#undef ADD_OPTION
	json_array_append_new(list, explain_machine("cpu_vendor", json_string(block->cpu_vendor)));
	json_array_append_new(list, explain_machine("processors", NUMBER(block->processors)));
	json_array_append_new(list, explain_machine("memory_gb", NUMBER(block->memory_gb)));
	json_array_append_new(list, explain_machine("numa_nodes", NUMBER(block->numa_nodes)));
	json_array_append_new(list, explain_machine("backing", json_string(block->backing)));
#undef NUMBER
	return list;
}

const struct module hvloader_module = {
	.name = "hvloader",
	.image = "hvloader.dll",
	.doc = "Loader of the hypervisor: merges boot configuration and registry.",
	.tables = tables,
	.table_count = ARRAY_SIZE(tables),
	.entry = hvloader_entry,
};

const struct module *const hvloader_modules[] = {
	&hvloader_module,
	NULL,
};
