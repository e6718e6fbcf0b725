/* SPDX-License-Identifier: Apache-2.0 */
#include "keydesk.h"

#include "importtoken.h"
#include "scratchkey.h"
#include "securitystore.h"
#include "subkey.h"
#include "xaes.h"

#define BLOCK_LABEL "tacenda/v1/block"

/* What a person makes.  The site statement is made once, before anybody has a key. */
static const bool signable[STATEMENT_KINDS] = {
	[STATEMENT_INVITATION] = true, [STATEMENT_KEY] = true,         [STATEMENT_USER] = true,
	[STATEMENT_PATIENT] = true,    [STATEMENT_EPOCH] = true,       [STATEMENT_GRANT] = true,
	[STATEMENT_REVOCATION] = true, [STATEMENT_RECORD] = true,      [STATEMENT_RECORD_END] = true,
	[STATEMENT_SIGN_IN] = true,    [STATEMENT_PATIENT_END] = true, [STATEMENT_PATIENT_KEEP] = true,
	[STATEMENT_CONDUCT] = true,    [STATEMENT_REVIEW] = true,      [STATEMENT_REQUEST] = true,
	[STATEMENT_DECISION] = true,
};

void keydesk_clear(struct keydesk *d)
{
	keyshelf_clear(&d->shelf);
	recordcontent_clear(&d->content);
	d->content_state = KEYDESK_IDLE;
}

/* --- Statements --- */

static struct status check_statement(const struct keyholder_person *person, struct bytes unsigned_statement)
{
	static const struct signature none;
	AUTO(buffer) whole = {.max = LIMIT_STATEMENT_BYTES};
	struct statement s;

	/* The parser takes whole statements only; nothing looks at this signature. */
	TRY(buffer_put(&whole, unsigned_statement));
	TRY(buffer_put(&whole, BYTES_OF(none)));
	TRY(statement_parse(buffer_bytes(&whole), &s));
	if (!signable[s.kind])
		return FAIL_AT(ST_DENIED, "statement kind");
	if (!hash_equal(&s.head.site, &person->site))
		return FAIL_AT(ST_DENIED, "statement site");
	if (!uuid_equal(&s.head.author.uuid, &person->user.uuid) || !hash_equal(&s.head.author_key, &person->key_hash))
		return FAIL_AT(ST_DENIED, "statement author");
	return OK;
}

static struct status sign(void *state, struct bytes unsigned_statement, struct signature *out)
{
	struct keydesk *d = state;

	TRY(check_statement(&d->unlocked->person, unsigned_statement));
	return p256_sign(&d->unlocked->keys.sign_private, unsigned_statement, out);
}

/* --- Epoch keys --- */

static struct status check_site(const struct keydesk *d, const struct epoch_place *place)
{
	return hash_equal(&place->fingerprint, &d->unlocked->person.site) ? OK : FAIL_AT(ST_DENIED, "site");
}

static struct status open_one(struct keydesk *d, struct keyholder_wrapped *item, struct key *scratch)
{
	const struct keyholder_person *person = &d->unlocked->person;
	struct wrappedkey_recipient recipient = {RECIPIENT_USER, person->user.uuid, person->key_hash};

	TRY(check_site(d, &item->place));
	TRY(wrappedkey_open(&item->place, &recipient, &d->unlocked->keys.hpke_private, &item->wrapped, &item->claim,
			    scratch));
	return keyshelf_put(&d->shelf, &item->place, scratch, &item->key);
}

static struct status epoch_open(void *state, struct keyholder_wrapped *items, size_t count)
{
	AUTO(scratchkey) scratch = {0};

	TRY(scratchkey_take(&scratch));
	for (size_t i = 0; i < count; i++) {
		items[i].key = (struct epoch_handle){0};
		items[i].status = open_one(state, &items[i], scratch.key);
	}
	return OK;
}

static bool same_place(const struct epoch_place *a, const struct epoch_place *b)
{
	return hash_equal(&a->fingerprint, &b->fingerprint) && a->holder_kind == b->holder_kind &&
	       uuid_equal(&a->holder, &b->holder) && a->compartment == b->compartment && a->number == b->number;
}

/* The key that a new epoch follows, NULL for the first one. */
static struct status find_previous(const struct keydesk *d, const struct epoch_place *place,
				   struct epoch_handle previous, const struct key **out)
{
	struct keyshelf_key found;
	struct epoch_place before = *place;

	*out = NULL;
	if ((place->number == 0) != (previous.value == 0))
		return FAIL_AT(ST_INVALID, "epoch number");
	if (place->number == 0)
		return OK;
	before.number--;
	TRY(keyshelf_get(&d->shelf, previous, &found));
	if (!same_place(found.place, &before))
		return FAIL_AT(ST_DENIED, "previous epoch");
	*out = found.key;
	return OK;
}

static struct status epoch_new(void *state, const struct epoch_place *place, struct epoch_handle previous,
			       struct keyholder_epoch *out)
{
	struct keydesk *d = state;
	AUTO(scratchkey) key = {0};
	struct keyholder_epoch made = {.key = {0}};
	const struct key *before;

	TRY(check_site(d, place));
	TRY(find_previous(d, place, previous, &before));
	TRY(scratchkey_take(&key));
	epochkey_new(key.key);
	TRY(epochkey_commitment(place, key.key, &made.commitment));
	if (before != NULL)
		TRY(epochkey_previous_seal(place, key.key, before, &made.previous_sealed));
	TRY(keyshelf_put(&d->shelf, place, key.key, &made.key));
	*out = made;
	return OK;
}

static struct status epoch_walk(void *state, struct epoch_handle key, const struct epochkey_step *steps, size_t count,
				struct epoch_handle *out)
{
	struct keydesk *d = state;
	AUTO(scratchkey) older = {0};
	struct keyshelf_key found;

	TRY(keyshelf_get(&d->shelf, key, &found));
	struct epoch_place place = *found.place;
	TRY(scratchkey_take(&older));
	TRY(epochkey_walk(&place, found.key, steps, count, older.key));
	place.number -= (uint32_t)count;
	return keyshelf_put(&d->shelf, &place, older.key, out);
}

static struct status epoch_wrap(void *state, struct epoch_handle key, struct keyholder_recipient *items, size_t count)
{
	struct keydesk *d = state;
	struct keyshelf_key found;

	TRY(keyshelf_get(&d->shelf, key, &found));
	for (size_t i = 0; i < count; i++)
		items[i].status = wrappedkey_wrap(found.place, found.key, &items[i].recipient, &items[i].hpke_key,
						  &items[i].wrapped);
	return OK;
}

static struct status epoch_drop(void *state, const struct epoch_handle *keys, size_t count)
{
	struct keydesk *d = state;

	for (size_t i = 0; i < count; i++)
		keyshelf_drop(&d->shelf, keys[i]);
	return OK;
}

/* --- The rest --- */

static struct status block_binding(const struct keydesk *d, struct bytes name, struct scratchkey *key,
				   struct buffer *aad)
{
	const struct keyholder_person *person = &d->unlocked->person;
	const struct bytes arguments[] = {hash_bytes(&person->site), uuid_bytes(&person->user.uuid), name};

	TRY(context_put(aad, BLOCK_LABEL, arguments, COUNT(arguments)));
	TRY(scratchkey_take(key));
	return subkey_derive(secret_bytes(&d->unlocked->keys.file_key), BLOCK_LABEL, key->key);
}

static struct status block_seal(void *state, struct bytes name, struct plain plain, struct buffer *out)
{
	AUTO(scratchkey) key = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(block_binding(state, name, &key, &aad));
	return xaes_seal(key.key, buffer_bytes(&aad), plain.bytes, out);
}

static struct status block_open(void *state, struct bytes name, struct sealed sealed, struct buffer *out)
{
	AUTO(scratchkey) key = {0};
	AUTO(buffer) aad = {.max = CONTEXT_MAX};

	TRY(block_binding(state, name, &key, &aad));
	return xaes_open(key.key, buffer_bytes(&aad), sealed.bytes, out);
}

static struct status import_token(void *state, struct bytes source, struct hash *out)
{
	const struct keydesk *d = state;

	return importtoken_make(&d->unlocked->keys.hpke_private, source, out);
}

static struct status pin(void *state, const struct securityfile_pin *moved, struct securityfile_pin *now)
{
	struct unlocked *u = ((struct keydesk *)state)->unlocked;

	TRY(securitystore_pin(u->os, u->dir, SECURITYSTORE_NAME, &u->keys, moved));
	u->person.pin = u->keys.pin;
	*now = u->keys.pin;
	return OK;
}

static struct status token_put(void *state, struct bytes token)
{
	struct keydesk *d = state;
	struct secret kept = {0};

	if (token.len > 0)
		TRY(secret_from(token, &kept));
	secret_clear(d->token);
	*d->token = kept;
	return OK;
}

static struct status token_get(void *state, struct secret *out)
{
	const struct keydesk *d = state;

	if (d->token->bytes == NULL)
		return FAIL_AT(ST_NOT_FOUND, "session");
	return secret_from(secret_bytes(d->token), out);
}

const struct keyholder_calls keydesk_calls = {
	.sign = sign,
	.epoch_open = epoch_open,
	.epoch_new = epoch_new,
	.epoch_walk = epoch_walk,
	.epoch_wrap = epoch_wrap,
	.epoch_drop = epoch_drop,
	.record_new = keydesk_record_new,
	.record_move = keydesk_record_move,
	.header_seal = keydesk_header_seal,
	.header_open = keydesk_header_open,
	.content_seal_begin = keydesk_content_seal_begin,
	.content_seal_add = keydesk_content_seal_add,
	.content_seal_end = keydesk_content_seal_end,
	.content_open_begin = keydesk_content_open_begin,
	.content_open_add = keydesk_content_open_add,
	.content_open_end = keydesk_content_open_end,
	.block_seal = block_seal,
	.block_open = block_open,
	.import_token = import_token,
	.pin = pin,
	.token_put = token_put,
	.token_get = token_get,
};
