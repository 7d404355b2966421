/*
 * What a run of vectors covered: as a table, as JSON, as a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmms/hvctl.h"
#include "vmms/hvctl_coverage.h"

static double
percent(size_t hit, size_t total)
{
	return total > 0 ? 100.0 * (double)hit / (double)total : 100.0;
}

/* Call for each owner once, in the order of the catalog. */
static void
each_owner(const struct coverage *coverage,
    void (*use)(void *context, const char *owner, size_t hit, size_t total), void *context)
{
	for (size_t i = 0; i < coverage->count; i++) {
		const char *owner = coverage->points[i].entry->table->owner;
		size_t before = 0;
		size_t hit;
		size_t total;

		while (strcmp(coverage->points[before].entry->table->owner, owner) != 0)
			before++;
		if (before < i)
			continue;
		total = coverage_total(coverage, owner, &hit);
		use(context, owner, hit, total);
	}
}

/* --- A table
 * -------------------------------------------------------------------------------------- */

static void
print_owner(void *context UNUSED, const char *owner, size_t hit, size_t total)
{
	printf("# %-24s %10zu %8zu %8zu %6.1f %%\n", owner, total, hit, total - hit,
	    percent(hit, total));
}

void
hvctl_coverage_print(const struct coverage *coverage)
{
	size_t hit;
	size_t total = coverage_total(coverage, NULL, &hit);
	struct buf text = { 0 };

	printf("# %-24s %10s %8s %8s %8s\n", "OWNER", "JUDGEMENTS", "HIT", "MISSED", "COVERED");
	each_owner(coverage, print_owner, NULL);
	print_owner(NULL, "all", hit, total);
	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_point *point = &coverage->points[i];

		if (point->hits > 0)
			continue;
		buf_clear(&text);
		coverage_point_text(point, &text);
		printf("# never: %s %s\\%s: %s\n", point->entry->table->owner,
		    point->entry->table->key, point->entry->row->name, buf_text(&text));
	}
	buf_release(&text);
}

/* --- JSON
 * ----------------------------------------------------------------------------------------- */

static void
add_owner(void *context, const char *owner, size_t hit, size_t total)
{
	json_object_set_new(context, owner,
	    json_pack("{s:I, s:I}", "judgements", (json_int_t)total, "hit", (json_int_t)hit));
}

json_t *
hvctl_coverage_json(const struct coverage *coverage)
{
	size_t hit;
	size_t total = coverage_total(coverage, NULL, &hit);
	json_t *owners = json_object();
	json_t *points = json_array();
	struct buf text = { 0 };

	each_owner(coverage, add_owner, owners);
	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_point *point = &coverage->points[i];

		buf_clear(&text);
		coverage_point_text(point, &text);
		json_array_append_new(points,
		    json_pack("{s:s, s:s, s:s, s:s, s:I}", "owner", point->entry->table->owner,
		        "key", point->entry->table->key, "name", point->entry->row->name,
		        "judgement", buf_text(&text), "hits", (json_int_t)point->hits));
	}
	buf_release(&text);
	return json_pack("{s:I, s:I, s:o, s:o}", "judgements", (json_int_t)total, "hit",
	    (json_int_t)hit, "by_owner", owners, "list", points);
}

/* --- A file
 * --------------------------------------------------------------------------------------- */

bool
hvctl_coverage_write(const struct coverage *coverage, const char *name)
{
	FILE *out = fopen(name, "we");
	struct buf text = { 0 };
	bool ok;

	if (out == NULL)
		return false;
	fputs("owner\tkey\tname\tjudgement\thits\n", out);
	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_point *point = &coverage->points[i];

		buf_clear(&text);
		coverage_point_text(point, &text);
		fprintf(out, "%s\t%s\t%s\t%s\t%zu\n", point->entry->table->owner,
		    point->entry->table->key, point->entry->row->name, buf_text(&text),
		    point->hits);
	}
	buf_release(&text);
	ok = ferror(out) == 0;
	return fclose(out) == 0 && ok;
}
