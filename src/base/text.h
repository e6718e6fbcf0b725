/* SPDX-License-Identifier: Apache-2.0 */
/**
 * text: views of characters, and the few encodings everybody needs.
 *
 * Parsers take a whole view and consume it exactly; outputs are written only on
 * success.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "bytes.h"

struct text {
	const char *at;
	size_t len;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
/** For printf: "%.*s", TEXT_ARG(t). */
#define TEXT_ARG(t) (int)(t).len, (t).at

struct text text_of(const char *nul_terminated);
static inline struct bytes text_bytes(struct text t)
{
	return bytes_of(t.at, t.len);
}
static inline struct text text_from(struct bytes b)
{
	return (struct text){(const char *)b.at, b.len};
}
bool text_equal(struct text a, struct text b);
/** ASCII only. */
bool text_equal_nocase(struct text a, struct text b);
bool text_starts(struct text t, struct text prefix);
/** text_split(rest, separator, head): cut ${head} off ${rest}; false when ${rest} is exhausted. */
bool text_split(struct text *rest, char separator, struct text *head);
struct text text_trim(struct text t);
/** text_cut(t, max): at most ${max} bytes of it, no UTF-8 character cut in two. */
struct text text_cut(struct text t, size_t max);
/** text_is_utf8(t): strict UTF-8 (no surrogates, no overlong forms), no NUL. */
bool text_is_utf8(struct text t);

/** Decimal, no sign, no leading zero but "0" itself; ST_INVALID outside [min, max]. */
MUST_CHECK struct status text_to_u32(struct text t, uint32_t min, uint32_t max, uint32_t *out);
MUST_CHECK struct status text_to_u64(struct text t, uint64_t min, uint64_t max, uint64_t *out);

/** Lower-case base16. */
MUST_CHECK struct status text_put_hex(struct buffer *b, struct bytes v);
MUST_CHECK struct status text_from_hex(struct text t, uint8_t *out, size_t len);
/** RFC 4648 section 4, padded; decoding is strict (padding required, no spare bits). */
MUST_CHECK struct status text_put_base64(struct buffer *b, struct bytes v);
MUST_CHECK struct status text_from_base64(struct text t, struct buffer *out);
/** RFC 4648 section 5 without padding. */
MUST_CHECK struct status text_put_base64url(struct buffer *b, struct bytes v);
MUST_CHECK struct status text_from_base64url(struct text t, struct buffer *out);
/** RFC 4648 section 7 (base32hex), lower case, without padding: keeps the order of the bytes. */
/** Exactly ${len} bytes. */
MUST_CHECK struct status text_from_base32(struct text t, uint8_t *out, size_t len);

/** RFC 3339, UTC, milliseconds: 2026-11-21T20:04:05.123Z.  ${ms} since 1970. */
MUST_CHECK struct status text_put_time(struct buffer *b, uint64_t ms);
/** RFC 3339 with any offset and 0 to 9 fraction digits (cut to ms). */
MUST_CHECK struct status text_to_time(struct text t, uint64_t *ms);

#endif /* !BASE_TEXT_H */
