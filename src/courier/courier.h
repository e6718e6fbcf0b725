/* SPDX-License-Identifier: Apache-2.0 */
/**
 * courier: takes orders, one packet each, has each carried by a process of its own, and
 * answers.
 *
 * 1. Whatever a receiver sends is read by that process alone, which holds one order, the
 *    two secrets of delivery, and nothing of the vault.
 * 2. Every order is answered once, whatever becomes of that process.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "carry.h"

/** Orders being carried at once. */
#define COURIER_AT_ONCE 4

/** courier_run(fd, secrets): until the other end of ${fd} is closed. */
MUST_CHECK struct status courier_run(int fd, const struct carry_secrets *secrets);

#endif /* !COURIER_COURIER_H */
