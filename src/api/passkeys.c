/* SPDX-License-Identifier: Apache-2.0 */
#include "passkeys.h"

#include <string.h>

#include "cosekey.h"

#define FIELD(json, member, ...) \
	{ \
		.name = (json), .type = JSONFIELD_BASE64URL, .offset = offsetof(struct passkeys_field, member), \
		__VA_ARGS__ \
	}
static const struct jsonfield rows[] = {
	FIELD("id", id, .required = true, .min = 1, .max = LIMIT_CREDENTIAL_ID),
	FIELD("client_data", client_data, .required = true, .min = 1, .max = LIMIT_CLIENT_DATA),
	FIELD("data", data, .required = true, .min = 1, .max = LIMIT_PASSKEY_BYTES),
	FIELD("signature", signature, .required = true, .min = 1, .max = 1024),
	FIELD("user_handle", user_handle, .max = 64),
};
const struct jsonfield_table passkeys_table = JSONFIELD_TABLE(struct passkeys_field, rows);

void passkeys_use_of(enum passkeys_ceremony ceremony, const struct session *session, struct passkeys_use *out)
{
	out->bound[0] = (uint8_t)ceremony;
	memcpy(out->bound + 1, session->id.uuid.bytes, sizeof(struct uuid));
	out->use = (struct challenge_use){.bound = bytes_of(out->bound, sizeof out->bound), .good_ms = PASSKEYS_MS};
}

#define NOT_CHALLENGE "passkey: the challenge is not known or was used; ask for a new one"

struct status passkeys_challenge(const struct call *c, enum passkeys_ceremony ceremony, struct bytes client_data,
				 struct hash *out)
{
	struct passkeys_use use;

	passkeys_use_of(ceremony, &c->caller.session, &use);
	TRY(passkey_challenge(client_data, out));
	if (!ok(challenges_check_for(&c->loop->service->challenges, &use.use, call_now(c), out)))
		return FAIL_AT(ST_UNPROVEN, NOT_CHALLENGE);
	return OK;
}

struct status passkeys_take(const struct call *c, enum passkeys_ceremony ceremony, uint64_t now,
			    const struct hash *challenge, bool *taken)
{
	struct passkeys_use use;

	if (*taken)
		return OK;
	passkeys_use_of(ceremony, &c->caller.session, &use);
	struct status s = challenges_take_for(&c->loop->service->challenges, &use.use, now, challenge);
	if (s.code == ST_UNPROVEN)
		return FAIL_AT(ST_UNPROVEN, NOT_CHALLENGE);
	TRY(s);
	*taken = true;
	return OK;
}

struct passkey_assertion passkeys_assertion(const struct passkeys_field *field)
{
	return (struct passkey_assertion){.credential = field->id,
					  .client_data = field->client_data,
					  .data = field->data,
					  .signature = field->signature,
					  .user_handle = field->user_handle};
}

/** The ids of the user's passkeys, as descriptors. */
static void put_present(struct jsonwriter *w, const char *name, const struct factors *had)
{
	struct passkey p;

	jsonwriter_array(w, name);
	for (size_t i = 0; i < had->count; i++) {
		if (had->of[i].kind != FACTOR_PASSKEY || !ok(passkey_read(had->of[i].body, &p)))
			continue;
		jsonwriter_object(w, NULL);
		jsonwriter_string(w, "type", "public-key");
		jsonwriter_base64url(w, "id", p.credential);
		jsonwriter_end(w);
	}
	jsonwriter_end(w);
}

static struct text host_of(const struct service *s)
{
	struct text host = {0};

	/* The site's origin was parsed when the site was made. */
	(void)ok(passkey_host(s->origin, &host));
	return host;
}

/** COSE's numbers are negative, which the writer does not write. */
static void put_kind(struct jsonwriter *w, const char *number)
{
	jsonwriter_object(w, NULL);
	jsonwriter_string(w, "type", "public-key");
	jsonwriter_raw(w, "alg", text_of(number));
	jsonwriter_end(w);
}

static void put_user(struct jsonwriter *w, const struct caller *caller)
{
	jsonwriter_object(w, "user");
	jsonwriter_base64url(w, "id", uuid_bytes(&caller->session.user.uuid));
	jsonwriter_text(w, "name", caller->login);
	jsonwriter_text(w, "displayName", caller->name);
	jsonwriter_end(w);
}

void passkeys_put_creation(struct jsonwriter *w, const struct call *c, const struct factors *had,
			   const struct hash *challenge)
{
	const struct service *s = c->loop->service;

	_Static_assert(COSEKEY_ES256 == -7 && COSEKEY_EDDSA == -8 && COSEKEY_RS256 == -257, "as they are written");
	jsonwriter_object(w, "publicKey");
	jsonwriter_object(w, "rp");
	jsonwriter_text(w, "id", host_of(s));
	jsonwriter_text(w, "name", s->name);
	jsonwriter_end(w);
	put_user(w, &c->caller);
	jsonwriter_base64url(w, "challenge", hash_bytes(challenge));
	jsonwriter_array(w, "pubKeyCredParams");
	put_kind(w, "-7");
	put_kind(w, "-8");
	put_kind(w, "-257");
	jsonwriter_end(w);
	jsonwriter_u64(w, "timeout", PASSKEYS_MS);
	put_present(w, "excludeCredentials", had);
	/* Discoverable, so that a sign-in has to tell nobody which credentials a login has. */
	jsonwriter_object(w, "authenticatorSelection");
	jsonwriter_string(w, "residentKey", "required");
	jsonwriter_bool(w, "requireResidentKey", true);
	jsonwriter_string(w, "userVerification", "required");
	jsonwriter_end(w);
	jsonwriter_string(w, "attestation", "none");
	jsonwriter_end(w);
}

void passkeys_put_request(struct jsonwriter *w, const struct call *c, const struct factors *had,
			  const struct hash *challenge)
{
	jsonwriter_object(w, "publicKey");
	jsonwriter_base64url(w, "challenge", hash_bytes(challenge));
	jsonwriter_u64(w, "timeout", PASSKEYS_MS);
	jsonwriter_text(w, "rpId", host_of(c->loop->service));
	put_present(w, "allowCredentials", had);
	jsonwriter_string(w, "userVerification", "required");
	jsonwriter_end(w);
}
