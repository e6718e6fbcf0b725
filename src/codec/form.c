/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

static struct status add_pair(struct form *f, struct text pair, struct arena *arena)
{
	struct text name;
	struct form_pair decoded;

	if (!text_split(&pair, '=', &name) || name.len == 0 || pair.at == NULL)
		return FAIL_AT(ST_INVALID, "query");
	if (f->count == FORM_PAIRS)
		return FAIL_AT(ST_TOO_BIG, "query");
	TRY(percent_decode(PERCENT_QUERY, name, arena, &decoded.name));
	TRY(percent_decode(PERCENT_QUERY, pair, arena, &decoded.value));
	if (form_get(f, decoded.name).at != NULL)
		return FAIL_AT(ST_INVALID, "query");
	f->pairs[f->count++] = decoded;
	return OK;
}

struct status form_parse(struct text query, struct arena *arena, struct form *out)
{
	struct form f = {.count = 0};
	struct text pair;

	/* Most requests have none, and a form is large. */
	if (query.len == 0) {
		out->count = 0;
		return OK;
	}
	while (text_split(&query, '&', &pair))
		TRY(add_pair(&f, pair, arena));
	*out = f;
	return OK;
}

struct text form_get(const struct form *f, struct text name)
{
	for (size_t i = 0; i < f->count; i++)
		if (text_equal(f->pairs[i].name, name))
			return f->pairs[i].value;
	return (struct text){0};
}

static bool is_among(struct text name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(name, text_of(names[i])))
			return true;
	return false;
}

struct status form_only(const struct form *f, const char *const *names, size_t count, struct text *stranger)
{
	for (size_t i = 0; i < f->count; i++) {
		if (is_among(f->pairs[i].name, names, count))
			continue;
		*stranger = f->pairs[i].name;
		return FAIL_AT(ST_INVALID, "field unknown");
	}
	return OK;
}
