/* SPDX-License-Identifier: Apache-2.0 */
/**
 * changing: signed statements on their way, for the routes that take some (handle_change.c).
 *
 * 1. A content whose change was refused, was never handed to the committer, or was there
 *    before, is taken back when the call ends; one that a row may name stays.
 * 2. No loop waits for the disk: contents become durable on a writer.
 */
#ifndef API_CHANGING_H
#define API_CHANGING_H

#include "call.h"

/** A change on its way, in the call's arena. */
struct changing {
	struct record_change change;
	struct vault_writer *contents; /* one an item that has content; the rest stay empty */
	size_t count;
	bool handed; /* to the committer: only then may a row name a content */
	bool people; /* it changes a user: sessions have to look again */
	struct session_id ended[64];
	size_t ended_count;
};
/** changing_begin(c, count, out): room for ${count} statements, in the call's arena; c->own and c->release are set. */
MUST_CHECK struct status changing_begin(struct call *c, size_t count, struct changing **out);
/** changing_release(c): what c->release does; for whoever sets another. */
void changing_release(struct call *c);
/**
 * changing_go_on(c, s):
 * With ${s} OK: every item of c->own, a struct changing, has its statement and what belongs to
 * it, and contents that were begun have all their bytes.  Make them durable, verify, commit
 * and answer; otherwise refuse with ${s}.
 */
void changing_go_on(struct call *c, struct status s);

#endif /* !API_CHANGING_H */
