/* SPDX-License-Identifier: Apache-2.0 */
/**
 * attempt: one try of a password: by whose counters it is judged, what its failure
 * costs, and when its refusal leaves (PROMISES#K5).
 *
 * A device that has signed in before, and proves it with its user's key, stands in a
 * lane of its own: strangers who try the same login, or share its address, do not stop
 * it.  Everybody else is judged by the login he tries and the address he comes from.
 */
#ifndef API_ATTEMPT_H
#define API_ATTEMPT_H

#include "call.h"
#include "later.h"
#include "lockout.h"

/* A refused sign-in leaves a whole number of these after it came: longer than a hash takes. */
#define ATTEMPT_STEP_NS 100000000ull

struct attempt {
	bool known;
	struct lockout_subject subjects[2];
	size_t count;
	uint64_t begun; /* ns of the monotonic clock */
	bool hashed;    /* it was verified: how long that takes is how long all take */
	struct status answer;
	struct later_entry later;
};
/** attempt_known(c, device): of a device that has proven to be one. */
MUST_CHECK struct status attempt_known(struct call *c, const struct device_id *device);
/** attempt_stranger(c, user): of anybody else; ${user} NULL for a login that nobody has. */
MUST_CHECK struct status attempt_stranger(struct call *c, const struct user_id *user);
/**
 * attempt_locked(c, view, now, why):
 * ${why} NULL, or what its leaf says: nothing is verified then, nothing counted.  ST_CORRUPT: a row that says so is
 * damaged.
 */
MUST_CHECK struct status attempt_locked(const struct call *c, struct store_view *view, uint64_t now, const char **why);
/** attempt_goes_on(c): else it was refused, as all that are locked are; on a known device with the reason. */
bool attempt_goes_on(struct call *c);
/** attempt_refuse(c, s): count the failure, log it with c->why, lock what has to be locked, then answer ${s}. */
void attempt_refuse(struct call *c, struct status s);
/** attempt_fail(c, txn, log, s): the same for what turns out within a change of ours, which becomes this one. */
MUST_CHECK struct status attempt_fail(struct call *c, struct store_txn *txn, const struct record_log *log,
				      struct status s);
/** attempt_succeed(c, txn): within the change that it brings. */
MUST_CHECK struct status attempt_succeed(const struct call *c, struct store_txn *txn);
/** attempt_hold(c): for call.hold: keeps a refused sign-in until its time. */
bool attempt_hold(struct call *c);

#endif /* !API_ATTEMPT_H */
