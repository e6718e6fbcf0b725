/* SPDX-License-Identifier: Apache-2.0 */
#include "range.h"

#include <inttypes.h>

/* Cut ${prefix} off ${t}; units are compared without case (RFC 9110 section 14.1). */
static bool skip_unit(struct text *t, struct text prefix)
{
	if (t->len < prefix.len || !text_equal_nocase((struct text){t->at, prefix.len}, prefix))
		return false;
	*t = (struct text){t->at + prefix.len, t->len - prefix.len};
	return true;
}

/* Digits, leading zeros allowed as the grammar has it.  What does not fit 64 bits is
 * as good as the largest number, since no content reaches it. */
static struct status read_position(struct text t, uint64_t *out)
{
	uint64_t v = 0;
	bool huge = false;

	if (t.len == 0)
		return FAIL_AT(ST_INVALID, "range");
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return FAIL_AT(ST_INVALID, "range");
		huge = huge || __builtin_mul_overflow(v, 10u, &v) ||
		       __builtin_add_overflow(v, (uint64_t)(t.at[i] - '0'), &v);
	}
	*out = huge ? UINT64_MAX : v;
	return OK;
}

static struct status last_bytes(struct text digits, uint64_t size, struct range *out)
{
	uint64_t n;

	TRY(read_position(digits, &n));
	if (n == 0 || size == 0)
		return FAIL_AT(ST_NOT_FOUND, "range");
	n = n < size ? n : size;
	*out = (struct range){size - n, n};
	return OK;
}

struct status range_parse(struct text field, uint64_t size, struct range *out)
{
	struct text rest = field, from;
	uint64_t first, last = UINT64_MAX;

	if (!skip_unit(&rest, TEXT("bytes=")) || !text_split(&rest, '-', &from) || rest.at == NULL)
		return FAIL_AT(ST_INVALID, "range");
	if (from.len == 0)
		return last_bytes(rest, size, out);
	TRY(read_position(from, &first));
	if (rest.len > 0)
		TRY(read_position(rest, &last));
	if (last < first)
		return FAIL_AT(ST_INVALID, "range");
	if (first >= size)
		return FAIL_AT(ST_NOT_FOUND, "range");
	last = last < size ? last : size - 1;
	*out = (struct range){first, last - first + 1};
	return OK;
}

struct status range_put(struct buffer *out, struct range r, uint64_t size)
{
	return buffer_print(out, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, r.first, r.first + (r.len - 1), size);
}

struct status range_put_none(struct buffer *out, uint64_t size)
{
	return buffer_print(out, "bytes */%" PRIu64, size);
}
