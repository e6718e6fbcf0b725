/* SPDX-License-Identifier: Apache-2.0 */
/* How a log is found again: from the saved chain ends if they fit the files, from
 * those saved before otherwise, from the first batch if neither; then batch by batch
 * to the end. */
#include <stdlib.h>

#include "log_internal.h"
#include "tail.h"

/* One read fetches many batches; the largest fits into two. */
#define WINDOW (1u << 20)

/* ---- Where to begin ---- */

/* The tiles end in the nodes of the saved frontier, the batches in the saved hash. */
static struct status fits_files(struct log *l, const struct headsfile *f)
{
	struct tile_reader tiles = {derived_source(&l->derived), f->frontier.size};
	const struct tree_reader reader = tile_reader_of(&tiles);
	struct tree_frontier found;
	struct hash last;

	if (f->end < sizeof last || !derived_covers(&l->derived, f->frontier.size))
		return FAIL(ST_CONFLICT);
	TRY(os_read_all(l->options.os, l->batches.fd, &last, sizeof last, f->end - sizeof last));
	TRY(tree_frontier_load(&reader, f->frontier.size, &found));
	if (!hash_equal(&last, &f->last_batch))
		return FAIL(ST_CONFLICT);
	for (unsigned h = 0; h < TREE_HEIGHTS; h++)
		if ((found.size >> h & 1) != 0 && !hash_equal(&found.nodes[h], &f->frontier.nodes[h]))
			return FAIL(ST_CONFLICT);
	return OK;
}

static struct status load_saved(struct log *l, const char *name)
{
	const struct uuid none = {{0}};
	struct headsfile f;

	TRY(log_subject_key(&l->options.keys, BATCH_SITE, &none, &l->key));
	struct status s = headsfile_load(l->options.os, l->options.dir, name, secret_key(&l->key), &f);

	secret_wipe(l->key.bytes, l->key.len);
	TRY(s);
	if (f.frontier.size > l->at_least)
		l->at_least = f.frontier.size;
	s = fits_files(l, &f);
	if (!ok(s)) {
		heads_clear(&f.heads);
		return s;
	}
	l->frontier = f.frontier;
	l->end = f.end;
	l->last_time = f.last_time;
	l->sequence = f.sequence;
	l->saved = f.frontier.size;
	l->heads = f.heads;
	return OK;
}

/* Whatever is wrong with derived files is mended by reading the log itself. */
static struct status begin(struct log *l)
{
	static const char *const names[] = {HEADSFILE_NAME, HEADSFILE_BEFORE};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct status s = load_saved(l, names[i]);

		if (s.code != ST_NOT_FOUND && s.code != ST_CORRUPT && s.code != ST_CONFLICT)
			return s;
	}
	return OK;
}

/* ---- One batch ---- */

/* A piece of the file, and the batch in it that is looked at. */
struct reading {
	struct buffer window;
	uint64_t at; /* where the window begins */
	struct batch batch;
	size_t len;                          /* of the batch; 0: no whole one is left */
	struct hash links[BATCH_LEAVES_MAX]; /* of its leaves */
	struct buffer plain;
};

static void reading_clear(struct reading *r)
{
	buffer_clear(&r->window);
	buffer_clear(&r->plain);
}

/* ${len} bytes from the end of what was taken on, or as many as the file has. */
static struct status look(struct log *l, struct reading *r, size_t len, struct bytes *out)
{
	const uint64_t left = l->batches.allocated - l->end, skipped = l->end - r->at;
	size_t wanted = left < len ? (size_t)left : len;

	if (skipped > r->window.len || r->window.len - skipped < wanted) {
		size_t more = left < WINDOW ? (size_t)left : WINDOW;

		more = more < wanted ? wanted : more;
		r->window.len = 0;
		r->at = l->end;
		TRY(buffer_reserve(&r->window, more));
		TRY(os_read_all(l->options.os, l->batches.fd, r->window.bytes, more, r->at));
		r->window.len = more;
	}
	*out = bytes_of(r->window.bytes + (l->end - r->at), wanted);
	return OK;
}

/* The next whole batch, if there is one. */
static struct status read_batch(struct log *l, struct reading *r)
{
	struct batch_header h;
	struct bytes bytes;

	r->len = 0;
	TRY(look(l, r, BATCH_HEADER, &bytes));
	if (bytes.len < BATCH_HEADER || !ok(batch_parse_header(bytes, &h)) || h.first != l->frontier.size)
		return OK;
	TRY(look(l, r, BATCH_HEADER + h.rest, &bytes));
	if (bytes.len < BATCH_HEADER + h.rest)
		return OK;
	struct status s = batch_parse(bytes, &r->batch);

	/* Whether it is damaged or only begun is for tail_judge() to say. */
	if (s.code == ST_CORRUPT)
		return OK;
	TRY(s);
	r->len = bytes.len;
	return OK;
}

struct status log_open_actors(struct log *l, const struct batch *b, struct buffer *plain)
{
	const struct log_keys *keys = &l->options.keys;
	unsigned year;

	TRY(batch_year(batch_leaf(b, 0), &year));
	TRY(keys->year_key(keys->context, year, (struct key *)(void *)l->key.bytes));
	return batch_open_actors(b, secret_key(&l->key), plain);
}

static struct status take_actors(struct log *l, struct reading *r)
{
	const struct batch *b = &r->batch;
	struct batch_actor actor;
	struct piece_actor p;

	r->plain.len = 0;
	TRY(log_open_actors(l, b, &r->plain));
	struct reader actors = reader_of(buffer_bytes(&r->plain));

	for (uint32_t i = 0; i < b->count; i++) {
		TRY(batch_next_actor(&actors, &actor));
		if (!ok(piece_parse_actor(actor.piece, &p)))
			return FAIL_AT(ST_CORRUPT, "log actor");
		if (!uuid_is_zero(&p.user.uuid))
			TRY(heads_extend(&l->heads, HEADS_ACTOR, &p.user.uuid, b->first + i, &r->links[i]));
	}
	return batch_take_sequence(&actors, &l->sequence);
}

/* A patient's id stands beside the sealed piece, so an erased one's chain goes on. */
static struct status take_subject(struct log *l, const struct batch_subject *s, uint64_t index, const struct hash *link,
				  struct buffer *plain)
{
	struct batch_about about;
	struct piece_subject p;

	if (s->scope == BATCH_PATIENT)
		return heads_extend(&l->heads, HEADS_PATIENT, &s->patient, index, link);
	TRY(batch_open_subject(s, index, secret_key(&l->key), plain, &about));
	if (!ok(piece_parse_subject(about.piece, &p)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	return p.kind == PIECE_NONE ? OK : heads_extend(&l->heads, (enum heads_role)p.kind, &p.id, index, link);
}

static struct status take_subjects(struct log *l, struct reading *r)
{
	const struct uuid none = {{0}};
	const struct batch *b = &r->batch;
	struct reader subjects = reader_of(b->subjects);
	struct batch_subject subject;

	r->plain.len = 0;
	TRY(log_subject_key(&l->options.keys, BATCH_SITE, &none, &l->key));
	for (uint32_t i = 0; i < b->count; i++) {
		TRY(batch_next_subject(&subjects, &subject));
		TRY(take_subject(l, &subject, b->first + i, &r->links[i], &r->plain));
	}
	return OK;
}

static struct status take_leaves(struct log *l, struct reading *r)
{
	const struct batch *b = &r->batch;
	struct leaf leaf;

	for (uint32_t i = 0; i < b->count; i++) {
		if (!ok(leaf_parse(bytes_of(batch_leaf(b, i), LEAF_BYTES), &leaf)) || leaf.time < l->last_time)
			return FAIL_AT(ST_CORRUPT, "leaf");
		l->last_time = leaf.time;
		TRY(leaf_link(batch_leaf(b, i), &r->links[i]));
	}
	return OK;
}

static struct status take_batch(struct log *l, struct reading *r)
{
	TRY(take_leaves(l, r));
	TRY(take_actors(l, r));
	TRY(take_subjects(l, r));
	TRY(derived_add(&l->derived, &l->frontier, r->batch.leaves, r->batch.count, l->end));
	l->end += r->len;
	return OK;
}

/* ---- The end ---- */

/* What is behind the last whole batch, zeros past the end of the file. */
static struct status read_tail(const struct log *l, uint8_t *region)
{
	const uint64_t left = l->batches.allocated - l->end;

	return os_read_all(l->options.os, l->batches.fd, region, left < TAIL_BYTES ? (size_t)left : TAIL_BYTES, l->end);
}

static struct status clean_tail(struct log *l, struct bytes region)
{
	enum tail tail;

	TRY(tail_judge(region, l->end, l->frontier.size, &tail));
	if (tail == TAIL_CLEAN)
		return OK;
	l->cut = tail_used(region);
	TRY(ahead_wipe(&l->batches, l->end, l->cut));
	return ahead_sync(&l->batches);
}

static struct status find_end(struct log *l)
{
	uint8_t *region = calloc(1, TAIL_BYTES);

	if (region == NULL)
		return FAIL_AT(ST_NO_MEMORY, "log");
	struct status s = read_tail(l, region);

	if (ok(s))
		s = clean_tail(l, bytes_of(region, TAIL_BYTES));
	free(region);
	return s;
}

/* The last batch may be known only to this machine's memory, if its sync failed
 * before the last stop: written again, it is on the disk or we know. */
static struct status settle_last(struct log *l, uint64_t at)
{
	size_t len = (size_t)(l->end - at);

	if (len == 0)
		return OK;
	l->record.len = 0;
	TRY(buffer_reserve(&l->record, len));
	TRY(os_read_all(l->options.os, l->batches.fd, l->record.bytes, len, at));
	TRY(ahead_write(&l->batches, bytes_of(l->record.bytes, len), at));
	return ahead_sync(&l->batches);
}

static struct status take_all(struct log *l, struct reading *r, uint64_t *last)
{
	r->at = *last = l->end;
	for (;;) {
		TRY(read_batch(l, r));
		if (r->len == 0)
			return OK;
		*last = l->end;
		TRY(take_batch(l, r));
	}
}

static struct status read_on(struct log *l)
{
	struct reading r = {.window = {.max = BATCH_BYTES_MAX + WINDOW},
			    .plain = {.max = BATCH_BYTES_MAX, .wipe = true}};
	uint64_t last;
	struct status s = take_all(l, &r, &last);

	reading_clear(&r);
	TRY(s);
	TRY(find_end(l));
	if (l->frontier.size < l->at_least)
		return FAIL_AT(ST_CORRUPT, "log is shorter than it was");
	return settle_last(l, last);
}

/* ---- What was signed ---- */

/* The checkpoint is ours: only its form is looked at, and that the log extends it. */
static struct status check_signed(struct log *l)
{
	struct tile_reader tiles = {derived_source(&l->derived), l->frontier.size};
	const struct tree_reader reader = tile_reader_of(&tiles);
	struct status s = os_load(l->options.os, l->options.dir, LOG_CHECKPOINT, CHECKPOINT_BYTES_MAX, &l->signed_text);
	struct checkpoint c;
	struct hash root;
	struct note n;

	if (s.code == ST_NOT_FOUND)
		return OK;
	TRY(s);
	if (!ok(note_parse(buffer_bytes(&l->signed_text), &n)) || !ok(checkpoint_parse(n.text, &c)))
		return FAIL_AT(ST_CORRUPT, "log checkpoint");
	if (c.head.size > l->frontier.size)
		return FAIL_AT(ST_CORRUPT, "log is shorter than its checkpoint");
	TRY(tree_root(&reader, c.head.size, &root));
	if (!hash_equal(&root, &c.head.root))
		return FAIL_AT(ST_CORRUPT, "log is not the one of its checkpoint");
	l->signed_head = c.head;
	return OK;
}

static struct status find(struct log *l)
{
	TRY(begin(l));
	TRY(read_on(l));
	return check_signed(l);
}

struct status log_recover(struct log *l)
{
	const struct heads none = {0};
	struct status s = find(l);

	secret_wipe(l->key.bytes, l->key.len);
	TRY(s);
	log_keep_reserve(l);
	return log_publish(l, &none);
}
