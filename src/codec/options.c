/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>
#include <string.h>

struct parsing {
	int argc;
	char *const *argv;
	int at;
	const struct option_spec *const *tables;
	size_t table_count;
	struct options *out;
	struct options_refusal *refusal;
};

static const struct option_spec *find(const struct parsing *p, const char *name, size_t len, char letter)
{
	for (size_t t = 0; t < p->table_count; t++)
		for (const struct option_spec *spec = p->tables[t]; spec->name != NULL; spec++)
			if (letter != 0 ? spec->letter == letter
					: strlen(spec->name) == len && memcmp(spec->name, name, len) == 0)
				return spec;
	return NULL;
}

static struct status refuse(const struct parsing *p, const char *what, const char *word, size_t len)
{
	(void)snprintf(p->refusal->sentence, sizeof p->refusal->sentence, "%s: %.*s", what, (int)(len < 60 ? len : 60),
		       word);
	return FAIL_AT(ST_INVALID, "options");
}

static struct status keep(struct parsing *p, const struct option_spec *spec, const char *value)
{
	if (p->out->given_count == OPTIONS_MAX)
		return refuse(p, "too many options", spec->name, strlen(spec->name));
	for (size_t i = 0; i < p->out->given_count; i++)
		if (p->out->given[i].spec == spec && !spec->many && spec->value != NULL)
			return refuse(p, "option given twice", spec->name, strlen(spec->name));
	p->out->given[p->out->given_count++] = (struct option_given){spec, value};
	return OK;
}

/** One word that begins with '-'. */
static struct status take_option(struct parsing *p, const char *word)
{
	bool is_long = word[1] == '-';
	const char *equals = is_long ? strchr(word, '=') : NULL;
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option_spec *spec = find(p, word, len, is_long ? 0 : word[1]);

	if (spec == NULL || (!is_long && word[2] != '\0'))
		return refuse(p, "unknown option", word, len);
	if (spec->value == NULL)
		return equals != NULL ? refuse(p, "option takes no value", word, len) : keep(p, spec, NULL);
	if (equals != NULL)
		return keep(p, spec, equals + 1);
	if (p->at + 1 >= p->argc)
		return refuse(p, "option needs a value", word, len);
	return keep(p, spec, p->argv[++p->at]);
}

static struct status take_word(struct parsing *p, const char *word)
{
	if (p->out->word_count == OPTIONS_WORDS)
		return refuse(p, "too many arguments", word, strlen(word));
	p->out->words[p->out->word_count++] = word;
	return OK;
}

struct status options_parse(int argc, char *const *argv, const struct option_spec *const *tables, size_t table_count,
			    struct options *out, struct options_refusal *refusal)
{
	struct options made = {0};
	struct parsing p = {argc, argv, 1, tables, table_count, &made, refusal};
	bool ended = false;

	for (; p.at < argc; p.at++) {
		const char *word = argv[p.at];
		if (!ended && strcmp(word, "--") == 0)
			ended = true;
		else if (!ended && word[0] == '-' && word[1] != '\0')
			TRY(take_option(&p, word));
		else
			TRY(take_word(&p, word));
	}
	*out = made;
	return OK;
}

const char *options_value(const struct options *o, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < o->given_count; i++)
		if (strcmp(o->given[i].spec->name, name) == 0)
			found = o->given[i].value;
	return found;
}

bool options_has(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->given_count; i++)
		if (strcmp(o->given[i].spec->name, name) == 0)
			return true;
	return false;
}

const char *options_next(const struct options *o, const char *name, size_t *cursor)
{
	while (*cursor < o->given_count) {
		const struct option_given *given = &o->given[(*cursor)++];
		if (strcmp(given->spec->name, name) == 0)
			return given->value;
	}
	return NULL;
}
