/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <string.h>

#include "hash.h"
#include "xaes.h"

#define MAGIC         "TLB1"
#define LABEL_ACTORS  "tacenda/v1/log-actors"
#define LABEL_SUBJECT "tacenda/v1/log-subject"
#define TRAILER       sizeof(struct hash)
#define DAY_MS        UINT64_C(86400000)

/* Damage is named by the part it is in; what the machine lacks passes through. */
static struct status named(struct status s, const char *part)
{
	return s.code == ST_CORRUPT ? FAIL_AT(ST_CORRUPT, part) : s;
}

/* ---- The record ---- */

struct status batch_parse_header(struct bytes bytes, struct batch_header *out)
{
	struct reader r = reader_of(bytes);
	struct batch_header h;
	struct bytes magic;

	TRY(reader_take(&r, strlen(MAGIC), &magic));
	TRY(reader_u64(&r, &h.first));
	TRY(reader_u32(&r, &h.count));
	TRY(reader_u32(&r, &h.rest));
	TRY(reader_done(&r));
	if (!bytes_equal(magic, BYTES_LITERAL(MAGIC)))
		return FAIL_AT(ST_INVALID, "log batch");
	if (h.count == 0 || h.count > BATCH_LEAVES_MAX || h.rest > BATCH_BYTES_MAX - BATCH_HEADER ||
	    h.first > INT64_MAX - BATCH_LEAVES_MAX)
		return FAIL_AT(ST_INVALID, "log batch");
	*out = h;
	return OK;
}

struct status batch_parse_form(struct bytes bytes, struct batch *out)
{
	struct reader r = reader_of(bytes);
	struct batch_header h;
	struct batch_subject subject;
	struct batch b;
	struct bytes header;

	TRY(reader_take(&r, BATCH_HEADER, &header));
	TRY(batch_parse_header(header, &h));
	TRY(reader_take(&r, (size_t)h.count * LEAF_BYTES, &b.leaves));
	if (!ok(reader_sized(&r, BATCH_BYTES_MAX, &b.actors)))
		return FAIL_AT(ST_INVALID, "log batch");
	b.first = h.first;
	b.count = h.count;
	b.subjects.at = r.at;
	for (uint32_t i = 0; i < h.count; i++)
		if (!ok(batch_next_subject(&r, &subject)))
			return FAIL_AT(ST_INVALID, "log batch");
	b.subjects.len = (size_t)(r.at - b.subjects.at);
	TRY(reader_take(&r, TRAILER, &header));
	TRY(reader_done(&r));
	*out = b;
	return OK;
}

struct status batch_parse(struct bytes bytes, struct batch *out)
{
	struct batch_header h;
	struct hash hash;

	if (bytes.len < BATCH_HEADER + TRAILER || !ok(batch_parse_header(bytes_of(bytes.at, BATCH_HEADER), &h)) ||
	    h.rest != bytes.len - BATCH_HEADER)
		return FAIL_AT(ST_CORRUPT, "log batch");
	TRY(sha256(bytes_of(bytes.at, bytes.len - TRAILER), &hash));
	if (!bytes_equal(hash_bytes(&hash), bytes_of(bytes.at + bytes.len - TRAILER, TRAILER)))
		return FAIL_AT(ST_CORRUPT, "log batch");
	return ok(batch_parse_form(bytes, out)) ? OK : FAIL_AT(ST_CORRUPT, "log batch");
}

/* A context of docs/FORMATS.md section 2, written out: it is made for every leaf. */
struct place {
	uint8_t bytes[48];
	size_t len;
};

static void place_label(struct place *p, const char *text)
{
	p->len = strlen(text) + 1;
	memcpy(p->bytes, text, p->len);
}

static void place_number(struct place *p, uint64_t value, unsigned size)
{
	memset(p->bytes + p->len, 0, 3);
	p->bytes[p->len + 3] = (uint8_t)size;
	p->len += 4;
	for (unsigned i = size; i-- > 0;)
		p->bytes[p->len++] = (uint8_t)(value >> (8 * i));
}

static struct bytes actors_place(uint64_t first, uint32_t count, struct place *p)
{
	place_label(p, LABEL_ACTORS);
	place_number(p, first, 8);
	place_number(p, count, 4);
	return bytes_of(p->bytes, p->len);
}

static struct bytes subject_place(uint64_t index, struct place *p)
{
	place_label(p, LABEL_SUBJECT);
	place_number(p, index, 8);
	return bytes_of(p->bytes, p->len);
}

struct status batch_write(const struct batch_parts *parts, const struct key *year_key, struct buffer *out)
{
	struct place place;
	size_t sealed = parts->actors.len + XAES_OVERHEAD;
	size_t rest = parts->leaves.len + 4 + sealed + parts->subjects.len + TRAILER;
	struct hash hash;

	if (rest > BATCH_BYTES_MAX - BATCH_HEADER)
		return FAIL_AT(ST_TOO_BIG, "log batch");
	TRY(buffer_put(out, BYTES_LITERAL(MAGIC)));
	TRY(buffer_put_u64(out, parts->first));
	TRY(buffer_put_u32(out, parts->count));
	TRY(buffer_put_u32(out, (uint32_t)rest));
	TRY(buffer_put(out, parts->leaves));
	TRY(buffer_put_u32(out, (uint32_t)sealed));
	TRY(xaes_seal(year_key, actors_place(parts->first, parts->count, &place), parts->actors, out));
	TRY(buffer_put(out, parts->subjects));
	TRY(sha256(buffer_bytes(out), &hash));
	return buffer_put(out, hash_bytes(&hash));
}

/* ---- Actors ---- */

struct status batch_next_actor(struct reader *r, struct batch_actor *out)
{
	struct batch_actor a;

	if (!ok(reader_copy(r, &a.nonce, sizeof a.nonce)) || !ok(reader_copy(r, &a.subject_digest, sizeof a.nonce)) ||
	    !ok(reader_u64(r, &a.previous_index)) || !ok(reader_sized(r, PIECE_MAX, &a.piece)))
		return FAIL_AT(ST_CORRUPT, "log actor");
	*out = a;
	return OK;
}

struct status batch_put_actor(struct buffer *b, const struct batch_actor *a)
{
	TRY(buffer_put(b, hash_bytes(&a->nonce)));
	TRY(buffer_put(b, hash_bytes(&a->subject_digest)));
	TRY(buffer_put_u64(b, a->previous_index));
	return buffer_put_sized(b, a->piece);
}

struct status batch_put_sequence(struct buffer *b, uint64_t sequence)
{
	return buffer_put_u64(b, sequence);
}

struct status batch_take_sequence(struct reader *r, uint64_t *sequence)
{
	uint64_t found = *sequence;

	if (reader_left(r) > 0 && (!ok(reader_u64(r, &found)) || found <= *sequence || !ok(reader_done(r))))
		return FAIL_AT(ST_CORRUPT, "log sequence");
	*sequence = found;
	return OK;
}

struct status batch_open_actors(const struct batch *b, const struct key *key, struct buffer *out)
{
	struct place place;

	return named(xaes_open(key, actors_place(b->first, b->count, &place), b->actors, out), "log actors");
}

/* ---- Subjects ---- */

struct status batch_next_subject(struct reader *r, struct batch_subject *out)
{
	struct batch_subject s;
	uint8_t scope;

	if (!ok(reader_u8(r, &scope)) || scope > BATCH_PATIENT || !ok(reader_copy(r, &s.patient, sizeof s.patient)) ||
	    !ok(reader_sized(r, PIECE_MAX + 128, &s.sealed)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	s.scope = (enum batch_scope)scope;
	if (uuid_is_zero(&s.patient) != (s.scope == BATCH_SITE))
		return FAIL_AT(ST_CORRUPT, "log subject");
	*out = s;
	return OK;
}

struct status batch_put_subject(struct buffer *b, const struct batch_subject *s)
{
	TRY(buffer_put_u8(b, (uint8_t)s->scope));
	TRY(buffer_put(b, uuid_bytes(&s->patient)));
	return buffer_put_sized(b, s->sealed);
}

struct status batch_open_subject(const struct batch_subject *s, uint64_t index, const struct key *key,
				 struct buffer *plain, struct batch_about *out)
{
	struct place place;

	plain->len = 0;
	TRY(named(xaes_open(key, subject_place(index, &place), s->sealed, plain), "log subject"));
	struct reader r = reader_of(buffer_bytes(plain));
	struct batch_about about;

	if (!ok(reader_copy(&r, &about.nonce, sizeof about.nonce)) || !ok(reader_u64(&r, &about.previous_index)) ||
	    !ok(reader_take(&r, reader_left(&r), &about.piece)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	*out = about;
	return OK;
}

struct status batch_seal_subject(const struct batch_about *about, uint64_t index, struct xaes_series *series,
				 struct buffer *plain, struct buffer *out)
{
	struct place place;

	plain->len = 0;
	TRY(buffer_put(plain, hash_bytes(&about->nonce)));
	TRY(buffer_put_u64(plain, about->previous_index));
	TRY(buffer_put(plain, about->piece));
	return xaes_series_seal(series, subject_place(index, &place), buffer_bytes(plain), out);
}

/* ---- Time ---- */

static bool leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

struct status batch_year(const uint8_t *leaf, unsigned *out)
{
	struct leaf parsed;
	unsigned year = 1970;

	if (!ok(leaf_parse(bytes_of(leaf, LEAF_BYTES), &parsed)))
		return FAIL_AT(ST_CORRUPT, "leaf");
	uint64_t days = parsed.time / DAY_MS;

	for (; days >= (leap(year) ? 366 : 365) && year < 9999; year++)
		days -= leap(year) ? 366 : 365;
	*out = year;
	return OK;
}
