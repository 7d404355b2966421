/*
 * A growable byte buffer, owned by its user.
 *
 * Appending never fails at the call: when memory runs out the buffer becomes `failed`, keeps what
 * it had, and ignores what follows, so that a long run of appends is checked once, at its end.
 */
#ifndef REGSTORE_BASE_BUF_H
#define REGSTORE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regstore/base/macro.h"

struct buf {
	uint8_t *data;   /* NULL while nothing was appended */
	size_t size;     /* bytes in use */
	size_t capacity; /* bytes allocated */
	bool failed;     /* an allocation failed; the contents are not complete */
};

/* Release the memory; the buffer is empty and usable again. Takes an all-zero buffer too. */
void buf_release(struct buf *buf);

/* Forget the contents and any failure, keep the memory. */
void buf_clear(struct buf *buf);

/* Make room for `more` further bytes. Returns false (and marks the buffer failed) without memory.
 */
bool buf_reserve(struct buf *buf, size_t more);

/* Append `size` bytes. */
void buf_append(struct buf *buf, const void *data, size_t size);

/* Append one byte. */
static inline void
buf_append_byte(struct buf *buf, uint8_t byte)
{
	if (buf->size < buf->capacity && !buf->failed)
		buf->data[buf->size++] = byte;
	else
		buf_append(buf, &byte, 1);
}

/* Append a NUL-terminated text without its NUL. */
void buf_append_text(struct buf *buf, const char *text);

/* Append formatted text, without a NUL. */
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/*
 * The contents as NUL-terminated text; the NUL is not counted in size. The pointer belongs to the
 * buffer and lives until the next append. Returns "" for an empty or failed buffer.
 */
const char *buf_text(struct buf *buf);

/*
 * Make room for one item more in a heap array: `array` is the address of the pointer to its items,
 * `count` how many are in use. Returns false without memory; the array is then as it was.
 */
bool array_room(void *array, size_t *capacity, size_t count, size_t item_size);

/* Shorten the contents to `size` bytes. */
void buf_truncate(struct buf *buf, size_t size);

#endif
