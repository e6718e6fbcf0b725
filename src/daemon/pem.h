/* SPDX-License-Identifier: Apache-2.0 */
/** pem: binary values as text between labels (RFC 7468), and a certificate with its key out of such text. */
#ifndef DAEMON_PEM_H
#define DAEMON_PEM_H

#include "keywire.h"
#include "text.h"

/** A file of them. */
#define PEM_MAX 65536

/** pem_put(label, der, out): append one block, 64 characters a line. */
MUST_CHECK struct status pem_put(const char *label, struct bytes der, struct buffer *out);
/** pem_put_key(der, out): append a private key under the label that its form has. */
MUST_CHECK struct status pem_put_key(struct bytes der, struct buffer *out);
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
