/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate.h"

#include "pem.h"

void certificate_clear(struct certificate *c)
{
	buffer_clear(&c->chain);
	buffer_clear(&c->private_key);
	buffer_clear(&c->ca);
}

/** Views of it. */
static struct keywire_chain chain_of(const struct keyring_identity *identity)
{
	struct keywire_chain chain = {.private_key = secret_bytes(&identity->private_key), .count = identity->count};

	for (size_t i = 0; i < chain.count; i++)
		chain.certificates[i] = buffer_bytes(&identity->chain[i]);
	return chain;
}

static struct status take(const struct keyring_identity *identity, struct certificate *out)
{
	const struct keywire_chain chain = chain_of(identity);

	certificate_clear(out);
	*out = (struct certificate){.chain.max = PEM_PUT_MAX,
				    .private_key = {.max = PEM_PUT_MAX, .wipe = true},
				    .ca.max = KEYWIRE_CERTIFICATE_MAX,
				    .ends = identity->ends};
	TRY(pem_put_chain(&chain, &out->chain, &out->private_key));
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
