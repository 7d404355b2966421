/*
 * The emulated machine.
 */
#include "hvloader/machine.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "regstore/base/utf16.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static void
own_vendor(char *vendor, size_t size)
{
	unsigned top = 0;
	unsigned words[3] = { 0 };

	__get_cpuid(0, &top, &words[0], &words[2], &words[1]);
	snprintf(vendor, size, "%.12s", (const char *)words);
}
#else
static void
own_vendor(char *vendor, size_t size)
{
	snprintf(vendor, size, "GenuineIntel");
}
#endif

/* A fact's name, and where it lies. */
static const struct {
	const char *name;
	size_t offset;
	size_t size;
	const char *assumed;
} facts_list[] = {
	{ "cpuvendor", offsetof(struct machine_facts, cpuvendor), 16, NULL },
	{ "processors", offsetof(struct machine_facts, processors), 16, "16" },
	{ "memory_gb", offsetof(struct machine_facts, memory_gb), 16, "64" },
	{ "numa_nodes", offsetof(struct machine_facts, numa_nodes), 16, "1" },
	{ "backing", offsetof(struct machine_facts, backing), 16, "available" },
};

void
machine_facts_read(struct registry *registry, struct machine_facts *ret_facts)
{
	reg_key key;
	bool there = lstatus_ok(registry_open_key(registry, NULL, MACHINE_KEY, 0, &key));

	*ret_facts = (struct machine_facts){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(facts_list); i++) {
		char *fact = (char *)ret_facts + facts_list[i].offset;
		struct buf data = { 0 };
		struct buf text = { 0 };
		uint32_t type = 0;

		if (there &&
		    lstatus_ok(
		        registry_query_value(registry, key, facts_list[i].name, &type, &data)) &&
		    type == REG_SZ)
			utf16_to_utf8(data.data, data.size, true, &text);
		if (text.size > 0 && text.size < facts_list[i].size)
			snprintf(fact, facts_list[i].size, "%s", buf_text(&text));
		else if (facts_list[i].assumed != NULL)
			snprintf(fact, facts_list[i].size, "%s", facts_list[i].assumed);
		else
			own_vendor(fact, facts_list[i].size);
		buf_release(&data);
		buf_release(&text);
	}
}

const char *
machine_fact(const struct machine_facts *facts, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts_list); i++) {
		if (strcasecmp(facts_list[i].name, name) == 0)
			return (const char *)facts + facts_list[i].offset;
	}
	return NULL;
}
