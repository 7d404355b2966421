-- The store of one host, schema version 2.
--
-- Every write has a number; numbers grow by one over the whole host. A row's `since` is the number of
-- the write that made it what it is. A row that is changed or deleted moves to the _past table with
-- `until`, the number of the write that ended it. So the state at number N is what has
-- since <= N (< until), a write's new row is the one with since = N, its old row the one with
-- until = N, and fresh rows cost nothing extra. `tx` says who made the numbers first..last, when, and
-- through what.
--
-- `changes` of a tx lists what its numbers are about (see changes.h): a row is found by its number
-- without an index over `since`, which would have to be kept at every write. A long transaction has
-- several rows, each with some of its numbers, which were made at the same time.
--
-- A key's id is the number of the write that made it. `path` holds the upper-cased components of the
-- full path (one 16-bit unit at a time, see name_fold), joined with byte 01, which sorts before any
-- character: a subtree is one range of the index, in tree order. It follows from name and parent, so
-- key_past does not keep it.
--
-- A snapshot is a moment with a name. Pruning (see prune.c) forgets what no snapshot shows.

CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value
) WITHOUT ROWID;

CREATE TABLE tx (
	first INTEGER PRIMARY KEY,
	last INTEGER NOT NULL,
	wall INTEGER NOT NULL,
	virtual INTEGER NOT NULL,
	actor TEXT NOT NULL,
	channel TEXT NOT NULL,
	comment TEXT,
	changes BLOB
);

CREATE TABLE security (
	id INTEGER PRIMARY KEY,
	descriptor BLOB NOT NULL UNIQUE
);

CREATE TABLE key (
	id INTEGER PRIMARY KEY,
	parent INTEGER NOT NULL,
	path TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	class BLOB,
	flags INTEGER NOT NULL,
	security INTEGER NOT NULL,
	last_write INTEGER NOT NULL,
	since INTEGER NOT NULL
);
CREATE INDEX key_child ON key (parent);
CREATE INDEX key_volatile ON key (id) WHERE flags & 1;
CREATE INDEX key_link ON key (id) WHERE flags & 2;

CREATE TABLE key_past (
	until INTEGER PRIMARY KEY,
	id INTEGER NOT NULL,
	parent INTEGER NOT NULL,
	name TEXT NOT NULL,
	class BLOB,
	flags INTEGER NOT NULL,
	security INTEGER NOT NULL,
	since INTEGER NOT NULL
);
CREATE INDEX key_past_id ON key_past (id);
CREATE INDEX key_past_child ON key_past (parent);

CREATE TABLE value (
	key INTEGER NOT NULL,
	folded TEXT NOT NULL,
	name TEXT NOT NULL,
	type INTEGER NOT NULL,
	data BLOB NOT NULL,
	created INTEGER NOT NULL,
	since INTEGER NOT NULL,
	PRIMARY KEY (key, folded)
) WITHOUT ROWID;

CREATE TABLE value_past (
	until INTEGER PRIMARY KEY,
	key INTEGER NOT NULL,
	folded TEXT NOT NULL,
	name TEXT NOT NULL,
	type INTEGER NOT NULL,
	data BLOB NOT NULL,
	created INTEGER NOT NULL,
	since INTEGER NOT NULL
);
CREATE INDEX value_past_key ON value_past (key, folded);

CREATE TABLE snapshot (
	name TEXT PRIMARY KEY COLLATE NOCASE,
	number INTEGER NOT NULL,
	wall INTEGER NOT NULL,
	virtual INTEGER NOT NULL,
	comment TEXT
) WITHOUT ROWID;
