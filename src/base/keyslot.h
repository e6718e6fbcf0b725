/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keyslot: a place for one short-lived key in locked, undumpable memory.
 *
 * A struct secret of its own costs two system calls a guard page: 16 us, as much as
 * sealing 64 KiB.  What lives for one request or one message takes a slot instead, in
 * a page of secret.h that it shares with others of its kind, as the keys of a struct
 * keycache do.  Pages are made when they are needed and kept; slots may be taken and
 * given back by any thread.
 */
#ifndef BASE_KEYSLOT_H
#define BASE_KEYSLOT_H

#include "secret.h"

/* A key and a nonce. */
#define KEYSLOT_LEN 48

/** `{0}` is none. */
struct keyslot {
	uint8_t *bytes; /* KEYSLOT_LEN of them */
};

/** keyslot_take(out): zero-filled; give it back with keyslot_clear().  ST_NO_MEMORY, also when all are taken. */
MUST_CHECK struct status keyslot_take(struct keyslot *out);
/** keyslot_clear(k): wipe and give back.  Clearing an empty one is fine. */
void keyslot_clear(struct keyslot *k);

static inline const struct key *keyslot_key(const struct keyslot *k)
{
	/* A key is bytes alone: no alignment, no padding. */
	return (const struct key *)(const void *)k->bytes;
}

#endif /* !BASE_KEYSLOT_H */
