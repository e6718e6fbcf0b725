/* SPDX-License-Identifier: Apache-2.0 */
/** key_hash: the hashes by which statements name a user's or an invitation's keys (docs/FORMATS.md section 1). */
#ifndef STATEMENT_KEY_HASH_H
#define STATEMENT_KEY_HASH_H

#include "p256.h"

/** key_hash_user(hpke_key, sign_key, out): SHA-256(HPKE key || signing key). */
MUST_CHECK struct status key_hash_user(const struct p256_public *hpke_key, const struct p256_public *sign_key,
				       struct hash *out);
/** key_hash_invitation(invitation_key, out): SHA-256 of the one-time key. */
MUST_CHECK struct status key_hash_invitation(const struct p256_public *invitation_key, struct hash *out);

#endif /* !STATEMENT_KEY_HASH_H */
