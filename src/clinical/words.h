/* SPDX-License-Identifier: Apache-2.0 */
/** words: each text kept once and known by a number: an import meets the same reference ten thousand times. */
#ifndef CLINICAL_WORDS_H
#define CLINICAL_WORDS_H

#include "text.h"

/** `{ 0 }` is empty.  Texts may name a person, so all of it is wiped. */
struct words {
	struct buffer text;  /* the texts, one after the other */
	struct buffer spans; /* struct words_span of each */
	uint32_t *slots;     /* number + 1 by hash; 0: free */
	size_t slot_count, count;
};

/** words_put(w, t, out): the number of ${t}, from 0; ST_TOO_BIG, ST_NO_MEMORY. */
MUST_CHECK struct status words_put(struct words *w, struct text t, uint32_t *out);
/** words_find(w, t, out): false when it was never put. */
bool words_find(const struct words *w, struct text t, uint32_t *out);
/** words_at(w, number): good until the next words_put(). */
struct text words_at(const struct words *w, uint32_t number);
void words_clear(struct words *w);

#endif /* !CLINICAL_WORDS_H */
