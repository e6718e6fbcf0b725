/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <stdlib.h>
#include <string.h>

#include "route.h"

/* Memory of one request: a body of LIMIT_JSON_BYTES decoded, and what is read from it. */
#define CALL_ARENA ((size_t)8 << 20)
/* An answer in one piece: a page of LIMIT_PAGE items with headers, keys and statements. */
#define CALL_BODY ((size_t)48 << 20)
/* So many leaves go to the committer at once: at some 10 us a request none of them is older than 300 us. */
#define CALL_TOGETHER 32
/* An unused call keeps a body of at most this, and the first block of its arena: as many are kept as ever ran at
 * once. */
#define CALL_KEEP 4096

struct call *call_of(struct exchange *e)
{
	return exchange_context(e);
}

struct status call_begin(struct api_loop *loop, struct exchange *e, struct call **out)
{
	struct call *c = loop->calls;

	if (c != NULL)
		loop->calls = c->next;
	else
		c = calloc(1, sizeof *c);
	if (c == NULL)
		return FAIL(ST_NO_MEMORY);
	const struct buffer body = c->body;
	const struct arena arena = c->arena;
	*c = (struct call){.loop = loop, .exchange = e, .arena = arena, .body = body};
	c->arena.max = CALL_ARENA;
	c->body.max = CALL_BODY;
	c->body.len = 0;
	c->body.wipe = true;
	exchange_set_context(e, c);
	*out = c;
	return OK;
}

static void call_free(struct call *c)
{
	struct api_loop *loop = c->loop;

	if (c->release != NULL)
		c->release(c);
	json_document_clear(&c->document);
	arena_reset(&c->arena);
	/* An answer may have held a token or recovery codes; what is kept holds nothing (PROMISES#S1). */
	if (c->body.capacity > CALL_KEEP)
		buffer_clear(&c->body);
	else if (c->body.bytes != NULL)
		secret_wipe(c->body.bytes, c->body.capacity);
	c->next = loop->calls;
	loop->calls = c;
}

void call_gone(struct call *c)
{
	c->exchange = NULL;
	/* With workers or committer it comes back first; call_back() then lets it go. */
	if (c->stage != CALL_WORKING && c->stage != CALL_SETTLING)
		call_free(c);
}

bool call_back(struct call *c)
{
	c->stage = CALL_READING;
	if (c->exchange != NULL)
		return true;
	call_free(c);
	return false;
}

uint64_t call_now(const struct call *c)
{
	return service_now(c->loop->service);
}

struct store_view *call_view(const struct call *c)
{
	/* The first to read in a turn takes the state of now; the others see the same.  What cannot be taken fails
	 * where it is read. */
	if (!c->loop->snapshot.begun)
		(void)ok(store_snapshot_renew(&c->loop->snapshot));
	return c->loop->snapshot.view;
}

/** Copied: the committer reads it on its own thread, when the peer and what it sent may be gone. */
static void keep_actor(struct call *c, const struct address *peer, struct text client)
{
	struct piece_actor *a = &c->actor;
	void *room;

	if (peer->family != ADDRESS_NONE && ok(arena_take(&c->arena, sizeof peer->bytes, &room))) {
		memcpy(room, peer->bytes, sizeof peer->bytes);
		a->address = bytes_of(room, peer->family == ADDRESS_IPV4 ? 4 : 16);
	}
	if (client.len > 0 && client.len <= PIECE_CLIENT_MAX && text_is_utf8(client))
		(void)ok(arena_text(&c->arena, client, &a->client));
	c->has_actor = true;
}

void call_actor(struct call *c, struct piece_actor *out)
{
	if (!c->has_actor)
		keep_actor(c, &exchange_request(c->exchange)->peer, exchange_header(c->exchange, TEXT("user-agent")));
	*out = c->actor;
	if (c->caller.known) {
		out->user = c->caller.session.user;
		out->session = c->caller.session.id;
		out->device = c->caller.session.device;
	}
}

void call_event(struct call *c, enum leaf_kind kind, const struct piece_subject *subject)
{
	c->event = (struct event){.kind = kind, .result = LEAF_DONE, .time = call_now(c), .subject = *subject};
	call_actor(c, &c->event.actor);
	c->has_event = true;
}

/* --- The answer --- */

static void write_problem(struct call *c)
{
	c->problem.kind = c->problem.kind != PROBLEM_INVALID ? c->problem.kind : problem_of(c->failure.code);
	c->problem.what = c->failure.what;
	if (c->refusal.field[0] != '\0' && c->problem.field.len == 0) {
		c->problem.field = text_of(c->refusal.field);
		c->problem.limited = c->refusal.limited;
		c->problem.limit = c->refusal.limit;
	}
	c->http = problem_type_of(c->problem.kind)->http;
	c->content_type = TEXT(PROBLEM_MEDIA_TYPE);
	c->source = (struct exchange_source){0};
	c->body.len = 0;
	if (!ok(problem_write(&c->problem, &c->body)))
		c->body.len = 0;
}

void call_answer(struct call *c)
{
	if (c->hold != NULL && c->hold(c))
		return;
	c->stage = CALL_ANSWERED;
	if (!ok(c->failure))
		write_problem(c);
	struct exchange_reply reply = {.status = c->http,
				       .content_type = c->content_type,
				       .headers = c->headers,
				       .header_count = c->header_count,
				       .body = buffer_bytes(&c->body)};
	if (c->source.produce != NULL)
		exchange_answer_from(c->exchange, &reply, &c->source);
	else
		exchange_answer(c->exchange, &reply);
}

/* --- Settling --- */

/** Which leaf says what this answer shows (docs/PROTOCOL.md section 3). */
static void put_receipt(struct call *c)
{
	AUTO(buffer) number = {.max = 24};
	struct text kept;

	if (c->header_count < COUNT(c->headers) &&
	    ok(buffer_print(&number, "%llu", (unsigned long long)c->entry.leaf)) &&
	    ok(arena_text(&c->arena, text_from(buffer_bytes(&number)), &kept)))
		c->headers[c->header_count++] = (struct exchange_header){TEXT("tacenda-leaf"), kept};
}

static void settled(struct net_task *task, void *own)
{
	struct call *c = (struct call *)((char *)task - offsetof(struct call, task));

	/* The loop has ended, and with it all that the call belongs to. */
	if (own == NULL)
		return;
	if (ok(c->failure) && c->effect != NULL)
		c->effect(c);
	if (!call_back(c))
		return;
	/* What the committer refused was a change: its refusal is a leaf of its own. */
	if (!ok(c->failure) && c->apply != NULL) {
		c->apply = NULL;
		call_refuse(c, c->failure);
		return;
	}
	if (ok(c->failure) && c->respond != NULL)
		c->respond(c);
	if (ok(c->failure) && c->receipt)
		put_receipt(c);
	call_answer(c);
}

static void committed(struct committer_entry *entry, struct status s)
{
	struct call *c = (struct call *)((char *)entry - offsetof(struct call, entry));

	/* A reading call that was refused already keeps its own failure. */
	if (!ok(s))
		c->failure = s;
	c->task.run = settled;
	/* call_told() wakes the loop when all of the round are there. */
	net_post_quietly(c->loop->net, &c->task);
}

void call_told(struct committer_group *group)
{
	net_wake(((struct api_loop *)((char *)group - offsetof(struct api_loop, group)))->net);
}

/** Nothing leaves without its leaf; this says only that. */
static void not_taken(struct committer_entry *entry, struct status why)
{
	struct call *c = (struct call *)((char *)entry - offsetof(struct call, entry));

	if (!call_back(c))
		return;
	c->failure = why;
	call_answer(c);
}

void call_flush(struct api_loop *l)
{
	struct committer_entry *entry = l->first;

	if (entry == NULL)
		return;
	struct status taken = committer_submit(l->service->committer, entry, l->last, l->waiting);
	l->first = l->last = NULL;
	l->waiting = 0;
	while (!ok(taken) && entry != NULL) {
		/* Answered, it may be used for another call. */
		struct committer_entry *next = entry->next;
		not_taken(entry, taken);
		entry = next;
	}
}

static void flush_task(struct net_task *task, void *own)
{
	struct api_loop *l = (struct api_loop *)((char *)task - offsetof(struct api_loop, flush));

	(void)own;
	l->flushing = false;
	if (l->ended)
		api_loop_free(l);
	else
		call_flush(l);
}

/**
 * A lock and a wake-up for each request cost more than a leaf: a turn's calls go together.  The
 * task sees to those that come after the turn's own flush.
 */
static void submit(struct call *c)
{
	struct api_loop *l = c->loop;

	c->stage = CALL_SETTLING;
	c->entry.done = committed;
	c->entry.group = &l->group;
	if (l->last != NULL)
		l->last->next = &c->entry;
	else
		l->first = &c->entry;
	l->last = &c->entry;
	if (++l->waiting >= CALL_TOGETHER) {
		call_flush(l);
	} else if (!l->flushing) {
		l->flushing = true;
		l->flush.run = flush_task;
		net_post(l->net, &l->flush);
	}
}

/** On a full disk administrators look and end to the last byte: somebody has to end what fills it. */
static bool ends_others(const struct call *c)
{
	return c->caller.known && c->caller.facts.profile == PROFILE_ADMINISTRATOR;
}

static enum committer_weight weight_of(const struct call *c)
{
	enum route_full full = route_full(c->route);

	if (full == ROUTE_FULL_STEP)
		full = c->caller.session.steps != 0 ? ROUTE_FULL_ENTERS : ROUTE_FULL_STOPS;
	if (c->ends || full == ROUTE_FULL_ENDS)
		return COMMITTER_END;
	if (full == ROUTE_FULL_STOPS)
		return COMMITTER_WORK;
	return ends_others(c) ? COMMITTER_END : COMMITTER_ENTRY;
}

void call_settle(struct call *c, call_respond *respond)
{
	c->respond = respond;
	c->entry = (struct committer_entry){
		.events = &c->event, .event_count = 1, .weight = ends_others(c) ? COMMITTER_END : COMMITTER_ENTRY};
	submit(c);
}

static struct status add_to_log(void *context, struct store_txn *txn, const struct event *event, uint64_t *leaf)
{
	(void)txn;
	return committer_add(context, event, leaf);
}

static struct status apply_change(struct committer_entry *entry, struct committer_turn *turn)
{
	struct call *c = (struct call *)((char *)entry - offsetof(struct call, entry));
	const struct record_log log = {add_to_log, turn, turn->size, turn->time};

	return c->apply(c, turn->txn, &log);
}

void call_settle_change(struct call *c, struct status s, call_apply *apply, call_respond *respond)
{
	struct piece_actor actor;

	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	/* apply() will want it, on a thread that must not touch the exchange. */
	call_actor(c, &actor);
	c->respond = respond;
	c->apply = apply;
	c->entry = (struct committer_entry){.apply = apply_change, .weight = weight_of(c)};
	submit(c);
}

void call_sign(struct call *c)
{
	c->entry = (struct committer_entry){.sign = true};
	submit(c);
}

/* --- Refusals --- */

static void log_refusal(struct call *c, uint64_t rest)
{
	AUTO(buffer) detail = {.max = PIECE_DETAIL_MAX};
	struct piece_subject subject = {.kind = uuid_is_zero(&c->patient.uuid) ? PIECE_NONE : PIECE_PATIENT,
					.id = c->patient.uuid};
	void *kept;

	/* In the actor's part: his own list of actions shows what he asked for, not whether it was there. */
	if (c->why != NULL)
		(void)ok(buffer_print(&detail, "%s", c->why));
	else
		(void)ok(buffer_print(&detail, "%s: %s %s%s%s", c->route != NULL ? c->route->pattern : "-",
				      status_name(c->failure.code), c->failure.what != NULL ? c->failure.what : "",
				      c->asked.at[0] != '\0' ? ": " : "", c->asked.at));
	if (rest > 0)
		(void)ok(buffer_print(&detail, "; %llu more in the last minute", (unsigned long long)rest));
	bool sign_in = c->why != NULL || (c->route != NULL && c->route->who == ROUTE_PROOF);
	call_event(c, sign_in ? LEAF_SIGN_IN : LEAF_REFUSAL, &subject);
	c->event.result = LEAF_REFUSED;
	if (ok(arena_take(&c->arena, detail.len + 1, &kept))) {
		memcpy(kept, detail.bytes, detail.len);
		c->event.actor.detail = (struct text){kept, detail.len};
	}
	call_settle(c, NULL);
}

void call_refuse(struct call *c, struct status s)
{
	bool log = true;
	uint64_t rest = 0;

	c->failure = s;
	if (!c->caller.known)
		strangers_refused(c->loop->service->strangers, &exchange_request(c->exchange)->peer,
				  net_loop_now(c->loop->net), &log, &rest);
	if (log)
		log_refusal(c, rest);
	else
		call_answer(c);
}

void call_refuse_field(struct call *c, struct status s, struct text field)
{
	c->problem.field = field;
	call_refuse(c, s);
}

/* --- Slow work --- */

static void worked_back(struct net_task *task, void *own)
{
	struct call *c = (struct call *)((char *)task - offsetof(struct call, task));

	if (own != NULL && call_back(c))
		c->worked(c);
}

static void run_job(struct worker_job *job)
{
	struct call *c = (struct call *)((char *)job - offsetof(struct call, job));

	c->failure = c->work(c);
	c->task.run = worked_back;
	net_post(c->loop->net, &c->task);
}

static void hand_over(struct call *c, struct workers *pool, call_work *work, void (*worked)(struct call *call))
{
	c->work = work;
	c->worked = worked;
	c->job.run = run_job;
	c->stage = CALL_WORKING;
	struct status taken = workers_submit(pool, &c->job);
	if (ok(taken))
		return;
	c->stage = CALL_READING;
	call_refuse(c, taken);
}

void call_work_on(struct call *c, call_work *work, void (*worked)(struct call *call))
{
	hand_over(c, c->loop->service->workers, work, worked);
}

void call_write_on(struct call *c, call_work *work, void (*worked)(struct call *call))
{
	c->job.lane = WORKERS_KNOWN;
	hand_over(c, c->loop->service->writers, work, worked);
}
