/*
 * Fuzz target: elements of a boot configuration, from bytes to text and from text to bytes. The
 * first four bytes are the element's id. What is parsed prints, and what is printed of a number
 * parses again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hvloader/services.h"
#include "regstore/bcd/bcd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct services *
services_of(struct svc *svc)
{
	(void)svc;
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = { BCD_OSLOADER, BCD_BOOTMGR, BCD_RESUME, BCD_MEMDIAG,
		BCD_DEVICE_OPTIONS };
	const struct bcd bcd = { 0 };
	struct failure_actions actions;
	uint32_t id;

	if (size < 4)
		return 0;
	memcpy(&id, data, sizeof(id));
	data += 4;
	size -= 4;
	failure_actions_decode(data, size, &actions);
	/* Objects ask a store for their names. */
	if (bcd_format(id) == BCD_OBJECT || bcd_format(id) == BCD_OBJECT_LIST)
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct buf text = { 0 };
		struct buf parsed = { 0 };
		struct buf error = { 0 };

		bcd_format_data(&bcd, id, types[i], data, size, false, &text);
		if (bcd_format(id) == BCD_INTEGER && size == 8 &&
		    !bcd_parse_data(&bcd, id, types[i], buf_text(&text), &parsed, &error))
			abort();
		buf_clear(&text);
		buf_clear(&parsed);
		buf_append(&text, data, size);
		bcd_parse_data(&bcd, id, types[i], buf_text(&text), &parsed, &error);
		buf_release(&text);
		buf_release(&parsed);
		buf_release(&error);
	}
	return 0;
}
