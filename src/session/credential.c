/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <string.h>

const struct argon2_cost credential_cost = {.memory = 19u << 20, .passes = 2};

static char nobody[PASSWORD_HASH_MAX];
static struct p256_public nobody_key;

struct status credential_setup(void)
{
	AUTO(secret) thrown_away = {0};
	uint8_t random[16];

	TRY(p256_new(&thrown_away, &nobody_key));
	secret_random(random, sizeof random);
	return password_hash(BYTES_OF(random), credential_cost, nobody);
}

void credential_nobody(struct credential *out)
{
	*out = (struct credential){0};
	memcpy(out->hash, nobody, sizeof out->hash);
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

struct status credential_get(struct store_view *view, const struct user_id *user, struct credential *out)
{
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_UUID(&user->uuid)};
	struct credential found = {0};

	TRY(store_get(view, TABLE_CREDENTIAL, key, &row));
	struct bytes hash = row.secret[SECRET_CREDENTIAL_PASSWORD];
	if (hash.len == 0 || hash.len >= sizeof found.hash)
		return FAIL_AT(ST_CORRUPT, "credential");
	memcpy(found.hash, hash.at, hash.len);
	TRY(row_secret_number(&row, SECRET_CREDENTIAL_CHANGED, &found.changed));
	*out = found;
	return OK;
}

struct status credential_check(const struct credential *c, struct bytes password)
{
	return password_check(password, c->hash);
}

struct status credential_hash(struct bytes password, uint64_t now, struct credential *out)
{
	struct credential made = {.changed = now};

	TRY(password_hash(password, credential_cost, made.hash));
	*out = made;
	return OK;
}

struct status credential_put(struct store_txn *txn, const struct user_id *user, const struct credential *c)
{
	struct row_big changed, failures;
	struct row row = {
		.table = TABLE_CREDENTIAL,
		.plain = {[COLUMN_CREDENTIAL_USER] = ROW_UUID(&user->uuid)},
		.secret = {[SECRET_CREDENTIAL_PASSWORD] = bytes_of(c->hash, strlen(c->hash)),
			   [SECRET_CREDENTIAL_CHANGED] = row_number_bytes(&changed, c->changed),
			   [SECRET_CREDENTIAL_FAILURES] = row_number_bytes(&failures, 0)},
	};

	return store_put(txn, &row);
}
