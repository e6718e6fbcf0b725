/* SPDX-License-Identifier: Apache-2.0 */
#include "keyholder.h"

#include <string.h>

#include "importtoken.h"

void keyholder_clear(struct keyholder *k)
{
	if (k->clear != NULL)
		k->clear(k->state);
	*k = (struct keyholder){0};
}

struct statement_head keyholder_head(const struct keyholder *k, const struct hash *previous, uint64_t time)
{
	struct statement_head head = {
		.site = k->person.site,
		.author = k->person.user,
		.author_key = k->person.key_hash,
		.seen_size = k->person.pin.size,
		.seen_root = k->person.pin.root,
		.time = time,
	};

	if (previous != NULL)
		head.previous = *previous;
	return head;
}

struct status keyholder_sign(const struct keyholder *k, const struct statement *draft, struct buffer *out)
{
	AUTO(buffer) encoded = {.max = LIMIT_STATEMENT_BYTES};
	struct signature signature;

	TRY(statement_encode(draft, &encoded));
	TRY(k->calls->sign(k->state, buffer_bytes(&encoded), &signature));
	TRY(buffer_put(&encoded, BYTES_OF(signature)));
	return buffer_put(out, buffer_bytes(&encoded));
}

struct status keyholder_epoch_open(const struct keyholder *k, struct keyholder_wrapped *items, size_t count)
{
	return k->calls->epoch_open(k->state, items, count);
}

struct status keyholder_epoch_new(const struct keyholder *k, const struct epoch_place *place,
				  struct epoch_handle previous, struct keyholder_epoch *out)
{
	return k->calls->epoch_new(k->state, place, previous, out);
}

struct status keyholder_epoch_walk(const struct keyholder *k, struct epoch_handle key,
				   const struct epochkey_step *steps, size_t count, struct epoch_handle *out)
{
	return k->calls->epoch_walk(k->state, key, steps, count, out);
}

struct status keyholder_epoch_wrap(const struct keyholder *k, struct epoch_handle key,
				   struct keyholder_recipient *items, size_t count)
{
	return k->calls->epoch_wrap(k->state, key, items, count);
}

struct status keyholder_epoch_drop(const struct keyholder *k, const struct epoch_handle *keys, size_t count)
{
	return k->calls->epoch_drop(k->state, keys, count);
}

struct status keyholder_record_new(const struct keyholder *k, const struct keyholder_record *record,
				   struct sealed_key *out)
{
	return k->calls->record_new(k->state, record, out);
}

struct status keyholder_record_move(const struct keyholder *k, struct keyholder_move *items, size_t count)
{
	return k->calls->record_move(k->state, items, count);
}

struct status keyholder_header_seal(const struct keyholder *k, struct keyholder_header *items, size_t count,
				    struct buffer *out)
{
	return k->calls->header_seal(k->state, items, count, out);
}

struct status keyholder_header_open(const struct keyholder *k, struct keyholder_header *items, size_t count,
				    struct buffer *out)
{
	return k->calls->header_open(k->state, items, count, out);
}

struct status keyholder_content_seal_begin(const struct keyholder *k, const struct keyholder_record *record,
					   const struct sealed_key *sealed_key, struct buffer *out)
{
	return k->calls->content_seal_begin(k->state, record, sealed_key, out);
}

static struct status piece_check(struct bytes piece)
{
	return piece.len <= KEYHOLDER_PIECE ? OK : FAIL_AT(ST_INVALID, "content piece");
}

struct status keyholder_content_seal_add(const struct keyholder *k, struct plain plain, struct buffer *out)
{
	TRY(piece_check(plain.bytes));
	return k->calls->content_seal_add(k->state, plain, out);
}

struct status keyholder_content_seal_end(const struct keyholder *k, struct buffer *out,
					 struct recordcontent_claim *claim)
{
	return k->calls->content_seal_end(k->state, out, claim);
}

struct status keyholder_content_open_begin(const struct keyholder *k, const struct keyholder_record *record,
					   const struct sealed_key *sealed_key, const struct recordcontent_claim *claim)
{
	return k->calls->content_open_begin(k->state, record, sealed_key, claim);
}

struct status keyholder_content_open_add(const struct keyholder *k, struct sealed sealed, struct buffer *out)
{
	TRY(piece_check(sealed.bytes));
	return k->calls->content_open_add(k->state, sealed, out);
}

struct status keyholder_content_open_end(const struct keyholder *k)
{
	return k->calls->content_open_end(k->state);
}

static struct status block_check(struct bytes name, struct bytes block, size_t overhead)
{
	if (name.len > KEYHOLDER_BLOCK_NAME_MAX)
		return FAIL_AT(ST_TOO_BIG, "block name");
	return block.len <= KEYHOLDER_BLOCK_MAX + overhead ? OK : FAIL_AT(ST_TOO_BIG, "block");
}

struct status keyholder_block_seal(const struct keyholder *k, struct bytes name, struct plain plain, struct buffer *out)
{
	TRY(block_check(name, plain.bytes, 0));
	return k->calls->block_seal(k->state, name, plain, out);
}

struct status keyholder_block_open(const struct keyholder *k, struct bytes name, struct sealed sealed,
				   struct buffer *out)
{
	TRY(block_check(name, sealed.bytes, KEYHOLDER_BLOCK_OVERHEAD));
	return k->calls->block_open(k->state, name, sealed, out);
}

struct status keyholder_import_token(const struct keyholder *k, const char *kind, const struct bytes *source,
				     size_t count, struct hash *out)
{
	AUTO(buffer) named = {.max = IMPORTTOKEN_SOURCE_MAX, .wipe = true};

	TRY(importtoken_source(kind, source, count, &named));
	return k->calls->import_token(k->state, buffer_bytes(&named), out);
}

struct status keyholder_pin(struct keyholder *k, const struct securityfile_pin *pin)
{
	return k->calls->pin(k->state, pin, &k->person.pin);
}

struct status keyholder_token_put(const struct keyholder *k, struct bytes token)
{
	if (token.len > KEYHOLDER_TOKEN_MAX)
		return FAIL_AT(ST_TOO_BIG, "session token");
	return k->calls->token_put(k->state, token);
}

struct status keyholder_token_get(const struct keyholder *k, struct secret *out)
{
	return k->calls->token_get(k->state, out);
}
