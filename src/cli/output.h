/* SPDX-License-Identifier: Apache-2.0 */
/**
 * output: what a command prints.  With --json one object a line (JSON Lines), else
 * aligned columns for people.  Text from outside never moves the cursor or colours
 * the terminal: control characters are shown as a dot.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"
#include "jsonwriter.h"

#define OUTPUT_COLUMNS 12

/** One value of a row.  `name` is the JSON member and, in capitals, the column's head. */
struct output_cell {
	const char *name;
	enum { OUTPUT_TEXT, OUTPUT_NUMBER, OUTPUT_TIME, OUTPUT_BOOL, OUTPUT_WORDS } type;
	struct text text; /* OUTPUT_TEXT; OUTPUT_WORDS: joined by commas, an array in JSON */
	uint64_t number;  /* OUTPUT_NUMBER, OUTPUT_TIME (ms), OUTPUT_BOOL */
};
#define CELL_TEXT(n, t)   ((struct output_cell){.name = (n), .type = OUTPUT_TEXT, .text = (t)})
#define CELL_STRING(n, t) ((struct output_cell){.name = (n), .type = OUTPUT_TEXT, .text = text_of(t)})
#define CELL_NUMBER(n, v) ((struct output_cell){.name = (n), .type = OUTPUT_NUMBER, .number = (v)})
#define CELL_TIME(n, v)   ((struct output_cell){.name = (n), .type = OUTPUT_TIME, .number = (v)})
#define CELL_BOOL(n, v)   ((struct output_cell){.name = (n), .type = OUTPUT_BOOL, .number = (v)})
#define CELL_WORDS(n, t)  ((struct output_cell){.name = (n), .type = OUTPUT_WORDS, .text = (t)})

/** A list under way: rows are kept until the widths are known, then printed by output_end(). */
struct output {
	const struct cli *cli;
	struct buffer rows; /* people: cells, each NUL-terminated */
	struct output_column {
		const char *name;
		size_t width;
		bool number, filled; /* to the right; some row has something in it */
		bool whole, hidden;  /* never cut; left out */
	} columns[OUTPUT_COLUMNS];
	size_t column_count, count;
};
void output_begin(const struct cli *c, struct output *out);
MUST_CHECK struct status output_row(struct output *o, const struct output_cell *cells, size_t count);
/**
 * output_end(o, nothing):
 * ${nothing} is said to people when there was no row.  On a terminal each row is one
 * line where that is possible: columns without content are left out, long texts are
 * cut and end in an ellipsis; ids, numbers and times stay whole.
 */
MUST_CHECK struct status output_end(struct output *o, const char *nothing);
void output_clear(struct output *o);

/** output_broken(): of a write that failed: ST_GONE (output_closed) when who read it has read enough, else ST_IO. */
MUST_CHECK struct status output_broken(void);
extern const char output_closed[];

/** output_object(c, cells, count): one thing: a JSON object, or `name: value` lines; a text that is empty has none. */
MUST_CHECK struct status output_object(const struct cli *c, const struct output_cell *cells, size_t count);
/** output_done(c, format, ...): a sentence for people on stdout; nothing with --json. */
void output_done(const struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** output_progress(c, format, ...): on a terminal's stderr, over the last one. */
void output_progress(const struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** output_failure(c, s): one line on stderr that says what to do, with --json the problem too; the exit code. */
int output_failure(struct cli *c, struct status s);

#endif /* !CLI_OUTPUT_H */
