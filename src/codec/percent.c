/* SPDX-License-Identifier: Apache-2.0 */
#include "percent.h"

#include <string.h>

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

/* Whether ${c} may stand for itself in ${part}. */
static bool is_plain(enum percent_part part, char c)
{
	const char *others = part == PERCENT_SEGMENT ? "!$&'()*+,;=:@" : "!$'()*,;:@/?";

	return is_unreserved(c) || (c != '\0' && strchr(others, c) != NULL);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character at the start of ${rest}, decoded and cut off it. */
static struct status take_character(enum percent_part part, struct text *rest, char *out)
{
	size_t used = 1;

	if (is_plain(part, rest->at[0])) {
		*out = rest->at[0];
	} else if (part == PERCENT_QUERY && rest->at[0] == '+') {
		*out = ' ';
	} else {
		if (rest->at[0] != '%' || rest->len < 3 || hex_digit(rest->at[1]) < 0 || hex_digit(rest->at[2]) < 0)
			return FAIL_AT(ST_INVALID, "percent-encoding");
		*out = (char)(hex_digit(rest->at[1]) << 4 | hex_digit(rest->at[2]));
		used = 3;
	}
	*rest = (struct text){rest->at + used, rest->len - used};
	return OK;
}

static bool is_control(char c)
{
	return (c >= 0 && c < ' ') || c == 0x7f;
}

static struct status decode_into(enum percent_part part, struct text rest, char *room, size_t *len)
{
	for (*len = 0; rest.len > 0; ++*len) {
		TRY(take_character(part, &rest, &room[*len]));
		if (is_control(room[*len]))
			return FAIL_AT(ST_INVALID, "percent-encoding");
	}
	return OK;
}

static bool is_all_plain(enum percent_part part, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!is_plain(part, t.at[i]))
			return false;
	return true;
}

struct status percent_decode(enum percent_part part, struct text t, struct arena *arena, struct text *out)
{
	struct text decoded = {0};
	void *room;

	if (is_all_plain(part, t)) {
		*out = t;
		return OK;
	}
	TRY(arena_take(arena, t.len, &room));
	decoded.at = room;
	TRY(decode_into(part, t, room, &decoded.len));
	if (!text_is_utf8(decoded))
		return FAIL_AT(ST_INVALID, "percent-encoding");
	*out = decoded;
	return OK;
}

struct status percent_put(struct buffer *out, struct text t)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = (uint8_t)t.at[i];
		const char code[] = {'%', hex[c >> 4], hex[c & 15]};
		TRY(is_unreserved(t.at[i]) ? buffer_put_u8(out, c) : buffer_put(out, bytes_of(code, sizeof code)));
	}
	return OK;
}
