/*
 * A program of somebody else's: makes a host, writes a value, reads it back.
 */
#include <stdio.h>

#include "regstore/registry/registry.h"

int
main(int argc, char **argv)
{
	static const struct registry_options options = { .mode = REGISTRY_CREATE, .relaxed = true };
	struct registry *registry;
	struct buf data = { 0 };
	reg_key key;
	uint32_t type = 0;
	bool same = false;

	if (argc != 2 || !lstatus_ok(registry_open(argv[1], &options, &registry)))
		return 1;
	if (lstatus_ok(
	        registry_create_key(registry, NULL, "HKLM\\SOFTWARE\\Test", 0, &key, NULL)) &&
	    lstatus_ok(registry_set_dword(registry, key, "Answer", 42)) &&
	    lstatus_ok(registry_query_value(registry, key, "ANSWER", &type, &data)))
		same = type == REG_DWORD && data.size == 4 && data.data[0] == 42;
	buf_release(&data);
	registry_close(registry);
	printf("%s\n", same ? "ok" : "not ok");
	return same ? 0 : 1;
}
