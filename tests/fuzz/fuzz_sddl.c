/*
 * Fuzz target: the input as SDDL text and as the bytes of a descriptor. What is read is written,
 * read again and compared, checked for access, and made a new key's descriptor.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/security/access.h"
#include "regstore/security/descriptor.h"
#include "regstore/security/rights.h"
#include "regstore/security/sddl.h"

/* As assert, and there in every build. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

#define ALL_PARTS 15u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct token user;
static struct token machine;

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	CHECK(token_named("user", &user) && token_named("system", &machine));
	return 0;
}

/* A right that is granted alone is among the most that are granted. */
static void
check_access(const void *data, size_t size)
{
	uint32_t most = 0;
	uint32_t one = 0;

	if (!lstatus_ok(security_access_check(data, size, &user, MAXIMUM_ALLOWED, &most)))
		most = 0;
	for (uint32_t bit = 1; bit < ACCESS_SYSTEM_SECURITY; bit <<= 1) {
		bool view = (bit & (KEY_WOW64_32KEY | KEY_WOW64_64KEY)) != 0;

		if (!view && lstatus_ok(security_access_check(data, size, &user, bit, &one)))
			CHECK(one == bit && (most & bit) != 0);
	}
}

/* What a key inherits is well-formed, and what inherits from that has entries of the same kind. */
static void
check_inheritance(const void *data, size_t size)
{
	struct buf child = { 0 };
	struct buf given = { 0 };
	struct descriptor parts;

	if (lstatus_ok(security_inherit(data, size, NULL, 0, &machine, &child)))
		CHECK(descriptor_read(child.data, child.size, &parts) && parts.has_owner);
	if (lstatus_ok(security_inherit(data, size, data, size, &user, &given)))
		CHECK(descriptor_read(given.data, given.size, &parts) && parts.has_group);
	buf_release(&child);
	buf_release(&given);
}

static void
check_descriptor(const void *data, size_t size)
{
	struct buf text = { 0 };
	struct buf again = { 0 };
	struct buf twice = { 0 };

	if (descriptor_size(data, size) == 0)
		return;
	CHECK(descriptor_size(data, size) <= size);
	check_access(data, size);
	check_inheritance(data, size);
	if (lstatus_ok(sddl_format(data, size, ALL_PARTS, &text))) {
		CHECK(lstatus_ok(sddl_parse(buf_text(&text), &again, NULL)));
		CHECK(lstatus_ok(sddl_format(again.data, again.size, ALL_PARTS, &twice)));
		CHECK(strcmp(buf_text(&text), buf_text(&twice)) == 0);
	}
	buf_release(&text);
	buf_release(&again);
	buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct sddl_error error = { 0 };
	struct buf made = { 0 };

	if (text == NULL)
		return 0;
	check_descriptor(data, size);
	if (lstatus_ok(sddl_parse(text, &made, &error)))
		check_descriptor(made.data, made.size);
	else
		CHECK(error.position <= strlen(text) && error.message[0] != '\0');
	buf_release(&made);
	free(text);
	return 0;
}
