/* SPDX-License-Identifier: Apache-2.0 */
#include "rsa.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "engine.h"

/* What OpenSSL builds of a key and a message; ends with its scope. */
struct verification {
	BIGNUM *modulus, *exponent;
	OSSL_PARAM_BLD *build;
	OSSL_PARAM *params;
	EVP_PKEY_CTX *import;
	EVP_PKEY *key;
	EVP_MD_CTX *task;
};
static void verification_clear(struct verification *v)
{
	EVP_MD_CTX_free(v->task);
	EVP_PKEY_free(v->key);
	EVP_PKEY_CTX_free(v->import);
	OSSL_PARAM_free(v->params);
	OSSL_PARAM_BLD_free(v->build);
	BN_free(v->exponent);
	BN_free(v->modulus);
	*v = (struct verification){0};
}

struct status rsa_check(const struct rsa_public *k)
{
	static const uint8_t usual[] = {1, 0, 1};

	if (k->modulus.len < RSA_MODULUS_MIN || k->modulus.len > RSA_MODULUS_MAX || k->modulus.at[0] == 0 ||
	    (k->modulus.at[k->modulus.len - 1] & 1) == 0 || !bytes_equal(k->exponent, bytes_of(usual, sizeof usual)))
		return FAIL_AT(ST_INVALID, "RSA key");
	return OK;
}

static struct status import(const struct rsa_public *k, struct verification *v)
{
	v->modulus = BN_bin2bn(k->modulus.at, (int)k->modulus.len, NULL);
	v->exponent = BN_bin2bn(k->exponent.at, (int)k->exponent.len, NULL);
	v->build = OSSL_PARAM_BLD_new();
	TRY(engine_did(v->modulus != NULL && v->exponent != NULL && v->build != NULL));
	TRY(engine_did(OSSL_PARAM_BLD_push_BN(v->build, OSSL_PKEY_PARAM_RSA_N, v->modulus)));
	TRY(engine_did(OSSL_PARAM_BLD_push_BN(v->build, OSSL_PKEY_PARAM_RSA_E, v->exponent)));
	v->params = OSSL_PARAM_BLD_to_param(v->build);
	v->import = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	TRY(engine_did(v->params != NULL && v->import != NULL && EVP_PKEY_fromdata_init(v->import) == 1));
	if (EVP_PKEY_fromdata(v->import, &v->key, EVP_PKEY_PUBLIC_KEY, v->params) != 1)
		return engine_refused(ST_INVALID, "RSA key");
	return OK;
}

struct status rsa_verify(const struct rsa_public *public_key, struct bytes data, struct bytes signature)
{
	AUTO(verification) v = {0};

	TRY(rsa_check(public_key));
	TRY(import(public_key, &v));
	v.task = EVP_MD_CTX_new();
	/* PKCS#1 v1.5 is what the library takes unless told otherwise; COSE RS256 is that (RFC 8812 section 2). */
	TRY(engine_did(v.task != NULL &&
		       EVP_DigestVerifyInit_ex(v.task, NULL, "SHA256", NULL, NULL, v.key, NULL) == 1));
	if (EVP_DigestVerify(v.task, signature.at, signature.len, data.at, data.len) != 1)
		return engine_refused(ST_UNPROVEN, "RSA signature");
	return OK;
}
