/* SPDX-License-Identifier: Apache-2.0 */
#include "agentwire.h"

#include <string.h>

#include "vocabulary.h"

/* What the holder's code may say.  Numbers travel: new literals go to the end. */
static const char *const reasons[] = {
	NULL,
	"agent is locked",
	"another version of the agent runs",
	"passphrase",
	"security file",
	"security file format",
	"security file lock",
	"security file slot kind",
	"slot memory",
	"slot passes",
	"checkpoint",
	"statement kind",
	"statement site",
	"statement author",
	"site",
	"epoch number",
	"previous epoch",
	"epoch key",
	"key handle",
	"keys held",
	"wrapped key",
	"wrapped key suite",
	"identity key",
	"clinical key",
	"record header",
	"record",
	"no content under way",
	"content has ended",
	"content size",
	"content hash",
	"content piece",
	"block",
	"block name",
	"import source",
	"session",
	"session token",
	"buffer",
	"secret",
};

static uint8_t reason_number(const char *what)
{
	if (what == NULL)
		return 0;
	for (size_t i = 1; i < COUNT(reasons); i++)
		if (strcmp(reasons[i], what) == 0)
			return (uint8_t)i;
	return 0;
}

struct status agentwire_put_result(struct buffer *b, struct status s)
{
	TRY(buffer_put_u8(b, (uint8_t)s.code));
	return buffer_put_u8(b, reason_number(s.what));
}

struct status agentwire_result(struct reader *r, struct status *out)
{
	uint8_t code, reason;

	TRY(reader_u8(r, &code));
	TRY(reader_u8(r, &reason));
	if (code > ST_IO || reason >= COUNT(reasons))
		return FAIL(ST_INVALID);
	*out = (struct status){.code = (enum status_code)code, .what = reasons[reason]};
	return OK;
}

/* Fixed pieces stand without a length. */

static struct status put_uuid(struct buffer *b, const struct uuid *u)
{
	return buffer_put(b, uuid_bytes(u));
}

static struct status take_uuid(struct reader *r, struct uuid *out)
{
	return reader_copy(r, out->bytes, sizeof out->bytes);
}

static struct status take_enumeration(struct reader *r, enum vocabulary v, uint8_t *out)
{
	TRY(reader_u8(r, out));
	return vocabulary_knows(v, *out) ? OK : FAIL(ST_INVALID);
}

struct status agentwire_put_handle(struct buffer *b, struct epoch_handle handle)
{
	return buffer_put_u64(b, handle.value);
}

struct status agentwire_handle(struct reader *r, struct epoch_handle *out)
{
	return reader_u64(r, &out->value);
}

struct status agentwire_put_hash(struct buffer *b, const struct hash *hash)
{
	return buffer_put(b, hash_bytes(hash));
}

struct status agentwire_hash(struct reader *r, struct hash *out)
{
	return reader_copy(r, out->bytes, sizeof out->bytes);
}

struct status agentwire_put_epoch(struct buffer *b, const struct epoch_place *place)
{
	TRY(agentwire_put_hash(b, &place->fingerprint));
	TRY(buffer_put_u8(b, (uint8_t)place->holder_kind));
	TRY(put_uuid(b, &place->holder));
	TRY(buffer_put_u8(b, (uint8_t)place->compartment));
	return buffer_put_u32(b, place->number);
}

struct status agentwire_epoch(struct reader *r, struct epoch_place *out)
{
	uint8_t holder_kind, compartment;

	TRY(agentwire_hash(r, &out->fingerprint));
	TRY(take_enumeration(r, VOCABULARY_HOLDER_KIND, &holder_kind));
	TRY(take_uuid(r, &out->holder));
	TRY(take_enumeration(r, VOCABULARY_COMPARTMENT, &compartment));
	/* A key is of one compartment; only records are of both. */
	if (compartment == COMPARTMENT_BOTH)
		return FAIL(ST_INVALID);
	out->holder_kind = (enum holder_kind)holder_kind;
	out->compartment = (enum compartment)compartment;
	return reader_u32(r, &out->number);
}

static struct status put_place(struct buffer *b, const struct record_place *place)
{
	TRY(agentwire_put_hash(b, &place->fingerprint));
	TRY(put_uuid(b, &place->patient.uuid));
	TRY(put_uuid(b, &place->record.uuid));
	TRY(buffer_put_u32(b, place->version));
	return buffer_put_u8(b, (uint8_t)place->compartment);
}

static struct status read_place(struct reader *r, struct record_place *out)
{
	uint8_t compartment;

	TRY(agentwire_hash(r, &out->fingerprint));
	TRY(take_uuid(r, &out->patient.uuid));
	TRY(take_uuid(r, &out->record.uuid));
	TRY(reader_u32(r, &out->version));
	TRY(take_enumeration(r, VOCABULARY_COMPARTMENT, &compartment));
	out->compartment = (enum compartment)compartment;
	return OK;
}

struct status agentwire_put_record(struct buffer *b, const struct keyholder_record *record)
{
	TRY(put_place(b, &record->place));
	TRY(put_uuid(b, &record->author.uuid));
	TRY(agentwire_put_handle(b, record->identity));
	return agentwire_put_handle(b, record->clinical);
}

struct status agentwire_record(struct reader *r, struct keyholder_record *out)
{
	TRY(read_place(r, &out->place));
	TRY(take_uuid(r, &out->author.uuid));
	TRY(agentwire_handle(r, &out->identity));
	return agentwire_handle(r, &out->clinical);
}

struct status agentwire_put_sealed_key(struct buffer *b, const struct sealed_key *key)
{
	return buffer_put(b, BYTES_OF(*key));
}

struct status agentwire_sealed_key(struct reader *r, struct sealed_key *out)
{
	return reader_copy(r, out->bytes, sizeof out->bytes);
}

struct status agentwire_put_claim(struct buffer *b, const struct recordcontent_claim *claim)
{
	TRY(buffer_put_u64(b, claim->size));
	return agentwire_put_hash(b, &claim->hash);
}

struct status agentwire_claim(struct reader *r, struct recordcontent_claim *out)
{
	TRY(reader_u64(r, &out->size));
	return agentwire_hash(r, &out->hash);
}

struct status agentwire_put_pin(struct buffer *b, const struct securityfile_pin *pin)
{
	TRY(buffer_put_u64(b, pin->size));
	return agentwire_put_hash(b, &pin->root);
}

struct status agentwire_pin(struct reader *r, struct securityfile_pin *out)
{
	TRY(reader_u64(r, &out->size));
	return agentwire_hash(r, &out->root);
}

struct status agentwire_put_person(struct buffer *b, const struct keyholder_person *person)
{
	TRY(agentwire_put_hash(b, &person->site));
	TRY(put_uuid(b, &person->user.uuid));
	TRY(buffer_put(b, p256_public_bytes(&person->hpke_key)));
	TRY(buffer_put(b, p256_public_bytes(&person->sign_key)));
	TRY(agentwire_put_hash(b, &person->key_hash));
	TRY(agentwire_put_pin(b, &person->pin));
	TRY(buffer_put_sized(b, text_bytes(text_of(person->origin))));
	return buffer_put_sized(b, text_bytes(text_of(person->login)));
}

/* ${out} has ${max} bytes and room for a NUL. */
static struct status take_text(struct reader *r, size_t max, char *out)
{
	struct bytes text;

	TRY(reader_sized(r, max, &text));
	if (!text_is_utf8(text_from(text)))
		return FAIL(ST_INVALID);
	if (text.len > 0)
		memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return OK;
}

struct status agentwire_person(struct reader *r, struct keyholder_person *out)
{
	TRY(agentwire_hash(r, &out->site));
	TRY(take_uuid(r, &out->user.uuid));
	TRY(reader_copy(r, out->hpke_key.bytes, sizeof out->hpke_key.bytes));
	TRY(reader_copy(r, out->sign_key.bytes, sizeof out->sign_key.bytes));
	TRY(agentwire_hash(r, &out->key_hash));
	TRY(agentwire_pin(r, &out->pin));
	TRY(take_text(r, ORIGIN_MAX, out->origin));
	return take_text(r, LIMIT_LOGIN, out->login);
}

struct status agentwire_put_status(struct buffer *b, const struct agentwire_status *status)
{
	TRY(buffer_put_u8(b, status->unlocked));
	TRY(buffer_put_u8(b, status->token));
	TRY(buffer_put_u64(b, status->left_ms));
	return status->unlocked ? agentwire_put_person(b, &status->person) : OK;
}

static struct status take_bool(struct reader *r, bool *out)
{
	uint8_t v;

	TRY(reader_u8(r, &v));
	*out = v == 1;
	return v <= 1 ? OK : FAIL(ST_INVALID);
}

struct status agentwire_status(struct reader *r, struct agentwire_status *out)
{
	TRY(take_bool(r, &out->unlocked));
	TRY(take_bool(r, &out->token));
	TRY(reader_u64(r, &out->left_ms));
	return out->unlocked ? agentwire_person(r, &out->person) : OK;
}

/* --- Items --- */

struct status agentwire_put_wrapped(struct buffer *b, const struct keyholder_wrapped *item)
{
	TRY(agentwire_put_epoch(b, &item->place));
	TRY(buffer_put(b, BYTES_OF(item->wrapped)));
	TRY(agentwire_put_hash(b, &item->claim.wrapped_hash));
	return agentwire_put_hash(b, &item->claim.commitment);
}

struct status agentwire_wrapped(struct reader *r, struct keyholder_wrapped *out)
{
	TRY(agentwire_epoch(r, &out->place));
	TRY(reader_copy(r, out->wrapped.bytes, sizeof out->wrapped.bytes));
	TRY(agentwire_hash(r, &out->claim.wrapped_hash));
	return agentwire_hash(r, &out->claim.commitment);
}

struct status agentwire_put_recipient(struct buffer *b, const struct keyholder_recipient *item)
{
	TRY(buffer_put_u8(b, (uint8_t)item->recipient.kind));
	TRY(put_uuid(b, &item->recipient.id));
	TRY(agentwire_put_hash(b, &item->recipient.key_hash));
	return buffer_put(b, p256_public_bytes(&item->hpke_key));
}

struct status agentwire_recipient(struct reader *r, struct keyholder_recipient *out)
{
	uint8_t kind;

	TRY(take_enumeration(r, VOCABULARY_RECIPIENT_KIND, &kind));
	out->recipient.kind = (enum recipient_kind)kind;
	TRY(take_uuid(r, &out->recipient.id));
	TRY(agentwire_hash(r, &out->recipient.key_hash));
	return reader_copy(r, out->hpke_key.bytes, sizeof out->hpke_key.bytes);
}

struct status agentwire_put_step(struct buffer *b, const struct epochkey_step *step)
{
	TRY(agentwire_put_sealed_key(b, &step->previous_sealed));
	return agentwire_put_hash(b, &step->commitment);
}

struct status agentwire_step(struct reader *r, struct epochkey_step *out)
{
	TRY(agentwire_sealed_key(r, &out->previous_sealed));
	return agentwire_hash(r, &out->commitment);
}

struct status agentwire_put_move(struct buffer *b, const struct keyholder_move *item)
{
	TRY(put_place(b, &item->place));
	TRY(agentwire_put_handle(b, item->from_identity));
	TRY(agentwire_put_handle(b, item->from_clinical));
	TRY(agentwire_put_handle(b, item->to_identity));
	TRY(agentwire_put_handle(b, item->to_clinical));
	return agentwire_put_sealed_key(b, &item->sealed);
}

struct status agentwire_move(struct reader *r, struct keyholder_move *out)
{
	TRY(read_place(r, &out->place));
	TRY(agentwire_handle(r, &out->from_identity));
	TRY(agentwire_handle(r, &out->from_clinical));
	TRY(agentwire_handle(r, &out->to_identity));
	TRY(agentwire_handle(r, &out->to_clinical));
	return agentwire_sealed_key(r, &out->sealed);
}

struct status agentwire_put_header(struct buffer *b, const struct keyholder_header *item)
{
	TRY(agentwire_put_record(b, &item->record));
	TRY(agentwire_put_sealed_key(b, &item->sealed_key));
	return buffer_put_sized(b, item->in);
}

struct status agentwire_header(struct reader *r, struct keyholder_header *out)
{
	TRY(agentwire_record(r, &out->record));
	TRY(agentwire_sealed_key(r, &out->sealed_key));
	return reader_sized(r, LIMIT_SEALED_HEADER, &out->in);
}
