/*
 * What is done to many keys at once: importing a .reg file, exporting, walking, renaming.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regstore/base/clock.h"
#include "regstore/formats/reg_text.h"
#include "scripts/bench/bench.h"

#define GROUP  100 /* keys below one */
#define VALUES 10  /* a key */
#define ROUNDS 3
#define TOP    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Bench"
#define RAW_TOP                                                                                    \
	"MACHINE\x01SOFTWARE\x01"                                                                  \
	"BENCH"

/* --- The tree --------------------------------------------------------------------------------- */

/* A value of each kind that such files hold: numbers, texts, bytes. */
struct value {
	char name[16];
	char folded[16];
	uint32_t type;
	uint8_t data[64];
	int size;
};

static struct value values[VALUES];

static void
make_values(void)
{
	for (int i = 0; i < VALUES; i++) {
		struct value *value = &values[i];

		snprintf(value->name, sizeof(value->name), "Value%03d", i);
		snprintf(value->folded, sizeof(value->folded), "VALUE%03d", i);
		value->type = i % 4 < 2 ? REG_DWORD : i % 4 == 2 ? REG_SZ : REG_BINARY;
		value->size = i % 4 < 2 ? 4 : i % 4 == 2 ? 52 : 16;
		for (int at = 0; at < value->size; at++)
			value->data[at] = (uint8_t)(value->type != REG_SZ    ? at * 37 + i
			                            : at % 2 == 0 && at < 50 ? 'a' + at / 2
			                                                     : 0);
	}
}

int
bench_write_tree(uint32_t count, const char *file_name)
{
	struct reg_text_writer writer = { .file = fopen(file_name, "wb"), .format = REG_TEXT_V5 };

	if (writer.file == NULL)
		bench_die(file_name);
	make_values();
	reg_text_write_begin(&writer);
	reg_text_write_key(&writer, TOP);
	for (uint32_t i = 0; i < count / VALUES; i++) {
		char path[96];

		/* Some readers make no key that the file does not name. */
		snprintf(path, sizeof(path), TOP "\\Group%05u", i / GROUP);
		if (i % GROUP == 0)
			reg_text_write_key(&writer, path);
		snprintf(path, sizeof(path), TOP "\\Group%05u\\Key%05u", i / GROUP, i % GROUP);
		reg_text_write_key(&writer, path);
		for (int j = 0; j < VALUES; j++)
			reg_text_write_value(&writer, values[j].name, values[j].type,
			    values[j].data, (size_t)values[j].size);
	}
	bench_need(reg_text_write_end(&writer), "write");
	reg_text_writer_release(&writer);
	return fclose(writer.file) == 0 ? 0 : 1;
}

/* --- Import ----------------------------------------------------------------------------------- */

static double
import_ours(struct bench *bench, const char *file_name)
{
	struct registry_options options = { .mode = REGISTRY_OPEN };
	struct reg_import_result result;
	int64_t start = bench_settle();
	FILE *file = fopen(file_name, "rb");
	double time;

	if (file == NULL)
		bench_die(file_name);
	bench_need(reg_import(bench->ours.registry, file, 0, file_name, NULL, &result), "import");
	fclose(file);
	registry_close(bench->ours.registry);
	time = (double)(clock_monotonic_ns() - start) / 1e6;
	bench_need(registry_open(bench->ours.root, &options, &bench->ours.registry), "open");
	return time;
}

/*
 * The same rows, history's included, in the same order, from memory: no file is read, no key is
 * looked for. A statement a row.
 */
static double
import_other(struct bench *bench, uint32_t count)
{
	struct raw *raw = &bench->other.raw;
	int64_t start = bench_settle();
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	int64_t top = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"), RAW_TOP, "Bench");
	int64_t group = 0;
	double time;

	for (uint32_t i = 0; i < count / VALUES; i++) {
		char path[96];
		char name[16];
		int64_t key;

		snprintf(path, sizeof(path), RAW_TOP "\x01GROUP%05u", i / GROUP);
		snprintf(name, sizeof(name), "Group%05u", i / GROUP);
		if (i % GROUP == 0)
			group = raw_key(raw, &number, top, path, name);
		snprintf(
		    path, sizeof(path), RAW_TOP "\x01GROUP%05u\x01KEY%05u", i / GROUP, i % GROUP);
		snprintf(name, sizeof(name), "Key%05u", i % GROUP);
		key = raw_key(raw, &number, group, path, name);
		for (int j = 0; j < VALUES; j++)
			raw_insert(raw, &number, key, values[j].folded, values[j].name,
			    values[j].type, values[j].data, values[j].size);
	}
	raw_commit(raw, first, number);
	raw_close(raw);
	time = (double)(clock_monotonic_ns() - start) / 1e6;
	raw_open(raw, bench->other.root, false);
	return time;
}

/* --- Walk and export -------------------------------------------------------------------------- */

static enum reg_walk_step
count_key(void *context, const struct reg_walk_key *key UNUSED)
{
	++*(uint32_t *)context;
	return REG_WALK_ON;
}

static double
walk_ours(struct bench *bench, uint32_t *ret_keys)
{
	reg_key key;
	uint32_t keys = 0;
	int64_t start = clock_monotonic_ns();

	bench_need(registry_open_key(bench->ours.registry, NULL, TOP, 0, &key), "open");
	bench_need(registry_walk(bench->ours.registry, key, count_key, &keys), "walk");
	*ret_keys = keys;
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* One scan in the order of paths; `with_values` reads those of each key in their order too. */
static double
walk_other(struct bench *bench, bool with_values, uint32_t *ret_keys)
{
	struct raw *raw = &bench->other.raw;
	uint32_t keys = 0;
	int64_t start = clock_monotonic_ns();

	sqlite3_bind_text(raw->walk, 1, RAW_TOP "\x01", -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->walk, 2, RAW_TOP "\x02", -1, SQLITE_STATIC);
	while (sqlite3_step(raw->walk) == SQLITE_ROW) {
		keys += sqlite3_column_text(raw->walk, 5) != NULL &&
		        sqlite3_column_text(raw->walk, 6) != NULL;
		if (with_values)
			raw_list(raw, sqlite3_column_int64(raw->walk, 0));
	}
	sqlite3_reset(raw->walk);
	*ret_keys = keys;
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

static double
export_ours(struct bench *bench, const char *file_name)
{
	FILE *file = fopen(file_name, "wb");
	int64_t start = clock_monotonic_ns();
	reg_key key;

	if (file == NULL)
		bench_die(file_name);
	bench_need(registry_open_key(bench->ours.registry, NULL, TOP, 0, &key), "open");
	bench_need(reg_export(bench->ours.registry, key, TOP, file, REG_TEXT_V5, NULL), "export");
	if (fclose(file) != 0)
		bench_die(file_name);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* --- Rename ----------------------------------------------------------------------------------- */

/* So many keys, the deepest of them two levels below the one that is renamed. */
static void
fill_rename(struct bench *bench)
{
	struct raw *raw = &bench->other.raw;
	int64_t first = raw_begin(raw) + 1;
	int64_t number = first - 1;
	int64_t top = raw_key(raw, &number, raw_find(raw, "MACHINE\x01SOFTWARE"),
	    "MACHINE\x01SOFTWARE\x01MOVED", "Moved");

	bench_need(registry_begin(bench->ours.registry, NULL), "begin");
	for (uint32_t i = 0; i < bench->size->below; i++) {
		char text[96];
		reg_key key;

		snprintf(text, sizeof(text), "HKLM\\SOFTWARE\\Moved\\Below%05u", i);
		bench_need(
		    registry_create_key(bench->ours.registry, NULL, text, 0, &key, NULL), "create");
		snprintf(text, sizeof(text),
		    "MACHINE\x01SOFTWARE\x01MOVED\x01"
		    "BELOW%05u",
		    i);
		raw_key(raw, &number, top, text, text + 23);
	}
	bench_need(registry_commit(bench->ours.registry), "commit");
	raw_commit(raw, first, number);
}

static double
rename_ours(struct bench *bench, const char *from, const char *to)
{
	char path[64];
	reg_key key;
	int64_t start;

	snprintf(path, sizeof(path), "HKLM\\SOFTWARE\\%s", from);
	bench_need(registry_open_key(bench->ours.registry, NULL, path, 0, &key), "open");
	start = clock_monotonic_ns();
	bench_need(registry_rename_key(bench->ours.registry, key, to), "rename");
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

static double
rename_other(struct bench *bench, const char *from, const char *to)
{
	struct raw *raw = &bench->other.raw;
	char paths[4][64];
	int64_t start = clock_monotonic_ns();
	int64_t number = raw_begin(raw) + 1;

	snprintf(paths[0], sizeof(paths[0]), "MACHINE\x01SOFTWARE\x01%s", from);
	snprintf(paths[1], sizeof(paths[1]), "MACHINE\x01SOFTWARE\x01%s", to);
	snprintf(paths[2], sizeof(paths[2]), "MACHINE\x01SOFTWARE\x01%s\x01", from);
	snprintf(paths[3], sizeof(paths[3]), "MACHINE\x01SOFTWARE\x01%s\x02", from);
	sqlite3_bind_int64(raw->rename, 1, raw_find(raw, paths[0]));
	sqlite3_bind_text(raw->rename, 2, paths[1], -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->rename, 3, to, -1, SQLITE_STATIC);
	sqlite3_bind_int64(raw->rename, 4, number);
	bench_run(raw->rename);
	sqlite3_bind_text(raw->move, 1, paths[2], -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->move, 2, paths[3], -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->move, 3, paths[1], -1, SQLITE_STATIC);
	sqlite3_bind_text(raw->move, 4, paths[0], -1, SQLITE_STATIC);
	bench_run(raw->move);
	raw_commit(raw, number, number);
	return (double)(clock_monotonic_ns() - start) / 1e6;
}

/* --- The group -------------------------------------------------------------------------------- */

struct times {
	double ours[ROUNDS];
	double theirs[ROUNDS];
};

static void
report(const char *format, uint32_t count, const char *unit, struct times *times)
{
	char name[64];

	snprintf(name, sizeof(name), format, count);
	bench_report(name, unit, "raw SQLite", bench_median(times->ours, ROUNDS),
	    bench_median(times->theirs, ROUNDS));
}

static void
compare_trees(const struct bench_size *size, const char *folder)
{
	struct times import;
	struct times export;
	struct times walk;
	uint32_t keys[2] = { 0 };
	char tree[300];
	char out[300];

	snprintf(tree, sizeof(tree), "%s/tree.reg", folder);
	snprintf(out, sizeof(out), "%s/out.reg", folder);
	bench_write_tree(size->values, tree);
	for (int i = 0; i < ROUNDS; i++) {
		struct bench bench;

		bench_open(&bench, size, folder, false);
		import.ours[i] = import_ours(&bench, tree);
		import.theirs[i] = import_other(&bench, size->values);
		walk.ours[i] = walk_ours(&bench, &keys[0]);
		walk.theirs[i] = walk_other(&bench, false, &keys[1]);
		if (keys[0] != keys[1])
			bench_die("not the same keys in both hosts");
		export.ours[i] = export_ours(&bench, out);
		export.theirs[i] = walk_other(&bench, true, &keys[1]);
		bench_close(&bench);
	}
	report("import %u values of a .reg file", size->values, "ms", &import);
	report("export %u values to a .reg file", size->values, "ms", &export);
	report("walk %u keys", keys[0], "ms", &walk);
}

static void
compare_renames(const struct bench_size *size, const char *folder)
{
	struct times times;
	struct bench bench;

	bench_open(&bench, size, folder, false);
	fill_rename(&bench);
	for (int i = 0; i < ROUNDS; i++) {
		times.ours[i] = rename_ours(
		    &bench, i % 2 == 0 ? "MOVED" : "AGAIN", i % 2 == 0 ? "AGAIN" : "MOVED");
		times.theirs[i] = rename_other(
		    &bench, i % 2 == 0 ? "MOVED" : "AGAIN", i % 2 == 0 ? "AGAIN" : "MOVED");
	}
	bench_close(&bench);
	report("rename a key with %u below it", size->below, "ms", &times);
}

void
bench_bulk(const struct bench_size *size, const char *folder)
{
	compare_trees(size, folder);
	compare_renames(size, folder);
}
