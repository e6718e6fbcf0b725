/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "device.h"
#include "hash.h"

#include <string.h>

#define TOKEN_BYTES 32

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
	const struct device device = {.id = o->device,
				      .user = o->user,
				      .created = o->now,
				      .seen = o->now,
				      .label = o->device_label,
				      .client = o->client,
				      .address = o->address};

	return device_keep(txn, &device);
}

/** The user's sessions, told apart before any of them is removed. */
struct room {
	const struct session_opening *opening;
	struct session over[SESSION_MAX_PER_USER];
	size_t over_count;
	uint32_t open;
};
static struct status tell_apart(void *context, const struct row *row)
{
	struct room *room = context;
	const struct session_opening *o = room->opening;
	struct session s;

	TRY(session_read(row, &s));
	if (o->now < s.expires && !o->over(o->context, &s))
		room->open++;
	else if (room->over_count < COUNT(room->over))
		room->over[room->over_count++] = s;
	return OK;
}

static struct status make_room(struct store_txn *txn, const struct session_opening *o)
{
	struct room room = {.opening = o};

	TRY(session_list(txn->view, &o->user, tell_apart, &room));
	if (room.open >= o->cap)
		return FAIL_AT(ST_TOO_MANY, "sessions");
	for (size_t i = 0; i < room.over_count; i++) {
		TRY(session_end(txn, &room.over[i].id));
		o->ended(o->context, &room.over[i]);
	}
	return OK;
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
				  .expires = o->now + o->absolute_ms,
				  .steps = o->steps,
				  .fresh = o->now};
	struct row_big pending, fresh;
	struct hash hash;

	TRY(device_free_for(txn->view, &o->device, &o->user));
	TRY(make_room(txn, o));
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
			   [SECRET_SESSION_ADDRESS] = o->address,
			   [SECRET_SESSION_FRESH] = row_number_bytes(&fresh, session.fresh)},
	};
	TRY(store_insert(txn, &row));
	*token = made;
	made = (struct secret){0};
	*out = session;
	return OK;
}

struct status session_read(const struct row *row, struct session *out)
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
	TRY(row_secret_number(row, SECRET_SESSION_FRESH, &found.fresh));
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
	TRY(session_read(&row, &found));
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

struct status session_get(struct store_view *view, const struct session_id *id, struct session *out)
{
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	struct status got = store_get(view, TABLE_SESSION, key, &row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "session");
	TRY(got);
	return session_read(&row, out);
}

/** ${step} is done; fresh since ${now}, unless that is 0. */
static struct status change_state(struct store_txn *txn, const struct session_id *id, enum step step, uint64_t now)
{
	AUTO(row) old = {0};
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	struct row_big pending, fresh;
	struct session s;

	TRY(store_get(txn->view, TABLE_SESSION, key, &old));
	TRY(session_read(&old, &s));
	struct row row = {.table = TABLE_SESSION};
	memcpy(row.plain, old.plain, sizeof row.plain);
	memcpy(row.secret, old.secret, sizeof row.secret);
	row.secret[SECRET_SESSION_STEPS] = row_number_bytes(&pending, s.steps & ~(uint32_t)step);
	if (now != 0)
		row.secret[SECRET_SESSION_FRESH] = row_number_bytes(&fresh, now);
	return store_put(txn, &row);
}

struct status session_step_done(struct store_txn *txn, const struct session_id *id, enum step step)
{
	return change_state(txn, id, step, 0);
}

struct status session_prove(struct store_txn *txn, const struct session_id *id, uint64_t now)
{
	return change_state(txn, id, STEP_FACTOR, now);
}

struct status session_list(struct store_view *view, const struct user_id *user, store_visit *visit, void *context)
{
	const struct store_range of_user = {
		.index = INDEX_SESSION_USER, .prefix_count = 1, .prefix = {ROW_UUID(&user->uuid)}, .down = true};

	return store_scan(view, TABLE_SESSION, &of_user, visit, context);
}

struct status session_walk(struct store_view *view, const struct session_id *after, store_visit *visit, void *context)
{
	const struct store_range all = {.index = TABLE_NONE, .after_count = 1, .after = {ROW_UUID(&after->uuid)}};

	return store_scan(view, TABLE_SESSION, &all, visit, context);
}

/** Sessions of one user, gathered before any of them is removed. */
struct gathered {
	struct session_choice choice;
	struct session sessions[SESSION_MAX_PER_USER];
	size_t count;
};
static struct status gather(void *context, const struct row *row)
{
	struct gathered *all = context;
	const struct session_choice *choice = &all->choice;
	struct session s;

	TRY(session_read(row, &s));
	bool meant = (choice->except == NULL || !uuid_equal(&s.id.uuid, &choice->except->uuid)) &&
		     (choice->device == NULL || uuid_equal(&s.device.uuid, &choice->device->uuid));
	if (meant && all->count < COUNT(all->sessions))
		all->sessions[all->count++] = s;
	return OK;
}

struct status session_end_all(struct store_txn *txn, const struct user_id *user, const struct session_choice *choice,
			      session_ended *ended, void *context)
{
	struct gathered all = {.choice = choice != NULL ? *choice : (struct session_choice){0}};

	TRY(session_list(txn->view, user, gather, &all));
	for (size_t i = 0; i < all.count; i++) {
		TRY(session_end(txn, &all.sessions[i].id));
		ended(context, &all.sessions[i]);
	}
	return OK;
}
