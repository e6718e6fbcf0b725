/* SPDX-License-Identifier: Apache-2.0 */
/** serve: the connections of keyd and the one loop over them. */
#ifndef KEYD_SERVE_H
#define KEYD_SERVE_H

#include "keeper.h"

#define SERVE_CONNECTIONS_MAX 16

/** serve_run(k, fds, count): until the last connection has ended; closes ${fds}. */
MUST_CHECK struct status serve_run(struct keeper *k, const int *fds, size_t count);

#endif /* !KEYD_SERVE_H */
