/*
 * The line that shows how far long work is.
 */
#include "regstore/base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "regstore/base/clock.h"

#define FIRST_NS 500000000 /* work that takes less is not worth a word */
#define EACH_NS  100000000

void
progress_begin(struct progress *progress, const char *what)
{
	*progress = (struct progress){ .what = what, .next = INT64_MAX };
	if (isatty(STDERR_FILENO))
		progress->next = clock_monotonic_ns() + FIRST_NS;
}

/* Append a number with a comma before each three digits: it is read while it grows. */
static void
print_grouped(uint64_t count)
{
	if (count >= 1000) {
		print_grouped(count / 1000);
		fprintf(stderr, ",%03u", (unsigned)(count % 1000));
	} else {
		fprintf(stderr, "%u", (unsigned)count);
	}
}

void
progress_tell(void *progress_, uint64_t count)
{
	struct progress *progress = progress_;
	int64_t now;

	if (progress->next == INT64_MAX)
		return;
	now = clock_monotonic_ns();
	if (now < progress->next)
		return;
	progress->next = now + EACH_NS;
	progress->shown = true;
	fprintf(stderr, "\r%s: ", progress->what);
	print_grouped(count);
	fputs(" done\033[K", stderr);
	fflush(stderr);
}

void
progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
	progress->next = INT64_MAX;
}
