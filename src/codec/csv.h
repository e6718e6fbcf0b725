/* SPDX-License-Identifier: Apache-2.0 */
/**
 * csv: tables of comma-separated values (RFC 4180), row by row over a view.
 *
 * Lines end in CRLF or LF; a byte order mark at the start is passed over.  Every row
 * has as many cells as the first.
 */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "text.h"

#define CSV_COLUMNS   256
#define CSV_ROW_BYTES ((size_t)1 << 20)

struct csv {
	struct text rest;
	char separator;
	uint64_t line; /* on which the row last given, or refused, begins; from 1 */
	uint64_t next_line;
	size_t columns;                 /* of the first row; 0 before it */
	struct text cells[CSV_COLUMNS]; /* of the row last given */
	struct buffer opened;           /* cells that held quotes */
};

/** csv_separator(t): ',', ';' or tab, whichever the first line holds most of outside of quotes. */
char csv_separator(struct text t);
/** csv_of(t, separator): before the first row of ${t}, which must outlive the result. */
struct csv csv_of(struct text t, char separator);
void csv_clear(struct csv *c);

/**
 * csv_next(c, more):
 * Read the next row into c->cells, c->columns of them, good until the next call.
 * ${more} is false after the last; line ends behind it are no rows.  ST_INVALID (what:
 * "csv columns", "csv quote", "csv line end", "csv text" for NUL and what is not
 * UTF-8), ST_TOO_BIG ("csv row", "csv columns"), ST_NO_MEMORY; c->line names the
 * row, and there is no going on.
 */
MUST_CHECK struct status csv_next(struct csv *c, bool *more);

/**
 * csv_put_row(out, cells, count):
 * Append one row, quoted where it must be, ended by CRLF.  Cells are written as
 * they are: a spreadsheet may take one that begins with '=' for a formula.
 */
MUST_CHECK struct status csv_put_row(struct buffer *out, const struct text *cells, size_t count);
/**
 * csv_put_safe_row(out, cells, count):
 * The same for people with spreadsheets: a cell that one would take for a formula, or that
 * begins with a line end or tab, which some skip, gets an apostrophe before it.
 */
MUST_CHECK struct status csv_put_safe_row(struct buffer *out, const struct text *cells, size_t count);

#endif /* !CODEC_CSV_H */
