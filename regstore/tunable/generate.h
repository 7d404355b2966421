/*
 * Vectors from the tables: the boundary matrix of a row, with what the interpreter says now.
 *
 * They are a baseline against regressions and prove nothing against the reference: what the tables
 * have wrong, these have wrong too.
 */
#ifndef REGSTORE_TUNABLE_GENERATE_H
#define REGSTORE_TUNABLE_GENERATE_H

#include "regstore/tunable/tunable.h"

/* Append the lines that stand over generated vectors: what they are, and the header row. */
void generate_header(struct buf *out);

/*
 * Append the vectors of a row: each input of its matrix, with its gates open; some with each gate
 * in turn closed, with each place that wins over it or stands in for it, with the bound and the
 * states that it is judged by. A case must hold for each reader of the value, so it is left out
 * where two come to different values. False without memory.
 */
bool generate_vectors(
    const struct tunable_catalog *catalog, const struct tunable_entry *entry, struct buf *out);

#endif
