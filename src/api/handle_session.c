/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_session: sign-in (PROMISES#S3, PROMISES#K4).
 *
 * The password is checked on a worker; an unknown login takes the same path, work and
 * answer as a wrong password.  What a sign-in proves is written in one change: the
 * nonce is taken, the session made, the leaf logged.
 */
#include "attempt.h"
#include "device.h"
#include "entering.h"
#include "facts.h"
#include "route.h"
#include "tell.h"
#include "token.h"
#include "userrow.h"

#include <stdlib.h>
#include <string.h>

static const struct jsonfield sign_in_rows[] = {
	ENTERING("login", JSONFIELD_TEXT, login, .max = LIMIT_LOGIN),
	ENTERING("password", JSONFIELD_TEXT, password, .max = LIMIT_PASSWORD),
	ENTERING("proof", JSONFIELD_BASE64, proof, .max = 4096),
	ENTERING("device", JSONFIELD_OBJECT, device, .table = &entering_device_table),
	{.name = "cookie", .type = JSONFIELD_BOOL, .offset = offsetof(struct entering_body, cookie)},
	{.name = "factor",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct entering_body, code),
	 .table = &secondfactor_table},
};
static const struct jsonfield_table sign_in_table = JSONFIELD_TABLE(struct entering_body, sign_in_rows);

/* What a leaf says of a sign-in that failed; the answer says one and the same sentence of all of them. */
#define WHY_UNKNOWN  "unknown login"
#define WHY_PASSWORD "wrong password"
#define WHY_PROOF    "wrong proof of the key"
#define WHY_FACTOR   "wrong second factor"
#define WHY_ASKED    "second factor asked for"
#define WHY_DISABLED "disabled user"
#define WHY_NONCE    "proof used before, or too old"
#define WHY_DEVICE   "device of another user"
#define WHY_SESSIONS "too many open sessions"

/** Its signature is verified whatever else is wrong, under nobody's key for an unknown login: the same work. */
static struct status check_proof(const struct service *s, struct entering *e)
{
	const struct statement *p = &e->statement;

	if (!ok(statement_parse(e->proof, &e->statement)) || p->kind != STATEMENT_SIGN_IN)
		return FAIL_AT(ST_UNPROVEN, "proof");
	struct status verified = statement_verify(p, e->found ? &e->person.sign_key : credential_nobody_key());
	if (!hash_equal(&p->head.site, &s->fingerprint) || !uuid_equal(&p->head.author.uuid, &e->person.id.uuid) ||
	    !hash_equal(&p->head.author_key, &e->person.key_hash) ||
	    !uuid_equal(&p->sign_in.device.uuid, &e->device.uuid))
		return FAIL_AT(ST_UNPROVEN, "proof");
	return verified;
}

/** On a worker, of a password that fits: a higher cost since it was set, or a list that has it now (PROMISES#S4). */
static struct status raise_hash(struct call *c)
{
	struct entering *e = c->own;
	const struct argon2_cost cost = service_password_cost(c->loop->service);
	const struct passwordrule_about of = entering_about(c);

	e->must = !ok(passwordrule_again(service_password_rule(c->loop->service), e->password, &of));
	memcpy(e->checked, e->credential.hash, sizeof e->checked);
	if (!credential_weaker(&e->credential, cost))
		return OK;
	e->raised = true;
	return credential_raise(&e->credential, text_bytes(e->password), cost);
}

/** On a worker.  Whatever is wrong takes the same work and gets the same answer. */
static struct status check_password(struct call *c)
{
	struct entering *e = c->own;
	struct status password = credential_check(&e->credential, text_bytes(e->password));
	struct status proof = check_proof(c->loop->service, e);

	/* Key and passkey prove one and the same sign-in. */
	if (ok(proof))
		secondfactor_expect(&e->second, c->loop->service, &e->person.id, &e->statement.sign_in.nonce);
	struct status factor = secondfactor_verify(&e->second, call_now(c));

	if (e->found)
		c->why = !ok(password)                    ? WHY_PASSWORD
			 : !ok(proof)                     ? WHY_PROOF
			 : !ok(factor)                    ? secondfactor_why(&e->second, factor, WHY_FACTOR)
			 : e->person.state != USER_ACTIVE ? WHY_DISABLED
							  : NULL;
	return c->why == NULL ? raise_hash(c) : FAIL_AT(ST_UNPROVEN, "sign-in");
}

/** It is still the password; a hash that was raised replaces it. */
static struct status keep_password(const struct entering *e, struct store_txn *txn)
{
	struct credential checked = {0};

	memcpy(checked.hash, e->checked, sizeof checked.hash);
	if (!ok(credential_same(txn->view, &e->person.id, &checked)))
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	return e->raised ? credential_put(txn, &e->person.id, &e->credential) : OK;
}

static struct status apply_sign_in(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct entering *e = c->own;
	struct piece_actor actor;

	/* Whoever was locked while this one was verified gets nothing of it. */
	TRY(attempt_locked(c, txn->view, log->time, &c->why));
	if (c->why != NULL)
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	c->why = WHY_NONCE;
	if (!e->nonce_taken)
		TRY(challenges_take(&c->loop->service->challenges, log->time, &e->statement.sign_in.nonce));
	e->nonce_taken = true;
	/* The committer may call this twice: a code that was taken in a round that was undone may fit in the next. */
	c->effect = entering_effect;
	c->respond = entering_respond;
	c->why = WHY_FACTOR;
	struct status taken = secondfactor_take(&e->second, txn, &e->person.id, log->time);
	c->why = secondfactor_why(&e->second, taken, WHY_FACTOR);
	if (taken.code == ST_UNPROVEN)
		return attempt_fail(c, txn, log, FAIL_AT(ST_UNPROVEN, "sign-in"));
	TRY(taken);
	c->why = WHY_PASSWORD;
	TRY(keep_password(e, txn));
	call_actor(c, &actor);
	const struct tell_sign_in told = {.service = c->loop->service,
					  .person = &e->person,
					  .password_changed = e->credential.changed,
					  .known = device_known(txn->view, &e->device, &e->person.id),
					  .label = e->label,
					  .session = &e->session,
					  .address = actor.address};
	struct status s = entering_open(c, txn, log, e->second.detail != NULL ? e->second.detail : "");
	c->why = s.code == ST_DENIED ? WHY_DEVICE : s.code == ST_TOO_MANY ? WHY_SESSIONS : NULL;
	TRY(s);
	TRY(tell_sign_in(txn, &told, &e->unread));
	return attempt_succeed(c, txn);
}

static void signed_in(struct call *c)
{
	const struct entering *e = c->own;
	struct status s = c->failure;

	c->failure = OK;
	c->effect = entering_effect;
	if (ok(s))
		s = seen_check(c, &e->statement.head);
	if (ok(s))
		call_settle_change(c, OK, apply_sign_in, entering_respond);
	else if (s.code == ST_UNPROVEN)
		attempt_refuse(c, s);
	else
		call_refuse(c, s);
}

/** What the leaf of a refusal says of a login that nobody has: a token, never what was typed, which may be a password.
 */
static const char *unknown(struct call *c, struct text login)
{
	AUTO(buffer) detail = {.max = 96};
	struct hash token;
	struct text kept;

	if (!ok(token_of(call_view(c), TOKEN_LOGIN, text_bytes(login), &token)) ||
	    !ok(buffer_print(&detail, WHY_UNKNOWN ", token ")) ||
	    !ok(text_put_hex(&detail, bytes_of(token.bytes, 8))) || !ok(buffer_put_u8(&detail, 0)) ||
	    !ok(arena_text(&c->arena, text_from(buffer_bytes(&detail)), &kept)))
		return WHY_UNKNOWN;
	return kept.at;
}

/** Who it is said to be; the actor of its leaf, whatever becomes of it. */
static struct status find_login(struct call *c, struct entering *e)
{
	AUTO(row) row = {0};
	struct piece_actor actor;
	struct person person;

	credential_nobody(service_password_cost(c->loop->service), &e->credential);
	struct status s = userrow_find(call_view(c), e->login, &row, &person);

	e->found = ok(s) && person.enrolled;
	if (e->found)
		s = credential_get(call_view(c), &person.id, &e->credential);
	/* Said as what it is: nobody should look for another password because a row is damaged (PROMISES#S2). */
	if (s.code == ST_CORRUPT)
		return s;
	e->found = e->found && ok(s);
	/* An unknown login looks for as much as one that has none. */
	const struct user_id nobody = {0};
	TRY(secondfactor_begin(call_view(c), e->found ? &person.id : &nobody, &e->code, &e->second));
	call_actor(c, &actor);
	if (e->found) {
		e->person = person;
		c->actor.user = person.id;
	} else {
		credential_as_if(call_view(c));
		c->why = unknown(c, e->login);
	}
	c->actor.device = e->device;
	e->person.login = (struct text){0};
	return OK;
}

/** The lane of a known device is for who proves the key on it before anything else. */
static struct status find_lane(struct call *c, struct entering *e)
{
	c->hold = attempt_hold;
	if (e->found && device_known(call_view(c), &e->device, &e->person.id) && ok(check_proof(c->loop->service, e)))
		return attempt_known(c, &e->device);
	return attempt_stranger(c, e->found ? &e->person.id : NULL);
}

/**
 * Whether only the second factor is asked for: of who proves the key, before the password is looked at, so that
 * this answer says nothing about the password.
 */
static bool asks_factor(const struct call *c, struct entering *e)
{
	return e->found && secondfactor_missing(&e->second) && ok(check_proof(c->loop->service, e));
}

void handle_sign_in(struct call *c, struct bytes body)
{
	struct entering *e;
	struct status s = entering_begin(c, body, &sign_in_table, &e);

	if (ok(s))
		s = find_login(c, e);
	if (ok(s))
		s = find_lane(c, e);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	if (!attempt_goes_on(c))
		return;
	if (asks_factor(c, e)) {
		c->why = WHY_ASKED;
		c->problem.kind = PROBLEM_SECOND_FACTOR;
		call_refuse(c, FAIL(ST_PENDING));
	} else {
		call_work_on(c, check_password, signed_in);
	}
}
