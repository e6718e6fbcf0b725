/* SPDX-License-Identifier: Apache-2.0 */
/**
 * session: who is this, and still?  One sign-in of one user on one device.
 *
 * 1. The token is 256 random bits; the store has only its SHA-256 (PROMISES#S1).
 * 2. A session ends by log-off, idle time, its absolute limit, or because its user
 *    was disabled or changed; then it is gone from the store (PROMISES#K13).
 * 3. A session with pending steps reaches nothing but the routes of its steps.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "store.h"

#define SESSION_IDLE_MS     (15ull * 60 * 1000)
#define SESSION_ABSOLUTE_MS (12ull * 3600 * 1000)
#define SESSION_TOKEN_TEXT  43 /* base64url of 32 bytes */
/* Open sessions of one user: devices a person carries, with room for forgotten ones. */
#define SESSION_MAX_PER_USER 32

/** What may stand between a sign-in and work; bits. */
enum session_step {
	SESSION_STEP_PASSWORD = 1,
	SESSION_STEP_CONDUCT = 2,
	SESSION_STEP_FACTOR = 4,
	SESSION_STEP_RECOVERY = 8,
	SESSION_STEP_UP = 16,
};
/** session_step_word(step): "password", or NULL for a bit that is no step. */
const char *session_step_word(enum session_step step);

struct session {
	struct session_id id;
	struct user_id user;
	struct device_id device;
	struct hash key_hash;      /* of the user's keys when it was opened */
	uint64_t created, expires; /* ms since 1970; the absolute limit */
	uint32_t steps;            /* pending; 0: none */
};

/** A sign-in that has proven everything. */
struct session_opening {
	struct user_id user;
	struct device_id device;
	struct hash key_hash;
	struct text device_label, client; /* what the device and its program call themselves */
	struct bytes address;
	uint32_t steps;
	uint64_t now;
};
/**
 * session_open(txn, opening, token, out):
 * ${token} becomes a new secret of SESSION_TOKEN_TEXT characters and a NUL.  The
 * device's row is made or brought up to date.  ST_DENIED ("device") when the device
 * belongs to another user, ST_TOO_MANY ("sessions").
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

/** Told of each session that session_end_all() ended; must only note it. */
typedef void session_ended(void *context, const struct session_id *id);
/** session_end_all(txn, user, except, ended, context): ${except} may be NULL. */
MUST_CHECK struct status session_end_all(struct store_txn *txn, const struct user_id *user,
					 const struct session_id *except, session_ended *ended, void *context);
/** session_expired(view, now, visit, context): sessions past their absolute limit, a page at most. */
MUST_CHECK struct status session_expired(struct store_view *view, uint64_t now, store_visit *visit, void *context);

#endif /* !SESSION_SESSION_H */
