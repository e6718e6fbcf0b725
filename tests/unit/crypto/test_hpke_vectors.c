/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base mode vectors of DHKEM(P-256, HKDF-SHA256) with HKDF-SHA256: RFC 9180
 * appendix A.3.1 (AES-128-GCM, for KEM and key schedule) and the one of the same
 * authors' published collection for AES-256-GCM, the suite we use.
 */
#include "vectors.h"

#include <string.h>

#include "hash.h"
#include "hpke.h"
#include "hpke_internal.h"

#define INFO  "4f6465206f6e2061204772656369616e2055726e"
#define PLAIN "4265617574792069732074727574682c20747275746820626561757479"
#define AAD   "436f756e742d30"

static const struct row {
	enum hpke_aead aead;
	const char *seed_e, *seed_r, *private_r, *public_r, *enc, *shared, *key, *base_nonce, *exporter_secret;
} rows[] = {
	{
		.aead = HPKE_AES_128_GCM,
		.seed_e = "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
		.seed_r = "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
		.private_r = "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
		.public_r = "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
			    "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
		.enc = "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
		       "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
		.shared = "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
		.key = "868c066ef58aae6dc589b6cfdd18f97e",
		.base_nonce = "4e0bc5018beba4bf004cca59",
		.exporter_secret = "14ad94af484a7ad3ef40e9f3be99ecc6fa9036df9d4920548424df127ee0d99f",
	},
	{
		.aead = HPKE_AES_256_GCM,
		.seed_e = "a90d3417c3da9cb6c6ae19b4b5dd6cc9529a4cc24efb7ae0ace1f31887a8cd6c",
		.seed_r = "a0ce15d49e28bd47a18a97e147582d814b08cbe00109fed5ec27d1b4e9f6f5e3",
		.private_r = "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
		.public_r = "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f"
			    "853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c",
		.enc = "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e"
		       "0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
		.shared = "48893fecd82f7c3456af6a42d8f56325d21e08c10fa81299986aaff54cde7b49",
		.key = "ee16802a936d5f544771131900ee6973d0551de9e852ece2ef34bf0d5f9e1d1d",
		.base_nonce = "9bc50980832a7b4b58c40161",
	},
};

static void derive(const char *seed_hex, struct secret *scalar, struct p256_public *public_key)
{
	uint8_t seed[32];

	LITERAL(seed_hex, seed);
	assert_ok(p256_derive(BYTES_OF(seed), (struct bytes){0}, scalar, public_key));
}

static void keys_are_derived(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) e = {0};
		AUTO(secret) r = {0};
		struct p256_public pe, pr, wanted;
		uint8_t wanted_scalar[32];

		derive(rows[i].seed_e, &e, &pe);
		derive(rows[i].seed_r, &r, &pr);
		LITERAL(rows[i].private_r, wanted_scalar);
		assert_memory_equal(r.bytes, wanted_scalar, 32);
		LITERAL(rows[i].public_r, wanted.bytes);
		assert_memory_equal(pr.bytes, wanted.bytes, sizeof wanted);
		LITERAL(rows[i].enc, wanted.bytes);
		assert_memory_equal(pe.bytes, wanted.bytes, sizeof wanted);
	}
}

static void both_sides_have_the_shared_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) e = {0};
		AUTO(secret) r = {0};
		struct p256_public pe, pr;
		uint8_t wanted[32], got[32];

		derive(rows[i].seed_e, &e, &pe);
		derive(rows[i].seed_r, &r, &pr);
		LITERAL(rows[i].shared, wanted);
		assert_ok(hpke_encap_with(e.bytes, &pe, &pr, got));
		assert_memory_equal(got, wanted, sizeof wanted);
		memset(got, 0, sizeof got);
		assert_ok(hpke_decap(r.bytes, &pe, got));
		assert_memory_equal(got, wanted, sizeof wanted);
	}
}

static void the_schedule_gives_key_nonce_and_exporter_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hpke_schedule got = {0};
		uint8_t shared[32], info[20], key[32], nonce[12], exporter[32];
		size_t key_len = strlen(rows[i].key) / 2;

		LITERAL(rows[i].shared, shared);
		LITERAL(INFO, info);
		vectors_literal(rows[i].key, key, key_len);
		LITERAL(rows[i].base_nonce, nonce);
		assert_ok(hpke_schedule(rows[i].aead, shared, BYTES_OF(info), &got));
		assert_memory_equal(got.key, key, key_len);
		assert_memory_equal(got.base_nonce, nonce, sizeof nonce);
		if (rows[i].exporter_secret == NULL)
			continue;
		LITERAL(rows[i].exporter_secret, exporter);
		assert_memory_equal(got.exporter_secret, exporter, sizeof exporter);
	}
}

static void seals_and_opens_the_published_message(void **state)
{
	(void)state;
	AUTO(buffer) sealed = {.max = 4096};
	AUTO(secret) e = {0};
	AUTO(secret) r = {0};
	AUTO(secret) opened = {0};
	struct p256_public pe, pr;
	uint8_t info[20], aad[7], plain[29], wanted[45];

	derive(rows[1].seed_e, &e, &pe);
	derive(rows[1].seed_r, &r, &pr);
	LITERAL(INFO, info);
	LITERAL(AAD, aad);
	LITERAL(PLAIN, plain);
	LITERAL("58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f", wanted);
	assert_ok(hpke_seal_with(e.bytes, &pr, BYTES_OF(info), BYTES_OF(aad), BYTES_OF(plain), &sealed));
	assert_int_equal(sealed.len, sizeof plain + HPKE_OVERHEAD);
	assert_memory_equal(sealed.bytes, pe.bytes, sizeof pe);
	assert_memory_equal(sealed.bytes + sizeof pe, wanted, sizeof wanted);
	assert_ok(hpke_open(&r, BYTES_OF(info), BYTES_OF(aad), buffer_bytes(&sealed), &opened));
	assert_true(secret_equal(secret_bytes(&opened), BYTES_OF(plain)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_are_derived),
		TEST(both_sides_have_the_shared_secret),
		TEST(the_schedule_gives_key_nonce_and_exporter_secret),
		TEST(seals_and_opens_the_published_message),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
