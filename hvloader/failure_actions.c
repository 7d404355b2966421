/*
 * FailureActions: SERVICE_FAILURE_ACTIONS as it lies in the registry.
 */
#include <string.h>

#include "hvloader/services.h"

/* The structure with 32-bit pointers, whatever the system: five numbers, then the array. */
#define HEADER_SIZE 20u
#define ACTION_SIZE 8u

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void
put32(struct buf *out, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		buf_append_byte(out, (uint8_t)(number >> (8 * i)));
}

bool
failure_actions_decode(const void *data, size_t size, struct failure_actions *ret_actions)
{
	struct failure_actions actions = { 0 };
	const uint8_t *bytes = data;
	uint32_t count;

	if (size < HEADER_SIZE)
		return false;
	actions.reset_s = get32(bytes);
	count = get32(bytes + 12);
	if (count > (size - HEADER_SIZE) / ACTION_SIZE)
		return false;
	for (uint32_t i = 0; i < count && i < SERVICE_ACTIONS_MAX; i++) {
		const uint8_t *at = bytes + HEADER_SIZE + (size_t)i * ACTION_SIZE;

		actions.actions[actions.count++] =
		    (struct failure_action){ .type = get32(at), .delay_ms = get32(at + 4) };
	}
	*ret_actions = actions;
	return true;
}

void
failure_actions_encode(const struct failure_actions *actions, struct buf *out)
{
	put32(out, actions->reset_s);
	put32(out, 0);
	put32(out, 0);
	put32(out, actions->count);
	put32(out, HEADER_SIZE);
	for (uint32_t i = 0; i < actions->count; i++) {
		put32(out, actions->actions[i].type);
		put32(out, actions->actions[i].delay_ms);
	}
}
