/* SPDX-License-Identifier: Apache-2.0 */
#include "jsonwriter.h"

#include <assert.h>
#include <string.h>

/* What a byte means inside a string (RFC 8259 section 7): 0 stands for itself, U
 * belongs to a UTF-8 sequence, u is written \u00xx, any other follows a backslash. */
#define SIXTEEN(c) c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c
/* clang-format off */
static const char classes[256] = {
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',
	'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
	0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0,
	SIXTEEN(0), SIXTEEN(0), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'), SIXTEEN('U'),
};
/* clang-format on */

static inline char class_of(char c)
{
	return classes[(uint8_t)c];
}

/* Eight characters of class 0.  Below 0x80 a byte lends to the one above only when it is
 * less than what is taken from it, and then its own top bit says so. */
static inline bool eight_plain(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t c;

	memcpy(&c, at, sizeof c);
	const uint64_t control = c - ' ' * ones, quote = (c ^ '"' * ones) - ones, backslash = (c ^ '\\' * ones) - ones;

	return ((c | control | quote | backslash) & tops) == 0;
}

/* The longest run of class ${class} at the start of ${rest}, cut off it. */
static struct text take_run(struct text *rest, char class)
{
	struct text run = {rest->at, 0};

	while (class == 0 && rest->len - run.len >= 8 && eight_plain(run.at + run.len))
		run.len += 8;
	while (run.len < rest->len && class_of(run.at[run.len]) == class)
		run.len++;
	rest->at += run.len;
	rest->len -= run.len;
	return run;
}

static struct status put_escaped(struct buffer *out, char c)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t byte = (uint8_t)c;
	const char code[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
	const char brief[] = {'\\', class_of(c)};

	return buffer_put(out, class_of(c) == 'u' ? bytes_of(code, sizeof code) : bytes_of(brief, sizeof brief));
}

/* For what buffer_reserve() has made room for. */
static inline void put_reserved(struct buffer *out, struct text t)
{
	memcpy(out->bytes + out->len, t.at, t.len);
	out->len += t.len;
}

/* What stands at the start of ${rest} and is not of class 0. */
static struct status put_special(struct buffer *out, struct text *rest)
{
	struct text run = take_run(rest, 'U');

	if (run.len > 0)
		return text_is_utf8(run) ? buffer_put(out, text_bytes(run)) : FAIL_AT(ST_INVALID, "utf-8");
	TRY(put_escaped(out, *rest->at));
	rest->at++;
	rest->len--;
	return OK;
}

struct status jsonwriter_quote(struct buffer *out, struct text t)
{
	TRY(buffer_reserve(out, t.len + 2));
	put_reserved(out, TEXT("\""));
	/* An empty text may have no place to look at. */
	while (t.len > 0) {
		struct text run = take_run(&t, 0);
		if (run.len > 0)
			put_reserved(out, run);
		if (t.len == 0)
			break;
		TRY(put_special(out, &t));
		TRY(buffer_reserve(out, t.len + 1));
	}
	put_reserved(out, TEXT("\""));
	return OK;
}

struct jsonwriter jsonwriter_of(struct buffer *out)
{
	return (struct jsonwriter){.out = out, .start = out->len};
}

static bool in_array(const struct jsonwriter *w)
{
	return (w->arrays >> (w->depth - 1) & 1) != 0;
}

static void keep(struct jsonwriter *w, struct status s)
{
	if (ok(w->failure))
		w->failure = s;
}

/* A name is a literal of ours: nothing to escape.  Room for ${more} after it, which is not nothing: an outermost value
 * may come first in a buffer that has no memory yet. */
static struct status put_name(struct jsonwriter *w, const char *name, size_t more)
{
	const struct text t = text_of(name);

	/* A comma, two quotes, a colon. */
	TRY(buffer_reserve(w->out, (w->comma ? 1 : 0) + (name != NULL ? t.len + 3 : 0) + more));
	char *at = (char *)w->out->bytes + w->out->len;

	if (w->comma)
		*at++ = ',';
	if (name != NULL) {
		*at++ = '"';
		memcpy(at, t.at, t.len);
		at += t.len;
		*at++ = '"';
		*at++ = ':';
	}
	w->out->len = (size_t)(at - (char *)w->out->bytes);
	return OK;
}

/* Everything before a value of which ${more} characters are known; false when nothing more is to be written. */
static bool begin(struct jsonwriter *w, const char *name, size_t more)
{
	if (w->depth == 0)
		assert(name == NULL && !w->comma); /* one outermost value */
	else
		assert((name == NULL) == in_array(w)); /* a name in objects, none in arrays */
	if (ok(w->failure))
		keep(w, put_name(w, name, more));
	w->comma = true;
	return ok(w->failure);
}

static void open(struct jsonwriter *w, const char *name, bool array)
{
	if (begin(w, name, 1))
		put_reserved(w->out, array ? TEXT("[") : TEXT("{"));
	assert(w->depth < JSONWRITER_DEPTH);
	uint32_t bit = (uint32_t)1 << w->depth++;
	w->arrays = array ? w->arrays | bit : w->arrays & ~bit;
	w->comma = false;
}

void jsonwriter_object(struct jsonwriter *w, const char *name)
{
	open(w, name, false);
}

void jsonwriter_array(struct jsonwriter *w, const char *name)
{
	open(w, name, true);
}

void jsonwriter_end(struct jsonwriter *w)
{
	assert(w->depth > 0);
	if (ok(w->failure))
		keep(w, buffer_put_u8(w->out, in_array(w) ? ']' : '}'));
	w->depth--;
	w->comma = true;
}

void jsonwriter_text(struct jsonwriter *w, const char *name, struct text t)
{
	/* The quotes. */
	if (begin(w, name, 2))
		keep(w, jsonwriter_quote(w->out, t));
}

void jsonwriter_raw(struct jsonwriter *w, const char *name, struct text json)
{
	assert(json.len > 0);
	if (begin(w, name, json.len))
		put_reserved(w->out, json);
}

void jsonwriter_null(struct jsonwriter *w, const char *name)
{
	jsonwriter_raw(w, name, TEXT("null"));
}

void jsonwriter_bool(struct jsonwriter *w, const char *name, bool v)
{
	jsonwriter_raw(w, name, v ? TEXT("true") : TEXT("false"));
}

void jsonwriter_string(struct jsonwriter *w, const char *name, const char *t)
{
	if (t == NULL)
		jsonwriter_null(w, name);
	else
		jsonwriter_text(w, name, text_of(t));
}

void jsonwriter_u64(struct jsonwriter *w, const char *name, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	jsonwriter_raw(w, name, (struct text){digits + at, sizeof digits - at});
}

/* A string of what one of the encodings in text.h appends, which needs no escape. */
static void put_encoded(struct jsonwriter *w, const char *name,
			struct status (*encode)(struct buffer *out, struct bytes v), struct bytes v)
{
	if (!begin(w, name, 1))
		return;
	put_reserved(w->out, TEXT("\""));
	keep(w, encode(w->out, v));
	keep(w, buffer_put_u8(w->out, '"'));
}

void jsonwriter_time(struct jsonwriter *w, const char *name, uint64_t ms)
{
	if (!begin(w, name, 1))
		return;
	put_reserved(w->out, TEXT("\""));
	keep(w, text_put_time(w->out, ms));
	keep(w, buffer_put_u8(w->out, '"'));
}

void jsonwriter_id(struct jsonwriter *w, const char *name, enum id_kind kind, const struct uuid *uuid)
{
	const struct id_text id = id_print(kind, uuid);

	if (!begin(w, name, ID_TEXT_LEN + 2))
		return;
	put_reserved(w->out, TEXT("\""));
	put_reserved(w->out, (struct text){id.at, ID_TEXT_LEN});
	put_reserved(w->out, TEXT("\""));
}

void jsonwriter_hash(struct jsonwriter *w, const char *name, const struct hash *h)
{
	put_encoded(w, name, text_put_hex, hash_bytes(h));
}

void jsonwriter_base64(struct jsonwriter *w, const char *name, struct bytes v)
{
	put_encoded(w, name, text_put_base64, v);
}

void jsonwriter_base64url(struct jsonwriter *w, const char *name, struct bytes v)
{
	put_encoded(w, name, text_put_base64url, v);
}

struct status jsonwriter_done(struct jsonwriter *w)
{
	assert(w->depth == 0 && w->comma);
	if (!ok(w->failure))
		w->out->len = w->start;
	return w->failure;
}
