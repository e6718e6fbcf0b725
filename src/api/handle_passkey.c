/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_passkey: what a browser is to be asked, and a new passkey (PROMISES#S5).  An
 * assertion is an answer as any other second factor: secondfactor.h.
 */
#include "factorchange.h"
#include "passkeys.h"
#include "route.h"
#include "token.h"

/* --- What a browser is asked --- */

struct challenge_body {
	struct text ceremony;
};
static const struct jsonfield challenge_rows[] = {
	{.name = "for",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct challenge_body, ceremony),
	 .required = true,
	 .max = 16},
};
static const struct jsonfield_table challenge_table = JSONFIELD_TABLE(struct challenge_body, challenge_rows);

static struct status read_ceremony(struct text word, enum passkeys_ceremony *out)
{
	if (text_equal(word, TEXT("create")))
		*out = PASSKEYS_CREATE;
	else if (text_equal(word, TEXT("get")))
		*out = PASSKEYS_GET;
	else
		return FAIL_AT(ST_INVALID, "for: create or get");
	return OK;
}

/** Whether such a ceremony can come to anything now. */
static struct status check_ceremony(const struct call *c, enum passkeys_ceremony ceremony, const struct factors *had)
{
	struct text host;

	if (!ok(passkey_host(c->loop->service->origin, &host)))
		return FAIL_AT(ST_CONFLICT,
			       "passkey: the site's address is a number; browsers have passkeys for names");
	if (ceremony == PASSKEYS_CREATE)
		return secondfactor_fresh_for(c, had);
	return factors_find(had, FACTOR_PASSKEY) != NULL ? OK : FAIL_AT(ST_CONFLICT, "passkey: you have none");
}

static struct status write_options(struct call *c, enum passkeys_ceremony ceremony, const struct factors *had)
{
	struct jsonwriter w = call_writer(c);
	struct passkeys_use use;
	struct hash challenge;
	uint64_t expires;

	passkeys_use_of(ceremony, &c->caller.session, &use);
	TRY(challenges_make_for(&c->loop->service->challenges, &use.use, call_now(c), &challenge, &expires));
	jsonwriter_object(&w, NULL);
	jsonwriter_time(&w, "expires", expires);
	if (ceremony == PASSKEYS_CREATE)
		passkeys_put_creation(&w, c, had, &challenge);
	else
		passkeys_put_request(&w, c, had, &challenge);
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
	return OK;
}

static struct status answer_challenge(struct call *c, struct bytes body)
{
	AUTO(factors) had = {0};
	struct challenge_body sent = {0};
	enum passkeys_ceremony ceremony;

	TRY(call_json(c, body, &challenge_table, &sent));
	TRY(read_ceremony(sent.ceremony, &ceremony));
	TRY(factors_load(call_view(c), &c->caller.session.user, &had));
	TRY(check_ceremony(c, ceremony, &had));
	return write_options(c, ceremony, &had);
}

void handle_passkey_challenge(struct call *c, struct bytes body)
{
	struct status s = answer_challenge(c, body);

	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	call_event(c, LEAF_LIST, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("passkey challenge")});
	call_settle(c, NULL);
}

/* --- A new one --- */

struct passkey_body {
	struct text name;
	struct bytes client_data, attestation;
};
#define PASSKEY(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct passkey_body, member), .required = true, \
		.min = 1, __VA_ARGS__ \
	}
static const struct jsonfield passkey_rows[] = {
	PASSKEY("name", JSONFIELD_TEXT, name, .max = FACTOR_NAME_MAX),
	PASSKEY("client_data", JSONFIELD_BASE64URL, client_data, .max = LIMIT_CLIENT_DATA),
	PASSKEY("attestation", JSONFIELD_BASE64URL, attestation, .max = LIMIT_PASSKEY_BYTES),
};
static const struct jsonfield_table passkey_table = JSONFIELD_TABLE(struct passkey_body, passkey_rows);

/** Verified on the loop: without attestation there is no signature in it. */
static struct status prepare(struct call *c, struct factorchange *g, const struct passkey_body *sent)
{
	const struct service *service = c->loop->service;
	struct passkey_expected expected = {.origin = service->origin, .user = c->caller.session.user};
	const struct passkey_registration registration = {sent->client_data, sent->attestation};
	struct passkey p;

	TRY(passkeys_challenge(c, PASSKEYS_CREATE, sent->client_data, &expected.challenge));
	TRY(passkey_register(&expected, &registration, &p));
	TRY(passkey_write(&p, &g->body));
	g->challenge = expected.challenge;
	g->factor.id.uuid = uuid_new(call_now(c));
	g->factor.used = call_now(c);
	return token_of(call_view(c), TOKEN_PASSKEY, p.credential, &g->factor.token);
}

/** What he sent is refused, not who he is. */
static struct status as_invalid(struct status s)
{
	return s.code == ST_UNPROVEN ? (struct status){ST_INVALID, s.what} : s;
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct factorchange *g = c->own;
	struct status added = factorchange_apply_add(c, txn, log);

	if (added.code == ST_CONFLICT && text_equal(text_of(added.what), TEXT("passkey")))
		return FAIL_AT(ST_CONFLICT, "passkey: it is registered already");
	TRY(added);
	return as_invalid(passkeys_take(c, PASSKEYS_CREATE, log->time, &g->challenge, &g->challenge_taken));
}

void handle_passkey_add(struct call *c, struct bytes body)
{
	struct passkey_body sent = {0};
	struct factorchange *g;
	struct status s = call_json(c, body, &passkey_table, &sent);

	if (ok(s))
		s = factorchange_begin(c, &g);
	if (ok(s)) {
		s = as_invalid(prepare(c, g, &sent));
		c->why = s.what;
	}
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	factorchange_add(c, FACTOR_PASSKEY, sent.name, apply);
}
