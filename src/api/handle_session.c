/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_session: enrolment and sign-in (PROMISES#S3, PROMISES#K4).
 *
 * The password is checked on a worker; an unknown login takes the same path, work and
 * answer as a wrong password.  What a sign-in proves is written in one change: the
 * nonce is taken, the session made, the leaf logged.
 */
#include "attempt.h"
#include "cookie.h"
#include "device.h"
#include "facts.h"
#include "passwordtext.h"
#include "noticelist.h"
#include "pending.h"
#include "route.h"
#include "sessions.h"
#include "tell.h"
#include "token.h"
#include "unusual.h"
#include "userrow.h"

#include <stdlib.h>
#include <string.h>

/** What a sign-in or enrolment holds on its way. */
struct entering {
	struct text login, password, label;
	struct device_id device;
	struct bytes proof; /* the sign-in or key statement */
	bool cookie;
	bool found;
	bool nonce_taken; /* by this sign-in; the committer may call it twice */
	struct user_id user;
	struct person person;         /* its login is not kept */
	struct credential credential; /* as it was checked, or as it will be */
	char checked[PASSWORD_HASH_MAX];
	uint64_t unread; /* notices */
	struct unusual unusual;
	bool raised, must; /* hashed anew at a higher cost; others try this password first */
	struct statement statement;
	struct record_item item; /* enrolment */
	struct record_change change;
	struct record_outcome outcome;
	struct secret token;
	struct session session;
	struct sessions_turn *turn; /* sessions of his that were over */
};

static void entering_release(struct call *c)
{
	struct entering *e = c->own;

	secret_clear(&e->token);
	secret_wipe(&e->credential, sizeof e->credential);
}

struct device_field {
	struct device_id id;
	struct text label;
};
static const struct jsonfield device_rows[] = {
	{.name = "id",
	 .type = JSONFIELD_ID,
	 .offset = offsetof(struct device_field, id),
	 .required = true,
	 .id = ID_DEVICE},
	{.name = "label",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct device_field, label),
	 .required = true,
	 .max = LIMIT_NAME},
};
static const struct jsonfield_table device_table = JSONFIELD_TABLE(struct device_field, device_rows);

struct enter_body {
	struct text login, password;
	struct bytes proof;
	struct device_field device;
	bool cookie;
};
#define ENTER(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct enter_body, member), .required = true, \
		__VA_ARGS__ \
	}
static const struct jsonfield sign_in_rows[] = {
	ENTER("login", JSONFIELD_TEXT, login, .max = LIMIT_LOGIN),
	ENTER("password", JSONFIELD_TEXT, password, .max = LIMIT_PASSWORD),
	ENTER("proof", JSONFIELD_BASE64, proof, .max = 4096),
	ENTER("device", JSONFIELD_OBJECT, device, .table = &device_table),
	{.name = "cookie", .type = JSONFIELD_BOOL, .offset = offsetof(struct enter_body, cookie)},
};
static const struct jsonfield_table sign_in_table = JSONFIELD_TABLE(struct enter_body, sign_in_rows);
static const struct jsonfield enrol_rows[] = {
	ENTER("statement", JSONFIELD_BASE64, proof, .max = 4096),
	ENTER("password", JSONFIELD_TEXT, password, .max = LIMIT_PASSWORD),
	ENTER("device", JSONFIELD_OBJECT, device, .table = &device_table),
};
static const struct jsonfield_table enrol_table = JSONFIELD_TABLE(struct enter_body, enrol_rows);

static struct status begin_entering(struct call *c, struct bytes body, const struct jsonfield_table *table,
				    struct entering **out)
{
	struct enter_body read = {0};
	void *room;

	TRY(call_json(c, body, table, &read));
	TRY(arena_take(&c->arena, sizeof **out, &room));
	struct entering *e = room;
	e->login = read.login;
	TRY(passwordtext_normal(&c->arena, read.password, &e->password));
	e->proof = read.proof;
	e->device = read.device.id;
	e->label = read.device.label;
	e->cookie = read.cookie;
	c->own = e;
	c->release = entering_release;
	*out = e;
	return OK;
}

static struct passwordrule_about about(const struct call *c, struct text login)
{
	const struct service *s = c->loop->service;

	return (struct passwordrule_about){.login = login, .site = s->name, .list = s->passwords};
}

/* --- The session that comes of it --- */

static struct status open_session(struct call *c, struct store_txn *txn, const struct record_log *log,
				  const char *detail)
{
	struct entering *e = c->own;
	const struct settings *settings = c->loop->service->settings;
	struct event event = {.kind = LEAF_SIGN_IN, .result = LEAF_DONE};
	struct piece_actor actor;
	char unusual[UNUSUAL_DETAIL_MAX];
	uint32_t steps;
	uint64_t leaf;

	call_actor(c, &actor);
	const struct unusual_use use = {e->person.id, e->device, actor.address, log->time};
	TRY(unusual_sign_in(c->loop->service, txn, &use, e->login, &e->unusual));
	unusual_detail(&e->unusual, unusual);
	TRY(pending_steps(&(struct pending){.service = c->loop->service,
					    .view = txn->view,
					    .now = log->time,
					    .user = e->person.id,
					    .profile = e->person.profile,
					    .password_changed = e->credential.changed,
					    .tried_first = e->must,
					    .unusual = e->unusual.unusual},
			  &steps));
	TRY(sessions_begin(c, e->person.profile, &e->turn));
	const struct session_opening opening = {.user = e->person.id,
						.device = e->device,
						.key_hash = e->person.key_hash,
						.device_label = e->label,
						.client = actor.client,
						.address = actor.address,
						.steps = steps,
						.now = log->time,
						.absolute_ms = settings_absolute_ms(settings, e->person.profile),
						.cap = settings_value(settings, SETTING_SESSION_CAP),
						.over = sessions_over,
						.ended = sessions_note,
						.context = e->turn};
	/* The committer may have called this before, in a round whose log was full. */
	secret_clear(&e->token);
	TRY(session_open(txn, &opening, &e->token, &e->session));
	TRY(sessions_log_expiry(txn, log, e->turn));
	event.actor = actor;
	event.actor.user = e->person.id;
	event.actor.session = e->session.id;
	event.actor.device = e->device;
	event.actor.detail = text_of(e->unusual.unusual ? unusual : detail);
	event.subject = (struct piece_subject){.kind = PIECE_USER, .id = e->person.id.uuid};
	return log->add(log->context, txn, &event, &leaf);
}

static void give_cookie(struct call *c, const struct entering *e)
{
	AUTO(buffer) cookie = {.max = 256, .wipe = true};
	struct text kept;

	if (ok(cookie_put(&cookie, TEXT("__Host-session"),
			  (struct text){(const char *)e->token.bytes, SESSION_TOKEN_TEXT}, UINT32_MAX)) &&
	    ok(arena_text(&c->arena, text_from(buffer_bytes(&cookie)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("set-cookie"), kept};
}

/** Its idle time begins before anybody has its token. */
static void effect_opened(struct call *c)
{
	const struct entering *e = c->own;
	struct service *s = c->loop->service;

	(void)ok(presence_begin(s->presence, &e->session.id, clock_mono(&s->clock)));
	sessions_cut(c, e->turn);
}

static void respond_session(struct call *c)
{
	struct entering *e = c->own;
	struct jsonwriter w = call_writer(c);
	const struct permit_facts facts = {.profile = e->person.profile, .rights = e->person.rights};

	jsonwriter_object(&w, NULL);
	if (e->cookie)
		give_cookie(c, e);
	else
		jsonwriter_text(&w, "token", (struct text){(const char *)e->token.bytes, SESSION_TOKEN_TEXT});
	jsonwriter_text(&w, "login", e->login);
	sessions_put(&w, c->loop->service, &e->session, &facts, e->credential.changed);
	jsonwriter_u64(&w, "notices", e->unread);
	unusual_put(&w, &e->unusual);
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
}

/* --- Sign-in --- */

/* What a leaf says of a sign-in that failed; the answer says one and the same sentence of all of them. */
#define WHY_UNKNOWN  "unknown login"
#define WHY_PASSWORD "wrong password"
#define WHY_PROOF    "wrong proof of the key"
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
	const struct passwordrule_about of = about(c, e->login);

	e->must = !ok(passwordrule_tried_first(e->password, &of));
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

	if (e->found)
		c->why = !ok(password)                    ? WHY_PASSWORD
			 : !ok(proof)                     ? WHY_PROOF
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
	c->why = attempt_locked(c, txn->view, log->time);
	if (c->why != NULL)
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	c->why = WHY_NONCE;
	if (!e->nonce_taken)
		TRY(challenges_take(&c->loop->service->challenges, log->time, &e->statement.sign_in.nonce));
	e->nonce_taken = true;
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
	struct status s = open_session(c, txn, log, "");
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
	c->effect = effect_opened;
	if (ok(s))
		s = seen_check(c, &e->statement.head);
	if (ok(s))
		call_settle_change(c, apply_sign_in, respond_session);
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

void handle_sign_in(struct call *c, struct bytes body)
{
	struct entering *e;
	struct status s = begin_entering(c, body, &sign_in_table, &e);

	if (ok(s))
		s = find_login(c, e);
	if (ok(s))
		s = find_lane(c, e);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	const char *locked = attempt_locked(c, call_view(c), call_now(c));
	if (locked == NULL) {
		call_work_on(c, check_password, signed_in);
		return;
	}
	c->why = locked;
	attempt_refuse_locked(c);
}

/* --- Enrolment --- */

static struct status hash_password(struct call *c)
{
	struct entering *e = c->own;
	const struct service *s = c->loop->service;
	const struct passwordrule_about of = about(c, e->login);

	TRY(passwordrule_check(service_password_rule(s), e->password, &of));
	c->why = NULL;
	return credential_hash(text_bytes(e->password), service_password_cost(s), call_now(c), &e->credential);
}

static struct status apply_enrolment(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	AUTO(row) row = {0};
	struct entering *e = c->own;

	TRY(record_apply(txn, log, &e->change));
	/* An enrolment that is sent again proves nothing new: it neither sets a password nor opens a session. */
	if (e->outcome.repeated)
		return FAIL_AT(ST_GONE, "invitation");
	TRY(userrow_get(txn->view, &e->user, &row, &e->person));
	TRY(arena_text(&c->arena, e->person.login, &e->login));
	TRY(credential_put(txn, &e->user, &e->credential));
	TRY(noticelist_begin(txn, &e->user));
	return open_session(c, txn, log, "enrolment");
}

static void hashed(struct call *c)
{
	if (!ok(c->failure)) {
		call_refuse(c, c->failure);
		return;
	}
	c->why = "enrolment that its invitation does not allow, or no longer";
	c->effect = effect_opened;
	call_settle_change(c, apply_enrolment, respond_session);
}

static struct status prepare_enrolment(struct call *c, struct entering *e)
{
	AUTO(row) row = {0};
	struct person person;

	TRY(statement_parse(e->proof, &e->statement));
	if (e->statement.kind != STATEMENT_KEY || hash_is_zero(&e->statement.key.invitation))
		return FAIL_AT(ST_INVALID, "statement");
	e->user = e->statement.key.user;
	TRY(userrow_get(call_view(c), &e->user, &row, &person));
	call_actor(c, &e->change.actor);
	c->actor.user = e->user;
	c->actor.device = e->device;
	c->why = "invitation used before";
	if (person.enrolled)
		return FAIL_AT(ST_GONE, "invitation");
	TRY(arena_text(&c->arena, person.login, &e->login));
	e->item = (struct record_item){.statement = e->proof};
	e->change = (struct record_change){
		.fingerprint = c->loop->service->fingerprint, .items = &e->item, .count = 1, .outcomes = &e->outcome};
	call_actor(c, &e->change.actor);
	c->why = "enrolment that its invitation does not allow, or no longer";
	TRY(record_prepare(call_view(c), &e->change));
	TRY(seen_check(c, &e->statement.head));
	c->why = "password that the policy refuses";
	return OK;
}

void handle_enrol(struct call *c, struct bytes body)
{
	struct entering *e;
	struct status s = begin_entering(c, body, &enrol_table, &e);

	if (ok(s))
		s = prepare_enrolment(c, e);
	if (ok(s))
		call_work_on(c, hash_password, hashed);
	else
		call_refuse(c, s);
}
