/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recoverycode: codes on paper for whoever has lost every other second factor.  Each
 * counts once.
 *
 * A code is 80 random bits, so a plain hash of it cannot be searched; it is bound to
 * its row's id, so that equal codes of two users would not show.
 * Pure: body of a row in, body of a row out.
 */
#ifndef SESSION_RECOVERYCODE_H
#define SESSION_RECOVERYCODE_H

#include "id.h"
#include "secret.h"

#define RECOVERYCODE_COUNT 10
/* "xxxx-xxxx-xxxx-xxxx": 16 letters and figures of 5 bits each, none of them easily taken for another. */
#define RECOVERYCODE_TEXT 19

/** recoverycode_make(id, codes, body): ${codes}: RECOVERYCODE_COUNT lines of text, appended; ${body}: their hashes. */
MUST_CHECK struct status recoverycode_make(const struct factor_id *id, struct buffer *codes, struct buffer *body);
/** recoverycode_hash(id, code, out): read as people type: any case, with or without hyphens and blanks; ST_UNPROVEN. */
MUST_CHECK struct status recoverycode_hash(const struct factor_id *id, struct text code, struct hash *out);
/** recoverycode_find(body, hash): ST_UNPROVEN unless it is one of those left; ST_CORRUPT ("factor"). */
MUST_CHECK struct status recoverycode_find(struct bytes body, const struct hash *hash);
/** recoverycode_take(old, hash, body): all of ${old} but this one, appended to ${body}; ST_UNPROVEN, ST_CORRUPT. */
MUST_CHECK struct status recoverycode_take(struct bytes old, const struct hash *hash, struct buffer *body);
/** recoverycode_left(body): how many there are. */
size_t recoverycode_left(struct bytes body);

#endif /* !SESSION_RECOVERYCODE_H */
