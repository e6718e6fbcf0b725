/* SPDX-License-Identifier: Apache-2.0 */
#include "certifier.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "keywire.h"
#include "label.h"
#include "p256.h"

/* Clocks of those who connect may be behind ours. */
#define BACKDATED_SECONDS 3600
#define NAME_PART_MAX     64
#define EXTENSION_MAX     1024

struct pkey {
	EVP_PKEY *at;
};
static void pkey_clear(struct pkey *k)
{
	EVP_PKEY_free(k->at);
}
struct certificate {
	X509 *at;
};
static void certificate_clear(struct certificate *c)
{
	X509_free(c->at);
}

/* OpenSSL says yes with 1; its own words stay in its queue, which we empty. */
static struct status did(int result)
{
	if (result == 1)
		return OK;
	ERR_clear_error();
	return FAIL_AT(ST_NO_MEMORY, "certificate");
}

/* RFC 5915: version 1, the scalar, the curve's name, the public point. */
struct status certifier_new_key(struct secret *out)
{
	static const uint8_t before[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const uint8_t between[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
					  0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00};
	AUTO(secret) scalar = {0};
	AUTO(secret) der = {0};
	struct p256_public point;

	TRY(p256_new(&scalar, &point));
	TRY(secret_empty(sizeof before + scalar.len + sizeof between + sizeof point.bytes, &der));
	struct buffer b = BUFFER_OVER(der.bytes, der.len);
	TRY(buffer_put(&b, BYTES_OF(before)));
	TRY(buffer_put(&b, secret_bytes(&scalar)));
	TRY(buffer_put(&b, BYTES_OF(between)));
	TRY(buffer_put(&b, p256_public_bytes(&point)));
	*out = der;
	der = (struct secret){0};
	return OK;
}

static struct status read_key(const struct secret *der, struct pkey *out)
{
	const uint8_t *at = der->bytes;

	out->at = d2i_AutoPrivateKey(NULL, &at, (long)der->len);
	return out->at != NULL ? OK : did(0);
}

static struct status read_certificate(struct bytes der, struct certificate *out)
{
	const uint8_t *at = der.at;

	out->at = d2i_X509(NULL, &at, (long)der.len);
	return out->at != NULL ? OK : did(0);
}

static struct status append(const struct certificate *c, struct buffer *out)
{
	int len = i2d_X509(c->at, NULL);

	if (len <= 0)
		return did(0);
	TRY(buffer_reserve(out, (size_t)len));
	uint8_t *at = out->bytes + out->len;
	if (i2d_X509(c->at, &at) != len)
		return did(0);
	out->len += (size_t)len;
	return OK;
}

/* RFC 5280 section 4.1.2.2: positive, unique, at most 20 octets; 127 random bits. */
static struct status set_serial(X509 *x)
{
	uint8_t bytes[16];

	secret_random(bytes, sizeof bytes);
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	if (n == NULL)
		return did(0);
	ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
	BN_free(n);
	if (serial == NULL)
		return did(0);
	int set = X509_set_serialNumber(x, serial);
	ASN1_INTEGER_free(serial);
	return did(set);
}

static struct status set_times(X509 *x, uint64_t now_ms, unsigned days)
{
	time_t now = (time_t)(now_ms / 1000);

	if (ASN1_TIME_set(X509_getm_notBefore(x), now - BACKDATED_SECONDS) == NULL)
		return did(0);
	return did(ASN1_TIME_adj(X509_getm_notAfter(x), now, (int)days, 0) != NULL);
}

/* RFC 5280 appendix A.1 allows 64 characters; cut before a character that does not fit. */
static struct text name_part(struct text t)
{
	size_t len = t.len < NAME_PART_MAX ? t.len : NAME_PART_MAX;

	while (len < t.len && len > 0 && ((uint8_t)t.at[len] & 0xc0) == 0x80)
		len--;
	return (struct text){t.at, len};
}

static struct status add_name(X509_NAME *name, const char *part, struct text value)
{
	struct text cut = name_part(value);

	return did(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const uint8_t *)cut.at, (int)cut.len, -1, 0));
}

struct extension {
	int nid;
	const char *value;
};

static struct status add_extensions(X509 *issuer, X509 *x, const struct extension *list, size_t count)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < count; i++) {
		X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &context, list[i].nid, list[i].value);

		if (e == NULL)
			return did(0);
		int added = X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
		TRY(did(added));
	}
	return OK;
}

static struct status sign(X509 *x, const struct pkey *key)
{
	return did(X509_sign(x, key->at, EVP_sha256()) > 0);
}

static struct status begin(const struct pkey *key, uint64_t now_ms, unsigned days, struct certificate *out)
{
	out->at = X509_new();
	if (out->at == NULL)
		return did(0);
	TRY(did(X509_set_version(out->at, X509_VERSION_3)));
	TRY(set_serial(out->at));
	TRY(set_times(out->at, now_ms, days));
	return did(X509_set_pubkey(out->at, key->at));
}

/* What the CA may vouch for.  A kind of name that is not mentioned would be free
 * (RFC 5280 section 4.2.1.10), so every kind is: .invalid is nobody's (RFC 2606). */
static struct status put_constraints(const struct origin *o, struct buffer *b)
{
#define NO_IPV4 ",excluded;IP:0.0.0.0/0.0.0.0"
#define NO_IPV6 ",excluded;IP:::/::"
	if (origin_is_local(o))
		TRY(buffer_print(b, "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
				    "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	else if (o->kind == ORIGIN_NAME)
		TRY(buffer_print(b, "critical,permitted;DNS:%.*s" NO_IPV4 NO_IPV6, TEXT_ARG(o->host)));
	else if (o->kind == ORIGIN_IPV4)
		TRY(buffer_print(b, "critical,permitted;DNS:nothing.invalid,permitted;IP:%.*s/255.255.255.255" NO_IPV6,
				 TEXT_ARG(o->host)));
	else
		TRY(buffer_print(b,
				 "critical,permitted;DNS:nothing.invalid,"
				 "permitted;IP:%.*s/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" NO_IPV4,
				 TEXT_ARG(o->host)));
#undef NO_IPV4
#undef NO_IPV6
	return buffer_put_u8(b, 0);
}

static struct status put_names(const struct origin *o, struct buffer *b)
{
	if (origin_is_local(o))
		TRY(buffer_print(b, "DNS:localhost,IP:127.0.0.1,IP:::1"));
	else
		TRY(buffer_print(b, "%s:%.*s", o->kind == ORIGIN_NAME ? "DNS" : "IP", TEXT_ARG(o->host)));
	return buffer_put_u8(b, 0);
}

struct status certifier_ca(const struct secret *key, struct text site_name, const struct origin *origin,
			   uint64_t now_ms, struct buffer *out)
{
	AUTO(pkey) own = {0};
	AUTO(certificate) c = {0};
	AUTO(buffer) constraints = {.max = EXTENSION_MAX};
	AUTO(buffer) common = {.max = NAME_PART_MAX};
	uint32_t distinct;

	TRY(read_key(key, &own));
	TRY(begin(&own, now_ms, CERTIFIER_CA_DAYS, &c));
	/* Two sites of one name must not pass for one issuer. */
	secret_random(&distinct, sizeof distinct);
	TRY(buffer_print(&common, "Tacenda site CA %08x", distinct));
	X509_NAME *name = X509_get_subject_name(c.at);
	TRY(add_name(name, "O", site_name));
	TRY(add_name(name, "CN", text_from(buffer_bytes(&common))));
	TRY(did(X509_set_issuer_name(c.at, name)));
	TRY(put_constraints(origin, &constraints));
	const struct extension extensions[] = {
		{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
		{NID_key_usage, "critical,keyCertSign,cRLSign"},
		{NID_subject_key_identifier, "hash"},
		{NID_name_constraints, (const char *)constraints.bytes},
	};
	TRY(add_extensions(c.at, c.at, extensions, COUNT(extensions)));
	TRY(sign(c.at, &own));
	return append(&c, out);
}

struct status certifier_server(const struct certifier *ca, const struct secret *key, const struct origin *origin,
			       uint64_t now_ms, struct buffer *out)
{
	AUTO(pkey) own = {0};
	AUTO(pkey) issuer_key = {0};
	AUTO(certificate) issuer = {0};
	AUTO(certificate) c = {0};
	AUTO(buffer) names = {.max = EXTENSION_MAX};

	TRY(read_key(key, &own));
	TRY(read_key(ca->key, &issuer_key));
	TRY(read_certificate(ca->certificate, &issuer));
	TRY(begin(&own, now_ms, CERTIFIER_SERVER_DAYS, &c));
	TRY(did(X509_set_issuer_name(c.at, X509_get_subject_name(issuer.at))));
	/* An address there would be taken for a host name, which the CA may not vouch for. */
	bool named = origin->kind == ORIGIN_NAME && origin->host.len <= NAME_PART_MAX;
	TRY(add_name(X509_get_subject_name(c.at), "CN", named ? origin->host : TEXT("Tacenda server")));
	TRY(put_names(origin, &names));
	const struct extension extensions[] = {
		{NID_basic_constraints, "critical,CA:FALSE"},
		{NID_key_usage, "critical,digitalSignature"},
		{NID_ext_key_usage, "serverAuth"},
		{NID_subject_key_identifier, "hash"},
		{NID_authority_key_identifier, "keyid:always"},
		{NID_subject_alt_name, (const char *)names.bytes},
	};
	TRY(add_extensions(issuer.at, c.at, extensions, COUNT(extensions)));
	TRY(sign(c.at, &issuer_key));
	return append(&c, out);
}
