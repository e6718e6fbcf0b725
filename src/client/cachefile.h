/* SPDX-License-Identifier: Apache-2.0 */
/**
 * cachefile: what a person's computer keeps of the site so that the next command
 * fetches only what changed: one file of sealed blocks in `cache/` of the home.
 *
 * Form: "TCF2", random id of this save (16), count of blocks (4), then each block
 * sized and sealed under the person's own keys, its name "FILE/SAVE/INDEX/COUNT".  So a
 * block that is missing, moved, of another file or of another save does not open
 * (PROMISES#S2, PROMISES#K7): what was saved together is read together or not at all.
 * A cache is never the only copy: one that does not open is dropped and filled anew.
 */
#ifndef CLIENT_CACHEFILE_H
#define CLIENT_CACHEFILE_H

#include "keyholder.h"
#include "os.h"

/** Larger than the cache of 500,000 patients. */
#define CACHEFILE_MAX ((size_t)256 << 20)

struct cachefile {
	const struct os *os;
	int home;
	const struct keyholder *keys;
	const char *name; /* a literal: "directory", "patients" */
};

/** cachefile_load(c, out): all blocks, opened, one after the other; ST_NOT_FOUND; ST_CORRUPT.  ${out} must wipe. */
MUST_CHECK struct status cachefile_load(const struct cachefile *c, struct buffer *out);
/** cachefile_save(c, plain): replace it as a whole. */
MUST_CHECK struct status cachefile_save(const struct cachefile *c, struct bytes plain);

#endif /* !CLIENT_CACHEFILE_H */
