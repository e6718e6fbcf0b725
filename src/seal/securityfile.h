/* SPDX-License-Identifier: Apache-2.0 */
/**
 * securityfile: what makes a person a person to the site (docs/FORMATS.md section
 * 2, PROMISES#K7): two private keys and the last checkpoint seen, sealed under a
 * random file key; each slot seals the file key under a passphrase.
 *
 * Invariants
 * 1. A private key leaves this file only as a struct secret; it is in no buffer.
 * 2. Nothing is derived before every field was found within its bounds, so a
 *    hostile file costs neither memory nor time.
 * 3. Public part, slots and sealed part belong together: a piece of another file,
 *    or of an older one with other keys, is refused.
 *
 * Statuses: ST_UNPROVEN means that no slot opens with this passphrase and the file
 * is whole; ST_CORRUPT that the file is damaged or its pieces do not belong
 * together; ST_INVALID that it is of another format or asks for a cost out of bounds.
 */
#ifndef SEAL_SECURITYFILE_H
#define SEAL_SECURITYFILE_H

#include "id.h"
#include "limits.h"
#include "origin.h"
#include "p256.h"
#include "securityslot.h"

/* A chain of one certificate; RSA of 4096 bits with many names is about 2 KiB. */
#define SECURITYFILE_CA_MAX 8192
#define SECURITYFILE_SLOTS  8
/* Everything at its longest, base64 and JSON included, is under 20 KiB. */
#define SECURITYFILE_MAX        ((size_t)32 * 1024)
#define SECURITYFILE_PUBLIC_MAX (SECURITYFILE_CA_MAX + 640)
/* Header of chunked encryption, the private part of 120 bytes, tag. */
#define SECURITYFILE_SEALED 192

/** Whom the file is for; views. */
struct securityfile_person {
	struct hash site; /* fingerprint */
	struct text origin;
	struct bytes ca; /* DER of the site's own CA, or empty */
	struct user_id user;
	struct text login;
	struct p256_public hpke_key, sign_key;
};

/** The last checkpoint that the person's client verified. */
struct securityfile_pin {
	uint64_t size; /* 0: none yet, root zero */
	struct hash root;
};

/** What the file opens to; `{ 0 }` is empty. */
struct securityfile_keys {
	struct secret file_key, hpke_private, sign_private;
	struct securityfile_pin pin;
};
void securityfile_keys_clear(struct securityfile_keys *k);

/** A whole file, locked; nothing in it is secret.  `{ 0 }` is empty. */
struct securityfile {
	struct buffer public_part; /* what ${person} looks into */
	struct securityfile_person person;
	struct securityslot slots[SECURITYFILE_SLOTS];
	size_t slot_count;
	uint8_t sealed[SECURITYFILE_SEALED];
};
void securityfile_clear(struct securityfile *f);

/**
 * securityfile_new(person, pin, file, keys):
 * Two new pairs and a file without a slot; person->hpke_key and sign_key are not
 * read.  Add a slot before saving it.
 */
MUST_CHECK struct status securityfile_new(const struct securityfile_person *person, const struct securityfile_pin *pin,
					  struct securityfile *file, struct securityfile_keys *keys);
/** securityfile_parse(json, out): see the statuses above. */
MUST_CHECK struct status securityfile_parse(struct bytes json, struct securityfile *out);
/** securityfile_print(file, out): append the JSON; ST_INVALID without a slot, for nothing could ever open it. */
MUST_CHECK struct status securityfile_print(const struct securityfile *file, struct buffer *out);

/** securityfile_open(file, passphrase, keys): with whichever slot it opens. */
MUST_CHECK struct status securityfile_open(const struct securityfile *file, struct bytes passphrase,
					   struct securityfile_keys *keys);
/** securityfile_open_with(file, file_key, keys): the same by the file key; ST_CORRUPT. */
MUST_CHECK struct status securityfile_open_with(const struct securityfile *file, const struct secret *file_key,
						struct securityfile_keys *keys);

/** securityfile_add_slot(file, keys, passphrase, cost): one more way to open it.  ST_TOO_MANY; ST_INVALID for the cost.
 */
MUST_CHECK struct status securityfile_add_slot(struct securityfile *file, const struct securityfile_keys *keys,
					       struct bytes passphrase, struct argon2_cost cost);
/** securityfile_change(file, old, new, cost): the slot that ${old} opens becomes one for ${new}; ST_UNPROVEN. */
MUST_CHECK struct status securityfile_change(struct securityfile *file, struct bytes old_passphrase,
					     struct bytes new_passphrase, struct argon2_cost cost);
/**
 * securityfile_pin(file, keys, pin):
 * Seal the private part again with ${pin}.  A pin never goes back: a smaller one
 * than keys->pin changes nothing and is OK; ST_CORRUPT (what: "checkpoint") when
 * the same size comes with another root, for then the log has forked (PROMISES#B2).
 */
MUST_CHECK struct status securityfile_pin(struct securityfile *file, struct securityfile_keys *keys,
					  const struct securityfile_pin *pin);

#endif /* !SEAL_SECURITYFILE_H */
