/* SPDX-License-Identifier: Apache-2.0 */
/**
 * threadkeys: each thread's own connection to keyd, behind the tables of callbacks
 * that store and log ask for keys.
 *
 * Thread 0 is the main one, 1 the committer, then the loops.  A thread that has not
 * begun gets no key.
 */
#ifndef DAEMON_THREADKEYS_H
#define DAEMON_THREADKEYS_H

#include "keyring.h"
#include "log.h"
#include "store.h"

enum { THREADKEYS_MAIN, THREADKEYS_COMMITTER, THREADKEYS_LOOPS };

struct threadkeys {
	struct keyring_process process;
	struct keyring rings[KEYRING_CONNECTIONS_MAX];
	struct secret token_key; /* ROW_TOKEN: makes look-up tokens; set before the loops run */
};

/** threadkeys_start(options, out): start keyd with options->connections; must not be moved afterwards. */
MUST_CHECK struct status threadkeys_start(const struct keyring_options *options, struct threadkeys *out);
/** threadkeys_stop(t): every thread has ended its use. */
void threadkeys_stop(struct threadkeys *t);

/** threadkeys_begin(t, number): the calling thread has connection ${number} from now on. */
MUST_CHECK struct status threadkeys_begin(struct threadkeys *t, size_t number);
/** threadkeys_end(t): the calling thread's connection is closed. */
void threadkeys_end(struct threadkeys *t);
/** threadkeys_ring(t): the calling thread's; NULL before threadkeys_begin(). */
struct keyring *threadkeys_ring(struct threadkeys *t);

struct row_keys threadkeys_rows(struct threadkeys *t);
struct log_keys threadkeys_log(struct threadkeys *t);

#endif /* !DAEMON_THREADKEYS_H */
