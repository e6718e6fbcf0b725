/* SPDX-License-Identifier: Apache-2.0 */
/* One table says which characters may stand where, so that no two functions can
 * disagree about it. */
#include "http.h"

#include <string.h>

#include "limits.h"

enum { TOKEN = 1, PATH = 2, VALUE = 4, HOST = 8 };

/* clang-format off */
static const uint8_t classes[256] = {
	0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x4, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0,
	0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0,
	0x4, 0x7, 0x4, 0x5, 0x7, 0x5, 0x7, 0x7, 0x6, 0x6, 0x7, 0x7, 0x6, 0xf, 0xf, 0x6,
	0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0x6, 0x6, 0x4, 0x6, 0x4, 0x4,
	0x6, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf,
	0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0x4, 0x4, 0x4, 0x5, 0xf,
	0x5, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf,
	0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0x4, 0x5, 0x4, 0xf, 0x0,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
	0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4,
};
/* clang-format on */

static bool is(char c, unsigned class)
{
	return (classes[(uint8_t)c] & class) != 0;
}

static bool all(struct text t, unsigned class)
{
	unsigned seen = class;

	for (size_t i = 0; i < t.len; i++)
		seen &= classes[(uint8_t)t.at[i]];
	return seen == class;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

size_t http_token_span(struct text t)
{
	size_t n = 0;

	while (n < t.len && is(t.at[n], TOKEN))
		n++;
	return n;
}

bool http_is_value(struct text t)
{
	return all(t, VALUE);
}

static const struct text methods[] = {
	[HTTP_GET] = {"GET", 3},         [HTTP_HEAD] = {"HEAD", 4},   [HTTP_POST] = {"POST", 4},
	[HTTP_PUT] = {"PUT", 3},         [HTTP_PATCH] = {"PATCH", 5}, [HTTP_DELETE] = {"DELETE", 6},
	[HTTP_OPTIONS] = {"OPTIONS", 7},
};

struct status http_method(struct text name, enum http_method *out)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (text_equal(name, methods[i])) {
			*out = (enum http_method)i;
			return OK;
		}
	return FAIL_AT(ST_NOT_FOUND, "method");
}

static const struct {
	struct text name;
	enum http_known known;
} fields[] = {
	{{"host", 4}, HTTP_HOST},
	{{"content-length", 14}, HTTP_CONTENT_LENGTH},
	{{"transfer-encoding", 17}, HTTP_TRANSFER_ENCODING},
	{{"connection", 10}, HTTP_CONNECTION},
	{{"expect", 6}, HTTP_EXPECT},
	{{"cookie", 6}, HTTP_COOKIE},
	{{"authorization", 13}, HTTP_AUTHORIZATION},
	{{"content-type", 12}, HTTP_CONTENT_TYPE},
	{{"content-encoding", 16}, HTTP_CONTENT_ENCODING},
	{{"content-range", 13}, HTTP_CONTENT_RANGE},
	{{"range", 5}, HTTP_RANGE},
	{{"if-match", 8}, HTTP_IF_MATCH},
	{{"if-none-match", 13}, HTTP_IF_NONE_MATCH},
	{{"if-range", 8}, HTTP_IF_RANGE},
	{{"origin", 6}, HTTP_ORIGIN},
	{{"referer", 7}, HTTP_REFERER},
	{{"user-agent", 10}, HTTP_USER_AGENT},
	{{"idempotency-key", 15}, HTTP_IDEMPOTENCY_KEY},
	{{"repr-digest", 11}, HTTP_REPR_DIGEST},
	{{"forwarded", 9}, HTTP_FORWARDED},
	{{"x-forwarded-for", 15}, HTTP_FORWARDED_FOR},
	{{"x-forwarded-proto", 17}, HTTP_FORWARDED_PROTO},
};
_Static_assert(COUNT(fields) == HTTP_KNOWN_COUNT - 1, "every known field has its name");

enum http_known http_known(struct text name)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		/* The first letter settles most of them without a call. */
		if (fields[i].name.len == name.len && fields[i].name.at[0] == (name.at[0] | 0x20) &&
		    text_equal_nocase(fields[i].name, name))
			return fields[i].known;
	return HTTP_UNKNOWN;
}

/* host [ ":" port ], already cut at the end of the host. */
static bool is_port(struct text t)
{
	uint32_t port;

	if (t.len == 0)
		return true;
	return t.at[0] == ':' && ok(text_to_u32((struct text){t.at + 1, t.len - 1}, 1, UINT16_MAX, &port));
}

static bool is_bracketed(struct text t)
{
	size_t n = 1;

	while (n < t.len && (is_hex(t.at[n]) || t.at[n] == ':' || t.at[n] == '.'))
		n++;
	return n > 2 && n < t.len && t.at[n] == ']' && is_port((struct text){t.at + n + 1, t.len - n - 1});
}

bool http_is_authority(struct text t)
{
	size_t n = 0;

	if (t.len > 0 && t.at[0] == '[')
		return is_bracketed(t);
	while (n < t.len && is(t.at[n], HOST))
		n++;
	return n > 0 && n <= 255 && is_port((struct text){t.at + n, t.len - n});
}

/* How far the path (or, with '?' allowed, the query) goes; ${bad} when an escape is broken. */
static size_t target_span(struct text t, bool query, bool *bad)
{
	size_t n = 0;

	for (; n < t.len; n++) {
		if (is(t.at[n], PATH) || (query && t.at[n] == '?'))
			continue;
		if (t.at[n] != '%')
			break;
		*bad = *bad || t.len - n < 3 || !is_hex(t.at[n + 1]) || !is_hex(t.at[n + 2]);
	}
	return n;
}

struct status http_target(struct text t, struct http_target *out)
{
	struct http_target target = {0};
	bool bad = false;

	if (t.len > LIMIT_HTTP_TARGET)
		return FAIL_AT(ST_TOO_BIG, "target");
	if (t.len == 0 || t.at[0] != '/')
		return FAIL_AT(ST_INVALID, "target");
	target.path = (struct text){t.at, target_span(t, false, &bad)};
	size_t used = target.path.len;
	if (used < t.len && t.at[used] == '?') {
		struct text rest = {t.at + used + 1, t.len - used - 1};
		target.has_query = true;
		target.query = (struct text){rest.at, target_span(rest, true, &bad)};
		used += 1 + target.query.len;
	}
	if (bad || used != t.len)
		return FAIL_AT(ST_INVALID, "target");
	*out = target;
	return OK;
}

bool http_has_token(struct text list, struct text token)
{
	struct text item;

	while (text_split(&list, ',', &item))
		if (text_equal_nocase(text_trim(item), token))
			return true;
	return false;
}

static const struct {
	unsigned status;
	struct text phrase;
} reasons[] = {
	{200, {"OK", 2}},
	{201, {"Created", 7}},
	{202, {"Accepted", 8}},
	{204, {"No Content", 10}},
	{206, {"Partial Content", 15}},
	{301, {"Moved Permanently", 17}},
	{302, {"Found", 5}},
	{303, {"See Other", 9}},
	{304, {"Not Modified", 12}},
	{307, {"Temporary Redirect", 18}},
	{308, {"Permanent Redirect", 18}},
	{400, {"Bad Request", 11}},
	{401, {"Unauthorized", 12}},
	{403, {"Forbidden", 9}},
	{404, {"Not Found", 9}},
	{405, {"Method Not Allowed", 18}},
	{406, {"Not Acceptable", 14}},
	{408, {"Request Timeout", 15}},
	{409, {"Conflict", 8}},
	{410, {"Gone", 4}},
	{411, {"Length Required", 15}},
	{412, {"Precondition Failed", 19}},
	{413, {"Content Too Large", 17}},
	{414, {"URI Too Long", 12}},
	{415, {"Unsupported Media Type", 22}},
	{416, {"Range Not Satisfiable", 21}},
	{417, {"Expectation Failed", 18}},
	{421, {"Misdirected Request", 19}},
	{422, {"Unprocessable Content", 21}},
	{423, {"Locked", 6}},
	{425, {"Too Early", 9}},
	{426, {"Upgrade Required", 16}},
	{428, {"Precondition Required", 21}},
	{429, {"Too Many Requests", 17}},
	{431, {"Request Header Fields Too Large", 31}},
	{500, {"Internal Server Error", 21}},
	{501, {"Not Implemented", 15}},
	{502, {"Bad Gateway", 11}},
	{503, {"Service Unavailable", 19}},
	{504, {"Gateway Timeout", 15}},
	{505, {"HTTP Version Not Supported", 26}},
	{507, {"Insufficient Storage", 20}},
};

struct text http_reason(unsigned status)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].phrase;
	return TEXT("Status");
}
