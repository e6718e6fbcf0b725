/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_sessions: a user's open sessions and known devices: seen, ended, forgotten, by
 * himself or by an administrator (PROMISES#S3, PROMISES#K13).  What runs under a session
 * stops with it.
 */
#include "address.h"
#include "cookie.h"
#include "device.h"
#include "facts.h"
#include "memory.h"
#include "notice.h"
#include "route.h"
#include "sessions.h"

#include <string.h>

void handle_session(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct piece_actor actor;
	struct unusual unusual;

	(void)body;
	call_actor(c, &actor);
	struct status s = memory_unusual(c->loop, &c->caller, actor.address, &unusual);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "login", c->caller.login);
	jsonwriter_text(&w, "name", c->caller.name);
	sessions_put(&w, c->loop->service, &c->caller.session, &c->caller.facts, c->caller.password_changed);
	unusual_put(&w, &unusual);
	jsonwriter_end(&w);
	call_deliver(c, &w, OK, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("session")});
}

/* --- Lists --- */

/** Rows of a list as JSON. */
struct writing {
	struct call *call;
	struct jsonwriter *w;
};

static void put_address(struct jsonwriter *w, struct bytes bytes)
{
	struct address a = {.family = bytes.len == 4 ? ADDRESS_IPV4 : bytes.len == 16 ? ADDRESS_IPV6 : ADDRESS_NONE};

	if (bytes.len <= sizeof a.bytes && bytes.len > 0)
		memcpy(a.bytes, bytes.at, bytes.len);
	jsonwriter_string(w, "address", address_print(&a).at);
}

static struct status put_session(void *context, const struct row *row)
{
	const struct writing *writing = context;
	const struct service *service = writing->call->loop->service;
	const struct caller *caller = &writing->call->caller;
	struct sessions_turn turn = {.service = writing->call->loop->service, .profile = caller->facts.profile};
	AUTO(row) of_device = {0};
	struct device device = {0};
	struct session s;

	TRY(session_read(row, &s));
	if (sessions_over(&turn, &s) || service_now(service) >= s.expires)
		return OK;
	(void)ok(device_get(call_view(writing->call), &s.device, &of_device, &device));
	jsonwriter_object(writing->w, NULL);
	jsonwriter_id(writing->w, "id", ID_SESSION, &s.id.uuid);
	jsonwriter_bool(writing->w, "current", uuid_equal(&s.id.uuid, &caller->session.id.uuid));
	jsonwriter_id(writing->w, "device", ID_DEVICE, &s.device.uuid);
	jsonwriter_text(writing->w, "label", device.label);
	put_address(writing->w, row->secret[SECRET_SESSION_ADDRESS]);
	jsonwriter_time(writing->w, "created", s.created);
	jsonwriter_time(writing->w, "expires", s.expires);
	jsonwriter_u64(writing->w, "unused_seconds",
		       presence_unused(service->presence, &s.id, clock_mono(&service->clock)) / 1000);
	jsonwriter_end(writing->w);
	return writing->w->failure;
}

static struct status put_device(void *context, const struct row *row)
{
	const struct writing *writing = context;
	struct device d;

	device_read(row, &d);
	jsonwriter_object(writing->w, NULL);
	jsonwriter_id(writing->w, "id", ID_DEVICE, &d.id.uuid);
	jsonwriter_bool(writing->w, "current", uuid_equal(&d.id.uuid, &writing->call->caller.session.device.uuid));
	jsonwriter_text(writing->w, "label", d.label);
	jsonwriter_text(writing->w, "client", d.client);
	put_address(writing->w, d.address);
	jsonwriter_time(writing->w, "first", d.created);
	jsonwriter_time(writing->w, "last", d.seen);
	jsonwriter_end(writing->w);
	return writing->w->failure;
}

typedef struct status list_rows(struct store_view *view, const struct user_id *user, store_visit *visit, void *context);

static void give_list(struct call *c, list_rows *list, store_visit *visit, struct text detail)
{
	struct jsonwriter w = call_writer(c);
	struct writing writing = {c, &w};

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	struct status s = list(call_view(c), &c->caller.session.user, visit, &writing);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = detail});
}

void handle_session_list(struct call *c, struct bytes body)
{
	(void)body;
	give_list(c, session_list, put_session, TEXT("sessions"));
}

void handle_device_list(struct call *c, struct bytes body)
{
	(void)body;
	give_list(c, device_list, put_device, TEXT("devices"));
}

/* --- The end --- */

enum ending_what { END_THIS, END_ONE, END_ALL, END_OTHERS, END_DEVICE, END_OF_USER };

struct ending {
	enum ending_what what;
	struct session_id session;
	struct device_id device;
	struct user_id user;
	struct sessions_turn *turn;
};

static struct status end_one(const struct ending *e, struct store_txn *txn)
{
	struct session found;

	TRY(session_get(txn->view, &e->session, &found));
	if (!uuid_equal(&found.user.uuid, &e->user.uuid))
		return FAIL_AT(ST_NOT_FOUND, "session");
	sessions_note(e->turn, &found);
	return session_end(txn, &e->session);
}

static struct status end_device(const struct ending *e, struct store_txn *txn)
{
	const struct session_choice choice = {.device = &e->device};

	if (!device_known(txn->view, &e->device, &e->user))
		return FAIL_AT(ST_NOT_FOUND, "device");
	TRY(session_end_all(txn, &e->user, &choice, sessions_note, e->turn));
	return device_forget(txn, &e->device);
}

static struct status end_them(const struct ending *e, struct store_txn *txn, uint64_t now)
{
	const struct session_choice others = {.except = &e->session};

	switch (e->what) {
	case END_THIS:
	case END_ONE:
		return end_one(e, txn);
	case END_DEVICE:
		return end_device(e, txn);
	case END_OTHERS:
		return session_end_all(txn, &e->user, &others, sessions_note, e->turn);
	case END_ALL:
	case END_OF_USER:
		break;
	}
	TRY(session_end_all(txn, &e->user, NULL, sessions_note, e->turn));
	if (e->what == END_ALL || e->turn->ended_count == 0)
		return OK;
	return notice_put(txn, notice_to_user(&e->user), NOTICE_SESSION_ENDED, (struct text){0}, now);
}

static struct status apply_ending(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	static const char *const details[] = {"this session",       "one session",      "all sessions",
					      "all other sessions", "device forgotten", "by an administrator"};
	const struct ending *e = c->own;
	struct event event = {.kind = LEAF_LOG_OFF,
			      .result = LEAF_DONE,
			      .subject = {.kind = PIECE_USER, .id = e->user.uuid, .detail = text_of(details[e->what])}};
	uint64_t leaf;

	struct status s = end_them(e, txn, log->time);
	/* A session that ended meanwhile is off: whoever logs off is told so. */
	if (!ok(s) && !(e->what == END_THIS && s.code == ST_NOT_FOUND))
		return s;
	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

static void effect_ending(struct call *c)
{
	const struct ending *e = c->own;

	sessions_cut(c, e->turn);
}

static void respond_ended(struct call *c)
{
	const struct ending *e = c->own;

	call_respond_nothing(c);
	if (e->what != END_THIS && e->what != END_ALL)
		return;
	AUTO(buffer) cookie = {.max = 256};
	struct text kept;
	if (ok(cookie_put(&cookie, TEXT("__Host-session"), TEXT("ended"), 0)) &&
	    ok(arena_text(&c->arena, text_from(buffer_bytes(&cookie)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("set-cookie"), kept};
}

static void begin_ending(struct call *c, enum ending_what what, const char *segment, enum id_kind kind)
{
	struct ending *e;
	struct uuid named = {0};
	void *room;
	struct status s = arena_take(&c->arena, sizeof *e, &room);

	if (ok(s) && segment != NULL)
		s = route_id(c, segment, kind, &named);
	if (ok(s)) {
		e = room;
		*e = (struct ending){.what = what, .session = c->caller.session.id, .user = c->caller.session.user};
		if (what == END_ONE)
			e->session.uuid = named;
		if (what == END_DEVICE)
			e->device.uuid = named;
		if (what == END_OF_USER)
			e->user.uuid = named;
		s = sessions_begin(c, c->caller.facts.profile, &e->turn);
		c->own = e;
	}
	c->effect = effect_ending;
	/* His own session goes with all of them, so it is not asked for again and again. */
	c->ends = what == END_ALL;
	call_settle_change(c, s, apply_ending, respond_ended);
}

void handle_sign_out(struct call *c, struct bytes body)
{
	(void)body;
	begin_ending(c, END_THIS, NULL, ID_SESSION);
}

void handle_sign_out_all(struct call *c, struct bytes body)
{
	struct text others = form_get(&c->query, TEXT("others"));

	(void)body;
	if (others.at != NULL && !text_equal(others, TEXT("true")))
		call_refuse_field(c, FAIL_AT(ST_INVALID, "others: true, or leave it out"), TEXT("others"));
	else
		begin_ending(c, others.at != NULL ? END_OTHERS : END_ALL, NULL, ID_SESSION);
}

void handle_session_end(struct call *c, struct bytes body)
{
	(void)body;
	begin_ending(c, END_ONE, "session", ID_SESSION);
}

void handle_device_forget(struct call *c, struct bytes body)
{
	(void)body;
	begin_ending(c, END_DEVICE, "device", ID_DEVICE);
}

void handle_user_sign_out(struct call *c, struct bytes body)
{
	struct permit_facts facts;
	struct user_id user;
	struct status s = route_id(c, "user", ID_USER, &user.uuid);

	(void)body;
	if (ok(s))
		s = facts_user(call_view(c), &user, call_now(c), &facts);
	if (ok(s))
		begin_ending(c, END_OF_USER, "user", ID_USER);
	else
		call_refuse(c, s);
}
