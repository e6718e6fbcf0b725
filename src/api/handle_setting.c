/* SPDX-License-Identifier: Apache-2.0 */
/* handle_setting: what an administrator has chosen, how much is stored, and choosing: each change is a leaf. */
#include "quota.h"
#include "route.h"
#include "tell.h"

void handle_settings(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct setting_value value;
	uint64_t stored;

	(void)body;
	struct status s = quota_used(call_view(c), NULL, &stored);
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	jsonwriter_object(&w, NULL);
	/* How much a site holds is nothing to tell a stranger, so `/v1/site` does not. */
	jsonwriter_u64(&w, "stored_bytes", stored);
	jsonwriter_array(&w, "items");
	for (enum setting i = 0; i < SETTING_COUNT; i++) {
		settings_get(c->loop->service->settings, i, &value);
		setting_json(&w, i, &value);
	}
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_deliver(c, &w, OK, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("settings")});
}

struct value_body {
	struct text value;
};
static const struct jsonfield value_rows[] = {
	{.name = "value",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct value_body, value),
	 .required = true,
	 .max = SETTING_TEXT_MAX - 1},
};
static const struct jsonfield_table value_table = JSONFIELD_TABLE(struct value_body, value_rows);

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct setting_change *change = c->own;
	struct event event = {.kind = LEAF_ADMINISTRATION, .result = LEAF_DONE};
	uint64_t leaf;

	TRY(setting_apply(txn, change));
	TRY(tell_setting(txn, change, log->time));
	call_actor(c, &event.actor);
	event.subject = (struct piece_subject){.kind = PIECE_SITE, .detail = text_of(change->detail)};
	return log->add(log->context, txn, &event, &leaf);
}

static void effect(struct call *c)
{
	settings_note(c->loop->service->settings, c->own);
}

static void respond(struct call *c)
{
	const struct setting_change *change = c->own;
	struct jsonwriter w = call_writer(c);

	setting_json(&w, change->which, &change->value);
	call_written(c, &w);
}

static struct status read_change(struct call *c, struct bytes body)
{
	struct value_body read = {0};
	void *room;

	TRY(call_json(c, body, &value_table, &read));
	TRY(arena_take(&c->arena, sizeof(struct setting_change), &room));
	struct setting_change *change = room;
	TRY(setting_find(route_segment(c, "name"), &change->which));
	TRY(setting_parse(change->which, read.value, &change->value));
	c->own = change;
	return OK;
}

void handle_setting_change(struct call *c, struct bytes body)
{
	struct status s = read_change(c, body);

	c->effect = effect;
	call_settle_change(c, s, apply, respond);
}
