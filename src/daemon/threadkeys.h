/* SPDX-License-Identifier: Apache-2.0 */
/**
 * threadkeys: each thread's own connection to keyd, behind the tables of callbacks
 * that store and log ask for keys.
 *
 * A thread opens its connection when it first asks for a key, and keeps it until
 * threadkeys_end() or the end of everything.  There are as many as were started.
 */
#ifndef DAEMON_THREADKEYS_H
#define DAEMON_THREADKEYS_H

#include <stdatomic.h>

#include "keyring.h"
#include "log.h"
#include "store.h"

/* Connections beside those of the loops: the main thread's and the committer's. */
#define THREADKEYS_OTHERS 2

struct threadkeys {
	struct keyring_process process;
	struct keyring rings[KEYRING_CONNECTIONS_MAX];
	_Atomic size_t opened;
	struct secret token_key; /* ROW_TOKEN: makes look-up tokens; set before the loops run */
};

/** threadkeys_start(options, out): start keyd with options->connections; must not be moved afterwards. */
MUST_CHECK struct status threadkeys_start(const struct keyring_options *options, struct threadkeys *out);
/** threadkeys_stop(t): every thread has ended its use. */
void threadkeys_stop(struct threadkeys *t);

/** threadkeys_ring(t, out): the calling thread's connection; ST_UNREACHABLE when keyd is gone or all are taken. */
MUST_CHECK struct status threadkeys_ring(struct threadkeys *t, struct keyring **out);
/** threadkeys_end(t): the calling thread asks for no more keys. */
void threadkeys_end(struct threadkeys *t);

struct row_keys threadkeys_rows(struct threadkeys *t);
struct log_keys threadkeys_log(struct threadkeys *t);

#endif /* !DAEMON_THREADKEYS_H */
