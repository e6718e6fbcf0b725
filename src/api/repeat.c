/* SPDX-License-Identifier: Apache-2.0 */
#include "repeat.h"

#include "fieldstring.h"
#include "hash.h"
#include "limits.h"
#include "token.h"

#define FIELD "idempotency-key"

/** What a row keeps (docs/FORMATS.md section 6). */
struct answer {
	struct hash request;
	struct uuid made;
};
_Static_assert(sizeof(struct answer) == 32 + 16, "as it stands in the row");

struct status repeat_read(struct store_view *view, const struct user_id *user, struct text field, struct bytes request,
			  struct repeat *out)
{
	uint8_t room[sizeof(struct uuid) + LIMIT_IDEMPOTENCY_KEY];
	struct buffer value = {.bytes = room, .capacity = sizeof room, .max = sizeof room};
	struct text key;

	*out = (struct repeat){0};
	if (field.at == NULL)
		return OK;
	if (!ok(fieldstring_parse(field, LIMIT_IDEMPOTENCY_KEY, &key)))
		return FAIL_AT(ST_INVALID, FIELD);
	TRY(buffer_put(&value, uuid_bytes(&user->uuid)));
	TRY(buffer_put(&value, text_bytes(key)));
	TRY(token_of(view, TOKEN_IDEMPOTENCY, buffer_bytes(&value), &out->token));
	TRY(sha256(request, &out->request));
	out->keyed = true;
	return OK;
}

struct status repeat_find(struct store_view *view, const struct repeat *repeat, uint64_t now, struct uuid *made,
			  bool *found)
{
	const struct row_value key[] = {ROW_HASH(&repeat->token)};
	AUTO(row) row = {0};
	struct answer answer;

	*found = false;
	if (!repeat->keyed)
		return OK;
	const struct status got = store_get(view, TABLE_IDEMPOTENCY, key, &row);
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	if (now >= row_number(&row, COLUMN_IDEMPOTENCY_CREATED) + LIMIT_UPLOAD_AGE_MS)
		return OK;
	TRY(row_secret_copy(&row, SECRET_IDEMPOTENCY_ANSWER, &answer, sizeof answer));
	if (!hash_equal(&answer.request, &repeat->request))
		return FAIL_AT(ST_MISMATCH, FIELD);
	*made = answer.made;
	*found = true;
	return OK;
}

struct status repeat_keep(struct store_txn *txn, const struct repeat *repeat, uint64_t now, const struct uuid *made)
{
	const struct answer answer = {repeat->request, *made};
	struct row row = {.table = TABLE_IDEMPOTENCY,
			  .plain = {[COLUMN_IDEMPOTENCY_TOKEN] = ROW_HASH(&repeat->token),
				    [COLUMN_IDEMPOTENCY_CREATED] = ROW_NUMBER(now)},
			  .secret = {[SECRET_IDEMPOTENCY_ANSWER] = BYTES_OF(answer)}};

	if (!repeat->keyed)
		return OK;
	/* In place of one that no longer counts and has not been removed yet. */
	return store_put(txn, &row);
}

/* ---- Their end ---- */

struct expired {
	struct hash tokens[LIMIT_PAGE];
	size_t count;
};

static struct status collect(void *context, const struct row *row)
{
	struct expired *e = context;

	e->tokens[e->count++] = row_hash(row, COLUMN_IDEMPOTENCY_TOKEN);
	return OK;
}

struct status repeat_expire(struct store_txn *txn, uint64_t now, uint32_t room, size_t *count)
{
	struct expired expired = {.count = 0};
	/* Downwards from the newest that is old enough; a damaged row ends like any other. */
	struct store_range range = {.index = INDEX_IDEMPOTENCY_CREATED,
				    .after_count = 1,
				    .down = true,
				    .closed = true,
				    .limit = room < LIMIT_PAGE ? room : LIMIT_PAGE};

	*count = 0;
	if (now < LIMIT_UPLOAD_AGE_MS || room == 0)
		return OK;
	range.after[0].number = now - LIMIT_UPLOAD_AGE_MS + 1;
	TRY(store_scan(txn->view, TABLE_IDEMPOTENCY, &range, collect, &expired));
	for (size_t i = 0; i < expired.count; i++) {
		const struct row_value key[] = {ROW_HASH(&expired.tokens[i])};
		TRY(store_remove(txn, TABLE_IDEMPOTENCY, key));
	}
	*count = expired.count;
	return OK;
}
