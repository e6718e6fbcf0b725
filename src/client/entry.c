/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include <string.h>

#define HASH_FIELD(field, member) \
	{ \
		.name = (field), .type = JSONFIELD_BASE64, .offset = offsetof(struct entry, member), \
		.min = sizeof(struct hash), .max = sizeof(struct hash) \
	}

static const struct jsonfield opening_rows[] = {
	{.name = "nonce",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct entry_opening, nonce),
	 .required = true,
	 .min = sizeof(struct hash),
	 .max = sizeof(struct hash)},
	{.name = "piece",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct entry_opening, piece),
	 .required = true,
	 .max = PIECE_MAX},
};
static const struct jsonfield_table opening_table = JSONFIELD_TABLE(struct entry_opening, opening_rows);

static const struct jsonfield rows[] = {
	{.name = "index", .type = JSONFIELD_U64, .offset = offsetof(struct entry, index), .required = true},
	{.name = "leaf",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct entry, leaf),
	 .required = true,
	 .min = LEAF_BYTES,
	 .max = LEAF_BYTES},
	{.name = "actor", .type = JSONFIELD_OBJECT, .offset = offsetof(struct entry, actor), .table = &opening_table},
	{.name = "subject",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct entry, subject),
	 .table = &opening_table},
	HASH_FIELD("actor_hash", actor_hash),
	HASH_FIELD("subject_hash", subject_hash),
};
const struct jsonfield_table entry_table = JSONFIELD_TABLE(struct entry, rows);

/** The digest of one piece: computed where it is open, taken where only that is shown. */
static struct status digest_of(const struct entry_opening *opening, struct bytes claimed, bool *open, struct hash *out)
{
	struct hash nonce;

	*open = opening->nonce.len == sizeof nonce.bytes;
	if (*open) {
		memcpy(nonce.bytes, opening->nonce.at, sizeof nonce.bytes);
		return piece_digest(&nonce, opening->piece, out);
	}
	if (claimed.len != sizeof out->bytes)
		return FAIL_AT(ST_CORRUPT, "entry");
	memcpy(out->bytes, claimed.at, sizeof out->bytes);
	return OK;
}

struct status entry_check(const struct entry *e, struct entry_read *out)
{
	struct entry_read found = {0};
	struct hash actor, subject;

	if (!ok(leaf_parse(e->leaf, &found.leaf)))
		return FAIL_AT(ST_CORRUPT, "entry");
	TRY(digest_of(&e->actor, e->actor_hash, &found.has_actor, &actor));
	TRY(digest_of(&e->subject, e->subject_hash, &found.has_subject, &subject));
	if (!ok(leaf_check(&found.leaf, &actor, &subject)) ||
	    (found.has_actor && !ok(piece_parse_actor(e->actor.piece, &found.actor))) ||
	    (found.has_subject && !ok(piece_parse_subject(e->subject.piece, &found.subject))))
		return FAIL_AT(ST_CORRUPT, "entry");
	*out = found;
	return OK;
}
