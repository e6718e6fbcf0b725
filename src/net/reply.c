/* SPDX-License-Identifier: Apache-2.0 */
#include "reply.h"

#include <string.h>

#include "limits.h"
#include "problem.h"

#define PROBLEM_BYTES_MAX 2048

/* The strictest that an interface for programs can bear; pages override per answer.
 * PROMISES#S10: HSTS for two years, no framing, no sniffing, nothing cached. */
#define SECURITY(FIELD) \
	FIELD("strict-transport-security", "max-age=63072000") \
	FIELD("x-content-type-options", "nosniff") \
	FIELD("referrer-policy", "no-referrer") \
	FIELD("cross-origin-opener-policy", "same-origin") \
	FIELD("cross-origin-embedder-policy", "require-corp") \
	FIELD("cross-origin-resource-policy", "same-origin") \
	FIELD("content-security-policy", \
	      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox") \
	FIELD("cache-control", "no-store")

#define AS_HEADER(name, value) {{name, sizeof(name) - 1}, {value, sizeof(value) - 1}},
#define AS_LINE(name, value)   name ": " value "\r\n"

const struct exchange_header reply_security[] = {SECURITY(AS_HEADER)};
const size_t reply_security_count = COUNT(reply_security);
static const char security_lines[] = SECURITY(AS_LINE);

/* What frames a message or belongs to a hop is ours to say. */
static const struct text reserved[] = {
	{"content-length", 14},
	{"transfer-encoding", 17},
	{"connection", 10},
	{"keep-alive", 10},
	{"proxy-connection", 16},
	{"upgrade", 7},
	{"trailer", 7},
	{"te", 2},
	{"date", 4},
};

bool reply_gives(const struct exchange_reply *r, struct text name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (text_equal(r->headers[i].name, name))
			return true;
	return false;
}

static bool is_header_valid(const struct exchange_header *h)
{
	if (h->name.len == 0 || http_token_span(h->name) != h->name.len || !http_is_value(h->value))
		return false;
	for (size_t i = 0; i < h->name.len; i++)
		if (h->name.at[i] >= 'A' && h->name.at[i] <= 'Z')
			return false;
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (text_equal(h->name, reserved[i]))
			return false;
	return true;
}

bool reply_is_valid(const struct exchange_reply *r)
{
	size_t bytes = r->content_type.len;

	if (r->status < 200 || r->status > 599 || r->header_count > REPLY_HEADERS_MAX ||
	    !http_is_value(r->content_type))
		return false;
	for (size_t i = 0; i < r->header_count; i++) {
		if (!is_header_valid(&r->headers[i]))
			return false;
		bytes += r->headers[i].name.len + r->headers[i].value.len;
	}
	return bytes <= REPLY_HEADER_BYTES_MAX;
}

bool reply_is_bodyless(unsigned status)
{
	return status < 200 || status == 204 || status == 304;
}

size_t reply_head_bound(const struct exchange_reply *r)
{
	size_t bound = REPLY_OWN_BYTES_MAX + r->content_type.len;

	for (size_t i = 0; i < r->header_count; i++)
		bound += r->headers[i].name.len + r->headers[i].value.len + 4;
	return bound;
}

static uint8_t *put(uint8_t *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static uint8_t *put_text(uint8_t *at, struct text t)
{
	return t.len > 0 ? put(at, t.at, t.len) : at;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

struct text reply_number(uint64_t n, char room[REPLY_DIGITS])
{
	size_t first = REPLY_DIGITS;

	do
		room[--first] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return (struct text){room + first, REPLY_DIGITS - first};
}

static uint8_t *put_number(uint8_t *at, uint64_t n)
{
	char digits[REPLY_DIGITS];

	return put_text(at, reply_number(n, digits));
}

static uint8_t *put_header(uint8_t *at, const struct exchange_header *h)
{
	at = PUT(put_text(at, h->name), ": ");
	return PUT(put_text(at, h->value), "\r\n");
}

static uint8_t *put_security(uint8_t *at, const struct exchange_reply *r)
{
	if (r->header_count == 0)
		return PUT(at, security_lines);
	for (size_t i = 0; i < reply_security_count; i++)
		if (!reply_gives(r, reply_security[i].name))
			at = put_header(at, &reply_security[i]);
	return at;
}

static uint8_t *put_framing(uint8_t *at, const struct reply_framing *f)
{
	if (f->chunked)
		at = PUT(at, "transfer-encoding: chunked\r\n");
	else if (!f->bodyless)
		at = PUT(put_number(PUT(at, "content-length: "), f->length), "\r\n");
	if (f->close)
		at = PUT(at, "connection: close\r\n");
	return at;
}

size_t reply_head(const struct exchange_reply *r, const struct reply_framing *framing, const char *date, uint8_t *out)
{
	uint8_t *at = out;

	at = PUT(put_number(PUT(at, "HTTP/1.1 "), r->status), " ");
	at = PUT(put_text(at, http_reason(r->status)), "\r\ndate: ");
	at = PUT(put(at, date, 29), "\r\n");
	if (r->content_type.len > 0)
		at = PUT(put_text(PUT(at, "content-type: "), r->content_type), "\r\n");
	at = put_framing(at, framing);
	at = put_security(at, r);
	for (size_t i = 0; i < r->header_count; i++)
		if (r->headers[i].value.len > 0)
			at = put_header(at, &r->headers[i]);
	at = PUT(at, "\r\n");
	return (size_t)(at - out);
}

static const struct {
	unsigned status;
	enum problem_kind kind;
} kinds[] = {
	{400, PROBLEM_INVALID},         {408, PROBLEM_TIMEOUT},         {413, PROBLEM_TOO_BIG},
	{414, PROBLEM_TARGET_TOO_LONG}, {417, PROBLEM_EXPECTATION},     {421, PROBLEM_MISDIRECTED},
	{431, PROBLEM_HEAD_TOO_BIG},    {501, PROBLEM_NOT_IMPLEMENTED}, {503, PROBLEM_BUSY},
	{505, PROBLEM_VERSION},
};

static enum problem_kind kind_of(unsigned status)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].status == status)
			return kinds[i].kind;
	return PROBLEM_FAILED;
}

static void write_problem(const struct problem *p, struct reply_problem *out)
{
	*out = (struct reply_problem){.body.max = PROBLEM_BYTES_MAX};
	/* Without memory the status alone must do. */
	if (!ok(problem_write(p, &out->body)))
		buffer_clear(&out->body);
	out->reply = (struct exchange_reply){
		.status = problem_type_of(p->kind)->http,
		.content_type = text_of(PROBLEM_MEDIA_TYPE),
		.body = buffer_bytes(&out->body),
		.close = true,
	};
}

void reply_problem(unsigned status, const char *what, struct reply_problem *out)
{
	struct problem p = {.kind = kind_of(status), .what = what, .field = text_of(what)};

	p.limited = status == 414 || status == 431;
	if (status == 414)
		p.limit = LIMIT_HTTP_TARGET;
	else if (status == 431)
		p.limit = what != NULL && text_equal(p.field, TEXT("headers")) ? LIMIT_HTTP_HEADERS : LIMIT_HTTP_HEAD;
	write_problem(&p, out);
}

void reply_speak_tls(const char *origin, struct reply_problem *out)
{
	const struct problem p = {.kind = PROBLEM_PLAIN_HTTP, .what = origin};

	write_problem(&p, out);
}

void reply_problem_clear(struct reply_problem *p)
{
	buffer_clear(&p->body);
	p->reply = (struct exchange_reply){0};
}
