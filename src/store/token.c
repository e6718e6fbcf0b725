/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "database.h"
#include "hash.h"

static const char label[] = "tacenda/v1/token";

static struct status hash_value(struct row_scratch *scratch, enum token_kind kind, struct bytes value, struct hash *out)
{
	struct buffer *text = &scratch->plain;

	TRY(buffer_put(text, bytes_of(label, sizeof label)));
	TRY(buffer_put_u8(text, (uint8_t)kind));
	TRY(buffer_put(text, value));
	return hmac_sha256(secret_bytes(&scratch->key), buffer_bytes(text), out);
}

struct status token_of(struct store_view *view, enum token_kind kind, struct bytes value, struct hash *out)
{
	struct row_scratch *scratch = &view->scratch;

	TRY(view->keys->key(view->keys->context, ROW_TOKEN, NULL, (struct key *)scratch->key.bytes));
	struct status s = hash_value(scratch, kind, value, out);
	row_scratch_wipe(scratch);
	return s;
}
