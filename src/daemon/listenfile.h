/* SPDX-License-Identifier: Apache-2.0 */
/** listenfile: the addresses a site listens on (`D/listen`, one a line). */
#ifndef DAEMON_LISTENFILE_H
#define DAEMON_LISTENFILE_H

#include "options.h"
#include "status.h"

#define LISTENFILE_MAX     16
#define LISTENFILE_DEFAULT "127.0.0.1:8443"

struct listenfile {
	char text[LISTENFILE_MAX * 128];
	const char *addresses[LISTENFILE_MAX];
	size_t count;
};
/** listenfile_write(data, options): every --listen; the default when there is none. */
MUST_CHECK struct status listenfile_write(int data, const struct options *options);
/** listenfile_read(data, options, out): --listen of ${options} instead of the file, if given. */
MUST_CHECK struct status listenfile_read(int data, const struct options *options, struct listenfile *out);

#endif /* !DAEMON_LISTENFILE_H */
