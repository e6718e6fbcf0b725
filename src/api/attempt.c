/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include <stdio.h>
#include <string.h>

#include "secret.h"
#include "tell.h"

/* So long the last verified attempt says how long one takes. */
#define USUAL_NS 5000000000ull

static struct status begin(struct call *c, struct attempt **out)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	*out = room;
	(*out)->begun = later_now();
	c->attempt = room;
	return OK;
}

struct status attempt_known(struct call *c, const struct device_id *device)
{
	struct attempt *a;

	TRY(begin(c, &a));
	a->known = true;
	a->subjects[a->count++] = lockout_device(device);
	c->job.lane = WORKERS_KNOWN;
	return OK;
}

struct status attempt_stranger(struct call *c, const struct user_id *user)
{
	struct piece_actor actor;
	struct attempt *a;

	TRY(begin(c, &a));
	call_actor(c, &actor);
	if (user != NULL)
		a->subjects[a->count++] = lockout_login(user);
	if (!settings_names(c->loop->service->settings, SETTING_EXEMPT, actor.address) &&
	    lockout_address(actor.address, &a->subjects[a->count]))
		a->count++;
	c->job.lane = WORKERS_STRANGER;
	return OK;
}

struct status attempt_locked(const struct call *c, struct store_view *view, uint64_t now, const char **out)
{
	static const char *const why[] = {[LOCKOUT_LOGIN] = "locked login",
					  [LOCKOUT_DEVICE] = "locked device",
					  [LOCKOUT_ADDRESS] = "blocked address"};
	const struct attempt *a = c->attempt;

	*out = NULL;
	for (size_t i = 0; *out == NULL && i < a->count; i++) {
		bool locked;

		TRY(lockout_holds(view, &a->subjects[i], now, &locked));
		if (locked)
			*out = why[a->subjects[i].kind];
	}
	return OK;
}

static struct status locked_answer(const struct call *c)
{
	return c->attempt->known ? FAIL_AT(ST_TOO_MANY, "locked after failures in a row: wait for its end, or ask an "
							"administrator (tacenda user unlock)")
				 : FAIL_AT(ST_UNPROVEN, "sign-in");
}

bool attempt_goes_on(struct call *c)
{
	const char *locked = NULL;
	const struct status s = attempt_locked(c, call_view(c), call_now(c), &locked);

	if (ok(s) && locked == NULL)
		return true;
	if (locked != NULL)
		c->why = locked;
	call_refuse(c, ok(s) ? locked_answer(c) : s);
	return false;
}

/** "login locked for 15 minutes"; the address is in the actor piece beside it. */
static struct status log_lock(struct call *c, struct store_txn *txn, const struct record_log *log,
			      const struct lockout *l)
{
	char detail[64];
	struct event event = {.kind = LEAF_SIGN_IN, .result = LEAF_REFUSED};
	uint64_t leaf;

	(void)snprintf(detail, sizeof detail, "lock: %s for %u minutes", lockout_kind_word(l->subject.kind),
		       (unsigned)((l->until - log->time) / 60000));
	call_actor(c, &event.actor);
	event.actor.detail = text_of(detail);
	return log->add(log->context, txn, &event, &leaf);
}

/** Whose login was tried: the first of the subjects, where it is a login. */
static struct status tell(struct call *c, struct store_txn *txn, const struct lockout *l, uint64_t now)
{
	const struct lockout_subject *first = &c->attempt->subjects[0];
	struct piece_actor actor;
	struct user_id tried;

	call_actor(c, &actor);
	memcpy(tried.uuid.bytes, first->id, sizeof tried.uuid.bytes);
	const struct tell_lock told = {.lockout = l,
				       .tried = first->kind == LOCKOUT_LOGIN ? &tried : NULL,
				       .address = actor.address,
				       .now = now};
	return tell_locked(txn, &told);
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct service *s = c->loop->service;
	const struct attempt *a = c->attempt;
	struct event event = {.kind = LEAF_SIGN_IN, .result = LEAF_REFUSED};
	struct lockout l;
	uint64_t leaf;

	/* Locked since it was looked at: whatever was found out is nobody's to know, and nothing is counted. */
	const char *locked;
	TRY(attempt_locked(c, txn->view, log->time, &locked));
	call_actor(c, &event.actor);
	event.actor.detail = text_of(locked != NULL ? locked : c->why != NULL ? c->why : "");
	TRY(log->add(log->context, txn, &event, &leaf));
	for (size_t i = 0; locked == NULL && i < a->count; i++) {
		TRY(lockout_count(txn, &a->subjects[i], settings_value(s->settings, SETTING_FAILURES), log->time, &l));
		if (l.until <= log->time)
			continue;
		TRY(log_lock(c, txn, log, &l));
		TRY(tell(c, txn, &l, log->time));
	}
	return OK;
}

static void respond(struct call *c)
{
	c->failure = c->attempt->answer;
}

void attempt_refuse(struct call *c, struct status s)
{
	c->attempt->answer = s;
	c->attempt->hashed = true;
	c->effect = NULL;
	call_settle_change(c, OK, apply, respond);
}

struct status attempt_fail(struct call *c, struct store_txn *txn, const struct record_log *log, struct status s)
{
	c->attempt->answer = s;
	c->attempt->hashed = true;
	c->effect = NULL;
	c->respond = respond;
	return apply(c, txn, log);
}

struct status attempt_succeed(const struct call *c, struct store_txn *txn)
{
	const struct attempt *a = c->attempt;

	/* An address forgets by time alone. */
	for (size_t i = 0; i < a->count; i++)
		if (a->subjects[i].kind != LOCKOUT_ADDRESS)
			TRY(lockout_succeed(txn, &a->subjects[i]));
	return OK;
}

static void released(struct net_task *task, void *own)
{
	struct call *c = (struct call *)((char *)task - offsetof(struct call, task));

	if (own != NULL && call_back(c))
		call_answer(c);
}

static void note_usual(struct service *s, uint64_t steps, uint64_t now)
{
	uint64_t place = atomic_fetch_add(&s->usual_count, 1) % SERVICE_USUAL;

	atomic_store(&s->usual_steps[place], steps < UINT8_MAX ? (uint8_t)steps : UINT8_MAX);
	atomic_store(&s->usual_at, now);
}

/** What one of the last that were verified took, any of them; where that is long ago hashes do not queue any more, and
 * verifying would take one step. */
static uint64_t usual(struct service *s, uint64_t now)
{
	uint64_t count = atomic_load(&s->usual_count);
	uint32_t chosen;

	if (count == 0 || now - atomic_load(&s->usual_at) >= USUAL_NS)
		return 1;
	secret_random(&chosen, sizeof chosen);
	return atomic_load(&s->usual_steps[chosen % (count < SERVICE_USUAL ? count : SERVICE_USUAL)]);
}

/** In steps after it came: as many as verifying took, or as one of those takes that are verified. */
static uint64_t due(struct service *s, const struct attempt *a)
{
	uint64_t now = later_now(), steps = (now - a->begun) / ATTEMPT_STEP_NS + 1;

	if (a->hashed) {
		note_usual(s, steps, now);
	} else {
		uint64_t others = usual(s, now);
		steps = others > steps ? others : steps;
	}
	return a->begun + steps * ATTEMPT_STEP_NS;
}

bool attempt_hold(struct call *c)
{
	struct service *s = c->loop->service;
	struct attempt *a = c->attempt;

	c->hold = NULL;
	if (a == NULL || c->failure.code != ST_UNPROVEN)
		return false;
	c->stage = CALL_WORKING;
	c->task.run = released;
	a->later = (struct later_entry){.due = due(s, a), .loop = c->loop->net, .task = &c->task};
	later_at(s->later, &a->later);
	return true;
}
