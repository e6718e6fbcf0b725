/* SPDX-License-Identifier: Apache-2.0 */
#include "logread.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "log_internal.h"
#include "tileview.h"

/* One read fetches most batches whole. */
#define FIRST_READ 32768

struct logread {
	struct log *log;
	struct log_keys keys;
	struct secret key; /* scratch */
	/* The batch read last, sealed; count 0: none. */
	struct buffer record;
	struct batch batch;
	/* Proven tiles of a tree the log had, NULL at first. */
	struct tileview *view;
	uint64_t view_size;
};

struct status logread_new(struct log *log, const struct log_keys *keys, struct logread **out)
{
	struct logread *r = calloc(1, sizeof *r);

	if (r == NULL)
		return FAIL_AT(ST_NO_MEMORY, "log reader");
	r->log = log;
	r->keys = *keys;
	r->record.max = BATCH_BYTES_MAX;
	struct status s = secret_empty(sizeof(struct key), &r->key);

	if (!ok(s)) {
		logread_free(r);
		return s;
	}
	*out = r;
	return OK;
}

void logread_free(struct logread *r)
{
	if (r == NULL)
		return;
	tileview_free(r->view);
	buffer_clear(&r->record);
	secret_clear(&r->key);
	free(r);
}

/* ---- Batches ---- */

static struct status load_record(struct logread *r, uint64_t at)
{
	const struct log_options *o = &r->log->options;
	const int fd = r->log->batches.fd;
	struct batch_header h;

	r->record.len = 0;
	TRY(buffer_reserve(&r->record, FIRST_READ));
	TRY(os_read_all(o->os, fd, r->record.bytes, BATCH_HEADER, at));
	if (!ok(batch_parse_header(bytes_of(r->record.bytes, BATCH_HEADER), &h)))
		return FAIL_AT(ST_CORRUPT, "log batch");
	r->record.len = BATCH_HEADER;
	TRY(buffer_reserve(&r->record, h.rest));
	TRY(os_read_all(o->os, fd, r->record.bytes + BATCH_HEADER, h.rest, at + BATCH_HEADER));
	r->record.len = BATCH_HEADER + h.rest;
	return OK;
}

/* The leaf has the hash that the tree holds for it. */
static struct status check_leaf(struct logread *r, uint64_t index, const uint8_t *leaf)
{
	const struct ahead *tiles = &r->log->derived.tiles[0];
	struct hash wanted, found;

	TRY(os_read_all(tiles->os, tiles->fd, &wanted, sizeof wanted, index * sizeof wanted));
	TRY(tree_leaf_hash(bytes_of(leaf, LEAF_BYTES), &found));
	return hash_equal(&found, &wanted) ? OK : FAIL_AT(ST_CORRUPT, "log leaf");
}

/* Make the batch of that leaf the one in memory; ${i}: which of its leaves. */
static struct status find(struct logread *r, uint64_t index, uint32_t *i)
{
	struct batch b;
	uint64_t at;

	if (index < r->batch.first || index - r->batch.first >= r->batch.count) {
		if (index >= log_size(r->log))
			return FAIL_AT(ST_NOT_FOUND, "leaf");
		r->batch.count = 0;
		TRY(derived_offset(&r->log->derived, index, &at));
		TRY(load_record(r, at));
		if (!ok(batch_parse_form(buffer_bytes(&r->record), &b)) || index < b.first ||
		    index - b.first >= b.count)
			return FAIL_AT(ST_CORRUPT, "log batch");
		r->batch = b;
	}
	*i = (uint32_t)(index - r->batch.first);
	return check_leaf(r, index, batch_leaf(&r->batch, *i));
}

struct status logread_leaf(struct logread *r, uint64_t index, uint8_t out[LEAF_BYTES])
{
	uint32_t i;

	TRY(find(r, index, &i));
	memcpy(out, batch_leaf(&r->batch, i), LEAF_BYTES);
	return OK;
}

/* ---- Openings ---- */

void logread_opening_clear(struct logread_opening *o)
{
	buffer_clear(&o->actors);
	buffer_clear(&o->plain);
	*o = (struct logread_opening){0};
}

static struct status open_actor(struct logread *r, uint32_t i, struct logread_opening *o)
{
	struct batch_actor actor;
	unsigned year;

	TRY(batch_year(batch_leaf(&r->batch, 0), &year));
	TRY(r->keys.year_key(r->keys.context, year, (struct key *)(void *)r->key.bytes));
	TRY(batch_open_actors(&r->batch, secret_key(&r->key), &o->actors));
	struct reader at = reader_of(buffer_bytes(&o->actors));

	for (uint32_t k = 0; k <= i; k++)
		TRY(batch_next_actor(&at, &actor));
	TRY(piece_digest(&actor.nonce, actor.piece, &o->actor_digest));
	TRY(leaf_check(&o->leaf, &o->actor_digest, &actor.subject_digest));
	if (!ok(piece_parse_actor(actor.piece, &o->actor)))
		return FAIL_AT(ST_CORRUPT, "log actor");
	o->subject_digest = actor.subject_digest;
	o->actor_nonce = actor.nonce;
	o->actor_bytes = actor.piece;
	o->actor_previous = actor.previous_index;
	return OK;
}

static struct status open_piece(struct logread *r, const struct batch_subject *s, struct logread_opening *o)
{
	struct batch_about about;
	struct hash digest;

	TRY(batch_open_subject(s, o->index, secret_key(&r->key), &o->plain, &about));
	TRY(piece_digest(&about.nonce, about.piece, &digest));
	if (!hash_equal(&digest, &o->subject_digest) || !ok(piece_parse_subject(about.piece, &o->subject)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	o->subject_nonce = about.nonce;
	o->subject_bytes = about.piece;
	o->subject_previous = about.previous_index;
	return OK;
}

static struct status open_subject(struct logread *r, uint32_t i, struct logread_opening *o)
{
	struct reader at = reader_of(r->batch.subjects);
	struct batch_subject subject;

	for (uint32_t k = 0; k <= i; k++)
		TRY(batch_next_subject(&at, &subject));
	struct status s = log_subject_key(&r->keys, subject.scope, &subject.patient, &r->key);

	if (s.code != ST_GONE || subject.scope != BATCH_PATIENT) {
		TRY(s);
		return open_piece(r, &subject, o);
	}
	o->erased = true;
	o->erased_patient = subject.patient;
	o->subject_previous = HEADS_NO_INDEX;
	return OK;
}

static struct status open_leaf(struct logread *r, uint64_t index, struct logread_opening *o)
{
	uint32_t i;

	TRY(find(r, index, &i));
	o->index = index;
	memcpy(o->bytes, batch_leaf(&r->batch, i), LEAF_BYTES);
	if (!ok(leaf_parse(bytes_of(o->bytes, LEAF_BYTES), &o->leaf)))
		return FAIL_AT(ST_CORRUPT, "leaf");
	TRY(open_actor(r, i, o));
	return open_subject(r, i, o);
}

struct status logread_open(struct logread *r, uint64_t index, struct logread_opening *out)
{
	struct buffer actors = out->actors, plain = out->plain;

	if (actors.len > 0)
		secret_wipe(actors.bytes, actors.len);
	actors.len = 0;
	actors.max = BATCH_BYTES_MAX;
	plain.max = PIECE_MAX + 128;
	actors.wipe = plain.wipe = true;
	*out = (struct logread_opening){.actors = actors, .plain = plain};
	struct status s = open_leaf(r, index, out);

	secret_wipe(r->key.bytes, r->key.len);
	return s;
}

/* What the leaf before must be. */
struct link {
	struct uuid id;
	uint8_t kind;
	uint64_t sequence;
	struct hash previous;
};

static struct link link_of(enum heads_role role, const struct logread_opening *o)
{
	if (role == HEADS_ACTOR)
		return (struct link){o->actor.user.uuid, 0, o->actor.sequence, o->actor.previous};
	return (struct link){o->subject.id, (uint8_t)o->subject.kind, o->subject.sequence, o->subject.previous};
}

struct status logread_back(struct logread *r, enum heads_role role, const struct logread_opening *o,
			   struct logread_opening *out)
{
	const bool by_actor = role == HEADS_ACTOR;
	const uint64_t index = by_actor ? o->actor_previous : o->subject_previous;
	const struct link from = link_of(role, o);
	struct hash hash;

	if (!by_actor && o->erased)
		return FAIL_AT(ST_GONE, "patient");
	if (index == HEADS_NO_INDEX)
		return FAIL_AT(ST_NOT_FOUND, "leaf");
	if (index >= o->index)
		return FAIL_AT(ST_CORRUPT, "leaf chain");
	TRY(logread_open(r, index, out));
	const struct link to = link_of(role, out);

	TRY(leaf_link(out->bytes, &hash));
	if (!hash_equal(&hash, &from.previous) || to.sequence + 1 != from.sequence || to.kind != from.kind ||
	    !uuid_equal(&to.id, &from.id))
		return FAIL_AT(ST_CORRUPT, "leaf chain");
	return OK;
}

/* ---- Many leaves ---- */

struct status logread_at_time(struct logread *r, uint64_t ms, uint64_t *out)
{
	uint64_t low = 0, high = log_size(r->log);
	uint8_t bytes[LEAF_BYTES];
	struct leaf leaf;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		TRY(logread_leaf(r, middle, bytes));
		if (!ok(leaf_parse(BYTES_OF(bytes), &leaf)))
			return FAIL_AT(ST_CORRUPT, "leaf");
		if (leaf.time < ms)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}

struct status logread_scan(struct logread *r, struct logread_range *range, logread_visit *visit, void *context)
{
	const uint64_t size = log_size(r->log);
	uint8_t bytes[LEAF_BYTES];
	struct leaf leaf;

	if (range->to > size)
		range->to = size;
	if (range->from > range->to)
		range->from = range->to;
	for (unsigned n = 0; n < LOGREAD_SCAN_MAX && range->from < range->to; n++) {
		uint64_t index = range->down ? range->to - 1 : range->from;

		TRY(logread_leaf(r, index, bytes));
		if (!ok(leaf_parse(BYTES_OF(bytes), &leaf)))
			return FAIL_AT(ST_CORRUPT, "leaf");
		if (range->kinds == 0 || (range->kinds >> leaf.kind & 1) != 0)
			TRY(visit(context, index, &leaf));
		if (range->down)
			range->to--;
		else
			range->from++;
	}
	return OK;
}

/* ---- The tree ---- */

/* Proven tiles of a tree of at least ${size} leaves. */
static struct status see(struct logread *r, uint64_t size)
{
	struct tileview *view;
	struct tree_head head;

	if (r->view != NULL && size <= r->view_size)
		return OK;
	log_head(r->log, &head);
	if (size > head.size)
		return FAIL_AT(ST_INVALID, "tree size");
	TRY(tileview_open(&head, derived_source(&r->log->derived), &view));
	tileview_free(r->view);
	r->view = view;
	r->view_size = head.size;
	return OK;
}

static struct status put_bundle(struct logread *r, const struct tile *t, struct buffer *out)
{
	uint8_t bytes[LEAF_BYTES];

	for (uint64_t i = t->index * TILE_WIDTH; i < t->index * TILE_WIDTH + t->width; i++) {
		TRY(logread_leaf(r, i, bytes));
		TRY(bundle_put(out, BYTES_OF(bytes)));
	}
	return OK;
}

static struct status put_tile(struct logread *r, const struct tile *t, struct buffer *out)
{
	const struct hash *hashes;
	unsigned width;

	if (r->view == NULL || tile_width(t->level, t->index, r->view_size) < t->width)
		TRY(see(r, log_size(r->log)));
	TRY(tileview_tile(r->view, t->level, t->index, &hashes, &width));
	return width < t->width ? FAIL_AT(ST_NOT_FOUND, "tile")
				: buffer_put(out, bytes_of(hashes, t->width * sizeof *hashes));
}

struct status logread_tile(struct logread *r, const struct tile *tile, struct buffer *out)
{
	const size_t before = out->len;

	if (tile_width(tile->level, tile->index, log_size(r->log)) < tile->width)
		return FAIL_AT(ST_NOT_FOUND, "tile");
	struct status s = tile->kind == TILE_ENTRIES ? put_bundle(r, tile, out) : put_tile(r, tile, out);

	if (!ok(s))
		out->len = before;
	return s;
}

struct status logread_prove_inclusion(struct logread *r, uint64_t index, uint64_t size, struct tree_proof *out)
{
	TRY(see(r, size));
	const struct tree_reader reader = tileview_reader(r->view);

	return tree_prove_inclusion(&reader, index, size, out);
}

struct status logread_prove_consistency(struct logread *r, uint64_t old_size, uint64_t size, struct tree_proof *out)
{
	TRY(see(r, size));
	const struct tree_reader reader = tileview_reader(r->view);

	return tree_prove_consistency(&reader, old_size, size, out);
}

struct status logread_root(struct logread *r, uint64_t size, struct hash *out)
{
	TRY(see(r, size));
	const struct tree_reader reader = tileview_reader(r->view);

	return tree_root(&reader, size, out);
}
