/*
 * verify --generate: vectors made from the tables.
 */
#include <string.h>
#include <strings.h>

#include "regstore/formats/out_file.h"
#include "regstore/tunable/generate.h"
#include "vmms/hvctl.h"

/* Whether an entry before this one is about the same value: its vectors hold for all readers. */
static bool
is_done(const struct hvctl *hvctl, const struct tunable_entry *entry)
{
	for (const struct tunable_entry *before = hvctl->hvemu->catalog.entries; before < entry;
	     before++) {
		if (strcmp(before->row->name, entry->row->name) == 0 &&
		    strcmp(before->table->key, entry->table->key) == 0)
			return true;
	}
	return false;
}

/* The vectors of all rows, of a module's, or of those of one name; the number of rows. */
static size_t
generate(const struct hvctl *hvctl, const char *what, bool *ok, struct buf *out)
{
	bool all = strcmp(what, "--all") == 0;
	const struct module *module = all ? NULL : host_module_find(what, NULL);
	const struct tunable_entry *entry = NULL;
	size_t count = 0;

	for (size_t i = 0; (all || module != NULL) && i < hvctl->hvemu->catalog.count && *ok; i++) {
		entry = &hvctl->hvemu->catalog.entries[i];
		if (is_done(hvctl, entry) ||
		    (module != NULL && strcasecmp(entry->table->owner, module->image) != 0))
			continue;
		*ok = generate_vectors(&hvctl->hvemu->catalog, entry, out);
		count++;
	}
	if (all || module != NULL)
		return count;
	while (*ok && (entry = tunable_find_name(&hvctl->hvemu->catalog, what, entry)) != NULL) {
		if (is_done(hvctl, entry) && count > 0)
			continue;
		*ok = generate_vectors(&hvctl->hvemu->catalog, entry, out);
		count++;
	}
	return count;
}

static int
write_out(const struct hvctl *hvctl, struct buf *text, const char *name)
{
	struct out_file out;
	lstatus status;

	if (name == NULL) {
		fwrite(text->data, 1, text->size, stdout); /* main looks whether that went well */
		return EXIT_SUCCESS;
	}
	status = out_file_begin(&out, name);
	if (lstatus_ok(status))
		status =
		    out_file_end(&out, fwrite(text->data, 1, text->size, out.file) == text->size
		                           ? LSTATUS(ERROR_SUCCESS)
		                           : LSTATUS(ERROR_WRITE_FAULT));
	return lstatus_ok(status) ? EXIT_SUCCESS
	                          : hvctl_fail(hvctl, "%s: %s", name, lstatus_text(status));
}

int
hvctl_generate(const struct hvctl *hvctl, int argc, char **argv)
{
	struct buf text = { 0 };
	bool ok = true;
	int status;

	if (argc != 2 && (argc != 4 || strcmp(argv[2], "-o") != 0))
		return hvctl_misused(
		    hvctl, "\"verify --generate\" takes a name, a module or --all, and -o FILE");
	generate_header(&text);
	if (generate(hvctl, argv[1], &ok, &text) == 0)
		status = hvctl_unknown_name(hvctl, argv[1]);
	else if (!ok || text.failed)
		status = hvctl_fail(hvctl, "not enough memory");
	else
		status = write_out(hvctl, &text, argc == 4 ? argv[3] : NULL);
	buf_release(&text);
	return status;
}
