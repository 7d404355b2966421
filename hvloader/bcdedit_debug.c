/*
 * bcdedit's commands that set up debuggers and emergency management: they show what is set, or set
 * it from words of the form NAME:VALUE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hvloader/bcdedit.h"
#include "regstore/store/clock.h"

#define KEY_PARTS    4
#define KEY_DIGITS   "0123456789abcdefghijklmnopqrstuvwxyz"
#define KEY_PART_MAX 13 /* of 64 bits to the base 36 */

struct setting {
	const char *word; /* "DEBUGPORT:", or "NODHCP" */
	uint32_t id;
	const char *value; /* of a word that has none with it */
};

/* A debugger's object, and what its command takes. */
struct debugger {
	const char *command;
	const char *guid;
	uint32_t owner; /* the object's type */
	uint32_t type;  /* the element of the first word; 0 for none */
	uint32_t key;   /* of a debugger over the network */
	uint32_t dhcp;
	const struct setting *settings;
	size_t count;
};

static int
show(const struct bcdedit *bcdedit, const struct debugger *debugger)
{
	struct bcd_object object = { .type = debugger->owner };
	uint32_t *ids = NULL;
	size_t found = 0;

	snprintf(object.guid, sizeof(object.guid), "%s", debugger->guid);
	bcd_ids(&bcdedit->bcd, debugger->guid, &ids, &found);
	for (size_t i = 0; i < found; i++)
		bcdedit_print_element(bcdedit, &object, ids[i]);
	free(ids);
	return bcdedit_done();
}

static bool
set_text(struct bcdedit *bcdedit, const struct debugger *debugger, uint32_t id, const char *text)
{
	struct buf data = { 0 };
	struct buf error = { 0 };
	bool set = bcd_parse_data(&bcdedit->bcd, id, debugger->owner, text, &data, &error) &&
	           lstatus_ok(bcd_set(&bcdedit->bcd, debugger->guid, id, data.data, data.size));

	buf_release(&data);
	buf_release(&error);
	return set;
}

/* Four numbers of 64 bits, to the base 36, with dots between. */
static bool
is_key(const char *text)
{
	for (unsigned i = 0; i < KEY_PARTS; i++) {
		size_t length = strspn(text, KEY_DIGITS);

		if (length == 0 || length > KEY_PART_MAX ||
		    text[length] != (i + 1 < KEY_PARTS ? '.' : '\0'))
			return false;
		text += length + 1;
	}
	return true;
}

static bool
make_key(struct bcdedit *bcdedit, struct buf *key)
{
	uint64_t numbers[KEY_PARTS];

	if (!lstatus_ok(store_random(
	        registry_store(bcdedit->registry), "debugger key", numbers, sizeof(numbers))))
		return false;
	for (unsigned i = 0; i < KEY_PARTS; i++) {
		if (i > 0)
			buf_append_byte(key, '.');
		do {
			buf_append_byte(key, (uint8_t)KEY_DIGITS[numbers[i] % 36]);
			numbers[i] /= 36;
		} while (numbers[i] > 0);
	}
	return true;
}

/*
 * A debugger over the network has a key: the one that was given, or was there, else a new one. It
 * is printed, for the other machine.
 */
static bool
settle_network(struct bcdedit *bcdedit, const struct debugger *debugger, bool renew, bool dhcp)
{
	struct buf key = { 0 };
	struct buf made = { 0 };
	bool settled = true;

	bcd_get_texts(&bcdedit->bcd, debugger->guid, debugger->key, &key);
	if (renew || key.size == 0) {
		settled = make_key(bcdedit, &made) &&
		          set_text(bcdedit, debugger, debugger->key, buf_text(&made));
	} else {
		buf_append_text(&made, (const char *)key.data);
		settled = is_key(buf_text(&made));
	}
	settled = settled && set_text(bcdedit, debugger, debugger->dhcp, dhcp ? "yes" : "no");
	if (settled)
		printf("Key=%s\n", buf_text(&made));
	buf_release(&key);
	buf_release(&made);
	return settled;
}

/* Set what a word says; false if it says nothing. */
static bool
set_word(struct bcdedit *bcdedit, const struct debugger *debugger, const char *word)
{
	for (size_t i = 0; i < debugger->count; i++) {
		const struct setting *setting = &debugger->settings[i];
		size_t length = strlen(setting->word);

		if (setting->value != NULL && bcdedit_is_word(word, setting->word))
			return set_text(bcdedit, debugger, setting->id, setting->value);
		if (setting->value == NULL && strncasecmp(word, setting->word, length) == 0)
			return set_text(bcdedit, debugger, setting->id, word + length);
	}
	return false;
}

static int
run_settings(struct bcdedit *bcdedit, const struct debugger *debugger)
{
	bool network = bcdedit->count > 0 && bcdedit_is_word(bcdedit->words[0], "NET");
	bool renew = false;
	bool dhcp = true;
	bool valid = true;
	uint32_t type;

	if (!lstatus_ok(bcd_type(&bcdedit->bcd, debugger->guid, &type)))
		return bcdedit_no_entry();
	if (bcdedit->count == 0)
		return show(bcdedit, debugger);
	for (int i = 0; i < bcdedit->count && valid; i++) {
		const char *word = bcdedit->words[i];

		if (i == 0 && debugger->type != 0)
			valid = set_text(bcdedit, debugger, debugger->type, word);
		else if (network && bcdedit_is_word(word, "NEWKEY"))
			renew = true;
		else if (network && bcdedit_is_word(word, "NODHCP"))
			dhcp = false;
		else
			valid = set_word(bcdedit, debugger, word);
	}
	if (!valid || (network && !settle_network(bcdedit, debugger, renew, dhcp)))
		return bcdedit_misused(debugger->command);
	bcdedit->changed = true;
	return network ? 0 : bcdedit_done();
}

int
bcdedit_hypervisorsettings(struct bcdedit *bcdedit)
{
	static const struct setting settings[] = {
		{ "DEBUGPORT:", 0x250000f4, NULL },
		{ "BAUDRATE:", 0x250000f5, NULL },
		{ "CHANNEL:", 0x250000f6, NULL },
		{ "HOSTIP:", 0x250000fd, NULL },
		{ "PORT:", 0x250000fe, NULL },
		{ "KEY:", 0x22000110, NULL },
		{ "BUSPARAMS:", 0x220000f9, NULL },
	};
	static const struct debugger debugger = { .command = "hypervisorsettings",
		.guid = BCD_GUID_HYPERVISOR,
		.owner = BCD_INHERIT_OSLOADER,
		.type = 0x250000f3,
		.key = 0x22000110,
		.dhcp = 0x26000114,
		.settings = settings,
		.count = ARRAY_SIZE(settings) };

	return run_settings(bcdedit, &debugger);
}

int
bcdedit_dbgsettings(struct bcdedit *bcdedit)
{
	static const struct setting settings[] = {
		{ "DEBUGPORT:", 0x15000013, NULL },
		{ "BAUDRATE:", 0x15000014, NULL },
		{ "CHANNEL:", 0x15000015, NULL },
		{ "TARGETNAME:", 0x12000016, NULL },
		{ "HOSTIP:", 0x1500001a, NULL },
		{ "PORT:", 0x1500001b, NULL },
		{ "KEY:", 0x1200001d, NULL },
		{ "BUSPARAMS:", 0x12000019, NULL },
		{ "/noumex", 0x16000017, "yes" },
	};
	static const struct debugger debugger = { .command = "dbgsettings",
		.guid = BCD_GUID_DEBUGGER,
		.owner = BCD_INHERIT_ANY,
		.type = 0x15000011,
		.key = 0x1200001d,
		.dhcp = 0x1600001c,
		.settings = settings,
		.count = ARRAY_SIZE(settings) };

	/* "/start POLICY" is the one option whose value is a word of its own. */
	for (int i = 1; i + 1 < bcdedit->count; i++) {
		if (!bcdedit_is_word(bcdedit->words[i], "/start"))
			continue;
		if (!set_text(bcdedit, &debugger, 0x15000018, bcdedit->words[i + 1]))
			return bcdedit_misused("dbgsettings");
		memmove(bcdedit->words + i, bcdedit->words + i + 2,
		    (size_t)(bcdedit->count - i - 2) * sizeof(bcdedit->words[0]));
		bcdedit->count -= 2;
		break;
	}
	return run_settings(bcdedit, &debugger);
}

#define EMS_PORT     0x15000022u
#define EMS_BAUDRATE 0x15000023u

int
bcdedit_emssettings(struct bcdedit *bcdedit)
{
	static const struct setting settings[] = {
		{ "EMSPORT:", EMS_PORT, NULL },
		{ "EMSBAUDRATE:", EMS_BAUDRATE, NULL },
	};
	static const struct debugger debugger = { .command = "emssettings",
		.guid = BCD_GUID_EMS,
		.owner = BCD_INHERIT_ANY,
		.settings = settings,
		.count = ARRAY_SIZE(settings) };
	uint32_t type;

	if (bcdedit->count != 1 || !bcdedit_is_word(bcdedit->words[0], "BIOS"))
		return run_settings(bcdedit, &debugger);
	/* What the firmware says holds where nothing is set. */
	if (!lstatus_ok(bcd_type(&bcdedit->bcd, BCD_GUID_EMS, &type)))
		return bcdedit_no_entry();
	bcd_unset(&bcdedit->bcd, BCD_GUID_EMS, EMS_PORT);
	bcd_unset(&bcdedit->bcd, BCD_GUID_EMS, EMS_BAUDRATE);
	bcdedit->changed = true;
	return bcdedit_done();
}
