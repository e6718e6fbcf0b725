/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_factor: one's own second factors: seen, enrolled, removed, and a fresh proof
 * (PROMISES#S5).
 *
 * Who finds a session open must not be able to make it his own: every change takes a
 * proof of everything the user has that is a few minutes old at most.
 */
#include "attempt.h"
#include "notice.h"
#include "recoverycode.h"
#include "route.h"
#include "secondfactor.h"
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
	call_written(c, &w);
	call_event(c, LEAF_LIST, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("factors")});
	call_settle(c, NULL);
}

/* --- Changes --- */

/** One change of one's own factors on its way; secret. */
struct changing_factor {
	struct secondfactor second; /* what he had; the answer of a step-up */
	struct factor factor;       /* to be added, or as it was removed */
	struct buffer body, codes;
	char detail[48]; /* of the leaf */
	bool guessed;    /* the answer proved nothing: a failure that counts */
};

static void changing_release(struct call *c)
{
	struct changing_factor *g = c->own;

	secondfactor_clear(&g->second);
	buffer_clear(&g->body);
	buffer_clear(&g->codes);
}

static struct status begin(struct call *c, const struct secondfactor_field *field, struct changing_factor **out)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	struct changing_factor *g = room;
	g->body = (struct buffer){.max = FACTOR_BODY_MAX, .wipe = true};
	g->codes = (struct buffer){.max = FACTOR_BODY_MAX, .wipe = true};
	c->own = g;
	c->release = changing_release;
	*out = g;
	return secondfactor_begin(call_view(c), &c->caller.session.user, field, &g->second);
}

/** His own, a few minutes after he proved all that he has. */
static struct status begin_change(struct call *c, struct changing_factor **out)
{
	TRY(begin(c, &(struct secondfactor_field){0}, out));
	return secondfactor_fresh_for(c, &(*out)->second.had);
}

static struct status log_change(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct changing_factor *g = c->own;
	struct event event = {
		.kind = LEAF_SIGN_IN,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = c->caller.session.user.uuid, .detail = text_of(g->detail)}};
	uint64_t leaf;

	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

/** Loops remember sessions: they have to look again. */
static void effect(struct call *c)
{
	atomic_fetch_add(&c->loop->service->people_generation, 1);
}

static struct status apply_add(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct changing_factor *g = c->own;

	TRY(factor_add(txn, &g->factor));
	/* What he has just proven is all that he has. */
	if (g->factor.kind != FACTOR_CODES)
		TRY(session_prove(txn, &c->caller.session.id, log->time));
	TRY(notice_put(txn, notice_to_user(&g->factor.user), NOTICE_FACTOR_ADDED,
		       text_of(factor_kind_word(g->factor.kind)), log->time));
	return log_change(c, txn, log);
}

static void respond_added(struct call *c)
{
	const struct changing_factor *g = c->own;
	struct jsonwriter w = call_writer(c);
	struct text codes = text_from(buffer_bytes(&g->codes)), code;

	jsonwriter_object(&w, NULL);
	jsonwriter_id(&w, "id", ID_FACTOR, &g->factor.id.uuid);
	if (codes.len > 0) {
		jsonwriter_array(&w, "codes");
		while (text_split(&codes, '\n', &code))
			if (code.len > 0)
				jsonwriter_text(&w, NULL, code);
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
}

/** ${name} lives as long as the call. */
static void add(struct call *c, enum factor_kind kind, struct text name, call_apply *apply)
{
	struct changing_factor *g = c->own;

	g->factor = (struct factor){.id = g->factor.id,
				    .user = c->caller.session.user,
				    .kind = kind,
				    .created = call_now(c),
				    .used = g->factor.used,
				    .name = name,
				    .body = buffer_bytes(&g->body)};
	(void)snprintf(g->detail, sizeof g->detail, "factor added: %s", factor_kind_word(kind));
	c->effect = effect;
	call_settle_change(c, apply, respond_added);
}

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
static struct status prepare_totp(struct call *c, struct changing_factor *g, const struct totp_body *sent)
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
	struct changing_factor *g;
	struct status s = call_json(c, body, &totp_table, &sent);

	if (ok(s))
		s = begin_change(c, &g);
	if (ok(s))
		s = prepare_totp(c, g, &sent);
	if (ok(s))
		add(c, FACTOR_TOTP, sent.name, apply_add);
	else
		call_refuse(c, s);
}

/** New codes take the place of those that are left. */
static struct status apply_codes(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct changing_factor *g = c->own;
	AUTO(factors) had = {0};
	struct factor gone;

	TRY(factors_load(txn->view, &c->caller.session.user, &had));
	const struct factor *old = factors_find(&had, FACTOR_CODES);
	if (factors_proving(&had) == 0)
		return FAIL_AT(ST_CONFLICT, "codes: first add what they recover: tacenda factor add totp");
	if (old != NULL)
		TRY(factor_remove(txn, &g->factor.user, &old->id, false, &gone));
	return apply_add(c, txn, log);
}

void handle_factor_codes(struct call *c, struct bytes body)
{
	struct changing_factor *g;
	struct status s = begin_change(c, &g);

	(void)body;
	if (ok(s)) {
		g->factor.id.uuid = uuid_new(call_now(c));
		s = recoverycode_make(&g->factor.id, &g->codes, &g->body);
	}
	if (ok(s))
		add(c, FACTOR_CODES, TEXT("recovery codes"), apply_codes);
	else
		call_refuse(c, s);
}

static struct status apply_remove(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct changing_factor *g = c->own;
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
	return log_change(c, txn, log);
}

static void respond_nothing(struct call *c)
{
	c->http = 204;
	c->body.len = 0;
}

void handle_factor_remove(struct call *c, struct bytes body)
{
	struct changing_factor *g;
	struct factor_id id;
	struct status s = route_id(c, "factor", ID_FACTOR, &id.uuid);

	(void)body;
	if (ok(s))
		s = begin_change(c, &g);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	g->factor.id = id;
	c->effect = effect;
	call_settle_change(c, apply_remove, respond_nothing);
}

/* --- Step-up --- */

#define WHY_STEP_UP "step-up: wrong second factor"

static struct status work_step_up(struct call *c)
{
	struct changing_factor *g = c->own;

	c->why = WHY_STEP_UP;
	g->guessed = !ok(secondfactor_verify(&g->second, call_now(c)));
	if (g->guessed)
		return FAIL_AT(ST_INVALID, "factor: wrong, or used before; take the next code");
	c->why = NULL;
	return OK;
}

static struct status apply_step_up(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct changing_factor *g = c->own;
	const struct session *session = &c->caller.session;

	if (attempt_locked(c, txn->view, log->time) != NULL)
		return FAIL_AT(ST_TOO_MANY, "locked");
	/* The committer may call this twice. */
	c->effect = effect;
	c->respond = respond_nothing;
	struct status taken = secondfactor_take(&g->second, txn, &session->user, log->time);
	if (taken.code == ST_UNPROVEN) {
		c->why = WHY_STEP_UP;
		return attempt_fail(c, txn, log,
				    FAIL_AT(ST_INVALID, "factor: wrong, or used before; take the next code"));
	}
	TRY(taken);
	TRY(session_prove(txn, &session->id, log->time));
	(void)snprintf(g->detail, sizeof g->detail, "step-up, %s", g->second.detail);
	TRY(attempt_succeed(c, txn));
	return log_change(c, txn, log);
}

static void worked_step_up(struct call *c)
{
	const struct changing_factor *g = c->own;
	struct status s = c->failure;

	c->failure = OK;
	if (ok(s))
		call_settle_change(c, apply_step_up, respond_nothing);
	else if (g->guessed)
		attempt_refuse(c, s);
	else
		call_refuse(c, s);
}

void handle_step_up(struct call *c, struct bytes body)
{
	struct secondfactor_field sent = {0};
	struct changing_factor *g;
	struct status s = call_json(c, body, &secondfactor_table, &sent);

	if (ok(s))
		s = begin(c, &sent, &g);
	if (ok(s) && factors_proving(&g->second.had) == 0)
		s = FAIL_AT(ST_CONFLICT,
			    "factor: you have none; run tacenda login instead, or tacenda factor add totp");
	if (ok(s))
		s = attempt_known(c, &c->caller.session.device);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	c->why = attempt_locked(c, call_view(c), call_now(c));
	if (c->why == NULL)
		call_work_on(c, work_step_up, worked_step_up);
	else
		attempt_refuse_locked(c);
}
