/* SPDX-License-Identifier: Apache-2.0 */
#include "jsonspan.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct text without(struct text t, size_t len)
{
	return (struct text){t.at + len, t.len - len};
}

static struct text past_space(struct text t)
{
	size_t len = 0;

	while (len < t.len && is_space(t.at[len]))
		len++;
	return len == 0 ? t : without(t, len);
}

struct text jsonspan_trim(struct text value)
{
	if (text_starts(value, TEXT("\xef\xbb\xbf")))
		value = without(value, 3);
	value = past_space(value);
	while (value.len > 0 && is_space(value.at[value.len - 1]))
		value.len--;
	return value;
}

/** Length of the string that begins ${t}, quotes included. */
static size_t string_len(struct text t)
{
	size_t at = 1;

	while (at < t.len && t.at[at] != '"')
		at += t.at[at] == '\\' ? 2 : 1;
	return at < t.len ? at + 1 : t.len;
}

/** Length of the value that begins ${t}: brackets are counted, whatever stands in strings is not. */
static size_t value_len(struct text t)
{
	size_t at = 0, depth = 0;

	while (at < t.len) {
		char c = t.at[at];
		if (depth == 0 && (c == ',' || c == ']' || c == '}' || is_space(c)))
			break;
		if (c == '"') {
			at += string_len(without(t, at));
			if (depth == 0)
				break;
			continue;
		}
		at++;
		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	return at;
}

struct jsonspan jsonspan_of(struct text value)
{
	value = jsonspan_trim(value);
	if (value.len < 2 || (value.at[0] != '{' && value.at[0] != '['))
		return (struct jsonspan){0};
	return (struct jsonspan){{value.at + 1, value.len - 2}, value.at[0] == '{'};
}

bool jsonspan_next(struct jsonspan *s, struct text *value)
{
	struct text t = past_space(s->rest);

	if (t.len > 0 && t.at[0] == ',')
		t = past_space(without(t, 1));
	if (s->object && t.len > 0) {
		t = past_space(without(t, string_len(t)));
		if (t.len > 0 && t.at[0] == ':')
			t = past_space(without(t, 1));
	}
	size_t len = value_len(t);
	if (len == 0) {
		s->rest = (struct text){0};
		return false;
	}
	*value = (struct text){t.at, len};
	s->rest = without(t, len);
	return true;
}
