/* SPDX-License-Identifier: Apache-2.0 */
/**
 * pins: how far this person's client has followed the chains of the log that it
 * reads: its own, and that of each patient file it opened.  What was seen once
 * cannot be taken back (PROMISES#B2).
 *
 * Kept sealed in the cache, spread over 256 files by the last byte of the id.  Two
 * commands at once may lose one's last step: the older pin stays, and is as true.
 * A home without them begins anew, as a new computer does.
 */
#ifndef CLIENT_PINS_H
#define CLIENT_PINS_H

#include "id.h"
#include "shown.h"

/** Whose chain. */
enum pin_kind { PIN_ACTOR = 0, PIN_PATIENT = 1 };

/** `{ 0 }`: nothing was seen yet. */
struct pin {
	/* The newest leaf seen in the chain; its link (leaf_link()) is zero when none was. */
	uint64_t sequence, index;
	struct hash link;
	struct shown shown; /* statements of a patient file; its size is not kept */
	struct hash own;    /* name of this person's newest statement about the file; zero: none */
};
/**
 * pin_compare(pin, index, sequence):
 * ST_CORRUPT ("withheld") when a leaf with this index cannot have this place in the
 * chain: there are two histories of it.
 */
MUST_CHECK struct status pin_compare(const struct pin *pin, uint64_t index, uint64_t sequence);

struct site;
struct pins;
/** pins_get(site, kind, id, out): an empty pin when there is none, or when the cache is damaged. */
MUST_CHECK struct status pins_get(struct site *site, enum pin_kind kind, const struct uuid *id, struct pin *out);
/** pins_put(site, kind, id, pin): in memory, until pins_save(). */
MUST_CHECK struct status pins_put(struct site *site, enum pin_kind kind, const struct uuid *id, const struct pin *pin);
/** pins_save(site): write what changed. */
MUST_CHECK struct status pins_save(struct site *site);
/** pins_free(p): NULL is fine. */
void pins_free(struct pins *p);

#endif /* !CLIENT_PINS_H */
