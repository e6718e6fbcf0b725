/* SPDX-License-Identifier: Apache-2.0 */
#include "keywire.h"
#include "limits.h"
#include "reader.h"

/* Bounds, told once for the writer and the reader. */

static bool proof_fits(const struct keywire_proof *p)
{
	switch (p->kind) {
	case SLOT_PASSPHRASE:
		return p->secret.len >= 1 && p->secret.len <= LIMIT_PASSPHRASE;
	case SLOT_KEY_FILE:
		return p->secret.len >= 32 && p->secret.len <= KEYWIRE_SECRET_MAX;
	default:
		return false;
	}
}

static bool text_fits(struct text t, size_t max)
{
	return t.len >= 1 && t.len <= max && text_is_utf8(t);
}

/* Only what tacendad has a use for: no message gives out any other key. */
static bool name_fits(const struct key_name *n)
{
	enum key_scope scope = key_name_scope(n);

	return scope == KEY_PATIENT || scope == KEY_SITE_ROWS || scope == KEY_LOG_YEAR;
}

static bool names_fit(const struct key_name *names, size_t count)
{
	if (count < 1 || count > KEYWIRE_KEYS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!name_fits(&names[i]))
			return false;
	return true;
}

static bool chain_fits(const struct keywire_chain *c)
{
	if (c->private_key.len < 1 || c->private_key.len > KEYWIRE_PRIVATE_MAX)
		return false;
	if (c->count < 1 || c->count > KEYWIRE_CHAIN_MAX)
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (c->certificates[i].len < 1 || c->certificates[i].len > KEYWIRE_CERTIFICATE_MAX)
			return false;
	return true;
}

/* Whether ${q} is a value that the format has. */
static bool question_fits(const struct keywire_question *q)
{
	switch (q->id) {
	case KEYWIRE_CREATE:
		return text_fits(q->create.origin, KEYWIRE_ORIGIN_MAX) &&
		       text_fits(q->create.site_name, KEYWIRE_SITE_NAME_MAX) && proof_fits(&q->create.proof);
	case KEYWIRE_UNSEAL:
		return proof_fits(&q->unseal);
	case KEYWIRE_GET:
	case KEYWIRE_MAKE:
		return names_fit(q->keys.names, q->keys.count);
	case KEYWIRE_SIGN:
		return q->sign.count <= KEYWIRE_PROOF_MAX;
	case KEYWIRE_IMPORT:
		return chain_fits(&q->import);
	case KEYWIRE_SLOT_ADD:
		return proof_fits(&q->slot_add.present) && proof_fits(&q->slot_add.added);
	case KEYWIRE_SLOT_REMOVE:
		return proof_fits(&q->slot_remove.present);
	case KEYWIRE_HELLO:
	case KEYWIRE_IDENTITY:
	case KEYWIRE_RENEW:
	case KEYWIRE_REWRAP:
	case KEYWIRE_STATUS:
		return true;
	default:
		return false;
	}
}

static struct status put_proof(struct buffer *b, const struct keywire_proof *p)
{
	TRY(buffer_put_u8(b, (uint8_t)p->kind));
	return buffer_put_sized(b, p->secret);
}

static struct status read_proof(struct reader *r, struct keywire_proof *out)
{
	uint8_t kind;

	TRY(reader_u8(r, &kind));
	out->kind = (enum slot_kind)kind;
	return reader_sized(r, KEYWIRE_SECRET_MAX, &out->secret);
}

static struct status put_create(struct buffer *b, const struct keywire_question *q)
{
	TRY(buffer_put_sized(b, text_bytes(q->create.origin)));
	TRY(buffer_put_sized(b, text_bytes(q->create.site_name)));
	return put_proof(b, &q->create.proof);
}

static struct status read_create(struct reader *r, struct keywire_question *q)
{
	struct bytes origin, site_name;

	TRY(reader_sized(r, KEYWIRE_ORIGIN_MAX, &origin));
	TRY(reader_sized(r, KEYWIRE_SITE_NAME_MAX, &site_name));
	q->create.origin = text_from(origin);
	q->create.site_name = text_from(site_name);
	return read_proof(r, &q->create.proof);
}

static struct status put_keys(struct buffer *b, const struct keywire_question *q)
{
	TRY(buffer_put_u16(b, (uint16_t)q->keys.count));
	return buffer_put(b, bytes_of(q->keys.names, q->keys.count * sizeof *q->keys.names));
}

static struct status read_keys(struct reader *r, struct keywire_question *q)
{
	uint16_t count;
	struct bytes names;

	TRY(reader_u16(r, &count));
	TRY(reader_take(r, count * sizeof(struct key_name), &names));
	/* Bytes alone: no alignment, no padding. */
	q->keys.names = (const struct key_name *)names.at;
	q->keys.count = count;
	return OK;
}

static struct status put_sign(struct buffer *b, const struct keywire_question *q)
{
	TRY(buffer_put_u64(b, q->sign.size));
	TRY(buffer_put(b, hash_bytes(&q->sign.root)));
	TRY(buffer_put_u8(b, (uint8_t)q->sign.count));
	return buffer_put(b, bytes_of(q->sign.proof, q->sign.count * sizeof *q->sign.proof));
}

static struct status read_sign(struct reader *r, struct keywire_question *q)
{
	uint8_t count;
	struct bytes proof;

	TRY(reader_u64(r, &q->sign.size));
	TRY(reader_copy(r, q->sign.root.bytes, sizeof q->sign.root.bytes));
	TRY(reader_u8(r, &count));
	TRY(reader_take(r, count * sizeof(struct hash), &proof));
	q->sign.proof = (const struct hash *)proof.at;
	q->sign.count = count;
	return OK;
}

static struct status put_import(struct buffer *b, const struct keywire_question *q)
{
	TRY(buffer_put_sized(b, q->import.private_key));
	TRY(buffer_put_u8(b, (uint8_t)q->import.count));
	for (size_t i = 0; i < q->import.count; i++)
		TRY(buffer_put_sized(b, q->import.certificates[i]));
	return OK;
}

static struct status read_import(struct reader *r, struct keywire_question *q)
{
	uint8_t count;

	TRY(reader_sized(r, KEYWIRE_PRIVATE_MAX, &q->import.private_key));
	TRY(reader_u8(r, &count));
	if (count > KEYWIRE_CHAIN_MAX)
		return FAIL(ST_INVALID);
	for (size_t i = 0; i < count; i++)
		TRY(reader_sized(r, KEYWIRE_CERTIFICATE_MAX, &q->import.certificates[i]));
	q->import.count = count;
	return OK;
}

static struct status put_slot_add(struct buffer *b, const struct keywire_question *q)
{
	TRY(put_proof(b, &q->slot_add.present));
	return put_proof(b, &q->slot_add.added);
}

static struct status read_slot_add(struct reader *r, struct keywire_question *q)
{
	TRY(read_proof(r, &q->slot_add.present));
	return read_proof(r, &q->slot_add.added);
}

static struct status put_slot_remove(struct buffer *b, const struct keywire_question *q)
{
	TRY(put_proof(b, &q->slot_remove.present));
	return buffer_put_u8(b, q->slot_remove.index);
}

static struct status read_slot_remove(struct reader *r, struct keywire_question *q)
{
	TRY(read_proof(r, &q->slot_remove.present));
	return reader_u8(r, &q->slot_remove.index);
}

static struct status put_hello(struct buffer *b, const struct keywire_question *q)
{
	return buffer_put_u16(b, q->version);
}

static struct status read_hello(struct reader *r, struct keywire_question *q)
{
	return reader_u16(r, &q->version);
}

static struct status put_unseal(struct buffer *b, const struct keywire_question *q)
{
	return put_proof(b, &q->unseal);
}

static struct status read_unseal(struct reader *r, struct keywire_question *q)
{
	return read_proof(r, &q->unseal);
}

static struct status put_nothing(struct buffer *b, const struct keywire_question *q)
{
	(void)b;
	(void)q;
	return OK;
}

static struct status read_nothing(struct reader *r, struct keywire_question *q)
{
	(void)r;
	(void)q;
	return OK;
}

static const struct form {
	struct status (*put)(struct buffer *b, const struct keywire_question *q);
	struct status (*read)(struct reader *r, struct keywire_question *q);
} forms[KEYWIRE_IDS] = {
	[KEYWIRE_HELLO] = {put_hello, read_hello},
	[KEYWIRE_CREATE] = {put_create, read_create},
	[KEYWIRE_UNSEAL] = {put_unseal, read_unseal},
	[KEYWIRE_GET] = {put_keys, read_keys},
	[KEYWIRE_MAKE] = {put_keys, read_keys},
	[KEYWIRE_SIGN] = {put_sign, read_sign},
	[KEYWIRE_IDENTITY] = {put_nothing, read_nothing},
	[KEYWIRE_RENEW] = {put_nothing, read_nothing},
	[KEYWIRE_IMPORT] = {put_import, read_import},
	[KEYWIRE_REWRAP] = {put_nothing, read_nothing},
	[KEYWIRE_STATUS] = {put_nothing, read_nothing},
	[KEYWIRE_SLOT_ADD] = {put_slot_add, read_slot_add},
	[KEYWIRE_SLOT_REMOVE] = {put_slot_remove, read_slot_remove},
};

struct status keywire_put_question(struct buffer *b, const struct keywire_question *q)
{
	if (!question_fits(q))
		return FAIL_AT(ST_INVALID, "keyd message");
	TRY(buffer_put_u8(b, (uint8_t)q->id));
	return forms[q->id].put(b, q);
}

struct status keywire_read_question(struct bytes packet, struct keywire_question *out)
{
	struct reader r = reader_of(packet);
	struct keywire_question q = {0};
	uint8_t id;

	TRY(reader_u8(&r, &id));
	if (id >= KEYWIRE_IDS || forms[id].read == NULL)
		return FAIL(ST_INVALID);
	q.id = (enum keywire_id)id;
	if (!ok(forms[id].read(&r, &q)))
		return FAIL(ST_INVALID);
	TRY(reader_done(&r));
	if (!question_fits(&q))
		return FAIL(ST_INVALID);
	*out = q;
	return OK;
}
