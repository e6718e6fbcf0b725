/* SPDX-License-Identifier: Apache-2.0 */
/**
 * changeset: signed statements that take effect together or not at all
 * (`POST /v1/changes`), with what belongs to them.
 *
 * The server answers the same to the same statements, so a set whose answer was
 * lost is simply sent again.
 */
#ifndef CLIENT_CHANGESET_H
#define CLIENT_CHANGESET_H

#include "jsonwriter.h"
#include "site.h"

/** What goes with one statement; empty members are left out. */
struct changeset_parts {
	struct text name;                  /* invitation, user: the person's display name */
	const struct wrapped_key *wrapped; /* epoch: one a recipient, in the statement's order */
	size_t wrapped_count;
	struct bytes header, key; /* record: sealed header, sealed record key */
	struct bytes content;     /* record: sealed content, small */
	const struct upload_id *upload;
};

#define CHANGESET_MAX 1000 /* statements; openapi.yaml */
/** Content up to this travels inside the set, more by an upload. */
#define CHANGESET_INLINE 65536

/** A person's newest statement about one patient file. */
struct changeset_said {
	struct patient_id patient;
	struct hash name;
};
struct changeset {
	struct site *site;
	struct changeset_said *said; /* one a file, to be pinned once it was sent */
	size_t said_count, said_capacity;
	struct buffer body;
	struct jsonwriter writer;
	size_t count;
	bool begun;
};
/** changeset_begin(site, out): not to be moved until changeset_clear(). */
void changeset_begin(struct site *site, struct changeset *out);
void changeset_clear(struct changeset *c);
/** changeset_room(c, len): whether a statement whose parts are ${len} bytes together still fits one request. */
bool changeset_room(const struct changeset *c, size_t len);
/** changeset_add(c, statement, parts): ${parts} may be NULL.  Everything is copied.  ST_TOO_BIG. */
MUST_CHECK struct status changeset_add(struct changeset *c, struct bytes statement,
				       const struct changeset_parts *parts);

/** changeset_remember(c, patient, name): once it was sent, an answer about this file without it is a lie (pins.h). */
MUST_CHECK struct status changeset_remember(struct changeset *c, const struct patient_id *patient,
					    const struct hash *name);

/** Where a statement of the set has come to stand. */
struct changeset_place {
	struct hash name;
	uint64_t leaf, time;
};
/**
 * changeset_send(c, places):
 * ${places}, may be NULL, takes c->count places.  Sent again once when the
 * connection broke.  ST_CONFLICT: what it builds on has changed; read again and retry.
 * What was shown before is settled first (receipts.h): ST_CORRUPT sends nothing.
 */
MUST_CHECK struct status changeset_send(struct changeset *c, struct changeset_place *places);

#endif /* !CLIENT_CHANGESET_H */
