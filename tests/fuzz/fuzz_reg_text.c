/*
 * Fuzz target: the .reg parser, over handlers that only touch what they are given.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "regstore/formats/reg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static lstatus
touch_key(void *self, uint64_t line, const char *path)
{
	(void)self;
	(void)line;
	sink = (uint8_t)strlen(path);
	return LSTATUS(ERROR_SUCCESS);
}

static lstatus
touch_value(
    void *self, uint64_t line, const char *name, uint32_t type, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	(void)type;
	for (size_t i = 0; i < size; i++)
		sink = bytes[i];
	return touch_key(self, line, name);
}

static const struct reg_text_handler touch_handler = {
	.create_key = touch_key,
	.delete_key = touch_key,
	.set_value = touch_value,
	.delete_value = touch_key,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reg_text_error error;

	(void)reg_text_parse_memory(data, size, &touch_handler, NULL, &error);
	return 0;
}
