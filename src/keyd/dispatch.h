/* SPDX-License-Identifier: Apache-2.0 */
/**
 * dispatch: what may be asked of keyd, when, and who answers: one table
 * (docs/PROTOCOL.md section 1).
 */
#ifndef KEYD_DISPATCH_H
#define KEYD_DISPATCH_H

#include "keeper.h"

enum dispatch_verdict {
	DISPATCH_ANSWER, /* send the answer */
	DISPATCH_LATER,  /* the answer comes when the re-wrap is done: dispatch_rewrapped() */
	DISPATCH_LAST,   /* send the answer, end the connection */
	DISPATCH_END,    /* end the connection without an answer */
};
/**
 * dispatch_message(k, greeted, packet, answer):
 * ${greeted} belongs to the connection: whether its hello was taken.  ${answer}
 * is empty guarded memory of KEYWIRE_PACKET_MAX bytes.
 */
enum dispatch_verdict dispatch_message(struct keeper *k, bool *greeted, struct bytes packet, struct buffer *answer);
/** dispatch_rewrapped(k, answer): what to tell who asked for the re-wrap that has stopped. */
void dispatch_rewrapped(struct keeper *k, struct buffer *answer);

#endif /* !KEYD_DISPATCH_H */
