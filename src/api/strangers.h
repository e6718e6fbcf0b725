/* SPDX-License-Identifier: Apache-2.0 */
/**
 * strangers: refusals of people who are nobody here, counted by source so that they
 * cannot flood the log: STRANGERS_LEAVES leaves a source and minute, then one with a
 * count when the minute is over (docs/AUTHENTICATION.md section 5).  IPv6 counts by /64.
 *
 * Shared by the loops under a lock held for one look-up.
 */
#ifndef API_STRANGERS_H
#define API_STRANGERS_H

#include "address.h"

#define STRANGERS_LEAVES    20
#define STRANGERS_MINUTE_MS 60000
/* Sources remembered at once; past that the oldest minute makes room and its rest is uncounted. */
#define STRANGERS_SOURCES 4096

struct strangers;
MUST_CHECK struct status strangers_new(struct strangers **out);
void strangers_free(struct strangers *s);

/**
 * strangers_refused(s, source, now, log, rest):
 * ${log}: whether this refusal gets a leaf.  ${rest}: how many of the source's last
 * minute got none, to be told by this leaf.  ${now} is monotonic.
 */
void strangers_refused(struct strangers *s, const struct address *source, uint64_t now, bool *log, uint64_t *rest);

#endif /* !API_STRANGERS_H */
