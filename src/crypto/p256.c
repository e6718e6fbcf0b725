/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p256: private scalars are 32 bytes in locked memory and become an EVP_PKEY for
 * the length of one call only.
 */
#include "p256.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/params.h>
#include <sodium.h>
#include <string.h>

#include "engine.h"
#include "hash.h"
#include "p256_internal.h"

#define COORDINATE 32

/* OpenSSL takes numbers in the machine's order, sodium_compare() little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "native is little-endian");

/* A handle that ends with its scope. */
struct pkey {
	EVP_PKEY *at;
};
static void pkey_clear(struct pkey *k)
{
	EVP_PKEY_free(k->at);
	k->at = NULL;
}

struct pkey_task {
	EVP_PKEY_CTX *at;
};
static void pkey_task_clear(struct pkey_task *t)
{
	EVP_PKEY_CTX_free(t->at);
	t->at = NULL;
}

struct der_signature {
	ECDSA_SIG *at;
	uint8_t *der;
};
static void der_signature_clear(struct der_signature *s)
{
	ECDSA_SIG_free(s->at);
	OPENSSL_free(s->der);
	*s = (struct der_signature){0};
}

static void reverse(const uint8_t *from, uint8_t *to)
{
	for (size_t i = 0; i < P256_SCALAR; i++)
		to[i] = from[P256_SCALAR - 1 - i];
}

bool p256_scalar_ok(const uint8_t scalar[P256_SCALAR])
{
	/* n, SP 800-186 section 3.2.1.3, little-endian. */
	static const uint8_t order[P256_SCALAR] = {
		0x51, 0x25, 0x63, 0xfc, 0xc2, 0xca, 0xb9, 0xf3, 0x84, 0x9e, 0x17, 0xa7, 0xad, 0xfa, 0xe6, 0xbc,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
	};
	uint8_t native[P256_SCALAR];

	reverse(scalar, native);
	bool fits = !sodium_is_zero(native, sizeof native) && sodium_compare(native, order, sizeof native) < 0;
	secret_wipe(native, sizeof native);
	return fits;
}

struct status p256_scalar_new(uint8_t out[P256_SCALAR], struct p256_public *public_key)
{
	do {
		secret_random(out, P256_SCALAR);
	} while (!p256_scalar_ok(out));
	return p256_scalar_public(out, public_key);
}

/* [d]G.  EVP makes no public key from a private one, so this is the one place
 * that takes the curve itself; the generator's table is walked in constant time. */
static struct status multiply(struct engine *e, const BIGNUM *d, EC_POINT *point, struct p256_public *out)
{
	const EC_GROUP *group = engine_algorithms.group;
	struct p256_public encoded;

	TRY(engine_did(EC_POINT_mul(group, point, d, NULL, NULL, e->numbers)));
	if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded.bytes, sizeof encoded.bytes,
			       e->numbers) != sizeof encoded.bytes)
		return engine_did(0);
	*out = encoded;
	return OK;
}

struct status p256_scalar_public(const uint8_t scalar[P256_SCALAR], struct p256_public *public_key)
{
	struct engine *e;

	if (!p256_scalar_ok(scalar))
		return FAIL_AT(ST_INVALID, "P-256 scalar");
	TRY(engine_here(&e));
	BIGNUM *d = BN_secure_new();
	EC_POINT *point = EC_POINT_new(engine_algorithms.group);
	struct status s = engine_did(d != NULL && point != NULL && BN_bin2bn(scalar, P256_SCALAR, d) != NULL);
	if (ok(s)) {
		BN_set_flags(d, BN_FLG_CONSTTIME);
		s = multiply(e, d, point, public_key);
	}
	BN_clear_free(d);
	EC_POINT_clear_free(point);
	return s;
}

static struct status import_private(const uint8_t *scalar, struct pkey *out)
{
	char curve[] = "P-256";
	struct engine *e;

	if (!p256_scalar_ok(scalar))
		return FAIL_AT(ST_INVALID, "P-256 scalar");
	TRY(engine_here(&e));
	uint8_t *native = e->scratch->native;
	OSSL_PARAM key[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
			    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, P256_SCALAR),
			    OSSL_PARAM_construct_end()};
	reverse(scalar, native);
	struct status s = engine_did(EVP_PKEY_fromdata(e->import, &out->at, EVP_PKEY_KEYPAIR, key));
	secret_wipe(native, P256_SCALAR);
	return s;
}

static struct status import_public(const struct p256_public *from, struct pkey *out)
{
	/* OpenSSL would also read the hybrid forms 06 and 07, which nobody signs. */
	if (from->bytes[0] != 0x04)
		return FAIL_AT(ST_INVALID, "P-256 point");
	out->at = EVP_PKEY_dup(engine_algorithms.p256);
	TRY(engine_did(out->at != NULL));
	/* Checks that the point is on the curve, which with cofactor 1 is all there
	 * is to check (RFC 9180 section 7.1.4). */
	if (EVP_PKEY_set1_encoded_public_key(out->at, from->bytes, sizeof from->bytes) != 1)
		return engine_refused(ST_INVALID, "P-256 point");
	return OK;
}

struct status p256_new(struct secret *private_key, struct p256_public *public_key)
{
	AUTO(secret) fresh = {0};

	TRY(secret_empty(P256_SCALAR, &fresh));
	TRY(p256_scalar_new(fresh.bytes, public_key));
	*private_key = fresh;
	fresh = (struct secret){0};
	return OK;
}

static struct status check_private(const struct secret *private_key)
{
	return private_key->len == P256_SCALAR ? OK : FAIL_AT(ST_INVALID, "P-256 scalar");
}

struct status p256_public_of(const struct secret *private_key, struct p256_public *public_key)
{
	TRY(check_private(private_key));
	return p256_scalar_public(private_key->bytes, public_key);
}

struct status p256_check(const struct p256_public *public_key)
{
	AUTO(pkey) key = {0};

	return import_public(public_key, &key);
}

/* r || s out of the DER form that OpenSSL makes. */
static struct status to_p1363(const uint8_t *der, size_t len, struct signature *out)
{
	AUTO(der_signature) parsed = {.at = d2i_ECDSA_SIG(NULL, &der, (long)len)};

	TRY(engine_did(parsed.at != NULL));
	if (BN_bn2binpad(ECDSA_SIG_get0_r(parsed.at), out->bytes, COORDINATE) != COORDINATE ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(parsed.at), out->bytes + COORDINATE, COORDINATE) != COORDINATE)
		return engine_did(0);
	return OK;
}

struct status p256_sign(const struct secret *private_key, struct bytes data, struct signature *out)
{
	AUTO(pkey) key = {0};
	AUTO(pkey_task) task = {0};
	struct hash digest;
	uint8_t der[80];
	size_t len = sizeof der;

	TRY(check_private(private_key));
	TRY(sha256(data, &digest));
	TRY(import_private(private_key->bytes, &key));
	task.at = EVP_PKEY_CTX_new_from_pkey(NULL, key.at, NULL);
	TRY(engine_did(task.at != NULL && EVP_PKEY_sign_init(task.at) == 1));
	TRY(engine_did(EVP_PKEY_sign(task.at, der, &len, digest.bytes, sizeof digest.bytes)));
	return to_p1363(der, len, out);
}

static struct status to_der(const struct signature *from, struct der_signature *out, int *len)
{
	BIGNUM *r = BN_bin2bn(from->bytes, COORDINATE, NULL);
	BIGNUM *s = BN_bin2bn(from->bytes + COORDINATE, COORDINATE, NULL);

	out->at = ECDSA_SIG_new();
	if (r == NULL || s == NULL || out->at == NULL || ECDSA_SIG_set0(out->at, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return engine_did(0);
	}
	*len = i2d_ECDSA_SIG(out->at, &out->der);
	return engine_did(*len > 0);
}

static struct status begin_verifying(const struct p256_public *public_key, EVP_PKEY_CTX **out)
{
	AUTO(pkey) key = {0};
	AUTO(pkey_task) task = {0};

	TRY(import_public(public_key, &key));
	task.at = EVP_PKEY_CTX_new_from_pkey(NULL, key.at, NULL); /* holds the key itself */
	TRY(engine_did(task.at != NULL && EVP_PKEY_verify_init(task.at) == 1));
	*out = task.at;
	task.at = NULL;
	return OK;
}

static struct status check(EVP_PKEY_CTX *task, struct bytes data, const struct signature *signature)
{
	AUTO(der_signature) der = {0};
	struct hash digest;
	int len = 0;

	TRY(sha256(data, &digest));
	TRY(to_der(signature, &der, &len));
	/* Refuses r and s outside [1, n - 1] as well (FIPS 186-5 section 6.4.2). */
	if (EVP_PKEY_verify(task, der.der, (size_t)len, digest.bytes, sizeof digest.bytes) != 1)
		return engine_refused(ST_UNPROVEN, "signature");
	return OK;
}

struct status p256_verifier_new(const struct p256_public *public_key, struct p256_verifier *out)
{
	EVP_PKEY_CTX *task;

	TRY(begin_verifying(public_key, &task));
	out->key = task;
	return OK;
}

struct status p256_verifier_check(const struct p256_verifier *v, struct bytes data, const struct signature *signature)
{
	/* A copy of its own, so that threads may share a verifier. */
	AUTO(pkey_task) task = {EVP_PKEY_CTX_dup(v->key)};

	TRY(engine_did(task.at != NULL));
	return check(task.at, data, signature);
}

void p256_verifier_clear(struct p256_verifier *v)
{
	EVP_PKEY_CTX_free(v->key);
	v->key = NULL;
}

struct status p256_verify(const struct p256_public *public_key, struct bytes data, const struct signature *signature)
{
	struct engine *e;
	EVP_PKEY_CTX *task;

	TRY(engine_here(&e));
	/* The end of a coordinate is as good as random. */
	struct engine_author *author = &e->authors[public_key->bytes[64] % ENGINE_AUTHORS];
	if (author->task == NULL || memcmp(author->public_key, public_key->bytes, sizeof author->public_key) != 0) {
		TRY(begin_verifying(public_key, &task));
		EVP_PKEY_CTX_free(author->task);
		author->task = task;
		memcpy(author->public_key, public_key->bytes, sizeof author->public_key);
	}
	return check(author->task, data, signature);
}

struct status p256_scalar_shared(const uint8_t scalar[P256_SCALAR], const struct p256_public *public_key,
				 uint8_t out[32])
{
	AUTO(pkey) own = {0};
	AUTO(pkey) peer = {0};
	AUTO(pkey_task) task = {0};
	size_t len = COORDINATE;

	TRY(import_public(public_key, &peer));
	TRY(import_private(scalar, &own));
	task.at = EVP_PKEY_CTX_new_from_pkey(NULL, own.at, NULL);
	TRY(engine_did(task.at != NULL && EVP_PKEY_derive_init(task.at) == 1));
	/* No second validation: import_public() has done it, this one costs 60 us. */
	TRY(engine_did(EVP_PKEY_derive_set_peer_ex(task.at, peer.at, 0)));
	if (EVP_PKEY_derive(task.at, out, &len) != 1 || len != COORDINATE)
		return engine_refused(ST_INVALID, "P-256 agreement");
	return OK;
}
