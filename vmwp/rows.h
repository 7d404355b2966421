/*
 * Short forms of the rows of which the reference says no more than what they are for.
 */
#ifndef VMWP_ROWS_H
#define VMWP_ROWS_H

#include "regstore/tunable/tunable.h"

/* A REG_DWORD; more columns may follow. */
#define NUMBER_ROW(state, value, member, purpose)                                                  \
	.name = (value), .type = REG_DWORD, .into = NUMBER_FIELD(state, member),                   \
	.basis = BASIS_DOCUMENTED, .doc = (purpose)

/* A REG_DWORD that the reference's wording makes a switch. */
#define SWITCH_ROW(state, value, member, purpose)                                                  \
	NUMBER_ROW(state, value, member, purpose), .shape = SHAPE_BOOL, .assumed = FACT_SHAPE

/* A REG_SZ or REG_MULTI_SZ. */
#define TEXT_ROW(state, value, kind, member, purpose)                                              \
	.name = (value), .type = (kind), .into = TEXT_FIELD(state, member),                        \
	.basis = BASIS_DOCUMENTED, .doc = (purpose)

#endif
