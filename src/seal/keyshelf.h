/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keyshelf: opened epoch keys in locked pages, each under a handle and together
 * with the place it is for.
 *
 * Whoever has a handle can have the key used for that place; no call gives the key
 * for another one, and none but the owner of the shelf sees its bytes.
 */
#ifndef SEAL_KEYSHELF_H
#define SEAL_KEYSHELF_H

#include "context.h"
#include "secret.h"

/* Keys on one shelf: two compartments of twice a page of patients.  128 KiB of locked memory. */
#define KEYSHELF_MAX 4096

/** Names a key on one shelf; 0 names none.  A handle is never used twice. */
struct epoch_handle {
	uint64_t value;
};

struct keyshelf_slot;
/** `{ 0 }` is a valid empty shelf. */
struct keyshelf {
	struct keyshelf_slot *slots;
	size_t capacity;
	struct secret pages[KEYSHELF_MAX / 128];
	uint32_t first_free; /* ${capacity}: none */
	uint32_t serial;     /* of the newest handle */
};
void keyshelf_clear(struct keyshelf *s);

/** keyshelf_put(s, place, key, out): ${s} keeps a copy.  ST_TOO_MANY past KEYSHELF_MAX. */
MUST_CHECK struct status keyshelf_put(struct keyshelf *s, const struct epoch_place *place, const struct key *key,
				      struct epoch_handle *out);
/** A key on the shelf, borrowed until the next put, drop or clear. */
struct keyshelf_key {
	const struct epoch_place *place;
	const struct key *key;
};
/** keyshelf_get(s, handle, out): ST_NOT_FOUND. */
MUST_CHECK struct status keyshelf_get(const struct keyshelf *s, struct epoch_handle handle, struct keyshelf_key *out);
/** keyshelf_drop(s, handle): wipe it; an unknown handle is fine. */
void keyshelf_drop(struct keyshelf *s, struct epoch_handle handle);

#endif /* !SEAL_KEYSHELF_H */
