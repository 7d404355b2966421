/*
 * The parts of vmwp.exe: one file a subject, composed in vmwp.c.
 *
 * A part exports its tables, its operations if it has any, and a struct vmwp_part. To add one:
 * declare them here, and name them in the three lists of vmwp.c.
 */
#ifndef VMWP_INTERNAL_H
#define VMWP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "regstore/tunable/module.h"
#include "regstore/tunable/view.h"
#include "vmwp/rows.h"
#include "vmwp/shared.h"

/* Words that the worker process answers of itself; see struct module_object. */
#define WORD_VM_GUID       "vm-guid"       /* in upper case, without braces */
#define WORD_HOST_ROOT     "host-root"     /* the host's folder: PROCESS_HOST_ROOT */
#define WORD_CONFIGURATION "configuration" /* what vmms told it, as JSON */

/* A subject of the worker. */
struct vmwp_part {
	/* Read what is read when the virtual machine starts. */
	ntstatus (*entry)(struct module_object *object);
	/* Add what was derived, under names of its own; or NULL. */
	void (*status)(const struct module_object *object, json_t *state);
};

/* The type of an operation; see struct module_operation. */
typedef ntstatus vmwp_operation(struct module_object *object, const char *argument, json_t *result);

/* A number that may be missing, for `status`: null without value and default. */
static inline json_t *
vmwp_number(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)number.value) : json_null();
}

/* A switch that may be missing: null without value and default. */
static inline json_t *
vmwp_switch(struct tunable_number number)
{
	return number.set ? json_boolean(number.value != 0) : json_null();
}

/* A text that may be missing. */
static inline json_t *
vmwp_text(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

/* A switch that may be missing: off without value and default. */
static inline bool
vmwp_on(struct tunable_number number)
{
	return number.set && number.value != 0;
}

/* --- settings.c: the machine, its processors and its devices (1.1, 1.2)
 * ---------------------------------------------------------------------- */

extern const struct vmwp_part vmwp_settings_part;
extern const struct tunable_table vmwp_settings_table;
extern const struct tunable_table vmwp_vtl0_table;
extern const struct tunable_table vmwp_hvs_table;
extern const struct tunable_table vmwp_machine_table;
extern const struct tunable_table vmwp_worker_table;
extern const struct tunable_table vmwp_tuning_table;
extern const struct tunable_table vmwp_realize_table;
extern const struct tunable_table vmwp_template_table;
extern const struct tunable_table vmwp_device_table;
vmwp_operation vmwp_realize;

/* --- memory.c: the guest's memory (1.1, 1.2)
 * ---------------------------------------------------------------------- */

extern const struct vmwp_part vmwp_memory_part;
extern const struct tunable_table vmwp_tracker_table;
extern const struct tunable_table vmwp_create_ram_table;
extern const struct tunable_table vmwp_ram_operation_table;
extern const struct tunable_table vmwp_restore_table;
vmwp_operation vmwp_ram_operation;
vmwp_operation vmwp_restore;

/* --- migration.c: live migration (1.1, 1.4)
 * ---------------------------------------------------------------------- */

extern const struct vmwp_part vmwp_migration_part;
extern const struct tunable_table vmwp_migration_table;
extern const struct tunable_table vmwp_smb_send_table;
extern const struct tunable_table vmwp_buffer_count_table;
extern const struct tunable_table vmwp_worker_count_table;
extern const struct tunable_table vmwp_chunk_table;
extern const struct tunable_table vmwp_network_table;
extern const struct tunable_table vmwp_device_policy_table;
vmwp_operation vmwp_migrate_memory;
vmwp_operation vmwp_migrate_device;

/* --- guest.c: what the worker does of a guest that does not answer, or crashes (1.1, 1.2)
 * ---------------------------------------------------------------------- */

extern const struct tunable_table vmwp_guest_control_table;
extern const struct tunable_table vmwp_bugcheck_table;
extern const struct tunable_table vmwp_triple_fault_table;
vmwp_operation vmwp_guest_control_start;
vmwp_operation vmwp_guest_crash;

#endif
