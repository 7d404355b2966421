/*
 * hvctl: the table of commands, and what runs them.
 */
#include "vmms/hvctl.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct hvctl_command commands[] = {
	{ "host", "create [--relaxed] [--seed N] | show | check [--repair]",
	    "make a host, show where it is, or check its registry",
	    "A host is a folder. --relaxed makes one whose writes may be lost at a power cut: for\n"
	    "hosts that are thrown away. --seed has its ids repeat themselves: see clock.\n"
	    "check --repair mends the registry of a host that is down, and keeps a copy of it.",
	    hvctl_host },
	{ "up", "[--last-known-good]", "boot the host (made first if there is none)",
	    "--last-known-good boots from the control set of the last boot that came up whole.",
	    hvctl_up },
	{ "down", "", "shut the host down", NULL, hvctl_down },
	{ "reboot", "[--last-known-good]", "shut the host down and boot it again",
	    "What is pending until a boot has its effect then.", hvctl_reboot },
	{ "boot", "[--explain]", "this boot; and where each field of the launch block comes from",
	    NULL, hvctl_boot },
	{ "events", "[--provider NAME] [--id N]", "the host's event log", NULL, hvctl_events },
	{ "fork", "TARGET [--at MOMENT]", "make another host that is a copy of this one",
	    "TARGET is a folder that is not there yet. The host may be up meanwhile; the copy is\n"
	    "down, and knows nothing of this one. --at has its registry as it was at a moment.",
	    hvctl_fork },
	{ "clock", "[show] | pause | resume | step DURATION | jump TIME | seed N|off",
	    "the clock that all processes of the host follow, and the seed of its ids",
	    "step lets a while pass (300s, 5m, 1.5h): what becomes due on the way happens at its\n"
	    "time, and all processes have acted when the command returns. jump sets the time of "
	    "day\n"
	    "(2026-11-29T10:00:00Z): no timer minds. With a seed, ids are the same on each host\n"
	    "that has the same seed and takes the same steps.",
	    hvctl_clock },
	{ "service", "query [NAME] | start NAME | stop NAME | restart NAME",
	    "the services, by their keys below Services",
	    "NAME is a service (vmms) or its program. What failed is started again by its\n"
	    "FailureActions.",
	    hvctl_service },
	{ "status", "[MODULE]", "what runs, and the state that each module derived", NULL,
	    hvctl_status },
	{ "show", "KEY [--as-of MOMENT] [--reg]", "a key's subkeys and values as they are stored",
	    "--as-of shows what was there then; a MOMENT is the number of a write, a time\n"
	    "(2026-11-22T10:00:00, UTC; virtual:... by the host's own clock), a snapshot's name,\n"
	    "or \"now\". --reg prints the key and all below it as a .reg file, in UTF-16.",
	    hvctl_show },
	{ "tunables",
	    "[MODULE | NAME | KEY\\NAME] [--pending] [--set] [--as-of MOMENT] | --summary",
	    "what each reader made of each value",
	    "--pending shows what was written and has no effect yet, and the event that gives it.\n"
	    "--set leaves out what is absent from the registry.\n"
	    "--as-of shows what each reader would have made of the registry as it was then.\n"
	    "--summary counts the rows, and says how much of them is documented or assumed.",
	    hvctl_tunables },
	{ "switches", "[NAME [WORD]]", "the named choices between readings of the reference",
	    "With a word, this host reads so from then on.", hvctl_switches },
	{ "why", "NAME | KEY\\NAME [INPUT] [--as-of MOMENT]",
	    "the steps by which an effective value came about",
	    "Each reader of the name is shown; KEY\\NAME narrows. With an INPUT, as in vectors, "
	    "the steps\n"
	    "are those of the input, and no host is needed.",
	    hvctl_why },
	{ "resolve", "NAME | KEY\\NAME [INPUT]",
	    "what the reader makes of an input, without a host",
	    "INPUT is as in vectors: absent, dword:5, sz:text, \"A=dword:1; B=absent\". Without "
	    "it\n"
	    "the host's own value is taken.",
	    hvctl_resolve },
	{ "solve", "NAME=VALUE | KEY\\NAME=VALUE [--reg | --bcdedit] [--state NAME=WORD]...",
	    "the settings that make a value the effective one",
	    "VALUE is a number, a word of the value's, text, hexadecimal bytes, or absent. What "
	    "comes out is\n"
	    "a .reg file, or commands of bcdedit: the fewest changes to the host's registry, or to "
	    "nothing\n"
	    "if there is no host. --reg changes no boot options, --bcdedit nothing else. --state "
	    "says what\n"
	    "is no setting (vm=shielded). Exit status 1: no setting does it; 2: wrong call.",
	    hvctl_solve },
	{ "verify",
	    "FILE... [--junit FILE] [--coverage[=FILE]] [--require-coverage] | --generate WHAT [-o "
	    "FILE]",
	    "judge vectors, and report as TAP",
	    "--coverage counts how often each judgement of each row was made, and names those "
	    "that\n"
	    "never were; =FILE writes the counts, tab-separated. --require-coverage fails unless "
	    "each\n"
	    "was made. --generate writes vectors of a NAME, KEY\\NAME, MODULE or --all from the "
	    "tables: a\n"
	    "baseline against regressions, and no proof against the reference.\n"
	    "Exit status 0: all passed; 1: some failed; 2: could not run, or no case at all.",
	    hvctl_verify },
	{ "lint", "FILE... [OPTION...] | --explain CODE",
	    "what a host would make of each line of a configuration; needs no host",
	    "FILE is a .reg file, a Registry.pol, a hive, what \"bcdedit /enum\" prints, or - for\n"
	    "standard input. Files are one configuration, imported in this order.\n\n"
	    "  --each               every file by itself\n"
	    "  --format WORD        reg, pol, hive or bcdedit; else by the contents\n"
	    "  --at KEY             the key that a hive is of\n"
	    "  --user               a Registry.pol is a user's\n"
	    "  --state NAME=WORD    what holds on the host: cpuvendor=AuthenticAMD, vm=shielded\n"
	    "  --severity LEVEL     note, warning or error: from where on findings fail "
	    "(warning)\n"
	    "  --quiet              leave out what is below that, and the summary\n"
	    "  --all                also lines that are not about Hyper-V\n"
	    "  --suppressions FILE  accepted findings (.hvlint, if it is there)\n"
	    "  --today YYYY-MM-DD   judge the suppressions' days by this one\n"
	    "  --sarif FILE         write SARIF 2.1.0; - for standard output, with --quiet\n"
	    "  --junit FILE         write JUnit's XML\n"
	    "  --explain CODE       what a finding means and how to mend it; \"all\" lists "
	    "them\n\n"
	    "Exit status 0: nothing from that severity on; 1: findings; 2: could not run, or a "
	    "file or\nsuppression is malformed.",
	    hvctl_lint },
	{ "plan", "[--into KEY] FILE... [--apply]",
	    "what files would change, and what makes it effective",
	    "FILE is a .reg file, a Registry.pol, a hive or boot configuration. --into says where "
	    "the\n"
	    "policy or hive that follows goes. Without a host a new one stands for it. --apply "
	    "imports\n"
	    "all in one transaction, takes exactly the steps shown, and proves that nothing of it "
	    "is\n"
	    "pending.",
	    hvctl_plan },
	{ "diff", "A B [--effective | --raw | --reg]",
	    "what differs between two hosts, files or moments",
	    "A and B are a host's folder, HOST@MOMENT (or @MOMENT: of this host), or a file, "
	    "which\n"
	    "stands for a new host that it was imported into; --into KEY before a hive or policy.\n"
	    "--effective shows what the readers make of it alone, --raw what is stored alone;\n"
	    "--reg writes the .reg file that makes A like B.\n"
	    "Exit status 0: the same; 1: different; 2: failed.",
	    hvctl_diff },
	{ "watch", "[MODULE] [--count N] | --since MOMENT [KEY] [--count N]",
	    "print changes of tunables as they happen",
	    "--since prints every write after that moment (0: since the beginning), and goes on "
	    "as\n"
	    "more come: none is left out, none comes twice. With --json each is one line, and its\n"
	    "number is where a reader that starts again goes on.",
	    hvctl_watch },
	{ "history",
	    "[KEY | KEY\\NAME] [--subtree] [--actor A] [--channel C] [--from MOMENT]\n"
	    "       [--to MOMENT] [--limit N] | prune [LIMIT] | limit [LIMIT]",
	    "who wrote what, when and through what; newest first",
	    "Of a key that is gone, too. --subtree adds all that is or was below it.\n"
	    "A LIMIT is --keep-writes N, --keep-days D, --max-size SIZE (of the registry, 0: "
	    "none):\n"
	    "\"limit\" sets what every commit keeps to, \"prune\" forgets the rest at once.",
	    hvctl_history },
	{ "revert", "N[..M] | --to MOMENT [--key KEY] [--force] [--dry-run]",
	    "undo writes by new ones",
	    "What they touched becomes what it was before. --force also undoes what was written\n"
	    "there since; --dry-run shows what would be written.",
	    hvctl_revert },
	{ "bisect", "[--from MOMENT] [--to MOMENT] NAME[=VALUE] | --run COMMAND [ARGUMENT...]",
	    "which write made an effective value what it is, or a command fail",
	    "The command is run with a copy of the host as it was after a write, in HVEMU_ROOT. "
	    "Its\n"
	    "exit status: 0 good, 1 to 124 bad, 125 cannot be told at this write.",
	    hvctl_bisect },
	{ "snapshot", "create NAME [--comment TEXT] | list | show NAME | delete NAME",
	    "states of the host with a name: registry and files", NULL, hvctl_snapshot },
	{ "reset", "[SNAPSHOT]", "bring the host back to a snapshot, else to the newest",
	    "By new writes: the history stays, a running host sees them as pending.", hvctl_reset },
	{ "blame", "KEY [--as-of MOMENT]", "who last wrote each value of a key, and when", NULL,
	    hvctl_blame },
	{ "describe", "[MODULE | NAME] | --man | --markdown DIR",
	    "all that is known of each tunable; needs no host",
	    "--man prints hvemu-tunables(7), --markdown writes a page for each component.",
	    hvctl_describe },
	{ "reload", "[MODULE]", "send the parameter-reload signal", NULL, hvctl_verb },
	{ "start", "DRIVER | PROCESS", "load a driver, start a service's process", NULL,
	    hvctl_verb },
	{ "stop", "DRIVER | PROCESS", "unload a driver, end a service's process", NULL,
	    hvctl_verb },
	{ "restart", "DRIVER | PROCESS", "the one and then the other", NULL, hvctl_verb },
	{ "vm", "list | create NAME [--shielded] | start NAME | stop NAME | delete NAME",
	    "the virtual machines: each that runs has a worker process",
	    "A start reads what is read at VM start. No guest runs.", hvctl_vm },
	{ "environment", "",
	    "the environment variables that components read, and their values here", NULL,
	    hvctl_environment },
	{ "files", "", "the files that components read, and what hvemu does with each", NULL,
	    hvctl_files },
	{ "client", "settings [NAME true|false] | pages | profile SECTION KEY [VALUE]",
	    "what the management client keeps",
	    "settings: the user.config of Hyper-V Manager. pages: its settings pages and the WMI\n"
	    "classes that they show. profile: hvc's INI file.",
	    hvctl_client },
	{ "policy", "import FILE [--user] | export KEY FILE", "apply or write a Registry.pol",
	    "import carries out a machine's policy below HKLM, with --user a user's below HKCU: "
	    "all of\n"
	    "it or nothing.",
	    hvctl_policy },
	{ "add-device", "DRIVER KEY", "add or restart the device that has this registry key", NULL,
	    hvctl_add_device },
	{ "call", "MODULE OPERATION [ARGUMENT] [--vm NAME]", "run a module's own operation",
	    "vhdmp attach FILE (its full path), storvsp load-parser GUID, NetMgmtIF allocate-mac,\n"
	    "...; an operation that a module has not, as \"?\", is answered with those that it "
	    "has.\n"
	    "--vm says which worker process is meant.",
	    hvctl_call },
	{ 0 },
};

static void
print_usage(FILE *out)
{
	fprintf(out, "Usage: hvctl [--root DIR] [--json] COMMAND ...\n\n"
	             "Operate a virtual Hyper-V host.\n\nCommands:\n");
	for (const struct hvctl_command *at = commands; at->name != NULL; at++)
		fprintf(out, "  %-11s %s\n", at->name, at->doc);
	fprintf(out, "\nOptions:\n"
	             "  --root DIR   the host's folder (else $HVEMU_ROOT, else the default host)\n"
	             "  --json       print data as JSON\n"
	             "  --help       this text; \"hvctl COMMAND --help\" tells more of a command\n"
	             "  --version    the version\n");
}

static int
print_command_help(const struct hvctl_command *command)
{
	printf("Usage: hvctl %s %s\n\n%s.\n", command->name, command->arguments, command->doc);
	if (command->help != NULL)
		printf("\n%s\n", command->help);
	return EXIT_SUCCESS;
}

static const struct hvctl_command *
find_command(const char *name)
{
	for (const struct hvctl_command *at = commands; at->name != NULL; at++) {
		if (strcmp(at->name, name) == 0)
			return at;
	}
	return NULL;
}

/*
 * Take the options that every command has out of argv, wherever they stand before a command of
 * somebody else's (--run); the rest keeps its order. Returns the new count, or -1 for an option
 * without its argument.
 */
static int
take_common(struct hvctl *hvctl, int argc, char **argv, bool *ret_help, bool *ret_version)
{
	bool others = false;
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		others = others || strcmp(argv[i], "--run") == 0;
		if (others) {
			argv[kept++] = argv[i];
		} else if (strcmp(argv[i], "--json") == 0) {
			hvctl->json = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			*ret_help = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			*ret_version = true;
		} else if (strncmp(argv[i], "--root=", 7) == 0) {
			free(hvctl->root);
			hvctl->root = strdup(argv[i] + 7);
		} else if (strcmp(argv[i], "--root") == 0) {
			if (++i == argc)
				return -1;
			free(hvctl->root);
			hvctl->root = strdup(argv[i]);
		} else {
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	return kept;
}

static int
run(struct hvctl *hvctl, int argc, char **argv)
{
	const struct hvctl_command *command;
	char *error;
	bool help = false;
	bool version = false;
	int status;

	argc = take_common(hvctl, argc, argv, &help, &version);
	if (argc < 0)
		return hvctl_misused(hvctl, "--root needs a folder");
	if (hvctl->root == NULL)
		return hvctl_fail(hvctl, "not enough memory");
	if (version) {
		printf("hvctl (hvemu) %s\n", HVEMU_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc < 2) {
		print_usage(help ? stdout : stderr);
		return help ? EXIT_SUCCESS : EXIT_USAGE;
	}
	command = find_command(argv[1]);
	if (command == NULL)
		return hvctl_misused(hvctl, "there is no command \"%s\"", argv[1]);
	if (help)
		return print_command_help(command);
	hvctl->command = command->name;
	if (hvemu_open(&hvctl->hvemu, &error) != HVEMU_OK) {
		status = hvctl_fail(hvctl, "%s", error != NULL ? error : "not enough memory");
		hvemu_free(error);
		return status;
	}
	return command->run(hvctl, argc - 1, argv + 1);
}

int
hvctl_main(int argc, char **argv)
{
	struct hvctl hvctl = { .program = argv[0] };
	struct buf root = { 0 };
	int status;

	registry_default_root(&root);
	hvctl.root = strdup(buf_text(&root));
	buf_release(&root);
	hvctl.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	status = hvctl.root != NULL ? run(&hvctl, argc, argv) : EXIT_FAILURE;
	hvemu_close(hvctl.hvemu);
	free(hvctl.root);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "hvctl: standard output cannot be written\n");
		return EXIT_FAILURE;
	}
	return status;
}
