/* SPDX-License-Identifier: Apache-2.0 */
/**
 * deadline: what must happen by when, in one loop.
 *
 * Every deadline of a kind lasts equally long, so a list in order of arming is in
 * order of falling due: arming and disarming cost a few stores, whatever the number.
 */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum deadline_kind {
	DEADLINE_HANDSHAKE, /* TLS must be up */
	DEADLINE_HEAD,      /* a request head must be complete */
	DEADLINE_REST,      /* nothing happens: memory kept for speed goes */
	DEADLINE_IDLE,      /* a next request must begin; follows a rest */
	DEADLINE_STALL,     /* a body must move on */
	DEADLINE_LINGER,    /* the peer must have read our last answer */
	DEADLINE_GRACE,     /* while draining: a request already on its way may arrive */
	DEADLINE_KINDS
};

/** Part of what has the deadline.  { 0 } is not armed. */
struct deadline {
	struct deadline *next, *previous;
	uint64_t at; /* monotonic ms */
	uint8_t kind;
};

struct deadlines {
	struct deadline lists[DEADLINE_KINDS]; /* rings; the oldest is next */
	uint64_t span[DEADLINE_KINDS];         /* ms */
};

void deadlines_setup(struct deadlines *all, const uint64_t span[static DEADLINE_KINDS]);
/** deadline_arm(all, d, kind, now): due at ${now} plus the span of its kind; an armed one moves. */
void deadline_arm(struct deadlines *all, struct deadline *d, enum deadline_kind kind, uint64_t now);
void deadline_disarm(struct deadline *d);
static inline bool deadline_armed(const struct deadline *d)
{
	return d->next != NULL;
}
/** deadline_due(all, now): one that fell due, still armed; NULL when none did. */
struct deadline *deadline_due(struct deadlines *all, uint64_t now);
/** deadline_oldest(all, kind): NULL when none is armed; deadline_after() goes on. */
struct deadline *deadline_oldest(struct deadlines *all, enum deadline_kind kind);
struct deadline *deadline_after(struct deadlines *all, struct deadline *d);
/** deadline_wait(all, now): ms until the next falls due, rounded up to an int; -1 for never. */
int deadline_wait(const struct deadlines *all, uint64_t now);

#endif /* !NET_DEADLINE_H */
