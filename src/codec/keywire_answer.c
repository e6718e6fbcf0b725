/* SPDX-License-Identifier: Apache-2.0 */
#include "keywire.h"
#include "reader.h"

static struct status take_bounded(struct reader *r, uint8_t max, uint8_t *out)
{
	struct reader ahead = *r;
	uint8_t v;

	TRY(reader_u8(&ahead, &v));
	if (v > max)
		return FAIL(ST_INVALID);
	*r = ahead;
	*out = v;
	return OK;
}

static struct status take_flag(struct reader *r, bool *out)
{
	uint8_t v;

	TRY(take_bounded(r, 1, &v));
	*out = v == 1;
	return OK;
}

static struct status put_nothing(struct buffer *b, const struct keywire_answer *a)
{
	(void)b;
	(void)a;
	return OK;
}

static struct status read_nothing(struct reader *r, struct keywire_answer *a)
{
	(void)r;
	(void)a;
	return OK;
}

static struct status put_hello(struct buffer *b, const struct keywire_answer *a)
{
	TRY(buffer_put_u16(b, a->hello.version));
	return buffer_put_u8(b, (uint8_t)a->hello.state);
}

static struct status read_hello(struct reader *r, struct keywire_answer *a)
{
	uint8_t state;

	TRY(reader_u16(r, &a->hello.version));
	TRY(take_bounded(r, KEYWIRE_OPEN, &state));
	a->hello.state = (enum keywire_state)state;
	return OK;
}

static struct status put_keys(struct buffer *b, const struct keywire_answer *a)
{
	return buffer_put_u16(b, (uint16_t)a->keys.count);
}

static struct status read_keys(struct reader *r, struct keywire_answer *a)
{
	size_t step = a->id == KEYWIRE_GET ? KEYWIRE_GET_STEP : KEYWIRE_MAKE_STEP;
	uint16_t count;
	struct bytes keys;

	TRY(reader_u16(r, &count));
	if (count < 1 || count > KEYWIRE_KEYS_MAX)
		return FAIL(ST_INVALID);
	TRY(reader_take(r, count * step, &keys));
	for (size_t i = 0; a->id == KEYWIRE_GET && i < count; i++)
		if (keys.at[i * step] > 1)
			return FAIL(ST_INVALID);
	a->keys.at = keys.at;
	a->keys.count = count;
	return OK;
}

static struct status put_note(struct buffer *b, const struct keywire_answer *a)
{
	return buffer_put_sized(b, a->note);
}

static struct status read_note(struct reader *r, struct keywire_answer *a)
{
	return reader_sized(r, KEYWIRE_NOTE_MAX, &a->note);
}

static struct status put_identity(struct buffer *b, const struct keywire_answer *a)
{
	const struct keywire_identity *i = &a->identity;

	TRY(buffer_put_u8(b, (uint8_t)i->source));
	TRY(buffer_put_u64(b, i->made));
	TRY(buffer_put_u64(b, i->ends));
	TRY(buffer_put_sized(b, i->ca));
	TRY(buffer_put_sized(b, i->chain.private_key));
	TRY(buffer_put_u8(b, (uint8_t)i->chain.count));
	for (size_t n = 0; n < i->chain.count; n++)
		TRY(buffer_put_sized(b, i->chain.certificates[n]));
	return OK;
}

static struct status read_identity(struct reader *r, struct keywire_answer *a)
{
	struct keywire_identity *i = &a->identity;
	uint8_t source, count;

	TRY(take_bounded(r, TLS_IMPORTED, &source));
	TRY(reader_u64(r, &i->made));
	TRY(reader_u64(r, &i->ends));
	TRY(reader_sized(r, KEYWIRE_CERTIFICATE_MAX, &i->ca));
	TRY(reader_sized(r, KEYWIRE_PRIVATE_MAX, &i->chain.private_key));
	TRY(take_bounded(r, KEYWIRE_CHAIN_MAX, &count));
	if (source == 0 || count == 0)
		return FAIL(ST_INVALID);
	for (size_t n = 0; n < count; n++)
		TRY(reader_sized(r, KEYWIRE_CERTIFICATE_MAX, &i->chain.certificates[n]));
	i->source = (enum tls_source)source;
	i->chain.count = count;
	return OK;
}

static struct status put_night(struct buffer *b, const struct keywire_answer *a)
{
	return buffer_put_u64(b, a->night);
}

static struct status read_night(struct reader *r, struct keywire_answer *a)
{
	return reader_u64(r, &a->night);
}

static struct status put_slots(struct buffer *b, const struct keywire_answer *a)
{
	return buffer_put_u8(b, a->slots);
}

static struct status read_slots(struct reader *r, struct keywire_answer *a)
{
	return take_bounded(r, KEYWIRE_SLOTS_MAX, &a->slots);
}

static struct status put_about_slots(struct buffer *b, const struct keywire_status *s)
{
	TRY(buffer_put_u8(b, (uint8_t)s->slot_count));
	for (size_t i = 0; i < s->slot_count; i++) {
		TRY(buffer_put_u8(b, (uint8_t)s->slots[i].kind));
		TRY(buffer_put_u64(b, s->slots[i].made));
	}
	return OK;
}

static struct status put_about(struct buffer *b, const struct keywire_answer *a)
{
	const struct keywire_status *s = &a->about;

	TRY(buffer_put_u8(b, (uint8_t)s->state));
	TRY(buffer_put_u64(b, s->night));
	TRY(buffer_put_u64(b, s->night_made));
	TRY(buffer_put_u8(b, (uint8_t)s->rewrap));
	TRY(buffer_put_u8(b, (uint8_t)s->rewrap_failure.code));
	TRY(buffer_put_u8(b, keywire_reason_number(s->rewrap_failure.what)));
	TRY(buffer_put_u8(b, s->old_night_remains));
	TRY(buffer_put_u8(b, s->holders));
	TRY(buffer_put_u8(b, s->acknowledged));
	TRY(buffer_put_u8(b, s->landlock));
	TRY(put_about_slots(b, s));
	for (size_t scope = 1; scope <= KEY_SCOPES; scope++)
		TRY(buffer_put_u64(b, s->keys[scope]));
	TRY(buffer_put_u64(b, s->signed_size));
	TRY(buffer_put(b, hash_bytes(&s->signed_root)));
	TRY(buffer_put(b, BYTES_OF(s->log_key)));
	return buffer_put_sized(b, text_bytes(s->origin));
}

static struct status read_about_slots(struct reader *r, struct keywire_status *s)
{
	uint8_t count, kind;

	TRY(take_bounded(r, KEYWIRE_SLOTS_MAX, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(take_bounded(r, SLOT_KEY_FILE, &kind));
		if (kind == 0)
			return FAIL(ST_INVALID);
		s->slots[i].kind = (enum slot_kind)kind;
		TRY(reader_u64(r, &s->slots[i].made));
	}
	s->slot_count = count;
	return OK;
}

static struct status read_about_rewrap(struct reader *r, struct keywire_status *s)
{
	uint8_t state, code, reason;

	TRY(take_bounded(r, REWRAP_FAILED, &state));
	TRY(take_bounded(r, ST_IO, &code));
	TRY(reader_u8(r, &reason));
	if (reason != 0 && keywire_reason(reason) == NULL)
		return FAIL(ST_INVALID);
	s->rewrap = (enum rewrap_state)state;
	s->rewrap_failure = (struct status){(enum status_code)code, keywire_reason(reason)};
	return take_flag(r, &s->old_night_remains);
}

static struct status read_about(struct reader *r, struct keywire_answer *a)
{
	struct keywire_status *s = &a->about;
	struct bytes origin;
	uint8_t state;

	TRY(take_bounded(r, KEYWIRE_OPEN, &state));
	s->state = (enum keywire_state)state;
	TRY(reader_u64(r, &s->night));
	TRY(reader_u64(r, &s->night_made));
	TRY(read_about_rewrap(r, s));
	TRY(reader_u8(r, &s->holders));
	TRY(reader_u8(r, &s->acknowledged));
	TRY(reader_u8(r, &s->landlock));
	TRY(read_about_slots(r, s));
	for (size_t scope = 1; scope <= KEY_SCOPES; scope++)
		TRY(reader_u64(r, &s->keys[scope]));
	TRY(reader_u64(r, &s->signed_size));
	TRY(reader_copy(r, s->signed_root.bytes, sizeof s->signed_root.bytes));
	TRY(reader_copy(r, s->log_key, sizeof s->log_key));
	TRY(reader_sized(r, KEYWIRE_ORIGIN_MAX, &origin));
	s->origin = text_from(origin);
	return OK;
}

static const struct form {
	struct status (*put)(struct buffer *b, const struct keywire_answer *a);
	struct status (*read)(struct reader *r, struct keywire_answer *a);
} forms[KEYWIRE_IDS] = {
	[KEYWIRE_HELLO] = {put_hello, read_hello},
	[KEYWIRE_CREATE] = {put_nothing, read_nothing},
	[KEYWIRE_UNSEAL] = {put_nothing, read_nothing},
	[KEYWIRE_GET] = {put_keys, read_keys},
	[KEYWIRE_MAKE] = {put_keys, read_keys},
	[KEYWIRE_SIGN] = {put_note, read_note},
	[KEYWIRE_IDENTITY] = {put_identity, read_identity},
	[KEYWIRE_RENEW] = {put_identity, read_identity},
	[KEYWIRE_IMPORT] = {put_nothing, read_nothing},
	[KEYWIRE_REWRAP] = {put_night, read_night},
	[KEYWIRE_STATUS] = {put_about, read_about},
	[KEYWIRE_SLOT_ADD] = {put_slots, read_slots},
	[KEYWIRE_SLOT_REMOVE] = {put_slots, read_slots},
};

struct status keywire_put_failure(struct buffer *b, enum keywire_id id, struct status why)
{
	TRY(buffer_put_u8(b, (uint8_t)((unsigned)id | KEYWIRE_ANSWER)));
	TRY(buffer_put_u8(b, (uint8_t)why.code));
	return buffer_put_u8(b, keywire_reason_number(why.what));
}

struct status keywire_put_answer(struct buffer *b, const struct keywire_answer *a)
{
	TRY(keywire_put_failure(b, a->id, a->status));
	return ok(a->status) ? forms[a->id].put(b, a) : OK;
}

static struct status read_head(struct reader *r, struct keywire_answer *a)
{
	uint8_t id, code, reason;

	TRY(reader_u8(r, &id));
	if ((id & KEYWIRE_ANSWER) == 0)
		return FAIL(ST_INVALID);
	id &= (uint8_t)~KEYWIRE_ANSWER;
	if (id >= KEYWIRE_IDS || forms[id].read == NULL)
		return FAIL(ST_INVALID);
	TRY(take_bounded(r, ST_IO, &code));
	TRY(reader_u8(r, &reason));
	if (reason != 0 && (code == ST_OK || keywire_reason(reason) == NULL))
		return FAIL(ST_INVALID);
	a->id = (enum keywire_id)id;
	a->status = (struct status){(enum status_code)code, keywire_reason(reason)};
	return OK;
}

struct status keywire_read_answer(struct bytes packet, struct keywire_answer *out)
{
	struct reader r = reader_of(packet);
	struct keywire_answer a = {0};

	TRY(read_head(&r, &a));
	if (ok(a.status) && !ok(forms[a.id].read(&r, &a)))
		return FAIL(ST_INVALID);
	TRY(reader_done(&r));
	*out = a;
	return OK;
}
