/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

/* A PEM file past this is not one of ours. */
#define PEM_MAX      ((size_t)256 * 1024)
#define RSA_BITS_MIN 2048
#define CHAIN_MAX    8

void credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	X509_free(c->certificate);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
	free(c);
}

static struct status read_all(int fd, struct buffer *out)
{
	for (;;) {
		TRY(buffer_reserve(out, 4096));
		ssize_t n = read(fd, out->bytes + out->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL_AT(ST_IO, "certificate file");
		if (n == 0)
			return OK;
		out->len += (size_t)n;
	}
}

/* An operator's certificate may be a link (ACME clients make them so). */
static struct status read_file(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return FAIL_AT(errno == ENOENT ? ST_NOT_FOUND : ST_IO, "certificate file");
	struct status s = read_all(fd, out);
	close(fd);
	return s;
}

static struct status add_chain(BIO *pem, struct credentials *c)
{
	X509 *one;

	while ((one = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(c->chain) >= CHAIN_MAX || sk_X509_push(c->chain, one) == 0) {
			X509_free(one);
			return FAIL_AT(ST_TOO_BIG, "certificate chain");
		}
	}
	/* The end of the text is no error; anything else is. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return FAIL_AT(ST_INVALID, "certificate chain");
	ERR_clear_error();
	return OK;
}

static struct status parse_certificates(struct bytes pem, bool leaf_first, struct credentials *c)
{
	BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);

	if (bio == NULL)
		return FAIL(ST_NO_MEMORY);
	if (leaf_first)
		c->certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	struct status s = c->certificate == NULL ? FAIL_AT(ST_INVALID, "certificate") : add_chain(bio, c);
	BIO_free(bio);
	return s;
}

/* Never ask a terminal for the passphrase of a key. */
static int no_passphrase(char *out, int max, int writing, void *context)
{
	(void)out, (void)max, (void)writing, (void)context;
	return -1;
}

static struct status parse_key(struct bytes pem, struct credentials *c)
{
	BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);

	if (bio == NULL)
		return FAIL(ST_NO_MEMORY);
	c->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return c->key != NULL ? OK : FAIL_AT(ST_INVALID, "private key");
}

static struct status load(struct bytes given, const char *path, struct buffer *file, struct bytes *out)
{
	if (given.len > 0) {
		if (given.len > PEM_MAX)
			return FAIL_AT(ST_TOO_BIG, "certificate");
		*out = given;
		return OK;
	}
	if (path == NULL)
		return FAIL_AT(ST_INVALID, "certificate and key are needed");
	TRY(read_file(path, file));
	*out = buffer_bytes(file);
	return OK;
}

static struct status load_parts(const struct net_identity *identity, struct credentials *c)
{
	AUTO(buffer) certificate = {.max = PEM_MAX};
	AUTO(buffer) chain = {.max = PEM_MAX};
	AUTO(buffer) key = {.max = PEM_MAX, .wipe = true};
	struct bytes pem;

	TRY(load(identity->certificate, identity->certificate_path, &certificate, &pem));
	TRY(parse_certificates(pem, true, c));
	if (identity->chain_path != NULL) {
		TRY(read_file(identity->chain_path, &chain));
		TRY(parse_certificates(buffer_bytes(&chain), false, c));
	}
	TRY(load(identity->key, identity->key_path, &key, &pem));
	return parse_key(pem, c);
}

static struct status check_curve(const EVP_PKEY *key)
{
	char group[64];
	size_t len;

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &len) != 1)
		return FAIL_AT(ST_INVALID, "key curve");
	struct text name = {group, len};
	if (!text_equal(name, TEXT("prime256v1")) && !text_equal(name, TEXT("secp384r1")))
		return FAIL_AT(ST_INVALID, "key is on a curve other than P-256 and P-384");
	return OK;
}

/* PROMISES#K3: a weak key makes every suite weak. */
static struct status check(const struct credentials *c)
{
	if (X509_check_private_key(c->certificate, c->key) != 1)
		return FAIL_AT(ST_INVALID, "key does not belong to the certificate");
	switch (EVP_PKEY_get_base_id(c->key)) {
	case EVP_PKEY_RSA:
		if (EVP_PKEY_get_bits(c->key) < RSA_BITS_MIN)
			return FAIL_AT(ST_INVALID, "RSA key shorter than 2048 bits");
		return OK;
	case EVP_PKEY_EC:
		return check_curve(c->key);
	default:
		return FAIL_AT(ST_INVALID, "key is neither ECDSA nor RSA");
	}
}

struct status credentials_load(const struct net_identity *identity, struct credentials **out)
{
	struct credentials *c = calloc(1, sizeof *c);

	if (c == NULL)
		return FAIL(ST_NO_MEMORY);
	c->chain = sk_X509_new_null();
	struct status s = c->chain != NULL ? load_parts(identity, c) : FAIL(ST_NO_MEMORY);
	if (ok(s))
		s = check(c);
	ERR_clear_error();
	if (!ok(s)) {
		credentials_free(c);
		return s;
	}
	*out = c;
	return OK;
}
