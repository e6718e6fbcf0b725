/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_password: changing one's own password (PROMISES#K4, PROMISES#K6, PROMISES#S4).
 *
 * The present one is asked for again: whoever finds a session open must not be able to
 * keep it.  A change ends every other session of the user.
 */
#include "attempt.h"
#include "factor.h"
#include "passwordchange.h"
#include "passwordreset.h"
#include "passwordtext.h"
#include "route.h"

struct password_body {
	struct text present, fresh;
};
static const struct jsonfield password_rows[] = {
	{.name = "present",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct password_body, present),
	 .required = true,
	 .max = LIMIT_PASSWORD},
	{.name = "new",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct password_body, fresh),
	 .required = true,
	 .max = LIMIT_PASSWORD},
};
static const struct jsonfield_table password_table = JSONFIELD_TABLE(struct password_body, password_rows);

struct changing_password {
	struct passwordchange change;
	struct text present;
	bool guessed; /* the present one was wrong: counted as a sign-in that failed (PROMISES#K5) */
};

static void changing_release(struct call *c)
{
	struct changing_password *p = c->own;

	passwordchange_clear(&p->change);
}

/** On a worker. */
static struct status work(struct call *c)
{
	struct changing_password *p = c->own;

	c->why = "password change: the present password is wrong";
	p->guessed = !ok(credential_check(&p->change.old, text_bytes(p->present)));
	if (p->guessed)
		return FAIL_AT(ST_INVALID, "present: this is not your present password");
	c->why = "password change: the policy refuses the new one";
	TRY(passwordchange_allow(c, &p->change, c->caller.login));
	c->why = NULL;
	return passwordchange_hash(c, &p->change);
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct changing_password *p = c->own;
	const struct session *session = &c->caller.session;
	struct event event = {
		.kind = LEAF_SIGN_IN,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = session->user.uuid, .detail = TEXT("password changed")}};
	const char *locked;
	uint64_t leaf;

	TRY(credential_same(txn->view, &session->user, &p->change.old));
	TRY(attempt_locked(c, txn->view, log->time, &locked));
	if (locked != NULL)
		return FAIL_AT(ST_TOO_MANY, "locked");
	TRY(passwordchange_put(txn, &p->change, &session->user, &session->id, log->time));
	TRY(passwordreset_end(txn, &session->user));
	TRY(session_step_done(txn, &session->id, STEP_PASSWORD));
	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

static void effect(struct call *c)
{
	const struct changing_password *p = c->own;

	sessions_cut(c, p->change.turn);
}

static void worked(struct call *c)
{
	const struct changing_password *p = c->own;
	struct status s = c->failure;

	c->failure = OK;
	c->effect = effect;
	if (ok(s))
		call_settle_change(c, OK, apply, call_respond_nothing);
	else if (p->guessed)
		attempt_refuse(c, s);
	else
		call_refuse(c, s);
}

static struct status begin(struct call *c, struct bytes body)
{
	struct password_body sent = {0};
	void *room;

	TRY(call_json(c, body, &password_table, &sent));
	TRY(arena_take(&c->arena, sizeof(struct changing_password), &room));
	struct changing_password *p = room;
	TRY(passwordtext_normal(&c->arena, sent.present, &p->present));
	TRY(passwordtext_normal(&c->arena, sent.fresh, &p->change.fresh));
	TRY(sessions_begin(c, c->caller.facts.profile, &p->change.turn));
	TRY(credential_get(call_view(c), &c->caller.session.user, &p->change.old));
	TRY(factors_stand(call_view(c), &c->caller.session.user, &p->change.second_factor));
	c->own = p;
	c->release = changing_release;
	return OK;
}

void handle_password(struct call *c, struct bytes body)
{
	struct status s = begin(c, body);

	if (ok(s))
		s = attempt_known(c, &c->caller.session.device);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	if (attempt_goes_on(c))
		call_work_on(c, work, worked);
}
