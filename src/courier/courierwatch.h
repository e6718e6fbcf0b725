/* SPDX-License-Identifier: Apache-2.0 */
/**
 * courierwatch: keeps a courier at work.
 *
 * Who gives the orders cannot start a program any more by then, so whoever watches is
 * forked first and does nothing else: it gives no order, reads no order, and meets no
 * receiver.  A courier that ended otherwise than because nobody asks any more, or that
 * shows no life, stopped by what it speaks to or for want of memory, is ended and begun
 * anew; who gives the orders is told, and asks again for what was not answered.
 */
#ifndef COURIER_COURIERWATCH_H
#define COURIER_COURIERWATCH_H

#include "courier.h"

/** A courier shows life every five seconds at least. */
#define COURIERWATCH_SILENT_MS 30000

/** courierwatch_run(fd, work, silent_ms): as courier_run(), with a courier that may end. */
MUST_CHECK struct status courierwatch_run(int fd, const struct courier_work *work, uint64_t silent_ms);

#endif /* !COURIER_COURIERWATCH_H */
