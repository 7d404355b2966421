/*
 * A crew: threads that share a list of work, and are gone when it is done.
 */
#ifndef VMWP_CREW_H
#define VMWP_CREW_H

#include <stddef.h>
#include <stdint.h>

#define CREW_MAX 256u /* threads of one crew */

/*
 * Do `work` once for each of `items`, in any order, on as many threads as `wanted` says (CREW_MAX
 * at most). Returns how many threads there were when all is done; 0 if none could be started, and
 * then nothing was done.
 */
unsigned
crew_run(uint64_t wanted, size_t items, void (*work)(void *context, size_t item), void *context);

#endif
