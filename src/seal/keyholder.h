/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keyholder: whoever holds a person's keys open and works with them: this process,
 * after the passphrase was given (keyholder_local.h), or the agent (agentclient.h).
 * Commands are written against this table and cannot tell the two apart.
 *
 * Invariants
 * 1. No call gives out a private key, an epoch key or a record key.  An epoch key is
 *    a handle, bound to its place; a record key is its sealed form (PROMISES#K7).
 * 2. What belongs to another site, another patient or another compartment than the
 *    handle's place is refused by the holder (ST_DENIED), not only by its client.
 * 3. Batches answer each item; the call itself fails only when the holder is gone.
 *
 * One thread at a time; one content at a time.
 */
#ifndef SEAL_KEYHOLDER_H
#define SEAL_KEYHOLDER_H

#include "epochkey.h"
#include "keyshelf.h"
#include "recordcontent.h"
#include "securityfile.h"
#include "statement.h"
#include "wrappedkey.h"

/* One piece of content, in either direction: four sealed chunks.  What comes out is at most a chunk more. */
#define KEYHOLDER_PIECE ((size_t)4 * CHUNKED_SEALED)
/* One block of the local cache. */
#define KEYHOLDER_BLOCK_MAX      65536
#define KEYHOLDER_BLOCK_OVERHEAD 40
#define KEYHOLDER_BLOCK_NAME_MAX 128
#define KEYHOLDER_TOKEN_MAX      512

/** Whose keys are held: the public part of the security file, and its pin. */
struct keyholder_person {
	struct hash site;
	char origin[ORIGIN_MAX + 1];
	struct user_id user;
	char login[LIMIT_LOGIN + 1];
	struct p256_public hpke_key, sign_key;
	struct hash key_hash;
	struct securityfile_pin pin;
};

/** A wrapped key to open for this person; ${key} and ${status} are answered. */
struct keyholder_wrapped {
	struct epoch_place place;
	struct wrapped_key wrapped;
	struct wrappedkey_claim claim; /* from the epoch statement, which the caller has verified */
	struct epoch_handle key;
	struct status status;
};
/** Somebody to wrap for; ${wrapped} and ${status} are answered. */
struct keyholder_recipient {
	struct wrappedkey_recipient recipient;
	struct p256_public hpke_key;
	struct wrapped_key wrapped;
	struct status status;
};
/** What the statement of a new epoch needs. */
struct keyholder_epoch {
	struct epoch_handle key;
	struct hash commitment;
	struct sealed_key previous_sealed; /* only when number > 0 */
};

/** A record version and the epoch keys that its compartment needs; the other handle is 0. */
struct keyholder_record {
	struct record_place place;
	struct user_id author;
	struct epoch_handle identity, clinical;
};
/** A record key to move to other epochs; ${sealed} is replaced, ${status} answered. */
struct keyholder_move {
	struct record_place place;
	struct epoch_handle from_identity, from_clinical, to_identity, to_clinical;
	struct sealed_key sealed;
	struct status status;
};
/** A header to seal or open: from ${in} to a stretch of the batch's output. */
struct keyholder_header {
	struct keyholder_record record;
	struct sealed_key sealed_key;
	struct bytes in;
	size_t at, len; /* in the output buffer; answered, like ${status} */
	struct status status;
};

/** The table.  ${state} is the holder's own; contracts stand at the functions below. */
struct keyholder_calls {
	struct status (*sign)(void *state, struct bytes unsigned_statement, struct signature *out);
	struct status (*epoch_open)(void *state, struct keyholder_wrapped *items, size_t count);
	struct status (*epoch_new)(void *state, const struct epoch_place *place, struct epoch_handle previous,
				   struct keyholder_epoch *out);
	struct status (*epoch_walk)(void *state, struct epoch_handle key, const struct epochkey_step *steps,
				    size_t count, struct epoch_handle *out);
	struct status (*epoch_wrap)(void *state, struct epoch_handle key, struct keyholder_recipient *items,
				    size_t count);
	struct status (*epoch_drop)(void *state, const struct epoch_handle *keys, size_t count);
	struct status (*record_new)(void *state, const struct keyholder_record *record, struct sealed_key *out);
	struct status (*record_move)(void *state, struct keyholder_move *items, size_t count);
	struct status (*header_seal)(void *state, struct keyholder_header *items, size_t count, struct buffer *out);
	struct status (*header_open)(void *state, struct keyholder_header *items, size_t count, struct buffer *out);
	struct status (*content_seal_begin)(void *state, const struct keyholder_record *record,
					    const struct sealed_key *sealed_key, struct buffer *out);
	struct status (*content_seal_add)(void *state, struct plain plain, struct buffer *out);
	struct status (*content_seal_end)(void *state, struct buffer *out, struct recordcontent_claim *claim);
	struct status (*content_open_begin)(void *state, const struct keyholder_record *record,
					    const struct sealed_key *sealed_key,
					    const struct recordcontent_claim *claim);
	struct status (*content_open_add)(void *state, struct sealed sealed, struct buffer *out);
	struct status (*content_open_end)(void *state);
	struct status (*block_seal)(void *state, struct bytes name, struct plain plain, struct buffer *out);
	struct status (*block_open)(void *state, struct bytes name, struct sealed sealed, struct buffer *out);
	struct status (*import_token)(void *state, struct bytes source, struct hash *out);
	struct status (*pin)(void *state, const struct securityfile_pin *pin, struct securityfile_pin *now);
	struct status (*token_put)(void *state, struct bytes token);
	struct status (*token_get)(void *state, struct secret *out);
};

/** `{ 0 }` is empty.  ${person} is what it was when the holder was reached, its pin kept up. */
struct keyholder {
	const struct keyholder_calls *calls;
	void *state;
	void (*clear)(void *state); /* NULL when somebody else owns the state */
	struct keyholder_person person;
};
/** keyholder_clear(k): let go of the holder and of every handle taken from it. */
void keyholder_clear(struct keyholder *k);

/* --- Statements --- */

/** keyholder_head(k, previous, time): what each statement of this person begins with; ${previous} NULL for the first.
 */
struct statement_head keyholder_head(const struct keyholder *k, const struct hash *previous, uint64_t time);
/**
 * keyholder_sign(k, draft, out):
 * Append the signed statement.  The holder signs only kinds that a person makes,
 * of this site, in this person's name and under these keys: ST_DENIED otherwise;
 * ST_INVALID as statement_encode().
 */
MUST_CHECK struct status keyholder_sign(const struct keyholder *k, const struct statement *draft, struct buffer *out);

/* --- Epoch keys --- */

/** keyholder_epoch_open(k, items, count): each item ST_OK with a handle, ST_CORRUPT, ST_TOO_MANY, ST_INVALID,
 * ST_DENIED. */
MUST_CHECK struct status keyholder_epoch_open(const struct keyholder *k, struct keyholder_wrapped *items, size_t count);
/** keyholder_epoch_new(k, place, previous, out): ${previous} is the key of place->number - 1, or 0 for number 0. */
MUST_CHECK struct status keyholder_epoch_new(const struct keyholder *k, const struct epoch_place *place,
					     struct epoch_handle previous, struct keyholder_epoch *out);
/** keyholder_epoch_walk(k, key, steps, count, out): back by ${count} epochs, see epochkey_walk(). */
MUST_CHECK struct status keyholder_epoch_walk(const struct keyholder *k, struct epoch_handle key,
					      const struct epochkey_step *steps, size_t count,
					      struct epoch_handle *out);
/** keyholder_epoch_wrap(k, key, items, count): that ${items} are what valid grants give is for the caller to know. */
MUST_CHECK struct status keyholder_epoch_wrap(const struct keyholder *k, struct epoch_handle key,
					      struct keyholder_recipient *items, size_t count);
/** keyholder_epoch_drop(k, keys, count): handles that are unknown or 0 are fine. */
MUST_CHECK struct status keyholder_epoch_drop(const struct keyholder *k, const struct epoch_handle *keys, size_t count);

/* --- Records --- */

/** keyholder_record_new(k, record, out): a new record key, sealed; it serves this version's header and content. */
MUST_CHECK struct status keyholder_record_new(const struct keyholder *k, const struct keyholder_record *record,
					      struct sealed_key *out);
MUST_CHECK struct status keyholder_record_move(const struct keyholder *k, struct keyholder_move *items, size_t count);
/** keyholder_header_seal(k, items, count, out): plain JSON in, sealed headers appended to ${out}. */
MUST_CHECK struct status keyholder_header_seal(const struct keyholder *k, struct keyholder_header *items, size_t count,
					       struct buffer *out);
/** keyholder_header_open(k, items, count, out): sealed headers in, JSON appended to ${out}, which must wipe. */
MUST_CHECK struct status keyholder_header_open(const struct keyholder *k, struct keyholder_header *items, size_t count,
					       struct buffer *out);

/**
 * Content piece by piece, as recordcontent.h says, of at most KEYHOLDER_PIECE bytes;
 * ST_INVALID out of order or past that, and what was under way has ended.
 */
MUST_CHECK struct status keyholder_content_seal_begin(const struct keyholder *k, const struct keyholder_record *record,
						      const struct sealed_key *sealed_key, struct buffer *out);
MUST_CHECK struct status keyholder_content_seal_add(const struct keyholder *k, struct plain plain, struct buffer *out);
MUST_CHECK struct status keyholder_content_seal_end(const struct keyholder *k, struct buffer *out,
						    struct recordcontent_claim *claim);
MUST_CHECK struct status keyholder_content_open_begin(const struct keyholder *k, const struct keyholder_record *record,
						      const struct sealed_key *sealed_key,
						      const struct recordcontent_claim *claim);
MUST_CHECK struct status keyholder_content_open_add(const struct keyholder *k, struct sealed sealed,
						    struct buffer *out);
MUST_CHECK struct status keyholder_content_open_end(const struct keyholder *k);

/* --- The rest --- */

/**
 * keyholder_block_seal(k, name, plain, out), keyholder_block_open(...):
 * A block of the person's own local cache, at most KEYHOLDER_BLOCK_MAX bytes, bound to
 * site, user and ${name} (at most KEYHOLDER_BLOCK_NAME_MAX bytes).  ST_CORRUPT.
 */
MUST_CHECK struct status keyholder_block_seal(const struct keyholder *k, struct bytes name, struct plain plain,
					      struct buffer *out);
MUST_CHECK struct status keyholder_block_open(const struct keyholder *k, struct bytes name, struct sealed sealed,
					      struct buffer *out);
/** keyholder_import_token(k, kind, source, count, out): see importtoken.h. */
MUST_CHECK struct status keyholder_import_token(const struct keyholder *k, const char *kind, const struct bytes *source,
						size_t count, struct hash *out);
/** keyholder_pin(k, pin): move the pin forward, in the security file too; see securitystore_pin(). */
MUST_CHECK struct status keyholder_pin(struct keyholder *k, const struct securityfile_pin *pin);
/**
 * keyholder_token_put(k, token), keyholder_token_get(k, out):
 * The session's token for HTTP; an empty one forgets it.  ST_NOT_FOUND when there is none.
 */
MUST_CHECK struct status keyholder_token_put(const struct keyholder *k, struct bytes token);
MUST_CHECK struct status keyholder_token_get(const struct keyholder *k, struct secret *out);

#endif /* !SEAL_KEYHOLDER_H */
