/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate.h"

#include "pem.h"

#define CHAIN_PEM_MAX   262144
#define PRIVATE_PEM_MAX 65536

void certificate_clear(struct certificate *c)
{
	buffer_clear(&c->chain);
	buffer_clear(&c->private_key);
	buffer_clear(&c->ca);
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
		TRY(pem_put("CERTIFICATE", buffer_bytes(&identity->chain[i]), &out->chain));
	TRY(pem_put_key(private_key, &out->private_key));
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
