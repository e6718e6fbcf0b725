/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tlsidentity: the server's certificate and private key: made by the site's own
 * CA, or imported.  Keys are rows of the key store, the public part is the
 * vouched file `certificates`.
 *
 * Invariant: the file names the TLS key that counts; it is replaced only after
 * the new key is durable and before the old one is destroyed, so a crash leaves
 * a key too many, never one too few.  The next change removes it.
 */
#ifndef KEYD_TLSIDENTITY_H
#define KEYD_TLSIDENTITY_H

#include "certifier.h"
#include "keystore.h"
#include "vouched.h"

struct tlsidentity {
	enum tls_source source;
	uint64_t number;     /* of the TLS key */
	uint64_t made, ends; /* ms since 1970 */
	struct buffer ca;    /* DER; empty when imported */
	size_t count;
	struct buffer certificates[KEYWIRE_CHAIN_MAX]; /* DER, the server's first */
};
void tlsidentity_clear(struct tlsidentity *t);

/** What it works on; borrowed. */
struct tlsidentity_place {
	struct keystore *store;
	const struct vouched *vouched;
	const struct origin *origin;
};

/** tlsidentity_begin(vouched, ca, key, origin, now_ms): the file for TLS key 1, which is ${key}; durable. */
MUST_CHECK struct status tlsidentity_begin(const struct vouched *vouched, const struct certifier *ca,
					   const struct secret *key, const struct origin *origin, uint64_t now_ms);
/** tlsidentity_load(p, out): into a cleared ${out}; ST_CORRUPT (REASON_CERTIFICATES), also when its key is missing. */
MUST_CHECK struct status tlsidentity_load(const struct tlsidentity_place *p, struct tlsidentity *out);
/** tlsidentity_key(p, t, key): the server's private key, DER, in a new secret. */
MUST_CHECK struct status tlsidentity_key(const struct tlsidentity_place *p, const struct tlsidentity *t,
					 struct secret *key);
/** tlsidentity_renew(p, t, now_ms): a new key and certificate; ST_CONFLICT (REASON_IMPORTED).  On failure ${t} stays.
 */
MUST_CHECK struct status tlsidentity_renew(const struct tlsidentity_place *p, struct tlsidentity *t, uint64_t now_ms);
/** tlsidentity_import(p, t, chain, now_ms): what an authority outside issued; not looked into.  On failure ${t} stays.
 */
MUST_CHECK struct status tlsidentity_import(const struct tlsidentity_place *p, struct tlsidentity *t,
					    const struct keywire_chain *chain, uint64_t now_ms);

#endif /* !KEYD_TLSIDENTITY_H */
