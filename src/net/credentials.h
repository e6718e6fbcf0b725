/* SPDX-License-Identifier: Apache-2.0 */
/**
 * credentials: a certificate, its chain and its key, checked to belong together and
 * to be strong enough.
 */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include <openssl/x509.h>

#include "net.h"

struct credentials {
	X509 *certificate;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

/**
 * credentials_load(identity, out):
 * ST_NOT_FOUND a missing file; ST_INVALID, naming what is wrong: not PEM, key of
 * another certificate, a key that is neither ECDSA P-256 / P-384 nor RSA of at least
 * 2048 bits.  The caller owns ${out}.
 */
MUST_CHECK struct status credentials_load(const struct net_identity *identity, struct credentials **out);
void credentials_free(struct credentials *c);

#endif /* !NET_CREDENTIALS_H */
