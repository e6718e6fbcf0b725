/* SPDX-License-Identifier: Apache-2.0 */
#include "etag.h"

/* etagc = %x21 / %x23-7E / obs-text */
static bool is_inside(char c)
{
	uint8_t byte = (uint8_t)c;

	return byte == 0x21 || (byte >= 0x23 && byte <= 0x7e) || byte >= 0x80;
}

static void skip_spaces(struct text *t)
{
	while (t->len > 0 && (*t->at == ' ' || *t->at == '\t'))
		*t = (struct text){t->at + 1, t->len - 1};
}

static bool skip(struct text *t, struct text prefix)
{
	if (!text_starts(*t, prefix))
		return false;
	*t = (struct text){t->at + prefix.len, t->len - prefix.len};
	return true;
}

/* entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE */
static bool take_tag(struct text *t, bool *weak, struct text *inside)
{
	*weak = skip(t, TEXT("W/"));
	if (!skip(t, TEXT("\"")))
		return false;
	*inside = (struct text){t->at, 0};
	while (inside->len < t->len && is_inside(inside->at[inside->len]))
		inside->len++;
	*t = (struct text){t->at + inside->len, t->len - inside->len};
	return skip(t, TEXT("\""));
}

struct status etag_match(struct text field, struct text current, enum etag_comparison comparison, bool *out)
{
	struct text rest = field, inside;
	bool weak, found = false;

	skip_spaces(&rest);
	if (text_equal(text_trim(rest), TEXT("*"))) {
		*out = current.at != NULL;
		return OK;
	}
	do {
		skip_spaces(&rest);
		if (!take_tag(&rest, &weak, &inside))
			return FAIL_AT(ST_INVALID, "entity tag");
		if (current.at != NULL && text_equal(inside, current) && (comparison == ETAG_WEAK || !weak))
			found = true;
		skip_spaces(&rest);
	} while (skip(&rest, TEXT(",")));
	if (rest.len > 0)
		return FAIL_AT(ST_INVALID, "entity tag");
	*out = found;
	return OK;
}

struct status etag_put(struct buffer *out, struct text inside)
{
	for (size_t i = 0; i < inside.len; i++)
		if (!is_inside(inside.at[i]))
			return FAIL_AT(ST_INVALID, "entity tag");
	TRY(buffer_put_u8(out, '"'));
	TRY(buffer_put(out, text_bytes(inside)));
	return buffer_put_u8(out, '"');
}
