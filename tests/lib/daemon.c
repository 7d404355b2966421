/*
 * A daemon within a test.
 */
#include "tests/lib/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void
daemon_init(struct daemon *daemon)
{
	memset(daemon, 0, sizeof(*daemon));
	host_init(&daemon->host);
	host_open(&daemon->host);
	daemon->private.log = -1;
	assert_int_equal(uv_loop_init(&daemon->private.loop), 0);
	daemon->svc = (struct svc){
		.name = "test",
		.root = daemon->host.root,
		.loop = &daemon->private.loop,
		.registry = daemon->host.registry,
		.private = &daemon->private,
	};
	assert_true(timers_open(&daemon->svc));
}

void
daemon_run(struct daemon *daemon)
{
	assert_int_equal(uv_run(daemon->svc.loop, UV_RUN_DEFAULT), 0);
}

void
daemon_release(struct daemon *daemon)
{
	timers_close(&daemon->svc);
	uv_close((uv_handle_t *)&daemon->private.clock, NULL);
	if (daemon->private.watching)
		uv_close((uv_handle_t *)&daemon->private.watch, NULL);
	daemon_run(daemon);
	assert_int_equal(uv_loop_close(daemon->svc.loop), 0);
	host_release(&daemon->host);
}
