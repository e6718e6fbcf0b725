/* SPDX-License-Identifier: Apache-2.0 */
/**
 * draft: leaves on their way into the log.
 *
 * An event that is added gets its index, its place in both chains, its nonces and
 * its commitment; what is undone leaves no trace.  The index is final: nothing
 * else is appended before the draft is, so a row may carry it before the leaf is
 * durable.  An exported leaf can be appended after a crash exactly as it was.
 *
 * Owner: the thread that owns the log; while it is written, see log_append_begin().
 */
#ifndef AUDIT_DRAFT_H
#define AUDIT_DRAFT_H

#include "batch.h"
#include "event.h"
#include "log.h"

/** An exported leaf is never longer. */
#define DRAFT_EXPORT_MAX 4096

struct draft_change;
struct draft {
	struct log *log;
	const struct draft *behind; /* what is being appended before it, or NULL */
	uint64_t first, last_time;
	uint64_t begun_time; /* of the leaf before its first */
	uint64_t sequence;   /* of the store; see draft_follow() */
	uint32_t count;
	unsigned year;
	struct buffer leaves, actors, subjects; /* actors opened, subjects sealed: as in batch.h */
	uint32_t actor_at[BATCH_LEAVES_MAX], subject_at[BATCH_LEAVES_MAX];
	struct heads staged;          /* chain ends as they will be */
	struct draft_change *changes; /* as they were before each change, for undoing */
	size_t change_count, change_capacity;
	struct buffer actor_piece, subject_piece, plain, sealed; /* scratch */
	struct secret year_key, key;
	struct xaes_series *series; /* of subjects: most leaves of a round are under the same key */
};

/** draft_new(log, out): empty, at the end of ${log}, which must outlive it.  draft_free() it. */
MUST_CHECK struct status draft_new(struct log *log, struct draft **out);
/** draft_free(d): NULL is fine. */
void draft_free(struct draft *d);

/**
 * draft_add(d, event, index):
 * ST_INVALID: no leaf can say that; ST_TOO_MANY: the draft is full, append it
 * first; what the source of keys says passes through.  ${d} is then as before.
 * The piece about a patient whose key was destroyed is sealed under the site's.
 */
MUST_CHECK struct status draft_add(struct draft *d, const struct event *event, uint64_t *index);

/** draft_undo(d, count): as it was when it had ${count} leaves. */
void draft_undo(struct draft *d, uint32_t count);

/** draft_export(d, i, out): append what draft_import() needs to add the i-th leaf again. */
MUST_CHECK struct status draft_export(const struct draft *d, uint32_t i, struct buffer *out);
/**
 * draft_import(d, bytes, added):
 * Add an exported leaf unless the log has it; ${added} tells.  ST_CORRUPT: it is
 * damaged, or the log holds another leaf in its place, or ends before it.
 */
MUST_CHECK struct status draft_import(struct draft *d, struct bytes bytes, bool *added);

/** draft_follow(d, sequence): its leaves are written behind that state of the store's rows; never an earlier one. */
void draft_follow(struct draft *d, uint64_t sequence);

/**
 * draft_complete(d): nothing is added in this round any more; the key that subjects
 * were sealed under is forgotten.  log_append() begins with it; who ends a round without that calls it.
 */
void draft_complete(struct draft *d);
/** draft_settle(d): it was appended, or is given up; begin anew at the end of the log. */
void draft_settle(struct draft *d);
/**
 * draft_begin_behind(d, before):
 * ${d}, which is empty, begins behind the leaves of ${before}, between log_append_begin()
 * and log_append_end(), where leaves may be added to it.  From log_append_end() on
 * nothing is, until draft_follows_log() said that it is good, or it is settled.
 */
void draft_begin_behind(struct draft *d, const struct draft *before);
/** draft_follows_log(d): what it began behind is in the log, so it can be added to and appended. */
bool draft_follows_log(struct draft *d);

#endif /* !AUDIT_DRAFT_H */
