/* SPDX-License-Identifier: Apache-2.0 */
/**
 * bytes: views, hashes and growing buffers.
 *
 * A view owns nothing and must not outlive what it looks at.  A buffer owns its
 * memory and has a ceiling that it never grows past.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/** Bytes somebody else owns. */
struct bytes {
	const uint8_t *at;
	size_t len;
};

#define BYTES_OF(object)    ((struct bytes){(const uint8_t *)&(object), sizeof(object)})
#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static inline struct bytes bytes_of(const void *at, size_t len)
{
	return (struct bytes){at, len};
}

/** bytes_equal(a, b): for public bytes only; secrets use secret_equal(). */
bool bytes_equal(struct bytes a, struct bytes b);

/** A SHA-256 value. */
struct hash {
	uint8_t bytes[32];
};

/** hash_equal(a, b): constant time. */
bool hash_equal(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *h);
static inline struct bytes hash_bytes(const struct hash *h)
{
	return bytes_of(h->bytes, sizeof h->bytes);
}

/** A growing buffer with a ceiling.  `{ .max = N }` is a valid empty one. */
struct buffer {
	uint8_t *bytes;
	size_t len, capacity, max;
	bool wipe; /* zero the old memory when it moves and when cleared */
};

static inline struct bytes buffer_bytes(const struct buffer *b)
{
	return bytes_of(b->bytes, b->len);
}

/**
 * buffer_reserve(b, more):
 * Make room for ${more} further bytes at b->bytes + b->len.  ST_TOO_BIG past
 * the ceiling, ST_NO_MEMORY; on failure ${b} is unchanged.
 */
MUST_CHECK struct status buffer_grow(struct buffer *b, size_t more); /* where there is no room yet */
MUST_CHECK static inline struct status buffer_reserve(struct buffer *b, size_t more)
{
	/* A ceiling that was lowered counts for what is there already. */
	if (b->bytes != NULL && b->capacity <= b->max && more <= b->capacity - b->len)
		return OK;
	return buffer_grow(b, more);
}
MUST_CHECK struct status buffer_put(struct buffer *b, struct bytes piece);
MUST_CHECK struct status buffer_put_u8(struct buffer *b, uint8_t v);
/** Integers are written big-endian. */
MUST_CHECK struct status buffer_put_u16(struct buffer *b, uint16_t v);
MUST_CHECK struct status buffer_put_u32(struct buffer *b, uint32_t v);
MUST_CHECK struct status buffer_put_u64(struct buffer *b, uint64_t v);
/** A u32 length, then the bytes. */
MUST_CHECK struct status buffer_put_sized(struct buffer *b, struct bytes piece);
/** printf into the buffer; no terminating NUL is counted. */
MUST_CHECK struct status buffer_print(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** buffer_clear(b): free (wiping if b->wipe); leaves an empty buffer with the same ceiling. */
void buffer_clear(struct buffer *b);

/** size_add(a, b, out): ST_TOO_BIG on overflow, ${out} untouched. */
MUST_CHECK struct status size_add(size_t a, size_t b, size_t *out);
MUST_CHECK struct status size_mul(size_t a, size_t b, size_t *out);

#endif /* !BASE_BYTES_H */
