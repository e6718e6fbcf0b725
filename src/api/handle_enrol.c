/* SPDX-License-Identifier: Apache-2.0 */
/* handle_enrol: becoming a person of the site, by an invitation (PROMISES#S3, PROMISES#K4). */
#include "entering.h"
#include "noticelist.h"
#include "route.h"
#include "userrow.h"

static const struct jsonfield enrol_rows[] = {
	ENTERING("statement", JSONFIELD_BASE64, proof, .max = 4096),
	ENTERING("password", JSONFIELD_TEXT, password, .max = LIMIT_PASSWORD),
	ENTERING("device", JSONFIELD_OBJECT, device, .table = &entering_device_table),
};
static const struct jsonfield_table enrol_table = JSONFIELD_TABLE(struct entering_body, enrol_rows);

static struct status hash_password(struct call *c)
{
	struct entering *e = c->own;
	const struct service *s = c->loop->service;
	const struct passwordrule_about of = entering_about(c);

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
	return entering_open(c, txn, log, "enrolment");
}

static void hashed(struct call *c)
{
	if (!ok(c->failure)) {
		call_refuse(c, c->failure);
		return;
	}
	c->why = "enrolment that its invitation does not allow, or no longer";
	c->effect = entering_effect;
	call_settle_change(c, OK, apply_enrolment, entering_respond);
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
	struct status s = entering_begin(c, body, &enrol_table, &e);

	if (ok(s))
		s = prepare_enrolment(c, e);
	if (ok(s))
		call_work_on(c, hash_password, hashed);
	else
		call_refuse(c, s);
}
