/* SPDX-License-Identifier: Apache-2.0 */
#include "ticket.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

/* A ticket key lives a day at most: longer, and a stolen one opens more than a day. */
#define TICKET_KEY_MS (24ull * 3600 * 1000)

struct ticket_key {
	uint8_t name[16], cipher[32], mac[32];
};

enum { NEWEST, OLDER, KEYS };

struct ticket_keys {
	pthread_mutex_t lock;
	struct clock clock;
	struct secret keys; /* struct ticket_key[KEYS] */
	uint64_t made;      /* when the newest was, monotonic */
	bool has_older;
};

static struct ticket_key *key_at(const struct ticket_keys *k, size_t i)
{
	return (struct ticket_key *)(void *)k->keys.bytes + i;
}

struct status ticket_keys_new(const struct clock *clock, struct ticket_keys **out)
{
	struct ticket_keys *k = calloc(1, sizeof *k);

	if (k == NULL)
		return FAIL(ST_NO_MEMORY);
	struct status s = secret_new(KEYS * sizeof(struct ticket_key), &k->keys);
	if (!ok(s)) {
		free(k);
		return s;
	}
	pthread_mutex_init(&k->lock, NULL);
	k->clock = *clock;
	k->made = clock_mono(clock);
	*out = k;
	return OK;
}

void ticket_keys_free(struct ticket_keys *k)
{
	if (k == NULL)
		return;
	pthread_mutex_destroy(&k->lock);
	secret_clear(&k->keys);
	free(k);
}

static void rotate(struct ticket_keys *k)
{
	uint64_t now = clock_mono(&k->clock), age = now - k->made;

	if (age < TICKET_KEY_MS / 2)
		return;
	/* After a long quiet time the newest is too old even to open. */
	k->has_older = age < TICKET_KEY_MS;
	*key_at(k, OLDER) = *key_at(k, NEWEST);
	if (!k->has_older)
		secret_wipe(key_at(k, OLDER), sizeof(struct ticket_key));
	secret_random(key_at(k, NEWEST), sizeof(struct ticket_key));
	/* The next half begins where this one should have begun, or now. */
	k->made = k->has_older ? k->made + TICKET_KEY_MS / 2 : now;
}

void ticket_keys_turn(struct ticket_keys *k)
{
	pthread_mutex_lock(&k->lock);
	rotate(k);
	pthread_mutex_unlock(&k->lock);
}

static bool begin(const struct ticket_key *key, const uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	char digest[] = "SHA256";
	/* The parameter is read only, whatever its type says. */
	const union {
		const uint8_t *in;
		void *out;
	} mac_key = {key->mac};
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key.out, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, seal) == 1 &&
	       EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

static int seal_ticket(struct ticket_keys *k, uint8_t *name, uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct ticket_key *key = key_at(k, NEWEST);

	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
		return -1;
	memcpy(name, key->name, sizeof key->name);
	return begin(key, iv, cipher, mac, 1) ? 1 : -1;
}

/* 0: not ours, a full handshake follows; 2: ours, and time for a fresh one. */
static int open_ticket(struct ticket_keys *k, const uint8_t *name, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
		       EVP_MAC_CTX *mac)
{
	for (size_t i = NEWEST; i <= (k->has_older ? (size_t)OLDER : (size_t)NEWEST); i++) {
		const struct ticket_key *key = key_at(k, i);
		if (memcmp(key->name, name, sizeof key->name) != 0)
			continue;
		if (!begin(key, iv, cipher, mac, 0))
			return -1;
		return i == NEWEST ? 1 : 2;
	}
	return 0;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
		     int seal)
{
	struct ticket_keys *k = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int result;

	pthread_mutex_lock(&k->lock);
	rotate(k);
	result = seal ? seal_ticket(k, name, iv, cipher, mac) : open_ticket(k, name, iv, cipher, mac);
	pthread_mutex_unlock(&k->lock);
	return result;
}

struct status ticket_keys_use(struct ticket_keys *k, SSL_CTX *context)
{
	if (SSL_CTX_set_app_data(context, k) != 1 || SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) != 1)
		return FAIL_AT(ST_NO_MEMORY, "ticket keys");
	SSL_CTX_set_timeout(context, (long)(TICKET_KEY_MS / 1000 / 2));
	return OK;
}
