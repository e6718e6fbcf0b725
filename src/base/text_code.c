/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_code: base16, base32hex and base64 (RFC 4648).
 *
 * One bit string, cut in groups of 4, 5 or 6: the three encodings differ only in
 * the group, the digits and the padding.  Decoding is strict, so that every value
 * has exactly one text: no spare bits, no white space, no other case.
 *
 * Tables are indexed by public digits as well as by secret ones (wrapped keys in
 * text); a secret that must not leak through the cache never travels as text.
 */
#include <string.h>

#include "text.h"

struct alphabet {
	const char *digits;
	unsigned bits; /* of a digit */
	bool padded;   /* to a multiple of four digits */
};

static const struct alphabet base16 = {"0123456789abcdef", 4, false};
static const struct alphabet base32 = {"0123456789abcdefghijklmnopqrstuv", 5, false};
static const struct alphabet base64 = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, true};
static const struct alphabet base64url = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6, false};

/* Base64 of whole groups: three bytes are four digits.  How many bytes that were. */
static size_t encode_threes(const char *digits, struct bytes v, uint8_t *at)
{
	size_t i = 0;

	for (; v.len - i >= 3; i += 3, at += 4) {
		uint32_t group = (uint32_t)v.at[i] << 16 | (uint32_t)v.at[i + 1] << 8 | v.at[i + 2];
		at[0] = (uint8_t)digits[group >> 18];
		at[1] = (uint8_t)digits[group >> 12 & 63];
		at[2] = (uint8_t)digits[group >> 6 & 63];
		at[3] = (uint8_t)digits[group & 63];
	}
	return i;
}

static struct status encode(const struct alphabet *a, struct bytes v, struct buffer *out)
{
	uint32_t pending = 0, mask = (1u << a->bits) - 1;
	unsigned bits = 0;
	size_t room;

	if (v.len == 0)
		return OK;
	TRY(size_mul(v.len, 8, &room));
	size_t digits = room / a->bits + (room % a->bits != 0);
	size_t whole = a->padded ? (digits + 3) / 4 * 4 : digits;
	TRY(buffer_reserve(out, whole));

	uint8_t *at = out->bytes + out->len;
	out->len += whole;
	size_t next = a->bits == 6 ? encode_threes(a->digits, v, at) : 0;
	for (at += next / 3 * 4; next < v.len; next++) {
		pending = pending << 8 | v.at[next];
		for (bits += 8; bits >= a->bits; bits -= a->bits)
			*at++ = (uint8_t)a->digits[pending >> (bits - a->bits) & mask];
	}
	if (bits > 0)
		*at++ = (uint8_t)a->digits[pending << (a->bits - bits) & mask];
	for (size_t i = digits; i < whole; i++)
		*at++ = '=';
	return OK;
}

#define NO_DIGIT 0xff

/* The inverse of an alphabet; 256 bytes on the stack, filled once a call. */
struct inverse {
	uint8_t value[256];
};

static void invert(const struct alphabet *a, struct inverse *out)
{
	memset(out->value, NO_DIGIT, sizeof out->value);
	for (size_t i = 0; i < (size_t)1 << a->bits; i++)
		out->value[(uint8_t)a->digits[i]] = (uint8_t)i;
}

/* Checks everything; after it decode() cannot fail.  ${t} has no padding. */
static struct status check(const struct alphabet *a, const struct inverse *inverse, struct text t, size_t *len)
{
	size_t bits;

	TRY(size_mul(t.len, a->bits, &bits));
	unsigned spare = (unsigned)(bits % 8);
	if (spare >= a->bits)
		return FAIL_AT(ST_INVALID, "encoded length");
	for (size_t i = 0; i < t.len; i++)
		if (inverse->value[(uint8_t)t.at[i]] == NO_DIGIT)
			return FAIL_AT(ST_INVALID, "encoded digit");
	if (spare > 0 && (inverse->value[(uint8_t)t.at[t.len - 1]] & ((1u << spare) - 1)) != 0)
		return FAIL_AT(ST_INVALID, "encoded spare bits");
	*len = bits / 8;
	return OK;
}

static void decode(const struct alphabet *a, const struct inverse *inverse, struct text t, uint8_t *out)
{
	uint32_t pending = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < t.len; i++) {
		pending = pending << a->bits | inverse->value[(uint8_t)t.at[i]];
		bits += a->bits;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(pending >> bits);
		}
	}
}

static struct status decode_exact(const struct alphabet *a, struct text t, uint8_t *out, size_t len)
{
	struct inverse inverse;
	size_t got;

	invert(a, &inverse);
	TRY(check(a, &inverse, t, &got));
	if (got != len)
		return FAIL_AT(ST_INVALID, "encoded length");
	decode(a, &inverse, t, out);
	return OK;
}

static struct status decode_into(const struct alphabet *a, struct text t, struct buffer *out)
{
	struct inverse inverse;
	size_t len;

	invert(a, &inverse);
	TRY(check(a, &inverse, t, &len));
	if (len == 0)
		return OK;
	TRY(buffer_reserve(out, len));
	decode(a, &inverse, t, out->bytes + out->len);
	out->len += len;
	return OK;
}

struct status text_put_hex(struct buffer *b, struct bytes v)
{
	return encode(&base16, v, b);
}

struct status text_from_hex(struct text t, uint8_t *out, size_t len)
{
	return decode_exact(&base16, t, out, len);
}

struct status text_from_base32(struct text t, uint8_t *out, size_t len)
{
	return decode_exact(&base32, t, out, len);
}

struct status text_put_base64(struct buffer *b, struct bytes v)
{
	return encode(&base64, v, b);
}

struct status text_from_base64(struct text t, struct buffer *out)
{
	if (t.len % 4 != 0)
		return FAIL_AT(ST_INVALID, "encoded length");
	/* At most two, and what is left must need exactly these: "A===" leaves a
	 * length that no value has, "AAAA====" leaves a '=' that is no digit. */
	for (size_t i = 0; i < 2 && t.len > 0 && t.at[t.len - 1] == '='; i++)
		t.len--;
	return decode_into(&base64, t, out);
}

struct status text_put_base64url(struct buffer *b, struct bytes v)
{
	return encode(&base64url, v, b);
}

struct status text_from_base64url(struct text t, struct buffer *out)
{
	return decode_into(&base64url, t, out);
}
