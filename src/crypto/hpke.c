/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke: RFC 9180; section numbers are of that document.  Intermediate secrets
 * stay in this thread's scratch page and are wiped before a call returns.
 */
#include "hpke.h"

#include <string.h>

#include "gcm.h"
#include "hpke_internal.h"
#include "hpke_label.h"
#include "p256_internal.h"

#define MODE_BASE 0x00
#define HASH      32

/* Section 4.1, ExtractAndExpand(dh, kem_context) with kem_context = enc || pkRm. */
static struct status agree(struct engine *e, const struct p256_public *enc, const struct p256_public *recipient,
			   uint8_t *shared)
{
	uint8_t context[2 * sizeof *enc];

	memcpy(context, enc->bytes, sizeof *enc);
	memcpy(context + sizeof *enc, recipient->bytes, sizeof *recipient);
	TRY(hpke_label_extract(hpke_label_kem, (struct bytes){0}, TEXT("eae_prk"), BYTES_OF(e->scratch->dh),
			       e->scratch->prk));
	return hpke_label_expand(e->scratch->prk,
				 (struct hpke_label){hpke_label_kem, TEXT("shared_secret"), BYTES_OF(context)}, shared,
				 HPKE_PRK);
}

struct status hpke_encap_with(const uint8_t ephemeral[32], const struct p256_public *ephemeral_public,
			      const struct p256_public *to, uint8_t shared[32])
{
	struct engine *e;

	TRY(engine_here(&e));
	TRY(p256_scalar_shared(ephemeral, to, e->scratch->dh));
	return agree(e, ephemeral_public, to, shared);
}

struct status hpke_decap(const uint8_t private_key[32], const struct p256_public *enc, uint8_t shared[32])
{
	struct engine *e;
	struct p256_public own;

	TRY(engine_here(&e));
	TRY(p256_scalar_public(private_key, &own));
	struct status s = p256_scalar_shared(private_key, enc, e->scratch->dh);
	if (s.code == ST_INVALID)
		return FAIL_AT(ST_CORRUPT, "encapsulated key");
	TRY(s);
	return agree(e, enc, &own, shared);
}

/* Section 5.1: what secret, key and the rest are derived under. */
struct schedule_context {
	uint8_t mode, psk_id_hash[HASH], info_hash[HASH];
};
_Static_assert(sizeof(struct schedule_context) == 1 + 2 * HASH, "no padding");

static struct status expand_schedule(struct bytes suite, struct engine *e, struct bytes context, size_t key_len,
				     struct hpke_schedule *out)
{
	const uint8_t *secret = e->scratch->prk;

	TRY(hpke_label_expand(secret, (struct hpke_label){suite, TEXT("key"), context}, out->key, (uint16_t)key_len));
	TRY(hpke_label_expand(secret, (struct hpke_label){suite, TEXT("base_nonce"), context}, out->base_nonce,
			      sizeof out->base_nonce));
	return hpke_label_expand(secret, (struct hpke_label){suite, TEXT("exp"), context}, out->exporter_secret,
				 sizeof out->exporter_secret);
}

struct status hpke_schedule(enum hpke_aead aead, const uint8_t shared[32], struct bytes info, struct hpke_schedule *out)
{
	/* "HPKE" || I2OSP(kem_id, 2) || I2OSP(kdf_id, 2) || I2OSP(aead_id, 2) */
	const uint8_t suite_bytes[] = {'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, (uint8_t)aead};
	const struct bytes suite = BYTES_OF(suite_bytes), nothing = {0};
	struct schedule_context context = {.mode = MODE_BASE};
	struct engine *e;

	TRY(engine_here(&e));
	TRY(hpke_label_extract(suite, nothing, TEXT("psk_id_hash"), nothing, context.psk_id_hash));
	TRY(hpke_label_extract(suite, nothing, TEXT("info_hash"), info, context.info_hash));
	TRY(hpke_label_extract(suite, bytes_of(shared, HPKE_PRK), TEXT("secret"), nothing, e->scratch->prk));
	return expand_schedule(suite, e, BYTES_OF(context), aead == HPKE_AES_128_GCM ? 16 : 32, out);
}

static void forget(struct engine *e)
{
	struct engine_scratch *s = e->scratch;

	gcm_forget(e->gcm);
	secret_wipe(s->ephemeral, sizeof s->ephemeral);
	secret_wipe(s->dh, sizeof s->dh);
	secret_wipe(s->prk, sizeof s->prk);
	secret_wipe(s->shared, sizeof s->shared);
	secret_wipe(&s->schedule, sizeof s->schedule);
}

/* Schedule and key of the one message of a context: sequence number 0, so the
 * nonce is base_nonce itself (section 5.2). */
static struct status key_context(struct engine *e, struct bytes info)
{
	struct engine_scratch *s = e->scratch;

	TRY(hpke_schedule(HPKE_AES_256_GCM, s->shared, info, &s->schedule));
	return gcm_key(e->gcm, s->schedule.key);
}

/* What a call is about; ${text} is the plain or the sealed bytes it is given. */
struct message {
	struct bytes info, aad, text;
};

/* The ephemeral scalar is in the scratch page, its public half is ${enc}. */
static struct status seal_unwiped(struct engine *e, const struct p256_public *enc, const struct p256_public *to,
				  const struct message *m, struct buffer *out)
{
	size_t len;

	TRY(size_add(m->text.len, HPKE_OVERHEAD, &len));
	TRY(buffer_reserve(out, len));
	TRY(hpke_encap_with(e->scratch->ephemeral, enc, to, e->scratch->shared));
	TRY(key_context(e, m->info));

	uint8_t *room = out->bytes + out->len;
	TRY(gcm_seal(e->gcm, e->scratch->schedule.base_nonce, m->aad, m->text, room + sizeof *enc));
	memcpy(room, enc->bytes, sizeof *enc);
	out->len += len;
	return OK;
}

static struct status seal(struct engine *e, const struct p256_public *enc, const struct p256_public *to,
			  const struct message *m, struct buffer *out)
{
	struct status s = seal_unwiped(e, enc, to, m, out);

	forget(e);
	return s;
}

struct status hpke_seal(const struct p256_public *to, struct bytes info, struct bytes aad, struct bytes plain,
			struct buffer *out)
{
	const struct message m = {info, aad, plain};
	struct p256_public enc;
	struct engine *e;

	TRY(engine_here(&e));
	TRY(p256_scalar_new(e->scratch->ephemeral, &enc));
	return seal(e, &enc, to, &m, out);
}

struct status hpke_seal_with(const uint8_t ephemeral[32], const struct p256_public *to, struct bytes info,
			     struct bytes aad, struct bytes plain, struct buffer *out)
{
	const struct message m = {info, aad, plain};
	struct p256_public enc;
	struct engine *e;

	TRY(engine_here(&e));
	TRY(p256_scalar_public(ephemeral, &enc));
	memcpy(e->scratch->ephemeral, ephemeral, sizeof e->scratch->ephemeral);
	return seal(e, &enc, to, &m, out);
}

static struct status open_into(struct engine *e, const struct secret *private_key, const struct message *m,
			       uint8_t *out)
{
	struct p256_public enc;

	memcpy(enc.bytes, m->text.at, sizeof enc);
	TRY(hpke_decap(private_key->bytes, &enc, e->scratch->shared));
	TRY(key_context(e, m->info));
	return gcm_open(e->gcm, e->scratch->schedule.base_nonce, m->aad,
			bytes_of(m->text.at + sizeof enc, m->text.len - sizeof enc), out);
}

struct status hpke_open(const struct secret *private_key, struct bytes info, struct bytes aad, struct bytes sealed,
			struct secret *out)
{
	const struct message m = {info, aad, sealed};
	AUTO(secret) plain = {0};
	struct engine *e;

	if (private_key->len != P256_SCALAR)
		return FAIL_AT(ST_INVALID, "P-256 scalar");
	if (sealed.len < HPKE_OVERHEAD)
		return FAIL_AT(ST_CORRUPT, "HPKE message");
	TRY(engine_here(&e));
	TRY(secret_empty(sealed.len - HPKE_OVERHEAD, &plain));
	struct status s = open_into(e, private_key, &m, plain.bytes);
	forget(e);
	TRY(s);
	*out = plain;
	plain = (struct secret){0};
	return OK;
}
