/*
 * why: the steps by which an effective value came about, of the host or of an input.
 */
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl.h"

/* --- Printing
 * ------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

static void
print_fact(const json_t *view, const char *label, const char *member)
{
	if (json_is_string(json_object_get(view, member)))
		printf("  %-10s %s\n", label, text_of(view, member));
}

static void
print_writer(const json_t *view)
{
	const json_t *write = json_object_get(view, "last_write");

	if (json_is_object(write))
		printf("  %-10s write %d, %s, by %s through %s\n", "written",
		    (int)json_integer_value(json_object_get(write, "number")),
		    text_of(write, "time"), text_of(write, "actor"), text_of(write, "channel"));
}

static void
print_steps(const json_t *steps)
{
	json_t *step;
	size_t index;

	json_array_foreach(steps, index, step) printf("  %3zu. %s (%s, %s)\n", index + 1,
	    text_of(step, "text"), text_of(step, "section"), text_of(step, "basis"));
}

static void
print_effect(const struct hvctl *hvctl, const json_t *view)
{
	char *effective = hvctl_member(view, "effective");

	printf("  %-10s %s\n", "effective",
	    effective != NULL && strcmp(effective, "-") != 0 ? effective : "absent");
	printf("  %-10s %s: %s\n", "verdict", text_of(view, "verdict"), text_of(view, "reason"));
	printf("  %-10s %s\n", "source", text_of(view, "source"));
	printf("  %-10s at %s%s\n", "applies", text_of(view, "read_at"),
	    strcmp(text_of(view, "apply"), "unknown") == 0
	        ? " (assumed: the reference does not say when)"
	        : "");
	if (json_is_true(json_object_get(view, "pending"))) {
		hvctl_print_pending(hvctl, view, 2);
		print_steps(json_object_get(view, "pending_steps"));
	}
	print_fact(view, "basis", "basis");
	print_fact(view, "note", "note");
	free(effective);
}

static void
print_why(const struct hvctl *hvctl, const json_t *view)
{
	printf("%s%s%s  %s\n", hvctl_bold(hvctl), text_of(view, "name"), hvctl_plain(hvctl),
	    text_of(view, "purpose"));
	printf("  %-10s %s (reference, section %s)\n", "owner", text_of(view, "owner"),
	    text_of(view, "section"));
	print_fact(view, "process", "process");
	print_fact(view, "instance", "instance");
	print_fact(view, "reader", "reader");
	print_fact(view, "key", "key");
	print_writer(view);
	print_steps(json_object_get(view, "steps"));
	print_effect(hvctl, view);
}

static int
print_all(const struct hvctl *hvctl, json_t *views)
{
	json_t *view;
	size_t index;

	if (hvctl->json)
		return hvctl_print_json(hvctl, views);
	json_array_foreach(views, index, view)
	{
		if (index > 0)
			putchar('\n');
		print_why(hvctl, view);
	}
	json_decref(views);
	return EXIT_SUCCESS;
}

/* --- Of an input
 * ---------------------------------------------------------------------------------- */

static int
why_of_input(const struct hvctl *hvctl, const char *name, const char *given)
{
	char *error = NULL;
	char *text = NULL;
	enum hvemu_status status = hvemu_why(hvctl->hvemu, name, given, &text, &error);
	int code;
	json_t *views = hvctl_take_answer(hvctl, status, text, error, &code);

	return views != NULL ? print_all(hvctl, views) : code;
}

/* --- Of the host
 * ---------------------------------------------------------------------------------- */

static int
why_of_host(const struct hvctl *hvctl, const char *text)
{
	const char *slash = strrchr(text, '\\');
	json_t *selected = json_array();
	bool running;
	json_t *views = hvctl_views(hvctl, NULL, slash != NULL ? slash + 1 : text, &running);
	json_t *view;
	size_t index;

	if (views == NULL) {
		json_decref(selected);
		return EXIT_FAILURE;
	}
	json_array_foreach(views, index, view)
	{
		if (hvctl_is_named(hvctl, view, text))
			json_array_append(selected, view);
	}
	json_decref(views);
	if (!hvctl->json && json_array_size(selected) == 0)
		printf("%s: no key that it lives in exists on this host.\n", text);
	return print_all(hvctl, selected);
}

int
hvctl_why(struct hvctl *hvctl, int argc, char **argv)
{
	argc = hvctl_take_as_of(hvctl, argc, argv);
	if (argc != 2 && argc != 3)
		return hvctl_misused(
		    hvctl, "\"why\" takes a name, an input at most, and --as-of MOMENT");
	if (argc == 3)
		return why_of_input(hvctl, argv[1], argv[2]);
	if (tunable_find_name(&hvctl->hvemu->catalog, argv[1], NULL) == NULL)
		return hvctl_unknown_name(hvctl, argv[1]);
	return why_of_host(hvctl, argv[1]);
}
