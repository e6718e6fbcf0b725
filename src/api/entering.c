/* SPDX-License-Identifier: Apache-2.0 */
#include "entering.h"

#include "cookie.h"
#include "passwordtext.h"
#include "pending.h"

static void entering_release(struct call *c)
{
	struct entering *e = c->own;

	secret_clear(&e->token);
	secret_wipe(&e->credential, sizeof e->credential);
	secondfactor_clear(&e->second);
}

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
const struct jsonfield_table entering_device_table = JSONFIELD_TABLE(struct device_field, device_rows);

struct status entering_begin(struct call *c, struct bytes body, const struct jsonfield_table *table,
			     struct entering **out)
{
	struct entering_body read = {0};
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
	e->code = read.code;
	c->own = e;
	c->release = entering_release;
	*out = e;
	return OK;
}

struct passwordrule_about entering_about(const struct call *c)
{
	const struct service *s = c->loop->service;
	const struct entering *e = c->own;

	return (struct passwordrule_about){.login = e->login,
					   .site = s->name,
					   .list = s->passwords,
					   .second_factor = factors_proving(&e->second.had) > 0};
}

struct status entering_open(struct call *c, struct store_txn *txn, const struct record_log *log, const char *detail)
{
	struct entering *e = c->own;
	const struct settings *settings = c->loop->service->settings;
	struct event event = {.kind = LEAF_SIGN_IN, .result = LEAF_DONE};
	struct piece_actor actor;
	char unusual[UNUSUAL_DETAIL_MAX];
	AUTO(buffer) said = {.max = PIECE_DETAIL_MAX};
	uint32_t steps;
	uint64_t leaf;

	call_actor(c, &actor);
	const struct unusual_use use = {e->person.id, e->device, actor.address, log->time};
	TRY(unusual_sign_in(c->loop->service, txn, &use, e->login, &e->unusual));
	unusual_detail(&e->unusual, unusual);
	TRY(buffer_print(&said, "%s%s%s", e->unusual.unusual ? unusual : "",
			 e->unusual.unusual && detail[0] != '\0' ? "; " : "", detail));
	TRY(pending_steps(&(struct pending){.service = c->loop->service,
					    .view = txn->view,
					    .now = log->time,
					    .user = e->person.id,
					    .profile = e->person.profile,
					    .password_changed = e->credential.changed,
					    .refused = e->must,
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
	TRY(secondfactor_ask(c->loop->service, txn, &e->person, log->time));
	event.actor = actor;
	event.actor.user = e->person.id;
	event.actor.session = e->session.id;
	event.actor.device = e->device;
	event.actor.detail = text_from(buffer_bytes(&said));
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
void entering_effect(struct call *c)
{
	const struct entering *e = c->own;
	struct service *s = c->loop->service;

	(void)ok(presence_begin(s->presence, &e->session.id, clock_mono(&s->clock)));
	sessions_cut(c, e->turn);
}

void entering_respond(struct call *c)
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
