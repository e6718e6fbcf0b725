/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an operator's certificate.  In the input, bytes 1 to 3 stand for the text of a certificate, of its key
 * in its own form and in PKCS 8, which no mutation would find. */
#include <openssl/pem.h>

#include "net.h"
#include "pem.h"
#include "secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FILE_MAX ((size_t)1 << 20)

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* --- What the input stands on --- */

enum { CERTIFICATE, KEY, KEY_PKCS8, BODIES };
static struct buffer bodies[BODIES];

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *made = X509_new();

	demand(made != NULL && X509_set_version(made, 2) == 1);
	demand(ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1);
	demand(X509_gmtime_adj(X509_getm_notBefore(made), 0) != NULL);
	demand(X509_gmtime_adj(X509_getm_notAfter(made), 86400) != NULL);
	demand(X509_set_pubkey(made, key) == 1);
	demand(X509_sign(made, key, EVP_sha256()) > 0);
	return made;
}

static void keep(int which, unsigned char *der, int len)
{
	bodies[which].max = FILE_MAX;
	demand(len > 0 && ok(text_put_base64(&bodies[which], bytes_of(der, (size_t)len))));
	OPENSSL_free(der);
}

static void setup(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	demand(key != NULL && ok(secret_setup()));
	X509 *certificate = make_certificate(key);
	PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int len;

	demand(pkcs8 != NULL);
	len = i2d_X509(certificate, &der);
	keep(CERTIFICATE, der, len);
	der = NULL;
	len = i2d_PrivateKey(key, &der);
	keep(KEY, der, len);
	der = NULL;
	len = i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der);
	keep(KEY_PKCS8, der, len);
	PKCS8_PRIV_KEY_INFO_free(pkcs8);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* --- What is tried --- */

static bool open_bodies(struct bytes input, struct buffer *out)
{
	for (size_t i = 0; i < input.len; i++) {
		const uint8_t c = input.at[i];
		struct status s =
			c >= 1 && c <= BODIES ? buffer_put(out, buffer_bytes(&bodies[c - 1])) : buffer_put_u8(out, c);
		if (!ok(s))
			return false;
	}
	return true;
}

static struct status check(struct bytes certificate, struct bytes key)
{
	return net_check(&(struct net_identity){.certificate = certificate, .key = key});
}

/** What is read is read again as the very same out of what is written; whatever either is worth to a server. */
static void try_pair(struct bytes file)
{
	AUTO(pem_pair) pair = {0};
	AUTO(pem_pair) again = {0};
	AUTO(buffer) certificate = {.max = PEM_PUT_MAX};
	AUTO(buffer) key = {.max = PEM_PUT_MAX};

	if (!ok(pem_pair_read(text_from(file), text_from(file), &pair)))
		return;
	demand(pair.parts.count >= 1 && pair.parts.count <= KEYWIRE_CHAIN_MAX);
	demand(ok(pem_put_chain(&pair.parts, &certificate, &key)));
	demand(ok(pem_pair_read(text_from(buffer_bytes(&certificate)), text_from(buffer_bytes(&key)), &again)));
	demand(again.parts.count == pair.parts.count && bytes_equal(again.parts.private_key, pair.parts.private_key));
	for (size_t i = 0; i < pair.parts.count; i++)
		demand(bytes_equal(again.parts.certificates[i], pair.parts.certificates[i]));
	struct status given = check(file, file), served = check(buffer_bytes(&certificate), buffer_bytes(&key));
	(void)given;
	(void)served;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buffer) file = {.max = PEM_MAX};

	if (bodies[0].len == 0)
		setup();
	if (open_bodies(bytes_of(data, len), &file))
		try_pair(buffer_bytes(&file));
	return 0;
}
