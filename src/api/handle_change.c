/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_change: signed statements that take effect together (`POST /v1/changes`).
 *
 * On the loop: parse, bring the contents into the vault; on a writer: make them durable;
 * on the loop again: verify signatures.  In the committer's transaction: authority and rows.  A content that was
 * refused with its change is taken back; one whose change was committed is there for good.
 */
#include "changing.h"

#include "acts.h"
#include "passwordreset.h"
#include "room.h"
#include "route.h"
#include "secondfactor.h"
#include "tell.h"

#define ITEMS_MAX   1000
#define CONTENT_MAX 65536

struct change_item {
	struct bytes statement, header, key, content;
	struct text name;
	struct jsonfield_list wrapped;
	struct upload_id upload;
};
#define ITEM(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct change_item, member), __VA_ARGS__ \
	}
static const struct jsonfield item_rows[] = {
	ITEM("statement", JSONFIELD_BASE64, statement, .required = true, .min = 1, .max = LIMIT_STATEMENT_BYTES),
	ITEM("name", JSONFIELD_TEXT, name, .max = LIMIT_NAME),
	ITEM("wrapped", JSONFIELD_BASE64, wrapped, .many = LIMIT_EPOCH_RECIPIENTS, .max = 256),
	ITEM("header", JSONFIELD_BASE64, header, .max = LIMIT_SEALED_HEADER),
	ITEM("key", JSONFIELD_BASE64, key, .max = 256),
	ITEM("content", JSONFIELD_BASE64, content, .max = CONTENT_MAX),
	ITEM("upload", JSONFIELD_ID, upload, .id = ID_UPLOAD),
};
static const struct jsonfield_table item_table = JSONFIELD_TABLE(struct change_item, item_rows);

struct change_body {
	struct jsonfield_list items;
};
static const struct jsonfield body_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct change_body, items),
	 .required = true,
	 .many = ITEMS_MAX,
	 .table = &item_table},
};
static const struct jsonfield_table body_table = JSONFIELD_TABLE(struct change_body, body_rows);

void changing_release(struct call *c)
{
	struct changing *g = c->own;

	/* A refused change has named nothing; after ST_IO it may yet have happened, and the scrub decides. */
	bool taken = g->handed && (ok(c->failure) || c->failure.code == ST_IO);
	for (size_t i = 0; i < g->count; i++) {
		struct vault_writer *w = &g->contents[i];
		/* Nor has a statement that was there before: its own content is. */
		bool named = taken && !(ok(c->failure) && g->change.outcomes[i].repeated);
		if (!named && w->finished)
			(void)ok(vault_write_undo(w));
		vault_writer_clear(w);
	}
}

/** Small content comes with the statement, large content as an upload that is complete. */
static struct status bring_content(struct call *c, const struct change_item *sent, struct record_item *item,
				   struct vault_writer *writer)
{
	struct vault *vault = c->loop->service->vault;
	struct statement parsed;

	if (sent->content.len == 0 && uuid_is_zero(&sent->upload.uuid))
		return OK;
	TRY(statement_parse(sent->statement, &parsed));
	if (parsed.kind != STATEMENT_RECORD)
		return FAIL_AT(ST_INVALID, "content");
	if (!uuid_is_zero(&sent->upload.uuid)) {
		AUTO(row) row = {0};
		const struct row_value key[] = {ROW_UUID(&sent->upload.uuid)};
		TRY(store_get(call_view(c), TABLE_UPLOAD, key, &row));
		struct uuid owner = row_uuid(&row, COLUMN_UPLOAD_USER);
		if (!uuid_equal(&owner, &c->caller.session.user.uuid))
			return FAIL_AT(ST_NOT_FOUND, "upload");
		TRY(vault_write_resume(vault, &row, writer));
		item->upload = true;
	} else {
		struct uuid object = uuid_new(call_now(c));
		TRY(room_check(c, NULL, quota_of_version(sent->content.len)));
		TRY(vault_write_begin(vault, &object, writer));
		TRY(vault_write(writer, sent->content));
	}
	item->content = writer;
	return OK;
}

/** A statement that is there already is answered as before, whatever came with it this time. */
static struct status bring_item(struct call *c, const struct change_item *sent, struct record_item *item,
				struct vault_writer *writer)
{
	struct record_outcome before;
	struct statement parsed;

	*item = (struct record_item){.statement = sent->statement,
				     .name = sent->name,
				     .wrapped = sent->wrapped.items,
				     .wrapped_count = sent->wrapped.count,
				     .header = sent->header,
				     .key = sent->key};
	if (ok(statement_parse(sent->statement, &parsed))) {
		/* First whose it is: what others said is not there for him. */
		if (!uuid_equal(&parsed.head.author.uuid, &c->caller.session.user.uuid))
			return FAIL_AT(ST_DENIED, "author");
		if (ok(record_find(call_view(c), &parsed.name, &before)))
			return OK;
	}
	return bring_content(c, sent, item, writer);
}

struct status changing_begin(struct call *c, size_t count, struct changing **out)
{
	void *room, *items, *outcomes, *contents;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	TRY(arena_take(&c->arena, count * sizeof(struct record_item), &items));
	TRY(arena_take(&c->arena, count * sizeof(struct record_outcome), &outcomes));
	TRY(arena_take(&c->arena, count * sizeof(struct vault_writer), &contents));
	struct changing *g = room;
	g->contents = contents;
	g->count = count;
	g->change = (struct record_change){.fingerprint = c->loop->service->fingerprint,
					   .items = items,
					   .count = count,
					   .outcomes = outcomes,
					   .quotas = room_limits(c),
					   .office_ms = service_office_ms(c->loop->service),
					   .second_person = service_second_person(c->loop->service)};
	call_actor(c, &g->change.actor);
	c->own = g;
	c->release = changing_release;
	*out = g;
	return OK;
}

/** Every author's view of the log is this log. */
static struct status check_seen(struct call *c, const struct changing *g)
{
	for (size_t i = 0; i < g->count; i++)
		TRY(seen_check(c, &g->change.items[i].parsed.head));
	return OK;
}

/** Server keys of new patient files, durable before any row is sealed under them. */
static struct status make_keys(struct call *c, const struct changing *g)
{
	struct service *s = c->loop->service;
	struct key_name names[64];
	size_t count = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct record_item *item = &g->change.items[i];
		if (item->parsed.kind != STATEMENT_PATIENT || !item->verified)
			continue;
		names[count++] = key_name_patient(&item->parsed.patient.patient);
		if (count == COUNT(names)) {
			TRY(s->keys_create(s->keys_context, names, count));
			count = 0;
		}
	}
	return count > 0 ? s->keys_create(s->keys_context, names, count) : OK;
}

static void note_ended(void *context, const struct session *session)
{
	struct changing *g = context;

	if (g->ended_count < COUNT(g->ended))
		g->ended[g->ended_count++] = session->id;
}

/** Whoever was changed has to sign in again; a new key ends the sessions that were opened with the old one. */
static struct status end_sessions(struct changing *g, struct store_txn *txn, uint64_t log_time)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct statement *s = &g->change.items[i].parsed;
		const struct user_id *user = s->kind == STATEMENT_USER  ? &s->user.user
					     : s->kind == STATEMENT_KEY ? &s->key.user
									: NULL;
		if (user == NULL || g->change.outcomes[i].repeated)
			continue;
		g->people = true;
		TRY(session_end_all(txn, user, NULL, note_ended, g));
		if (s->kind == STATEMENT_USER && !uuid_equal(&s->head.author.uuid, &user->uuid))
			TRY(notice_put(txn, notice_to_user(user), NOTICE_USER_CHANGED, (struct text){0}, log_time));
		const bool disabled = s->kind == STATEMENT_USER && s->user.state == USER_DISABLED;
		if (disabled || s->kind == STATEMENT_KEY)
			TRY(passwordreset_end(txn, user));
		if (disabled)
			TRY(tell_rekeying(txn, user, log_time));
	}
	return OK;
}

/** Who is to know is told; what an approval sets in motion happens with it, or neither does. */
static struct status carry_out(struct changing *g, struct store_txn *txn, const struct record_log *log)
{
	const struct acts_told told = {note_ended, g};

	for (size_t i = 0; i < g->count; i++) {
		const struct statement *s = &g->change.items[i].parsed;
		const bool request = s->kind == STATEMENT_REQUEST;
		struct approval approval;

		if ((!request && s->kind != STATEMENT_DECISION) || g->change.outcomes[i].repeated)
			continue;
		TRY(approval_get(txn->view, request ? &s->request.approval : &s->decision.approval, &approval));
		if (request) {
			TRY(acts_tell_asked(txn, &approval, log->time));
			continue;
		}
		TRY(acts_tell_decided(txn, &approval, log->time));
		if (s->decision.verdict != VERDICT_APPROVE)
			continue;
		g->people = true;
		TRY(acts_carry_out(txn, log, &g->change.actor, &approval, &told));
	}
	return OK;
}

/** What was there already gains no leaf of its own; that it was sent again does. */
static struct status log_repetition(struct call *c, const struct changing *g, struct store_txn *txn,
				    const struct record_log *log)
{
	struct event event = {
		.kind = LEAF_WRITE,
		.result = LEAF_DONE,
		.actor = g->change.actor,
		.subject = {.kind = PIECE_USER, .id = c->caller.session.user.uuid, .detail = TEXT("sent again")}};
	uint64_t leaf;

	for (size_t i = 0; i < g->count; i++)
		if (!g->change.outcomes[i].repeated)
			return OK;
	return log->add(log->context, txn, &event, &leaf);
}

/** The refusal's leaf names the file that the refused statement was about to its owner. */
static struct status name_subject(struct call *c, struct store_view *view, struct status why)
{
	const struct changing *g = c->own;
	struct patient_id asked;
	bool exists;

	if (!ok(record_subject(view, &g->change, &asked, &exists)) || uuid_is_zero(&asked.uuid))
		return why;
	c->asked = id_print(ID_PATIENT, &asked.uuid);
	if (exists)
		c->patient = asked;
	return why;
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	struct changing *g = c->own;

	/* The committer may have called this before, in a round whose log was full. */
	g->ended_count = 0;
	struct status s = record_apply(txn, log, &g->change);

	if (!ok(s))
		return name_subject(c, txn->view, room_tell(c, &g->change.met, s));
	TRY(end_sessions(g, txn, log->time));
	TRY(carry_out(g, txn, log));
	return log_repetition(c, g, txn, log);
}

/** Nobody keeps what a change took from him because its sender did not wait for the answer. */
static void effect(struct call *c)
{
	struct changing *g = c->own;
	struct service *s = c->loop->service;

	if (g->people)
		atomic_fetch_add(&s->people_generation, 1);
	for (size_t i = 0; i < g->ended_count; i++) {
		presence_forget(s->presence, &g->ended[i]);
		(void)ok(net_end_session(s->net, &g->ended[i].uuid));
	}
}

static void respond(struct call *c)
{
	struct changing *g = c->own;
	struct jsonwriter w = call_writer(c);

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "items");
	for (size_t i = 0; i < g->count; i++) {
		const struct record_outcome *o = &g->change.outcomes[i];
		jsonwriter_object(&w, NULL);
		jsonwriter_hash(&w, "name", &o->name);
		jsonwriter_u64(&w, "leaf", o->leaf);
		jsonwriter_u64(&w, "time", o->time);
		jsonwriter_end(&w);
	}
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	call_written(c, &w);
}

/** Administration of users, acts of two persons, and new keys of one's own take a fresh second factor. */
static struct status check_fresh(const struct call *c, const struct changing *g)
{
	static const bool fresh[STATEMENT_KINDS] = {[STATEMENT_INVITATION] = true,
						    [STATEMENT_USER] = true,
						    [STATEMENT_KEY] = true,
						    [STATEMENT_REQUEST] = true,
						    [STATEMENT_DECISION] = true};

	for (size_t i = 0; i < g->count; i++)
		if (fresh[g->change.items[i].parsed.kind])
			return secondfactor_fresh(c);
	return OK;
}

/* --- On a writer --- */

/** To seal, to hash an upload that is continued, to wait for the disk: slow. */
static struct status finish_contents(struct call *c)
{
	struct changing *g = c->own;
	struct statement parsed;

	for (size_t i = 0; i < g->count; i++) {
		const struct record_item *item = &g->change.items[i];
		if (item->content == NULL)
			continue;
		TRY(statement_parse(item->statement, &parsed));
		TRY(vault_write_finish(item->content, parsed.record.size, &parsed.record.content_hash));
	}
	return OK;
}

static bool needs_disk(const struct changing *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->change.items[i].content != NULL && g->change.items[i].content->size > LIMIT_INLINE_OBJECT)
			return true;
	return false;
}

/** What the site asks for now is compared where acceptances go, and nowhere else (PROMISES#K13). */
static struct status check_kinds(const struct changing *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->change.items[i].parsed.kind == STATEMENT_CONDUCT)
			return FAIL_AT(ST_INVALID, "statement: an acceptance goes to /v1/conduct/acceptances");
	return OK;
}

static struct status prepare(struct call *c, struct changing *g)
{
	TRY(record_prepare(call_view(c), &g->change));
	TRY(check_kinds(g));
	TRY(check_fresh(c, g));
	TRY(check_seen(c, g));
	return make_keys(c, g);
}

/** One person stopped, and nothing else. */
static bool disables(const struct changing *g)
{
	const struct statement *s = &g->change.items[0].parsed;

	return g->count == 1 && s->kind == STATEMENT_USER && s->user.state == USER_DISABLED;
}

static void finished(struct call *c)
{
	struct changing *g = c->own;
	struct status s = c->failure;

	c->failure = OK;
	if (ok(s))
		s = prepare(c, g);
	g->handed = ok(s);
	c->ends = ok(s) && disables(g);
	call_settle_change(c, s, apply, respond);
}

void changing_go_on(struct call *c, struct status s)
{
	if (!ok(s)) {
		call_refuse(c, s);
	} else if (needs_disk(c->own)) {
		call_write_on(c, finish_contents, finished);
	} else {
		c->failure = finish_contents(c);
		finished(c);
	}
}

/* --- Several statements as JSON --- */

static struct status bring_all(struct call *c, struct bytes body)
{
	struct change_body read = {0};
	struct changing *g;

	TRY(call_json(c, body, &body_table, &read));
	if (read.items.count == 0)
		return FAIL_AT(ST_INVALID, "items");
	TRY(changing_begin(c, read.items.count, &g));
	const struct change_item *items = read.items.items;
	for (size_t i = 0; i < g->count; i++)
		TRY(bring_item(c, &items[i], &g->change.items[i], &g->contents[i]));
	return OK;
}

void handle_changes(struct call *c, struct bytes body)
{
	struct status s = bring_all(c, body);

	c->effect = effect;
	changing_go_on(c, s);
}
