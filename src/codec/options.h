/* SPDX-License-Identifier: Apache-2.0 */
/**
 * options: the words of a command line, by table.
 *
 * Options may stand before or after the command and its arguments; `--name=value` and
 * `--name value`; `--` ends them; an option that the command does not know is refused
 * with its name.  Secrets never come this way (COMMANDS: from files, stdin, a prompt).
 */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include "text.h"

#define OPTIONS_MAX   64
#define OPTIONS_WORDS 256

struct option_spec {
	const char *name;  /* "--home" */
	const char *value; /* what it takes, for the help; NULL: a switch */
	const char *help;
	bool many;   /* may be repeated */
	char letter; /* short form; 0: none */
};

struct option_given {
	const struct option_spec *spec;
	const char *value; /* NULL for a switch */
};
struct options {
	struct option_given given[OPTIONS_MAX];
	size_t given_count;
	const char *words[OPTIONS_WORDS]; /* what is no option, in order */
	size_t word_count;
};

/** What was refused: a sentence for stderr. */
struct options_refusal {
	char sentence[200];
};
/**
 * options_parse(argc, argv, tables, table_count, out, refusal):
 * ${tables} are lists of specs ended by a spec without a name.  ST_INVALID.
 */
MUST_CHECK struct status options_parse(int argc, char *const *argv, const struct option_spec *const *tables,
				       size_t table_count, struct options *out, struct options_refusal *refusal);
/** options_value(o, name): the last value given, or NULL. */
const char *options_value(const struct options *o, const char *name);
bool options_has(const struct options *o, const char *name);
/** options_next(o, name, cursor): each value of an option that may be repeated; NULL at the end. */
const char *options_next(const struct options *o, const char *name, size_t *cursor);

#endif /* !CODEC_OPTIONS_H */
