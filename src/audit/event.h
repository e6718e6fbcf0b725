/* SPDX-License-Identifier: Apache-2.0 */
/**
 * event: what happened, before it is a leaf.
 *
 * The log gives it its place: index, chains, nonces.  A view; whoever made it
 * keeps what it points at alive until the log has taken it.
 */
#ifndef AUDIT_EVENT_H
#define AUDIT_EVENT_H

#include "leaf.h"
#include "piece.h"

struct event {
	enum leaf_kind kind;
	enum leaf_result result;
	uint64_t time;                /* ms since 1970; a leaf is never older than the one before it */
	struct piece_actor actor;     /* its sequence and previous are not looked at */
	struct piece_subject subject; /* likewise */
};

#endif /* !AUDIT_EVENT_H */
