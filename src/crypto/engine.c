/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <pthread.h>

#include "gcm.h"
#include "hash.h"

struct engine_algorithms engine_algorithms;

static _Thread_local struct engine mine;
static pthread_key_t at_thread_end;
static bool ready;

struct status engine_refused(enum status_code code, const char *what)
{
	ERR_clear_error();
	return (struct status){code, what};
}

struct status engine_did(int result)
{
	return result == 1 ? OK : engine_refused(ST_NO_MEMORY, "crypto library");
}

static void end_thread(void *engine)
{
	struct engine *e = engine;

	EVP_MD_CTX_free(e->sha512);
	EVP_CIPHER_CTX_free(e->ecb);
	EVP_CIPHER_CTX_free(e->gcm);
	EVP_PKEY_CTX_free(e->import);
	BN_CTX_free(e->numbers);
	secret_clear(&e->memory);
	while (e->hash_count > 0)
		EVP_MD_CTX_free(e->hashes[--e->hash_count]);
	while (e->cipher_count > 0)
		EVP_CIPHER_CTX_free(e->ciphers[--e->cipher_count]);
	for (size_t i = 0; i < ENGINE_AUTHORS; i++)
		EVP_PKEY_CTX_free(e->authors[i].task);
	*e = (struct engine){0};
}

static struct status fetch_curve(struct engine_algorithms *a)
{
	char name[] = "P-256";
	OSSL_PARAM curve[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
			      OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	int made = import != NULL && EVP_PKEY_fromdata_init(import) == 1 &&
		   EVP_PKEY_fromdata(import, &a->p256, EVP_PKEY_KEY_PARAMETERS, curve) == 1;

	EVP_PKEY_CTX_free(import);
	TRY(engine_did(made));
	a->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	return engine_did(a->group != NULL);
}

struct status crypto_setup(void)
{
	struct engine_algorithms *a = &engine_algorithms;

	if (ready)
		return OK;
	TRY(secret_setup());
	a->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	a->sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
	a->aes256_ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	a->aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	TRY(engine_did(a->sha256 != NULL && a->sha512 != NULL && a->aes256_ecb != NULL && a->aes256_gcm != NULL));
	TRY(fetch_curve(a));
	a->short_gcm = crypto_aead_aes256gcm_is_available() == 1;
	if (pthread_key_create(&at_thread_end, end_thread) != 0)
		return FAIL_AT(ST_NO_MEMORY, "thread key");
	ready = true;
	return OK;
}

struct status engine_cipher(const EVP_CIPHER *algorithm, EVP_CIPHER_CTX **out)
{
	EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();

	/* Padding, which blocks alone have, stays on: it would be written at an end that nobody asks for, and off it
	 * is set anew with each key. */
	if (made == NULL || EVP_EncryptInit_ex2(made, algorithm, NULL, NULL, NULL) != 1) {
		EVP_CIPHER_CTX_free(made);
		return engine_did(0);
	}
	*out = made;
	return OK;
}

static struct status make_contexts(struct engine *e)
{
	const struct engine_algorithms *a = &engine_algorithms;

	e->sha512 = EVP_MD_CTX_new();
	e->import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	e->numbers = BN_CTX_new();
	TRY(engine_did(e->sha512 != NULL && e->numbers != NULL));
	TRY(engine_did(EVP_DigestInit_ex2(e->sha512, a->sha512, NULL)));
	TRY(engine_did(e->import != NULL && EVP_PKEY_fromdata_init(e->import) == 1));
	TRY(engine_cipher(a->aes256_ecb, &e->ecb));
	return engine_cipher(a->aes256_gcm, &e->gcm);
}

static struct status start_thread(struct engine *e)
{
	if (!ready)
		return FAIL_AT(ST_INVALID, "crypto_setup() was not called");
	TRY(secret_empty(sizeof *e->scratch, &e->memory));
	TRY(make_contexts(e));
	if (pthread_setspecific(at_thread_end, e) != 0)
		return FAIL_AT(ST_NO_MEMORY, "thread key");
	e->scratch = (struct engine_scratch *)e->memory.bytes;
	return OK;
}

struct status engine_here(struct engine **out)
{
	if (mine.scratch == NULL) {
		struct status s = start_thread(&mine);

		if (!ok(s)) {
			end_thread(&mine);
			return s;
		}
	}
	*out = &mine;
	return OK;
}

struct status engine_take_hash(EVP_MD_CTX **out)
{
	struct engine *e;

	TRY(engine_here(&e));
	if (e->hash_count > 0) {
		*out = e->hashes[--e->hash_count];
		return OK;
	}
	EVP_MD_CTX *made = EVP_MD_CTX_new();
	if (made == NULL || EVP_DigestInit_ex2(made, engine_algorithms.sha256, NULL) != 1) {
		EVP_MD_CTX_free(made);
		return engine_did(0);
	}
	*out = made;
	return OK;
}

void engine_give_hash(EVP_MD_CTX *hash)
{
	struct engine *e;

	if (hash == NULL)
		return;
	if (!ok(engine_here(&e)) || e->hash_count == ENGINE_SPARES || EVP_DigestInit_ex2(hash, NULL, NULL) != 1) {
		EVP_MD_CTX_free(hash);
		return;
	}
	e->hashes[e->hash_count++] = hash;
}

struct status engine_take_gcm(EVP_CIPHER_CTX **out)
{
	struct engine *e;

	TRY(engine_here(&e));
	if (e->cipher_count == 0)
		return engine_cipher(engine_algorithms.aes256_gcm, out);
	*out = e->ciphers[--e->cipher_count];
	return OK;
}

void engine_give_gcm(EVP_CIPHER_CTX *gcm)
{
	struct engine *e;

	if (gcm == NULL)
		return;
	gcm_forget(gcm);
	if (!ok(engine_here(&e)) || e->cipher_count == ENGINE_SPARES) {
		EVP_CIPHER_CTX_free(gcm);
		return;
	}
	e->ciphers[e->cipher_count++] = gcm;
}
