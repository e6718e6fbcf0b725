/* SPDX-License-Identifier: Apache-2.0 */
/**
 * logline: one event of keyd on stderr: `time=... process=keyd event=... number=N
 * status=... what="..."`.  Literals of ours and numbers alone; there is no way to
 * print anything else.
 */
#ifndef KEYD_LOGLINE_H
#define KEYD_LOGLINE_H

#include <stdint.h>

#include "status.h"

/** logline_event(event, number, s): status and what only when ${s} is a failure. */
void logline_event(const char *event, uint64_t number, struct status s);

#endif /* !KEYD_LOGLINE_H */
