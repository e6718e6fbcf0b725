/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_session: enrolment, sign-in, log-off (PROMISES#S3, PROMISES#K4).
 *
 * The password is checked on a worker; an unknown login takes the same path, work and
 * answer as a wrong password.  What a sign-in proves is written in one change: the
 * nonce is taken, the session made, the leaf logged.
 */
#include "cookie.h"
#include "facts.h"
#include "passwordrule.h"
#include "render.h"
#include "route.h"
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
	struct user_id user;
	struct person person; /* its login is not kept */
	struct credential credential;
	struct statement statement;
	struct record_item item; /* enrolment */
	struct record_change change;
	struct record_outcome outcome;
	struct secret token;
	struct session session;
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
	e->password = read.password;
	e->proof = read.proof;
	e->device = read.device.id;
	e->label = read.device.label;
	e->cookie = read.cookie;
	c->own = e;
	c->release = entering_release;
	*out = e;
	return OK;
}

/* --- The session that comes of it --- */

static struct status open_session(struct call *c, struct store_txn *txn, const struct record_log *log,
				  const char *detail)
{
	struct entering *e = c->own;
	struct event event = {.kind = LEAF_SIGN_IN, .result = LEAF_DONE};
	struct piece_actor actor;
	uint64_t leaf;

	call_actor(c, &actor);
	const struct session_opening opening = {.user = e->person.id,
						.device = e->device,
						.key_hash = e->person.key_hash,
						.device_label = e->label,
						.client = actor.client,
						.address = actor.address,
						.now = log->time};
	TRY(session_open(txn, &opening, &e->token, &e->session));
	event.actor = actor;
	event.actor.user = e->person.id;
	event.actor.session = e->session.id;
	event.actor.device = e->device;
	event.actor.detail = text_of(detail);
	event.subject = (struct piece_subject){.kind = PIECE_USER, .id = e->person.id.uuid};
	return log->add(log->context, txn, &event, &leaf);
}

static void put_session(struct jsonwriter *w, const struct session *s, const struct permit_facts *facts)
{
	jsonwriter_id(w, "session", ID_SESSION, &s->id.uuid);
	jsonwriter_id(w, "user", ID_USER, &s->user.uuid);
	jsonwriter_text(w, "profile", vocabulary_word(VOCABULARY_PROFILE, facts->profile));
	render_rights(w, "rights", facts->rights);
	jsonwriter_id(w, "device", ID_DEVICE, &s->device.uuid);
	jsonwriter_time(w, "expires", s->expires);
	jsonwriter_u64(w, "idle_seconds", SESSION_IDLE_MS / 1000);
	jsonwriter_array(w, "pending");
	for (uint32_t bit = 1; bit != 0 && bit <= s->steps; bit <<= 1)
		if ((s->steps & bit) != 0 && session_step_word((enum session_step)bit) != NULL)
			jsonwriter_string(w, NULL, session_step_word((enum session_step)bit));
	jsonwriter_end(w);
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

static void respond_session(struct call *c)
{
	struct entering *e = c->own;
	struct jsonwriter w = call_writer(c);
	const struct permit_facts facts = {.profile = e->person.profile, .rights = e->person.rights};

	atomic_fetch_add(&c->loop->service->people_generation, 1);
	jsonwriter_object(&w, NULL);
	if (e->cookie)
		give_cookie(c, e);
	else
		jsonwriter_text(&w, "token", (struct text){(const char *)e->token.bytes, SESSION_TOKEN_TEXT});
	jsonwriter_text(&w, "login", e->login);
	put_session(&w, &e->session, &facts);
	jsonwriter_end(&w);
	c->http = 201;
	call_written(c, &w);
}

/* --- Sign-in --- */

static struct status check_proof(const struct service *s, struct entering *e)
{
	const struct statement *p = &e->statement;

	if (!ok(statement_parse(e->proof, &e->statement)) || p->kind != STATEMENT_SIGN_IN ||
	    !hash_equal(&p->head.site, &s->fingerprint) || !uuid_equal(&p->head.author.uuid, &e->person.id.uuid) ||
	    !hash_equal(&p->head.author_key, &e->person.key_hash) ||
	    !uuid_equal(&p->sign_in.device.uuid, &e->device.uuid))
		return FAIL_AT(ST_UNPROVEN, "proof");
	return statement_verify(p, &e->person.sign_key);
}

/** On a worker.  Whatever is wrong takes the same time and gets the same answer. */
static struct status check_password(struct call *c)
{
	struct entering *e = c->own;
	struct status password = credential_check(&e->credential, text_bytes(e->password));
	struct status proof = check_proof(c->loop->service, e);

	if (!e->found || !ok(password) || !ok(proof) || e->person.state != USER_ACTIVE)
		return FAIL_AT(ST_UNPROVEN, "sign-in");
	return OK;
}

static struct status apply_sign_in(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct entering *e = c->own;

	TRY(challenges_take(&c->loop->service->challenges, log->time, &e->statement.sign_in.nonce));
	return open_session(c, txn, log, "");
}

static void signed_in(struct call *c)
{
	struct status s = c->failure;

	c->failure = OK;
	if (ok(s))
		call_settle_change(c, apply_sign_in, respond_session);
	else
		call_refuse(c, s);
}

void handle_sign_in(struct call *c, struct bytes body)
{
	AUTO(row) row = {0};
	struct entering *e;
	struct status s = begin_entering(c, body, &sign_in_table, &e);

	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	credential_nobody(&e->credential);
	struct person person;
	e->found = ok(userrow_find(call_view(c), e->login, &row, &person)) && person.enrolled &&
		   ok(credential_get(call_view(c), &person.id, &e->credential));
	if (e->found)
		e->person = person;
	e->person.login = (struct text){0};
	call_work_on(c, check_password, signed_in);
}

void handle_challenge(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct hash nonce;
	uint64_t expires;

	(void)body;
	c->failure = challenges_make(&c->loop->service->challenges, call_now(c), &nonce, &expires);
	if (ok(c->failure)) {
		jsonwriter_object(&w, NULL);
		jsonwriter_base64(&w, "nonce", hash_bytes(&nonce));
		jsonwriter_time(&w, "expires", expires);
		jsonwriter_end(&w);
		c->http = 201;
		call_written(c, &w);
	}
	call_answer(c);
}

/* --- Enrolment --- */

static struct status hash_password(struct call *c)
{
	struct entering *e = c->own;

	return credential_hash(text_bytes(e->password), call_now(c), &e->credential);
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
	return open_session(c, txn, log, "enrolment");
}

static void hashed(struct call *c)
{
	if (!ok(c->failure)) {
		call_refuse(c, c->failure);
		return;
	}
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
	if (person.enrolled)
		return FAIL_AT(ST_GONE, "invitation");
	TRY(passwordrule_check(e->password, person.login));
	e->item = (struct record_item){.statement = e->proof};
	e->change = (struct record_change){
		.fingerprint = c->loop->service->fingerprint, .items = &e->item, .count = 1, .outcomes = &e->outcome};
	call_actor(c, &e->change.actor);
	e->change.actor.user = e->user;
	return record_prepare(call_view(c), &e->change);
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

/* --- A session's end --- */

void handle_session(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "login", c->caller.login);
	jsonwriter_text(&w, "name", c->caller.name);
	put_session(&w, &c->caller.session, &c->caller.facts);
	jsonwriter_end(&w);
	call_written(c, &w);
	call_event(c, LEAF_LIST, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("session")});
	call_settle(c, NULL);
}

static struct status log_off(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct session *session = &c->caller.session;
	struct event event = {
		.kind = LEAF_LOG_OFF, .result = LEAF_DONE, .subject = {.kind = PIECE_USER, .id = session->user.uuid}};
	uint64_t leaf;

	call_actor(c, &event.actor);
	(void)txn;
	return log->add(log->context, txn, &event, &leaf);
}

static struct status apply_sign_out(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct status s = session_end(txn, &c->caller.session.id);

	if (!ok(s) && s.code != ST_NOT_FOUND)
		return s;
	return log_off(c, txn, log);
}

/** Told within a transaction that may yet fail: cutting a connection too many is harmless. */
static void ended(void *context, const struct session_id *id)
{
	struct call *c = context;

	presence_forget(c->loop->service->presence, id);
	if (!uuid_equal(&id->uuid, &c->caller.session.id.uuid))
		(void)ok(net_end_session(c->loop->service->net, &id->uuid));
}

static struct status apply_sign_out_all(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	TRY(session_end_all(txn, &c->caller.session.user, NULL, ended, c));
	return log_off(c, txn, log);
}

/** What runs under it stops, but for the answer to this request. */
static void effect_ended(struct call *c)
{
	static const struct uuid none = {{0}};
	struct service *s = c->loop->service;

	atomic_fetch_add(&s->people_generation, 1);
	presence_forget(s->presence, &c->caller.session.id);
	if (c->exchange != NULL)
		exchange_tag(c->exchange, &none);
	(void)ok(net_end_session(s->net, &c->caller.session.id.uuid));
}

static void respond_ended(struct call *c)
{
	c->http = 204;
	c->body.len = 0;
	AUTO(buffer) cookie = {.max = 256};
	struct text kept;
	if (ok(cookie_put(&cookie, TEXT("__Host-session"), TEXT("ended"), 0)) &&
	    ok(arena_text(&c->arena, text_from(buffer_bytes(&cookie)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("set-cookie"), kept};
}

void handle_sign_out(struct call *c, struct bytes body)
{
	(void)body;
	c->effect = effect_ended;
	call_settle_change(c, apply_sign_out, respond_ended);
}

void handle_sign_out_all(struct call *c, struct bytes body)
{
	(void)body;
	c->effect = effect_ended;
	call_settle_change(c, apply_sign_out_all, respond_ended);
}
