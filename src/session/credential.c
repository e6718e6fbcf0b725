/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <stdio.h>
#include <string.h>

#include "reader.h"
#include "text.h"

/* Salt and hash of nobody's password, as a PHC string has them. */
static char nobody[80];
static struct p256_public nobody_key;

static struct status put_unpadded(struct buffer *out, size_t len)
{
	uint8_t random[32];

	secret_random(random, len);
	TRY(buffer_put_u8(out, '$'));
	TRY(text_put_base64(out, bytes_of(random, len)));
	while (out->len > 0 && out->bytes[out->len - 1] == '=')
		out->len--;
	return OK;
}

struct status credential_setup(void)
{
	AUTO(secret) thrown_away = {0};
	AUTO(buffer) text = {.max = sizeof nobody};

	TRY(p256_new(&thrown_away, &nobody_key));
	TRY(put_unpadded(&text, 16));
	TRY(put_unpadded(&text, 32));
	(void)snprintf(nobody, sizeof nobody, "%.*s", (int)text.len, (const char *)text.bytes);
	return OK;
}

void credential_nobody(struct argon2_cost cost, struct credential *out)
{
	*out = (struct credential){0};
	(void)snprintf(out->hash, sizeof out->hash, "$argon2id$v=19$m=%u,t=%u,p=1%s", cost.memory / 1024, cost.passes,
		       nobody);
}

const struct p256_public *credential_nobody_key(void)
{
	return &nobody_key;
}

static struct status look_away(void *context, const struct row *row)
{
	(void)context;
	(void)row;
	return OK;
}

void credential_as_if(struct store_view *view)
{
	static const enum table_id tables_of_one[] = {TABLE_USER, TABLE_CREDENTIAL};
	const struct store_range first = {.index = TABLE_NONE, .limit = 1};

	for (size_t i = 0; i < COUNT(tables_of_one); i++)
		(void)ok(store_scan(view, tables_of_one[i], &first, look_away, NULL));
}

static struct status copy_hash(struct bytes from, char out[PASSWORD_HASH_MAX])
{
	if (from.len == 0 || from.len >= PASSWORD_HASH_MAX)
		return FAIL_AT(ST_CORRUPT, "credential");
	memcpy(out, from.at, from.len);
	out[from.len] = '\0';
	return OK;
}

struct status credential_get(struct store_view *view, const struct user_id *user, struct credential *out)
{
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_UUID(&user->uuid)};
	struct credential found = {0};
	struct bytes one;

	TRY(store_get(view, TABLE_CREDENTIAL, key, &row));
	TRY(copy_hash(row.secret[SECRET_CREDENTIAL_PASSWORD], found.hash));
	TRY(row_secret_number(&row, SECRET_CREDENTIAL_CHANGED, &found.changed));
	struct reader r = reader_of(row.secret[SECRET_CREDENTIAL_HISTORY]);
	while (reader_left(&r) > 0 && found.history_count < CREDENTIAL_HISTORY) {
		TRY(reader_sized(&r, PASSWORD_HASH_MAX, &one));
		TRY(copy_hash(one, found.history[found.history_count++]));
	}
	*out = found;
	return OK;
}

struct status credential_check(const struct credential *c, struct bytes password)
{
	return password_check(password, c->hash);
}

bool credential_was(const struct credential *c, struct bytes password, size_t count)
{
	bool found = count > 0 && ok(password_check(password, c->hash));

	for (size_t i = 0; i + 1 < count && i < c->history_count && !found; i++)
		found = ok(password_check(password, c->history[i]));
	return found;
}

struct status credential_hash(struct bytes password, struct argon2_cost cost, uint64_t now, struct credential *out)
{
	struct credential made = {.changed = now};

	TRY(password_hash(password, cost, made.hash));
	*out = made;
	return OK;
}

void credential_follow(const struct credential *old, struct credential *made)
{
	size_t kept = old->history_count < CREDENTIAL_HISTORY ? old->history_count : CREDENTIAL_HISTORY - 1;

	memcpy(made->history[0], old->hash, sizeof old->hash);
	memcpy(made->history[1], old->history[0], kept * sizeof old->history[0]);
	made->history_count = kept + 1;
}

/** The number behind ${name} in a PHC string; 0 where there is none. */
static uint32_t parameter(const char *hash, const char *name)
{
	const char *at = strstr(hash, name);
	uint32_t value = 0;

	if (at == NULL)
		return 0;
	at += strlen(name);
	(void)ok(text_to_u32((struct text){at, strspn(at, "0123456789")}, 0, UINT32_MAX, &value));
	return value;
}

bool credential_weaker(const struct credential *c, struct argon2_cost cost)
{
	return parameter(c->hash, "$m=") < cost.memory / 1024 || parameter(c->hash, ",t=") < cost.passes;
}

struct status credential_raise(struct credential *c, struct bytes password, struct argon2_cost cost)
{
	char hash[PASSWORD_HASH_MAX];

	TRY(password_hash(password, cost, hash));
	memcpy(c->hash, hash, sizeof hash);
	return OK;
}

struct status credential_same(struct store_view *view, const struct user_id *user, const struct credential *c)
{
	struct credential now;

	TRY(credential_get(view, user, &now));
	bool same = strcmp(now.hash, c->hash) == 0;
	secret_wipe(&now, sizeof now);
	return same ? OK : FAIL_AT(ST_CONFLICT, "password");
}

struct status credential_put(struct store_txn *txn, const struct user_id *user, const struct credential *c)
{
	AUTO(buffer) history = {.max = (size_t)CREDENTIAL_HISTORY * (PASSWORD_HASH_MAX + 4), .wipe = true};
	struct row_big changed;

	for (size_t i = 0; i < c->history_count; i++)
		TRY(buffer_put_sized(&history, bytes_of(c->history[i], strlen(c->history[i]))));
	struct row row = {
		.table = TABLE_CREDENTIAL,
		.plain = {[COLUMN_CREDENTIAL_USER] = ROW_UUID(&user->uuid)},
		.secret = {[SECRET_CREDENTIAL_PASSWORD] = bytes_of(c->hash, strlen(c->hash)),
			   [SECRET_CREDENTIAL_CHANGED] = row_number_bytes(&changed, c->changed),
			   [SECRET_CREDENTIAL_HISTORY] = buffer_bytes(&history)},
	};

	return store_put(txn, &row);
}
