/* SPDX-License-Identifier: Apache-2.0 */
/** couriersandbox: what the courier may do: resolve names, connect, and read the authorities it trusts. */
#ifndef COURIER_COURIERSANDBOX_H
#define COURIER_COURIERSANDBOX_H

#include "status.h"

/** couriersandbox_enter(): after what it needs was read; ST_DENIED. */
MUST_CHECK struct status couriersandbox_enter(void);

#endif /* !COURIER_COURIERSANDBOX_H */
