/* SPDX-License-Identifier: Apache-2.0 */
#include "passkey.h"

#include <string.h>

#include "authenticator.h"
#include "clientdata.h"
#include "cosekey.h"
#include "ed25519.h"
#include "hash.h"
#include "p256.h"
#include "reader.h"
#include "rsa.h"

/* The sentences of docs/AUTHENTICATION.md, "Passkeys". */
#define NOT_READ      "passkey: the browser's answer cannot be read"
#define NOT_ASKED     "passkey: this is not the answer to what was asked"
#define NOT_CHALLENGE "passkey: the challenge is not known or was used; ask for a new one"
#define NOT_ORIGIN    "passkey: made on another site than this one"
#define NOT_TOP       "passkey: made inside a page of another site"
#define NOT_SITE      "passkey: made for another site than this one"
#define NOT_VERIFIED  "passkey: the device did not verify you; use its PIN, finger or face"
#define NOT_CONSTANT  "passkey: the device contradicts itself"
#define NOT_KIND      "passkey: this kind of key is not taken"
#define NOT_YOURS     "passkey: it is not one of yours"
#define NOT_SIGNED    "passkey: the signature does not fit"
#define NOT_ONE       "passkey: it was copied; remove it and use another second factor"

static struct status refuse(const char *sentence)
{
	return FAIL_AT(ST_UNPROVEN, sentence);
}
/** A failure of a parser or of a key, as that sentence; being out of memory stays what it is. */
static struct status refuse_for(struct status s, const char *sentence)
{
	return ok(s) || s.code == ST_NO_MEMORY ? s : refuse(sentence);
}

bool passkey_copied(struct status s)
{
	return s.code == ST_UNPROVEN && s.what != NULL && strcmp(s.what, NOT_ONE) == 0;
}

/* ---- Rows ---- */

#define FLAG_ELIGIBLE  1
#define FLAG_BACKED_UP 2

struct status passkey_write(const struct passkey *p, struct buffer *out)
{
	TRY(buffer_put_sized(out, p->credential));
	TRY(buffer_put_sized(out, p->key));
	TRY(buffer_put_u32(out, p->counter));
	TRY(buffer_put_u8(out, (uint8_t)((p->eligible ? FLAG_ELIGIBLE : 0) | (p->backed_up ? FLAG_BACKED_UP : 0))));
	return buffer_put(out, bytes_of(p->model, sizeof p->model));
}

static struct status read_body(struct reader *r, struct passkey *p)
{
	uint8_t flags;

	TRY(reader_sized(r, LIMIT_CREDENTIAL_ID, &p->credential));
	TRY(reader_sized(r, LIMIT_PASSKEY_BYTES, &p->key));
	TRY(reader_u32(r, &p->counter));
	TRY(reader_u8(r, &flags));
	TRY(reader_copy(r, p->model, sizeof p->model));
	p->eligible = (flags & FLAG_ELIGIBLE) != 0;
	p->backed_up = (flags & FLAG_BACKED_UP) != 0;
	return reader_done(r);
}

struct status passkey_read(struct bytes body, struct passkey *out)
{
	struct reader r = reader_of(body);
	struct passkey made = {0};

	if (!ok(read_body(&r, &made)))
		return FAIL_AT(ST_CORRUPT, "passkey");
	*out = made;
	return OK;
}

/* ---- What both ceremonies compare ---- */

/** Its last label is figures alone (RFC 3986 section 3.2.2), or it stands in brackets. */
static bool is_address(struct text host)
{
	struct text rest = host, label = {0};
	bool figures = true;

	while (text_split(&rest, '.', &label))
		;
	for (size_t i = 0; i < label.len; i++)
		figures = figures && label.at[i] >= '0' && label.at[i] <= '9';
	return figures || host.at[0] == '[';
}

struct status passkey_host(struct text origin, struct text *out)
{
	const struct text scheme = TEXT("https://");

	if (!text_starts(origin, scheme))
		return FAIL_AT(ST_INVALID, "origin");
	struct text rest = {origin.at + scheme.len, origin.len - scheme.len}, host;
	if (!text_split(&rest, ':', &host) || host.len == 0 || is_address(host))
		return FAIL_AT(ST_INVALID, "origin");
	*out = host;
	return OK;
}

struct status passkey_challenge(struct bytes client_data, struct hash *out)
{
	AUTO(clientdata) said = {0};
	AUTO(buffer) nonce = {.max = sizeof *out};

	TRY(refuse_for(clientdata_read(client_data, &said), NOT_READ));
	if (!ok(text_from_base64url(said.challenge, &nonce)) || nonce.len != sizeof out->bytes)
		return refuse(NOT_CHALLENGE);
	memcpy(out->bytes, nonce.bytes, sizeof out->bytes);
	return OK;
}

/** Sections 7.1 steps 5 to 11, 7.2 steps 8 to 14. */
static struct status check_client(const struct passkey_expected *expected, struct text type, struct bytes client_data)
{
	AUTO(clientdata) said = {0};
	AUTO(buffer) challenge = {.max = 64};

	TRY(refuse_for(clientdata_read(client_data, &said), NOT_READ));
	TRY(text_put_base64url(&challenge, hash_bytes(&expected->challenge)));
	if (!text_equal(said.type, type))
		return refuse(NOT_ASKED);
	if (!text_equal(said.challenge, text_from(buffer_bytes(&challenge))))
		return refuse(NOT_CHALLENGE);
	if (!text_equal(said.origin, expected->origin))
		return refuse(NOT_ORIGIN);
	return said.cross_origin || said.has_top_origin ? refuse(NOT_TOP) : OK;
}

/** "Verify that the rpIdHash in authData is the SHA-256 hash of the RP ID expected". */
static struct status check_site(const struct passkey_expected *expected, const struct authenticator_data *d)
{
	struct text host;
	struct hash hash;

	TRY(passkey_host(expected->origin, &host));
	TRY(sha256(text_bytes(host), &hash));
	return hash_equal(&hash, &d->rp_id) ? OK : refuse(NOT_SITE);
}

static struct status check_flags(const struct authenticator_data *d)
{
	const unsigned both = AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED;

	if ((d->flags & both) != both)
		return refuse(NOT_VERIFIED);
	/* "If the BE bit is not set, verify that the BS bit is not set." */
	if ((d->flags & AUTHENTICATOR_BACKED_UP) != 0 && (d->flags & AUTHENTICATOR_ELIGIBLE) == 0)
		return refuse(NOT_CONSTANT);
	return OK;
}

/* ---- Keys ---- */

static struct p256_public point_of(const struct cosekey *k)
{
	struct p256_public point = {.bytes = {0x04}};

	memcpy(point.bytes + 1, k->x.at, 32);
	memcpy(point.bytes + 33, k->y.at, 32);
	return point;
}
static struct ed25519_public edwards_of(const struct cosekey *k)
{
	struct ed25519_public point;

	memcpy(point.bytes, k->x.at, sizeof point.bytes);
	return point;
}
static struct rsa_public rsa_of(const struct cosekey *k)
{
	return (struct rsa_public){k->modulus, k->exponent};
}

static struct status check_key(struct bytes key)
{
	struct cosekey k;

	TRY(cosekey_read(key, &k));
	const struct rsa_public rsa = rsa_of(&k);
	if (k.algorithm == COSEKEY_RS256)
		return rsa_check(&rsa);
	if (k.algorithm == COSEKEY_EDDSA) {
		const struct ed25519_public edwards = edwards_of(&k);
		return ed25519_check(&edwards);
	}
	const struct p256_public point = point_of(&k);
	return p256_check(&point);
}

static struct status verify_with(const struct cosekey *k, struct bytes message, struct bytes signature)
{
	const struct rsa_public rsa = rsa_of(k);
	struct signature raw;

	if (k->algorithm == COSEKEY_RS256)
		return rsa_verify(&rsa, message, signature);
	if (k->algorithm == COSEKEY_EDDSA) {
		const struct ed25519_public edwards = edwards_of(k);
		return signature.len == 64 ? ed25519_verify(&edwards, message, signature.at) : FAIL(ST_UNPROVEN);
	}
	const struct p256_public point = point_of(k);
	TRY(p256_signature_read(signature, &raw));
	return p256_verify(&point, message, &raw);
}

/** "a valid signature over the binary concatenation of authData and hash". */
static struct status check_signature(const struct passkey *p, const struct passkey_assertion *a)
{
	AUTO(buffer) message = {.max = LIMIT_PASSKEY_BYTES + sizeof(struct hash)};
	struct hash hash;
	struct cosekey k;

	if (!ok(cosekey_read(p->key, &k)))
		return FAIL_AT(ST_CORRUPT, "passkey");
	TRY(sha256(a->client_data, &hash));
	TRY(buffer_put(&message, a->data));
	TRY(buffer_put(&message, hash_bytes(&hash)));
	return refuse_for(verify_with(&k, buffer_bytes(&message), a->signature), NOT_SIGNED);
}

/* ---- Ceremonies ---- */

struct status passkey_register(const struct passkey_expected *expected, const struct passkey_registration *registration,
			       struct passkey *out)
{
	struct authenticator_attestation attestation;
	struct authenticator_data d;

	TRY(check_client(expected, TEXT("webauthn.create"), registration->client_data));
	TRY(refuse_for(authenticator_attestation_read(registration->attestation, &attestation), NOT_READ));
	TRY(refuse_for(authenticator_read(attestation.data, &d), NOT_READ));
	TRY(check_site(expected, &d));
	TRY(check_flags(&d));
	if ((d.flags & AUTHENTICATOR_CREDENTIAL) == 0)
		return refuse(NOT_READ);
	TRY(refuse_for(check_key(d.key), NOT_KIND));
	struct passkey made = {.credential = d.credential,
			       .key = d.key,
			       .counter = d.counter,
			       .eligible = (d.flags & AUTHENTICATOR_ELIGIBLE) != 0,
			       .backed_up = (d.flags & AUTHENTICATOR_BACKED_UP) != 0};
	memcpy(made.model, d.model.at, sizeof made.model);
	*out = made;
	return OK;
}

/** Section 7.2, steps 5 and 6. */
static struct status check_whose(const struct passkey_expected *expected, const struct passkey *p,
				 const struct passkey_assertion *a)
{
	if (!bytes_equal(a->credential, p->credential))
		return refuse(NOT_YOURS);
	if (a->user_handle.len > 0 && !bytes_equal(a->user_handle, BYTES_OF(expected->user.uuid)))
		return refuse(NOT_YOURS);
	return OK;
}

struct status passkey_assert(const struct passkey_expected *expected, const struct passkey *p,
			     const struct passkey_assertion *a, struct passkey_use *out)
{
	struct authenticator_data d;

	TRY(check_whose(expected, p, a));
	TRY(check_client(expected, TEXT("webauthn.get"), a->client_data));
	TRY(refuse_for(authenticator_read(a->data, &d), NOT_READ));
	TRY(check_site(expected, &d));
	/* Section 6.1: an assertion carries no credential. */
	if ((d.flags & AUTHENTICATOR_CREDENTIAL) != 0)
		return refuse(NOT_READ);
	/* First of all that it is his authenticator's word, then what the word is. */
	TRY(check_signature(p, a));
	TRY(check_flags(&d));
	if (((d.flags & AUTHENTICATOR_ELIGIBLE) != 0) != p->eligible)
		return refuse(NOT_CONSTANT);
	*out = (struct passkey_use){.counter = d.counter, .backed_up = (d.flags & AUTHENTICATOR_BACKED_UP) != 0};
	return OK;
}

struct status passkey_count(struct passkey *p, const struct passkey_use *use)
{
	if ((p->counter != 0 || use->counter != 0) && use->counter <= p->counter)
		return refuse(NOT_ONE);
	p->counter = use->counter;
	p->backed_up = use->backed_up;
	return OK;
}
