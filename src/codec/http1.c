/* SPDX-License-Identifier: Apache-2.0 */
#include "http1.h"

#include <string.h>

/* A chunk extension means nothing to us; this much of one is read over. */
#define EXTENSION_MAX 64
/* A chunk size of 15 hexadecimal digits cannot overflow 64 bits. */
#define SIZE_DIGITS_MAX 15

static struct status refuse(unsigned *answer, unsigned status, enum status_code code, const char *what)
{
	*answer = status;
	return FAIL_AT(code, what);
}

struct status http1_scan(struct bytes in, size_t *scanned, size_t *head_len, unsigned *answer)
{
	size_t at = *scanned;
	size_t limit = in.len < LIMIT_HTTP_HEAD ? in.len : LIMIT_HTTP_HEAD;
	const uint8_t *end;

	*head_len = 0;
	while (at < limit && (end = memchr(in.at + at, '\n', limit - at)) != NULL) {
		size_t line_end = (size_t)(end - in.at);
		if (line_end == 0 || in.at[line_end - 1] != '\r')
			return refuse(answer, 400, ST_INVALID, "line end");
		/* An empty line: its CR follows the LF of the line before (a leading one ends an empty head). */
		if (line_end == 1 || in.at[line_end - 2] == '\n') {
			*head_len = line_end + 1;
			return OK;
		}
		at = line_end + 1;
	}
	*scanned = limit;
	if (limit < LIMIT_HTTP_HEAD)
		return OK;
	if (memchr(in.at, '\n', limit) == NULL)
		return refuse(answer, 414, ST_TOO_BIG, "target");
	return refuse(answer, 431, ST_TOO_BIG, "head");
}

/* What is left of a head, and its start, from which offsets count. */
struct lines {
	const char *start, *at, *end;
};

/* Cut one line off; http1_scan() saw to it that every LF stands after a CR. */
static bool next_line(struct lines *in, struct text *line)
{
	const char *end = memchr(in->at, '\n', (size_t)(in->end - in->at));

	if (end == NULL || end == in->at || end[-1] != '\r')
		return false;
	*line = (struct text){in->at, (size_t)(end - 1 - in->at)};
	in->at = end + 1;
	return true;
}

static bool cut_word(struct text *rest, struct text *word)
{
	const char *space = rest->len > 0 ? memchr(rest->at, ' ', rest->len) : NULL;

	if (space == NULL)
		return false;
	*word = (struct text){rest->at, (size_t)(space - rest->at)};
	*rest = (struct text){space + 1, rest->len - word->len - 1};
	return true;
}

static struct status check_version(struct text version, unsigned *answer)
{
	if (text_equal(version, TEXT("HTTP/1.1")))
		return OK;
	if (version.len == 8 && text_starts(version, TEXT("HTTP/")) && version.at[5] >= '0' && version.at[5] <= '9' &&
	    version.at[6] == '.' && version.at[7] >= '0' && version.at[7] <= '9')
		return refuse(answer, 505, ST_INVALID, "version");
	return refuse(answer, 400, ST_INVALID, "request line");
}

/* scheme://authority/path: the rest, as if it had come in origin form. */
static struct status cut_absolute(struct text *target, struct text scheme, struct http1_head *out)
{
	struct text rest = {target->at + scheme.len, target->len - scheme.len};
	const char *slash = rest.len > 0 ? memchr(rest.at, '/', rest.len) : NULL;

	if (slash == NULL)
		return FAIL_AT(ST_INVALID, "target");
	out->authority = (struct text){rest.at, (size_t)(slash - rest.at)};
	if (!http_is_authority(out->authority))
		return FAIL_AT(ST_INVALID, "target");
	*target = (struct text){slash, rest.len - out->authority.len};
	return OK;
}

static struct status parse_target(struct text target, struct text scheme, struct http1_head *out)
{
	if (out->method == HTTP_OPTIONS && text_equal(target, TEXT("*"))) {
		out->target.path = target;
		return OK;
	}
	if (target.len > scheme.len && text_equal_nocase((struct text){target.at, scheme.len}, scheme))
		TRY(cut_absolute(&target, scheme, out));
	return http_target(target, &out->target);
}

static struct status parse_request_line(struct text line, struct text scheme, struct http1_head *out, unsigned *answer)
{
	struct text method, target;

	if (!cut_word(&line, &method) || method.len == 0 || http_token_span(method) != method.len ||
	    !cut_word(&line, &target))
		return refuse(answer, 400, ST_INVALID, "request line");
	TRY(check_version(line, answer));
	if (!ok(http_method(method, &out->method)))
		return refuse(answer, 501, ST_NOT_FOUND, "method");
	struct status s = parse_target(target, scheme, out);
	if (!ok(s))
		return refuse(answer, s.code == ST_TOO_BIG ? 414 : 400, s.code, "target");
	return OK;
}

/* What the fields say together; judged once all were read. */
struct framing {
	uint32_t seen; /* a bit for each enum http_known */
	struct text host;
};
_Static_assert(HTTP_KNOWN_COUNT <= 32, "a bit for each known field");

static struct status take_host(struct text value, struct http1_head *out, unsigned *answer)
{
	if (!http_is_authority(value))
		return refuse(answer, 400, ST_INVALID, "host");
	/* RFC 9112 section 3.2.2 lets the target win; two names for one place are one too many for us. */
	if (out->authority.at != NULL && !text_equal_nocase(out->authority, value))
		return refuse(answer, 400, ST_INVALID, "host");
	out->authority = value;
	return OK;
}

static struct status take_length(struct text value, struct http1_head *out, unsigned *answer)
{
	/* Digits only: no sign, no list, no space, no leading zero. */
	if (!ok(text_to_u64(value, 0, INT64_MAX, &out->length)))
		return refuse(answer, 400, ST_INVALID, "content-length");
	out->has_length = true;
	return OK;
}

static struct status take_coding(struct text value, struct http1_head *out, unsigned *answer)
{
	if (!text_equal_nocase(value, TEXT("chunked")))
		return refuse(answer, 501, ST_INVALID, "transfer-encoding");
	out->chunked = true;
	return OK;
}

static struct status take_known(enum http_known known, struct text value, struct http1_head *out, unsigned *answer)
{
	switch (known) {
	case HTTP_HOST:
		return take_host(value, out, answer);
	case HTTP_CONTENT_LENGTH:
		return take_length(value, out, answer);
	case HTTP_TRANSFER_ENCODING:
		return take_coding(value, out, answer);
	case HTTP_CONNECTION:
		out->close = http_has_token(value, TEXT("close"));
		return OK;
	case HTTP_EXPECT:
		if (!text_equal_nocase(value, TEXT("100-continue")))
			return refuse(answer, 417, ST_INVALID, "expect");
		out->expects_continue = true;
		return OK;
	case HTTP_UNKNOWN:
	case HTTP_COOKIE:
	case HTTP_AUTHORIZATION:
	case HTTP_CONTENT_TYPE:
	case HTTP_CONTENT_ENCODING:
	case HTTP_CONTENT_RANGE:
	case HTTP_RANGE:
	case HTTP_IF_MATCH:
	case HTTP_IF_NONE_MATCH:
	case HTTP_IF_RANGE:
	case HTTP_ORIGIN:
	case HTTP_REFERER:
	case HTTP_USER_AGENT:
	case HTTP_IDEMPOTENCY_KEY:
	case HTTP_REPR_DIGEST:
	case HTTP_FORWARDED:
	case HTTP_FORWARDED_FOR:
	case HTTP_FORWARDED_PROTO:
	case HTTP_KNOWN_COUNT:
		break;
	}
	return OK;
}

/* Optional white space around a value is SP and HTAB only (RFC 9110 section 5.6.3). */
static struct text trimmed(struct text t)
{
	while (t.len > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
		t = (struct text){t.at + 1, t.len - 1};
	while (t.len > 0 && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t'))
		t.len--;
	return t;
}

static struct status parse_field(struct text line, const char *start, struct framing *framing, struct http1_head *out,
				 unsigned *answer)
{
	struct text name = {line.at, http_token_span(line)};

	/* A folded line begins with white space: it has no name either. */
	if (name.len == 0 || name.len == line.len || line.at[name.len] != ':')
		return refuse(answer, 400, ST_INVALID, "field name");
	struct text value = trimmed((struct text){line.at + name.len + 1, line.len - name.len - 1});
	if (!http_is_value(value))
		return refuse(answer, 400, ST_INVALID, "field value");
	if (out->field_count == LIMIT_HTTP_HEADERS)
		return refuse(answer, 431, ST_TOO_BIG, "headers");
	out->fields[out->field_count++] = (struct http_field){
		.name = (uint16_t)(name.at - start),
		.name_len = (uint16_t)name.len,
		.value = (uint16_t)(value.at - start),
		.value_len = (uint16_t)value.len,
	};

	enum http_known known = http_known(name);
	if (known == HTTP_UNKNOWN)
		return OK;
	if ((framing->seen & 1u << known) != 0)
		return refuse(answer, 400, ST_INVALID, "field twice");
	framing->seen |= 1u << known;
	return take_known(known, value, out, answer);
}

static struct status judge(const struct framing *framing, const struct http1_head *out, unsigned *answer)
{
	if ((framing->seen & 1u << HTTP_HOST) == 0)
		return refuse(answer, 400, ST_INVALID, "host");
	if (out->chunked && out->has_length)
		return refuse(answer, 400, ST_INVALID, "content-length with transfer-encoding");
	/* A body where none has a meaning is the tail of somebody else's request (RFC 9110 section 9.3.1). */
	if ((out->method == HTTP_GET || out->method == HTTP_HEAD) && (out->chunked || out->length > 0))
		return refuse(answer, 400, ST_INVALID, "body");
	return OK;
}

struct status http1_parse(struct bytes head, struct text scheme, struct http1_head *out, unsigned *answer)
{
	struct text all = text_from(head), line;
	struct lines in = {all.at, all.at, all.at + all.len};
	struct framing framing = {0};

	if (head.len > LIMIT_HTTP_HEAD)
		return refuse(answer, 431, ST_TOO_BIG, "head");
	out->target = (struct http_target){0};
	out->authority = (struct text){0};
	out->field_count = 0;
	out->length = 0;
	out->has_length = out->chunked = out->close = out->expects_continue = false;
	if (!next_line(&in, &line))
		return refuse(answer, 400, ST_INVALID, "request line");
	TRY(parse_request_line(line, scheme, out, answer));
	for (;;) {
		if (!next_line(&in, &line))
			return refuse(answer, 400, ST_INVALID, "line end");
		if (line.len == 0)
			break;
		TRY(parse_field(line, in.start, &framing, out, answer));
	}
	if (in.at != in.end)
		return refuse(answer, 400, ST_INVALID, "line end");
	return judge(&framing, out, answer);
}

/* --- chunked bodies --- */

enum chunk_step { SIZE, EXTENSION, SIZE_LF, CONTENT, CONTENT_CR, CONTENT_LF, END_CR, END_LF, DONE };

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

static struct status take_size(struct http1_chunks *c, uint8_t byte)
{
	int digit = hex_value(byte);

	if (digit >= 0) {
		if (c->digits == SIZE_DIGITS_MAX)
			return FAIL_AT(ST_TOO_BIG, "chunk size");
		c->left = c->left << 4 | (unsigned)digit;
		c->digits++;
		return OK;
	}
	if (c->digits == 0 || (byte != '\r' && byte != ';'))
		return FAIL_AT(ST_INVALID, "chunk size");
	c->step = byte == ';' ? EXTENSION : SIZE_LF;
	return OK;
}

static struct status take_extension(struct http1_chunks *c, uint8_t byte)
{
	if (byte == '\r') {
		c->step = SIZE_LF;
		return OK;
	}
	if (!http_is_value((struct text){(const char *)&byte, 1}) || byte >= 0x80)
		return FAIL_AT(ST_INVALID, "chunk extension");
	if (++c->extension > EXTENSION_MAX)
		return FAIL_AT(ST_TOO_BIG, "chunk extension");
	return OK;
}

static struct status expect(struct http1_chunks *c, uint8_t byte, uint8_t wanted, enum chunk_step next)
{
	if (byte != wanted)
		return FAIL_AT(ST_INVALID, "chunk");
	c->step = (uint8_t)next;
	return OK;
}

/* One byte of framing. */
static struct status take_byte(struct http1_chunks *c, uint8_t byte)
{
	switch ((enum chunk_step)c->step) {
	case SIZE:
		return take_size(c, byte);
	case EXTENSION:
		return take_extension(c, byte);
	case SIZE_LF:
		return expect(c, byte, '\n', c->left == 0 ? END_CR : CONTENT);
	case CONTENT_CR:
		return expect(c, byte, '\r', CONTENT_LF);
	case CONTENT_LF:
		c->digits = 0;
		c->extension = 0;
		return expect(c, byte, '\n', SIZE);
	case END_CR:
		/* Anything but the empty line would be a trailer field. */
		return expect(c, byte, '\r', END_LF);
	case END_LF:
		return expect(c, byte, '\n', DONE);
	case CONTENT:
	case DONE:
		break;
	}
	return FAIL_AT(ST_INVALID, "chunk");
}

struct status http1_chunks_next(struct http1_chunks *c, struct bytes in, size_t *used, struct bytes *piece)
{
	size_t at = 0;

	*piece = (struct bytes){0};
	*used = 0;
	while (at < in.len && c->step != CONTENT && c->step != DONE)
		TRY(take_byte(c, in.at[at++]));
	if (c->step == CONTENT && at < in.len) {
		size_t len = in.len - at < c->left ? in.len - at : (size_t)c->left;
		*piece = bytes_of(in.at + at, len);
		c->left -= len;
		at += len;
		if (c->left == 0)
			c->step = CONTENT_CR;
	}
	*used = at;
	return OK;
}

bool http1_chunks_done(const struct http1_chunks *c)
{
	return c->step == DONE;
}
