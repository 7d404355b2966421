/*
 * Small macros that every folder uses.
 */
#ifndef REGSTORE_BASE_MACRO_H
#define REGSTORE_BASE_MACRO_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define UNUSED __attribute__((unused))

/* Lets the compiler check a printf-like function's arguments. */
#define PRINTF_LIKE(format_index, first_argument)                                                  \
	__attribute__((format(printf, format_index, first_argument)))

/* A function-local heap pointer that is freed when it goes out of scope. */
static inline void
autofree_release(void *slot)
{
	void **pointer = slot;

	free(*pointer);
}
#define AUTOFREE __attribute__((cleanup(autofree_release)))

#endif
