/* SPDX-License-Identifier: Apache-2.0 */
#include "committer.h"

#include <pthread.h>
#include <stdlib.h>

#include "draft.h"
#include "limits.h"

/* Outbox rows whose leaves are durable, removed with the next transaction. */
#define SENT_MAX (4 * BATCH_LEAVES_MAX)
/* Entries of one round: a change may have several leaves, and a draft holds BATCH_LEAVES_MAX. */
#define ROUND_MAX (BATCH_LEAVES_MAX / 2)

struct committer {
	struct committer_options options;
	struct draft *draft;
	struct store_txn txn;
	uint64_t sent[SENT_MAX]; /* outbox numbers; the ones below ${durable} are in the log */
	size_t sent_count, durable;
	pthread_t thread;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake;
	struct committer_entry *first, *last;
	struct committer_metrics metrics;
	bool stop;
};

struct status committer_add(struct committer_turn *turn, const struct event *event, uint64_t *leaf)
{
	AUTO(buffer) exported = {.max = DRAFT_EXPORT_MAX, .wipe = true};
	struct committer *c = turn->committer;
	struct event timed = *event;
	uint64_t number;

	timed.time = turn->time;
	if (c->sent_count == SENT_MAX)
		return FAIL_AT(ST_TOO_MANY, "leaves");
	TRY(draft_add(c->draft, &timed, leaf));
	TRY(draft_export(c->draft, c->draft->count - 1, &exported));
	TRY(store_txn_audit(turn->txn, buffer_bytes(&exported), &number));
	c->sent[c->sent_count++] = number;
	return OK;
}

/* --- One round --- */

/** Remove outbox rows whose leaves are in the log: bookkeeping of the next transaction. */
static struct status clean_outbox(struct committer *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->durable; i++) {
		const struct row_value key[] = {ROW_NUMBER(c->sent[i])};
		struct status s = store_remove(&c->txn, TABLE_OUTBOX, key);
		if (!ok(s) && s.code != ST_NOT_FOUND)
			return s;
	}
	for (size_t i = c->durable; i < c->sent_count; i++)
		c->sent[kept++] = c->sent[i];
	c->sent_count = kept;
	c->durable = 0;
	return OK;
}

/** One change in its own savepoint; a refusal leaves neither row nor leaf. */
static struct status apply_one(struct committer *c, struct committer_entry *entry, uint64_t size)
{
	struct committer_turn turn = {c, &c->txn, size, clock_wall(c->options.clock)};
	uint32_t leaves = c->draft->count;
	size_t sent = c->sent_count;

	TRY(store_savepoint(&c->txn));
	struct status s = entry->apply(entry, &turn);
	if (ok(s))
		s = store_savepoint_keep(&c->txn);
	else if (!ok(store_savepoint_undo(&c->txn)))
		s = FAIL_AT(ST_IO, "store");
	if (!ok(s)) {
		draft_undo(c->draft, leaves);
		c->sent_count = sent;
	}
	return s;
}

/** All changes of a round in one transaction; each entry's status says what became of it. */
static void apply_all(struct committer *c, struct committer_entry *first)
{
	uint32_t leaves = c->draft->count;
	size_t sent = c->sent_count;
	uint64_t size = log_size(c->options.log);
	struct status s = store_begin(c->options.store, &c->txn);

	if (ok(s))
		s = clean_outbox(c);
	if (ok(s))
		sent = c->sent_count;
	for (struct committer_entry *e = first; ok(s) && e != NULL; e = e->next)
		if (e->apply != NULL && ok(e->status))
			e->status = apply_one(c, e, size);
	if (ok(s))
		s = store_commit(&c->txn);
	else
		store_txn_clear(&c->txn);
	if (ok(s))
		return;
	draft_undo(c->draft, leaves);
	c->sent_count = sent;
	for (struct committer_entry *e = first; e != NULL; e = e->next)
		if (e->apply != NULL && ok(e->status))
			e->status = s;
}

static void add_plain(struct committer *c, struct committer_entry *e)
{
	uint32_t before = c->draft->count;
	uint64_t index;

	for (size_t i = 0; ok(e->status) && i < e->event_count; i++) {
		e->status = draft_add(c->draft, &e->events[i], &index);
		if (ok(e->status) && i == 0)
			e->leaf = index;
	}
	if (!ok(e->status))
		draft_undo(c->draft, before);
}

static void append_all(struct committer *c, struct committer_entry *first)
{
	uint32_t changes = c->draft->count;

	for (struct committer_entry *e = first; e != NULL; e = e->next)
		if (e->apply == NULL && e->event_count > 0 && ok(e->status))
			add_plain(c, e);
	if (c->draft->count == 0)
		return;
	struct status s = log_append(c->options.log, c->draft);
	if (ok(s)) {
		c->durable = c->sent_count;
		return;
	}
	/* Changes are committed: their leaves stay in draft and outbox for the next try, and nobody is told OK. */
	draft_undo(c->draft, changes);
	for (struct committer_entry *e = first; e != NULL; e = e->next)
		if (ok(e->status) && !e->sign)
			e->status = s;
}

static void sign_all(struct committer *c, struct committer_entry *first)
{
	bool wanted = false;

	for (struct committer_entry *e = first; e != NULL; e = e->next)
		wanted |= e->sign;
	if (!wanted)
		return;
	struct status s = c->options.signer != NULL ? log_checkpoint(c->options.log, c->options.signer)
						    : FAIL_AT(ST_UNREACHABLE, "signer");
	for (struct committer_entry *e = first; e != NULL; e = e->next)
		if (e->sign && ok(e->status))
			e->status = s;
}

/** What may not even be tried now. */
static void refuse_early(struct committer *c, struct committer_entry *first, bool *changes)
{
	enum log_state state = log_state(c->options.log);

	*changes = false;
	for (struct committer_entry *e = first; e != NULL; e = e->next) {
		e->status = OK;
		if (state == LOG_BROKEN && !e->sign)
			e->status = FAIL_AT(ST_IO, "log");
		else if (state == LOG_DEGRADED && e->apply != NULL && !e->essential)
			e->status = FAIL_AT(ST_FULL, "disk");
		*changes |= e->apply != NULL && ok(e->status);
	}
}

static void count_round(struct committer *c, const struct committer_entry *first)
{
	(void)pthread_mutex_lock(&c->lock);
	c->metrics.rounds++;
	for (const struct committer_entry *e = first; e != NULL; e = e->next) {
		c->metrics.changes += e->apply != NULL && ok(e->status);
		c->metrics.refused += !ok(e->status);
	}
	c->metrics.leaves = log_size(c->options.log);
	(void)pthread_mutex_unlock(&c->lock);
}

static void run_round(struct committer *c, struct committer_entry *first)
{
	bool changes;

	refuse_early(c, first, &changes);
	if (changes)
		apply_all(c, first);
	append_all(c, first);
	sign_all(c, first);
	count_round(c, first);
	for (struct committer_entry *e = first; e != NULL;) {
		struct committer_entry *next = e->next;
		/* It may be gone as soon as it was told. */
		e->done(e, e->status);
		e = next;
	}
}

/* --- The thread --- */

/** Everything that waits, at most ROUND_MAX; NULL when it is time to end. */
static struct committer_entry *take_round(struct committer *c)
{
	(void)pthread_mutex_lock(&c->lock);
	while (c->first == NULL && !c->stop)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	struct committer_entry *first = c->first, *last = first;
	size_t count = first != NULL;
	while (last != NULL && last->next != NULL && count < ROUND_MAX) {
		last = last->next;
		count++;
	}
	if (last != NULL) {
		c->first = last->next;
		last->next = NULL;
	}
	c->metrics.waiting -= count;
	(void)pthread_mutex_unlock(&c->lock);
	return first;
}

static void *run(void *context)
{
	struct committer *c = context;

	for (struct committer_entry *round = take_round(c); round != NULL; round = take_round(c))
		run_round(c, round);
	if (c->options.end != NULL)
		c->options.end(c->options.context);
	return NULL;
}

/** What a crash left in the outbox goes into the log, in order, before anything else. */
static struct status replay_row(void *context, const struct row *row)
{
	struct committer *c = context;
	bool added;

	if (c->sent_count == SENT_MAX)
		return FAIL_AT(ST_CORRUPT, "outbox");
	TRY(draft_import(c->draft, row->secret[SECRET_OUTBOX_BYTES], &added));
	c->sent[c->sent_count++] = row_number(row, COLUMN_OUTBOX_EVENT);
	return OK;
}

static struct status replay(struct committer *c)
{
	AUTO(store_snapshot) snapshot = {0};
	struct store_range all = {.index = TABLE_NONE, .limit = LIMIT_PAGE};
	uint64_t left = 0;

	TRY(store_snapshot_new(c->options.store, &snapshot));
	TRY(store_count(snapshot.view, TABLE_OUTBOX, &all, &left));
	while (left > 0) {
		size_t before = c->sent_count;
		TRY(store_scan(snapshot.view, TABLE_OUTBOX, &all, replay_row, c));
		if (c->sent_count == before)
			break;
		/* The next page begins beyond the last number of this one. */
		all.after_count = 1;
		all.after[0] = (struct row_value)ROW_NUMBER(c->sent[c->sent_count - 1]);
		left -= c->sent_count - before;
		if (c->draft->count > 0)
			TRY(log_append(c->options.log, c->draft));
	}
	c->durable = c->sent_count;
	return OK;
}

/** How starting went, handed from the new thread to the old one. */
struct starting {
	struct committer *committer;
	struct status status;
	bool told;
};

static void *begin_and_run(void *context)
{
	struct starting *s = context;
	struct committer *c = s->committer;
	struct status begun = c->options.begin != NULL ? c->options.begin(c->options.context) : OK;

	if (ok(begun)) {
		begun = replay(c);
		if (!ok(begun) && c->options.end != NULL)
			c->options.end(c->options.context);
	}
	(void)pthread_mutex_lock(&c->lock);
	s->status = begun;
	s->told = true;
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	return ok(begun) ? run(c) : NULL;
}

static void free_committer(struct committer *c)
{
	draft_free(c->draft);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->wake);
	free(c);
}

struct status committer_start(const struct committer_options *options, struct committer **out)
{
	struct committer *c = calloc(1, sizeof *c);

	if (c == NULL)
		return FAIL(ST_NO_MEMORY);
	c->options = *options;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->wake, NULL);
	struct starting starting = {.committer = c};
	struct status s = draft_new(options->log, &c->draft);
	if (ok(s) && pthread_create(&c->thread, NULL, begin_and_run, &starting) != 0)
		s = FAIL_AT(ST_NO_MEMORY, "thread");
	if (!ok(s)) {
		free_committer(c);
		return s;
	}
	(void)pthread_mutex_lock(&c->lock);
	while (!starting.told)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (!ok(starting.status)) {
		(void)pthread_join(c->thread, NULL);
		free_committer(c);
		return starting.status;
	}
	*out = c;
	return OK;
}

void committer_stop(struct committer *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	free_committer(c);
}

struct status committer_submit(struct committer *c, struct committer_entry *first, struct committer_entry *last,
			       size_t count)
{
	struct status s = OK;

	last->next = NULL;
	(void)pthread_mutex_lock(&c->lock);
	if (c->stop || c->metrics.waiting + count > c->options.waiting_max) {
		s = c->stop ? FAIL_AT(ST_BUSY, "stopping") : FAIL_AT(ST_TOO_MANY, "changes waiting");
	} else {
		if (c->first == NULL)
			c->first = first;
		else
			c->last->next = first;
		c->last = last;
		c->metrics.waiting += count;
		(void)pthread_cond_signal(&c->wake);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return s;
}

/** Somebody waiting for one entry. */
struct waiter {
	struct committer_entry entry; /* must be first */
	struct committer_entry *wanted;
	struct committer *committer;
	struct status status;
	bool told;
};

static void tell_waiter(struct committer_entry *entry, struct status s)
{
	struct waiter *w = (struct waiter *)entry;

	w->wanted->leaf = entry->leaf;
	(void)pthread_mutex_lock(&w->committer->lock);
	w->status = s;
	w->told = true;
	(void)pthread_cond_broadcast(&w->committer->wake);
	(void)pthread_mutex_unlock(&w->committer->lock);
}

static struct status apply_wanted(struct committer_entry *entry, struct committer_turn *turn)
{
	struct waiter *w = (struct waiter *)entry;

	return w->wanted->apply(w->wanted, turn);
}

struct status committer_run(struct committer *c, struct committer_entry *entry)
{
	struct waiter w = {.entry = *entry, .wanted = entry, .committer = c};

	w.entry.done = tell_waiter;
	if (entry->apply != NULL)
		w.entry.apply = apply_wanted;
	TRY(committer_submit(c, &w.entry, &w.entry, 1));
	(void)pthread_mutex_lock(&c->lock);
	while (!w.told)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	return w.status;
}

struct committer_metrics committer_metrics(struct committer *c)
{
	(void)pthread_mutex_lock(&c->lock);
	struct committer_metrics m = c->metrics;
	(void)pthread_mutex_unlock(&c->lock);
	return m;
}
