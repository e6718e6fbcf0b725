/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_crypto: what the primitives cost on one core of this machine.  Each line
 * is the best of five runs of at least 100 ms of processor time: what the machine can do, not what
 * else it was doing.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chunked.h"
#include "hash.h"
#include "hpke.h"
#include "nonce.h"
#include "xaes.h"

#define RUNS   5
#define RUN_NS 100e6
#define MIB    ((size_t)1 << 20)

static struct {
	struct secret key, scalar;
	struct p256_public public_key;
	struct p256_verifier verifier;
	struct signature signature;
	struct buffer sealed, opened, wrapped;
	uint8_t *data;
} rig;

static void must(struct status s)
{
	if (!ok(s)) {
		fprintf(stderr, "bench_crypto: %s\n", status_name(s.code));
		exit(1);
	}
}

static double now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may be at work */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double once(void (*work)(size_t), size_t len)
{
	double start = now_ns(), passed;
	size_t count = 0;

	do {
		for (int i = 0; i < 16; i++)
			work(len);
		count += 16;
		passed = now_ns() - start;
	} while (passed < RUN_NS);
	return passed / (double)count;
}

static void measure(const char *name, void (*work)(size_t), size_t len)
{
	double best = 1e18;

	for (int run = 0; run < RUNS; run++) {
		double ns = once(work, len);

		best = ns < best ? ns : best;
	}
	printf("%-26s %9zu B %12.0f ns %12.0f /s", name, len, best, 1e9 / best);
	if (len >= 1024)
		printf(" %9.0f MB/s", (double)len * 1e3 / best);
	printf("\n");
}

static struct bytes data(size_t len)
{
	return bytes_of(rig.data, len);
}

static void raw_gcm(size_t len)
{
	static EVP_CIPHER_CTX *context;
	static uint8_t nonce[12];
	uint8_t tag[16];
	int written;

	if (context == NULL) {
		context = EVP_CIPHER_CTX_new();
		(void)EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), rig.key.bytes, NULL, NULL);
	}
	(void)EVP_EncryptInit_ex2(context, NULL, NULL, nonce, NULL);
	(void)EVP_EncryptUpdate(context, rig.sealed.bytes, &written, rig.data, (int)len);
	(void)EVP_EncryptFinal_ex(context, tag, &written);
	(void)EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag);
}

static void random_nonce(size_t len)
{
	uint8_t nonce[32];

	nonce_random(nonce, len);
}

static void xaes_seals(size_t len)
{
	must(xaes_seal_to(secret_key(&rig.key), data(32), data(len), rig.sealed.bytes));
}

static void xaes_opens(size_t len)
{
	must(xaes_open_to(secret_key(&rig.key), data(32), bytes_of(rig.sealed.bytes, len + XAES_OVERHEAD),
			  rig.opened.bytes));
}

static void chunked_seals(size_t len)
{
	rig.sealed.len = 0;
	must(chunked_seal(secret_key(&rig.key), data(64), data(len), &rig.sealed));
}

static void chunked_opens(size_t len)
{
	(void)len;
	rig.opened.len = 0;
	must(chunked_open(secret_key(&rig.key), data(64), buffer_bytes(&rig.sealed), &rig.opened));
}

static void sha256_hashes(size_t len)
{
	struct hash h;

	must(sha256(data(len), &h));
}

static void hmac_hashes(size_t len)
{
	struct hash h;

	must(hmac_sha256(secret_bytes(&rig.key), data(len), &h));
}

static void hkdf_expands(size_t len)
{
	uint8_t out[64];

	must(hkdf_sha256_expand(secret_bytes(&rig.key), data(24), out, len));
}

static void hpke_seals(size_t len)
{
	rig.wrapped.len = 0;
	must(hpke_seal(&rig.public_key, data(24), data(64), data(len), &rig.wrapped));
}

static void hpke_opens(size_t len)
{
	AUTO(secret) out = {0};

	(void)len;
	must(hpke_open(&rig.scalar, data(24), data(64), buffer_bytes(&rig.wrapped), &out));
}

static void p256_signs(size_t len)
{
	must(p256_sign(&rig.scalar, data(len), &rig.signature));
}

static void p256_verifies(size_t len)
{
	must(p256_verify(&rig.public_key, data(len), &rig.signature));
}

static void p256_verifies_parsed(size_t len)
{
	must(p256_verifier_check(&rig.verifier, data(len), &rig.signature));
}

static void secret_lives(size_t len)
{
	AUTO(secret) s = {0};

	must(secret_new(len, &s));
}

static void set_up(void)
{
	must(crypto_setup());
	must(secret_new(32, &rig.key));
	must(p256_new(&rig.scalar, &rig.public_key));
	must(p256_verifier_new(&rig.public_key, &rig.verifier));
	rig.sealed.max = rig.opened.max = rig.wrapped.max = 4 * MIB;
	must(buffer_reserve(&rig.sealed, 2 * MIB));
	must(buffer_reserve(&rig.opened, 2 * MIB));
	rig.data = calloc(1, MIB);
	if (rig.data == NULL)
		exit(1);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*work)(size_t);
		size_t len;
	} rows[] = {
		{"raw AES-256-GCM", raw_gcm, 16384},
		{"random nonce", random_nonce, 24},
		{"xaes seal", xaes_seals, 64},
		{"xaes open", xaes_opens, 64},
		{"xaes seal", xaes_seals, 100},
		{"xaes open", xaes_opens, 100},
		{"xaes seal", xaes_seals, 256},
		{"xaes open", xaes_opens, 256},
		{"chunked seal", chunked_seals, 1024},
		{"chunked open", chunked_opens, 1024},
		{"chunked seal", chunked_seals, 65536},
		{"chunked open", chunked_opens, 65536},
		{"chunked seal", chunked_seals, MIB},
		{"chunked open", chunked_opens, MIB},
		{"sha256", sha256_hashes, 64},
		{"sha256", sha256_hashes, 1024},
		{"sha256", sha256_hashes, 65536},
		{"hmac", hmac_hashes, 64},
		{"hkdf expand", hkdf_expands, 32},
		{"hpke seal", hpke_seals, 32},
		{"hpke open", hpke_opens, 32},
		{"p256 sign", p256_signs, 256},
		{"p256 verify", p256_verifies, 256},
		{"p256 verify, parsed key", p256_verifies_parsed, 256},
		{"secret new and clear", secret_lives, 32},
	};

	set_up();
	for (size_t i = 0; i < COUNT(rows); i++)
		measure(rows[i].name, rows[i].work, rows[i].len);
	return 0;
}
