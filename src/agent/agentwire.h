/* SPDX-License-Identifier: Apache-2.0 */
/**
 * agentwire: the packets between a command and the agent (docs/AGENT.md), linked by
 * both, so that they cannot disagree.
 *
 * Every agentwire_put_x() has its agentwire_x(): the reader accepts exactly what the
 * writer can give (enumerations known, lengths exact) and fails with ST_INVALID.
 * No text travels with a failure, only the number of a literal of ours.
 */
#ifndef AGENT_AGENTWIRE_H
#define AGENT_AGENTWIRE_H

#include "keyholder.h"
#include "reader.h"

#define AGENTWIRE_VERSION 1
/* The largest statement fits, and the default buffer of a socket takes one. */
#define AGENTWIRE_PACKET_MAX 131072
#define AGENTWIRE_ANSWER     0x80
/* `unlock --for`: a working day. */
#define AGENTWIRE_FOR_MAX_MS (12ull * 3600 * 1000)

enum agentwire_id {
	AGENTWIRE_HELLO = 1,
	AGENTWIRE_STATUS,
	AGENTWIRE_UNLOCK,
	AGENTWIRE_LOCK,
	AGENTWIRE_SHUTDOWN,
	AGENTWIRE_TOKEN_PUT,
	AGENTWIRE_TOKEN_GET,
	AGENTWIRE_SIGN,
	AGENTWIRE_EPOCH_OPEN,
	AGENTWIRE_EPOCH_NEW,
	AGENTWIRE_EPOCH_WALK,
	AGENTWIRE_EPOCH_WRAP,
	AGENTWIRE_EPOCH_DROP,
	AGENTWIRE_RECORD_NEW,
	AGENTWIRE_RECORD_MOVE,
	AGENTWIRE_HEADER_SEAL,
	AGENTWIRE_HEADER_OPEN,
	AGENTWIRE_CONTENT_SEAL_BEGIN,
	AGENTWIRE_CONTENT_SEAL_ADD,
	AGENTWIRE_CONTENT_SEAL_END,
	AGENTWIRE_CONTENT_OPEN_BEGIN,
	AGENTWIRE_CONTENT_OPEN_ADD,
	AGENTWIRE_CONTENT_OPEN_END,
	AGENTWIRE_BLOCK_SEAL,
	AGENTWIRE_BLOCK_OPEN,
	AGENTWIRE_IMPORT_TOKEN,
	AGENTWIRE_PIN,
	AGENTWIRE_IDS, /* one past the last */
};

/** What `status` tells. */
struct agentwire_status {
	bool unlocked, token;
	uint64_t left_ms;               /* until the agent ends if nothing happens */
	struct keyholder_person person; /* unlocked only */
};

/** Code and number of the literal; a literal that the table lacks arrives as none. */
MUST_CHECK struct status agentwire_put_result(struct buffer *b, struct status s);
MUST_CHECK struct status agentwire_result(struct reader *r, struct status *out);

MUST_CHECK struct status agentwire_put_handle(struct buffer *b, struct epoch_handle handle);
MUST_CHECK struct status agentwire_handle(struct reader *r, struct epoch_handle *out);
MUST_CHECK struct status agentwire_put_hash(struct buffer *b, const struct hash *hash);
MUST_CHECK struct status agentwire_hash(struct reader *r, struct hash *out);
MUST_CHECK struct status agentwire_put_epoch(struct buffer *b, const struct epoch_place *place);
MUST_CHECK struct status agentwire_epoch(struct reader *r, struct epoch_place *out);
MUST_CHECK struct status agentwire_put_record(struct buffer *b, const struct keyholder_record *record);
MUST_CHECK struct status agentwire_record(struct reader *r, struct keyholder_record *out);
MUST_CHECK struct status agentwire_put_sealed_key(struct buffer *b, const struct sealed_key *key);
MUST_CHECK struct status agentwire_sealed_key(struct reader *r, struct sealed_key *out);
MUST_CHECK struct status agentwire_put_claim(struct buffer *b, const struct recordcontent_claim *claim);
MUST_CHECK struct status agentwire_claim(struct reader *r, struct recordcontent_claim *out);
MUST_CHECK struct status agentwire_put_pin(struct buffer *b, const struct securityfile_pin *pin);
MUST_CHECK struct status agentwire_pin(struct reader *r, struct securityfile_pin *out);
MUST_CHECK struct status agentwire_put_person(struct buffer *b, const struct keyholder_person *person);
MUST_CHECK struct status agentwire_person(struct reader *r, struct keyholder_person *out);
MUST_CHECK struct status agentwire_put_status(struct buffer *b, const struct agentwire_status *status);
MUST_CHECK struct status agentwire_status(struct reader *r, struct agentwire_status *out);

/* Items of batches, questions only. */
MUST_CHECK struct status agentwire_put_wrapped(struct buffer *b, const struct keyholder_wrapped *item);
MUST_CHECK struct status agentwire_wrapped(struct reader *r, struct keyholder_wrapped *out);
MUST_CHECK struct status agentwire_put_recipient(struct buffer *b, const struct keyholder_recipient *item);
MUST_CHECK struct status agentwire_recipient(struct reader *r, struct keyholder_recipient *out);
MUST_CHECK struct status agentwire_put_step(struct buffer *b, const struct epochkey_step *step);
MUST_CHECK struct status agentwire_step(struct reader *r, struct epochkey_step *out);
MUST_CHECK struct status agentwire_put_move(struct buffer *b, const struct keyholder_move *item);
MUST_CHECK struct status agentwire_move(struct reader *r, struct keyholder_move *out);
/** out->in looks into what is read. */
MUST_CHECK struct status agentwire_put_header(struct buffer *b, const struct keyholder_header *item);
MUST_CHECK struct status agentwire_header(struct reader *r, struct keyholder_header *out);

#endif /* !AGENT_AGENTWIRE_H */
