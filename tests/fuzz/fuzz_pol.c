/*
 * Fuzz target: Registry.pol's parser. A file that it takes is what its records encode to.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/formats/pol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lstatus
encode(void *self, const struct reg_pol_record *record)
{
	reg_pol_write(self, record->key, record->name, record->type, record->data, record->size);
	return LSTATUS(ERROR_SUCCESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reg_pol_error error;
	struct buf again = { 0 };

	reg_pol_write_begin(&again);
	if (lstatus_ok(reg_pol_parse_memory(data, size, encode, &again, &error)) &&
	    (again.size != size || memcmp(again.data, data, size) != 0))
		abort();
	buf_release(&again);
	return 0;
}
