/* SPDX-License-Identifier: Apache-2.0 */
/**
 * record: what signed statements do to the rows (DESIGN sections 3, 4).
 *
 * A change is one or more statements with what belongs to them; it takes effect
 * whole or not at all.
 *
 * Invariants
 * 1. A statement counts when the authority table says so on facts read in the same
 *    transaction that writes it (PROMISES#B3, PROMISES#K9).
 * 2. Each statement that counts leaves exactly one leaf, whose subject piece names
 *    it, and whose index and time stand in its row (PROMISES#K10).
 * 3. Submitting a statement again changes nothing and answers as the first time.
 * 4. A change that takes a reader away brings the next epoch of every compartment
 *    that its author reads; until there is one, nothing is written (PROMISES#B5).
 * 5. Each row is written by a function that demands the pass for it.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "event.h"
#include "patient_state.h"
#include "permit.h"
#include "quota.h"
#include "store.h"
#include "vault.h"

/** One statement as it was sent, and what came with it.  Views; the caller's. */
struct record_item {
	struct bytes statement;
	struct text name;            /* invitation, user: the display name; empty leaves it as it is */
	const struct bytes *wrapped; /* epoch: one a recipient, in the statement's order */
	size_t wrapped_count;
	struct bytes header, key;     /* record: sealed header, sealed record key */
	struct vault_writer *content; /* record: finished; may be NULL when its size is 0 */
	bool upload;                  /* ${content} was an upload of the author's: its row goes */
	bool unknown;                 /* record_find() was asked for it just now and had none */
	/* Set by record_prepare(). */
	struct statement parsed;
	bool prepared, verified;
};

struct record_outcome {
	struct hash name;
	uint64_t leaf, time; /* index and time of its leaf */
	bool repeated;       /* it was there before */
};

/** ST_DENIED of a patient-end where the site wants a second person and none has approved it. */
#define RECORD_WANTS_APPROVAL "approval: this site wants a second person to agree first"

struct record_change {
	struct hash fingerprint;
	struct piece_actor actor; /* who is signed in; every statement must be his */
	struct record_item *items;
	size_t count;
	struct record_outcome *outcomes; /* room for ${count} */
	struct quota_limits quotas;      /* in force */
	uint64_t office_ms; /* how long an administrator is one before he counts as one of two; 0: at once */
	bool second_person; /* a patient file ends only with an approval (ACT_PATIENT_DELETE) */
	/* After a failure: which item, the head of the chain that it should have continued, the limit it met. */
	size_t failed;
	struct hash head;
	struct quota_met met;
};

/**
 * record_find(view, name, out):
 * How a statement was answered that is there already, so that whoever sends it
 * again needs nothing else of what came with it; ST_NOT_FOUND.
 */
MUST_CHECK struct status record_find(struct store_view *view, const struct hash *name, struct record_outcome *out);

/**
 * record_prepare(view, change):
 * What takes no transaction: parse, compare site, author, sizes and hashes, verify
 * signatures under the keys of ${view}, a snapshot.  What came with a statement that
 * is there already is not looked at.  ST_INVALID, ST_DENIED "site",
 * "author", ST_MISMATCH "header", "wrapped", "content", ST_TOO_BIG "size".
 */
MUST_CHECK struct status record_prepare(struct store_view *view, struct record_change *change);

/** The log's end, for one change of one transaction. */
struct record_log {
	/* Add an event behind those added before and write it to the outbox; ${leaf} is final. */
	struct status (*add)(void *context, struct store_txn *txn, const struct event *event, uint64_t *leaf);
	void *context;
	uint64_t size; /* leaves that clients can have seen */
	uint64_t time; /* what the leaves of this change will carry */
};
/**
 * record_apply(txn, log, change):
 * Apply a prepared change.  After a failure the caller undoes the transaction or
 * its savepoint, and what was added to the log with it.  Besides the refusals of
 * authority_decide(), permit_decide() and record_prepare():
 * ST_FULL "quota.site", "quota.owner"; ST_CONFLICT "seen", "rekey", "token", "identity", "login", "record";
 * ST_NOT_FOUND "upload". Whoever may not see a patient file is told ST_NOT_FOUND "patient", as if there were none. The
 * server key of a new patient must exist before: its rows are sealed under it. Statements about one patient file stand
 * together in a change, so that a revocation and the epochs that it demands are seen as one.
 */
MUST_CHECK struct status record_apply(struct store_txn *txn, const struct record_log *log,
				      struct record_change *change);

/**
 * record_subject(view, change, asked, exists):
 * After a refusal: which patient file the failed item was about (zeros: about none), and whether there is one, so
 * that the refusal's leaf names it to its owner.  Not for the answer.
 */
MUST_CHECK struct status record_subject(struct store_view *view, const struct record_change *change,
					struct patient_id *asked, bool *exists);

/** What the first change of a site brings besides its statement. */
struct record_site {
	struct bytes statement;
	struct text preset;
	struct bytes token_key;
};
/**
 * record_begin(txn, log, site, fingerprint):
 * Leaf 0: the site statement, the site's row and the invited first administrator.
 * ST_CONFLICT "site" when there is one already.
 */
MUST_CHECK struct status record_begin(struct store_txn *txn, const struct record_log *log,
				      const struct record_site *site, struct hash *fingerprint);

/**
 * record_version_open(view, facts, record, number, row):
 * Decide upon the ${facts} of the patient whose ${record} it is (facts_record(), through this view) whether the
 * version's compartment may be read, and get its row for vault_object().
 * ST_NOT_FOUND "record": there is no such version, or it is not for him; which of the two nobody is told
 * (PROMISES#K9).  ST_GONE "record" after its end.
 */
MUST_CHECK struct status record_version_open(struct store_view *view, const struct permit_facts *facts,
					     const struct record_state *record, uint32_t number, struct row *row);

#endif /* !RECORD_RECORD_H */
