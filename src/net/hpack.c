/* SPDX-License-Identifier: Apache-2.0 */
#include "hpack.h"

#include <string.h>

/* RFC 7541 section 6: how a field is written, and how many bits of its first byte are left for an index. */
enum pattern { INDEXED = 0x80, INSERTING = 0x40, PLAIN = 0x00, NEVER_INDEXED = 0x10 };
enum bits { INDEXED_BITS = 7, LITERAL_BITS = 4, LENGTH_BITS = 7 };

/* Names of RFC 7541 appendix A; the table of the connection begins behind them. */
enum { NAME_STATUS = 8, NAME_CONTENT_LENGTH = 28, NAME_CONTENT_TYPE = 31, NAME_DATE = 33, NAMES = 61 };

/* The longest integer of 64 bits and two strings' lengths. */
#define FIELD_OVERHEAD 32
#define DATE_LEN       29

/* RFC 7541 section 5.1 */
static uint8_t *put_number(uint8_t *at, unsigned pattern, unsigned bits, size_t n)
{
	const size_t most = ((size_t)1 << bits) - 1;

	if (n < most) {
		*at++ = (uint8_t)(pattern | n);
		return at;
	}
	*at++ = (uint8_t)(pattern | most);
	for (n -= most; n >= 128; n >>= 7)
		*at++ = (uint8_t)(128 | n % 128);
	*at++ = (uint8_t)n;
	return at;
}

/* RFC 7541 section 5.2, without Huffman's code: it costs both sides more than some bytes less are worth. */
static uint8_t *put_string(uint8_t *at, struct text t)
{
	at = put_number(at, 0, LENGTH_BITS, t.len);
	if (t.len > 0)
		memcpy(at, t.at, t.len);
	return at + t.len;
}

static uint8_t *put_named(uint8_t *at, size_t name, struct text value)
{
	return put_string(put_number(at, PLAIN, LITERAL_BITS, name), value);
}

static uint8_t *put_field(uint8_t *at, enum pattern pattern, const struct exchange_header *h)
{
	*at++ = (uint8_t)pattern;
	return put_string(put_string(at, h->name), h->value);
}

static uint8_t *put_status(uint8_t *at, unsigned status)
{
	static const unsigned known[] = {200, 204, 206, 304, 400, 404, 500};
	char digits[REPLY_DIGITS];

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i] == status)
			return put_number(at, INDEXED, INDEXED_BITS, NAME_STATUS + i);
	return put_named(at, NAME_STATUS, reply_number(status, digits));
}

size_t hpack_head_bound(const struct exchange_reply *r)
{
	size_t bound = 4 * FIELD_OVERHEAD + DATE_LEN + REPLY_DIGITS + r->content_type.len;

	for (size_t i = 0; i < r->header_count; i++)
		bound += FIELD_OVERHEAD + r->headers[i].name.len + r->headers[i].value.len;
	return bound;
}

size_t hpack_head(const struct exchange_reply *r, uint64_t length, const char *date, uint8_t *out)
{
	uint8_t *at = put_status(out, r->status);
	char digits[REPLY_DIGITS];

	at = put_named(at, NAME_DATE, (struct text){date, DATE_LEN});
	if (r->content_type.len > 0)
		at = put_named(at, NAME_CONTENT_TYPE, r->content_type);
	if (length != EXCHANGE_LENGTH_UNKNOWN)
		at = put_named(at, NAME_CONTENT_LENGTH, reply_number(length, digits));
	for (size_t i = 0; i < r->header_count; i++)
		if (r->headers[i].value.len > 0)
			at = put_field(at, NEVER_INDEXED, &r->headers[i]);
	return (size_t)(at - out);
}

unsigned hpack_security(const struct exchange_reply *r)
{
	unsigned which = (1u << reply_security_count) - 1;

	for (size_t i = 0; r->header_count > 0 && i < reply_security_count; i++)
		if (reply_gives(r, reply_security[i].name))
			which &= ~(1u << i);
	return which;
}

size_t hpack_put_security(enum hpack_table *table, unsigned which, uint8_t *out)
{
	const bool inserts = *table == HPACK_TABLE_EMPTY && which == (1u << reply_security_count) - 1;
	uint8_t *at = out;

	for (size_t i = 0; i < reply_security_count; i++) {
		if ((which & 1u << i) == 0)
			continue;
		/* The last that came in is the first behind the names. */
		if (*table == HPACK_TABLE_FULL)
			at = put_number(at, INDEXED, INDEXED_BITS, NAMES + reply_security_count - i);
		else
			at = put_field(at, inserts ? INSERTING : PLAIN, &reply_security[i]);
	}
	if (inserts)
		*table = HPACK_TABLE_FULL;
	return (size_t)(at - out);
}
