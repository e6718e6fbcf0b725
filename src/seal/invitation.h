/* SPDX-License-Identifier: Apache-2.0 */
/**
 * invitation: the one line of text that a new person is given (docs/FORMATS.md
 * section 2).  Its secret gives the one-time pair that signs the person's keys, so
 * neither server nor database can enrol a key (PROMISES#B3); the server sees the
 * signed invitation with the public half only.
 *
 * The text form holds the secret: it stays in a struct secret or a wiping buffer.
 */
#ifndef SEAL_INVITATION_H
#define SEAL_INVITATION_H

#include "origin.h"
#include "p256.h"

/* Origin, "/enrol#", and base64url of 121 bytes. */
#define INVITATION_TEXT_MAX (ORIGIN_MAX + 7 + 162)

struct invitation {
	struct secret seed; /* 16 bytes */
	char origin[ORIGIN_MAX + 1];
	struct hash site; /* fingerprint */
	uint64_t pin_size;
	struct hash pin_root;
	bool has_ca;
	struct hash ca; /* SHA-256 of the site's own CA certificate (DER) */
};
void invitation_clear(struct invitation *i);

/** What the code says besides its secret. */
struct invitation_site {
	struct text origin;
	struct hash site;
	uint64_t pin_size;
	struct hash pin_root;
	const struct hash *ca; /* NULL for a certificate that everybody's computer knows */
};
/** invitation_new(site, out): with a new secret.  ST_INVALID (what: "origin", "invitation pin"). */
MUST_CHECK struct status invitation_new(const struct invitation_site *site, struct invitation *out);
/** invitation_pair(i, private, public): the one-time pair. */
MUST_CHECK struct status invitation_pair(const struct invitation *i, struct secret *private_key,
					 struct p256_public *public_key);
/** invitation_print(i, out): append the code without a line end; ${out} must wipe. */
MUST_CHECK struct status invitation_print(const struct invitation *i, struct buffer *out);
/**
 * invitation_parse(code, out):
 * The whole of ${code} or nothing.  ST_INVALID (what: "invitation", "invitation
 * version", "invitation pin", "origin"); nothing is repaired, trimmed or guessed.
 */
MUST_CHECK struct status invitation_parse(struct text code, struct invitation *out);

#endif /* !SEAL_INVITATION_H */
