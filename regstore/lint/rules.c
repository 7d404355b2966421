/*
 * The rules, each with its page. docs/findings is made of this table, and a test runs the examples.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "regstore/lint/lint.h"

#define REG5      "Windows Registry Editor Version 5.00\n\n"
#define SERVICES  "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\"
#define VHDMP     SERVICES "vhdmp\\Parameters]\n"
#define BASE      "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization"
#define MIGRATION BASE "\\Migration]\n"
#define LOADER                                                                                     \
	"Windows Boot Loader\n"                                                                    \
	"-------------------\n"                                                                    \
	"identifier              {current}\n"

const struct lint_rule lint_rules[] = {
	/* --- Files ------------------------------------------------------------------------ */
	{ "HV1001", "unreadable", LINT_ERROR, "What stands there cannot be read",
	    "A line, a record or a cell is not what the format wants there. What stands before it "
	    "was judged, and in a .reg file what follows from the next line that can be read.",
	    REG5 VHDMP "\"MirrorBlockSize\"=dword:64g\n",
	    "regedit leaves out a line that it cannot read and says nothing of it; a hive or a "
	    "Registry.pol that is damaged is refused as a whole.",
	    "Mend the place that is named. --format says which format a file has, if that was "
	    "not recognised." },
	{ "HV1002", "not-known", LINT_NOTE, "The value is none that a reader here has",
	    "Neither the key nor the name is one that a component of Hyper-V reads. Such lines are "
	    "counted; --all lists them.",
	    NULL, "Nothing, as far as Hyper-V goes.", "Nothing." },
	{ "HV1003", "directive-kept", LINT_NOTE, "A directive of Registry.pol is not carried out",
	    "The record's name begins with ** and asks for something that is no value, such as "
	    "**SecureKey.",
	    NULL, "Group policy carries it out; it sets no value.", "Nothing." },
	{ "HV1004", "left-out", LINT_NOTE, "A part of the hive is left out",
	    "A name in the hive is no well-formed text, so that it can be no name that a reader "
	    "asks for.",
	    NULL, "The value is there, and nobody reads it.", "Nothing." },

	/* --- Values that are read --------------------------------------------------------- */
	{ "HV1101", "takes-effect", LINT_NOTE, "The value takes effect",
	    "The reader takes the value, and it is another than what would hold without it.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:8\n",
	    "Uses the value from the event on that the finding names.", "Nothing." },
	{ "HV1102", "is-default", LINT_NOTE, "The value is what holds anyway",
	    "The reader takes the value, and without it the same would hold.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:4\n", "Uses the value.",
	    "Nothing; or delete the line, if it is not to pin the default." },
	{ "HV1103", "zero-is-default", LINT_NOTE, "Zero means the default",
	    "The reader takes 0 for \"not set\".", REG5 MIGRATION "\"MemoryWalkerCount\"=dword:0\n",
	    "Uses the default.", "Nothing; or delete the line." },
	{ "HV1104", "coerced", LINT_WARNING, "A number other than 0 and 1 is taken as on",
	    "The value is a switch, and its reader asks only whether it is 0.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	         "\"EnableIov\"=dword:2\n",
	    "Acts as for 1.", "Write 1, or 0." },
	{ "HV1105", "capped", LINT_WARNING, "The value is brought down to the maximum",
	    "The number is above what the reader takes.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:81\n", "Uses the maximum.",
	    "Write a number within the range." },
	{ "HV1106", "raised", LINT_WARNING, "The value is brought up to the minimum",
	    "The number is below what the reader takes.",
	    REG5 SERVICES "VmsMp\\Parameters]\n\"VmsMaxPacketHeaderCount\"=dword:3\n",
	    "Uses the minimum.", "Write a number within the range." },
	{ "HV1107", "reset", LINT_WARNING, "The default is used instead of the value",
	    "The number is out of range, or of a shape that the reader does not take, and the "
	    "reader then falls back to the default: not to the nearest bound.",
	    REG5 VHDMP "\"SmbResiliencyTimeoutMs\"=dword:493e1\n", "Uses the default.",
	    "Write a number within the range." },
	{ "HV1108", "rejected", LINT_WARNING, "The value is discarded",
	    "The number is out of range, and the reader leaves things as they were.",
	    REG5 BASE "\\Worker]\n\"MaxNestedTlbSize\"=dword:b\n", "Acts as without the value.",
	    "Write a number within the range." },
	{ "HV1109", "unstated", LINT_WARNING, "What a value out of range does is not stated",
	    "The reference gives a range, but not what its reader does with other numbers.",
	    LOADER "hypervisorchannel       63\n",
	    "Unknown; hvemu takes the number as it is, and says so.",
	    "Write a number within the range." },
	{ "HV1110", "deleted", LINT_NOTE, "The value is deleted",
	    "The line deletes a value that a reader has; the finding says what then holds.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=-\n", "Acts as without the value.", "Nothing." },
	{ "HV1111", "key-deleted", LINT_NOTE, "A key is deleted that readers look into",
	    "The line deletes a key, or what is above one, that a component of Hyper-V reads.",
	    REG5 "[-HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\vhdmp\\Parameters]\n",
	    "Acts as without all of its values. A service's own key holds what starts it, too.",
	    "Nothing, if that is what is wanted." },

	/* --- Values that are not taken ---------------------------------------------------- */
	{ "HV1201", "wrong-type", LINT_WARNING, "The value has a type that its reader ignores",
	    "The reader asks for one type and finds another.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=\"8\"\n",
	    "Acts as without the value. (That a wrong type counts as absent is assumed.)",
	    "Write it with the reader's type." },
	{ "HV1202", "wrong-size", LINT_WARNING, "A number has not its type's size",
	    "A REG_DWORD takes four bytes and a REG_QWORD eight.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=hex(4):08,00\n",
	    "Acts as without the value. (Assumed, as for a wrong type.)",
	    "Write all bytes of the number." },
	{ "HV1203", "gate-closed", LINT_WARNING, "Another setting keeps the value from being read",
	    "The reader looks at the value only while another one allows it, and here it does not.",
	    REG5 SERVICES "storvsp]\n\"SpreadWork\"=dword:0\n\"AffinitizeThreads\"=dword:1\n",
	    "Does not look at the value.", "Change the value that is named, or delete the line." },
	{ "HV1204", "hidden-by-policy", LINT_WARNING, "A policy hides the value",
	    "The same setting is there as a policy, and that wins.",
	    REG5 BASE "]\n\"RequireSecureDeviceAssignment\"=dword:0\n\n"
	              "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\HyperV]\n"
	              "\"RequireSecureDeviceAssignment\"=dword:1\n",
	    "Uses the policy's value.", "Change the policy, or delete the line." },
	{ "HV1205", "hidden-by-boot-option", LINT_WARNING, "A boot option hides the value",
	    "The loader asks the boot configuration first, and it has the option.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	         "\"HypervisorUseVapic\"=dword:0\n\n"
	         "[HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\\{7ff607e0-4395-11db-b0de-0800200c9a66}"
	         "\\Elements\\26000116]\n\"Element\"=hex:01\n",
	    "Uses the boot option.", "Change the boot option, or delete the line." },
	{ "HV1206", "hidden-by-preferred", LINT_WARNING, "A value of another key hides this one",
	    "The reader looks in another place first, and finds a value there.",
	    REG5 SERVICES "vid\\Parameters]\n\"IgnoreMemPart\"=dword:0\n\n"
	                  "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	                  "\"IgnoreMemPart\"=dword:1\n",
	    "Uses the value of the other key.", "Change the value that wins, or delete the line." },
	{ "HV1207", "fallback-not-consulted", LINT_NOTE,
	    "The value is a fallback that is not needed",
	    "A reader takes this value where another is absent, and that one is there.",
	    REG5 SERVICES
	    "VmsMp\\Parameters]\n\"VmsVmqMode\"=dword:1\n\"VmsQueueSchedulingMode\"=dword:2\n",
	    "Uses the other value.", "Nothing; or delete the line." },
	{ "HV1208", "overruled", LINT_WARNING, "A rule between values overrules the value",
	    "Another setting decides what this one comes to.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	         "\"EnableHardwareIsolation\"=dword:0\n"
	         "\"Hypervisorloadoptions\"=\"ENABLEHARDWAREISOLATION\"\n",
	    "Uses what the rule gives.", "Change the value that decides, or delete the line." },
	{ "HV1209", "condition-not-known", LINT_NOTE,
	    "Whether the value is read depends on the host",
	    "The reader looks at the value only on hosts with a property that is no setting, and "
	    "which was not given.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Hypervisor]\n"
	         "\"EnableSevSnp\"=dword:1\n",
	    "Looks at it, or does not.",
	    "Say what holds: --state cpuvendor=AuthenticAMD. hvctl describe NAME names the "
	    "condition." },
	{ "HV1210", "no-terminator", LINT_WARNING, "A text does not end with a NUL",
	    "The registry stores texts with their end; a reader that trusts in it reads on.",
	    REG5 BASE "]\n\"ServerExecutable\"=hex(1):44,00,3a,00\n",
	    "Depends on the reader: most take the text, some find it too short by a character.",
	    "Write the terminating NUL." },
	{ "HV1211", "odd-length", LINT_WARNING, "A text has an odd number of bytes",
	    "Characters are 16 bits; the last one is half there.",
	    REG5 BASE "]\n\"ServerExecutable\"=hex(1):44,00,3a\n", "Depends on the reader.",
	    "Write whole characters, and the terminating NUL." },
	{ "HV1212", "malformed-list", LINT_WARNING, "A REG_MULTI_SZ is malformed",
	    "A list ends with its first empty string. Here it ends before that, or goes on after "
	    "it.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\HgsClient]\n"
	         "\"FallbackService\"=hex(7):61,00,00,00,00,00,62,00,00,00,00,00\n",
	    "Readers stop at the first empty string.", "Leave the empty strings out." },

	/* --- Names and keys --------------------------------------------------------------- */
	{ "HV1301", "misspelt-name", LINT_WARNING,
	    "The name is nearly that of a value that is read",
	    "No reader knows the name; one in this key is a few letters away.",
	    REG5 VHDMP "\"SmbResilencyTimeoutMs\"=dword:ea60\n", "Nothing: nobody asks for it.",
	    "Write the name as the finding has it." },
	{ "HV1302", "wrong-key", LINT_WARNING, "The right name stands under the wrong key",
	    "A reader knows the name, but looks for it in another key.",
	    REG5 SERVICES "vhdmp]\n\"SmbResiliencyTimeoutMs\"=dword:ea60\n",
	    "Nothing: nobody asks for it there.", "Write it to the key that the finding names." },
	{ "HV1303", "misspelt-key", LINT_WARNING, "A component of the key is misspelt",
	    "With one component spelt otherwise, the key is one in which a reader knows the name.",
	    REG5 SERVICES "vhdpm\\Parameters]\n\"SmbResiliencyTimeoutMs\"=dword:ea60\n",
	    "Nothing: nobody asks for it there.", "Write it to the key that the finding names." },
	{ "HV1304", "view-of-32-bit", LINT_WARNING,
	    "The value stands in the view of 32-bit programs",
	    "The key lies below WOW6432Node. Hyper-V's components are 64-bit programs.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows NT\\CurrentVersion"
	         "\\Virtualization\\Migration]\n\"MemoryWalkerCount\"=dword:8\n",
	    "Nothing: nobody asks for it there.",
	    "Write it to the key without WOW6432Node; with reg, use /reg:64." },
	{ "HV1305", "other-control-set", LINT_WARNING, "The value stands in another control set",
	    "The host boots from the control set that HKLM\\SYSTEM\\Select!Current names; without "
	    "that value in the configuration, 1 is taken to be current.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Services\\vhdmp\\Parameters]\n"
	         "\"SmbResiliencyTimeoutMs\"=dword:7530\n",
	    "Nothing, unless it boots from that control set.", "Write it to CurrentControlSet." },
	{ "HV1306", "unknown-name", LINT_NOTE, "No reader knows the name in this key",
	    "The key is one that Hyper-V's components read, and the name is none of theirs.",
	    REG5 VHDMP "\"Zzz\"=dword:1\n", "Nothing that is known.",
	    "Check where the name comes from." },
	{ "HV1307", "service-value", LINT_NOTE, "The service control manager's value",
	    "Start, ImagePath and the like belong to every service's key; they are known, and not "
	    "judged.",
	    REG5 SERVICES "vhdmp]\n\"Start\"=dword:3\n", "Starts the service by it.", "Nothing." },
	{ "HV1308", "key-without-names", LINT_NOTE, "The reference names the key, not its values",
	    "A component reads the key, but which values it looks for is not known.",
	    REG5 BASE "\\Containers\\Debug]\n\"Level\"=dword:1\n", "Unknown.", "Nothing." },
	{ "HV1309", "policy-elsewhere", LINT_WARNING,
	    "A policy stands outside of the policies' keys",
	    "The name is that of a policy, and policies are read below Policies only.",
	    REG5 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CredentialsDelegation]\n"
	         "\"RestrictedRemoteAdministration\"=dword:1\n",
	    "Nothing: nobody asks for it there.", "Write it to the key that the finding names." },
	{ "HV1310", "unknown-root", LINT_WARNING, "The key begins with no root of the registry",
	    "A key's path begins with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, HKEY_USERS, "
	    "HKEY_CLASSES_ROOT or HKEY_CURRENT_CONFIG.",
	    REG5 "[HKEY_LOCAL_MACHIN\\SOFTWARE\\Vendor]\n\"Name\"=\"x\"\n",
	    "regedit leaves the key and its values out.", "Mend the root." },

	/* --- Several lines ---------------------------------------------------------------- */
	{ "HV1401", "replaced", LINT_WARNING, "A later line sets the value again",
	    "The configuration sets a value twice, and the later line wins.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:8\n\"MemoryWalkerCount\"=dword:9\n",
	    "Sees the later value only.", "Keep one of the lines." },
	{ "HV1402", "repeated", LINT_NOTE, "A later line sets the same",
	    "The configuration sets a value twice, to the same data.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:8\n\"MemoryWalkerCount\"=dword:8\n",
	    "Sees one value.", "Keep one of the lines." },
	{ "HV1403", "set-then-deleted", LINT_WARNING, "A later line deletes the value again",
	    "The configuration sets a value, and then deletes it or its key.",
	    REG5 MIGRATION "\"MemoryWalkerCount\"=dword:8\n\"MemoryWalkerCount\"=-\n",
	    "Sees no value.", "Keep one of the lines." },
	{ "HV1404", "not-set-softly", LINT_NOTE, "The value is there already",
	    "A record **soft.NAME of a Registry.pol sets a value only where there is none.", NULL,
	    "Keeps the earlier value.", "Nothing; or delete the record." },

	/* --- Boot configuration ----------------------------------------------------------- */
	{ "HV1501", "wrong-boot-object", LINT_WARNING,
	    "The boot option is in an object of another kind",
	    "The loader looks for its options in the entry that boots, and in what that inherits.",
	    "Windows Boot Manager\n--------------------\nidentifier              {bootmgr}\n"
	    "hypervisorlaunchtype    Off\n",
	    "Does not find the option.", "Set it in {current} or {hypervisorsettings}." },
	{ "HV1502", "unknown-boot-option", LINT_WARNING,
	    "No boot option of this name or id is known",
	    "Neither the reference nor public tables have the option.",
	    LOADER "hypervisorlauntchtype   Auto\n", "Nothing that is known.",
	    "Write the option's name as the finding has it, if it does." },
	{ "HV1503", "boot-option-not-judged", LINT_NOTE, "The boot option is known, and not judged",
	    "Public tables have the option; the reference does not say what comes of it.",
	    LOADER "hypervisormsrfilterpolicy Enable\n",
	    "Uses it, in a way that is not known here.", "Nothing." },
	{ "HV1504", "other-boot-entry", LINT_NOTE,
	    "The boot option is in an entry that does not boot",
	    "The boot manager's default is another entry.",
	    "Windows Boot Manager\n--------------------\nidentifier              {bootmgr}\n"
	    "default                 {current}\n\n" LOADER
	    "description             Windows Server\n\n"
	    "Windows Boot Loader\n-------------------\n"
	    "identifier              {11111111-2222-3333-4444-555555555555}\n"
	    "hypervisorlaunchtype    Off\n",
	    "Does not find the option, unless somebody chooses the other entry.",
	    "Set it in {hypervisorsettings} or in the entry that boots." },
	{ "HV1505", "hidden-boot-option", LINT_WARNING,
	    "Another object's boot option is found first",
	    "An entry's own option wins over what it inherits.",
	    LOADER "hypervisornumproc       8\n\nHypervisor Settings\n-------------------\n"
	           "identifier              {hypervisorsettings}\nhypervisornumproc       4\n",
	    "Uses the option that it finds first.", "Set it in one object only." },
	{ "HV1506", "malformed-boot-option", LINT_WARNING,
	    "The boot option's data are not its format's",
	    "An integer, a switch or a text is stored or written as something else.",
	    LOADER "hypervisorlaunchtype    Sometimes\n", "Does not find a value.",
	    "Set the option with bcdedit, which checks its data." },
	{ "HV1507", "boot-option-differs", LINT_NOTE, "The reference and public tables differ",
	    "The option has another name, id or numbering in the reference than in public tables.",
	    LOADER "hypervisorschedulertype Core\n", "Goes by its own tables.",
	    "Check by the running host what it made of the option." },

	/* --- Suppressions ----------------------------------------------------------------- */
	{ "HV1901", "suppression-expired", LINT_WARNING, "A suppression is past its day",
	    "The day in until= is over; the suppression hides nothing any more.",
	    REG5 MIGRATION "; hvlint: HV1105 until=2020-12-31 reason=\"to be measured\"\n"
	                   "\"MemoryWalkerCount\"=dword:81\n",
	    "Nothing: a suppression is for the reader of findings.",
	    "Mend the finding, or give the suppression a new day." },
	{ "HV1902", "suppression-unused", LINT_NOTE, "A suppression hides nothing",
	    "No finding is as the suppression says.",
	    REG5 MIGRATION "; hvlint: HV1105 until=2999-12-31 reason=\"to be measured\"\n"
	                   "\"MemoryWalkerCount\"=dword:8\n",
	    "Nothing.", "Delete the suppression." },
	{ "HV1903", "suppression-malformed", LINT_ERROR, "A suppression cannot be read",
	    "A suppression has codes, a day (until=YYYY-MM-DD) and a reason (reason=\"...\"); "
	    "file=, "
	    "key= and name= narrow it. It hides nothing until it is mended.",
	    REG5 MIGRATION "; hvlint: HV1105 reason=\"for ever\"\n\"MemoryWalkerCount\"=dword:81\n",
	    "Nothing.", "Mend the suppression." },
	{ 0 },
};

static int
compare_code(const void *code, const void *rule)
{
	return strcasecmp(code, ((const struct lint_rule *)rule)->code);
}

const struct lint_rule *
lint_rule_find(const char *code)
{
	return bsearch(
	    code, lint_rules, ARRAY_SIZE(lint_rules) - 1, sizeof(*lint_rules), compare_code);
}

void
lint_rule_page(const struct lint_rule *rule, struct buf *out)
{
	buf_printf(out, "# %s: %s\n\n%s. `%s`, a%s %s.\n\n%s\n", rule->code, rule->name,
	    rule->title, rule->name, rule->severity == LINT_ERROR ? "n" : "",
	    lint_severity_name(rule->severity), rule->meaning);
	if (rule->example != NULL)
		buf_printf(out, "\n## Example\n\n```\n%s```\n", rule->example);
	buf_printf(out, "\n## What the host does\n\n%s\n\n## How to mend it\n\n%s\n", rule->host,
	    rule->mend);
}
