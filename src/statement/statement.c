/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include <string.h>

#include "hash.h"
#include "reader.h"
#include "statement_fields.h"

#define PREFIX          "tacenda/v1/"
#define SIGNATURE_BYTES sizeof(struct signature)

struct text statement_word(enum statement_kind kind)
{
	return text_of(statement_fields_of(kind)->word);
}

/* ---- What the format allows, looked at in the C form, so that encoding and parsing share it ---- */

static bool is_printable(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if ((uint8_t)t.at[i] < 0x20 || t.at[i] == 0x7f)
			return false;
	return text_is_utf8(t);
}

static bool recipients_fit(struct bytes rows)
{
	struct recipient before = {0};
	struct recipient row;

	if (rows.len % STATEMENT_RECIPIENT_BYTES != 0)
		return false;
	for (size_t i = 0; i < statement_recipient_count(rows); i++) {
		statement_recipient(rows, i, &row);
		if (!vocabulary_knows(VOCABULARY_RECIPIENT_KIND, row.kind))
			return false;
		if (i > 0 && statement_recipient_order(&before, &row) >= 0)
			return false;
		before = row;
	}
	return true;
}

static bool field_fits(const struct statement_field *f, const uint8_t *member)
{
	uint32_t number = 0;
	struct text name;
	struct bytes view;

	switch (f->type) {
	case FIELD_FIXED:
	case FIELD_ID:
	case FIELD_U64:
		return true;
	case FIELD_TEXT:
		memcpy(&name, member, sizeof name);
		return name.len >= f->min && name.len <= f->max && is_printable(name);
	case FIELD_OPTIONAL:
		memcpy(&view, member, sizeof view);
		return view.len == 0 || view.len == f->max;
	case FIELD_WORD:
		memcpy(&number, member, sizeof number);
		return vocabulary_knows(f->vocabulary, number);
	case FIELD_RIGHTS:
		memcpy(&number, member, sizeof number);
		return (number & ~RIGHTS_ALL) == 0;
	case FIELD_U32:
		memcpy(&number, member, sizeof number);
		return number >= f->min;
	case FIELD_RECIPIENTS:
		memcpy(&view, member, sizeof view);
		return view.len <= f->max && recipients_fit(view);
	}
	return false;
}

/** The rules between fields of one statement. */
static struct status fields_agree(const struct statement *s)
{
	const struct statement_head *h = &s->head;

	if (hash_is_zero(&h->site) != (s->kind == STATEMENT_SITE))
		return FAIL_AT(ST_INVALID, "site");
	if (hash_is_zero(&h->seen_root) != (h->seen_size == 0))
		return FAIL_AT(ST_INVALID, "seen_root");
	if (s->kind == STATEMENT_SIGN_IN && !hash_is_zero(&h->previous))
		return FAIL_AT(ST_INVALID, "previous");
	if (s->kind == STATEMENT_REVIEW && (s->review.from > s->review.until || s->review.until > h->seen_size))
		return FAIL_AT(ST_INVALID, "until");
	if (s->kind == STATEMENT_EPOCH) {
		if (s->epoch.compartment == COMPARTMENT_BOTH)
			return FAIL_AT(ST_INVALID, "compartment");
		if ((s->epoch.previous_sealed.len == 0) != (s->epoch.number == 0))
			return FAIL_AT(ST_INVALID, "previous_sealed");
	}
	if (s->kind == STATEMENT_RECORD) {
		if (s->record.compartment == COMPARTMENT_CLINICAL && s->record.identity_epoch != 0)
			return FAIL_AT(ST_INVALID, "identity_epoch");
		if (s->record.compartment == COMPARTMENT_IDENTITY && s->record.clinical_epoch != 0)
			return FAIL_AT(ST_INVALID, "clinical_epoch");
	}
	return OK;
}

/* ---- Encoding ---- */

static struct status put_number(struct buffer *out, const uint8_t *member, bool byte)
{
	uint32_t number;

	memcpy(&number, member, sizeof number);
	TRY(buffer_put_u32(out, byte ? 1 : 4));
	return byte ? buffer_put_u8(out, (uint8_t)number) : buffer_put_u32(out, number);
}

static struct status put_field(struct buffer *out, const struct statement_field *f, const uint8_t *member)
{
	struct text name;
	struct bytes view;
	uint64_t number;

	switch (f->type) {
	case FIELD_FIXED:
	case FIELD_ID:
		return buffer_put_sized(out, bytes_of(member, f->max));
	case FIELD_TEXT:
		memcpy(&name, member, sizeof name);
		return buffer_put_sized(out, text_bytes(name));
	case FIELD_OPTIONAL:
	case FIELD_RECIPIENTS:
		memcpy(&view, member, sizeof view);
		return buffer_put_sized(out, view);
	case FIELD_WORD:
		return put_number(out, member, true);
	case FIELD_RIGHTS:
	case FIELD_U32:
		return put_number(out, member, false);
	case FIELD_U64:
		memcpy(&number, member, sizeof number);
		TRY(buffer_put_u32(out, 8));
		return buffer_put_u64(out, number);
	}
	return FAIL(ST_INVALID);
}

static struct status put_layout(struct buffer *out, const struct statement_layout *layout, const struct statement *s)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct statement_field *f = &layout->fields[i];
		const uint8_t *member = (const uint8_t *)s + f->offset;

		if (!field_fits(f, member))
			return FAIL_AT(ST_INVALID, f->name);
		TRY(put_field(out, f, member));
	}
	return OK;
}

static struct status encode(const struct statement *s, struct buffer *out)
{
	const struct statement_layout *layout = statement_fields_of(s->kind);
	size_t before = out->len;

	TRY(buffer_put(out, BYTES_LITERAL(PREFIX)));
	TRY(buffer_put(out, bytes_of(layout->word, strlen(layout->word) + 1)));
	TRY(put_layout(out, &statement_fields_head, s));
	TRY(put_layout(out, layout, s));
	if (out->len - before > LIMIT_STATEMENT_BYTES - SIGNATURE_BYTES)
		return FAIL_AT(ST_TOO_BIG, "statement");
	return fields_agree(s);
}

struct status statement_encode(const struct statement *draft, struct buffer *out)
{
	size_t before = out->len;
	struct status done = encode(draft, out);

	if (!ok(done))
		out->len = before;
	return done;
}

static struct status append_signature(const struct secret *sign_key, size_t begin, struct buffer *out)
{
	struct signature signature;

	TRY(p256_sign(sign_key, bytes_of(out->bytes + begin, out->len - begin), &signature));
	return buffer_put(out, BYTES_OF(signature));
}

struct status statement_sign(const struct statement *draft, const struct secret *sign_key, struct buffer *out)
{
	size_t before = out->len;

	TRY(statement_encode(draft, out));
	struct status done = append_signature(sign_key, before, out);
	if (!ok(done))
		out->len = before;
	return done;
}

/* ---- Parsing ---- */

static void store_number(struct bytes piece, uint8_t *member, size_t width)
{
	uint64_t number = 0;

	for (size_t i = 0; i < piece.len; i++)
		number = number << 8 | piece.at[i];
	const uint32_t narrow = (uint32_t)number;
	if (width == sizeof number)
		memcpy(member, &number, sizeof number);
	else
		memcpy(member, &narrow, sizeof narrow);
}

static struct status take_field(struct reader *r, const struct statement_field *f, uint8_t *member)
{
	struct bytes piece;

	if (!ok(reader_sized(r, f->max, &piece)))
		return FAIL_AT(ST_INVALID, f->name);
	if (f->type == FIELD_TEXT) {
		const struct text name = text_from(piece);
		memcpy(member, &name, sizeof name);
	} else if (f->type == FIELD_OPTIONAL || f->type == FIELD_RECIPIENTS) {
		memcpy(member, &piece, sizeof piece);
	} else if (piece.len != f->max) {
		return FAIL_AT(ST_INVALID, f->name);
	} else if (f->type == FIELD_FIXED || f->type == FIELD_ID) {
		memcpy(member, piece.at, piece.len);
	} else {
		store_number(piece, member, f->type == FIELD_U64 ? 8 : 4);
	}
	return field_fits(f, member) ? OK : FAIL_AT(ST_INVALID, f->name);
}

static struct status take_layout(struct reader *r, const struct statement_layout *layout, struct statement *out)
{
	for (size_t i = 0; i < layout->count; i++)
		TRY(take_field(r, &layout->fields[i], (uint8_t *)out + layout->fields[i].offset));
	return OK;
}

static struct status take_kind(struct reader *r, enum statement_kind *out)
{
	struct bytes piece;

	if (!ok(reader_take(r, sizeof PREFIX - 1, &piece)) || !bytes_equal(piece, BYTES_LITERAL(PREFIX)))
		return FAIL_AT(ST_INVALID, "statement");
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		const char *word = statement_fields_of((enum statement_kind)kind)->word;
		struct reader ahead = *r;

		if (!ok(reader_take(&ahead, strlen(word) + 1, &piece)) ||
		    !bytes_equal(piece, bytes_of(word, strlen(word) + 1)))
			continue;
		*r = ahead;
		*out = (enum statement_kind)kind;
		return OK;
	}
	return FAIL_AT(ST_INVALID, "kind");
}

struct status statement_parse(struct bytes bytes, struct statement *out)
{
	struct reader r = reader_of(bytes);
	struct statement s = {.bytes = bytes};

	if (bytes.len > LIMIT_STATEMENT_BYTES)
		return FAIL_AT(ST_TOO_BIG, "statement");
	TRY(take_kind(&r, &s.kind));
	TRY(take_layout(&r, &statement_fields_head, &s));
	TRY(take_layout(&r, statement_fields_of(s.kind), &s));
	s.signed_bytes = bytes_of(bytes.at, bytes.len - reader_left(&r));
	if (reader_left(&r) != SIGNATURE_BYTES || !ok(reader_copy(&r, s.signature.bytes, SIGNATURE_BYTES)))
		return FAIL_AT(ST_INVALID, "signature");
	TRY(fields_agree(&s));
	TRY(sha256(s.signed_bytes, &s.name));
	*out = s;
	return OK;
}

struct status statement_verify(const struct statement *s, const struct p256_public *public_key)
{
	if (!ok(p256_verify(public_key, s->signed_bytes, &s->signature)))
		return FAIL_AT(ST_UNPROVEN, "signature");
	return OK;
}

struct status statement_verify_with(const struct statement *s, const struct p256_verifier *verifier)
{
	if (!ok(p256_verifier_check(verifier, s->signed_bytes, &s->signature)))
		return FAIL_AT(ST_UNPROVEN, "signature");
	return OK;
}
