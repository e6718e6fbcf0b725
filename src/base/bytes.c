/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#define FIRST_CAPACITY 64

_Static_assert(sizeof(struct hash) == 4 * sizeof(uint64_t), "a hash is four words");

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	uint64_t left[4], right[4], different = 0;

	memcpy(left, a, sizeof left);
	memcpy(right, b, sizeof right);
	for (size_t i = 0; i < COUNT(left); i++)
		different |= left[i] ^ right[i];
	/* The compiler must not learn that it may stop at the first word that differs. */
	__asm__ volatile("" : "+r"(different));
	return different == 0;
}

bool hash_is_zero(const struct hash *h)
{
	static const struct hash zero;

	return hash_equal(h, &zero);
}

struct status size_add(size_t a, size_t b, size_t *out)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return FAIL(ST_TOO_BIG);
	*out = sum;
	return OK;
}

struct status size_mul(size_t a, size_t b, size_t *out)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return FAIL(ST_TOO_BIG);
	*out = product;
	return OK;
}

/* Doubling, so that n appends cost O(n), but never past the ceiling. */
static size_t grown(const struct buffer *b, size_t needed)
{
	size_t capacity = b->capacity > FIRST_CAPACITY ? b->capacity : FIRST_CAPACITY;

	while (capacity < needed)
		capacity = capacity > b->max / 2 ? b->max : capacity * 2;
	return capacity < b->max ? capacity : b->max;
}

/* A wiping buffer cannot use realloc(), which may leave a copy behind. */
static uint8_t *moved(const struct buffer *b, size_t capacity)
{
	if (!b->wipe)
		return realloc(b->bytes, capacity);

	uint8_t *bytes = malloc(capacity);
	if (bytes == NULL)
		return NULL;
	if (b->bytes != NULL)
		memcpy(bytes, b->bytes, b->len);
	secret_wipe(b->bytes, b->capacity);
	free(b->bytes);
	return bytes;
}

struct status buffer_grow(struct buffer *b, size_t more)
{
	if (b->len > b->max || more > b->max - b->len)
		return FAIL_AT(ST_TOO_BIG, "buffer");
	if (more <= b->capacity - b->len)
		return OK;

	size_t capacity = grown(b, b->len + more);
	uint8_t *bytes = moved(b, capacity);
	if (bytes == NULL)
		return FAIL_AT(ST_NO_MEMORY, "buffer");
	b->bytes = bytes;
	b->capacity = capacity;
	return OK;
}

struct status buffer_put(struct buffer *b, struct bytes piece)
{
	TRY(buffer_reserve(b, piece.len));
	if (piece.len > 0)
		memcpy(b->bytes + b->len, piece.at, piece.len);
	b->len += piece.len;
	return OK;
}

static inline struct status put_big_endian(struct buffer *b, uint64_t v, size_t width)
{
	const uint64_t ordered = htobe64(v << 8 * (sizeof v - width));

	TRY(buffer_reserve(b, width));
	memcpy(b->bytes + b->len, &ordered, width);
	b->len += width;
	return OK;
}

struct status buffer_put_u8(struct buffer *b, uint8_t v)
{
	TRY(buffer_reserve(b, 1));
	b->bytes[b->len++] = v;
	return OK;
}

struct status buffer_put_u16(struct buffer *b, uint16_t v)
{
	return put_big_endian(b, v, 2);
}

struct status buffer_put_u32(struct buffer *b, uint32_t v)
{
	return put_big_endian(b, v, 4);
}

struct status buffer_put_u64(struct buffer *b, uint64_t v)
{
	return put_big_endian(b, v, 8);
}

struct status buffer_put_sized(struct buffer *b, struct bytes piece)
{
	size_t whole;

	if (piece.len > UINT32_MAX)
		return FAIL_AT(ST_TOO_BIG, "sized piece");
	TRY(size_add(piece.len, 4, &whole));
	/* Both or neither. */
	TRY(buffer_reserve(b, whole));
	TRY(buffer_put_u32(b, (uint32_t)piece.len));
	return buffer_put(b, piece);
}

/* vsnprintf() insists on writing a NUL: it needs a byte that does not count. */
static struct status reserve_with_nul(struct buffer *b, size_t len)
{
	size_t ceiling = b->max;

	if (ceiling < SIZE_MAX)
		b->max++;
	struct status s = buffer_reserve(b, len + 1);
	b->max = ceiling;
	return s;
}

struct status buffer_print(struct buffer *b, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (len < 0)
		return FAIL_AT(ST_INVALID, "format");
	TRY(reserve_with_nul(b, (size_t)len));
	va_start(arguments, format);
	(void)vsnprintf((char *)b->bytes + b->len, (size_t)len + 1, format, arguments);
	va_end(arguments);
	b->len += (size_t)len;
	return OK;
}

void buffer_clear(struct buffer *b)
{
	if (b->wipe)
		secret_wipe(b->bytes, b->capacity);
	free(b->bytes);
	*b = (struct buffer){.max = b->max, .wipe = b->wipe};
}
