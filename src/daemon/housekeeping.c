/* SPDX-License-Identifier: Apache-2.0 */
/* housekeeping: what becomes due while the daemon serves. */
#include <stdio.h>

#include "approval.h"
#include "facts.h"
#include "lockout.h"
#include "notice.h"
#include "passwordreset.h"
#include "repeat.h"
#include "serving.h"
#include "sessions.h"
#include "signoff.h"

/* A new night key a day after the last one. */
#define NIGHT_MS (24ull * 3600 * 1000)
#define HOUR_MS  (3600ull * 1000)
#define RETRY_MS HOUR_MS
#define DAY_MS   (24 * HOUR_MS)
/* A certificate of the own CA is replaced when less is left of it. */
#define RENEWAL_MS (30ull * 24 * 3600 * 1000)

/** Sessions that are over go, each with its leaf (PROMISES#K13). */
struct expiring {
	struct committer_entry entry; /* must be first */
	struct serving *serving;
	struct store_view *view;
	uint64_t idle_ms, absolute_ms; /* the least of any profile */
	struct session_id last;
	size_t seen, count;
	struct session sessions[64];
};

static bool may_be_over(const struct expiring *e, const struct session *s)
{
	const struct service *v = &e->serving->service;
	uint64_t now = service_now(v);

	return now >= s->expires || now >= s->created + e->absolute_ms ||
	       presence_unused(v->presence, &s->id, clock_mono(&v->clock)) > e->idle_ms;
}

static struct status gather_over(void *context, const struct row *row)
{
	struct expiring *e = context;
	struct sessions_turn turn = {.service = &e->serving->service};
	struct permit_facts facts;
	struct session s;

	TRY(session_read(row, &s));
	e->last = s.id;
	e->seen++;
	if (e->count == COUNT(e->sessions) || !may_be_over(e, &s))
		return OK;
	TRY(facts_user(e->view, &s.user, service_now(turn.service), &facts));
	turn.profile = facts.profile;
	if (service_now(turn.service) >= s.expires || sessions_over(&turn, &s))
		e->sessions[e->count++] = s;
	return OK;
}

static struct status apply_expiry(struct committer_entry *entry, struct committer_turn *turn)
{
	struct expiring *e = (struct expiring *)entry;
	uint64_t leaf;

	for (size_t i = 0; i < e->count; i++) {
		const struct session *s = &e->sessions[i];
		const struct event event = {
			.kind = LEAF_EXPIRY,
			.result = LEAF_DONE,
			.actor = {.user = s->user, .session = s->id, .device = s->device},
			.subject = {.kind = PIECE_USER, .id = s->user.uuid, .detail = TEXT("session")}};
		struct status ended = session_end(turn->txn, &s->id);
		if (ended.code == ST_NOT_FOUND)
			continue;
		TRY(ended);
		TRY(committer_add(turn, &event, &leaf));
	}
	return OK;
}

static void find_limits(struct expiring *e)
{
	e->idle_ms = e->absolute_ms = UINT64_MAX;
	for (enum profile p = PROFILE_ADMINISTRATOR; p <= PROFILE_AUDITOR; p++) {
		uint64_t idle = settings_idle_ms(&e->serving->settings, p);
		uint64_t absolute = settings_absolute_ms(&e->serving->settings, p);
		e->idle_ms = idle < e->idle_ms ? idle : e->idle_ms;
		e->absolute_ms = absolute < e->absolute_ms ? absolute : e->absolute_ms;
	}
}

static struct status expire_sessions(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	struct expiring e = {.entry = {.apply = apply_expiry, .weight = COMMITTER_END}, .serving = s};

	find_limits(&e);
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	e.view = snapshot.view;
	do {
		e.seen = 0;
		TRY(session_walk(snapshot.view, &e.last, gather_over, &e));
	} while (e.seen == LIMIT_PAGE && e.count < COUNT(e.sessions));
	store_snapshot_rest(&snapshot);
	if (e.count == 0)
		return OK;
	TRY(committer_run(s->vessel.committer, &e.entry));
	for (size_t i = 0; i < e.count; i++) {
		presence_forget(s->service.presence, &e.sessions[i].id);
		TRY(net_end_session(s->service.net, &e.sessions[i].id.uuid));
	}
	atomic_fetch_add(&s->service.people_generation, 1);
	return OK;
}

/** Addresses that failed long ago and have forgotten it (lockout.h). */
#define FAILURE_KEPT_MS (48ull * 3600 * 1000)
struct forgetting {
	struct committer_entry entry; /* must be first */
	struct hash tokens[64];
	size_t count;
	uint64_t now;
};
static struct status gather_forgotten(void *context, const struct row *row)
{
	struct forgetting *f = context;
	struct lockout l;

	TRY(lockout_read(row, &l));
	if (f->count < COUNT(f->tokens) && l.subject.kind == LOCKOUT_ADDRESS && l.until < f->now &&
	    l.seen + FAILURE_KEPT_MS < f->now)
		f->tokens[f->count++] = l.token;
	return OK;
}
static struct status apply_forgetting(struct committer_entry *entry, struct committer_turn *turn)
{
	struct forgetting *f = (struct forgetting *)entry;
	const struct event event = {.kind = LEAF_EXPIRY,
				    .result = LEAF_DONE,
				    .subject = {.kind = PIECE_SITE, .detail = TEXT("failures of addresses")}};
	uint64_t leaf;

	for (size_t i = 0; i < f->count; i++) {
		struct status gone = lockout_forget(turn->txn, &f->tokens[i]);
		if (!ok(gone) && gone.code != ST_NOT_FOUND)
			return gone;
	}
	return committer_add(turn, &event, &leaf);
}

static struct status forget_failures(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	struct forgetting f = {.entry = {.apply = apply_forgetting}, .now = clock_wall(&clock_system)};

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(lockout_oldest(snapshot.view, gather_forgotten, &f));
	store_snapshot_rest(&snapshot);
	return f.count > 0 ? committer_run(s->vessel.committer, &f.entry) : OK;
}

/** Uploads that nobody finished in 7 days, and what they were begun under. */
struct dropping {
	struct committer_entry entry; /* must be first */
	struct uuid ids[64];
	size_t count;
};
static struct status apply_drop(struct committer_entry *entry, struct committer_turn *turn)
{
	struct dropping *d = (struct dropping *)entry;
	const struct event event = {
		.kind = LEAF_EXPIRY, .result = LEAF_DONE, .subject = {.kind = PIECE_SITE, .detail = TEXT("uploads")}};
	uint64_t leaf;
	size_t keys;

	TRY(vault_expire(turn->txn, turn->time, d->ids, COUNT(d->ids), &d->count));
	TRY(repeat_expire(turn->txn, turn->time, LIMIT_PAGE, &keys));
	/* Nothing expired: nothing to log, and the change is refused without a trace. */
	return d->count + keys > 0 ? committer_add(turn, &event, &leaf) : FAIL_AT(ST_NOT_FOUND, "uploads");
}

static struct status expire_uploads(struct serving *s)
{
	struct dropping d = {.entry = {.apply = apply_drop}};

	struct status done = committer_run(s->vessel.committer, &d.entry);
	/* A full disk was said already; they expire when there is room. */
	if (done.code == ST_NOT_FOUND || done.code == ST_FULL)
		return OK;
	TRY(done);
	for (size_t i = 0; i < d.count; i++)
		TRY(vault_discard(s->vessel.vault, &d.ids[i]));
	return OK;
}

/** Acts of two persons that nobody answered, or nobody used. */
struct ending_approvals {
	struct committer_entry entry; /* must be first */
	size_t count;
};
static struct status add_leaf(void *turn, struct store_txn *txn, const struct event *event, uint64_t *leaf)
{
	(void)txn;
	return committer_add(turn, event, leaf);
}
static struct status apply_approvals(struct committer_entry *entry, struct committer_turn *turn)
{
	struct ending_approvals *e = (struct ending_approvals *)entry;
	const struct record_log log = {add_leaf, turn, turn->size, turn->time};

	TRY(approval_end_due(turn->txn, &log, &e->count));
	return e->count > 0 ? OK : FAIL_AT(ST_NOT_FOUND, "approvals");
}

static struct status end_approvals(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	struct ending_approvals e = {.entry = {.apply = apply_approvals}};
	bool due = false;

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(approval_any_due(snapshot.view, clock_wall(&clock_system), &due));
	store_snapshot_rest(&snapshot);
	if (!due)
		return OK;
	const struct status done = committer_run(s->vessel.committer, &e.entry);
	return done.code == ST_NOT_FOUND || done.code == ST_FULL ? OK : done;
}

/** Codes for a new password that nobody used. */
struct ending_resets {
	struct committer_entry entry; /* must be first */
	struct user_id users[64];
	size_t count;
};
static struct status apply_resets(struct committer_entry *entry, struct committer_turn *turn)
{
	struct ending_resets *e = (struct ending_resets *)entry;
	uint64_t leaf;

	TRY(passwordreset_over(turn->txn->view, turn->time, e->users, COUNT(e->users), &e->count));
	for (size_t i = 0; i < e->count; i++) {
		const struct event event = {.kind = LEAF_EXPIRY,
					    .result = LEAF_DONE,
					    .subject = {.kind = PIECE_USER,
							.id = e->users[i].uuid,
							.detail = TEXT("password reset: the code has ended")}};
		TRY(passwordreset_remove(turn->txn, &e->users[i]));
		TRY(committer_add(turn, &event, &leaf));
	}
	return e->count > 0 ? OK : FAIL_AT(ST_NOT_FOUND, "codes");
}

static struct status end_resets(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	struct ending_resets e = {.entry = {.apply = apply_resets}};

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(passwordreset_over(snapshot.view, clock_wall(&clock_system), e.users, COUNT(e.users), &e.count));
	store_snapshot_rest(&snapshot);
	if (e.count == 0)
		return OK;
	const struct status done = committer_run(s->vessel.committer, &e.entry);
	return done.code == ST_NOT_FOUND || done.code == ST_FULL ? OK : done;
}

/** A day after the last one, or, once it is twelve hours old, in the hour that was chosen. */
static bool night_due(uint32_t hour, uint64_t made, uint64_t now)
{
	if (hour < 24 && now / HOUR_MS % 24 == hour)
		return now >= made + NIGHT_MS / 2;
	return now >= made + (hour < 24 ? NIGHT_MS * 3 / 2 : NIGHT_MS);
}

/** Said once when it begins and once when it ends; keyd offers the night file again by itself. */
static void say_holders(struct serving *s, const struct keywire_status *keys)
{
	const bool absent = keys->acknowledged < keys->holders;

	if (absent != s->holder_absent)
		(void)fprintf(stderr, "tacendad: event=%s what=\"%s\"\n",
			      absent ? "night_holder_absent" : "night_holder_back",
			      absent ? "a night holder has not taken the night file: see to it; one that could not be "
				       "opened at the start is asked again at the next start"
				     : "every night holder has the night file");
	if (absent && !s->holder_absent)
		troubles_tell(s, NOTICE_HOLDER_ABSENT, OK);
	s->holder_absent = absent;
}

/** A new night key when the last one is a day old; tried again every hour when a holder did not answer. */
static struct status keep_night(struct serving *s)
{
	struct keywire_status status;
	struct keyring *ring;
	uint64_t now = clock_wall(&clock_system), night;

	TRY(threadkeys_ring(&s->vessel.keys, &ring));
	TRY(keyring_status(ring, &status));
	say_holders(s, &status);
	if (!night_due(settings_value(&s->settings, SETTING_NIGHT_HOUR), status.night_made, now) ||
	    now < s->night_tried + RETRY_MS)
		return OK;
	s->night_tried = now;
	struct status renewed = keyring_rewrap(ring, &night);
	if (!ok(renewed)) {
		troubles_tell(s, NOTICE_NIGHT_OVERDUE, renewed);
		return renewed;
	}
	return serving_log(s, "night key renewed");
}

/** The own certificate anew, a month before it ends; tried again every hour. */
static struct status keep_certificate(struct serving *s)
{
	uint64_t now = clock_wall(&clock_system);

	if (s->certificate_ends == 0 || now + RENEWAL_MS < s->certificate_ends || now < s->renewal_tried + RETRY_MS)
		return OK;
	s->renewal_tried = now;
	struct status renewed = serving_renew(s);
	if (!ok(renewed))
		troubles_tell(s, NOTICE_CERTIFICATE_ENDS, renewed);
	return renewed;
}

/** Said once when it begins and once when it ends. */
static void say_degraded(struct serving *s)
{
	const bool degraded = committer_degraded(s->vessel.committer);

	if (degraded != s->degraded)
		(void)fprintf(stderr, "tacendad: event=%s what=\"%s\"\n", degraded ? "degraded" : "restored",
			      degraded ? COMMITTER_DEGRADED : "there is room again: everything is written");
	if (degraded && !s->degraded)
		troubles_tell(s, NOTICE_DISK_FULL, OK);
	s->degraded = degraded;
}

/** Auditors are told once a day while the last access review is older than the site allows (PROMISES#S3). */
struct reminding {
	struct committer_entry entry; /* must be first */
	char since[32];
};
static struct status apply_reminder(struct committer_entry *entry, struct committer_turn *turn)
{
	const struct reminding *r = (const struct reminding *)entry;
	const struct event event = {.kind = LEAF_SERVICE,
				    .result = LEAF_DONE,
				    .subject = {.kind = PIECE_SITE, .detail = TEXT("access review overdue")}};
	uint64_t leaf;

	TRY(notice_put(turn->txn, notice_to_profile(PROFILE_AUDITOR), NOTICE_REVIEW_OVERDUE, text_of(r->since),
		       turn->time));
	return committer_add(turn, &event, &leaf);
}

static struct status remind_of_review(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(buffer) day = {.max = 64};
	struct reminding r = {.entry = {.apply = apply_reminder}};
	const uint64_t now = clock_wall(&clock_system);
	const uint64_t interval = settings_value(&s->settings, SETTING_REVIEW_INTERVAL) * DAY_MS;
	uint64_t since;

	if (now < s->review_told + DAY_MS)
		return OK;
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(signoff_review_since(snapshot.view, &since));
	store_snapshot_rest(&snapshot);
	if (now < since + interval)
		return OK;
	TRY(text_put_time(&day, since));
	(void)snprintf(r.since, sizeof r.since, "since %.10s", (const char *)day.bytes);
	TRY(committer_run(s->vessel.committer, &r.entry));
	s->review_told = now;
	return OK;
}

/** So long at a time: the main thread has other things to see to. */
#define SWEEP_MS 20

static struct status tell_sweep(struct serving *s)
{
	char words[96];

	if (s->sweep.files == 0)
		return OK;
	(void)snprintf(words, sizeof words, "objects that nobody named removed: %llu, %llu bytes",
		       (unsigned long long)s->sweep.files, (unsigned long long)s->sweep.bytes);
	(void)fprintf(stderr, "tacendad: event=swept what=\"%s\"\n", words);
	return serving_log(s, words);
}

/** Content that a crash or a refused change left behind goes a day later: nobody can ever ask for it. */
static struct status sweep_objects(struct serving *s)
{
	AUTO(store_snapshot) snapshot = {0};
	const uint64_t now = clock_wall(&clock_system), begun = clock_mono(&clock_system);

	/* After a commit that may or may not have happened the rows are not known before the next start. */
	if (committer_metrics(s->vessel.committer).broken)
		return OK;
	if (s->objects_swept == 0 || (vault_sweep_done(&s->sweep) && now >= s->objects_swept + DAY_MS)) {
		s->objects_swept = now;
		s->sweep = (struct vault_sweep){.before = now - DAY_MS};
	}
	if (vault_sweep_done(&s->sweep))
		return OK;
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	while (!vault_sweep_done(&s->sweep) && clock_mono(&clock_system) - begun < SWEEP_MS)
		TRY(vault_sweep_step(s->vessel.vault, &snapshot, &s->sweep));
	store_snapshot_rest(&snapshot);
	return vault_sweep_done(&s->sweep) ? tell_sweep(s) : OK;
}

void housekeeping_run(struct serving *s)
{
	say_degraded(s);
	struct status done[] = {expire_sessions(s), expire_uploads(s), forget_failures(s),  end_approvals(s),
				end_resets(s),      keep_night(s),     keep_certificate(s), remind_of_review(s),
				troubles_forget(s), sweep_objects(s),  delivering_run(s)};

	for (size_t i = 0; i < COUNT(done); i++)
		if (!ok(done[i]))
			(void)fprintf(stderr, "tacendad: event=housekeeping status=%s what=\"%s\"\n",
				      status_name(done[i].code), done[i].what != NULL ? done[i].what : "");
}
