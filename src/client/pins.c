/* SPDX-License-Identifier: Apache-2.0 */
#include "pins.h"

#include "cachefile.h"
#include "reader.h"
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS    256
#define BUCKET_MAX ((size_t)4 << 20)
#define KEY        (1 + sizeof(struct uuid))
/* Key, sequence, index, link, count and hash of what was shown, own statement. */
#define ROW (KEY + 8 + 8 + sizeof(struct hash) + 8 + 2 * sizeof(struct hash))

/** Rows of ROW bytes one after the other, in no order. */
struct bucket {
	struct buffer rows;
	bool loaded, changed;
};
struct pins {
	struct bucket buckets[BUCKETS];
};

struct status pin_compare(const struct pin *pin, uint64_t index, uint64_t sequence)
{
	bool same =
		hash_is_zero(&pin->link) ||
		(index == pin->index ? sequence == pin->sequence
				     : (index > pin->index) == (sequence > pin->sequence) && sequence != pin->sequence);

	return same ? OK : FAIL_AT(ST_CORRUPT, "withheld: two histories of one chain");
}

static struct cachefile file_of(const struct site *s, size_t number, char *name, size_t len)
{
	(void)snprintf(name, len, "chains-%02zx", number);
	return (struct cachefile){.os = s->options.os, .home = s->options.home, .keys = s->options.keys, .name = name};
}

static struct status load(struct site *s, size_t number, struct bucket *b)
{
	char name[16];
	struct cachefile file = file_of(s, number, name, sizeof name);

	b->rows = (struct buffer){.max = BUCKET_MAX, .wipe = true};
	struct status loaded = cachefile_load(&file, &b->rows);
	if (loaded.code == ST_NOT_FOUND || loaded.code == ST_CORRUPT || b->rows.len % ROW != 0) {
		b->rows.len = 0;
		loaded = OK;
	}
	b->loaded = ok(loaded);
	return loaded;
}

static struct status bucket_of(struct site *s, const struct uuid *id, struct bucket **out)
{
	size_t number = id->bytes[sizeof id->bytes - 1];

	if (s->pins == NULL)
		s->pins = calloc(1, sizeof *s->pins);
	if (s->pins == NULL)
		return FAIL(ST_NO_MEMORY);
	struct bucket *b = &s->pins->buckets[number];
	if (!b->loaded)
		TRY(load(s, number, b));
	*out = b;
	return OK;
}

static uint8_t *row_of(const struct bucket *b, enum pin_kind kind, const struct uuid *id)
{
	for (size_t at = 0; at < b->rows.len; at += ROW)
		if (b->rows.bytes[at] == (uint8_t)kind &&
		    bytes_equal(bytes_of(b->rows.bytes + at + 1, sizeof *id), uuid_bytes(id)))
			return b->rows.bytes + at;
	return NULL;
}

static struct status read_row(const uint8_t *row, struct pin *out)
{
	struct reader r = reader_of(bytes_of(row + KEY, ROW - KEY));

	TRY(reader_u64(&r, &out->sequence));
	TRY(reader_u64(&r, &out->index));
	TRY(reader_copy(&r, &out->link, sizeof out->link));
	TRY(reader_u64(&r, &out->shown.count));
	TRY(reader_copy(&r, &out->shown.hash, sizeof out->shown.hash));
	TRY(reader_copy(&r, &out->own, sizeof out->own));
	return reader_done(&r);
}

static struct status put_row(struct buffer *b, enum pin_kind kind, const struct uuid *id, const struct pin *pin)
{
	TRY(buffer_put_u8(b, (uint8_t)kind));
	TRY(buffer_put(b, uuid_bytes(id)));
	TRY(buffer_put_u64(b, pin->sequence));
	TRY(buffer_put_u64(b, pin->index));
	TRY(buffer_put(b, hash_bytes(&pin->link)));
	TRY(buffer_put_u64(b, pin->shown.count));
	TRY(buffer_put(b, hash_bytes(&pin->shown.hash)));
	return buffer_put(b, hash_bytes(&pin->own));
}

struct status pins_get(struct site *site, enum pin_kind kind, const struct uuid *id, struct pin *out)
{
	struct bucket *b;

	TRY(bucket_of(site, id, &b));
	const uint8_t *row = row_of(b, kind, id);
	*out = (struct pin){0};
	return row == NULL ? OK : read_row(row, out);
}

struct status pins_put(struct site *site, enum pin_kind kind, const struct uuid *id, const struct pin *pin)
{
	AUTO(buffer) made = {.max = ROW};
	struct bucket *b;

	TRY(bucket_of(site, id, &b));
	TRY(put_row(&made, kind, id, pin));
	uint8_t *row = row_of(b, kind, id);
	if (row != NULL && bytes_equal(bytes_of(row, ROW), buffer_bytes(&made)))
		return OK;
	b->changed = true;
	if (row == NULL)
		return buffer_put(&b->rows, buffer_bytes(&made));
	memcpy(row, made.bytes, ROW);
	return OK;
}

struct status pins_save(struct site *site)
{
	char name[16];

	for (size_t i = 0; site->pins != NULL && i < BUCKETS; i++) {
		struct bucket *b = &site->pins->buckets[i];
		struct cachefile file = file_of(site, i, name, sizeof name);

		if (!b->changed)
			continue;
		TRY(cachefile_save(&file, buffer_bytes(&b->rows)));
		b->changed = false;
	}
	return OK;
}

void pins_free(struct pins *p)
{
	for (size_t i = 0; p != NULL && i < BUCKETS; i++)
		buffer_clear(&p->buckets[i].rows);
	free(p);
}
