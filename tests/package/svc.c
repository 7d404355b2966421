/*
 * A program of somebody else's that needs all three libraries: judges one row by the interpreter
 * and names a daemon's program.
 */
#include <stdio.h>
#include <string.h>

#include "regstore/svc/client.h"
#include "regstore/svc/svc.h"
#include "regstore/tunable/tunable.h"

static const struct tunable rows[] = {
	{
	    .name = "Threads",
	    .type = REG_DWORD,
	    DEFAULT(4),
	    RANGE(1, 128),
	    OUTSIDE(OOB_CLAMP),
	    .basis = BASIS_ASSUMED,
	    .doc = "Threads that this test has.",
	},
};

static const struct tunable_table table = {
	.name = "test.threads",
	.owner = "test.sys",
	.key = "HKLM\\SOFTWARE\\Test",
	.section = "0",
	.apply = APPLY_OPERATION,
	.rows = rows,
	.count = 1,
};

int
main(void)
{
	const struct tunable_table *const tables[] = { &table };
	const struct tunable_case nothing = { 0 };
	struct tunable_catalog catalog;
	struct tunable_reading reading;
	struct buf text = { 0 };
	bool right;

	if (!tunable_catalog_init(tables, 1, &catalog, &text))
		return 1;
	tunable_interpret(&catalog.entries[0], &nothing, &reading);
	right = reading.number == 4 && reading.verdict == VERDICT_DEFAULT_ABSENT;
	tunable_catalog_release(&catalog);
	svc_client_program("test", &text);
	right = right && strstr(buf_text(&text), "test") != NULL && uv_version() > 0;
	buf_release(&text);
	printf("%s\n", right ? "ok" : "not ok");
	return right ? 0 : 1;
}
