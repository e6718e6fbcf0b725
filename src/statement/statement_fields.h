/* SPDX-License-Identifier: Apache-2.0 */
/**
 * statement_fields: the table of docs/FORMATS.md section 1 as data.  Internal to
 * this module; statement.c encodes and parses by it, statement_print.c prints.
 */
#ifndef STATEMENT_STATEMENT_FIELDS_H
#define STATEMENT_STATEMENT_FIELDS_H

#include "statement.h"

enum field_type {
	FIELD_FIXED,    /* max bytes, copied to the member */
	FIELD_ID,       /* the same, an id */
	FIELD_TEXT,     /* struct text, min to max bytes */
	FIELD_OPTIONAL, /* struct bytes, none or max bytes */
	FIELD_WORD,     /* an enumeration, one byte */
	FIELD_RIGHTS,   /* uint32_t of known bits */
	FIELD_U32,
	FIELD_U64,
	FIELD_RECIPIENTS, /* struct bytes, rows */
};

struct statement_field {
	const char *name;
	enum field_type type;
	size_t offset;     /* in struct statement */
	uint32_t min, max; /* bytes; of FIELD_U32: lowest value, unused */
	enum vocabulary vocabulary;
};

struct statement_layout {
	const char *word;
	const struct statement_field *fields;
	size_t count;
};

/** What follows the kind in every statement. */
extern const struct statement_layout statement_fields_head;
/** statement_fields_of(kind): its word and its own fields. */
const struct statement_layout *statement_fields_of(enum statement_kind kind);

#endif /* !STATEMENT_STATEMENT_FIELDS_H */
