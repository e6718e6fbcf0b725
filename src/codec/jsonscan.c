/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonscan: one pass without recursion.  It knows just enough of the grammar to
 * tell strings, numbers and brackets apart; everything else it copies for the
 * parser behind it to judge.
 *
 * 1. A number token is everything from a digit or minus up to white space, a
 *    bracket, a comma, a colon or a quote, and is checked as a whole.  Were only
 *    its beginning replaced, "01" could become a number.
 */
#include "jsonscan.h"

#include <string.h>

#include "decimal.h"

struct scan {
	const char *at, *end;
	const char *copied; /* everything before it stands in ${plain} */
	uint32_t depth, max_depth;
	struct buffer *plain, *numbers;
};

static struct status copy_up_to_here(struct scan *s)
{
	TRY(buffer_put(s->plain, bytes_of(s->copied, (size_t)(s->at - s->copied))));
	s->copied = s->at;
	return OK;
}

static bool ends_number(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':' ||
	       c == '[' || c == '{' || c == '"';
}

static struct status take_number(struct scan *s)
{
	struct text number = {s->at, 0};

	TRY(copy_up_to_here(s));
	while (s->at < s->end && !ends_number(*s->at))
		s->at++;
	number.len = (size_t)(s->at - number.at);
	if (!decimal_is_number(number))
		return FAIL_AT(ST_INVALID, "json");
	TRY(buffer_print(s->plain, "%zu", s->numbers->len));
	TRY(buffer_put(s->numbers, text_bytes(number)));
	TRY(buffer_put_u8(s->numbers, 0));
	s->copied = s->at;
	return OK;
}

/* From the opening quote to behind the closing one, or to the end. */
static void pass_string(struct scan *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->at++;
	if (s->at < s->end)
		s->at++;
}

static struct status pass_bracket(struct scan *s)
{
	if (*s->at == '[' || *s->at == '{') {
		if (s->depth == s->max_depth)
			return FAIL_AT(ST_TOO_BIG, "json depth");
		s->depth++;
	} else if (s->depth > 0) {
		s->depth--;
	}
	s->at++;
	return OK;
}

static struct status scan_token(struct scan *s)
{
	char c = *s->at;

	if (c == '-' || (c >= '0' && c <= '9'))
		return take_number(s);
	if (c == '[' || c == '{' || c == ']' || c == '}')
		return pass_bracket(s);
	if (c == '"')
		pass_string(s);
	else
		s->at++;
	return OK;
}

struct status jsonscan_run(struct bytes source, uint32_t depth, struct buffer *plain, struct buffer *numbers)
{
	const char *at = (const char *)source.at;
	struct scan s = {at, at + source.len, at, 0, depth, plain, numbers};

	/* The parser behind would take a NUL for the end of a token. */
	if (source.len > 0 && memchr(source.at, 0, source.len) != NULL)
		return FAIL_AT(ST_INVALID, "json");
	TRY(buffer_reserve(plain, source.len));
	while (s.at < s.end)
		TRY(scan_token(&s));
	return copy_up_to_here(&s);
}
