/*
 * Reading many keys of one moment, which saves the locks of each, and printing what they hold.
 * While who takes the output lets it wait (a pager), no moment is held: it would keep the
 * write-ahead log from its end.
 */
#include <stdio.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "regstore/reg/reg.h"

#define OUTPUT_SIZE (256u << 10) /* bytes: room for what is printed while a moment is held ... */
#define OUTPUT_FULL (64u << 10)  /* ... which ends here; on a terminal, at the first */

static lstatus
hold(struct reg_moment *moment)
{
	lstatus status = registry_read_begin(moment->registry);

	moment->held = lstatus_ok(status);
	return status;
}

lstatus
reg_moment_begin(struct reg_moment *moment, struct registry *registry)
{
	static char output[OUTPUT_SIZE];

	(void)setvbuf(stdout, output, _IOFBF, sizeof(output));
	*moment = (struct reg_moment){ .registry = registry,
		.full = isatty(STDOUT_FILENO) ? 1 : OUTPUT_FULL };
	return hold(moment);
}

lstatus
reg_moment_next(struct reg_moment *moment)
{
	if (__fpending(stdout) < moment->full)
		return LSTATUS(ERROR_SUCCESS);
	reg_moment_end(moment);
	fflush(stdout);
	return hold(moment);
}

void
reg_moment_end(struct reg_moment *moment)
{
	if (moment->held)
		registry_read_end(moment->registry);
	moment->held = false;
}
