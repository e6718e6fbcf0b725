/* SPDX-License-Identifier: Apache-2.0 */
#include "factorchange.h"

#include <stdio.h>

#include "notice.h"

static void release(struct call *c)
{
	struct factorchange *g = c->own;

	secondfactor_clear(&g->second);
	buffer_clear(&g->body);
	buffer_clear(&g->codes);
}

struct status factorchange_open(struct call *c, const struct secondfactor_field *field, struct factorchange **out)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	struct factorchange *g = room;
	g->body = (struct buffer){.max = FACTOR_BODY_MAX, .wipe = true};
	g->codes = (struct buffer){.max = FACTOR_BODY_MAX, .wipe = true};
	c->own = g;
	c->release = release;
	*out = g;
	return secondfactor_begin(call_view(c), &c->caller.session.user, field, &g->second);
}

struct status factorchange_begin(struct call *c, struct factorchange **out)
{
	TRY(factorchange_open(c, &(struct secondfactor_field){0}, out));
	return secondfactor_fresh_for(c, &(*out)->second.had);
}

struct status factorchange_log(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct factorchange *g = c->own;
	struct event event = {
		.kind = LEAF_SIGN_IN,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = c->caller.session.user.uuid, .detail = text_of(g->detail)}};
	uint64_t leaf;

	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

void factorchange_effect(struct call *c)
{
	atomic_fetch_add(&c->loop->service->people_generation, 1);
}

struct status factorchange_apply_add(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct factorchange *g = c->own;

	TRY(factor_add(txn, &g->factor));
	/* What he has just proven is all that he has. */
	if (g->factor.kind != FACTOR_CODES)
		TRY(session_prove(txn, &c->caller.session.id, log->time));
	TRY(notice_put(txn, notice_to_user(&g->factor.user), NOTICE_FACTOR_ADDED,
		       text_of(factor_kind_word(g->factor.kind)), log->time));
	return factorchange_log(c, txn, log);
}

static void respond_added(struct call *c)
{
	const struct factorchange *g = c->own;
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

void factorchange_add(struct call *c, enum factor_kind kind, struct text name, call_apply *apply)
{
	struct factorchange *g = c->own;

	g->factor = (struct factor){.id = g->factor.id,
				    .user = c->caller.session.user,
				    .kind = kind,
				    .created = call_now(c),
				    .used = g->factor.used,
				    .token = g->factor.token,
				    .name = name,
				    .body = buffer_bytes(&g->body)};
	(void)snprintf(g->detail, sizeof g->detail, "factor added: %s", factor_kind_word(kind));
	c->effect = factorchange_effect;
	call_settle_change(c, OK, apply, respond_added);
}
