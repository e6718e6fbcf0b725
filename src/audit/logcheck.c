/* SPDX-License-Identifier: Apache-2.0 */
#include "logcheck.h"

#include "log_internal.h"

struct check {
	struct log *log;
	struct log_keys keys;
	struct logcheck_report *report;
	struct tree_head head; /* what is checked */
	uint64_t at;           /* bytes of batches read */
	uint64_t time;         /* of the last leaf */
	uint64_t sequence;     /* of the store */
	struct tree_frontier frontier;
	struct heads heads;
	struct secret key;
	struct buffer record, actors, plain;
};

/* ---- The next batch ---- */

static struct status read_record(struct check *c, struct batch *out)
{
	const struct os *os = c->log->options.os;
	const int fd = c->log->batches.fd;
	struct batch_header h;

	c->record.len = 0;
	TRY(buffer_reserve(&c->record, BATCH_HEADER));
	TRY(os_read_all(os, fd, c->record.bytes, BATCH_HEADER, c->at));
	if (!ok(batch_parse_header(bytes_of(c->record.bytes, BATCH_HEADER), &h)) || h.first != c->frontier.size)
		return FAIL_AT(ST_CORRUPT, "log batch");
	c->record.len = BATCH_HEADER;
	TRY(buffer_reserve(&c->record, h.rest));
	TRY(os_read_all(os, fd, c->record.bytes + BATCH_HEADER, h.rest, c->at + BATCH_HEADER));
	c->record.len += h.rest;
	return batch_parse(buffer_bytes(&c->record), out);
}

/* ---- Chains and openings ---- */

struct place {
	enum heads_role role;
	struct uuid id;
	uint64_t sequence, previous_index;
	struct hash previous;
};

static struct status extend(struct check *c, const struct place *p, uint64_t index, const struct hash *link)
{
	struct head head;

	(void)heads_get(&c->heads, p->role, &p->id, &head);
	if (head.length != p->sequence || head.index != p->previous_index || !hash_equal(&head.link, &p->previous))
		return FAIL_AT(ST_CORRUPT, "leaf chain");
	head_add(&head, index, link);
	return heads_put(&c->heads, &head);
}

static struct status check_actor(struct check *c, const struct batch_actor *a, uint64_t index, const struct leaf *leaf,
				 const struct hash *link)
{
	struct piece_actor p;
	struct hash digest;

	TRY(piece_digest(&a->nonce, a->piece, &digest));
	TRY(leaf_check(leaf, &digest, &a->subject_digest));
	if (!ok(piece_parse_actor(a->piece, &p)))
		return FAIL_AT(ST_CORRUPT, "log actor");
	const struct place place = {HEADS_ACTOR, p.user.uuid, p.sequence, a->previous_index, p.previous};

	return uuid_is_zero(&p.user.uuid) ? OK : extend(c, &place, index, link);
}

/* Of an erased subject only its place in the chain is known: it is the next one. */
static struct status pass_erased(struct check *c, const struct batch_subject *s, uint64_t index,
				 const struct hash *link)
{
	struct head head;

	c->report->erased++;
	(void)heads_get(&c->heads, HEADS_PATIENT, &s->patient, &head);
	head_add(&head, index, link);
	return heads_put(&c->heads, &head);
}

static struct status check_subject(struct check *c, const struct batch_subject *s, uint64_t index,
				   const struct hash *wanted, const struct hash *link)
{
	struct status key = log_subject_key(&c->keys, s->scope, &s->patient, &c->key);
	struct batch_about about;
	struct piece_subject p;
	struct hash digest;

	if (key.code == ST_GONE && s->scope == BATCH_PATIENT)
		return pass_erased(c, s, index, link);
	TRY(key);
	TRY(batch_open_subject(s, index, secret_key(&c->key), &c->plain, &about));
	TRY(piece_digest(&about.nonce, about.piece, &digest));
	if (!hash_equal(&digest, wanted) || !ok(piece_parse_subject(about.piece, &p)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	if (s->scope == BATCH_PATIENT && (p.kind != PIECE_PATIENT || !uuid_equal(&p.id, &s->patient)))
		return FAIL_AT(ST_CORRUPT, "log subject");
	const struct place place = {(enum heads_role)p.kind, p.id, p.sequence, about.previous_index, p.previous};

	return p.kind == PIECE_NONE ? OK : extend(c, &place, index, link);
}

static struct status open_actors(struct check *c, const struct batch *b)
{
	unsigned year;

	TRY(batch_year(batch_leaf(b, 0), &year));
	TRY(c->keys.year_key(c->keys.context, year, (struct key *)(void *)c->key.bytes));
	c->actors.len = 0;
	return batch_open_actors(b, secret_key(&c->key), &c->actors);
}

/* ---- What is derived ---- */

/* Every node that this leaf completes on a level that is stored. */
static struct status check_tiles(struct check *c, const struct hash *completed)
{
	const uint64_t size = c->frontier.size;
	struct hash found;

	for (size_t level = 0; level < DERIVED_LEVELS && size % (UINT64_C(1) << (TILE_HEIGHT * level)) == 0; level++) {
		const struct ahead *a = &c->log->derived.tiles[level];
		const uint64_t index = (size >> (TILE_HEIGHT * level)) - 1;

		TRY(os_read_all(a->os, a->fd, &found, sizeof found, index * sizeof found));
		if (!hash_equal(&found, &completed[TILE_HEIGHT * level]))
			return FAIL_AT(ST_CORRUPT, "log tile");
	}
	return OK;
}

static struct status check_tree(struct check *c, const uint8_t *leaf)
{
	struct hash hash, completed[TREE_HEIGHTS];
	uint64_t offset;

	TRY(derived_offset(&c->log->derived, c->frontier.size, &offset));
	if (offset != c->at)
		return FAIL_AT(ST_CORRUPT, "log offsets");
	TRY(tree_leaf_hash(bytes_of(leaf, LEAF_BYTES), &hash));
	TRY(tree_frontier_append(&c->frontier, &hash, completed));
	return check_tiles(c, completed);
}

/* ---- All of it ---- */

static struct status check_leaf(struct check *c, const struct batch *b, uint32_t i, struct reader *actors,
				struct reader *subjects)
{
	struct batch_subject subject;
	struct batch_actor actor;
	struct leaf leaf;
	struct hash link;

	if (!ok(leaf_parse(bytes_of(batch_leaf(b, i), LEAF_BYTES), &leaf)) || leaf.time < c->time)
		return FAIL_AT(ST_CORRUPT, "leaf");
	c->time = leaf.time;
	TRY(leaf_link(batch_leaf(b, i), &link));
	TRY(batch_next_actor(actors, &actor));
	TRY(check_actor(c, &actor, b->first + i, &leaf, &link));
	TRY(batch_next_subject(subjects, &subject));
	TRY(check_subject(c, &subject, b->first + i, &actor.subject_digest, &link));
	return check_tree(c, batch_leaf(b, i));
}

static struct status check_batch(struct check *c)
{
	struct batch b;

	TRY(read_record(c, &b));
	TRY(open_actors(c, &b));
	struct reader actors = reader_of(buffer_bytes(&c->actors)), subjects = reader_of(b.subjects);

	for (uint32_t i = 0; i < b.count; i++)
		TRY(check_leaf(c, &b, i, &actors, &subjects));
	TRY(batch_take_sequence(&actors, &c->sequence));
	c->at += c->record.len;
	c->report->leaves = c->frontier.size;
	c->report->batches++;
	return OK;
}

static struct status check_all(struct check *c)
{
	struct hash root;

	TRY(secret_empty(sizeof(struct key), &c->key));
	while (c->frontier.size < c->head.size)
		TRY(check_batch(c));
	TRY(tree_frontier_root(&c->frontier, &root));
	if (c->frontier.size != c->head.size || !hash_equal(&root, &c->head.root))
		return FAIL_AT(ST_CORRUPT, "log root");
	return OK;
}

struct status logcheck_run(struct log *log, const struct log_keys *keys, struct logcheck_report *report)
{
	struct check c = {
		.log = log,
		.keys = *keys,
		.report = report,
		.record = {.max = BATCH_BYTES_MAX},
		.actors = {.max = BATCH_BYTES_MAX, .wipe = true},
		.plain = {.max = PIECE_MAX + 128, .wipe = true},
	};

	*report = (struct logcheck_report){0};
	log_head(log, &c.head);
	struct status s = check_all(&c);

	heads_clear(&c.heads);
	secret_clear(&c.key);
	buffer_clear(&c.record);
	buffer_clear(&c.actors);
	buffer_clear(&c.plain);
	return s;
}
