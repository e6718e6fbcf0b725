/* SPDX-License-Identifier: Apache-2.0 */
/** serving: one running daemon, and what its main thread does between events. */
#ifndef DAEMON_SERVING_H
#define DAEMON_SERVING_H

#include "hostargs.h"
#include "listenfile.h"
#include "service.h"

/** Everything of one running daemon. */
struct serving {
	struct hostargs *args;
	struct vessel vessel;
	struct service service;
	struct listenfile listen;
	struct keyring_identity identity;
	struct buffer certificate, private_key, site_statement, log_key;
	int signals, control, timer;
	bool stop, ready;
	uint64_t night_tried;
};

/** serving_log(s, what): a leaf about the service itself; waits for it. */
MUST_CHECK struct status serving_log(struct serving *s, const char *what);
/** housekeeping_run(s): what is due: sessions and uploads past their end, a new night key.  Failures are logged. */
void housekeeping_run(struct serving *s);
/** controlverbs_answer(s, line, out): one line of the control socket. */
void controlverbs_answer(void *serving, struct text line, struct buffer *out);
/** serving_reload(s): certificates again, without dropping a connection. */
MUST_CHECK struct status serving_reload(struct serving *s);

#endif /* !DAEMON_SERVING_H */
