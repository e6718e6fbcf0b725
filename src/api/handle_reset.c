/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_reset: a forgotten password (docs/AUTHENTICATION.md, "Life of a login"; PROMISES#S3, PROMISES#S4).
 *
 * An administrator makes a code; whoever has it *and* proves the user's key sets a new password.  Neither is enough
 * alone.  What is wrong, of whatever it is, takes the same work, gets the same answer, and counts as a sign-in that
 * failed.
 */
#include "attempt.h"
#include "device.h"
#include "entering.h"
#include "factor.h"
#include "notice.h"
#include "passwordchange.h"
#include "passwordreset.h"
#include "passwordtext.h"
#include "route.h"
#include "userrow.h"

/* --- Making the code --- */

struct making {
	struct user_id user;
	struct secret code;
	uint64_t ends;
};
static void making_release(struct call *c)
{
	struct making *m = c->own;

	secret_clear(&m->code);
}

/** Who is signed in changes his own password, with the present one: a session left open makes nobody a new one. */
static struct status check_user(struct call *c, struct store_view *view, const struct user_id *user)
{
	AUTO(row) row = {0};
	struct person person;

	TRY(userrow_get(view, user, &row, &person));
	if (uuid_equal(&user->uuid, &c->caller.session.user.uuid))
		return FAIL_AT(ST_DENIED, "himself: change your own password (tacenda password change)");
	if (!person.enrolled)
		return FAIL_AT(ST_CONFLICT, "invited: make a new invitation (tacenda user invite)");
	return person.state == USER_ACTIVE ? OK : FAIL_AT(ST_CONFLICT, "disabled: enable the user first");
}

static struct status apply_making(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct making *m = c->own;
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE};
	bool replaced;
	uint64_t leaf;

	/* The committer may have called this before, in a round whose log was full. */
	secret_clear(&m->code);
	TRY(check_user(c, txn->view, &m->user));
	TRY(passwordreset_make(txn, &m->user, log->time, &m->code, &replaced));
	m->ends = log->time + PASSWORDRESET_MS;
	TRY(notice_put(txn, notice_to_user(&m->user), NOTICE_PASSWORD_RESET, c->caller.login, log->time));
	call_actor(c, &event.actor);
	event.subject = (struct piece_subject){
		.kind = PIECE_USER,
		.id = m->user.uuid,
		.detail = replaced ? TEXT("password reset: a code was made, which ends an older one")
				   : TEXT("password reset: a code was made")};
	return log->add(log->context, txn, &event, &leaf);
}

static void respond_making(struct call *c)
{
	const struct making *m = c->own;
	struct jsonwriter w = call_writer(c);

	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "code", (struct text){(const char *)m->code.bytes, PASSWORDRESET_TEXT});
	jsonwriter_time(&w, "ends", m->ends);
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
}

void handle_user_reset(struct call *c, struct bytes body)
{
	void *room;
	struct status s = arena_take(&c->arena, sizeof(struct making), &room);

	(void)body;
	if (ok(s)) {
		c->own = room;
		c->release = making_release;
		s = route_id(c, "user", ID_USER, &((struct making *)room)->user.uuid);
	}
	call_settle_change(c, s, apply_making, respond_making);
}

/* --- Using it --- */

struct reset_body {
	struct text login, code, fresh;
	struct bytes proof;
	struct device_field device;
};
#define RESET(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct reset_body, member), .required = true, \
		__VA_ARGS__ \
	}
static const struct jsonfield reset_rows[] = {
	RESET("login", JSONFIELD_TEXT, login, .max = LIMIT_LOGIN),
	RESET("code", JSONFIELD_TEXT, code, .max = 128),
	RESET("new", JSONFIELD_TEXT, fresh, .max = LIMIT_PASSWORD),
	RESET("proof", JSONFIELD_BASE64, proof, .max = 4096),
	RESET("device", JSONFIELD_OBJECT, device, .table = &entering_device_table),
};
static const struct jsonfield_table reset_table = JSONFIELD_TABLE(struct reset_body, reset_rows);

struct using
{
	struct reset_body sent;
	struct passwordchange change;
	bool found, has_code, nonce_taken;
	struct person person; /* its login is not kept */
	struct passwordreset reset;
	struct statement statement;
};
static void using_release(struct call *c)
{
	struct using *u = c->own;

	passwordchange_clear(&u->change);
}

/** Its signature is verified whatever else is wrong, under nobody's key for an unknown login. */
static struct status check_proof(const struct service *s, struct using *u)
{
	const struct statement *p = &u->statement;

	if (!ok(statement_parse(u->sent.proof, &u->statement)) || p->kind != STATEMENT_SIGN_IN)
		return FAIL_AT(ST_UNPROVEN, "proof");
	const struct status verified = statement_verify(p, u->found ? &u->person.sign_key : credential_nobody_key());
	if (!hash_equal(&p->head.site, &s->fingerprint) || !uuid_equal(&p->head.author.uuid, &u->person.id.uuid) ||
	    !hash_equal(&p->head.author_key, &u->person.key_hash) ||
	    !uuid_equal(&p->sign_in.device.uuid, &u->sent.device.id.uuid))
		return FAIL_AT(ST_UNPROVEN, "proof");
	return verified;
}

static const char *wrong(const struct using *u, struct status proof)
{
	if (!u->found)
		return "password reset: unknown login";
	if (!ok(proof))
		return "password reset: wrong proof of the key";
	if (!u->has_code)
		return "password reset: no code was made, or it has ended";
	if (!ok(passwordreset_check(&u->reset, u->sent.code)))
		return "password reset: wrong code";
	return u->person.state != USER_ACTIVE ? "password reset: disabled user" : NULL;
}

/** On a worker: hashed whatever is wrong, so that nothing answers sooner. */
static struct status work(struct call *c)
{
	struct using *u = c->own;
	const struct status proof = check_proof(c->loop->service, u);

	TRY(passwordchange_hash(c, &u->change));
	c->why = wrong(u, proof);
	if (c->why != NULL)
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	c->why = "password reset: the policy refuses the new password";
	TRY(passwordchange_allow(c, &u->change, u->sent.login));
	c->why = NULL;
	return OK;
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct using *u = c->own;
	const struct user_id *user = &u->person.id;
	struct event event = {
		.kind = LEAF_SIGN_IN,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = user->uuid, .detail = TEXT("password reset: used")}};
	uint64_t leaf;

	TRY(attempt_locked(c, txn->view, log->time, &c->why));
	if (c->why != NULL)
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	c->why = "password reset: proof used before, or too old";
	if (!u->nonce_taken)
		TRY(challenges_take(&c->loop->service->challenges, log->time, &u->statement.sign_in.nonce));
	u->nonce_taken = true;
	c->why = "password reset: code used before";
	if (!ok(passwordreset_take(txn, &u->reset, log->time)) || !ok(credential_same(txn->view, user, &u->change.old)))
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	c->why = NULL;
	TRY(passwordchange_put(txn, &u->change, user, NULL, log->time));
	call_actor(c, &event.actor);
	event.actor.user = *user;
	event.actor.device = u->sent.device.id;
	TRY(log->add(log->context, txn, &event, &leaf));
	return attempt_succeed(c, txn);
}

static void effect(struct call *c)
{
	const struct using *u = c->own;

	sessions_cut(c, u->change.turn);
}

static void worked(struct call *c)
{
	const struct using *u = c->own;
	struct status s = c->failure;

	c->failure = OK;
	c->effect = effect;
	if (ok(s))
		s = seen_check(c, &u->statement.head);
	if (ok(s))
		call_settle_change(c, OK, apply, call_respond_nothing);
	else if (s.code == ST_UNPROVEN)
		attempt_refuse(c, s);
	else
		call_refuse(c, s);
}

/** As much is read of a login that nobody has, or for which no code was made. */
static struct status find_login(struct call *c, struct using *u)
{
	AUTO(row) row = {0};
	struct piece_actor actor;

	credential_nobody(service_password_cost(c->loop->service), &u->change.old);
	struct status s = userrow_find(call_view(c), u->sent.login, &row, &u->person);
	u->found = ok(s) && u->person.enrolled;
	if (u->found)
		s = credential_get(call_view(c), &u->person.id, &u->change.old);
	if (s.code == ST_CORRUPT)
		return s;
	u->found = u->found && ok(s);
	if (!u->found) {
		credential_as_if(call_view(c));
		u->person = (struct person){0};
	}
	const struct status code = passwordreset_get(call_view(c), &u->person.id, call_now(c), &u->reset);
	if (code.code == ST_CORRUPT)
		return code;
	u->has_code = ok(code);
	/* As many look-ups for an unknown login. */
	TRY(factors_stand(call_view(c), &u->person.id, &u->change.second_factor));
	call_actor(c, &actor);
	if (u->found)
		c->actor.user = u->person.id;
	c->actor.device = u->sent.device.id;
	u->person.login = (struct text){0};
	return OK;
}

static struct status find_lane(struct call *c, struct using *u)
{
	c->hold = attempt_hold;
	if (u->found && device_known(call_view(c), &u->sent.device.id, &u->person.id) &&
	    ok(check_proof(c->loop->service, u)))
		return attempt_known(c, &u->sent.device.id);
	return attempt_stranger(c, u->found ? &u->person.id : NULL);
}

static struct status begin(struct call *c, struct bytes body)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof(struct using), &room));
	struct using *u = room;
	TRY(call_json(c, body, &reset_table, &u->sent));
	TRY(passwordtext_normal(&c->arena, u->sent.fresh, &u->change.fresh));
	c->own = u;
	c->release = using_release;
	TRY(find_login(c, u));
	TRY(sessions_begin(c, u->found ? u->person.profile : PROFILE_ASSISTANT, &u->change.turn));
	return find_lane(c, u);
}

void handle_password_reset(struct call *c, struct bytes body)
{
	const struct status s = begin(c, body);

	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	if (attempt_goes_on(c))
		call_work_on(c, work, worked);
}
