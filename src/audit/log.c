/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <stdlib.h>

#include "draft.h"
#include "log_internal.h"

/* ---- Opening and closing ---- */

static void log_free(struct log *l)
{
	errand_clear(&l->errand);
	ahead_close(&l->batches);
	derived_close(&l->derived);
	heads_clear(&l->heads);
	buffer_clear(&l->record);
	buffer_clear(&l->signed_text);
	secret_clear(&l->key);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct status open_files(struct log *l)
{
	const struct log_options *o = &l->options;

	TRY(secret_empty(sizeof(struct key), &l->key));
	TRY(ahead_open(o->os, o->dir, "batches", o->create, &l->batches));
	/* A new file is there after a crash only once its directory is durable. */
	if (l->batches.allocated == 0 && o->os->sync(o->dir) != 0)
		return os_status(errno, "sync");
	TRY(derived_open(o->os, o->dir, &l->derived));
	l->saver.os = o->os;
	l->saver.dir = o->dir;
	l->saver.derived = &l->derived;
	return log_recover(l);
}

struct status log_open(const struct log_options *options, struct log **out)
{
	struct log *l = calloc(1, sizeof *l);

	if (l == NULL)
		return FAIL_AT(ST_NO_MEMORY, "log");
	l->options = *options;
	l->batches = AHEAD_CLOSED;
	l->derived = (struct derived)DERIVED_CLOSED;
	l->record.max = BATCH_BYTES_MAX;
	l->signed_text.max = CHECKPOINT_BYTES_MAX;
	(void)pthread_mutex_init(&l->lock, NULL);
	errand_init(&l->errand);
	struct status s = open_files(l);

	if (!ok(s)) {
		log_free(l);
		return s;
	}
	*out = l;
	return OK;
}

/** save_heads(l): begin to save the chain ends as they are. */
static struct status save_heads(struct log *l)
{
	struct headsfile_saver *saver = &l->saver;
	const struct uuid none = {{0}};

	saver->file = (struct headsfile){
		.frontier = l->frontier, .end = l->end, .last_time = l->last_time, .sequence = l->sequence};
	if (l->end > 0)
		TRY(os_read_all(l->options.os, l->batches.fd, &saver->file.last_batch, sizeof saver->file.last_batch,
				l->end - sizeof saver->file.last_batch));
	TRY(secret_empty(sizeof(struct key), &saver->key));
	struct status s = log_subject_key(&l->options.keys, BATCH_SITE, &none, &saver->key);

	if (ok(s))
		s = heads_copy(&l->heads, &saver->file.heads);
	if (!ok(s)) {
		secret_clear(&saver->key);
		return s;
	}
	TRY(headsfile_save(saver, l->options.background));
	l->saved = l->frontier.size;
	return OK;
}

void log_close(struct log *l)
{
	if (l == NULL)
		return;
	(void)ok(headsfile_wait(&l->saver));
	/* Derived: whatever fails here costs the next start some time. */
	if (log_state(l) != LOG_BROKEN && l->saved != l->frontier.size && ok(save_heads(l)))
		(void)ok(headsfile_wait(&l->saver));
	log_free(l);
}

struct status log_subject_key(const struct log_keys *keys, enum batch_scope scope, const struct uuid *patient,
			      struct secret *out)
{
	return keys->subject_key(keys->context, scope == BATCH_PATIENT ? PIECE_PATIENT : PIECE_SITE, patient,
				 (struct key *)(void *)out->bytes);
}

/* ---- What was published ---- */

enum log_state log_state(const struct log *l)
{
	return (enum log_state)atomic_load(&l->state);
}

static void set_state(struct log *l, enum log_state state)
{
	atomic_store(&l->state, (int)state);
}

void log_head(struct log *l, struct tree_head *out)
{
	(void)pthread_mutex_lock(&l->lock);
	*out = l->head;
	(void)pthread_mutex_unlock(&l->lock);
}

uint64_t log_size(struct log *l)
{
	struct tree_head head;

	log_head(l, &head);
	return head.size;
}

void log_chain(struct log *l, enum heads_role role, const struct uuid *id, struct head *out)
{
	(void)pthread_mutex_lock(&l->lock);
	(void)heads_get(&l->heads, role, id, out);
	(void)pthread_mutex_unlock(&l->lock);
}

uint64_t log_cut(const struct log *l)
{
	return l->cut;
}

struct status log_publish(struct log *l, const struct heads *staged)
{
	struct tree_head head = {.size = l->frontier.size};
	size_t at = 0;

	TRY(tree_frontier_root(&l->frontier, &head.root));
	(void)pthread_mutex_lock(&l->lock);
	struct status s = OK;

	for (const struct head *h = heads_next(staged, &at); ok(s) && h != NULL; h = heads_next(staged, &at))
		if (h->length > 0)
			s = heads_put(&l->heads, h);
	if (ok(s))
		l->head = head;
	(void)pthread_mutex_unlock(&l->lock);
	return s;
}

/* ---- Appending ---- */

void log_keep_reserve(struct log *l)
{
	const uint64_t reserve = l->options.reserve;
	bool kept = ok(ahead_keep(&l->batches, l->end, reserve)) &&
		    ok(derived_keep(&l->derived, l->frontier.size, reserve / BATCH_BYTES_MIN));

	if (log_state(l) != LOG_BROKEN)
		set_state(l, kept ? LOG_WRITABLE : LOG_DEGRADED);
}

bool log_scarce(struct log *l)
{
	errand_wait(&l->errand);
	return l->batches.allocated < l->end + l->options.reserve / 4;
}

static void run_errand(struct log *l, void (*run)(void *log))
{
	if (l->options.background)
		errand_begin(&l->errand, run, l);
	else
		run(l);
}

static void zero_ahead(void *context)
{
	struct log *l = context;

	/* Only a matter of speed. */
	(void)ok(ahead_zero(&l->batches, l->end, l->options.reserve / 64));
}

void log_look_for_room(struct log *l)
{
	errand_wait(&l->errand);
	if (log_state(l) == LOG_BROKEN)
		return;
	log_keep_reserve(l);
	if (ahead_lacks_zeros(&l->batches, l->end, l->options.reserve / 64))
		run_errand(l, zero_ahead);
}

/* What an unfinished write left must not be there when the next batch is looked
 * for; if even that fails, only opening the log anew helps. */
static struct status write_batch(struct log *l)
{
	const struct bytes record = buffer_bytes(&l->record);
	struct status s = ahead_write(&l->batches, record, l->end);

	if (!ok(s)) {
		if (!ok(ahead_undo(&l->batches, l->end, record.len)))
			set_state(l, LOG_BROKEN);
		return s;
	}
	s = ahead_sync(&l->batches);
	/* The kernel may have dropped the pages: a second sync would lie. */
	if (!ok(s))
		set_state(l, LOG_BROKEN);
	return s;
}

static struct status seal_draft(struct log *l, const struct draft *d)
{
	const struct batch_parts parts = {d->first, d->count, buffer_bytes(&d->leaves), buffer_bytes(&d->actors),
					  buffer_bytes(&d->subjects)};

	l->record.len = 0;
	return batch_write(&parts, secret_key(&d->year_key), &l->record);
}

/* Behind a change of rows the batch says which, so that rows of an earlier day are noticed. */
static struct status seal_with_sequence(struct log *l, struct draft *d)
{
	const size_t before = d->actors.len;

	if (d->sequence <= l->sequence)
		return seal_draft(l, d);
	TRY(batch_put_sequence(&d->actors, d->sequence));
	struct status s = seal_draft(l, d);

	d->actors.len = before;
	return s;
}

/* Sealed, durable, and what is derived from it; if only that fails, the next start computes it. */
static void write_in_errand(void *context)
{
	struct log *l = context;
	struct draft *d = l->writing;

	l->written = seal_with_sequence(l, d);
	if (ok(l->written))
		l->written = write_batch(l);
	l->derivation = l->written;
	if (ok(l->written))
		l->derivation = derived_add(&l->derived, &l->frontier, buffer_bytes(&d->leaves), d->count, l->end);
}

static void save_heads_when_due(struct log *l)
{
	const uint64_t few = l->heads.count / 2, least = l->options.snapshot_leaves;

	if (l->frontier.size - l->saved < (few > least ? few : least) || !headsfile_done(&l->saver))
		return;
	/* Tried again so many leaves later if it fails. */
	if (!ok(save_heads(l)))
		l->saved = l->frontier.size;
}

struct status log_append_begin(struct log *l, struct draft *d)
{
	draft_complete(d);
	if (d->count == 0)
		return OK;
	if (log_state(l) == LOG_BROKEN)
		return FAIL_AT(ST_IO, "log");
	if (d->first != l->frontier.size)
		return FAIL_AT(ST_CONFLICT, "log draft");
	errand_wait(&l->errand);
	log_keep_reserve(l);
	(void)pthread_mutex_lock(&l->lock);
	struct status s = heads_reserve(&l->heads, d->staged.count);
	(void)pthread_mutex_unlock(&l->lock);

	TRY(s);
	l->writing = d;
	run_errand(l, write_in_errand);
	return OK;
}

void log_tell(struct log *l, void (*done)(void *context), void *context)
{
	errand_wait(&l->errand);
	l->errand.done = done;
	l->errand.done_context = context;
}

bool log_append_done(const struct log *l)
{
	return errand_done(&l->errand);
}

struct status log_append_end(struct log *l)
{
	struct draft *d = l->writing;

	if (d == NULL)
		return OK;
	errand_wait(&l->errand);
	l->writing = NULL;
	TRY(l->written);
	if (ok(l->derivation) && ok(log_publish(l, &d->staged))) {
		l->end += l->record.len;
		l->last_time = d->last_time;
		l->sequence = d->sequence;
		save_heads_when_due(l);
	} else {
		set_state(l, LOG_BROKEN);
	}
	draft_settle(d);
	return OK;
}

struct status log_append(struct log *l, struct draft *d)
{
	TRY(log_append_begin(l, d));
	return log_append_end(l);
}
