/* SPDX-License-Identifier: Apache-2.0 */
/**
 * repeat: whoever lost the answer to a creating request sends it again under the same
 * `Idempotency-Key` and is answered as the first time (docs/PROTOCOL.md section 5;
 * draft-ietf-httpapi-idempotency-key-header-07).
 *
 * 1. A key is one user's: the same text from another is another key.
 * 2. What it made is kept in the transaction that makes it: after a crash either both are
 *    there or neither is, and of two at once the second finds what the first one made.
 * 3. Nothing of the key is stored but its token (token.h), nothing of the request but its
 *    hash, both sealed or keyed (PROMISES#S1); a row counts for LIMIT_UPLOAD_AGE_MS.
 */
#ifndef API_REPEAT_H
#define API_REPEAT_H

#include "id.h"
#include "store.h"

/** A request that may be a repetition; `{0}` is one without a key, which never is. */
struct repeat {
	bool keyed;
	struct hash token;   /* what its row is found by */
	struct hash request; /* of all that makes it this request */
};
/**
 * repeat_read(view, user, field, request, out):
 * ${field} is the header's value, .at NULL when there is none; ${request} names the route
 * and has every value that decides what is created.  ST_INVALID "idempotency-key".
 */
MUST_CHECK struct status repeat_read(struct store_view *view, const struct user_id *user, struct text field,
				     struct bytes request, struct repeat *out);
/**
 * repeat_find(view, repeat, now, made, found):
 * What the first one made, if there was one.  ST_MISMATCH "idempotency-key": it was
 * another request.
 */
MUST_CHECK struct status repeat_find(struct store_view *view, const struct repeat *repeat, uint64_t now,
				     struct uuid *made, bool *found);
/** repeat_keep(txn, repeat, now, made): with the change that makes ${made}; does nothing without a key. */
MUST_CHECK struct status repeat_keep(struct store_txn *txn, const struct repeat *repeat, uint64_t now,
				     const struct uuid *made);
/** repeat_expire(txn, now, room, count): remove the rows of at most ${room} keys that no longer count. */
MUST_CHECK struct status repeat_expire(struct store_txn *txn, uint64_t now, uint32_t room, size_t *count);

#endif /* !API_REPEAT_H */
