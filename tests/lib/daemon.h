/*
 * A daemon's loop, registry and timers within a test, without stages or a control socket.
 */
#ifndef TESTS_LIB_DAEMON_H
#define TESTS_LIB_DAEMON_H

#include "regstore/svc/internal.h"
#include "tests/lib/host.h"

struct daemon {
	struct host host;
	struct svc svc;
	struct svc_private private;
};

/* Make a host and a daemon for it; both go with daemon_release. */
void daemon_init(struct daemon *daemon);
void daemon_release(struct daemon *daemon);

/* Run the loop until nothing is left to wait for: no child, no timer that comes nearer. */
void daemon_run(struct daemon *daemon);

#endif
