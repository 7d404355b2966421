/*
 * Pieces of the derived state that drivers show.
 */
#include "drivers/status.h"

#include <string.h>

#include "regstore/tunable/view.h"

json_t *
status_number(struct tunable_number number)
{
	return number.set ? json_integer((json_int_t)number.value) : json_null();
}

json_t *
status_text(struct tunable_text text)
{
	return text.text != NULL ? tunable_json_text(text.text) : json_null();
}

const char *
status_word(const struct tunable_word *words, uint64_t number)
{
	for (; words->word != NULL; words++) {
		if (words->number == number)
			return words->word;
	}
	return "unknown";
}

json_t *
status_bits(const uint8_t *data, size_t size, size_t limit)
{
	json_t *bits;

	if (data == NULL)
		return json_null();
	bits = json_array();
	for (size_t i = 0; i < limit && i / 8 < size; i++) {
		if ((data[i / 8] >> (i % 8) & 1) != 0)
			json_array_append_new(bits, json_integer((json_int_t)i));
	}
	return bits;
}

json_t *
status_key_part(const char *key, size_t first, size_t count)
{
	struct buf part = { 0 };
	json_t *json;

	for (; first > 0 && *key != '\0'; first--) {
		key = strchrnul(key, '\\');
		key += *key == '\\';
	}
	for (; count > 0 && *key != '\0'; count--) {
		size_t length = (size_t)(strchrnul(key, '\\') - key);

		if (part.size > 0)
			buf_append_byte(&part, '\\');
		buf_append(&part, key, length);
		key += length + (key[length] == '\\');
	}
	json = tunable_json_text(buf_text(&part));
	buf_release(&part);
	return json;
}
