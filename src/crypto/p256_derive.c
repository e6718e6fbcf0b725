/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "engine.h"
#include "hpke_label.h"
#include "p256_internal.h"

#define SEED_MIN 16
#define SEED_MAX 1024

/* RFC 9180 section 7.1.3: candidates until one is a scalar; for P-256 the first
 * is, but once in 2^32, and the bit mask is 0xff. */
static struct status candidate(const uint8_t *prk, uint8_t *scalar)
{
	for (unsigned counter = 0; counter <= 255; counter++) {
		uint8_t number = (uint8_t)counter;
		struct hpke_label label = {hpke_label_kem, TEXT("candidate"), BYTES_OF(number)};

		TRY(hpke_label_expand(prk, label, scalar, P256_SCALAR));
		if (p256_scalar_ok(scalar))
			return OK;
	}
	return FAIL_AT(ST_INVALID, "seed of a key pair");
}

static struct status derive(struct engine *e, struct bytes info, struct bytes seed, uint8_t *scalar)
{
	AUTO(secret) input = {0};

	TRY(secret_empty(info.len + seed.len, &input));
	if (info.len > 0)
		memcpy(input.bytes, info.at, info.len);
	memcpy(input.bytes + info.len, seed.at, seed.len);
	TRY(hpke_label_extract(hpke_label_kem, (struct bytes){0}, TEXT("dkp_prk"), secret_bytes(&input),
			       e->scratch->prk));
	struct status s = candidate(e->scratch->prk, scalar);
	secret_wipe(e->scratch->prk, sizeof e->scratch->prk);
	return s;
}

struct status p256_derive(struct bytes seed, struct bytes info, struct secret *private_key,
			  struct p256_public *public_key)
{
	AUTO(secret) scalar = {0};
	struct engine *e;

	if (seed.len < SEED_MIN || seed.len > SEED_MAX || info.len > SEED_MAX)
		return FAIL_AT(ST_INVALID, "seed of a key pair");
	TRY(engine_here(&e));
	TRY(secret_empty(P256_SCALAR, &scalar));
	TRY(derive(e, info, seed, scalar.bytes));
	TRY(p256_scalar_public(scalar.bytes, public_key));
	*private_key = scalar;
	scalar = (struct secret){0};
	return OK;
}
