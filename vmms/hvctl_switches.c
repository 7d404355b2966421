/*
 * tunables --summary, and switches: the rows as a whole, and the choices between readings.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vmms/hvctl.h"

/* --- tunables --summary
 * --------------------------------------------------------------------------- */

static int
number_of(const json_t *object, const char *name)
{
	return (int)json_integer_value(json_object_get(object, name));
}

static void
print_share(const json_t *summary, const char *name, const char *text)
{
	int rows = number_of(summary, "rows");
	int count = number_of(json_object_get(summary, "basis"), name);

	printf("  %5d  %5.1f %%  %s\n", count, rows > 0 ? 100.0 * count / rows : 0, text);
}

static void
print_counts(const json_t *counts)
{
	const char *name;
	json_t *count;

	json_object_foreach((json_t *)(uintptr_t)counts, name, count)
	    printf("  %5d  %s\n", (int)json_integer_value(count), name);
}

int
hvctl_summary(struct hvctl *hvctl)
{
	json_t *summary = tunable_summary(&hvctl->hvemu->catalog);
	const char *name;
	json_t *owner;

	if (summary == NULL)
		return hvctl_fail(hvctl, "not enough memory");
	if (hvctl->json)
		return hvctl_print_json(hvctl, summary);
	printf("%d rows in %d tables, read by %d functions of %d images; %d without a default\n",
	    number_of(summary, "rows"), number_of(summary, "tables"), number_of(summary, "readers"),
	    number_of(summary, "owners"), number_of(summary, "without_default"));
	printf("Where their facts come from:\n");
	print_share(summary, "documented", "the reference alone");
	print_share(summary, "documented_in_part", "the reference, and a fact or more assumed");
	print_share(summary, "public", "a public source");
	print_share(summary, "assumed", "assumed");
	printf("When they are read:\n");
	print_counts(json_object_get(summary, "apply"));
	printf("Whose they are:\n");
	json_object_foreach(json_object_get(summary, "by_owner"), name, owner)
	    printf("  %5d  %s\n", number_of(owner, "rows"), name);
	json_decref(summary);
	return EXIT_SUCCESS;
}

/* --- switches
 * ------------------------------------------------------------------------------------- */

/* The switches of all tables (or the wanted one), each once, with the word that holds here. */
static json_t *
list_switches(const struct hvctl *hvctl, struct registry *registry, const char *wanted)
{
	json_t *list = json_object();
	const struct tunable_table *last = NULL;

	for (size_t i = 0; i < hvctl->hvemu->catalog.count; i++) {
		const struct tunable_table *table = hvctl->hvemu->catalog.entries[i].table;
		const struct tunable_switch *at = table != last ? table->switches : NULL;

		last = table;
		for (; at != NULL && at->name != NULL; at++) {
			json_t *words;

			if (wanted != NULL && strcmp(wanted, at->name) != 0)
				continue;
			words = json_array();
			for (const char *const *word = at->words; *word != NULL; word++)
				json_array_append_new(words, json_string(*word));
			json_object_set_new(list, at->name,
			    json_pack("{s:s, s:s, s:o, s:s}", "name", at->name, "word",
			        tunable_switch_word(&hvctl->hvemu->catalog, registry, at->name),
			        "words", words, "purpose", at->doc));
		}
	}
	return list;
}

static int
show_switches(struct hvctl *hvctl, struct registry *registry, const char *wanted)
{
	json_t *list = list_switches(hvctl, registry, wanted);
	const char *name;
	json_t *one;

	if (hvctl->json)
		return hvctl_print_json(hvctl, list);
	json_object_foreach(list, name, one)
	{
		json_t *word;
		size_t index;

		printf("%s%s%s = %s  (", hvctl_bold(hvctl), name, hvctl_plain(hvctl),
		    json_string_value(json_object_get(one, "word")));
		json_array_foreach(json_object_get(one, "words"), index, word)
		    printf("%s%s", index > 0 ? " | " : "", json_string_value(word));
		printf(")\n  %s\n", json_string_value(json_object_get(one, "purpose")));
	}
	json_decref(list);
	return EXIT_SUCCESS;
}

static int
set_switch(struct hvctl *hvctl, struct registry *registry, const struct tunable_switch *found,
    const char *word)
{
	const char *const *at = found->words;
	reg_key key;
	lstatus status;

	while (*at != NULL && strcasecmp(*at, word) != 0)
		at++;
	if (*at == NULL)
		return hvctl_misused(hvctl,
		    "%s has no word \"%s\"; \"hvctl switches %s\" lists them", found->name, word,
		    found->name);
	status = registry_create_key(registry, NULL, TUNABLE_SWITCH_KEY, 0, &key, NULL);
	if (lstatus_ok(status))
		status = registry_set_text(registry, key, found->name, REG_SZ, *at);
	if (!lstatus_ok(status))
		return hvctl_fail(hvctl, "%s: %s", found->name, lstatus_text(status));
	if (hvctl->json)
		return hvctl_print_json(
		    hvctl, json_pack("{s:s, s:s}", "name", found->name, "word", *at));
	printf("%s is %s; it holds from the next reading on.\n", found->name, *at);
	return EXIT_SUCCESS;
}

int
hvctl_switches(struct hvctl *hvctl, int argc, char **argv)
{
	const struct tunable_switch *found =
	    argc > 1 ? tunable_switch_find(&hvctl->hvemu->catalog, argv[1]) : NULL;
	struct registry *registry;
	int status;

	if (argc > 3)
		return hvctl_misused(hvctl, "\"switches\" takes a name and a word at most");
	if (argc > 1 && found == NULL)
		return hvctl_misused(hvctl, "there is no switch \"%s\"", argv[1]);
	registry = hvctl_open(hvctl, REGISTRY_OPEN);
	if (registry == NULL)
		return EXIT_FAILURE;
	if (argc == 3)
		status = set_switch(hvctl, registry, found, argv[2]);
	else
		status = show_switches(hvctl, registry, found != NULL ? found->name : NULL);
	registry_close(registry);
	return status;
}
