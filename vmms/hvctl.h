/*
 * hvctl, the administrator's command: what its parts share.
 *
 * Everything that needs no daemon works without one: then the store alone is asked, and the answer
 * is what each reader would make of it.
 */
#ifndef VMMS_HVCTL_H
#define VMMS_HVCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "regstore/tunable/view.h"
#include "vmms/library.h"

/* Exit statuses. */
#define EXIT_USAGE 2

struct hvctl {
	const char *program; /* argv[0] */
	const char *command; /* "tunables" */
	char *root;
	const char *as_of; /* the moment that is shown (registry_find_moment), or NULL */
	bool json;
	bool colour;
	struct hvemu *hvemu;
};

/* One command: its name, its help, and what runs it. argv[0] is the command's name. */
struct hvctl_command {
	const char *name;
	const char *arguments;
	const char *doc;
	const char *help; /* more lines, or NULL */
	int (*run)(struct hvctl *hvctl, int argc, char **argv);
};

/*
 * The whole of hvctl: what the program passes on to the library. Returns the exit status. The one
 * function that the library shows without its being of the interface.
 */
int hvctl_main(int argc, char **argv);

int hvctl_host(struct hvctl *hvctl, int argc, char **argv);
int hvctl_check_host(struct hvctl *hvctl, int argc, char **argv); /* host check */
int hvctl_up(struct hvctl *hvctl, int argc, char **argv);
int hvctl_down(struct hvctl *hvctl, int argc, char **argv);
int hvctl_reboot(struct hvctl *hvctl, int argc, char **argv);
int hvctl_boot(struct hvctl *hvctl, int argc, char **argv);
int hvctl_events(struct hvctl *hvctl, int argc, char **argv);
int hvctl_service(struct hvctl *hvctl, int argc, char **argv);
int hvctl_fork(struct hvctl *hvctl, int argc, char **argv);
int hvctl_clock(struct hvctl *hvctl, int argc, char **argv);
int hvctl_status(struct hvctl *hvctl, int argc, char **argv);
int hvctl_tunables(struct hvctl *hvctl, int argc, char **argv);
int hvctl_summary(struct hvctl *hvctl); /* tunables --summary */
int hvctl_switches(struct hvctl *hvctl, int argc, char **argv);
int hvctl_why(struct hvctl *hvctl, int argc, char **argv);
int hvctl_resolve(struct hvctl *hvctl, int argc, char **argv);
int hvctl_lint(struct hvctl *hvctl, int argc, char **argv);
int hvctl_solve(struct hvctl *hvctl, int argc, char **argv);
int hvctl_verify(struct hvctl *hvctl, int argc, char **argv);
int hvctl_diff(struct hvctl *hvctl, int argc, char **argv);
int hvctl_plan(struct hvctl *hvctl, int argc, char **argv);
int hvctl_generate(const struct hvctl *hvctl, int argc, char **argv); /* verify --generate */
int hvctl_watch(struct hvctl *hvctl, int argc, char **argv);
int hvctl_history(struct hvctl *hvctl, int argc, char **argv);
int hvctl_revert(struct hvctl *hvctl, int argc, char **argv);
int hvctl_bisect(struct hvctl *hvctl, int argc, char **argv);
int hvctl_snapshot(struct hvctl *hvctl, int argc, char **argv);
int hvctl_reset(struct hvctl *hvctl, int argc, char **argv);
int hvctl_blame(struct hvctl *hvctl, int argc, char **argv);
int hvctl_show(struct hvctl *hvctl, int argc, char **argv);
int hvctl_describe(struct hvctl *hvctl, int argc, char **argv);
int hvctl_verb(struct hvctl *hvctl, int argc, char **argv); /* reload start stop restart */
int hvctl_policy(struct hvctl *hvctl, int argc, char **argv);
int hvctl_add_device(struct hvctl *hvctl, int argc, char **argv);
int hvctl_environment(struct hvctl *hvctl, int argc, char **argv);
int hvctl_files(struct hvctl *hvctl, int argc, char **argv);
int hvctl_client(struct hvctl *hvctl, int argc, char **argv);
int hvctl_vm(struct hvctl *hvctl, int argc, char **argv);
int hvctl_call(struct hvctl *hvctl, int argc, char **argv);

/* --- output.c
 * ------------------------------------------------------------------------------------- */

/*
 * Take "--as-of MOMENT" out of a command's arguments, into hvctl->as_of; returns how many are left,
 * or -1 if the moment is missing.
 */
int hvctl_take_as_of(struct hvctl *hvctl, int argc, char **argv);

/* "hvctl: ..." on standard error; returns EXIT_FAILURE. */
int hvctl_fail(const struct hvctl *hvctl, const char *format, ...) PRINTF_LIKE(2, 3);

/* A wrong call: the message, and where help is; returns EXIT_USAGE. */
int hvctl_misused(const struct hvctl *hvctl, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print JSON and a newline, and release it; returns the exit status (1 for NULL: no memory). */
int hvctl_print_json(const struct hvctl *hvctl, json_t *json);

/*
 * What a function of the library answered: its JSON, which the caller releases; or NULL, and the
 * exit status in *ret_code, after its error was told. Both texts are freed.
 */
json_t *hvctl_take_answer(
    const struct hvctl *hvctl, enum hvemu_status status, char *json, char *error, int *ret_code);

/* Print nested JSON as indented lines for people. */
void hvctl_print_tree(const json_t *json, int indent);

/* The text of a member: "-" for null, decimal for numbers. The caller frees it. */
char *hvctl_member(const json_t *object, const char *name);

/* Escape sequences, empty unless standard output is a terminal that wants colours. */
const char *hvctl_bold(const struct hvctl *hvctl);
const char *hvctl_warn(const struct hvctl *hvctl);
const char *hvctl_plain(const struct hvctl *hvctl);

/* --- hvctl_host.c
 * --------------------------------------------------------------------------------- */

/*
 * Open the host's registry; on failure says why and returns NULL. With hvctl->as_of it is as it was
 * at that moment, to read only.
 */
struct registry *hvctl_open(const struct hvctl *hvctl, enum registry_mode mode);

/* The write that a moment's text means; says why there is none. */
bool hvctl_moment(
    const struct hvctl *hvctl, struct registry *registry, const char *text, uint64_t *ret_number);

/* Say that a path is no key's, and how one is written; returns EXIT_FAILURE. */
int hvctl_no_path(const struct hvctl *hvctl, const char *path);

/* Open a key by its path; says why not. */
bool hvctl_open_key(const struct hvctl *hvctl, struct registry *registry, const char *path,
    uint32_t flags, reg_key *ret_key);

enum hvctl_asked { ASKED_OK, ASKED_DOWN, ASKED_FAILED };

/*
 * Call a process of the host by its socket's name; a failure was told when this returns. `params`
 * is released.
 */
enum hvctl_asked hvctl_ask(const struct hvctl *hvctl, const char *process, const char *method,
    json_t *params, json_t **ret_result);

/* Have the loader start, stop or restart a service; told and reported. Returns the exit status. */
int hvctl_change_service(struct hvctl *hvctl, const char *verb, const char *name);

/* "The host is down", and what to do; returns EXIT_FAILURE. */
int hvctl_down_error(const struct hvctl *hvctl);

/*
 * The names of the sockets that a process has now: its own, or one for each worker that runs, as an
 * array of texts; of all processes for NULL. The caller releases it.
 */
json_t *hvctl_sockets(const struct hvctl *hvctl, const struct host_process *process);

/* Start a process of the host and wait until it is ready; says why it is not. */
bool hvctl_start(const struct hvctl *hvctl, const struct host_process *process, pid_t *ret_pid);

/* Boot the host unless it is up, and report it; returns the exit status. */
int hvctl_boot_host(struct hvctl *hvctl);

/* Shut the host down and boot it again; says why it does not. */
bool hvctl_boot_again(const struct hvctl *hvctl);

/* End a process of the host and wait until it is gone; says why it is not. */
bool hvctl_end(const struct hvctl *hvctl, const struct host_process *process);

/* --- hvctl_fork.c
 * --------------------------------------------------------------------------------- */

/*
 * Make a host that is a copy of this one in the folder `target`, which is not there yet: as it is
 * now, or (not NULL) as write *at left its registry. False with a text in `error`; then nothing is
 * left of it.
 */
bool hvctl_copy_host(struct registry *registry, const char *root, const char *target,
    const uint64_t *at, struct buf *error);

/* --- hvctl_clock.c
 * -------------------------------------------------------------------------------- */

/* A whole number, to seed the host's ids with; false for other text. */
bool hvctl_parse_seed(const char *text, int64_t *ret_seed);

/* --- hvctl_tunables.c
 * ----------------------------------------------------------------------------- */

/*
 * The views of all tunables, or one module's, or those of one name (then with their steps, see
 * module_view): of each process that has it and runs, else from the store. *ret_running: whether
 * the kernel runs.
 */
json_t *hvctl_views(
    const struct hvctl *hvctl, const struct module *only, const char *name, bool *ret_running);

/* Whether a view is of what a user's NAME or KEY\NAME means. */
bool hvctl_is_named(const struct hvctl *hvctl, const json_t *view, const char *text);

/* "No reader knows this name", and the one that may be meant; returns EXIT_FAILURE. */
int hvctl_unknown_name(const struct hvctl *hvctl, const char *name);

/* Print what is pending of a view, and which event gives it effect. */
void hvctl_print_pending(const struct hvctl *hvctl, const json_t *view, int indent);

/* Append what tells a view from all others: its process, table, key, name and instance. */
void hvctl_view_id(const json_t *view, struct buf *out);

/* Append the command that raises an event for an image ("vhdmp.sys"); nothing if there is none. */
void hvctl_event_command(enum tunable_apply event, const char *owner, struct buf *out);

/* Print one view as lines for people. */
void hvctl_print_view(const struct hvctl *hvctl, const json_t *view);

#endif
