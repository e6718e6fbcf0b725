/* SPDX-License-Identifier: Apache-2.0 */
#include "wrappedkey.h"

#include <string.h>

#include "epochkey.h"
#include "hash.h"
#include "hpke.h"

/* DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; leaves room for a post-quantum KEM. */
#define SUITE 0x01

static struct status binding(const struct epoch_place *place, const struct wrappedkey_recipient *recipient,
			     struct buffer *info, struct buffer *aad)
{
	TRY(context_wrapped_key_info(info));
	return context_wrapped_key(place, recipient->kind, &recipient->id, &recipient->key_hash, aad);
}

struct status wrappedkey_wrap(const struct epoch_place *place, const struct key *key,
			      const struct wrappedkey_recipient *recipient, const struct p256_public *hpke_key,
			      struct wrapped_key *out)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	AUTO(buffer) whole = {.max = sizeof out->bytes};

	TRY(binding(place, recipient, &info, &aad));
	TRY(buffer_put_u8(&whole, SUITE));
	TRY(hpke_seal(hpke_key, buffer_bytes(&info), buffer_bytes(&aad), bytes_of(key->bytes, sizeof key->bytes),
		      &whole));
	if (whole.len != sizeof out->bytes)
		return FAIL_AT(ST_INVALID, "wrapped key");
	memcpy(out->bytes, whole.bytes, sizeof out->bytes);
	return OK;
}

struct status wrappedkey_hash(const struct wrapped_key *w, struct hash *out)
{
	return sha256(BYTES_OF(*w), out);
}

struct status wrappedkey_open(const struct epoch_place *place, const struct wrappedkey_recipient *recipient,
			      const struct secret *hpke_private, const struct wrapped_key *wrapped,
			      const struct wrappedkey_claim *claim, struct key *out)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};
	AUTO(secret) opened = {0};
	struct hash hash;

	TRY(wrappedkey_hash(wrapped, &hash));
	if (!hash_equal(&hash, &claim->wrapped_hash))
		return FAIL_AT(ST_CORRUPT, "wrapped key");
	if (wrapped->bytes[0] != SUITE)
		return FAIL_AT(ST_INVALID, "wrapped key suite");
	TRY(binding(place, recipient, &info, &aad));
	TRY(hpke_open(hpke_private, buffer_bytes(&info), buffer_bytes(&aad),
		      bytes_of(wrapped->bytes + 1, sizeof wrapped->bytes - 1), &opened));
	if (opened.len != sizeof *out)
		return FAIL_AT(ST_CORRUPT, "wrapped key");
	TRY(epochkey_check(place, secret_key(&opened), &claim->commitment));
	*out = *secret_key(&opened);
	return OK;
}
