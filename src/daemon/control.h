/* SPDX-License-Identifier: Apache-2.0 */
/**
 * control: `D/run/control`, the socket by which host verbs speak to the running daemon
 * (COMMANDS): owner and group only.  One line of words in, one JSON object out, then
 * the connection ends.
 *
 * The daemon serves it on its main thread between other events; a verb that takes long
 * is started and asked for again.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "bytes.h"
#include "text.h"

#define CONTROL_LINE_MAX   4096
#define CONTROL_ANSWER_MAX 65536

/** control_listen(data, out): make run/ and the socket anew; nobody else serves these data (the store's lock). */
MUST_CHECK struct status control_listen(int data, int *out);
/** control_unlisten(data, fd): close and remove it. */
void control_unlisten(int data, int fd);

/** Answers one line: a JSON object appended to ${out}. */
typedef void control_answer(void *context, struct text line, struct buffer *out);
/** control_serve(fd, answer, context): one waiting connection; slow clients are dropped after a second. */
void control_serve(int fd, control_answer *answer, void *context);

/** control_ask(data_path, line, out): ST_UNREACHABLE when no daemon runs. */
MUST_CHECK struct status control_ask(const char *data_path, const char *line, struct buffer *out);

#endif /* !DAEMON_CONTROL_H */
