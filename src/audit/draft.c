/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include <stdlib.h>
#include <string.h>

#include "log_internal.h"
#include "nonce.h"
#include "xaes.h"

/* Under the limit of a batch by its header, the seal of its actors and its hash. */
#define ROOM           (BATCH_BYTES_MAX - 256)
#define EXPORT_VERSION 1

/* A chain end as it was before leaf number ${leaf} of the draft. */
struct draft_change {
	uint32_t leaf;
	struct head before;
};

struct status draft_new(struct log *log, struct draft **out)
{
	struct draft *d = calloc(1, sizeof *d);

	if (d == NULL)
		return FAIL_AT(ST_NO_MEMORY, "log draft");
	d->log = log;
	d->leaves.max = (size_t)BATCH_LEAVES_MAX * LEAF_BYTES;
	d->actors = d->subjects = (struct buffer){.max = BATCH_BYTES_MAX, .wipe = true};
	d->actor_piece = d->subject_piece = d->plain = (struct buffer){.max = PIECE_MAX + 64, .wipe = true};
	d->sealed.max = PIECE_MAX + 128;
	struct status s = secret_empty(sizeof(struct key), &d->year_key);

	if (ok(s))
		s = secret_empty(sizeof(struct key), &d->key);
	if (ok(s))
		s = xaes_series_new(&d->series);
	if (!ok(s)) {
		draft_free(d);
		return s;
	}
	draft_settle(d);
	*out = d;
	return OK;
}

void draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	struct buffer *const buffers[] = {&d->leaves,        &d->actors, &d->subjects, &d->actor_piece,
					  &d->subject_piece, &d->plain,  &d->sealed};

	for (size_t i = 0; i < COUNT(buffers); i++)
		buffer_clear(buffers[i]);
	heads_clear(&d->staged);
	free(d->changes);
	secret_clear(&d->year_key);
	secret_clear(&d->key);
	xaes_series_free(d->series);
	free(d);
}

static void wipe(struct buffer *b)
{
	if (b->len > 0)
		secret_wipe(b->bytes, b->len);
	b->len = 0;
}

void draft_follow(struct draft *d, uint64_t sequence)
{
	if (sequence > d->sequence)
		d->sequence = sequence;
}

static void empty(struct draft *d)
{
	d->last_time = d->begun_time;
	d->count = 0;
	d->leaves.len = 0;
	wipe(&d->actors);
	d->subjects.len = 0;
	d->change_count = 0;
	heads_empty(&d->staged);
}

void draft_settle(struct draft *d)
{
	d->behind = NULL;
	d->first = d->log->frontier.size;
	d->begun_time = d->log->last_time;
	d->sequence = d->log->sequence;
	empty(d);
}

void draft_begin_behind(struct draft *d, const struct draft *before)
{
	d->behind = before;
	d->first = before->first + before->count;
	d->begun_time = before->last_time;
	d->sequence = before->sequence;
	empty(d);
}

bool draft_follows_log(struct draft *d)
{
	if (d->first != d->log->frontier.size)
		return false;
	/* The log has the chain ends of that now. */
	d->behind = NULL;
	return true;
}

/* ---- Chains ---- */

static void chain_end(const struct draft *d, enum heads_role role, const struct uuid *id, struct head *out)
{
	if (!heads_get(&d->staged, role, id, out) &&
	    (d->behind == NULL || !heads_get(&d->behind->staged, role, id, out)))
		(void)heads_get(&d->log->heads, role, id, out);
}

static struct status reserve_changes(struct draft *d, size_t more)
{
	if (d->change_count + more <= d->change_capacity)
		return OK;
	size_t capacity = d->change_capacity * 2 + 64;
	struct draft_change *changes = reallocarray(d->changes, capacity, sizeof *changes);

	if (changes == NULL)
		return FAIL_AT(ST_NO_MEMORY, "log draft");
	d->changes = changes;
	d->change_capacity = capacity;
	return OK;
}

/* After reserve_changes() and heads_reserve(). */
static struct status extend_chain(struct draft *d, const struct head *before, const struct hash *link)
{
	struct head head = *before;

	head_add(&head, d->first + d->count, link);
	TRY(heads_put(&d->staged, &head));
	d->changes[d->change_count++] = (struct draft_change){d->count, *before};
	return OK;
}

void draft_undo(struct draft *d, uint32_t count)
{
	struct leaf last;

	while (d->change_count > 0 && d->changes[d->change_count - 1].leaf >= count)
		/* It is there, so this takes no memory. */
		(void)ok(heads_put(&d->staged, &d->changes[--d->change_count].before));
	if (count >= d->count)
		return;
	d->leaves.len = (size_t)count * LEAF_BYTES;
	secret_wipe(d->actors.bytes + d->actor_at[count], d->actors.len - d->actor_at[count]);
	d->actors.len = d->actor_at[count];
	d->subjects.len = d->subject_at[count];
	d->count = count;
	d->last_time = d->begun_time;
	if (count > 0 && ok(leaf_parse(bytes_of(d->leaves.bytes + d->leaves.len - LEAF_BYTES, LEAF_BYTES), &last)))
		d->last_time = last.time;
}

/* ---- Adding ---- */

/* One leaf while it is made, or made again. */
struct entry {
	uint8_t leaf[LEAF_BYTES];
	struct batch_actor actor;
	struct batch_subject subject;
	struct head actor_chain, subject_chain; /* as they are before it */
	bool has_actor_chain, has_subject_chain;
};

static struct status use_year(struct draft *d, const uint8_t *leaf)
{
	const struct log_keys *keys = &d->log->options.keys;
	unsigned year;

	if (d->count > 0)
		return OK;
	TRY(batch_year(leaf, &year));
	if (year == d->year)
		return OK;
	d->year = 0;
	TRY(keys->year_key(keys->context, year, (struct key *)(void *)d->year_key.bytes));
	d->year = year;
	return OK;
}

static struct status put_parts(struct draft *d, const struct entry *e)
{
	struct hash link;

	TRY(leaf_link(e->leaf, &link));
	TRY(buffer_put(&d->leaves, bytes_of(e->leaf, LEAF_BYTES)));
	TRY(batch_put_actor(&d->actors, &e->actor));
	TRY(batch_put_subject(&d->subjects, &e->subject));
	if (e->has_actor_chain)
		TRY(extend_chain(d, &e->actor_chain, &link));
	if (e->has_subject_chain)
		TRY(extend_chain(d, &e->subject_chain, &link));
	return OK;
}

/* The whole leaf or nothing. */
static struct status put_entry(struct draft *d, const struct entry *e, uint64_t time)
{
	if (d->count == BATCH_LEAVES_MAX || d->actors.len + d->subjects.len + d->leaves.len + DRAFT_EXPORT_MAX > ROOM)
		return FAIL_AT(ST_TOO_MANY, "log draft");
	TRY(use_year(d, e->leaf));
	TRY(reserve_changes(d, 2));
	TRY(heads_reserve(&d->staged, 2));
	const size_t leaves = d->leaves.len, actors = d->actors.len, subjects = d->subjects.len;
	const size_t changes = d->change_count;
	struct status s = put_parts(d, e);

	if (!ok(s)) {
		while (d->change_count > changes)
			(void)ok(heads_put(&d->staged, &d->changes[--d->change_count].before));
		d->leaves.len = leaves;
		d->actors.len = actors;
		d->subjects.len = subjects;
		return s;
	}
	d->actor_at[d->count] = (uint32_t)actors;
	d->subject_at[d->count] = (uint32_t)subjects;
	d->count++;
	d->last_time = time;
	return OK;
}

static struct status make_actor(struct draft *d, const struct event *event, struct entry *e, struct hash *digest)
{
	struct piece_actor p = event->actor;

	chain_end(d, HEADS_ACTOR, &p.user.uuid, &e->actor_chain);
	e->has_actor_chain = !uuid_is_zero(&p.user.uuid);
	p.sequence = e->actor_chain.length;
	p.previous = e->actor_chain.link;
	d->actor_piece.len = 0;
	TRY(piece_put_actor(&d->actor_piece, &p));
	e->actor.piece = buffer_bytes(&d->actor_piece);
	e->actor.previous_index = e->actor_chain.index;
	nonce_random(&e->actor.nonce, sizeof e->actor.nonce);
	return piece_digest(&e->actor.nonce, e->actor.piece, digest);
}

static enum batch_scope scope_of(const struct piece_subject *p)
{
	return p->kind == PIECE_PATIENT ? BATCH_PATIENT : BATCH_SITE;
}

/* The key for a subject; an erased patient's pieces go under the site's.  It is asked
 * for each time, for a patient's may have been destroyed since. */
static struct status subject_key(struct draft *d, struct batch_subject *s)
{
	struct status got = log_subject_key(&d->log->options.keys, s->scope, &s->patient, &d->key);

	if (got.code != ST_GONE || s->scope != BATCH_PATIENT)
		return got;
	s->scope = BATCH_SITE;
	s->patient = (struct uuid){{0}};
	return log_subject_key(&d->log->options.keys, BATCH_SITE, &s->patient, &d->key);
}

void draft_complete(struct draft *d)
{
	xaes_series_end(d->series);
}

static struct status make_subject(struct draft *d, const struct event *event, struct entry *e)
{
	struct piece_subject p = event->subject;
	struct batch_about about;

	chain_end(d, (enum heads_role)p.kind, &p.id, &e->subject_chain);
	e->has_subject_chain = p.kind != PIECE_NONE;
	if (!e->has_subject_chain)
		e->subject_chain = (struct head){.index = HEADS_NO_INDEX};
	p.sequence = e->subject_chain.length;
	p.previous = e->subject_chain.link;
	d->subject_piece.len = 0;
	TRY(piece_put_subject(&d->subject_piece, &p));
	about.piece = buffer_bytes(&d->subject_piece);
	about.previous_index = e->subject_chain.index;
	nonce_random(&about.nonce, sizeof about.nonce);
	TRY(piece_digest(&about.nonce, about.piece, &e->actor.subject_digest));
	e->subject.scope = scope_of(&p);
	e->subject.patient = e->subject.scope == BATCH_PATIENT ? p.id : (struct uuid){{0}};
	TRY(subject_key(d, &e->subject));
	TRY(xaes_series_begin(d->series, secret_key(&d->key)));
	d->sealed.len = 0;
	TRY(batch_seal_subject(&about, d->first + d->count, d->series, &d->plain, &d->sealed));
	wipe(&d->plain);
	wipe(&d->subject_piece);
	e->subject.sealed = buffer_bytes(&d->sealed);
	return OK;
}

struct status draft_add(struct draft *d, const struct event *event, uint64_t *index)
{
	struct leaf leaf = {.kind = event->kind, .result = event->result, .time = event->time};
	struct entry e;
	struct hash digest;

	if (leaf.time < d->last_time)
		leaf.time = d->last_time;
	if (d->count == BATCH_LEAVES_MAX)
		return FAIL_AT(ST_TOO_MANY, "log draft");
	TRY(make_actor(d, event, &e, &digest));
	TRY(make_subject(d, event, &e));
	TRY(leaf_commit(&digest, &e.actor.subject_digest, &leaf.commitment));
	leaf_encode(&leaf, e.leaf);
	/* Whatever is encoded must parse again: a kind from nowhere stops here. */
	TRY(leaf_parse(bytes_of(e.leaf, LEAF_BYTES), &leaf));
	TRY(put_entry(d, &e, leaf.time));
	wipe(&d->actor_piece);
	*index = d->first + d->count - 1;
	return OK;
}

/* ---- Leaving and coming back ---- */

struct status draft_export(const struct draft *d, uint32_t i, struct buffer *out)
{
	if (i >= d->count)
		return FAIL_AT(ST_INVALID, "log draft");
	const bool last = i + 1 == d->count;
	const size_t actor_end = last ? d->actors.len : d->actor_at[i + 1];
	const size_t subject_end = last ? d->subjects.len : d->subject_at[i + 1];

	TRY(buffer_put_u8(out, EXPORT_VERSION));
	TRY(buffer_put_u64(out, d->first + i));
	TRY(buffer_put(out, bytes_of(d->leaves.bytes + (size_t)i * LEAF_BYTES, LEAF_BYTES)));
	TRY(buffer_put(out, bytes_of(d->actors.bytes + d->actor_at[i], actor_end - d->actor_at[i])));
	return buffer_put(out, bytes_of(d->subjects.bytes + d->subject_at[i], subject_end - d->subject_at[i]));
}

static struct status parse_export(struct bytes bytes, struct entry *e, uint64_t *index)
{
	struct reader r = reader_of(bytes);
	uint8_t version;

	TRY(reader_u8(&r, &version));
	TRY(reader_u64(&r, index));
	TRY(reader_copy(&r, e->leaf, LEAF_BYTES));
	TRY(batch_next_actor(&r, &e->actor));
	TRY(batch_next_subject(&r, &e->subject));
	TRY(reader_done(&r));
	return version == EXPORT_VERSION ? OK : FAIL(ST_INVALID);
}

/* What the log holds at that place already. */
static struct status already_there(struct draft *d, const struct entry *e, uint64_t index)
{
	struct hash wanted, found;

	TRY(tree_leaf_hash(bytes_of(e->leaf, LEAF_BYTES), &wanted));
	struct tile_reader tiles = {derived_source(&d->log->derived), d->log->frontier.size};
	const struct tree_reader reader = tile_reader_of(&tiles);

	TRY(reader.read(reader.context, 0, index, &found));
	return hash_equal(&wanted, &found) ? OK : FAIL_AT(ST_CORRUPT, "outbox");
}

static struct status same_place(const struct head *chain, uint64_t sequence, const struct hash *previous,
				uint64_t previous_index)
{
	bool same = chain->length == sequence && hash_equal(&chain->link, previous) && chain->index == previous_index;

	return same ? OK : FAIL_AT(ST_CORRUPT, "outbox");
}

static struct status import_actor(struct draft *d, struct entry *e, struct leaf *leaf)
{
	struct piece_actor p;
	struct hash digest;

	TRY(leaf_parse(bytes_of(e->leaf, LEAF_BYTES), leaf));
	TRY(piece_parse_actor(e->actor.piece, &p));
	TRY(piece_digest(&e->actor.nonce, e->actor.piece, &digest));
	TRY(leaf_check(leaf, &digest, &e->actor.subject_digest));
	chain_end(d, HEADS_ACTOR, &p.user.uuid, &e->actor_chain);
	e->has_actor_chain = !uuid_is_zero(&p.user.uuid);
	return same_place(&e->actor_chain, p.sequence, &p.previous, e->actor.previous_index);
}

static struct status import_subject(struct draft *d, struct entry *e)
{
	struct batch_about about;
	struct piece_subject p;
	struct hash digest;
	struct status s = log_subject_key(&d->log->options.keys, e->subject.scope, &e->subject.patient, &d->key);

	if (s.code == ST_GONE && e->subject.scope == BATCH_PATIENT) {
		/* Erased since: whose chain it is stands beside it. */
		chain_end(d, HEADS_PATIENT, &e->subject.patient, &e->subject_chain);
		e->has_subject_chain = true;
		return OK;
	}
	TRY(s);
	TRY(batch_open_subject(&e->subject, d->first + d->count, secret_key(&d->key), &d->plain, &about));
	TRY(piece_parse_subject(about.piece, &p));
	TRY(piece_digest(&about.nonce, about.piece, &digest));
	if (!hash_equal(&digest, &e->actor.subject_digest))
		return FAIL_AT(ST_CORRUPT, "outbox");
	e->has_subject_chain = p.kind != PIECE_NONE;
	if (!e->has_subject_chain)
		return OK;
	chain_end(d, (enum heads_role)p.kind, &p.id, &e->subject_chain);
	return same_place(&e->subject_chain, p.sequence, &p.previous, about.previous_index);
}

struct status draft_import(struct draft *d, struct bytes bytes, bool *added)
{
	struct entry e;
	struct leaf leaf;
	uint64_t index;

	if (!ok(parse_export(bytes, &e, &index)))
		return FAIL_AT(ST_CORRUPT, "outbox");
	*added = false;
	if (index < d->first)
		return already_there(d, &e, index);
	if (index != d->first + d->count)
		return FAIL_AT(ST_CORRUPT, "outbox: the log has lost leaves");
	if (!ok(import_actor(d, &e, &leaf)) || leaf.time < d->last_time)
		return FAIL_AT(ST_CORRUPT, "outbox");
	TRY(import_subject(d, &e));
	TRY(put_entry(d, &e, leaf.time));
	*added = true;
	return OK;
}
