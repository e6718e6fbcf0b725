/* SPDX-License-Identifier: Apache-2.0 */
/**
 * slots: the ways to open the root key, each of which alone unseals
 * (docs/FORMATS.md section 5).  The root key opens night files, nothing else.
 *
 * Invariants:
 *  1. The root key is on no disk but sealed in a slot.
 *  2. There is always at least one slot.
 *  3. What changes the slots is durable before it counts in memory.
 */
#ifndef KEYD_SLOTS_H
#define KEYD_SLOTS_H

#include "keywire.h"
#include "os.h"
#include "secret.h"
#include "xaes.h"

/* Argon2id of a new passphrase slot: 128 MiB, 3 passes (RFC 9106 section 4
 * scaled to one lane): a third of a second once a start. */
#define SLOTS_MEMORY (128u << 20)
#define SLOTS_PASSES 3
/* The file: eight slots of less than half a KiB. */
#define SLOTS_FILE_MAX ((size_t)16 * 1024)

struct slot {
	enum slot_kind kind;
	uint64_t made;           /* ms since 1970 */
	uint32_t memory, passes; /* 0 for a key file */
	uint8_t salt[16];
	uint8_t sealed[32 + XAES_OVERHEAD];
};
/** `{ 0 }` is empty.  No secret in it. */
struct slots {
	struct hash root; /* tells whether an opened root key is this one */
	struct slot list[KEYWIRE_SLOTS_MAX];
	size_t count;
};

/** slots_parse(bytes, out): ST_CORRUPT (REASON_SLOTS_DAMAGED), ST_CONFLICT (REASON_NEWER), ST_NO_MEMORY. */
MUST_CHECK struct status slots_parse(struct bytes bytes, struct slots *out);
/** slots_load(os, dir, out): the same from the file; ST_NOT_FOUND (REASON_SLOTS_MISSING). */
MUST_CHECK struct status slots_load(const struct os *os, int dir, struct slots *out);
/** slots_save(os, dir, s): durable. */
MUST_CHECK struct status slots_save(const struct os *os, int dir, const struct slots *s);

/** slots_begin(root, proof, ms, out): the first slot of a new root key; nothing is written. */
MUST_CHECK struct status slots_begin(const struct secret *root, const struct keywire_proof *proof, uint64_t ms,
				     struct slots *out);
/** slots_open(s, proof, root): ${root} becomes the root key; ST_UNPROVEN (REASON_SECRET), ST_CORRUPT. */
MUST_CHECK struct status slots_open(const struct slots *s, const struct keywire_proof *proof, struct secret *root);
/** slots_add(s, root, proof, ms): one more in memory; ST_CONFLICT (REASON_SLOTS_FULL). */
MUST_CHECK struct status slots_add(struct slots *s, const struct secret *root, const struct keywire_proof *proof,
				   uint64_t ms);
/** slots_remove(s, index): in memory; ST_NOT_FOUND (REASON_NO_SLOT), ST_CONFLICT (REASON_LAST_SLOT). */
MUST_CHECK struct status slots_remove(struct slots *s, size_t index);

#endif /* !KEYD_SLOTS_H */
