/*
 * A host in a folder of its own.
 */
#include "tests/lib/host.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OPEN_FILES 16

void
host_init(struct host *host)
{
	const char *base = getenv("TMPDIR");

	memset(host, 0, sizeof(*host));
	snprintf(host->root, sizeof(host->root), "%s/hvemu-test-XXXXXX",
	    base != NULL && base[0] != '\0' ? base : "/tmp");
	if (mkdtemp(host->root) == NULL)
		fail_msg("cannot make %s", host->root);
}

struct registry *
host_connect(const struct host *host)
{
	struct registry_options options = { .mode = REGISTRY_CREATE, .actor = "tester" };
	struct registry *registry = NULL;

	assert_lstatus(registry_open(host->root, &options, &registry), ERROR_SUCCESS);
	return registry;
}

void
host_open(struct host *host)
{
	host->registry = host_connect(host);
}

void
host_close(struct host *host)
{
	registry_close(host->registry);
	host->registry = NULL;
}

static int
remove_one(
    const char *path, const struct stat *info UNUSED, int type UNUSED, struct FTW *place UNUSED)
{
	return remove(path);
}

void
host_release(struct host *host)
{
	host_close(host);
	nftw(host->root, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

int
host_setup(void **state)
{
	struct host *host = malloc(sizeof(*host));

	if (host == NULL)
		return -1;
	host_init(host);
	host_open(host);
	*state = host;
	return 0;
}

int
host_teardown(void **state)
{
	host_release(*state);
	free(*state);
	return 0;
}

void
host_program(const char *name, char *ret_path, size_t size)
{
	const char *folder = getenv("HVEMU_BIN");

	if (folder == NULL)
		skip();
	snprintf(ret_path, size, "%s/%s", folder, name);
}

void
assert_lstatus_at(lstatus status, enum win32_code code, const char *file, int line)
{
	if (lstatus_is(status, code))
		return;
	print_error("expected %s, got %s (%u)\n", lstatus_name(LSTATUS(code)), lstatus_name(status),
	    status.code);
	_fail(file, line);
}

reg_key
host_key(struct registry *registry, const char *path)
{
	reg_key key = { .id = -1 };

	assert_lstatus(registry_create_key(registry, NULL, path, 0, &key, NULL), ERROR_SUCCESS);
	return key;
}

uint32_t
host_dword(struct registry *registry, reg_key key, const char *name)
{
	struct buf data = { 0 };
	uint32_t type = UINT32_MAX;
	uint32_t number = 0;

	assert_lstatus(registry_query_value(registry, key, name, &type, &data), ERROR_SUCCESS);
	assert_int_equal(type, REG_DWORD);
	assert_int_equal(data.size, sizeof(number));
	for (size_t i = 0; i < sizeof(number); i++)
		number |= (uint32_t)data.data[i] << (8 * i);
	buf_release(&data);
	return number;
}

int
host_wait(int child)
{
	int status = 0;

	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
