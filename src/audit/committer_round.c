/* SPDX-License-Identifier: Apache-2.0 */
#include "committer_internal.h"

/* So many plain leaves are written before more are sealed, for that can go on meanwhile; and nobody waits for many
 * others. */
#define WORTH_WRITING 256

void committer_list_add(struct committer_list *l, struct committer_entry *entry)
{
	entry->next = NULL;
	if (l->last != NULL)
		l->last->next = entry;
	else
		l->first = entry;
	l->last = entry;
}

struct committer_entry *committer_list_take(struct committer_list *l)
{
	struct committer_entry *entry = l->first;

	if (entry == NULL)
		return NULL;
	l->first = entry->next;
	if (l->first == NULL)
		l->last = NULL;
	return entry;
}

void committer_list_join(struct committer_list *l, struct committer_list *tail)
{
	if (tail->first == NULL)
		return;
	if (l->last != NULL)
		l->last->next = tail->first;
	else
		l->first = tail->first;
	l->last = tail->last;
	*tail = (struct committer_list){0};
}

/* ---- One change ---- */

static struct status put_outbox(struct committer *c, struct store_txn *txn)
{
	uint64_t number;

	c->exported.len = 0;
	TRY(draft_export(c->draft, c->draft->count - 1, &c->exported));
	struct status s = store_txn_audit(txn, buffer_bytes(&c->exported), &number);

	secret_wipe(c->exported.bytes, c->exported.len);
	TRY(s);
	c->outbox[c->outbox_count++] = number;
	return OK;
}

struct status committer_add(struct committer_turn *turn, const struct event *event, uint64_t *leaf)
{
	struct committer *c = turn->committer;
	const uint32_t before = c->draft->count;
	struct event timed = *event;

	timed.time = turn->time;
	struct status s = draft_add(c->draft, &timed, leaf);

	c->full = c->full || s.code == ST_TOO_MANY;
	TRY(s);
	s = put_outbox(c, turn->txn);
	if (!ok(s))
		draft_undo(c->draft, before);
	return s;
}

static struct status apply_in_savepoint(struct committer_turn *turn, struct committer_entry *entry)
{
	const uint32_t before = turn->committer->draft->count;

	TRY(store_savepoint(turn->txn));
	struct status s = entry->apply(entry, turn);

	if (ok(s) && turn->committer->draft->count == before)
		s = FAIL_AT(ST_UNAUDITED, "change");
	if (ok(s))
		return store_savepoint_keep(turn->txn);
	struct status undone = store_savepoint_undo(turn->txn);

	return ok(undone) ? s : undone;
}

/* Its status says what became of it; false: not yet tried for want of room. */
static bool apply(struct committer_turn *turn, struct committer_entry *entry)
{
	struct committer *c = turn->committer;
	const uint32_t before = c->draft->count;
	const size_t outbox = c->outbox_count;

	c->full = false;
	entry->status = apply_in_savepoint(turn, entry);
	if (ok(entry->status))
		return true;
	draft_undo(c->draft, before);
	c->outbox_count = outbox;
	if (c->full && before > 0)
		return false;
	if (c->full)
		entry->status = FAIL_AT(ST_TOO_BIG, "leaves of one change");
	return true;
}

/* ---- All changes of a round ---- */

static void set_broken(struct committer *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->metrics.broken = true;
	(void)pthread_mutex_unlock(&c->lock);
}

static void fail_all(const struct committer_list *entries, struct status why)
{
	for (struct committer_entry *e = entries->first; e != NULL; e = e->next)
		if (ok(e->status))
			e->status = why;
}

/* Nothing of them is there, unless the store no longer knows: then no leaf may
 * take the place that one of them was promised. */
static void undo_changes(struct committer *c, const struct committer_list *done, struct status why)
{
	draft_undo(c->draft, 0);
	c->outbox_count = 0;
	if (why.code != ST_FULL && why.code != ST_NO_MEMORY && why.code != ST_UNAUDITED && why.code != ST_BUSY)
		set_broken(c);
	fail_all(done, why);
}

static struct status begin(struct committer *c, struct store_txn *txn)
{
	TRY(store_begin(c->options.store, txn));
	TRY(committer_remove_outbox(c, txn));
	c->outbox_count = 0;
	return OK;
}

bool committer_degraded(const struct committer *c)
{
	return log_state(c->options.log) == LOG_DEGRADED || store_degraded(c->options.store);
}

static void look_for_room(struct committer *c)
{
	log_look_for_room(c->options.log);
	store_look_for_room(c->options.store);
}

/* A full disk: only what it takes to get in, look, and get out, and whoever gets in or looks leaves enough to get out.
 */
static bool postponed(const struct committer *c, const struct committer_entry *entry)
{
	if (entry->weight == COMMITTER_END || !committer_degraded(c))
		return false;
	return entry->weight == COMMITTER_WORK || log_scarce(c->options.log) || store_scarce(c->options.store);
}

/* One entry of those below; false: left for the next round. */
static bool run_change(struct committer_turn *turn, struct committer_entry *entry, struct status begun)
{
	entry->status = begun;
	if (!ok(begun))
		return true;
	if (!postponed(turn->committer, entry))
		return apply(turn, entry);
	entry->status = FAIL_AT(ST_FULL, "disk");
	return true;
}

static void run_changes(struct committer *c, struct committer_list *changes, struct committer_list *done,
			struct committer_list *left)
{
	AUTO(store_txn) txn = {0};
	struct committer_turn turn = {c, &txn, log_size(c->options.log), clock_wall(c->options.clock)};
	/* Even if nothing changes, the outbox may have to be emptied. */
	bool any = c->outbox_count > 0;
	struct status s = begin(c, &txn);

	for (struct committer_entry *e = committer_list_take(changes); e != NULL; e = committer_list_take(changes)) {
		if (left->first != NULL || !run_change(&turn, e, s)) {
			committer_list_add(left, e);
			continue;
		}
		any = any || ok(e->status);
		committer_list_add(done, e);
	}
	if (ok(s) && any)
		s = store_commit(&txn);
	if (!ok(s))
		undo_changes(c, done, s);
}

/* ---- Plain leaves ---- */

static struct status add_events(struct draft *d, const struct committer_entry *entry)
{
	uint64_t index;

	for (size_t i = 0; i < entry->event_count; i++)
		TRY(draft_add(d, &entry->events[i], &index));
	return OK;
}

/* As apply(); ${kept}: what is left is not for it. */
static bool add_plain(struct draft *d, struct committer_entry *entry, bool kept)
{
	const uint32_t before = d->count;

	entry->leaf = d->first + before;
	entry->status = kept ? FAIL_AT(ST_FULL, "disk") : add_events(d, entry);
	if (ok(entry->status))
		return true;
	draft_undo(d, before);
	if (entry->status.code != ST_TOO_MANY)
		return true;
	if (before > 0)
		return false;
	entry->status = FAIL_AT(ST_TOO_BIG, "leaves at once");
	return true;
}

/* ---- While a batch is written ---- */

static bool all_plain(const struct committer_list *entries)
{
	for (const struct committer_entry *e = entries->first; e != NULL; e = e->next)
		if (e->apply != NULL || e->sign)
			return false;
	return true;
}

/* As many as there is time and room for: nobody whose leaf is durable waits for those of others. */
static void prepare_all(struct committer *c, struct committer_list *entries)
{
	struct committer_entry *e = entries->first;

	for (; e != NULL && c->next->count < WORTH_WRITING && !log_append_done(c->options.log) &&
	       add_plain(c->next, e, false);
	     e = entries->first)
		committer_list_add(&c->prepared, committer_list_take(entries));
}

/*
 * The disk takes its time, so the processor seals what is left, and what comes.  Changes come before
 * plain leaves in their batch and need a transaction, so that they end it.
 */
static void prepare(struct committer *c, struct committer_list *left)
{
	if (c->draft->count == 0 || committer_degraded(c))
		return;
	draft_begin_behind(c->next, c->draft);
	do {
		if (!all_plain(left))
			break;
		prepare_all(c, left);
	} while (left->first == NULL && committer_take_meanwhile(c, left));
	draft_complete(c->next);
}

/* What was prepared is good if the batch before it is in the log and no change comes first; else it is made anew. */
static void use_prepared(struct committer *c, bool good, struct committer_list *plain, struct committer_list *done)
{
	if (c->prepared.first == NULL)
		return;
	if (good && draft_follows_log(c->next)) {
		struct draft *settled = c->draft;

		/* Changes that were refused had leaves in it. */
		draft_complete(settled);
		c->draft = c->next;
		c->next = settled;
		committer_list_join(done, &c->prepared);
	} else {
		committer_list_join(&c->prepared, plain);
		committer_list_join(plain, &c->prepared);
		draft_complete(c->next);
		draft_settle(c->next);
	}
}

/* ---- The round ---- */

static void sign(struct committer *c, struct committer_list *signings, struct committer_list *done)
{
	if (signings->first == NULL)
		return;
	struct status s = c->options.signer != NULL ? log_checkpoint(c->options.log, c->options.signer)
						    : FAIL_AT(ST_UNREACHABLE, "signer");

	for (struct committer_entry *e = committer_list_take(signings); e != NULL; e = committer_list_take(signings)) {
		e->status = s;
		committer_list_add(done, e);
	}
}

static void count(struct committer *c, const struct committer_list *done)
{
	const uint64_t leaves = log_size(c->options.log);

	(void)pthread_mutex_lock(&c->lock);
	c->metrics.rounds++;
	for (const struct committer_entry *e = done->first; e != NULL; e = e->next) {
		c->metrics.changes += e->apply != NULL && ok(e->status) ? 1 : 0;
		c->metrics.refused += ok(e->status) ? 0 : 1;
	}
	c->metrics.leaves = leaves;
	(void)pthread_mutex_unlock(&c->lock);
}

/* An entry may be gone as soon as it was told, a group as soon as its last entry and it were. */
static void tell(struct committer *c, struct committer_list *done)
{
	struct committer_list single = {0};
	struct committer_group *groups = NULL;

	count(c, done);
	for (struct committer_entry *e = committer_list_take(done); e != NULL; e = committer_list_take(done)) {
		struct committer_group *group = e->group;

		if (group == NULL) {
			committer_list_add(&single, e);
			continue;
		}
		if (!group->listed) {
			group->listed = true;
			group->next = groups;
			groups = group;
		}
		e->done(e, e->status);
	}
	while (groups != NULL) {
		struct committer_group *group = groups;

		groups = group->next;
		group->listed = false;
		group->told(group);
	}
	for (struct committer_entry *e = committer_list_take(&single); e != NULL; e = committer_list_take(&single))
		e->done(e, e->status);
}

/* What was committed before and could not be appended comes first, or nothing does. */
static struct status settle_owed(struct committer *c)
{
	if (c->metrics.broken)
		return FAIL_AT(ST_IO, "store");
	if (log_state(c->options.log) == LOG_BROKEN)
		return FAIL_AT(ST_IO, "log");
	if (committer_degraded(c))
		look_for_room(c);
	return log_append(c->options.log, c->draft);
}

struct sorted {
	struct committer_list changes, plain, signings;
};

static struct sorted sort(struct committer_list *entries)
{
	struct sorted s = {0};

	for (struct committer_entry *e = committer_list_take(entries); e != NULL; e = committer_list_take(entries)) {
		e->status = OK;
		committer_list_add(e->sign ? &s.signings : e->apply != NULL ? &s.changes : &s.plain, e);
	}
	return s;
}

static void append(struct committer *c, struct committer_list *plain, struct committer_list *done,
		   struct committer_list *left)
{
	const uint32_t owed = c->draft->count;
	const bool degraded = committer_degraded(c), kept = degraded && log_scarce(c->options.log);

	use_prepared(c, owed == 0 && !degraded, plain, done);
	/* Behind all changes, however many: else reads would wait for as long as changes keep coming. */
	for (struct committer_entry *e = committer_list_take(plain); e != NULL; e = committer_list_take(plain)) {
		const bool taken = left->first == NULL && c->draft->count - owed < WORTH_WRITING &&
				   add_plain(c->draft, e, kept && e->weight != COMMITTER_END);

		committer_list_add(taken ? done : left, e);
	}
	draft_follow(c->draft, store_committed(c->options.store));
	struct status s = log_append_begin(c->options.log, c->draft);

	if (ok(s)) {
		prepare(c, left);
		s = log_append_end(c->options.log);
	}
	if (ok(s))
		return;
	/* Changes are committed: their leaves stay in draft and outbox, and nobody is told OK. */
	draft_undo(c->draft, owed);
	fail_all(done, s);
}

static void refuse(struct committer_list *entries, struct committer_list *done, struct status why)
{
	for (struct committer_entry *e = committer_list_take(entries); e != NULL; e = committer_list_take(entries)) {
		e->status = why;
		committer_list_add(done, e);
	}
}

void committer_round(struct committer *c, struct committer_list *entries, struct committer_list *left)
{
	struct sorted s = sort(entries);
	struct committer_list done = {0};
	struct status settled = settle_owed(c);

	if (ok(settled) && s.changes.first != NULL)
		run_changes(c, &s.changes, &done, left);
	if (c->metrics.broken)
		settled = FAIL_AT(ST_IO, "store");
	if (ok(settled)) {
		append(c, &s.plain, &done, left);
	} else {
		/* What is in the draft waits for another round, or for none. */
		draft_complete(c->draft);
		use_prepared(c, false, &s.plain, &done);
		refuse(&s.changes, &done, settled);
		refuse(&s.plain, &done, settled);
	}
	sign(c, &s.signings, &done);
	tell(c, &done);
	look_for_room(c);
}
