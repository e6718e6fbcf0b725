/* SPDX-License-Identifier: Apache-2.0 */
/**
 * room: whether there is room for what a request is about to send, told before its
 * first byte: sizes of limits.h, quotas of the settings, and how much is used.
 *
 * What is found here may have changed when the change is applied: that counts again,
 * in its transaction (vault/quota.h).
 */
#ifndef API_ROOM_H
#define API_ROOM_H

#include "call.h"

/** room_limits(c): the quotas in force. */
struct quota_limits room_limits(const struct call *c);
/** room_tell(c, met, s): limit and use into the problem that answers ${s}, when it met a quota; ${s}. */
MUST_CHECK struct status room_tell(struct call *c, const struct quota_met *met, struct status s);
/** room_too_big(c, what, limit): ST_TOO_BIG with that limit in the problem. */
MUST_CHECK struct status room_too_big(struct call *c, const char *what, uint64_t limit);

/** room_check(c, owner, more): ST_FULL; ${owner} NULL: of the site alone. */
MUST_CHECK struct status room_check(struct call *c, const struct user_id *owner, uint64_t more);
/**
 * room_left(c, owner, out, nearest): as quota_left(), for a body whose length is not announced.
 */
MUST_CHECK struct status room_left(struct call *c, const struct user_id *owner, uint64_t *out,
				   struct quota_met *nearest);
/**
 * room_file(c, patient, rights, owner):
 * Whose quota a version of that file counts against; ST_NOT_FOUND "patient" for who may not see the file,
 * ST_GONE after its end, ST_DENIED for who has not these ${rights} on it, so that nobody sends what will not be taken.
 */
MUST_CHECK struct status room_file(struct call *c, const struct patient_id *patient, uint32_t rights,
				   struct user_id *owner);
/** room_record(c, record): size, permission and quota of a signed version that is about to come. */
MUST_CHECK struct status room_record(struct call *c, const struct statement_record *r);

#endif /* !API_ROOM_H */
