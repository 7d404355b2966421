/*
 * Vml: the Virtualization Management Library, which vmms.exe, vmcompute.exe and computecore.dll
 * have in them (reference 1.3).
 *
 * Each of them reads the same values for itself, so there is a pair of tables an owner. The library
 * traces for its owner: a line passes while the level of its channel (Trace<N> for channel N; else
 * TraceLevel) is at least the line's. That rule, and what the channels are, is assumed: the
 * reference names the values only.
 */
#ifndef VMWP_VML_H
#define VMWP_VML_H

#include "regstore/tunable/module.h"

/* The tables of one owner: the library's values, and the levels of its channels. */
struct vml_tables {
	const struct tunable_table *settings;
	const struct tunable_table *levels;
};

extern const struct tunable_table vml_vmms_table, vml_vmms_levels_table;
extern const struct tunable_table vml_vmcompute_table, vml_vmcompute_levels_table;
extern const struct tunable_table vml_computecore_table, vml_computecore_levels_table;

extern const struct vml_tables vml_vmms, vml_vmcompute, vml_computecore;

/* What a line is about; the number N of its Trace<N>. */
enum vml_channel {
	VML_CHANNEL_SETTINGS,   /* what was read, and what follows from it */
	VML_CHANNEL_OPERATIONS, /* what the owner was asked to do */
};

/* How much a line matters: the levels of Windows' event tracing (evntrace.h). */
enum vml_level {
	VML_CRITICAL = 1,
	VML_ERROR,
	VML_WARNING,
	VML_INFORMATION,
	VML_VERBOSE,
};

/* Read the owner's two tables (again). Its module must list them. */
ntstatus Vml_load(struct module_object *object, const struct vml_tables *tables);

/* Whether a line of this channel and level passes; false before Vml_load. */
bool vml_traces(const struct module_object *object, unsigned channel, uint64_t level);

/* One line to the owner's log, if it passes. */
void vml_trace(const struct module_object *object, enum vml_channel channel, enum vml_level level,
    const char *format, ...) PRINTF_LIKE(4, 5);

/* Add what the library works with, as the member "vml", to an owner's state. */
void vml_status(const struct module_object *object, json_t *state);

#endif
