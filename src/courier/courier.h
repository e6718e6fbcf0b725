/* SPDX-License-Identifier: Apache-2.0 */
/**
 * courier: takes orders, one packet each, has each carried by a process of its own, and
 * answers.
 *
 * 1. Whatever a receiver sends is read by that process alone, which holds one order, the
 *    two secrets of delivery, and nothing of the vault.
 * 2. It neither takes orders nor answers them: it says of its own whether it went, over
 *    a pipe that it shares with nobody; the number of the answer is not its to say.
 * 3. Every order is answered once, whatever becomes of that process, which is ended
 *    when it takes too long.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "carry.h"

/** Orders being carried at once. */
#define COURIER_AT_ONCE 4

/** A try ends by itself after a minute. */
#define COURIER_MOST_MS 75000

/** The number of an answer about every order that was not answered yet. */
#define COURIER_ALL 0

/** When a courier last showed life, monotonic ms. */
typedef _Atomic uint64_t courier_beat;

struct courier_work {
	carry_order *carry;
	const struct carry_secrets *secrets;
	uint64_t most_ms;   /* an order's process that takes longer is ended */
	courier_beat *beat; /* written every five seconds at least; NULL: nobody watches */
};
/** courier_run(fd, work): until the other end of ${fd} is closed. */
MUST_CHECK struct status courier_run(int fd, const struct courier_work *work);

#endif /* !COURIER_COURIER_H */
