/*
 * The schemas that were.
 */
#include "tests/lib/stores.h"

#define SCHEMA_1                                                                                   \
	"CREATE TABLE meta (\n\tname TEXT PRIMARY KEY,\n\tvalue\n) WITHOUT ROWID;"                 \
	"CREATE TABLE tx (\n\tfirst INTEGER PRIMARY KEY,\n\tlast INTEGER NOT NULL,\n"              \
	"\twall INTEGER NOT NULL,\n\tvirtual INTEGER NOT NULL,\n\tactor TEXT NOT NULL,\n"          \
	"\tchannel TEXT NOT NULL,\n\tcomment TEXT\n);"                                             \
	"CREATE TABLE security (\n\tid INTEGER PRIMARY KEY,\n\tdescriptor BLOB NOT NULL "          \
	"UNIQUE\n);"                                                                               \
	"CREATE TABLE key (\n\tid INTEGER PRIMARY KEY,\n\tparent INTEGER NOT NULL,\n"              \
	"\tpath TEXT NOT NULL UNIQUE,\n\tname TEXT NOT NULL,\n\tclass BLOB,\n"                     \
	"\tflags INTEGER NOT NULL,\n\tsecurity INTEGER NOT NULL,\n\tlast_write INTEGER NOT "       \
	"NULL,\n"                                                                                  \
	"\tsince INTEGER NOT NULL\n);"                                                             \
	"CREATE INDEX key_child ON key (parent);"                                                  \
	"CREATE INDEX key_volatile ON key (id) WHERE flags & 1;"                                   \
	"CREATE INDEX key_link ON key (id) WHERE flags & 2;"                                       \
	"CREATE TABLE key_past (\n\tuntil INTEGER PRIMARY KEY,\n\tid INTEGER NOT NULL,\n"          \
	"\tparent INTEGER NOT NULL,\n\tname TEXT NOT NULL,\n\tclass BLOB,\n"                       \
	"\tflags INTEGER NOT NULL,\n\tsecurity INTEGER NOT NULL,\n\tsince INTEGER NOT NULL\n);"    \
	"CREATE INDEX key_past_id ON key_past (id, since);"                                        \
	"CREATE TABLE value (\n\tkey INTEGER NOT NULL,\n\tfolded TEXT NOT NULL,\n"                 \
	"\tname TEXT NOT NULL,\n\ttype INTEGER NOT NULL,\n\tdata BLOB NOT NULL,\n"                 \
	"\tcreated INTEGER NOT NULL,\n\tsince INTEGER NOT NULL,\n\tPRIMARY KEY (key, folded)\n"    \
	") WITHOUT ROWID;"                                                                         \
	"CREATE TABLE value_past (\n\tuntil INTEGER PRIMARY KEY,\n\tkey INTEGER NOT NULL,\n"       \
	"\tfolded TEXT NOT NULL,\n\tname TEXT NOT NULL,\n\ttype INTEGER NOT NULL,\n"               \
	"\tdata BLOB NOT NULL,\n\tcreated INTEGER NOT NULL,\n\tsince INTEGER NOT NULL\n);"         \
	"CREATE INDEX value_past_key ON value_past (key, folded, since);"                          \
	"PRAGMA application_id = 1213615445; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"

#define SCHEMA_2                                                                                   \
	"CREATE TABLE meta (\n\tname TEXT PRIMARY KEY,\n\tvalue\n) WITHOUT ROWID;"                 \
	"CREATE TABLE tx (\n\tfirst INTEGER PRIMARY KEY,\n\tlast INTEGER NOT NULL,\n"              \
	"\twall INTEGER NOT NULL,\n\tvirtual INTEGER NOT NULL,\n\tactor TEXT NOT NULL,\n"          \
	"\tchannel TEXT NOT NULL,\n\tcomment TEXT,\n\tchanges BLOB\n);"                            \
	"CREATE TABLE security (\n\tid INTEGER PRIMARY KEY,\n\tdescriptor BLOB NOT NULL "          \
	"UNIQUE\n);"                                                                               \
	"CREATE TABLE key (\n\tid INTEGER PRIMARY KEY,\n\tparent INTEGER NOT NULL,\n"              \
	"\tpath TEXT NOT NULL UNIQUE,\n\tname TEXT NOT NULL,\n\tclass BLOB,\n"                     \
	"\tflags INTEGER NOT NULL,\n\tsecurity INTEGER NOT NULL,\n\tlast_write INTEGER NOT "       \
	"NULL,\n"                                                                                  \
	"\tsince INTEGER NOT NULL\n);"                                                             \
	"CREATE INDEX key_child ON key (parent);"                                                  \
	"CREATE INDEX key_volatile ON key (id) WHERE flags & 1;"                                   \
	"CREATE INDEX key_link ON key (id) WHERE flags & 2;"                                       \
	"CREATE TABLE key_past (\n\tuntil INTEGER PRIMARY KEY,\n\tid INTEGER NOT NULL,\n"          \
	"\tparent INTEGER NOT NULL,\n\tname TEXT NOT NULL,\n\tclass BLOB,\n"                       \
	"\tflags INTEGER NOT NULL,\n\tsecurity INTEGER NOT NULL,\n\tsince INTEGER NOT NULL\n);"    \
	"CREATE INDEX key_past_id ON key_past (id);"                                               \
	"CREATE INDEX key_past_child ON key_past (parent);"                                        \
	"CREATE TABLE value (\n\tkey INTEGER NOT NULL,\n\tfolded TEXT NOT NULL,\n"                 \
	"\tname TEXT NOT NULL,\n\ttype INTEGER NOT NULL,\n\tdata BLOB NOT NULL,\n"                 \
	"\tcreated INTEGER NOT NULL,\n\tsince INTEGER NOT NULL,\n\tPRIMARY KEY (key, folded)\n"    \
	") WITHOUT ROWID;"                                                                         \
	"CREATE TABLE value_past (\n\tuntil INTEGER PRIMARY KEY,\n\tkey INTEGER NOT NULL,\n"       \
	"\tfolded TEXT NOT NULL,\n\tname TEXT NOT NULL,\n\ttype INTEGER NOT NULL,\n"               \
	"\tdata BLOB NOT NULL,\n\tcreated INTEGER NOT NULL,\n\tsince INTEGER NOT NULL\n);"         \
	"CREATE INDEX value_past_key ON value_past (key, folded);"                                 \
	"CREATE TABLE snapshot (\n\tname TEXT PRIMARY KEY COLLATE NOCASE,\n"                       \
	"\tnumber INTEGER NOT NULL,\n\twall INTEGER NOT NULL,\n\tvirtual INTEGER NOT NULL,\n"      \
	"\tcomment TEXT\n) WITHOUT ROWID;"                                                         \
	"PRAGMA application_id = 1213615445; PRAGMA user_version = 2; PRAGMA journal_mode = WAL;"

#define CONTENTS_1                                                                                 \
	"INSERT INTO meta VALUES ('relaxed', 1), ('seeded', 1), ('text', 'kept');"                 \
	"INSERT INTO security VALUES (1, x'0100048014000000'), (2, x'0100048014000001');"          \
	"INSERT INTO tx VALUES (1, 3, 133000000000000000, 133000000000000000, 'a', 'api', NULL),"  \
	" (4, 9, 133000000000000001, 133000000000000002, 'b', 'reg', 'comment');"                  \
	"INSERT INTO key VALUES (1, 0, '', 'REGISTRY', NULL, 0, 1, 5, 1),"                         \
	" (2, 1, 'MACHINE', 'MACHINE', NULL, 0, 1, 5, 2),"                                         \
	" (3, 2, 'MACHINE' || char(1) || 'HARDWARE', 'Hardware', x'00ff', 1, 2, 6, 3);"            \
	"INSERT INTO key_past VALUES (9, 8, 2, 'Gone', NULL, 0, 1, 8);"                            \
	"INSERT INTO value VALUES (2, 'V', 'v', 4, x'01000000', 4, 5);"                            \
	"INSERT INTO value_past VALUES (5, 2, 'V', 'v', 4, x'00000000', 4, 4),"                    \
	" (7, 2, 'W', 'w', 1, x'', 6, 6);"

/* As a program of version 2 would have left it. */
#define CONTENTS_2                                                                                 \
	"INSERT INTO meta VALUES ('relaxed', 1), ('seeded', 1), ('text', 'kept');"                 \
	"INSERT INTO security VALUES (1, x'0100048014000000'), (2, x'0100048014000001');"          \
	"INSERT INTO tx VALUES (1, 3, 133000000000000000, 133000000000000000, 'a', 'api', NULL, "  \
	"x'000100020003'),"                                                                        \
	" (4, 9, 133000000000000001, 133000000000000002, 'b', 'reg', 'comment', "                  \
	"x'01020156030156030157030157000802');"                                                    \
	"INSERT INTO key VALUES (1, 0, '', 'REGISTRY', NULL, 0, 1, 5, 1),"                         \
	" (2, 1, 'MACHINE', 'MACHINE', NULL, 0, 1, 5, 2),"                                         \
	" (3, 2, 'MACHINE' || char(1) || 'HARDWARE', 'Hardware', x'00ff', 1, 2, 6, 3);"            \
	"INSERT INTO key_past VALUES (9, 8, 2, 'Gone', NULL, 0, 1, 8);"                            \
	"INSERT INTO value VALUES (2, 'V', 'v', 4, x'01000000', 4, 5);"                            \
	"INSERT INTO value_past VALUES (5, 2, 'V', 'v', 4, x'00000000', 4, 4),"                    \
	" (7, 2, 'W', 'w', 1, x'', 6, 6);"

const char *const stores_schemas[STORE_SCHEMA_VERSION + 1] = { [1] = SCHEMA_1, [2] = SCHEMA_2 };

const char *const stores_contents[STORE_SCHEMA_VERSION + 1] = {
	[1] = CONTENTS_1, [2] = CONTENTS_2
};

const char *const stores_rows[STORES_ROWS] = {
	"SELECT name, value FROM meta WHERE name IN ('relaxed', 'seeded', 'text') ORDER BY name",
	"SELECT id, descriptor FROM security ORDER BY id",
	"SELECT first, last, wall, virtual, actor, channel, comment FROM tx ORDER BY first",
	"SELECT id, parent, path, name, class, flags, security, last_write, since FROM key "
	"ORDER BY id",
	"SELECT until, id, parent, name, class, flags, security, since FROM key_past "
	"ORDER BY until",
	"SELECT key, folded, name, type, data, created, since FROM value ORDER BY key, folded",
	"SELECT until, key, folded, name, type, data, created, since FROM value_past "
	"ORDER BY until",
};
