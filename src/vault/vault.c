/* SPDX-License-Identifier: Apache-2.0 */
#include "vault.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "quota.h"
#include "vault_internal.h"

struct status vault_open(const struct os *os, int dir, struct vault **out)
{
	struct vault *v = calloc(1, sizeof *v);

	if (v == NULL)
		return FAIL_AT(ST_NO_MEMORY, "vault");
	struct status s = objects_open(os, dir, &v->objects);
	if (!ok(s)) {
		free(v);
		return s;
	}
	(void)pthread_mutex_init(&v->mutex, NULL);
	*out = v;
	return OK;
}

void vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	objects_close(v->objects);
	(void)pthread_mutex_destroy(&v->mutex);
	free(v);
}

static bool same(const struct verified *a, const struct verified *b)
{
	return uuid_equal(&a->object, &b->object) && uuid_equal(&a->session, &b->session) &&
	       hash_equal(&a->file, &b->file);
}

bool vault_verified(struct vault *v, const struct verified *entry)
{
	bool found = false;

	(void)pthread_mutex_lock(&v->mutex);
	for (size_t i = 0; i < VERIFIED && !found; i++)
		found = same(&v->verified[i], entry);
	(void)pthread_mutex_unlock(&v->mutex);
	return found;
}

void vault_remember(struct vault *v, const struct verified *entry)
{
	(void)pthread_mutex_lock(&v->mutex);
	v->verified[v->next] = *entry;
	v->next = (v->next + 1) % VERIFIED;
	(void)pthread_mutex_unlock(&v->mutex);
}

struct status vault_object(const struct row *version, struct vault_object *out)
{
	struct vault_object object = {
		.id = row_uuid(version, COLUMN_VERSION_OBJECT),
		.parts = {version->secret[SECRET_VERSION_PARTS], row_number(version, COLUMN_VERSION_SIZE)},
		.inline_bytes = version->secret[SECRET_VERSION_INLINE],
	};
	struct bytes key = version->secret[SECRET_VERSION_OBJECT_KEY];
	bool inlined = object.parts.size <= LIMIT_INLINE_OBJECT;

	if (version->table != TABLE_VERSION)
		return FAIL_AT(ST_INVALID, "table");
	TRY(row_secret_copy(version, SECRET_VERSION_CONTENT_HASH, object.hash.bytes, sizeof object.hash.bytes));
	TRY(parts_check(&object.parts));
	if (object.inline_bytes.len != (inlined ? object.parts.size : 0) ||
	    key.len != (inlined ? 0 : sizeof(struct key)))
		return FAIL_AT(ST_CORRUPT, tables[TABLE_VERSION].name);
	object.key = inlined ? NULL : (const struct key *)(const void *)key.at;
	*out = object;
	return OK;
}

struct status vault_discard(struct vault *v, const struct uuid *upload)
{
	return object_remove_upload(v->objects, upload);
}

struct status vault_remove(struct vault *v, const struct uuid *object)
{
	return object_remove(v->objects, object);
}

struct expired {
	struct uuid *out;
	size_t count;
};

static struct status collect(void *context, const struct row *row)
{
	struct expired *expired = context;

	expired->out[expired->count++] = row_uuid(row, COLUMN_UPLOAD_ID);
	return OK;
}

/** What a row that does not open counted is not known: it stays counted. */
static struct status expire(struct store_txn *txn, const struct uuid *id)
{
	const struct row_value key[] = {ROW_UUID(id)};
	AUTO(row) row = {0};
	uint64_t counted;

	if (ok(store_get(txn->view, TABLE_UPLOAD, key, &row))) {
		const struct user_id user = {row_uuid(&row, COLUMN_UPLOAD_USER)};
		TRY(quota_of_upload(&row, &counted));
		TRY(quota_free(txn, &user, counted));
	}
	return store_remove(txn, TABLE_UPLOAD, key);
}

struct status vault_expire(struct store_txn *txn, uint64_t now, struct uuid *out, size_t room, size_t *count)
{
	struct expired expired = {out, 0};
	/* Downwards from the newest that is old enough; a damaged row expires like any other. */
	struct store_range range = {.index = INDEX_UPLOAD_CREATED,
				    .after_count = 1,
				    .down = true,
				    .tolerant = true,
				    .limit = room < LIMIT_PAGE ? (uint32_t)room : LIMIT_PAGE};

	*count = 0;
	if (now < LIMIT_UPLOAD_AGE_MS || room == 0)
		return OK;
	range.after[0].number = now - LIMIT_UPLOAD_AGE_MS + 1;
	TRY(store_scan(txn->view, TABLE_UPLOAD, &range, collect, &expired));
	for (size_t i = 0; i < expired.count; i++)
		TRY(expire(txn, &out[i]));
	*count = expired.count;
	return OK;
}
