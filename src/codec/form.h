/* SPDX-License-Identifier: Apache-2.0 */
/**
 * form: the query of a request target, name=value pairs joined by '&'
 * (application/x-www-form-urlencoded).
 */
#ifndef CODEC_FORM_H
#define CODEC_FORM_H

#include "percent.h"

/* No route knows half as many; a longer list is a mistake or an attack. */
#define FORM_PAIRS 32

struct form {
	struct form_pair {
		struct text name, value; /* decoded */
	} pairs[FORM_PAIRS];
	size_t count;
};

/**
 * form_parse(query, arena, out):
 * ${query} is what follows the '?', perhaps nothing.  ST_INVALID for a bad escape, a
 * pair without '=' or without a name, a name given twice; ST_TOO_BIG past
 * FORM_PAIRS.  Texts point into ${query} or ${arena}.
 */
MUST_CHECK struct status form_parse(struct text query, struct arena *arena, struct form *out);
/** form_get(f, name): its value; .at == NULL when there is none. */
struct text form_get(const struct form *f, struct text name);
/**
 * form_only(f, names, count, stranger):
 * ST_INVALID ("field unknown"), with the name in ${stranger}, when ${f} holds a
 * name that is not among the ${count} ${names}.
 */
MUST_CHECK struct status form_only(const struct form *f, const char *const *names, size_t count, struct text *stranger);

#endif /* !CODEC_FORM_H */
