/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_conduct: the code of conduct: read, accepted, changed (PROMISES#K13).
 *
 * An acceptance is a statement of the user about the hash of what he was shown; it
 * counts only while the site asks for exactly that.
 */
#include "conduct.h"
#include "notice.h"
#include "render.h"
#include "route.h"
#include "seen.h"
#include "sessions.h"
#include "signoff.h"

#include <string.h>

/* --- Reading --- */

static void put_text(struct jsonwriter *w, enum language language, const struct conduct_text *t)
{
	jsonwriter_object(w, NULL);
	jsonwriter_text(w, "language", vocabulary_word(VOCABULARY_LANGUAGE, language));
	jsonwriter_hash(w, "sha256", &t->hash);
	jsonwriter_text(w, "text", t->text);
	jsonwriter_end(w);
}

static void put_accepted(struct jsonwriter *w, const struct signoff *last, bool current)
{
	jsonwriter_object(w, "accepted");
	jsonwriter_u64(w, "version", last->conduct.version);
	jsonwriter_text(w, "language", vocabulary_word(VOCABULARY_LANGUAGE, last->conduct.language));
	jsonwriter_hash(w, "sha256", &last->conduct.text);
	jsonwriter_time(w, "time", last->time);
	jsonwriter_u64(w, "leaf", last->leaf);
	jsonwriter_hash(w, "statement", &last->name);
	jsonwriter_bool(w, "current", current);
	jsonwriter_end(w);
}

static struct status write_code(struct call *c, struct jsonwriter *w)
{
	AUTO(row) row = {0};
	struct conduct code;
	struct signoff last;

	TRY(conduct_get(call_view(c), &row, &code));
	TRY(signoff_conduct(call_view(c), &c->caller.session.user, &last));
	jsonwriter_object(w, NULL);
	jsonwriter_u64(w, "version", code.version);
	jsonwriter_array(w, "texts");
	for (enum language l = LANGUAGE_ENGLISH; l <= LANGUAGE_FRENCH; l++)
		put_text(w, l, conduct_in(&code, l));
	jsonwriter_end(w);
	if (!hash_is_zero(&last.name))
		put_accepted(w, &last,
			     conduct_accepts(&code, last.conduct.version, last.conduct.language, &last.conduct.text));
	jsonwriter_end(w);
	return w->failure;
}

void handle_conduct(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct status s = write_code(c, &w);

	(void)body;
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("code of conduct")});
}

/* --- Who has accepted --- */

void handle_conduct_list(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);

	(void)body;
	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	struct status s = signoff_conducts(call_view(c), c->pass, render_statement_row, &w);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, s, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("acceptances")});
}

/* --- Accepting --- */

struct accept_body {
	struct bytes statement;
};
static const struct jsonfield accept_rows[] = {
	{.name = "statement",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct accept_body, statement),
	 .required = true,
	 .min = 1,
	 .max = 4096},
};
static const struct jsonfield_table accept_table = JSONFIELD_TABLE(struct accept_body, accept_rows);

struct accepting {
	struct record_change change;
	struct record_item item;
	struct record_outcome outcome;
	struct sessions_turn *turn; /* none ends; the loops look again at what is pending */
};

/** What was there already gains no leaf of its own; that it was sent again does. */
static struct status log_repetition(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct event event = {
		.kind = LEAF_WRITE,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = c->caller.session.user.uuid, .detail = TEXT("sent again")}};
	uint64_t leaf;

	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

static struct status apply_accepting(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	AUTO(row) row = {0};
	struct accepting *a = c->own;
	const struct statement_conduct *said = &a->item.parsed.conduct;
	struct conduct code;

	TRY(conduct_get(txn->view, &row, &code));
	if (!conduct_accepts(&code, said->version, said->language, &said->text))
		return FAIL_AT(ST_CONFLICT, "code of conduct");
	TRY(record_apply(txn, log, &a->change));
	if (a->outcome.repeated)
		TRY(log_repetition(c, txn, log));
	return session_step_done(txn, &c->caller.session.id, STEP_CONDUCT);
}

static void effect_accepted(struct call *c)
{
	const struct accepting *a = c->own;

	sessions_cut(c, a->turn);
}

static void respond_accepted(struct call *c)
{
	const struct accepting *a = c->own;
	struct jsonwriter w = call_writer(c);

	jsonwriter_object(&w, NULL);
	jsonwriter_hash(&w, "name", &a->outcome.name);
	jsonwriter_u64(&w, "leaf", a->outcome.leaf);
	jsonwriter_time(&w, "time", a->outcome.time);
	jsonwriter_end(&w);
	call_written(c, &w);
}

static struct status begin_accepting(struct call *c, struct bytes body)
{
	struct accept_body sent = {0};
	void *room;

	TRY(call_json(c, body, &accept_table, &sent));
	TRY(arena_take(&c->arena, sizeof(struct accepting), &room));
	struct accepting *a = room;
	a->item = (struct record_item){.statement = sent.statement};
	a->change = (struct record_change){
		.fingerprint = c->loop->service->fingerprint, .items = &a->item, .count = 1, .outcomes = &a->outcome};
	call_actor(c, &a->change.actor);
	TRY(record_prepare(call_view(c), &a->change));
	if (a->item.parsed.kind != STATEMENT_CONDUCT)
		return FAIL_AT(ST_INVALID, "statement");
	TRY(seen_check(c, &a->item.parsed.head));
	TRY(sessions_begin(c, c->caller.facts.profile, &a->turn));
	c->own = a;
	return OK;
}

void handle_conduct_accept(struct call *c, struct bytes body)
{
	struct status s = begin_accepting(c, body);

	c->effect = effect_accepted;
	call_settle_change(c, s, apply_accepting, respond_accepted);
}

/* --- Changing --- */

struct change_body {
	struct text language, text;
};
static const struct jsonfield change_rows[] = {
	{.name = "language", .type = JSONFIELD_TEXT, .offset = offsetof(struct change_body, language), .max = 8},
	{.name = "text",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct change_body, text),
	 .max = LIMIT_CONDUCT_TEXT},
};
static const struct jsonfield_table change_table = JSONFIELD_TABLE(struct change_body, change_rows);

static struct status apply_change(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct conduct_change *change = c->own;
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE};
	uint64_t leaf;

	TRY(conduct_apply(txn, change));
	for (enum profile p = PROFILE_ADMINISTRATOR; p <= PROFILE_AUDITOR; p++)
		TRY(notice_put(txn, notice_to_profile(p), NOTICE_CONDUCT_CHANGED, (struct text){0}, log->time));
	call_actor(c, &event.actor);
	event.subject = (struct piece_subject){.kind = PIECE_SITE, .detail = text_of(change->detail)};
	return log->add(log->context, txn, &event, &leaf);
}

static void respond_changed(struct call *c)
{
	const struct conduct_change *change = c->own;
	struct jsonwriter w = call_writer(c);

	jsonwriter_object(&w, NULL);
	jsonwriter_u64(&w, "version", change->version);
	jsonwriter_end(&w);
	call_written(c, &w);
}

/** Nothing at all: the texts as they are, asked for again. */
static struct status read_change(struct call *c, struct bytes body)
{
	struct change_body sent = {0};
	uint32_t language = LANGUAGE_ENGLISH;
	void *room;

	TRY(call_json(c, body, &change_table, &sent));
	if ((sent.language.at == NULL) != (sent.text.at == NULL))
		return FAIL_AT(ST_INVALID, "language and text, or neither");
	if (sent.language.at != NULL && !ok(vocabulary_value(VOCABULARY_LANGUAGE, sent.language, &language)))
		return FAIL_AT(ST_INVALID, "language: en or fr");
	if (sent.text.at != NULL)
		TRY(conduct_check(sent.text));
	TRY(arena_take(&c->arena, sizeof(struct conduct_change), &room));
	struct conduct_change *change = room;
	*change = (struct conduct_change){.language = (enum language)language, .text = sent.text};
	c->own = change;
	return OK;
}

void handle_conduct_change(struct call *c, struct bytes body)
{
	struct status s = read_change(c, body);

	call_settle_change(c, s, apply_change, respond_changed);
}
