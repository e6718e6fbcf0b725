/* SPDX-License-Identifier: Apache-2.0 */
/**
 * upload: sealed bytes on their way, piece by piece, that go on where they were when
 * a connection breaks (docs/openapi.yaml, /v1/uploads).
 */
#ifndef CLIENT_UPLOAD_H
#define CLIENT_UPLOAD_H

#include "site.h"

struct upload {
	struct site *site;
	struct upload_id id;
	uint64_t offset; /* durable on the server */
};
/** What is known in advance, so that the server can refuse before the first byte what it has no room for. */
struct upload_plan {
	uint64_t length;                  /* of the sealed bytes, at most; 0: not known */
	const struct patient_id *patient; /* somebody else's file that it is for; NULL: not said */
};
/**
 * upload_begin(site, plan, out):
 * A new one; sent again under the same Idempotency-Key, for up to a minute, when its answer
 * was lost, so that no second one is left behind.  ST_FULL: no room; ST_TOO_BIG;
 * site->https.problem has the figures.
 */
MUST_CHECK struct status upload_begin(struct site *site, const struct upload_plan *plan, struct upload *out);
/**
 * upload_append(u, sealed):
 * Returns when all of ${sealed} is durable.  After a broken connection it asks for
 * the durable offset and goes on there, for up to a minute; then ST_UNREACHABLE.
 */
MUST_CHECK struct status upload_append(struct upload *u, struct bytes sealed);
/** upload_drop(u): give it up; the server would do so in 7 days. */
MUST_CHECK struct status upload_drop(struct upload *u);

#endif /* !CLIENT_UPLOAD_H */
