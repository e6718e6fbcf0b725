/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordreset.h"

#include "hash.h"
#include "text.h"

#define CODE_BYTES 16

static const char label[] = "tacenda/v1/password-reset";

static struct status hash_code(const struct user_id *user, struct text code, struct hash *out)
{
	const struct bytes pieces[] = {bytes_of(label, sizeof label), uuid_bytes(&user->uuid), text_bytes(code)};

	return sha256_pieces(pieces, COUNT(pieces), out);
}

static struct status new_code(struct secret *out)
{
	AUTO(secret) raw = {0};
	AUTO(buffer) text = {.max = PASSWORDRESET_TEXT + 1, .wipe = true};

	TRY(secret_new(CODE_BYTES, &raw));
	TRY(text_put_base64url(&text, secret_bytes(&raw)));
	TRY(buffer_put_u8(&text, 0));
	return secret_from(buffer_bytes(&text), out);
}

struct status passwordreset_make(struct store_txn *txn, const struct user_id *user, uint64_t now, struct secret *code,
				 bool *replaced)
{
	AUTO(secret) made = {0};
	struct passwordreset older;
	struct hash hash;

	TRY(new_code(&made));
	TRY(hash_code(user, (struct text){(const char *)made.bytes, PASSWORDRESET_TEXT}, &hash));
	*replaced = ok(passwordreset_get(txn->view, user, now, &older));
	struct row row = {
		.table = TABLE_RESET,
		.plain = {[COLUMN_RESET_USER] = ROW_UUID(&user->uuid),
			  [COLUMN_RESET_ENDS] = ROW_NUMBER(now + PASSWORDRESET_MS)},
		.secret = {[SECRET_RESET_CODE] = hash_bytes(&hash)},
	};
	TRY(store_put(txn, &row));
	*code = made;
	made = (struct secret){0};
	return OK;
}

static struct status read(const struct row *row, struct passwordreset *out)
{
	struct passwordreset found = {.ends = row_number(row, COLUMN_RESET_ENDS)};

	found.user.uuid = row_uuid(row, COLUMN_RESET_USER);
	TRY(row_secret_copy(row, SECRET_RESET_CODE, &found.code, sizeof found.code));
	*out = found;
	return OK;
}

struct status passwordreset_get(struct store_view *view, const struct user_id *user, uint64_t now,
				struct passwordreset *out)
{
	const struct row_value key[] = {ROW_UUID(&user->uuid)};
	struct passwordreset found;
	AUTO(row) row = {0};
	const struct status got = store_get(view, TABLE_RESET, key, &row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "code");
	TRY(got);
	TRY(read(&row, &found));
	if (now >= found.ends)
		return FAIL_AT(ST_NOT_FOUND, "code");
	*out = found;
	return OK;
}

struct status passwordreset_check(const struct passwordreset *reset, struct text typed)
{
	const struct text code = text_trim(typed);
	struct hash hash;

	TRY(hash_code(&reset->user, code, &hash));
	return code.len == PASSWORDRESET_TEXT && secret_equal(hash_bytes(&hash), hash_bytes(&reset->code))
		       ? OK
		       : FAIL_AT(ST_UNPROVEN, "code");
}

struct status passwordreset_take(struct store_txn *txn, const struct passwordreset *reset, uint64_t now)
{
	struct passwordreset found;
	const struct status got = passwordreset_get(txn->view, &reset->user, now, &found);

	if (got.code == ST_NOT_FOUND || (ok(got) && !hash_equal(&found.code, &reset->code)))
		return FAIL_AT(ST_UNPROVEN, "code");
	TRY(got);
	return passwordreset_remove(txn, &reset->user);
}

struct overdue {
	uint64_t now;
	struct user_id *out;
	size_t max, count;
};
static struct status note(void *context, const struct row *row)
{
	struct overdue *o = context;
	struct passwordreset one;

	TRY(read(row, &one));
	if (one.ends <= o->now && o->count < o->max)
		o->out[o->count++] = one.user;
	return OK;
}

struct status passwordreset_over(struct store_view *view, uint64_t now, struct user_id *out, size_t max, size_t *count)
{
	const struct store_range all = {.index = INDEX_RESET_ENDS};
	struct overdue o = {.now = now, .out = out, .max = max};

	TRY(store_scan(view, TABLE_RESET, &all, note, &o));
	*count = o.count;
	return OK;
}

struct status passwordreset_remove(struct store_txn *txn, const struct user_id *user)
{
	const struct row_value key[] = {ROW_UUID(&user->uuid)};

	return store_remove(txn, TABLE_RESET, key);
}

struct status passwordreset_end(struct store_txn *txn, const struct user_id *user)
{
	const struct status removed = passwordreset_remove(txn, user);

	return removed.code == ST_NOT_FOUND ? OK : removed;
}
