/* SPDX-License-Identifier: Apache-2.0 */
#include "userrow.h"

#include <string.h>

#include "limits.h"
#include "token.h"

#define KEYS_BYTES       (2 * sizeof(struct p256_public))
#define INVITATION_BYTES (sizeof(struct hash) + sizeof(struct p256_public) + sizeof(struct row_big))

bool userrow_login_fits(struct text login)
{
	for (size_t i = 0; i < login.len; i++) {
		const uint8_t c = (uint8_t)login.at[i];
		if (c <= ' ' || c == 0x7f || (c >= 'A' && c <= 'Z'))
			return false;
	}
	return login.len > 0 && login.len <= LIMIT_LOGIN && text_is_utf8(login);
}

static struct status read_keys(struct bytes keys, struct person *out)
{
	uint64_t expires = 0;

	if (keys.len == 0)
		return OK;
	if (out->enrolled && keys.len == KEYS_BYTES) {
		memcpy(out->hpke_key.bytes, keys.at, 65);
		memcpy(out->sign_key.bytes, keys.at + 65, 65);
		return OK;
	}
	if (out->enrolled || keys.len != INVITATION_BYTES)
		return FAIL_AT(ST_CORRUPT, "user");
	for (size_t i = 0; i < 8; i++)
		expires = expires << 8 | keys.at[97 + i];
	memcpy(out->invitation.name.bytes, keys.at, 32);
	memcpy(out->invitation.key.bytes, keys.at + 32, 65);
	out->invitation.expires = expires;
	return OK;
}

struct status userrow_read(const struct row *row, struct person *out)
{
	struct person p = {.login = text_from(row->secret[SECRET_USER_LOGIN])};
	uint64_t profile, rights, state;

	p.id.uuid = row_uuid(row, COLUMN_USER_ID);
	TRY(row_secret_number(row, SECRET_USER_PROFILE, &profile));
	TRY(row_secret_number(row, SECRET_USER_RIGHTS, &rights));
	TRY(row_secret_number(row, SECRET_USER_STATE, &state));
	TRY(row_secret_copy(row, SECRET_USER_KEY_HASH, p.key_hash.bytes, sizeof p.key_hash.bytes));
	TRY(row_secret_copy(row, SECRET_USER_HEAD, p.head.bytes, sizeof p.head.bytes));
	if (profile > PROFILE_AUDITOR || rights > RIGHTS_ALL || state > USER_DISABLED)
		return FAIL_AT(ST_CORRUPT, "user");
	p.profile = (enum profile)profile;
	p.rights = (uint32_t)rights;
	p.state = (enum user_state)state;
	p.enrolled = !hash_is_zero(&p.key_hash);
	TRY(read_keys(row->secret[SECRET_USER_KEYS], &p));
	*out = p;
	return OK;
}

struct status userrow_get(struct store_view *view, const struct user_id *id, struct row *row, struct person *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	struct status got = store_get(view, TABLE_USER, key, row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "user");
	TRY(got);
	return userrow_read(row, out);
}

struct status userrow_find(struct store_view *view, struct text login, struct row *row, struct person *out)
{
	struct hash token;

	TRY(token_of(view, TOKEN_LOGIN, text_bytes(login), &token));
	const struct row_value values[] = {ROW_HASH(&token)};
	TRY(store_find(view, TABLE_USER, INDEX_USER_LOGIN, values, row));
	return userrow_read(row, out);
}

static struct bytes put_keys(const struct person *p, uint8_t room[KEYS_BYTES])
{
	struct row_big expires;

	if (p->enrolled) {
		memcpy(room, p->hpke_key.bytes, 65);
		memcpy(room + 65, p->sign_key.bytes, 65);
		return bytes_of(room, KEYS_BYTES);
	}
	if (hash_is_zero(&p->invitation.name))
		return bytes_of(room, 0);
	memcpy(room, p->invitation.name.bytes, 32);
	memcpy(room + 32, p->invitation.key.bytes, 65);
	memcpy(room + 97, row_number_bytes(&expires, p->invitation.expires).at, 8);
	return bytes_of(room, INVITATION_BYTES);
}

struct status userrow_put(struct store_txn *txn, const struct person *person, struct text name)
{
	static const struct hash none = {{0}};
	uint8_t keys[KEYS_BYTES];
	struct row_big profile, rights, state;
	struct hash token;

	TRY(token_of(txn->view, TOKEN_LOGIN, text_bytes(person->login), &token));
	struct row row = {
		.table = TABLE_USER,
		.plain = {[COLUMN_USER_ID] = ROW_UUID(&person->id.uuid), [COLUMN_USER_LOGIN_TOKEN] = ROW_HASH(&token)},
		.secret = {[SECRET_USER_LOGIN] = text_bytes(person->login),
			   [SECRET_USER_NAME] = text_bytes(name),
			   [SECRET_USER_PROFILE] = row_number_bytes(&profile, person->profile),
			   [SECRET_USER_RIGHTS] = row_number_bytes(&rights, person->rights),
			   [SECRET_USER_STATE] = row_number_bytes(&state, person->state),
			   [SECRET_USER_KEY_HASH] = hash_bytes(person->enrolled ? &person->key_hash : &none),
			   [SECRET_USER_HEAD] = hash_bytes(&person->head),
			   [SECRET_USER_KEYS] = put_keys(person, keys)},
	};
	const struct status put = store_put(txn, &row);
	return put.code == ST_CONFLICT ? FAIL_AT(ST_CONFLICT, "login") : put;
}
