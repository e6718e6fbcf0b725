/* SPDX-License-Identifier: Apache-2.0 */
/** pem: binary values as text between labels (RFC 7468), and a certificate with its key out of such text. */
#ifndef DAEMON_PEM_H
#define DAEMON_PEM_H

#include "keywire.h"
#include "text.h"

/** A file of them. */
#define PEM_MAX 65536
/** What pem_put_chain() makes of a chain or a key that keyd keeps: 64 characters for 48 bytes, line ends and labels. */
#define PEM_PUT_MAX (2 * (size_t)PEM_MAX)

/** pem_put_certificate(der, out): append one. */
MUST_CHECK struct status pem_put_certificate(struct bytes der, struct buffer *out);
/**
 * pem_put_chain(chain, certificates, key):
 * Append its certificates, the server's own first, and its private key under the label of its form, for
 * pem_pair_read() and net_check().  PEM_PUT_MAX is room for either; ${key} should be wiped.
 */
MUST_CHECK struct status pem_put_chain(const struct keywire_chain *chain, struct buffer *certificates,
				       struct buffer *key);
/**
 * pem_next(rest, label, der):
 * Append what is in the next block of ${rest} whose label ends with ${label}; what
 * stands between blocks is passed over.  ST_NOT_FOUND: none is left; ST_INVALID: not
 * base64; ST_TOO_BIG past the ceiling of ${der}.
 */
MUST_CHECK struct status pem_next(struct text *rest, struct text label, struct buffer *der);

/** The server's own certificate, those that lead to its authority, and its key.  `{ 0 }` is empty. */
struct pem_pair {
	struct buffer key_der, chain_der[KEYWIRE_CHAIN_MAX];
	struct keywire_chain parts; /* views of them */
};
void pem_pair_clear(struct pem_pair *p);
/**
 * pem_pair_read(certificate, key, out):
 * Out of two files.  ${out} must be empty.  ST_INVALID, ST_TOO_BIG say what is wrong;
 * whether the two fit, and are strong enough, is for net_check().
 */
MUST_CHECK struct status pem_pair_read(struct text certificate, struct text key, struct pem_pair *out);

#endif /* !DAEMON_PEM_H */
