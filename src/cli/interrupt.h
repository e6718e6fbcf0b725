/* SPDX-License-Identifier: Apache-2.0 */
/**
 * interrupt: SIGINT, SIGTERM and SIGHUP as a question, for a command that has something
 * half made which must not be left behind (PROMISES#K7).  No handler: they are held back,
 * looked for, and at the end do what they always did.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/** interrupt_hold(): from now on they wait; before any further thread. */
void interrupt_hold(void);
/** interrupt_came(): whether one of them waits.  False for one that was ignored before, as under nohup. */
bool interrupt_came(void);
/** interrupt_release(): no longer held; one that waits ends the process here, as whoever sent it expects. */
void interrupt_release(void);

#endif /* !CLI_INTERRUPT_H */
