/*
 * Numbered transactions.
 */
#include "tests/fault/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRANCHES 3u

static void
writer_path(int writer, char path[64])
{
	snprintf(path, 64, "HKLM\\SOFTWARE\\Fault\\%d", writer);
}

/* The data of transaction `number`: its bytes follow from it. */
static lstatus
set_data(struct registry *registry, reg_key key, uint32_t number, uint32_t size)
{
	uint8_t *data = malloc(size + sizeof(number));
	lstatus status;

	if (data == NULL)
		return LSTATUS(ERROR_NOT_ENOUGH_MEMORY);
	memcpy(data, &number, sizeof(number));
	for (uint32_t i = 0; i < size; i++)
		data[sizeof(number) + i] = (uint8_t)(number * 31 + i);
	status = registry_set_value(registry, key, "data", REG_BINARY, data, size + sizeof(number));
	free(data);
	return status;
}

static bool
is_data(const struct buf *data, uint32_t number)
{
	uint32_t found;

	if (data->size < sizeof(found))
		return false;
	memcpy(&found, data->data, sizeof(found));
	for (size_t i = sizeof(found); i < data->size; i++) {
		if (data->data[i] != (uint8_t)(number * 31 + (i - sizeof(found))))
			return false;
	}
	return found == number;
}

/* Key "n" comes, and "n - 1" goes, with what was below it. */
static lstatus
replace_key(struct registry *registry, const reg_key *key, uint32_t number)
{
	reg_key branch;
	char name[32];
	lstatus status = LSTATUS(ERROR_SUCCESS);

	for (uint32_t i = 0; i < BRANCHES && lstatus_ok(status); i++) {
		snprintf(name, sizeof(name), "%u\\%u", number, i);
		status = registry_create_key(registry, key, name, 0, &branch, NULL);
		if (lstatus_ok(status))
			status = registry_set_dword(registry, branch, "n", number);
	}
	snprintf(name, sizeof(name), "%u", number - 1);
	if (lstatus_ok(status) && lstatus_ok(registry_open_key(registry, key, name, 0, &branch)))
		status = registry_delete_tree(registry, branch);
	return status;
}

bool
workload_write(struct registry *registry, int writer, uint32_t number, uint32_t size)
{
	char path[64];
	reg_key key = { .id = -1 };
	lstatus status = registry_begin(registry, "fault");

	if (!lstatus_ok(status))
		return false;
	writer_path(writer, path);
	status = registry_create_key(registry, NULL, path, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "first", number);
	if (lstatus_ok(status))
		status = set_data(registry, key, number, size);
	if (lstatus_ok(status))
		status = replace_key(registry, &key, number);
	if (lstatus_ok(status))
		status = registry_set_dword(registry, key, "second", number);
	if (lstatus_ok(status))
		return lstatus_ok(registry_commit(registry));
	registry_rollback(registry);
	return false;
}

static lstatus
read_number(struct registry *registry, reg_key key, const char *name, uint32_t *ret_number)
{
	struct buf data = { 0 };
	lstatus status = registry_query_value(registry, key, name, NULL, &data);

	if (lstatus_ok(status) && data.size != sizeof(*ret_number))
		status = LSTATUS(ERROR_INVALID_DATA);
	if (lstatus_ok(status))
		memcpy(ret_number, data.data, sizeof(*ret_number));
	buf_release(&data);
	return status;
}

bool
workload_number(struct registry *registry, int writer, uint32_t *ret_number)
{
	char path[64];
	reg_key key;
	lstatus status;

	writer_path(writer, path);
	status = registry_open_key(registry, NULL, path, 0, &key);
	if (lstatus_ok(status))
		status = read_number(registry, key, "first", ret_number);
	if (lstatus_is(status, ERROR_FILE_NOT_FOUND))
		*ret_number = 0;
	return lstatus_ok(status) || lstatus_is(status, ERROR_FILE_NOT_FOUND);
}

/* Whether all that transaction `number` wrote is there, and nothing of another. */
static bool
is_whole(struct registry *registry, int writer, uint32_t number)
{
	struct reg_key_list keys = { 0 };
	struct reg_key_list branches = { 0 };
	struct buf data = { 0 };
	uint32_t second = 0;
	char path[64];
	char name[16];
	reg_key key;
	bool whole;

	writer_path(writer, path);
	snprintf(name, sizeof(name), "%u", number);
	whole = lstatus_ok(registry_open_key(registry, NULL, path, 0, &key)) &&
	        lstatus_ok(read_number(registry, key, "second", &second)) && second == number &&
	        lstatus_ok(registry_query_value(registry, key, "data", NULL, &data)) &&
	        is_data(&data, number) && lstatus_ok(registry_list_keys(registry, key, &keys)) &&
	        keys.count == 1 && strcmp(keys.entries[0].name, name) == 0 &&
	        lstatus_ok(registry_list_keys(registry, keys.entries[0].key, &branches)) &&
	        branches.count == BRANCHES;
	for (size_t i = 0; i < branches.count && whole; i++)
		whole = lstatus_ok(read_number(registry, branches.entries[i].key, "n", &second)) &&
		        second == number;
	reg_key_list_release(&keys);
	reg_key_list_release(&branches);
	buf_release(&data);
	return whole;
}

uint32_t
workload_check(
    struct fault *fault, struct registry *registry, int writer, uint32_t acknowledged, bool lossy)
{
	uint32_t number = 0;

	if (!workload_number(registry, writer, &number)) {
		fault_corrupt(fault, "writer %d: its number cannot be read: %s", writer,
		    registry_error(registry));
		return acknowledged;
	}
	if (number < acknowledged && !lossy) {
		fault_lost(fault, "writer %d: %u was acknowledged, %u is there", writer,
		    acknowledged, number);
		fault->lost += acknowledged - number - 1;
	}
	if (number > acknowledged + 1)
		fault_failed(fault, "writer %d: %u is there, %u was begun at most", writer, number,
		    acknowledged + 1);
	if (number != 0 && !is_whole(registry, writer, number))
		fault_torn(fault, "writer %d: %u is there in part", writer, number);
	return number;
}
