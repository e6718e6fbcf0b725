/* SPDX-License-Identifier: Apache-2.0 */
#include "http2head.h"

#include <string.h>

#include "connection.h"
#include "limits.h"
#include "relay.h"
#include "secret.h"

/* The first is kept: it is what stood in the way. */
static void refuse(struct exchange *e, unsigned status, const char *what)
{
	if (e->refusal != 0)
		return;
	e->refusal = status;
	e->refusal_what = what;
}

/* A piece of at least ${len} bytes with the ${used} first of the old one. */
static struct status enlarge(struct pool *pool, struct piece *piece, size_t used, size_t len)
{
	struct piece larger;

	if (len <= piece->capacity)
		return OK;
	TRY(pool_take(pool, len, &larger));
	if (used > 0)
		memcpy(larger.bytes, piece->bytes, used);
	pool_give(pool, piece, used);
	*piece = larger;
	return OK;
}

static struct status put(struct exchange *e, struct text t, uint16_t *at, uint16_t *len)
{
	if (t.len > LIMIT_HTTP_HEAD - e->head_len)
		return FAIL_AT(ST_TOO_BIG, "head");
	TRY(enlarge(&e->connection->loop->pool, &e->head_piece, e->head_len, e->head_len + t.len));
	if (t.len > 0)
		memcpy(e->head_piece.bytes + e->head_len, t.at, t.len);
	*at = (uint16_t)e->head_len;
	*len = (uint16_t)t.len;
	e->head_len += t.len;
	return OK;
}

static struct text value_at(const struct exchange *e, const struct http_field *f)
{
	if (f->value_len == 0)
		return (struct text){"", 0};
	return (struct text){(const char *)e->head_piece.bytes + f->value, f->value_len};
}

static struct http_field *fields_of(const struct exchange *e)
{
	return (struct http_field *)(void *)e->field_piece.bytes;
}

/* Cookies may come in crumbs (RFC 9113 section 8.2.3): put them together as one. */
static struct status join_cookie(struct exchange *e, struct text crumb)
{
	struct http_field *f = fields_of(e);
	char joined[LIMIT_HTTP_HEAD];

	while (http_known((struct text){(const char *)e->head_piece.bytes + f->name, f->name_len}) != HTTP_COOKIE)
		f++;
	struct text old = value_at(e, f);
	if (old.len + 2 + crumb.len > sizeof joined)
		return FAIL_AT(ST_TOO_BIG, "head");
	memcpy(joined, old.at, old.len);
	joined[old.len] = ';';
	joined[old.len + 1] = ' ';
	memcpy(joined + old.len + 2, crumb.at, crumb.len);
	struct status s = put(e, (struct text){joined, old.len + 2 + crumb.len}, &f->value, &f->value_len);
	secret_wipe(joined, old.len + 2 + crumb.len);
	return s;
}

static struct status add_field(struct exchange *e, struct text name, struct text value)
{
	struct http_field f = {0};

	if (e->field_count == LIMIT_HTTP_HEADERS)
		return FAIL_AT(ST_TOO_BIG, "headers");
	TRY(put(e, name, &f.name, &f.name_len));
	TRY(put(e, value, &f.value, &f.value_len));
	TRY(enlarge(&e->connection->loop->pool, &e->field_piece, e->field_count * sizeof f,
		    (e->field_count + 1) * sizeof f));
	fields_of(e)[e->field_count++] = f;
	return OK;
}

static void add_host(struct exchange *e, struct text value)
{
	if (e->authority.value_len == 0)
		(void)ok(put(e, value, &e->authority.value, &e->authority.value_len));
	else if (!text_equal_nocase(value_at(e, &e->authority), value))
		refuse(e, 400, "host");
}

static void add_known(struct exchange *e, enum http_known known, struct text value)
{
	if (known == HTTP_HOST)
		add_host(e, value);
	else if (known == HTTP_EXPECT && text_equal_nocase(value, TEXT("100-continue")))
		e->expects_continue = true;
	else if (known == HTTP_EXPECT)
		refuse(e, 417, "expect");
	else if (known == HTTP_CONTENT_LENGTH && ok(text_to_u64(value, 0, INT64_MAX, &e->request.length)))
		e->request.has_length = true;
	else if (known == HTTP_CONTENT_LENGTH)
		refuse(e, 400, "content-length");
}

static struct status add_regular(struct exchange *e, struct text name, struct text value)
{
	enum http_known known = http_known(name);

	if (known != HTTP_UNKNOWN && (e->seen & 1u << known) != 0) {
		if (known == HTTP_COOKIE)
			return join_cookie(e, value);
		refuse(e, 400, "field twice");
		return OK;
	}
	if (known != HTTP_UNKNOWN)
		e->seen |= 1u << known;
	add_known(e, known, value);
	return add_field(e, name, value);
}

/* What is known when it is compiled is compared without a call. */
#define IS(t, literal) ((t).len == sizeof(literal) - 1 && memcmp((t).at, literal, sizeof(literal) - 1) == 0)

static struct status add_pseudo(struct exchange *e, struct text name, struct text value)
{
	if (IS(name, ":path"))
		return put(e, value, &e->path.value, &e->path.value_len);
	if (IS(name, ":authority"))
		return put(e, value, &e->authority.value, &e->authority.value_len);
	if (IS(name, ":method") && !ok(http_method(value, &e->request.method)))
		refuse(e, 501, "method");
	if (IS(name, ":scheme") && !IS(value, "https"))
		refuse(e, 400, "scheme");
	return OK;
}

void http2head_add(struct exchange *e, struct text name, struct text value)
{
	if (e->refusal != 0)
		return;
	struct status s = name.len > 0 && name.at[0] == ':' ? add_pseudo(e, name, value) : add_regular(e, name, value);
	if (s.code == ST_TOO_BIG)
		refuse(e, text_equal(name, TEXT(":path")) ? 414 : 431, s.what);
	else if (!ok(s))
		refuse(e, 503, "memory");
}

static void complete_target(struct exchange *e)
{
	struct http_target target = {.path = value_at(e, &e->path)};
	struct status s = OK;

	if (e->request.method != HTTP_OPTIONS || !text_equal(target.path, TEXT("*")))
		s = http_target(target.path, &target);
	if (!ok(s))
		refuse(e, s.code == ST_TOO_BIG ? 414 : 400, "target");
	e->request.path = target.path;
	e->request.query = target.query;
	e->request.has_query = target.has_query;
}

void http2head_complete(struct exchange *e, bool has_body)
{
	const struct connection *c = e->connection;

	e->head = (const char *)e->head_piece.bytes;
	e->fields = fields_of(e);
	e->request.authority = value_at(e, &e->authority);
	e->request.has_body = has_body;
	if (!has_body) {
		e->request.has_length = true;
		e->request.length = 0;
		e->expects_continue = false;
	}
	e->request.protocol = EXCHANGE_HTTP2;
	e->request.tls = connection_tls(c);
	e->request.secure = true;
	e->request.peer = c->origin.peer;
	relay_resolve(e);
	complete_target(e);
	if (!http_is_authority(e->request.authority))
		refuse(e, 400, "host");
	if (has_body && (e->request.method == HTTP_GET || e->request.method == HTTP_HEAD))
		refuse(e, 400, "body");
}
