/* SPDX-License-Identifier: Apache-2.0 */
/**
 * delivering: notices and leaves of the log on their way beyond the product.  What is
 * to go stands in rows, so no request waits for it and no crash forgets it; the courier
 * carries it; what became of it is a leaf.  The main thread's.
 */
#ifndef DAEMON_DELIVERING_H
#define DAEMON_DELIVERING_H

#include "courierlink.h"
#include "delivery.h"
#include "logread.h"

#define DELIVERING_AT_ONCE 8
/* The courier carries four at once, 75 s each at most: of eight and the leaves the last has its answer by then. */
#define DELIVERING_MOST_MS 240000ull
#define DELIVERING_SILENT  "the courier did not answer"

struct delivering_flight {
	uint64_t number; /* 0: free */
	uint64_t begun;  /* monotonic ms */
	struct delivery delivery;
};
struct delivering {
	struct courierlink courier;
	uint64_t number, seen; /* of the last order; of the newest notice that was looked at */
	struct delivering_flight flights[DELIVERING_AT_ONCE];
	struct logread *log;
	struct {
		uint64_t number; /* of the order under way; 0: none */
		uint64_t begun, to, due, tries;
		bool told;
	} leaves;
};

struct serving;
/** delivering_start(s): the courier; without its program everything else works, and that is said. */
void delivering_start(struct serving *s);
void delivering_clear(struct delivering *d);
/** delivering_run(s): what is new, what is due. */
MUST_CHECK struct status delivering_run(struct serving *s);
/** delivering_hear(s): what the courier says. */
void delivering_hear(struct serving *s);

/** delivering_order(s, way, w, number): the head of an order, and the array of its items begun. */
struct jsonwriter;
void delivering_order(struct serving *s, enum order_way way, struct jsonwriter *w, uint64_t *number);

/* deliveringlog.c: leaves. */
MUST_CHECK struct status deliveringlog_run(struct serving *s);
/** deliveringlog_hear(s, answer): true when it is about leaves. */
bool deliveringlog_hear(struct serving *s, const struct order_answer *answer);

/** delivering_words(out, before, way, why): a sentence, cut to its room. */
#define DELIVERING_WORDS_MAX 160
void delivering_words(char out[DELIVERING_WORDS_MAX], const char *before, const char *way, struct text why);

#endif /* !DAEMON_DELIVERING_H */
