/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "hash.h"

#include <string.h>

#define TOKEN_BYTES 32

static const struct {
	enum session_step step;
	const char *word;
} steps[] = {
	{SESSION_STEP_PASSWORD, "password"}, {SESSION_STEP_CONDUCT, "conduct"}, {SESSION_STEP_FACTOR, "factor"},
	{SESSION_STEP_RECOVERY, "recovery"}, {SESSION_STEP_UP, "step-up"},
};

const char *session_step_word(enum session_step step)
{
	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i].step == step)
			return steps[i].word;
	return NULL;
}

static struct status make_token(struct secret *out)
{
	AUTO(secret) raw = {0};
	AUTO(buffer) text = {.max = SESSION_TOKEN_TEXT + 1, .wipe = true};

	TRY(secret_new(TOKEN_BYTES, &raw));
	TRY(text_put_base64url(&text, secret_bytes(&raw)));
	TRY(buffer_put_u8(&text, 0));
	return secret_from(buffer_bytes(&text), out);
}

struct status session_token_hash(struct text token, struct hash *out)
{
	if (token.len != SESSION_TOKEN_TEXT)
		return FAIL_AT(ST_UNPROVEN, "token");
	return sha256(text_bytes(token), out);
}

static struct status put_device(struct store_txn *txn, const struct session_opening *o)
{
	AUTO(row) old = {0};
	const struct row_value key[] = {ROW_UUID(&o->device.uuid)};
	uint64_t created = o->now;
	struct status known = store_get(txn->view, TABLE_DEVICE, key, &old);

	if (ok(known)) {
		struct uuid user = row_uuid(&old, COLUMN_DEVICE_USER);
		if (!uuid_equal(&user, &o->user.uuid))
			return FAIL_AT(ST_DENIED, "device");
		created = row_number(&old, COLUMN_DEVICE_CREATED);
	} else if (known.code != ST_NOT_FOUND) {
		return known;
	}
	struct row row = {
		.table = TABLE_DEVICE,
		.plain = {[COLUMN_DEVICE_ID] = ROW_UUID(&o->device.uuid),
			  [COLUMN_DEVICE_USER] = ROW_UUID(&o->user.uuid),
			  [COLUMN_DEVICE_CREATED] = ROW_NUMBER(created),
			  [COLUMN_DEVICE_SEEN] = ROW_NUMBER(o->now)},
		.secret = {[SECRET_DEVICE_LABEL] = text_bytes(o->device_label),
			   [SECRET_DEVICE_CLIENT] = text_bytes(o->client),
			   [SECRET_DEVICE_ADDRESS] = o->address},
	};
	return store_put(txn, &row);
}

static struct status check_room(struct store_txn *txn, const struct user_id *user)
{
	struct store_range of_user = {
		.index = INDEX_SESSION_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user->uuid)}};
	uint64_t count;

	TRY(store_count(txn->view, TABLE_SESSION, &of_user, &count));
	return count < SESSION_MAX_PER_USER ? OK : FAIL_AT(ST_TOO_MANY, "sessions");
}

struct status session_open(struct store_txn *txn, const struct session_opening *o, struct secret *token,
			   struct session *out)
{
	AUTO(secret) made = {0};
	struct session session = {.id.uuid = uuid_new(o->now),
				  .user = o->user,
				  .device = o->device,
				  .key_hash = o->key_hash,
				  .created = o->now,
				  .expires = o->now + SESSION_ABSOLUTE_MS,
				  .steps = o->steps};
	struct row_big pending;
	struct hash hash;

	TRY(check_room(txn, &o->user));
	TRY(put_device(txn, o));
	TRY(make_token(&made));
	TRY(session_token_hash((struct text){(const char *)made.bytes, SESSION_TOKEN_TEXT}, &hash));
	struct row row = {
		.table = TABLE_SESSION,
		.plain = {[COLUMN_SESSION_ID] = ROW_UUID(&session.id.uuid),
			  [COLUMN_SESSION_USER] = ROW_UUID(&o->user.uuid),
			  [COLUMN_SESSION_TOKEN_HASH] = ROW_HASH(&hash),
			  [COLUMN_SESSION_CREATED] = ROW_NUMBER(session.created),
			  [COLUMN_SESSION_EXPIRES] = ROW_NUMBER(session.expires)},
		.secret = {[SECRET_SESSION_DEVICE] = uuid_bytes(&o->device.uuid),
			   [SECRET_SESSION_KEY_HASH] = hash_bytes(&o->key_hash),
			   [SECRET_SESSION_STEPS] = row_number_bytes(&pending, o->steps),
			   [SECRET_SESSION_ADDRESS] = o->address},
	};
	TRY(store_insert(txn, &row));
	*token = made;
	made = (struct secret){0};
	*out = session;
	return OK;
}

static struct status read_row(const struct row *row, struct session *out)
{
	struct session found = {.created = row_number(row, COLUMN_SESSION_CREATED),
				.expires = row_number(row, COLUMN_SESSION_EXPIRES)};
	uint64_t pending;

	found.id.uuid = row_uuid(row, COLUMN_SESSION_ID);
	found.user.uuid = row_uuid(row, COLUMN_SESSION_USER);
	TRY(row_secret_copy(row, SECRET_SESSION_DEVICE, &found.device, sizeof found.device));
	TRY(row_secret_copy(row, SECRET_SESSION_KEY_HASH, &found.key_hash, sizeof found.key_hash));
	TRY(row_secret_number(row, SECRET_SESSION_STEPS, &pending));
	found.steps = (uint32_t)pending;
	*out = found;
	return OK;
}

struct status session_find(struct store_view *view, const struct hash *token_hash, uint64_t now, struct session *out)
{
	AUTO(row) row = {0};
	const struct row_value values[] = {ROW_HASH(token_hash)};
	struct session found;
	struct status s = store_find(view, TABLE_SESSION, INDEX_SESSION_TOKEN, values, &row);

	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_UNPROVEN, "session");
	TRY(s);
	TRY(read_row(&row, &found));
	if (now >= found.expires)
		return FAIL_AT(ST_UNPROVEN, "session");
	*out = found;
	return OK;
}

struct status session_end(struct store_txn *txn, const struct session_id *id)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};

	return store_remove(txn, TABLE_SESSION, key);
}

/** Sessions of one user, gathered before any of them is removed. */
struct gathered {
	struct session_id ids[SESSION_MAX_PER_USER];
	size_t count;
};
static struct status gather(void *context, const struct row *row)
{
	struct gathered *all = context;

	if (all->count < COUNT(all->ids))
		all->ids[all->count++].uuid = row_uuid(row, COLUMN_SESSION_ID);
	return OK;
}

struct status session_end_all(struct store_txn *txn, const struct user_id *user, const struct session_id *except,
			      session_ended *ended, void *context)
{
	const struct store_range of_user = {
		.index = INDEX_SESSION_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user->uuid)}};
	struct gathered all = {0};

	TRY(store_scan(txn->view, TABLE_SESSION, &of_user, gather, &all));
	for (size_t i = 0; i < all.count; i++) {
		if (except != NULL && uuid_equal(&all.ids[i].uuid, &except->uuid))
			continue;
		TRY(session_end(txn, &all.ids[i]));
		ended(context, &all.ids[i]);
	}
	return OK;
}

/** Passes on rows until the first that is not past its limit. */
struct past {
	uint64_t now;
	store_visit *visit;
	void *context;
};
static struct status visit_past(void *context, const struct row *row)
{
	const struct past *p = context;

	if (row_number(row, COLUMN_SESSION_EXPIRES) > p->now)
		return FAIL(ST_NOT_FOUND);
	return p->visit(p->context, row);
}

struct status session_expired(struct store_view *view, uint64_t now, store_visit *visit, void *context)
{
	const struct store_range by_expiry = {.index = INDEX_SESSION_EXPIRES};
	struct past past = {now, visit, context};
	struct status s = store_scan(view, TABLE_SESSION, &by_expiry, visit_past, &past);

	return s.code == ST_NOT_FOUND ? OK : s;
}
