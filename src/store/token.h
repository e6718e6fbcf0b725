/* SPDX-License-Identifier: Apache-2.0 */
/**
 * token: finds a row by a value that must not stand in the database.
 *
 * A token is HMAC-SHA-256 under the site's token key of the kind and the value:
 * without the key store nobody can try logins against a stolen database
 * (PROMISES#S1).
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "store.h"

/** What is looked up; the same value under another kind gives an unrelated token. */
enum token_kind {
	TOKEN_LOGIN = 1,
	TOKEN_SESSION,
	TOKEN_SETTING,
	TOKEN_IDEMPOTENCY,
	TOKEN_DEVICE,
	TOKEN_FAILURE,
	TOKEN_PASSKEY
};

/** token_of(view, kind, value, out): under the ROW_TOKEN key of the view's store. */
MUST_CHECK struct status token_of(struct store_view *view, enum token_kind kind, struct bytes value, struct hash *out);

#endif /* !STORE_TOKEN_H */
