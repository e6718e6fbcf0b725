/* SPDX-License-Identifier: Apache-2.0 */
#include "key_hash.h"

#include "hash.h"

struct status key_hash_user(const struct p256_public *hpke_key, const struct p256_public *sign_key, struct hash *out)
{
	const struct bytes pieces[] = {p256_public_bytes(hpke_key), p256_public_bytes(sign_key)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

struct status key_hash_invitation(const struct p256_public *invitation_key, struct hash *out)
{
	return sha256(p256_public_bytes(invitation_key), out);
}
