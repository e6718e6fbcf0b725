/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves that come while a batch is written are sealed behind it; whatever becomes of that batch, each of them is in
 * the log once if its owner was told so, and not at all if he was not. */
#include "committer_fixture.h"

#include <sched.h>
#include <stdatomic.h>

#include "committer_internal.h"
#include "log_internal.h"
#include "signing.h"
#include "xaes.h"

#define READS 12
#define FLOOD 300 /* changes at once, more than a batch of reads waits for */

/** A read of somebody, who is told. */
struct reading {
	struct committer_entry entry; /* must be first */
	struct event event;
	char detail[24];
	atomic_bool told;
	struct status status;
};

static void on_done(struct committer_entry *entry, struct status s)
{
	struct reading *r = (struct reading *)(void *)entry;

	r->status = s;
	atomic_store(&r->told, true);
}

/** What comes while the first batch is written, before its sync. */
static struct {
	struct site *site;
	struct reading readings[READS];
	struct change change;
	atomic_uint to_come; /* readings[1] up to this one; 0: nothing more comes */
	unsigned refused;    /* of those, for they are no events */
	atomic_uint sealed;  /* leaves: for each a key is asked for */
	bool change_comes;
	void (*last)(void); /* called when all of that is prepared; may be NULL */
	struct change flood[2][FLOOD];
	atomic_uint floods, flooded; /* that came, each while a batch was written; changes that were told */
	atomic_bool last_is_prepared, told_between;
	atomic_bool change_told;
	struct status change_status;
} meanwhile;
static struct os held;

static void submit(struct committer_entry *entry)
{
	assert_ok(committer_submit(meanwhile.site->committer, entry, entry, 1));
}

static struct status counted_key(void *context, enum piece_kind kind, const struct uuid *id, struct key *out)
{
	(void)context;
	(void)atomic_fetch_add(&meanwhile.sealed, 1);
	return rig_keys.subject_key(rig_keys.context, kind, id, out);
}

/* Until the last of them is being sealed, or it is plain that nothing will be. */
static void wait_until_sealed(unsigned count)
{
	while (atomic_load(&meanwhile.sealed) < count && !committer_degraded(meanwhile.site->committer))
		(void)sched_yield();
}

/* Changes in one piece, so that they are one round; until they are taken. */
static void submit_flood(void)
{
	struct change *flood = meanwhile.flood[atomic_fetch_add(&meanwhile.floods, 1)];

	for (unsigned i = 0; i + 1 < FLOOD; i++)
		flood[i].entry.next = &flood[i + 1].entry;
	assert_ok(committer_submit(meanwhile.site->committer, &flood[0].entry, &flood[FLOOD - 1].entry, FLOOD));
	while (committer_metrics(meanwhile.site->committer).waiting > 0)
		(void)sched_yield();
}

static int sync_held(int fd)
{
	/* Zeros are synced too, with nothing that could be prepared behind them. */
	const bool writing = atomic_load(&meanwhile.to_come) > 0 && meanwhile.site->log->writing != NULL;
	const unsigned to_come = writing ? atomic_exchange(&meanwhile.to_come, 0) : 0;
	const unsigned sealed = atomic_load(&meanwhile.sealed);

	for (unsigned i = 1; i <= to_come; i++)
		submit(&meanwhile.readings[i].entry);
	if (to_come > 0) {
		wait_until_sealed(sealed + to_come - meanwhile.refused);
		if (meanwhile.change_comes)
			submit(&meanwhile.change.entry);
		if (meanwhile.last != NULL)
			meanwhile.last();
	} else if (atomic_load(&meanwhile.floods) == 1 && meanwhile.site->log->writing != NULL) {
		submit_flood();
	}
	return rig_os.sync_data(fd);
}

static void on_change(struct committer_entry *entry, struct status s)
{
	(void)entry;
	meanwhile.change_status = s;
	atomic_store(&meanwhile.change_told, true);
}

static void on_flood(struct committer_entry *entry, struct status s)
{
	(void)entry;
	/* The first of the second flood: the round before it has ended. */
	if (ok(s) && atomic_fetch_add(&meanwhile.flooded, 1) == FLOOD)
		atomic_store(&meanwhile.told_between, atomic_load(&meanwhile.readings[1].told));
}

static void begin(struct site *s)
{
	site_new(s);
	held = rig_os;
	held.sync_data = sync_held;
	s->rig.options.os = &held;
	s->rig.options.keys.subject_key = counted_key;
	s->rig.options.background = true;
	memset(&meanwhile, 0, sizeof meanwhile);
	meanwhile.site = s;
	for (uint32_t i = 0; i < READS; i++) {
		struct reading *r = &meanwhile.readings[i];

		/* Of the same few people and files: their chains go through both batches. */
		r->event = rig_event(10 * i);
		(void)snprintf(r->detail, sizeof r->detail, "reading %u", i);
		r->event.actor.detail = text_of(r->detail);
		r->entry = (struct committer_entry){.events = &r->event, .event_count = 1, .done = on_done};
	}
	meanwhile.change = change_of(1, 2, NO_FAULT);
	meanwhile.change.entry.done = on_change;
	site_start(s);
}

static void end(struct site *s)
{
	stop_all(s);
	site_remove(s);
}

static void wait_told(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		while (!atomic_load(&meanwhile.readings[i].told))
			(void)sched_yield();
}

/* How often a reading is in the log; every leaf there must open. */
static unsigned found(struct site *s, const struct reading *r)
{
	struct logread_opening o = {0};
	unsigned count = 0;

	for (uint64_t i = 0; i < log_size(s->log); i++) {
		assert_ok(logread_open(s->reader, i, &o));
		if (text_equal(o.actor.detail, text_of(r->detail))) {
			count++;
			assert_true(!ok(r->status) || r->entry.leaf == i);
		}
	}
	logread_opening_clear(&o);
	return count;
}

/* Every actor's leaves follow one another from the first: sequence, link and index of the one before; and time goes on.
 */
static void check_chains(struct site *s)
{
	struct chain_end {
		uint64_t length, index;
	} ends[RIG_USERS];
	struct logread_opening o = {0};
	uint64_t time = 0;

	for (unsigned u = 0; u < RIG_USERS; u++)
		ends[u] = (struct chain_end){0, HEADS_NO_INDEX};
	for (uint64_t i = 0; i < log_size(s->log); i++) {
		assert_ok(logread_open(s->reader, i, &o));
		assert_true(o.leaf.time >= time);
		time = o.leaf.time;
		for (unsigned u = 0; u < RIG_USERS; u++) {
			if (!uuid_equal(&o.actor.user.uuid, &rig_users[u].uuid))
				continue;
			assert_true(o.actor.sequence == ends[u].length && o.actor_previous == ends[u].index);
			ends[u] = (struct chain_end){ends[u].length + 1, i};
		}
	}
	logread_opening_clear(&o);
}

static void restart(struct site *s)
{
	stop_all(s);
	rig_no_faults();
	site_start(s);
}

/* However a round ended, the key that its leaves were sealed under went with it (PROMISES#S1). */
static void assert_no_key_stays(struct site *s)
{
	struct draft *const drafts[] = {s->committer->draft, s->committer->next};
	AUTO(buffer) sealed = {.max = 256};

	for (size_t i = 0; i < COUNT(drafts); i++)
		assert_fails(ST_INVALID,
			     xaes_series_seal(drafts[i]->series, (struct bytes){0}, BYTES_LITERAL("leaf"), &sealed));
}

/* ---- Tests ---- */

static void what_came_meanwhile_is_one_batch_behind(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	atomic_store(&meanwhile.to_come, READS - 1);
	submit(&meanwhile.readings[0].entry);
	wait_told(READS);
	for (unsigned i = 0; i < READS; i++) {
		assert_ok(meanwhile.readings[i].status);
		assert_true(meanwhile.readings[i].entry.leaf == i);
	}
	assert_no_key_stays(&s);
	restart(&s);
	assert_true(log_size(s.log) == READS);
	for (unsigned i = 0; i < READS; i++)
		assert_int_equal(found(&s, &meanwhile.readings[i]), 1);
	check_chains(&s);
	end(&s);
}

static void what_is_no_event_is_refused_there_too(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.readings[2].event.actor.address.len = 3;
	meanwhile.refused = 1;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	wait_told(4);
	assert_fails(ST_INVALID, meanwhile.readings[2].status);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(found(&s, &meanwhile.readings[i]), i == 2 ? 0 : 1);
	check_chains(&s);
	end(&s);
}

static void a_change_comes_before_what_was_prepared(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.change_comes = true;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	wait_told(6);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_ok(meanwhile.change_status);
	assert_true(meanwhile.change.first == 1);
	for (unsigned i = 1; i < 6; i++)
		assert_true(ok(meanwhile.readings[i].status) && meanwhile.readings[i].entry.leaf == i + 2);
	restart(&s);
	assert_true(log_size(s.log) == 8);
	check_change(&s, 1, true);
	check_chains(&s);
	end(&s);
}

/* It has its place and a key when it is refused; what was prepared is good then. */
static void a_change_that_is_refused_leaves_no_key(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.change_comes = true;
	meanwhile.change.fault = REFUSE_LATE;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	wait_told(4);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_fails(ST_DENIED, meanwhile.change_status);
	for (unsigned i = 0; i < 4; i++)
		assert_true(ok(meanwhile.readings[i].status) && meanwhile.readings[i].entry.leaf == i);
	assert_no_key_stays(&s);
	restart(&s);
	assert_true(log_size(s.log) == 4);
	check_chains(&s);
	end(&s);
}

/* A clock that was set back between two batches: no leaf is earlier than the one before it. */
static void time_goes_on_behind_a_batch_that_is_written(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.readings[0].event.time += 1000000;
	atomic_store(&meanwhile.to_come, 4);
	submit(&meanwhile.readings[0].entry);
	wait_told(5);
	restart(&s);
	assert_true(log_size(s.log) == 5);
	check_chains(&s);
	end(&s);
}

static void submit_signing(void)
{
	submit(&meanwhile.change.entry);
}

/* A signature is of what was prepared before it was asked for, and it is one. */
static void a_signature_comes_behind_what_was_prepared(void **state)
{
	struct log_signer signer;
	struct signing keyd;
	struct site s;

	(void)state;
	begin(&s);
	signing_new(&keyd, &signer);
	stop_all(&s);
	s.signer = &signer;
	site_start(&s);
	meanwhile.change.entry = (struct committer_entry){.sign = true, .done = on_change};
	meanwhile.last = submit_signing;
	atomic_store(&meanwhile.to_come, 3);
	submit(&meanwhile.readings[0].entry);
	while (!atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	assert_ok(meanwhile.change_status);
	wait_told(4);
	assert_true(keyd.last.size == 4);
	stop_all(&s);
	secret_clear(&keyd.seed);
	site_remove(&s);
}

static void wait_until_stopping(void)
{
	struct committer *c = meanwhile.site->committer;

	atomic_store(&meanwhile.last_is_prepared, true);
	for (bool stop = false; !stop;) {
		(void)sched_yield();
		(void)pthread_mutex_lock(&c->lock);
		stop = c->stop;
		(void)pthread_mutex_unlock(&c->lock);
	}
}

static void what_is_prepared_at_the_end_is_told(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.last = wait_until_stopping;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	while (!atomic_load(&meanwhile.last_is_prepared))
		(void)sched_yield();
	stop_all(&s);
	for (unsigned i = 0; i < 6; i++)
		assert_true(atomic_load(&meanwhile.readings[i].told) && ok(meanwhile.readings[i].status));
	site_start(&s);
	assert_true(log_size(s.log) == 6);
	check_chains(&s);
	end(&s);
}

/* Changes without end come before it in every round, more than a batch of reads waits for: it is not left for ever. */
static void what_was_prepared_does_not_wait_for_all_changes(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	stop_all(&s);
	s.rig.options.snapshot_leaves = 10000; /* nothing else is synced */
	site_start(&s);
	for (unsigned i = 0; i < 2 * FLOOD; i++) {
		struct change *c = &meanwhile.flood[i / FLOOD][i % FLOOD];

		*c = change_of(i, 1, NO_FAULT);
		c->entry.done = on_flood;
	}
	meanwhile.last = submit_flood;
	atomic_store(&meanwhile.to_come, 1);
	submit(&meanwhile.readings[0].entry);
	while (atomic_load(&meanwhile.flooded) < 2 * FLOOD)
		(void)sched_yield();
	wait_told(2);
	assert_true(atomic_load(&meanwhile.told_between));
	restart(&s);
	assert_true(log_size(s.log) == 2 + 2 * FLOOD);
	check_chains(&s);
	end(&s);
}

static void fill_disk(void)
{
	atomic_store(&rig_disk_left, 0);
}

/* What was prepared while there was room is judged again: reads go on from the reserve, and the log says so. */
static void a_disk_that_fills_up_meanwhile_is_noticed(void **state)
{
	struct site s;

	(void)state;
	begin(&s);
	meanwhile.last = fill_disk;
	atomic_store(&meanwhile.to_come, 5);
	submit(&meanwhile.readings[0].entry);
	wait_told(6);
	for (unsigned i = 0; i < 6; i++)
		assert_ok(meanwhile.readings[i].status);
	rig_no_faults();
	restart(&s);
	assert_true(log_size(s.log) == 6);
	check_chains(&s);
	end(&s);
}

/* ---- Faults ---- */

/* One of everything, and each call of the log fails once in its turn; false: there was no call left to fail. */
static bool one_fault(long n, bool stays)
{
	struct site s;

	begin(&s);
	meanwhile.change_comes = n % 2 == 1;
	atomic_store(&meanwhile.to_come, 6);
	rig_fault_stays = stays;
	atomic_store(&rig_calls_left, n);
	submit(&meanwhile.readings[0].entry);
	wait_told(1);
	/* The write failed before its sync, or there was none. */
	const unsigned left = atomic_exchange(&meanwhile.to_come, 0);

	for (unsigned i = 1; i <= left; i++)
		submit(&meanwhile.readings[i].entry);
	wait_told(7);
	while (left == 0 && meanwhile.change_comes && !atomic_load(&meanwhile.change_told))
		(void)sched_yield();
	const bool met = atomic_load(&rig_calls_left) < 0 || (stays && atomic_load(&rig_calls_left) == 0);
	const bool broken = log_state(s.log) == LOG_BROKEN;

	assert_no_key_stays(&s);
	restart(&s);
	for (unsigned i = 0; i < 7; i++) {
		const unsigned there = found(&s, &meanwhile.readings[i]);

		/* Only a log that broke may hold what nobody was told of. */
		assert_true(there == 1 || (there == 0 && !ok(meanwhile.readings[i].status)));
		assert_true(ok(meanwhile.readings[i].status) || there == 0 || broken);
	}
	if (left == 0 && meanwhile.change_comes && ok(meanwhile.change_status))
		check_change(&s, 1, true);
	check_chains(&s);
	end(&s);
	return met;
}

static void no_fault_loses_or_doubles_a_leaf(void **state)
{
	(void)state;
	for (int stays = 0; stays < 2; stays++) {
		long n = 0;

		while (one_fault(n, stays == 1))
			n++;
		print_message("# %ld fault points\n", n);
		assert_true(n > 5);
	}
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(what_came_meanwhile_is_one_batch_behind),
		TEST(what_is_no_event_is_refused_there_too),
		TEST(a_change_comes_before_what_was_prepared),
		TEST(a_change_that_is_refused_leaves_no_key),
		TEST(time_goes_on_behind_a_batch_that_is_written),
		TEST(a_signature_comes_behind_what_was_prepared),
		TEST(what_is_prepared_at_the_end_is_told),
		TEST(what_was_prepared_does_not_wait_for_all_changes),
		TEST(a_disk_that_fills_up_meanwhile_is_noticed),
		TEST(no_fault_loses_or_doubles_a_leaf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
