/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate.h"

#define PEM_LINE        64
#define CHAIN_PEM_MAX   262144
#define PRIVATE_PEM_MAX 65536

void certificate_clear(struct certificate *c)
{
	buffer_clear(&c->chain);
	buffer_clear(&c->private_key);
	buffer_clear(&c->ca);
}

static struct status put_pem(const char *label, struct bytes der, struct buffer *out)
{
	AUTO(buffer) base64 = {.max = PRIVATE_PEM_MAX, .wipe = true};

	TRY(text_put_base64(&base64, der));
	TRY(buffer_print(out, "-----BEGIN %s-----\n", label));
	for (size_t at = 0; at < base64.len; at += PEM_LINE)
		TRY(buffer_print(out, "%.*s\n", (int)(base64.len - at < PEM_LINE ? base64.len - at : PEM_LINE),
				 (const char *)base64.bytes + at));
	return buffer_print(out, "-----END %s-----\n", label);
}

/** Behind the version stands in RFC 5915 the scalar, in RFC 8017 (A.1.2) a number, in RFC 5958 the algorithm. */
static const char *key_label(struct bytes der)
{
	/* The sequence's tag, its length, and the version, an integer of one byte. */
	const size_t version = der.len < 2 ? 0 : 2 + (size_t)(der.at[1] < 0x80 ? 0 : der.at[1] & 0x7f);

	if (version + 3 < der.len && der.at[version + 3] == 0x04)
		return "EC PRIVATE KEY";
	return version + 3 < der.len && der.at[version + 3] == 0x02 ? "RSA PRIVATE KEY" : "PRIVATE KEY";
}

static struct status take(const struct keyring_identity *identity, struct certificate *out)
{
	struct bytes private_key = secret_bytes(&identity->private_key);

	certificate_clear(out);
	*out = (struct certificate){.chain.max = CHAIN_PEM_MAX,
				    .private_key = {.max = PRIVATE_PEM_MAX, .wipe = true},
				    .ca.max = KEYWIRE_CERTIFICATE_MAX,
				    .ends = identity->ends};
	for (size_t i = 0; i < identity->count; i++)
		TRY(put_pem("CERTIFICATE", buffer_bytes(&identity->chain[i]), &out->chain));
	TRY(put_pem(key_label(private_key), private_key, &out->private_key));
	return buffer_put(&out->ca, buffer_bytes(&identity->ca));
}

struct status certificate_load(struct keyring *ring, struct certificate *out)
{
	AUTO(keyring_identity) identity = {0};

	TRY(keyring_tls_identity(ring, &identity));
	return take(&identity, out);
}

struct status certificate_renew(struct keyring *ring, struct certificate *out)
{
	AUTO(keyring_identity) identity = {0};

	TRY(keyring_tls_renew(ring, &identity));
	return take(&identity, out);
}

struct net_identity certificate_identity(const struct certificate *c)
{
	return (struct net_identity){.certificate = buffer_bytes(&c->chain), .key = buffer_bytes(&c->private_key)};
}
