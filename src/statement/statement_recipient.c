/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include <assert.h>
#include <string.h>

size_t statement_recipient_count(struct bytes recipients)
{
	return recipients.len / STATEMENT_RECIPIENT_BYTES;
}

void statement_recipient(struct bytes recipients, size_t index, struct recipient *out)
{
	assert(index < statement_recipient_count(recipients));
	const uint8_t *row = recipients.at + index * STATEMENT_RECIPIENT_BYTES;

	out->kind = (enum recipient_kind)row[0];
	memcpy(out->id.bytes, row + 1, 16);
	memcpy(out->key_hash.bytes, row + 17, 32);
	memcpy(out->wrapped_hash.bytes, row + 49, 32);
}

struct status statement_put_recipient(struct buffer *b, const struct recipient *r)
{
	TRY(buffer_reserve(b, STATEMENT_RECIPIENT_BYTES));
	TRY(buffer_put_u8(b, (uint8_t)r->kind));
	TRY(buffer_put(b, uuid_bytes(&r->id)));
	TRY(buffer_put(b, hash_bytes(&r->key_hash)));
	return buffer_put(b, hash_bytes(&r->wrapped_hash));
}

int statement_recipient_order(const struct recipient *a, const struct recipient *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}
