/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sessions: what every handler that opens or ends sessions does alike: which of them
 * are over, noting the ended ones within the transaction, cutting what runs under them
 * once it is durable (PROMISES#K13).
 */
#ifndef API_SESSIONS_H
#define API_SESSIONS_H

#include "call.h"

/** One turn of opening or ending; in the call's arena. */
struct sessions_turn {
	struct service *service;
	enum profile profile; /* of the user whose sessions they are */
	struct session ended[SESSION_MAX_PER_USER];
	size_t ended_count;
};
/** sessions_begin(c, profile, out): in the call's arena. */
MUST_CHECK struct status sessions_begin(struct call *c, enum profile profile, struct sessions_turn **out);

/** session_over: past its idle time or a limit that was lowered; ${turn} is a struct sessions_turn. */
bool sessions_over(void *turn, const struct session *session);
/** session_ended: noted for sessions_cut(); ${turn} is a struct sessions_turn. */
void sessions_note(void *turn, const struct session *session);
/** sessions_cut(c, turn): on the loop, once durable: forget the ended ones and cut what runs, but for this answer. */
void sessions_cut(struct call *c, const struct sessions_turn *turn);
/** sessions_log_expiry(txn, log, turn): a leaf for each that was found to be over. */
MUST_CHECK struct status sessions_log_expiry(struct store_txn *txn, const struct record_log *log,
					     const struct sessions_turn *turn);

/** sessions_password_ends(service, profile, changed): when a password must change; UINT64_MAX: never. */
uint64_t sessions_password_ends(const struct service *service, enum profile profile, uint64_t changed);
/**
 * sessions_put(w, service, session, facts, changed):
 * Members of an object: who, until when, pending steps, and until when the password
 * is good that was set at ${changed}.
 */
void sessions_put(struct jsonwriter *w, const struct service *service, const struct session *s,
		  const struct permit_facts *facts, uint64_t changed);

#endif /* !API_SESSIONS_H */
