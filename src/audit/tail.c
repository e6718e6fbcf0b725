/* SPDX-License-Identifier: Apache-2.0 */
#include "tail.h"

#include <string.h>

#include "batch.h"
#include "hash.h"

#define SECTOR  512
#define BLOCK   4096
#define TRAILER sizeof(struct hash)
/* So many zeros in a row at the end of sealed bytes or a hash are no accident. */
#define NO_ACCIDENT 16

_Static_assert(TAIL_BYTES >= BATCH_BYTES_MAX + BATCH_HEADER, "a batch fits into the region");

static bool all_zero(struct bytes b)
{
	return b.len == 0 || (b.at[0] == 0 && memcmp(b.at, b.at + 1, b.len - 1) == 0);
}

static struct bytes part(struct bytes b, size_t from, size_t to)
{
	return bytes_of(b.at + from, to - from);
}

size_t tail_used(struct bytes region)
{
	size_t len = region.len;

	/* Most of it is zero: by blocks first. */
	while (len >= BLOCK && all_zero(part(region, len - BLOCK, len)))
		len -= BLOCK;
	while (len > 0 && region.at[len - 1] == 0)
		len--;
	return len;
}

/* A sector of the file that lies within the first ${len} bytes and was never written. */
static bool has_hole(struct bytes region, uint64_t at, size_t len)
{
	size_t from = (size_t)((SECTOR - at % SECTOR) % SECTOR);

	for (; from + SECTOR <= len; from += SECTOR)
		if (all_zero(part(region, from, from + SECTOR)))
			return true;
	return false;
}

/* The header is not one: torn if a sector that holds some of it is missing. */
static bool torn_header(struct bytes region, uint64_t at)
{
	size_t boundary = SECTOR - (size_t)(at % SECTOR);

	if (all_zero(part(region, 0, boundary)))
		return true;
	return boundary < BATCH_HEADER && all_zero(part(region, boundary, boundary + SECTOR));
}

/* Where the batch ends by its own structure, whatever its header says: 0 if it has none. */
static size_t natural_end(struct bytes region, uint32_t count)
{
	struct reader r = reader_of(part(region, BATCH_HEADER, region.len));
	struct batch_subject subject;
	struct bytes skipped;

	if (!ok(reader_take(&r, (size_t)count * LEAF_BYTES, &skipped)) ||
	    !ok(reader_sized(&r, BATCH_BYTES_MAX, &skipped)))
		return 0;
	for (uint32_t i = 0; i < count; i++)
		if (!ok(batch_next_subject(&r, &subject)))
			return 0;
	return ok(reader_take(&r, TRAILER, &skipped)) ? (size_t)(r.at - region.at) : 0;
}

/* All but some of the last bytes of the hash were written. */
static bool hash_cut_short(struct bytes region, size_t end)
{
	struct hash hash;
	size_t used = tail_used(part(region, 0, end)), body = end - TRAILER;

	if (used == end || used < body || !ok(sha256(part(region, 0, body), &hash)))
		return false;
	return bytes_equal(part(region, body, used), bytes_of(hash.bytes, used - body));
}

static bool torn_batch(struct bytes region, uint64_t at, const struct batch_header *h)
{
	const size_t end = BATCH_HEADER + h->rest, natural = natural_end(region, h->count);
	const size_t used = tail_used(region);

	/* Written to its natural end, whatever length its header claims: complete,
	 * unless the end of its hash or a sector is missing. */
	if (natural != 0 && !all_zero(part(region, natural - NO_ACCIDENT, natural)))
		return (natural == end && used <= end && hash_cut_short(region, end)) || has_hole(region, at, natural);
	return used <= end && (end - used >= NO_ACCIDENT || has_hole(region, at, end));
}

struct status tail_judge(struct bytes region, uint64_t at, uint64_t first, enum tail *out)
{
	struct batch_header h;

	if (all_zero(region)) {
		*out = TAIL_CLEAN;
		return OK;
	}
	/* Nothing but some of a header. */
	if (tail_used(region) <= BATCH_HEADER) {
		*out = TAIL_TORN;
		return OK;
	}
	bool begun = ok(batch_parse_header(part(region, 0, BATCH_HEADER), &h)) && h.first == first;

	if (begun ? !torn_batch(region, at, &h) : !torn_header(region, at))
		return FAIL_AT(ST_CORRUPT, "log batch");
	*out = TAIL_TORN;
	return OK;
}
