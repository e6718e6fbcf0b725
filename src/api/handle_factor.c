/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_factor: one's own second factors: seen, enrolled, removed, and a fresh proof
 * (PROMISES#S5).
 *
 * Who finds a session open must not be able to make it his own: every change takes a
 * proof of everything the user has that is a few minutes old at most.
 */
#include "attempt.h"
#include "factorchange.h"
#include "notice.h"
#include "recoverycode.h"
#include "route.h"
#include "totp.h"

#include <stdio.h>

/* --- What there is --- */

static void put_factor(struct jsonwriter *w, const struct factor *f)
{
	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "id", ID_FACTOR, &f->id.uuid);
	jsonwriter_string(w, "kind", factor_kind_word(f->kind));
	jsonwriter_text(w, "name", f->name);
	jsonwriter_time(w, "created", f->created);
	if (f->used != 0)
		jsonwriter_time(w, "used", f->used);
	if (f->kind == FACTOR_CODES)
		jsonwriter_u64(w, "left", recoverycode_left(f->body));
	jsonwriter_end(w);
}

void handle_factor_list(struct call *c, struct bytes body)
{
	AUTO(factors) had = {0};
	struct jsonwriter w = call_writer(c);
	struct status s = factors_load(call_view(c), &c->caller.session.user, &had);

	(void)body;
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	uint64_t due = secondfactor_due(c->loop->service, c->caller.facts.profile, &had, call_now(c));
	jsonwriter_object(&w, NULL);
	if (due != UINT64_MAX)
		jsonwriter_time(&w, "due", due);
	jsonwriter_array(&w, "items");
	for (size_t i = 0; i < had.count; i++)
		put_factor(&w, &had.of[i]);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, OK, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("factors")});
}

/* --- Changes --- */

struct totp_body {
	struct text name, code;
	struct bytes secret;
};
#define TOTP(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct totp_body, member), .required = true, \
		__VA_ARGS__ \
	}
static const struct jsonfield totp_rows[] = {
	TOTP("name", JSONFIELD_TEXT, name, .min = 1, .max = FACTOR_NAME_MAX),
	TOTP("secret", JSONFIELD_BASE64, secret, .min = TOTP_SECRET_MIN, .max = TOTP_SECRET_MAX),
	TOTP("code", JSONFIELD_TEXT, code, .min = 1, .max = 16),
};
static const struct jsonfield_table totp_table = JSONFIELD_TABLE(struct totp_body, totp_rows);

/** There is a row only when a code shows that his device has the secret; that code is used up by it. */
static struct status prepare_totp(struct call *c, struct factorchange *g, const struct totp_body *sent)
{
	struct totp t = {.algorithm = HOTP_SHA1, .digits = HOTP_DIGITS_MIN, .secret = sent->secret};
	uint64_t now = call_now(c);

	if (!ok(totp_verify(&t, sent->code, now, &t.last)))
		return FAIL_AT(ST_INVALID,
			       "code: it does not fit; check the clock of your device and take the next one");
	g->factor.id.uuid = uuid_new(now);
	g->factor.used = now;
	return totp_write(&t, &g->body);
}

void handle_factor_totp(struct call *c, struct bytes body)
{
	struct totp_body sent = {0};
	struct factorchange *g;
	struct status s = call_json(c, body, &totp_table, &sent);

	if (ok(s))
		s = factorchange_begin(c, &g);
	if (ok(s))
		s = prepare_totp(c, g, &sent);
	if (ok(s))
		factorchange_add(c, FACTOR_TOTP, sent.name, factorchange_apply_add);
	else
		call_refuse(c, s);
}

/** New codes take the place of those that are left. */
static struct status apply_codes(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct factorchange *g = c->own;
	AUTO(factors) had = {0};
	struct factor gone;

	TRY(factors_load(txn->view, &c->caller.session.user, &had));
	const struct factor *old = factors_find(&had, FACTOR_CODES);
	if (factors_proving(&had) == 0)
		return FAIL_AT(ST_CONFLICT, "codes: first add what they recover: tacenda factor add totp");
	if (old != NULL)
		TRY(factor_remove(txn, &g->factor.user, &old->id, false, &gone));
	return factorchange_apply_add(c, txn, log);
}

void handle_factor_codes(struct call *c, struct bytes body)
{
	struct factorchange *g;
	struct status s = factorchange_begin(c, &g);

	(void)body;
	if (ok(s)) {
		g->factor.id.uuid = uuid_new(call_now(c));
		s = recoverycode_make(&g->factor.id, &g->codes, &g->body);
	}
	if (ok(s))
		factorchange_add(c, FACTOR_CODES, TEXT("recovery codes"), apply_codes);
	else
		call_refuse(c, s);
}

static struct status apply_remove(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct factorchange *g = c->own;
	const struct service *s = c->loop->service;
	const bool must_stay =
		!s->trial && settings_factor_days(s->settings, c->caller.facts.profile) != SETTING_FACTOR_NEVER;
	struct factor gone;
	struct status removed = factor_remove(txn, &c->caller.session.user, &g->factor.id, must_stay, &gone);

	if (removed.code == ST_CONFLICT)
		return FAIL_AT(ST_CONFLICT, "factor: this site wants one of you: add another before you remove this");
	TRY(removed);
	(void)snprintf(g->detail, sizeof g->detail, "factor removed: %s", factor_kind_word(gone.kind));
	TRY(notice_put(txn, notice_to_user(&gone.user), NOTICE_FACTOR_REMOVED, text_of(factor_kind_word(gone.kind)),
		       log->time));
	return factorchange_log(c, txn, log);
}

void handle_factor_remove(struct call *c, struct bytes body)
{
	struct factorchange *g;
	struct factor_id id;
	struct status s = route_id(c, "factor", ID_FACTOR, &id.uuid);

	(void)body;
	if (ok(s))
		s = factorchange_begin(c, &g);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	g->factor.id = id;
	c->effect = factorchange_effect;
	call_settle_change(c, OK, apply_remove, call_respond_nothing);
}

/* --- Step-up --- */

#define WHY_STEP_UP "step-up: wrong second factor"

static struct status refuse_step_up(const struct factorchange *g, struct status s)
{
	const char *code = "factor: wrong, or used before; take the next code";

	return FAIL_AT(ST_INVALID, secondfactor_why(&g->second, s, code));
}

static struct status work_step_up(struct call *c)
{
	struct factorchange *g = c->own;

	struct status verified = secondfactor_verify(&g->second, call_now(c));

	g->guessed = !ok(verified);
	c->why = g->guessed ? secondfactor_why(&g->second, verified, WHY_STEP_UP) : NULL;
	return g->guessed ? refuse_step_up(g, verified) : OK;
}

static struct status take_step_up(struct call *c, struct factorchange *g, struct store_txn *txn, uint64_t now)
{
	if (g->second.answer.kind == FACTOR_PASSKEY)
		TRY(passkeys_take(c, PASSKEYS_GET, now, &g->challenge, &g->challenge_taken));
	return secondfactor_take(&g->second, txn, &c->caller.session.user, now);
}

static struct status apply_step_up(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct factorchange *g = c->own;
	const struct session *session = &c->caller.session;
	const char *locked;

	TRY(attempt_locked(c, txn->view, log->time, &locked));
	if (locked != NULL)
		return FAIL_AT(ST_TOO_MANY, "locked");
	/* The committer may call this twice. */
	c->effect = factorchange_effect;
	c->respond = call_respond_nothing;
	struct status taken = take_step_up(c, g, txn, log->time);
	if (taken.code == ST_UNPROVEN) {
		c->why = secondfactor_why(&g->second, taken, WHY_STEP_UP);
		return attempt_fail(c, txn, log, refuse_step_up(g, taken));
	}
	TRY(taken);
	TRY(session_prove(txn, &session->id, log->time));
	(void)snprintf(g->detail, sizeof g->detail, "step-up, %s", g->second.detail);
	TRY(attempt_succeed(c, txn));
	return factorchange_log(c, txn, log);
}

static void worked_step_up(struct call *c)
{
	const struct factorchange *g = c->own;
	struct status s = c->failure;

	c->failure = OK;
	if (ok(s))
		call_settle_change(c, OK, apply_step_up, call_respond_nothing);
	else if (g->guessed)
		attempt_refuse(c, s);
	else
		call_refuse(c, s);
}

/** A passkey answers a challenge of this session. */
static void expect_passkey(const struct call *c, struct factorchange *g, const struct secondfactor_field *sent)
{
	if (g->second.answer.kind != FACTOR_PASSKEY)
		return;
	g->second.expected = passkeys_challenge(c, PASSKEYS_GET, sent->passkey.client_data, &g->challenge);
	if (ok(g->second.expected))
		secondfactor_expect(&g->second, c->loop->service, &c->caller.session.user, &g->challenge);
}

void handle_step_up(struct call *c, struct bytes body)
{
	struct secondfactor_field sent = {0};
	struct factorchange *g;
	struct status s = call_json(c, body, &secondfactor_table, &sent);

	if (ok(s))
		s = factorchange_open(c, &sent, &g);
	if (ok(s) && factors_proving(&g->second.had) == 0)
		s = FAIL_AT(ST_CONFLICT,
			    "factor: you have none; run tacenda login instead, or tacenda factor add totp");
	if (ok(s))
		s = attempt_known(c, &c->caller.session.device);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	expect_passkey(c, g, &sent);
	if (attempt_goes_on(c))
		call_work_on(c, work_step_up, worked_step_up);
}
