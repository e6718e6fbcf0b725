/* SPDX-License-Identifier: Apache-2.0 */
#include "fieldstring.h"

/* unescaped = %x20-21 / %x23-5B / %x5D-7E */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static bool is_escaped(struct text t, size_t at)
{
	return t.at[at] == '\\' && at + 1 < t.len && (t.at[at + 1] == '"' || t.at[at + 1] == '\\');
}

struct status fieldstring_parse(struct text field, size_t max, struct text *inside)
{
	if (field.len < 3 || field.len - 2 > max || field.at[0] != '"' || field.at[field.len - 1] != '"')
		return FAIL_AT(ST_INVALID, "string");
	const struct text within = {field.at + 1, field.len - 2};

	for (size_t i = 0; i < within.len; i++) {
		if (is_escaped(within, i))
			i++;
		else if (!is_plain(within.at[i]))
			return FAIL_AT(ST_INVALID, "string");
	}
	*inside = within;
	return OK;
}
