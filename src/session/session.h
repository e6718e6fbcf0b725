/* SPDX-License-Identifier: Apache-2.0 */
/**
 * session: who is this, and still?  One sign-in of one user on one device.
 *
 * 1. The token is 256 random bits; the store has only its SHA-256 (PROMISES#S1).
 * 2. A session ends by log-off, idle time, its absolute limit, or because its user
 *    was disabled or changed; then it is gone from the store (PROMISES#K13).
 *    How long it may be idle is for the caller to know: idle times are not in the store.
 * 3. A session with pending steps reaches nothing but the routes of its steps.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "step.h"
#include "store.h"

#define SESSION_TOKEN_TEXT 43 /* base64url of 32 bytes */
/* The most that the cap on one user's open sessions may be: gathered on the stack. */
#define SESSION_MAX_PER_USER 64

struct session {
	struct session_id id;
	struct user_id user;
	struct device_id device;
	struct hash key_hash;      /* of the user's keys when it was opened */
	uint64_t created, expires; /* ms since 1970; the absolute limit */
	uint32_t steps;            /* bits of enum step that are pending; 0: none */
	uint64_t fresh;            /* ms since 1970: when it last proved all that its user has */
};

/** Told of each session that was ended along the way; must only note it. */
typedef void session_ended(void *context, const struct session *session);
/** Whether a session has ended already by what the store does not know: idle time, a limit that was lowered. */
typedef bool session_over(void *context, const struct session *session);

/** A sign-in that has proven everything. */
struct session_opening {
	struct user_id user;
	struct device_id device;
	struct hash key_hash;
	struct text device_label, client; /* what the device and its program call themselves */
	struct bytes address;
	uint32_t steps;
	uint64_t now, absolute_ms;
	uint32_t cap; /* open sessions of the user, this one included; at most SESSION_MAX_PER_USER */
	session_over *over;
	session_ended *ended;
	void *context; /* of both */
};
/**
 * session_open(txn, opening, token, out):
 * ${token} becomes a new secret of SESSION_TOKEN_TEXT characters and a NUL.  The
 * device's row is made or brought up to date; sessions of the user that are over are
 * ended and told of, so that they take no room.  ST_DENIED ("device") when the device
 * belongs to another user, ST_TOO_MANY ("sessions"): then nothing was changed.
 */
MUST_CHECK struct status session_open(struct store_txn *txn, const struct session_opening *opening,
				      struct secret *token, struct session *out);
/** session_token_hash(token, out): ST_UNPROVEN for what cannot be a token. */
MUST_CHECK struct status session_token_hash(struct text token, struct hash *out);
/** session_find(view, token_hash, now, out): ST_UNPROVEN when there is none or it is past its absolute limit. */
MUST_CHECK struct status session_find(struct store_view *view, const struct hash *token_hash, uint64_t now,
				      struct session *out);
/** session_end(txn, id): ST_NOT_FOUND when it had ended already. */
MUST_CHECK struct status session_end(struct store_txn *txn, const struct session_id *id);

/** session_get(view, id, out): ST_NOT_FOUND ("session"). */
MUST_CHECK struct status session_get(struct store_view *view, const struct session_id *id, struct session *out);
/** session_read(row, out): of a row of table `session`. */
MUST_CHECK struct status session_read(const struct row *row, struct session *out);
/** session_list(view, user, visit, context): rows of table `session`, newest first. */
MUST_CHECK struct status session_list(struct store_view *view, const struct user_id *user, store_visit *visit,
				      void *context);
/** session_prove(txn, id, now): it has proven a second factor: fresh, and the step that asks for one is done;
 * ST_NOT_FOUND. */
MUST_CHECK struct status session_prove(struct store_txn *txn, const struct session_id *id, uint64_t now);
/** session_step_done(txn, id, step): it no longer stands before this session; ST_NOT_FOUND. */
MUST_CHECK struct status session_step_done(struct store_txn *txn, const struct session_id *id, enum step step);
/** Which of a user's sessions are meant; all where nothing is set. */
struct session_choice {
	const struct session_id *except;
	const struct device_id *device;
};
/** session_end_all(txn, user, choice, ended, context): ${choice} may be NULL. */
MUST_CHECK struct status session_end_all(struct store_txn *txn, const struct user_id *user,
					 const struct session_choice *choice, session_ended *ended, void *context);
/** session_walk(view, after, visit, context): every session in the order of sign-in, a page behind ${after}. */
MUST_CHECK struct status session_walk(struct store_view *view, const struct session_id *after, store_visit *visit,
				      void *context);
#endif /* !SESSION_SESSION_H */
