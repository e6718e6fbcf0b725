/* SPDX-License-Identifier: Apache-2.0 */
/* Project Wycheproof's attacks on what we use; each test says how many it must find. */
#include "vectors.h"

#include <openssl/evp.h>
#include <string.h>
#include <zlib.h>

#include "chunked.h"
#include "ed25519.h"
#include "engine.h"
#include "gcm.h"
#include "hash.h"
#include "hash_internal.h"
#include "p256_internal.h"
#include "text.h"

static void run(const char *name, bool (*check)(json_t *, json_t *), size_t wanted)
{
	char path[256];

	snprintf(path, sizeof path, "wycheproof/%s", name);
	json_t *root = vectors_load(path);
	size_t count = vectors_each(root, check);

	json_decref(root);
	print_message("# %s: %zu\n", name, count);
	assert_int_equal(count, wanted);
}

static void check_gcm(struct buffer *key, struct buffer *nonce, struct buffer *parts, json_t *test)
{
	AUTO(buffer) sealed = VECTOR_BUFFER;
	AUTO(buffer) out = VECTOR_BUFFER;
	struct buffer *aad = &parts[0], *plain = &parts[1], *cipher = &parts[2], *tag = &parts[3];
	EVP_CIPHER_CTX *gcm;
	bool valid = strcmp(vectors_text(test, "result"), "valid") == 0;

	assert_ok(engine_cipher(engine_algorithms.aes256_gcm, &gcm));
	assert_ok(gcm_key(gcm, key->bytes));
	assert_ok(buffer_put(&sealed, buffer_bytes(cipher)));
	assert_ok(buffer_put(&sealed, buffer_bytes(tag)));
	assert_ok(buffer_reserve(&out, sealed.len + 1));
	struct status s = gcm_open(gcm, nonce->bytes, buffer_bytes(aad), buffer_bytes(&sealed), out.bytes);
	vectors_expect(test, ok(s));
	if (valid) {
		assert_memory_equal(out.bytes, plain->bytes, plain->len);
		assert_ok(gcm_seal(gcm, nonce->bytes, buffer_bytes(aad), buffer_bytes(plain), out.bytes));
		assert_memory_equal(out.bytes, sealed.bytes, sealed.len);
	} else {
		assert_int_equal(s.code, ST_CORRUPT);
		for (size_t i = 0; i < cipher->len; i++)
			assert_int_equal(out.bytes[i], 0);
	}
	EVP_CIPHER_CTX_free(gcm);
	/* For one message: by libsodium where this processor has it, and by EVP alone. */
	for (int way = 0; way < 2; way++) {
		const bool had = engine_algorithms.short_gcm;

		engine_algorithms.short_gcm = had && way == 0;
		s = gcm_open_once(key->bytes, nonce->bytes, buffer_bytes(aad), buffer_bytes(&sealed), out.bytes);
		assert_int_equal(s.code, valid ? ST_OK : ST_CORRUPT);
		for (size_t i = 0; i < cipher->len; i++)
			assert_int_equal(out.bytes[i], valid ? plain->bytes[i] : 0);
		if (valid) {
			assert_ok(gcm_seal_once(key->bytes, nonce->bytes, buffer_bytes(aad), buffer_bytes(plain),
						out.bytes));
			assert_memory_equal(out.bytes, sealed.bytes, sealed.len);
		}
		engine_algorithms.short_gcm = had;
	}
}

static bool aes_gcm(json_t *group, json_t *test)
{
	static const char *const names[] = {"aad", "msg", "ct", "tag"};
	AUTO(buffer) key = VECTOR_BUFFER;
	AUTO(buffer) nonce = VECTOR_BUFFER;
	struct buffer parts[] = {VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER};

	/* Other sizes cannot be asked for. */
	if (vectors_number(group, "keySize") != 256 || vectors_number(group, "ivSize") != 96 ||
	    vectors_number(group, "tagSize") != 128)
		return false;
	vectors_hex(test, "key", &key);
	vectors_hex(test, "iv", &nonce);
	for (size_t i = 0; i < COUNT(parts); i++)
		vectors_hex(test, names[i], &parts[i]);
	check_gcm(&key, &nonce, parts, test);
	for (size_t i = 0; i < COUNT(parts); i++)
		buffer_clear(&parts[i]);
	return true;
}

static bool hmac(json_t *group, json_t *test)
{
	AUTO(buffer) key = VECTOR_BUFFER;
	AUTO(buffer) message = VECTOR_BUFFER;
	AUTO(buffer) tag = VECTOR_BUFFER;
	struct hash got;

	vectors_hex(test, "key", &key);
	vectors_hex(test, "msg", &message);
	vectors_hex(test, "tag", &tag);
	assert_int_equal(tag.len * 8, vectors_number(group, "tagSize"));
	assert_ok(hmac_sha256(buffer_bytes(&key), buffer_bytes(&message), &got));
	vectors_expect(test, secret_equal(bytes_of(got.bytes, tag.len), buffer_bytes(&tag)));
	return true;
}

struct hkdf_case {
	struct buffer input, salt, info, wanted, got;
};

static void hkdf_case_clear(struct hkdf_case *c)
{
	buffer_clear(&c->input);
	buffer_clear(&c->salt);
	buffer_clear(&c->info);
	buffer_clear(&c->wanted);
	buffer_clear(&c->got);
}

static struct hkdf_case hkdf_read(json_t *test)
{
	struct hkdf_case c = {VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER};

	vectors_hex(test, "ikm", &c.input);
	vectors_hex(test, "salt", &c.salt);
	vectors_hex(test, "info", &c.info);
	vectors_hex(test, "okm", &c.wanted);
	assert_ok(buffer_reserve(&c.got, (size_t)vectors_number(test, "size") + 1));
	c.got.len = (size_t)vectors_number(test, "size");
	return c;
}

static bool hkdf_256(json_t *group, json_t *test)
{
	AUTO(hkdf_case) c = hkdf_read(test);
	struct hash prk;

	(void)group;
	assert_ok(hkdf_sha256_extract(buffer_bytes(&c.salt), buffer_bytes(&c.input), &prk));
	struct status s = hkdf_sha256_expand(hash_bytes(&prk), buffer_bytes(&c.info), c.got.bytes, c.got.len);
	vectors_expect(test, ok(s) && bytes_equal(buffer_bytes(&c.got), buffer_bytes(&c.wanted)));
	return true;
}

/* The library's own HMAC extracts: the product needs only the second step. */
static bool hkdf_512(json_t *group, json_t *test)
{
	AUTO(hkdf_case) c = hkdf_read(test);
	const struct bytes info = buffer_bytes(&c.info);
	uint8_t prk[64];
	size_t len;

	(void)group;
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA512", NULL, c.salt.bytes, c.salt.len, c.input.bytes,
				  c.input.len, prk, sizeof prk, &len));
	struct status s = hkdf_sha512_expand_pieces(BYTES_OF(prk), &info, 1, c.got.bytes, c.got.len);
	vectors_expect(test, ok(s) && bytes_equal(buffer_bytes(&c.got), buffer_bytes(&c.wanted)));
	return true;
}

static bool ecdsa(json_t *group, json_t *test)
{
	AUTO(buffer) key = VECTOR_BUFFER;
	AUTO(buffer) message = VECTOR_BUFFER;
	AUTO(buffer) bytes = VECTOR_BUFFER;
	AUTO(p256_verifier) verifier = {0};
	struct p256_public public_key;
	struct signature signature;

	vectors_hex(json_object_get(group, "publicKey"), "uncompressed", &key);
	vectors_hex(test, "msg", &message);
	vectors_hex(test, "sig", &bytes);
	assert_int_equal(key.len, sizeof public_key);
	memcpy(public_key.bytes, key.bytes, sizeof public_key);
	/* The type has one size: nothing else can be offered. */
	if (bytes.len != sizeof signature) {
		vectors_expect(test, false);
		return true;
	}
	memcpy(signature.bytes, bytes.bytes, sizeof signature);
	struct status s = p256_verify(&public_key, buffer_bytes(&message), &signature);
	vectors_expect(test, ok(s));
	assert_true(ok(s) || s.code == ST_UNPROVEN);
	assert_ok(p256_verifier_new(&public_key, &verifier));
	assert_int_equal(p256_verifier_check(&verifier, buffer_bytes(&message), &signature).code, s.code);
	return true;
}

/* A scalar in any number of bytes, as 32 of them; false when it needs more. */
static bool to_scalar(struct bytes from, uint8_t *out)
{
	while (from.len > 32 && from.at[0] == 0)
		from = bytes_of(from.at + 1, from.len - 1);
	if (from.len > 32)
		return false;
	memset(out, 0, 32);
	memcpy(out + 32 - from.len, from.at, from.len);
	return true;
}

static void check_agreement(struct bytes point, struct bytes scalar_bytes, json_t *test)
{
	AUTO(buffer) wanted = VECTOR_BUFFER;
	AUTO(secret) scalar = {0};
	AUTO(secret) shared = {0};
	struct p256_public public_key;
	const uint8_t untouched[32] = {0};

	assert_ok(secret_empty(32, &scalar));
	assert_true(to_scalar(scalar_bytes, scalar.bytes));
	memcpy(public_key.bytes, point.at, sizeof public_key);
	assert_ok(secret_empty(32, &shared));
	struct status s = p256_scalar_shared(scalar.bytes, &public_key, shared.bytes);
	vectors_expect(test, ok(s));
	assert_int_equal(p256_check(&public_key).code, s.code);
	if (!ok(s)) {
		assert_int_equal(s.code, ST_INVALID);
		assert_true(secret_equal(secret_bytes(&shared), BYTES_OF(untouched)));
		return;
	}
	vectors_hex(test, "shared", &wanted);
	assert_true(secret_equal(secret_bytes(&shared), buffer_bytes(&wanted)));
}

static bool ecdh(json_t *group, json_t *test)
{
	/* SubjectPublicKeyInfo of an uncompressed point on the named curve: all else
	 * is encodings that nothing of ours reads. */
	static const char prefix[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
	AUTO(buffer) public_key = VECTOR_BUFFER;
	AUTO(buffer) private_key = VECTOR_BUFFER;
	struct text hex = text_of(vectors_text(test, "public"));

	(void)group;
	if (!text_starts(hex, text_of(prefix)) || hex.len != 182)
		return false;
	vectors_hex(test, "public", &public_key);
	vectors_hex(test, "private", &private_key);
	check_agreement(bytes_of(public_key.bytes + 26, 65), buffer_bytes(&private_key), test);
	return true;
}

static bool ecdh_coordinates(json_t *group, json_t *test)
{
	AUTO(buffer) point = VECTOR_BUFFER;
	AUTO(buffer) private_key = VECTOR_BUFFER;
	json_t *key = json_object_get(test, "public");

	(void)group;
	assert_ok(buffer_put_u8(&point, 0x04));
	/* Keys of other curves fail here, by their name or length. */
	if (strcmp(vectors_text(key, "crv"), "P-256") != 0 ||
	    !ok(text_from_base64url(text_of(vectors_text(key, "x")), &point)) ||
	    !ok(text_from_base64url(text_of(vectors_text(key, "y")), &point)) || point.len != 65) {
		vectors_expect(test, false);
		return true;
	}
	assert_ok(text_from_base64url(text_of(vectors_text(json_object_get(test, "private"), "d")), &private_key));
	check_agreement(buffer_bytes(&point), buffer_bytes(&private_key), test);
	return true;
}

static bool ed25519(json_t *group, json_t *test)
{
	AUTO(buffer) key = VECTOR_BUFFER;
	AUTO(buffer) message = VECTOR_BUFFER;
	AUTO(buffer) signature = VECTOR_BUFFER;
	struct ed25519_public public_key;

	vectors_hex(json_object_get(group, "publicKey"), "pk", &key);
	vectors_hex(test, "msg", &message);
	vectors_hex(test, "sig", &signature);
	assert_int_equal(key.len, sizeof public_key);
	memcpy(public_key.bytes, key.bytes, sizeof public_key);
	vectors_expect(test,
		       signature.len == 64 && ok(ed25519_verify(&public_key, buffer_bytes(&message), signature.bytes)));
	return true;
}

/* The ciphertexts are published deflated. */
static void inflate_into(struct bytes packed, struct buffer *out)
{
	uLongf len = 8u << 20;

	assert_ok(buffer_reserve(out, len));
	assert_int_equal(uncompress(out->bytes, &len, packed.at, packed.len), Z_OK);
	out->len = len;
}

static void assert_sha512(json_t *test, struct bytes plain)
{
	AUTO(buffer) wanted = VECTOR_BUFFER;
	uint8_t digest[64];

	vectors_hex(test, "msgSha512", &wanted);
	assert_int_equal(EVP_Digest(plain.at, plain.len, digest, NULL, EVP_sha512(), NULL), 1);
	assert_true(bytes_equal(BYTES_OF(digest), buffer_bytes(&wanted)));
}

static bool has_flag(json_t *test, const char *wanted)
{
	json_t *flag;
	size_t i;

	json_array_foreach(json_object_get(test, "flags"), i,
			   flag) if (strcmp(json_string_value(flag), wanted) == 0) return true;
	return false;
}

/* Chunk by chunk: exactly the valid prefix comes out, then nothing. */
static void open_chunks(const struct key *key, struct bytes context, struct bytes sealed, json_t *test)
{
	AUTO(chunked) c = {0};
	AUTO(buffer) plain = VECTOR_BUFFER;
	struct bytes header = bytes_of(sealed.at, sealed.len < CHUNKED_HEADER ? sealed.len : CHUNKED_HEADER);
	struct status begun = chunked_open_begin(key, context, header, &c);

	assert_int_equal(!ok(begun), has_flag(test, "HeaderFailure"));
	if (!ok(begun))
		return;
	bool done = false;
	for (size_t at = CHUNKED_HEADER, number = 0; at <= sealed.len && !done; number++, at += CHUNKED_SEALED) {
		size_t left = sealed.len - at;
		size_t len = left < CHUNKED_SEALED ? left : CHUNKED_SEALED;
		bool last = left <= CHUNKED_SEALED && len < CHUNKED_SEALED;

		assert_ok(buffer_reserve(&plain, CHUNKED_PLAIN));
		struct status s =
			chunked_open_at(&c, number, last, bytes_of(sealed.at + at, len), plain.bytes + plain.len);
		if (!ok(s))
			break;
		plain.len += len - 16;
		done = last;
	}
	/* A short chunk ends the message, whatever follows it. */
	vectors_expect(test, done);
	if (json_object_get(test, "msgSha512") != NULL) {
		assert_int_equal(plain.len, vectors_number(test, "msgLength"));
		assert_sha512(test, buffer_bytes(&plain));
	}
}

static bool chunked(json_t *group, json_t *test)
{
	AUTO(buffer) key_bytes = VECTOR_BUFFER;
	AUTO(buffer) context = VECTOR_BUFFER;
	AUTO(buffer) packed = VECTOR_BUFFER;
	AUTO(buffer) sealed = VECTOR_BUFFER;
	AUTO(buffer) plain = VECTOR_BUFFER;
	struct key key;

	assert_string_equal(vectors_text(group, "aead"), "AEAD_AES_256_GCM");
	vectors_hex(test, "key", &key_bytes);
	vectors_hex(test, "ctx", &context);
	vectors_hex(test, "ct", &packed);
	inflate_into(buffer_bytes(&packed), &sealed);
	/* The type has one size: nothing else can be offered. */
	if (key_bytes.len != sizeof key) {
		vectors_expect(test, false);
		return true;
	}
	memcpy(key.bytes, key_bytes.bytes, sizeof key);
	struct status s = chunked_open(&key, buffer_bytes(&context), buffer_bytes(&sealed), &plain);
	vectors_expect(test, ok(s));
	if (ok(s))
		assert_sha512(test, buffer_bytes(&plain));
	else
		assert_true(s.code == ST_CORRUPT && plain.len == 0);
	open_chunks(&key, buffer_bytes(&context), buffer_bytes(&sealed), test);
	return true;
}

#define WYCHEPROOF(name, file, check, count) \
	static void name(void **state) \
	{ \
		(void)state; \
		run(file, check, count); \
	}
WYCHEPROOF(aes_256_gcm, "aes_gcm_test.json.gz", aes_gcm, 66)
WYCHEPROOF(hmac_sha_256, "hmac_sha256_test.json", hmac, 174)
WYCHEPROOF(hkdf_sha_256, "hkdf_sha256_test.json", hkdf_256, 86)
WYCHEPROOF(hkdf_sha_512, "hkdf_sha512_test.json", hkdf_512, 83)
WYCHEPROOF(ecdsa_p_256, "ecdsa_secp256r1_sha256_p1363_test.json.gz", ecdsa, 262)
WYCHEPROOF(ecdh_p_256, "ecdh_secp256r1_test.json.gz", ecdh, 349)
WYCHEPROOF(ecdh_p_256_coordinates, "ecdh_secp256r1_webcrypto_test.json.gz", ecdh_coordinates, 353)
WYCHEPROOF(ed_25519, "ed25519_test.json", ed25519, 151)
WYCHEPROOF(chunked_encryption, "c2sp_chunked_encryption_aes_256_gcm_test.json", chunked, 35)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(aes_256_gcm),        TEST(hmac_sha_256), TEST(hkdf_sha_256),           TEST(hkdf_sha_512),
		TEST(ecdsa_p_256),        TEST(ecdh_p_256),   TEST(ecdh_p_256_coordinates), TEST(ed_25519),
		TEST(chunked_encryption),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
