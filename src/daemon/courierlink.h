/* SPDX-License-Identifier: Apache-2.0 */
/**
 * courierlink: the daemon's end of the courier (src/courier), which it starts before it
 * gives up starting anything.
 */
#ifndef DAEMON_COURIERLINK_H
#define DAEMON_COURIERLINK_H

#include <sys/types.h>

#include "order.h"

struct courierlink {
	int fd; /* -1: there is none */
	pid_t pid;
};

struct courierlink_options {
	const char *mail_password, *hook_key, *ca; /* files; NULL: none */
};
/** courierlink_start(options, out): the program beside ours; ST_NOT_FOUND. */
MUST_CHECK struct status courierlink_start(const struct courierlink_options *options, struct courierlink *out);
/** courierlink_clear(l): let it go. */
void courierlink_clear(struct courierlink *l);
/** courierlink_send(l, packet): never waits; ST_BUSY: not now; ST_UNREACHABLE: it is gone. */
MUST_CHECK struct status courierlink_send(struct courierlink *l, struct bytes packet);
/** courierlink_take(l, packet): one packet; ST_BUSY: there is none; ST_UNREACHABLE: it is gone. */
MUST_CHECK struct status courierlink_take(struct courierlink *l, struct buffer *packet);

#endif /* !DAEMON_COURIERLINK_H */
