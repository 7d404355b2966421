/*
 * Growable byte buffer with a sticky failure.
 */
#include "regstore/base/buf.h"

#include <stdio.h>
#include <string.h>

void
buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

void
buf_clear(struct buf *buf)
{
	buf->size = 0;
	buf->failed = false;
}

bool
buf_reserve(struct buf *buf, size_t more)
{
	size_t capacity;
	uint8_t *data;

	if (buf->failed)
		return false;
	if (buf->capacity - buf->size >= more)
		return true;
	if (more > SIZE_MAX / 2 - buf->size) {
		buf->failed = true;
		return false;
	}
	capacity = buf->capacity < 64 ? 64 : buf->capacity;
	while (capacity < buf->size + more)
		capacity *= 2;
	data = realloc(buf->data, capacity);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void
buf_append(struct buf *buf, const void *data, size_t size)
{
	if (size == 0 || !buf_reserve(buf, size))
		return;
	memcpy(buf->data + buf->size, data, size);
	buf->size += size;
}

void
buf_append_text(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void
buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0) {
		buf->failed = true;
		return;
	}
	if (!buf_reserve(buf, (size_t)length + 1))
		return;
	vsnprintf((char *)buf->data + buf->size, (size_t)length + 1, format, arguments);
	buf->size += (size_t)length;
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buf_vprintf(buf, format, arguments);
	va_end(arguments);
}

const char *
buf_text(struct buf *buf)
{
	if (!buf_reserve(buf, 1))
		return "";
	buf->data[buf->size] = '\0';
	return (const char *)buf->data;
}

void
buf_truncate(struct buf *buf, size_t size)
{
	if (size < buf->size)
		buf->size = size;
}

bool
array_room(void *array, size_t *capacity, size_t count, size_t item_size)
{
	size_t more = *capacity == 0 ? 16 : *capacity * 2;
	void *items;

	if (count < *capacity)
		return true;
	memcpy(&items, array, sizeof(items));
	items = more > SIZE_MAX / item_size ? NULL : realloc(items, more * item_size);
	if (items == NULL)
		return false;
	memcpy(array, &items, sizeof(items));
	*capacity = more;
	return true;
}
