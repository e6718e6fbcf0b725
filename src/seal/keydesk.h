/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keydesk: where one client works with an unlocked security file: the one
 * implementation of the keyholder table that touches keys.  A command has one of
 * its own (keyholder_local.h), the agent one for each connection.
 *
 * What a desk holds beyond the keys themselves, opened epoch keys and a content
 * under way, goes when the desk is cleared.
 */
#ifndef SEAL_KEYDESK_H
#define SEAL_KEYDESK_H

#include "unlocked.h"

enum keydesk_content { KEYDESK_IDLE, KEYDESK_SEALING, KEYDESK_OPENING };

/** `{ .unlocked = ..., .token = ... }` is a valid desk; both are borrowed. */
struct keydesk {
	struct unlocked *unlocked; /* must be unlocked whenever a call but token_* comes */
	struct secret *token;      /* of the session */
	struct keyshelf shelf;
	struct recordcontent content;
	enum keydesk_content content_state;
};
/** keydesk_clear(d): wipe what the desk holds; it can be used again. */
void keydesk_clear(struct keydesk *d);

/** The table; its state is a struct keydesk. */
extern const struct keyholder_calls keydesk_calls;

/* Used by keydesk.c for the table; they live in keydesk_record.c. */
struct status keydesk_record_new(void *state, const struct keyholder_record *record, struct sealed_key *out);
struct status keydesk_record_move(void *state, struct keyholder_move *items, size_t count);
struct status keydesk_header_seal(void *state, struct keyholder_header *items, size_t count, struct buffer *out);
struct status keydesk_header_open(void *state, struct keyholder_header *items, size_t count, struct buffer *out);
struct status keydesk_content_seal_begin(void *state, const struct keyholder_record *record,
					 const struct sealed_key *sealed_key, struct buffer *out);
struct status keydesk_content_seal_add(void *state, struct plain plain, struct buffer *out);
struct status keydesk_content_seal_end(void *state, struct buffer *out, struct recordcontent_claim *claim);
struct status keydesk_content_open_begin(void *state, const struct keyholder_record *record,
					 const struct sealed_key *sealed_key, const struct recordcontent_claim *claim);
struct status keydesk_content_open_add(void *state, struct sealed sealed, struct buffer *out);
struct status keydesk_content_open_end(void *state);

#endif /* !SEAL_KEYDESK_H */
