/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cborreader: libcbor's stateless decoder takes one item at a time; what it must be
 * besides well-formed is looked at here.
 */
#include "cborreader.h"

#include <cbor.h>
#include <string.h>

static struct status refuse(void)
{
	return FAIL_AT(ST_INVALID, "cbor");
}

/** What the decoder says of one item. */
struct heard {
	struct cborreader_item item;
	bool taken; /* it is one of the kinds that occur */
};
static void hear(void *context, enum cborreader_kind kind, uint64_t number)
{
	struct heard *h = context;

	h->item = (struct cborreader_item){.kind = kind, .number = number};
	h->taken = true;
}
/* A callback for each width that a number may have. */
#define HEAR_NUMBER(name, type, kind) \
	static void name(void *context, type v) \
	{ \
		hear(context, kind, v); \
	}
HEAR_NUMBER(hear_uint8, uint8_t, CBORREADER_UNSIGNED)
HEAR_NUMBER(hear_uint16, uint16_t, CBORREADER_UNSIGNED)
HEAR_NUMBER(hear_uint32, uint32_t, CBORREADER_UNSIGNED)
HEAR_NUMBER(hear_uint64, uint64_t, CBORREADER_UNSIGNED)
HEAR_NUMBER(hear_negative8, uint8_t, CBORREADER_NEGATIVE)
HEAR_NUMBER(hear_negative16, uint16_t, CBORREADER_NEGATIVE)
HEAR_NUMBER(hear_negative32, uint32_t, CBORREADER_NEGATIVE)
HEAR_NUMBER(hear_negative64, uint64_t, CBORREADER_NEGATIVE)
HEAR_NUMBER(hear_array, size_t, CBORREADER_ARRAY)
HEAR_NUMBER(hear_map, size_t, CBORREADER_MAP)

static void hear_string(struct heard *h, enum cborreader_kind kind, cbor_data at, size_t len)
{
	hear(h, kind, len);
	h->item.bytes = bytes_of(at, len);
}
static void hear_bytes(void *context, cbor_data at, size_t len)
{
	hear_string(context, CBORREADER_BYTES, at, len);
}
static void hear_text(void *context, cbor_data at, size_t len)
{
	hear_string(context, CBORREADER_TEXT, at, len);
}
static void hear_bool(void *context, bool v)
{
	hear(context, CBORREADER_SIMPLE, v ? 21 : 20);
}
static void hear_null(void *context)
{
	hear(context, CBORREADER_SIMPLE, 22);
}

/* What stays with the empty callbacks is refused: indefinite lengths, breaks, tags, floats, undefined. */
static struct cbor_callbacks callbacks(void)
{
	struct cbor_callbacks c = cbor_empty_callbacks;

	c.uint8 = hear_uint8;
	c.uint16 = hear_uint16;
	c.uint32 = hear_uint32;
	c.uint64 = hear_uint64;
	c.negint8 = hear_negative8;
	c.negint16 = hear_negative16;
	c.negint32 = hear_negative32;
	c.negint64 = hear_negative64;
	c.byte_string = hear_bytes;
	c.string = hear_text;
	c.array_start = hear_array;
	c.map_start = hear_map;
	c.boolean = hear_bool;
	c.null = hear_null;
	return c;
}

/** The bytes that a head of this number takes at the least (RFC 8949 section 4.2.1). */
static size_t shortest(uint64_t number)
{
	return number < 24 ? 1 : number <= UINT8_MAX ? 2 : number <= UINT16_MAX ? 3 : number <= UINT32_MAX ? 5 : 9;
}

struct status cborreader_item(struct reader *r, struct cborreader_item *out)
{
	const struct cbor_callbacks of_kinds = callbacks();
	struct heard heard = {0};
	struct bytes whole;

	if (reader_left(r) == 0)
		return refuse();
	struct cbor_decoder_result result = cbor_stream_decode(r->at, reader_left(r), &of_kinds, &heard);
	if (result.status != CBOR_DECODER_FINISHED || !heard.taken)
		return refuse();
	if (result.read != shortest(heard.item.number) + heard.item.bytes.len)
		return refuse();
	if (heard.item.kind == CBORREADER_TEXT && !text_is_utf8(text_from(heard.item.bytes)))
		return refuse();
	TRY(reader_take(r, result.read, &whole));
	*out = heard.item;
	return OK;
}

/** An item of that kind, or nothing moved. */
static struct status expect(struct reader *r, enum cborreader_kind kind, struct cborreader_item *out)
{
	struct reader ahead = *r;
	struct cborreader_item item;

	TRY(cborreader_item(&ahead, &item));
	if (item.kind != kind)
		return refuse();
	*r = ahead;
	*out = item;
	return OK;
}

struct status cborreader_bytes(struct reader *r, struct bytes *out)
{
	struct cborreader_item item;

	TRY(expect(r, CBORREADER_BYTES, &item));
	*out = item.bytes;
	return OK;
}

struct status cborreader_text(struct reader *r, struct text *out)
{
	struct cborreader_item item;

	TRY(expect(r, CBORREADER_TEXT, &item));
	*out = text_from(item.bytes);
	return OK;
}

struct status cborreader_integer(struct reader *r, int64_t *out)
{
	struct reader ahead = *r;
	struct cborreader_item item;

	TRY(cborreader_item(&ahead, &item));
	if ((item.kind != CBORREADER_UNSIGNED && item.kind != CBORREADER_NEGATIVE) || item.number > INT64_MAX)
		return refuse();
	*r = ahead;
	*out = item.kind == CBORREADER_UNSIGNED ? (int64_t)item.number : -1 - (int64_t)item.number;
	return OK;
}

struct status cborreader_map(struct reader *r, struct cborreader_map *out)
{
	struct cborreader_item item;

	TRY(expect(r, CBORREADER_MAP, &item));
	*out = (struct cborreader_map){.left = item.number};
	return OK;
}

/**
 * CTAP2: a lower major type first, then a shorter key, then bytewise.  Of integers and
 * texts with shortest heads that is: the major type is in the first byte, and a longer
 * one of the same type is a higher head or a longer encoding.
 */
static bool before(struct bytes a, struct bytes b)
{
	unsigned major_a = a.at[0] >> 5, major_b = b.at[0] >> 5;

	if (major_a != major_b)
		return major_a < major_b;
	if (a.len != b.len)
		return a.len < b.len;
	return memcmp(a.at, b.at, a.len) < 0;
}

struct status cborreader_key(struct reader *r, struct cborreader_map *map, struct cborreader_item *key)
{
	struct reader ahead = *r;
	struct cborreader_item item;

	if (map->left == 0)
		return refuse();
	TRY(cborreader_item(&ahead, &item));
	if (item.kind != CBORREADER_UNSIGNED && item.kind != CBORREADER_NEGATIVE && item.kind != CBORREADER_TEXT)
		return refuse();
	struct bytes encoded = bytes_of(r->at, (size_t)(ahead.at - r->at));
	if (map->last.len > 0 && !before(map->last, encoded))
		return refuse();
	map->last = encoded;
	map->left--;
	*r = ahead;
	*key = item;
	return OK;
}

struct status cborreader_map_end(const struct cborreader_map *map)
{
	return map->left == 0 ? OK : refuse();
}

/* An array's elements; a map's pairs where ${map} is not NULL. */
static struct status skip_inside(struct reader *r, unsigned depth, uint64_t count, struct cborreader_map *map);

static struct status skip_one(struct reader *r, unsigned depth)
{
	struct cborreader_item item;

	TRY(cborreader_item(r, &item));
	if (item.kind != CBORREADER_ARRAY && item.kind != CBORREADER_MAP)
		return OK;
	if (depth == 0)
		return refuse();
	struct cborreader_map map = {.left = item.number};
	return skip_inside(r, depth - 1, item.number, item.kind == CBORREADER_MAP ? &map : NULL);
}

static struct status skip_inside(struct reader *r, unsigned depth, uint64_t count, struct cborreader_map *map)
{
	struct cborreader_item key;

	/* Each takes a byte at least: a count of any size ends with the bytes. */
	for (uint64_t i = 0; i < count; i++) {
		if (map != NULL)
			TRY(cborreader_key(r, map, &key));
		TRY(skip_one(r, depth));
	}
	return OK;
}

struct status cborreader_skip(struct reader *r, unsigned depth, struct bytes *out)
{
	struct reader ahead = *r;

	TRY(skip_one(&ahead, depth));
	*out = bytes_of(r->at, (size_t)(ahead.at - r->at));
	*r = ahead;
	return OK;
}
