/* SPDX-License-Identifier: Apache-2.0 */
#include "leaf.h"

#include <string.h>

#include "hash.h"
#include "reader.h"

#define VERSION 1
static const char label[] = "tacenda/v1/leaf"; /* hashed with its NUL */

static const char *const kind_names[LEAF_KINDS] = {
	[LEAF_STATEMENT] = "statement",
	[LEAF_SIGN_IN] = "sign-in",
	[LEAF_LOG_OFF] = "log-off",
	[LEAF_READ] = "read",
	[LEAF_LIST] = "list",
	[LEAF_WRITE] = "write",
	[LEAF_DELETE] = "delete",
	[LEAF_ROTATION] = "rotation",
	[LEAF_BACKUP] = "backup",
	[LEAF_DRILL] = "drill",
	[LEAF_BREAK_GLASS] = "break-glass",
	[LEAF_ADMINISTRATION] = "administration",
	[LEAF_REFUSAL] = "refusal",
	[LEAF_SERVICE] = "service",
	[LEAF_EXPIRY] = "expiry",
};
static const char *const result_names[] = {
	[LEAF_DONE] = "done",
	[LEAF_REFUSED] = "refused",
	[LEAF_FAILED] = "failed",
};

void leaf_encode(const struct leaf *leaf, uint8_t out[LEAF_BYTES])
{
	*out++ = VERSION;
	*out++ = (uint8_t)leaf->kind;
	*out++ = (uint8_t)leaf->result;
	for (int shift = 56; shift >= 0; shift -= 8)
		*out++ = (uint8_t)(leaf->time >> shift);
	memcpy(out, leaf->commitment.bytes, sizeof leaf->commitment);
}

struct status leaf_parse(struct bytes bytes, struct leaf *out)
{
	struct reader r = reader_of(bytes);
	struct leaf leaf;
	uint8_t version, kind, result;

	TRY(reader_u8(&r, &version));
	TRY(reader_u8(&r, &kind));
	TRY(reader_u8(&r, &result));
	TRY(reader_u64(&r, &leaf.time));
	TRY(reader_copy(&r, leaf.commitment.bytes, sizeof leaf.commitment));
	TRY(reader_done(&r));
	if (version != VERSION)
		return FAIL_AT(ST_INVALID, "leaf version");
	if (kind == 0 || kind >= LEAF_KINDS)
		return FAIL_AT(ST_INVALID, "leaf kind");
	if (result < LEAF_DONE || result > LEAF_FAILED)
		return FAIL_AT(ST_INVALID, "leaf result");
	leaf.kind = (enum leaf_kind)kind;
	leaf.result = (enum leaf_result)result;
	*out = leaf;
	return OK;
}

const char *leaf_kind_name(enum leaf_kind kind)
{
	return kind > 0 && kind < LEAF_KINDS ? kind_names[kind] : "unknown";
}

struct status leaf_kind_from(struct text name, enum leaf_kind *out)
{
	for (unsigned kind = 1; kind < LEAF_KINDS; kind++) {
		if (!text_equal(name, text_of(kind_names[kind])))
			continue;
		*out = (enum leaf_kind)kind;
		return OK;
	}
	return FAIL_AT(ST_INVALID, "action");
}

const char *leaf_result_name(enum leaf_result result)
{
	return result >= LEAF_DONE && result <= LEAF_FAILED ? result_names[result] : "unknown";
}

struct status leaf_commit(const struct hash *actor, const struct hash *subject, struct hash *out)
{
	const struct bytes pieces[] = {bytes_of(label, sizeof label), hash_bytes(actor), hash_bytes(subject)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

struct status leaf_check(const struct leaf *leaf, const struct hash *actor, const struct hash *subject)
{
	struct hash commitment;

	TRY(leaf_commit(actor, subject, &commitment));
	return hash_equal(&commitment, &leaf->commitment) ? OK : FAIL_AT(ST_CORRUPT, "leaf commitment");
}

struct status leaf_link(const uint8_t bytes[LEAF_BYTES], struct hash *out)
{
	return sha256(bytes_of(bytes, LEAF_BYTES), out);
}

struct status leaf_chain_step(struct leaf_chain *c, const uint8_t bytes[LEAF_BYTES], uint64_t sequence,
			      const struct hash *previous)
{
	struct hash link;

	TRY(leaf_link(bytes, &link));
	if (c->begun && (c->sequence == 0 || sequence != c->sequence - 1 || !hash_equal(&link, &c->previous)))
		return FAIL_AT(ST_CORRUPT, "leaf chain");
	c->begun = true;
	c->sequence = sequence;
	c->previous = *previous;
	return OK;
}
