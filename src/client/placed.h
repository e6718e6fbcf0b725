/* SPDX-License-Identifier: Apache-2.0 */
/**
 * placed: statements as the server hands them out: signed bytes, and the place in
 * the log that the server claims for them until proof.h has proven it.
 */
#ifndef CLIENT_PLACED_H
#define CLIENT_PLACED_H

#include "jsonfield.h"
#include "patient_state.h"

struct placed {
	struct bytes statement;
	uint64_t leaf, time;
};
/** Fields of one, for tables of other answers. */
extern const struct jsonfield_table placed_table;

static inline struct place placed_place(const struct placed *p)
{
	return (struct place){.position = p->leaf, .time = p->time};
}

/** Pages of the server's answers: larger than what it takes from us. */
extern const struct json_limits placed_json_limits;

/**
 * placed_read(body, table, arena, target):
 * One answer of the server into a struct.  Everything in it is copied to ${arena}
 * or decoded there, so ${body} may go.  ST_CORRUPT ("answer") when it is not what
 * openapi.yaml says: a server that we cannot read is not one to argue with.
 */
MUST_CHECK struct status placed_read(struct bytes body, const struct jsonfield_table *table, struct arena *arena,
				     struct json_document *document, void *target);

#endif /* !CLIENT_PLACED_H */
