/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "committer.h"
#include "hash.h"

#define DATABASE "tacenda.db"

/* A vessel: store and log in one directory, and their committer. */
struct site {
	struct rig rig; /* its directory; its log is not opened by it */
	int log_dir;
	struct store store;
	struct log *log;
	struct logread *reader;
	struct committer *committer;
	const struct log_signer *signer;
	const struct os *store_os;
};

static struct status row_key(void *context, enum row_scope scope, const struct uuid *patient, struct key *out)
{
	struct hash h;

	(void)context;
	(void)patient;
	TRY(sha256(BYTES_OF(scope), &h));
	memcpy(out->bytes, h.bytes, sizeof out->bytes);
	return OK;
}

static void site_new(struct site *s)
{
	*s = (struct site){.store_os = &rig_quiet};
	rig_new(&s->rig);
	assert_int_equal(mkdirat(s->rig.dir, "log", 0700), 0);
	s->log_dir = openat(s->rig.dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->rig.options.dir = s->log_dir;
	s->rig.options.snapshot_leaves = 30;
}

static struct status start_all(struct site *s)
{
	TRY(store_open(
		&(struct store_options){.os = s->store_os, .dir = s->rig.dir, .keys = {.key = row_key}, .create = true},
		&s->store));
	TRY(log_open(&s->rig.options, &s->log));
	TRY(logread_new(s->log, &rig_keys, &s->reader));
	return committer_start(&(struct committer_options){.store = &s->store,
							   .log = s->log,
							   .clock = &clock_system,
							   .signer = s->signer,
							   .waiting_max = 1000},
			       &s->committer);
}

static void stop_all(struct site *s)
{
	committer_stop(s->committer);
	logread_free(s->reader);
	log_close(s->log);
	store_clear(&s->store);
	s->committer = NULL;
	s->reader = NULL;
	s->log = NULL;
}

static struct status site_try(struct site *s)
{
	struct status started = start_all(s);

	if (!ok(started))
		stop_all(s);
	return started;
}

static void site_start(struct site *s)
{
	assert_ok(site_try(s));
}

static void site_remove(struct site *s)
{
	close(s->log_dir);
	rig_remove(&s->rig);
}

/* ---- A change: a row that says which leaves are its own ---- */

enum fault { NO_FAULT, NO_EVENT, REFUSE_LATE, EVENT_WITHOUT_ROW };
struct change {
	struct committer_entry entry; /* must be first */
	uint32_t number;
	unsigned leaves;
	enum fault fault;
	uint64_t first; /* of its leaves */
	unsigned applied;
};

static struct hash name_of(uint32_t number)
{
	struct hash name;

	assert_ok(sha256(BYTES_OF(number), &name));
	return name;
}

static struct status put_row(struct store_txn *txn, const struct change *c)
{
	const struct hash name = name_of(c->number);
	uint64_t value[3] = {c->number, c->first, c->leaves};
	struct row row = {
		.table = TABLE_SETTING,
		.plain = {[COLUMN_SETTING_NAME_TOKEN] = ROW_HASH(&name)},
		.secret = {[SECRET_SETTING_NAME] = BYTES_LITERAL("name"), [SECRET_SETTING_VALUE] = BYTES_OF(value)}};

	return store_put(txn, &row);
}

/* Its leaves say the number of the change. */
static struct event event_of(const struct change *c, char detail[24])
{
	struct event e = rig_event(c->number % 7 == 3 ? 2 : c->number);

	(void)snprintf(detail, 24, "change %u", c->number);
	e.actor.detail = text_of(detail);
	return e;
}

static struct status apply(struct committer_entry *entry, struct committer_turn *turn)
{
	struct change *c = (struct change *)entry;
	char detail[24];
	const struct event e = event_of(c, detail);
	uint64_t leaf;

	c->applied++;
	for (unsigned i = 0; i < c->leaves && c->fault != NO_EVENT; i++) {
		TRY(committer_add(turn, &e, &leaf));
		if (i == 0)
			c->first = leaf;
		assert_true(leaf == c->first + i);
	}
	if (c->fault != EVENT_WITHOUT_ROW)
		TRY(put_row(turn->txn, c));
	return c->fault == REFUSE_LATE ? FAIL_AT(ST_DENIED, "change") : OK;
}

static struct change change_of(uint32_t number, unsigned leaves, enum fault fault)
{
	return (struct change){.entry = {.apply = apply}, .number = number, .leaves = leaves, .fault = fault};
}

/* The row is there, and the leaves it names are its own. */
static void check_change(struct site *s, uint32_t number, bool wanted)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	struct logread_opening o = {0};
	struct change c = change_of(number, 0, NO_FAULT);
	const struct hash name = name_of(number);
	const struct row_value key = ROW_HASH(&name);
	uint64_t value[3];
	char detail[24];

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	struct status found = store_get(snapshot.view, TABLE_SETTING, &key, &row);

	assert_int_equal(found.code, wanted ? ST_OK : ST_NOT_FOUND);
	if (!wanted)
		return;
	assert_ok(row_secret_copy(&row, SECRET_SETTING_VALUE, value, sizeof value));
	assert_true(value[0] == number);
	for (uint64_t i = value[1]; i < value[1] + value[2]; i++) {
		assert_ok(logread_open(s->reader, i, &o));
		assert_true(text_equal(o.actor.detail, event_of(&c, detail).actor.detail));
	}
	logread_opening_clear(&o);
}

/* ---- Tests ---- */

static void a_change_is_told_when_row_and_leaves_are_durable(void **state)
{
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < 10; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT);

		assert_ok(committer_run(s.committer, &c.entry));
		assert_true(log_size(s.log) == c.first + c.leaves);
		check_change(&s, i, true);
	}
	stop_all(&s);
	site_start(&s);
	for (uint32_t i = 0; i < 10; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

static void reads_are_leaves_without_a_change(void **state)
{
	struct site s;
	struct event events[3] = {rig_event(0), rig_event(1), rig_event(2)};
	struct committer_entry entry = {.events = events, .event_count = 3};

	(void)state;
	site_new(&s);
	site_start(&s);
	assert_ok(committer_run(s.committer, &entry));
	assert_true(entry.leaf == 0 && log_size(s.log) == 3);
	assert_ok(committer_run(s.committer, &entry));
	assert_true(entry.leaf == 3 && log_size(s.log) == 6);
	events[1].actor.address.len = 3;
	assert_fails(ST_INVALID, committer_run(s.committer, &entry));
	assert_true(log_size(s.log) == 6);
	stop_all(&s);
	site_remove(&s);
}

static void refuses_a_change_without_a_leaf(void **state)
{
	struct site s;
	struct change silent = change_of(1, 1, NO_EVENT), late = change_of(2, 2, REFUSE_LATE);
	struct change only = change_of(3, 1, EVENT_WITHOUT_ROW);

	(void)state;
	site_new(&s);
	site_start(&s);
	assert_fails(ST_UNAUDITED, committer_run(s.committer, &silent.entry));
	assert_fails(ST_DENIED, committer_run(s.committer, &late.entry));
	assert_true(log_size(s.log) == 0);
	assert_ok(committer_run(s.committer, &only.entry));
	assert_true(log_size(s.log) == 1 && committer_metrics(s.committer).refused == 2);
	for (uint32_t i = 1; i <= 3; i++)
		check_change(&s, i, false);
	stop_all(&s);
	site_remove(&s);
}

/* Entries of one chain share a round. */
struct told {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	size_t count;
};
static struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void tell(struct committer_entry *entry, struct status s)
{
	entry->status = s;
	pthread_mutex_lock(&told.lock);
	told.count++;
	pthread_cond_broadcast(&told.wake);
	pthread_mutex_unlock(&told.lock);
}

static void wait_told(size_t count)
{
	pthread_mutex_lock(&told.lock);
	while (told.count < count)
		pthread_cond_wait(&told.wake, &told.lock);
	told.count -= count;
	pthread_mutex_unlock(&told.lock);
}

static void submit_all(struct site *s, struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		changes[i].entry.done = tell;
		changes[i].entry.next = i + 1 < count ? &changes[i + 1].entry : NULL;
	}
	assert_ok(committer_submit(s->committer, &changes[0].entry, &changes[count - 1].entry, count));
	wait_told(count);
}

static void one_refusal_does_not_undo_the_others(void **state)
{
	struct site s;
	struct change changes[60];

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < COUNT(changes); i++)
		changes[i] = change_of(i, 1 + i % 4, i % 5 == 1 ? REFUSE_LATE : i % 5 == 3 ? NO_EVENT : NO_FAULT);
	submit_all(&s, changes, COUNT(changes));
	for (uint32_t i = 0; i < COUNT(changes); i++) {
		const enum status_code wanted = i % 5 == 1 ? ST_DENIED : i % 5 == 3 ? ST_UNAUDITED : ST_OK;

		assert_int_equal(changes[i].entry.status.code, wanted);
		check_change(&s, i, wanted == ST_OK);
	}
	assert_true(committer_metrics(s.committer).rounds <= 2);
	stop_all(&s);
	site_remove(&s);
}

/* ---- Groups ---- */

struct crowd {
	struct committer_group group; /* must be first */
	unsigned told, entries;
};
static struct {
	struct crowd crowds[2];
	unsigned single;
} order;

static void tell_crowd(struct committer_group *group)
{
	((struct crowd *)group)->told++;
	assert_int_equal(order.single, 0);
}

static void tell_member(struct committer_entry *entry, struct status s)
{
	if (entry->group == NULL) {
		order.single++;
	} else {
		struct crowd *crowd = (struct crowd *)entry->group;

		crowd->entries++;
		assert_int_equal(crowd->told, 0);
	}
	tell(entry, s);
}

static void a_group_is_told_once_and_after_all_of_its_entries(void **state)
{
	const struct event event = rig_event(0);
	struct committer_entry entries[9];
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	memset(&order, 0, sizeof order);
	order.crowds[0].group.told = order.crowds[1].group.told = tell_crowd;
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = (struct committer_entry){.events = &event,
						      .event_count = 1,
						      .done = tell_member,
						      .group = i % 3 == 2 ? NULL : &order.crowds[i % 3].group,
						      .next = i + 1 < COUNT(entries) ? &entries[i + 1] : NULL};
	assert_ok(committer_submit(s.committer, &entries[0], &entries[COUNT(entries) - 1], COUNT(entries)));
	wait_told(COUNT(entries));
	for (size_t i = 0; i < 2; i++)
		assert_true(order.crowds[i].told == 1 && order.crowds[i].entries == 3);
	assert_int_equal(order.single, 3);
	stop_all(&s);
	site_remove(&s);
}

static void what_does_not_fit_goes_into_the_next_round(void **state)
{
	static struct change changes[9];
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (uint32_t i = 0; i < COUNT(changes); i++)
		changes[i] = change_of(i, i == 5 ? BATCH_LEAVES_MAX + 1 : 400, NO_FAULT);
	submit_all(&s, changes, COUNT(changes));
	for (uint32_t i = 0; i < COUNT(changes); i++) {
		assert_int_equal(changes[i].entry.status.code, i == 5 ? ST_TOO_BIG : ST_OK);
		check_change(&s, i, i != 5);
	}
	assert_true(log_size(s.log) == 8 * 400);
	static struct event events[BATCH_LEAVES_MAX + 1];

	for (size_t i = 0; i < COUNT(events); i++)
		events[i] = rig_event(i);
	struct committer_entry entry = {.events = events, .event_count = COUNT(events)};

	assert_fails(ST_TOO_BIG, committer_run(s.committer, &entry));
	entry.event_count--;
	assert_ok(committer_run(s.committer, &entry));
	stop_all(&s);
	site_remove(&s);
}

static void a_full_queue_says_later(void **state)
{
	static struct committer_entry entries[1001];
	struct event e = rig_event(0);
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = (struct committer_entry){.events = &e,
						      .event_count = 1,
						      .done = tell,
						      .next = i + 1 < COUNT(entries) ? &entries[i + 1] : NULL};
	assert_fails(ST_TOO_MANY, committer_submit(s.committer, &entries[0], &entries[1000], 1001));
	assert_ok(committer_submit(s.committer, &entries[1], &entries[1000], 1000));
	wait_told(1000);
	assert_true(log_size(s.log) == 1000);
	stop_all(&s);
	site_remove(&s);
}

/* Rows are committed, leaves cannot be appended: nobody is told OK, the next round or start appends them first. */
static void leaves_that_are_owed_come_first(void **state)
{
	struct site s;
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		struct change first = change_of(1, 3, NO_FAULT), owed = change_of(2, 2, NO_FAULT);

		site_new(&s);
		s.rig.options.reserve = 0;
		site_start(&s);
		assert_ok(committer_run(s.committer, &first.entry));
		rig_disk_left = 0;
		assert_fails(ST_FULL, committer_run(s.committer, &owed.entry));
		assert_fails(ST_FULL, committer_run(s.committer, &read));
		assert_true(log_size(s.log) == 3);
		if (again == 1) {
			stop_all(&s);
			rig_no_faults();
			site_start(&s);
			assert_true(log_size(s.log) == 5);
		}
		rig_no_faults();
		assert_ok(committer_run(s.committer, &read));
		assert_true(read.leaf == 5);
		check_change(&s, 1, true);
		check_change(&s, 2, true);
		stop_all(&s);
		site_start(&s);
		assert_true(log_size(s.log) == 6);
		stop_all(&s);
		site_remove(&s);
	}
}

static void a_full_disk_lets_only_the_essential_through(void **state)
{
	struct site s;
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};
	struct change change = change_of(1, 1, NO_FAULT), sign_in = change_of(2, 1, NO_FAULT);

	(void)state;
	sign_in.entry.essential = true;
	site_new(&s);
	site_start(&s);
	rig_disk_left = 0;
	while (log_state(s.log) == LOG_WRITABLE)
		assert_ok(committer_run(s.committer, &read));
	assert_fails(ST_FULL, committer_run(s.committer, &change.entry));
	assert_int_equal(change.applied, 0);
	assert_ok(committer_run(s.committer, &sign_in.entry));
	assert_ok(committer_run(s.committer, &read));
	rig_no_faults();
	assert_ok(committer_run(s.committer, &change.entry));
	check_change(&s, 1, true);
	check_change(&s, 2, true);
	stop_all(&s);
	site_remove(&s);
}

static struct status last(void *context, struct tree_head *out)
{
	*out = *(struct tree_head *)context;
	return OK;
}
static struct secret seed;
static struct note_key key;
static struct status sign(void *context, const struct tree_head *head, const struct tree_proof *proof,
			  struct buffer *out)
{
	(void)proof;
	*(struct tree_head *)context = *head;
	return checkpoint_sign(head, &key, &seed, out);
}

static void signs_when_asked(void **state)
{
	struct ed25519_public public_key;
	struct tree_head signed_head = {0};
	struct log_signer signer = {.last = last, .sign = sign, .context = &signed_head};
	struct change change = change_of(1, 4, NO_FAULT);
	struct committer_entry signing = {.sign = true};
	struct site s;

	(void)state;
	assert_ok(ed25519_new(&seed, &public_key));
	assert_ok(note_key_new(TEXT("vault.example/v1/log"), NOTE_ED25519, &public_key, &key));
	signer.key = key;
	site_new(&s);
	site_start(&s);
	assert_fails(ST_UNREACHABLE, committer_run(s.committer, &signing));
	stop_all(&s);
	s.signer = &signer;
	site_start(&s);
	assert_ok(committer_run(s.committer, &change.entry));
	assert_true(signed_head.size == 0);
	assert_ok(committer_run(s.committer, &signing));
	assert_true(signed_head.size == 4);
	stop_all(&s);
	secret_clear(&seed);
	site_remove(&s);
}

/* ---- Many threads ---- */

#define THREADS 4
#define EACH    60
static void *submit_some(void *context)
{
	struct site *s = context;
	static _Atomic uint32_t numbers;
	struct event e = rig_event(1);

	for (unsigned i = 0; i < EACH; i++) {
		struct change c = change_of(numbers++, 1 + i % 2, NO_FAULT);
		struct committer_entry read = {.events = &e, .event_count = 1};
		struct head end;

		if (!ok(committer_run(s->committer, &c.entry)) || !ok(committer_run(s->committer, &read)))
			return s;
		log_chain(s->log, HEADS_ACTOR, &rig_users[1].uuid, &end);
		if (end.length == 0 || log_size(s->log) <= end.index)
			return s;
	}
	return NULL;
}

/* A reader of its own while others write. */
static void *read_some(void *context)
{
	struct site *s = context;
	struct logread_opening o = {0};
	struct logread *reader;
	struct tree_proof p;
	void *failed = NULL;

	if (!ok(logread_new(s->log, &rig_keys, &reader)))
		return s;
	while (failed == NULL && log_size(s->log) < THREADS * EACH * 2) {
		uint64_t size = log_size(s->log);

		if (size == 0)
			continue;
		if (!ok(logread_open(reader, size - 1, &o)) || !ok(logread_prove_inclusion(reader, size / 2, size, &p)))
			failed = s;
	}
	logread_opening_clear(&o);
	logread_free(reader);
	return failed;
}

static void many_threads_share_it(void **state)
{
	struct site s;
	pthread_t threads[THREADS + 1];
	void *failed;

	(void)state;
	site_new(&s);
	s.rig.options.background = true;
	site_start(&s);
	for (unsigned i = 0; i <= THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < THREADS ? submit_some : read_some, &s), 0);
	for (unsigned i = 0; i <= THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	for (uint32_t i = 0; i < THREADS * EACH; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

/* ---- Faults and kills ---- */

/* Nothing acknowledged is lost; what was not may be there, whole, or not. */
static void check_after(struct site *s, const bool *acknowledged, uint32_t count)
{
	rig_no_faults();
	s->store_os = &rig_quiet;
	site_start(s);
	for (uint32_t i = 0; i < count; i++) {
		const struct hash name = name_of(i);
		const struct row_value row_name = ROW_HASH(&name);
		AUTO(store_snapshot) snapshot = {0};
		AUTO(row) row = {0};

		assert_ok(store_snapshot_new(&s->store, &snapshot));
		bool there = ok(store_get(snapshot.view, TABLE_SETTING, &row_name, &row));

		assert_true(there || !acknowledged[i]);
		check_change(s, i, there);
	}
	stop_all(s);
}

static unsigned fault_rounds(const struct os *store_os, bool stays)
{
	unsigned n = 0;

	for (bool met = true; met; n += 1 + n / 40) {
		struct site s;
		bool acknowledged[8] = {false};

		site_new(&s);
		s.rig.options.snapshot_leaves = 3;
		s.store_os = store_os;
		site_start(&s);
		rig_calls_left = (long)n;
		rig_fault_stays = stays;
		for (uint32_t i = 0; i < COUNT(acknowledged); i++) {
			struct change c = change_of(i, 1 + i % 2, NO_FAULT);

			acknowledged[i] = ok(committer_run(s.committer, &c.entry));
		}
		met = rig_calls_left < 0 || (stays && rig_calls_left == 0);
		stop_all(&s);
		check_after(&s, acknowledged, COUNT(acknowledged));
		site_remove(&s);
	}
	return n;
}

static void no_fault_of_the_log_loses_a_change(void **state)
{
	(void)state;
	unsigned once = fault_rounds(&rig_quiet, false), always = fault_rounds(&rig_quiet, true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 40 && always > 40);
}

static void no_fault_of_log_or_store_loses_a_change(void **state)
{
	(void)state;
	unsigned once = fault_rounds(&rig_os, false), always = fault_rounds(&rig_os, true);

	print_message("# %u and %u fault points\n", once, always);
	assert_true(once > 100 && always > 100);
}

#define KILL_CHANGES 4000
static void change_until_killed(struct site *s, uint32_t from, int out)
{
	if (!ok(site_try(s)))
		_exit(1);
	for (uint32_t i = from; i < KILL_CHANGES; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT);

		if (!ok(committer_run(s->committer, &c.entry)) || write(out, &i, sizeof i) != sizeof i)
			_exit(1);
	}
	_exit(0);
}

static void a_kill_loses_no_change(void **state)
{
	static bool acknowledged[KILL_CHANGES];
	struct site s;
	uint32_t next = 0;

	(void)state;
	site_new(&s);
	for (unsigned round = 0; round < 12; round++) {
		int ends[2];
		uint32_t number = next;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			close(ends[0]);
			change_until_killed(&s, next, ends[1]);
		}
		close(ends[1]);
		for (unsigned n = 0; n < 10 + round * 7; n++)
			if (read(ends[0], &number, sizeof number) == sizeof number)
				acknowledged[number] = true;
		kill(child, SIGKILL);
		while (read(ends[0], &number, sizeof number) == sizeof number)
			acknowledged[number] = true;
		close(ends[0]);
		waitpid(child, NULL, 0);
		next = number + 2;
		check_after(&s, acknowledged, next);
	}
	assert_true(next > 300);
	site_remove(&s);
}

/* ---- Rows and log of different days ---- */

static const char *const row_files[] = {DATABASE, DATABASE "-wal"};
struct rows {
	struct buffer files[COUNT(row_files)];
};

static void take_rows(struct site *s, struct rows *out)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		if (faccessat(s->rig.dir, row_files[i], F_OK, 0) == 0)
			rig_file(&s->rig, row_files[i], &out->files[i]);
}

static void put_rows(struct site *s, const struct rows *r)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		rig_save_file(&s->rig, row_files[i], buffer_bytes(&r->files[i]));
}

static void rows_clear(struct rows *r)
{
	for (size_t i = 0; i < COUNT(row_files); i++)
		buffer_clear(&r->files[i]);
}

static void make_changes(struct site *s, uint32_t from, uint32_t to)
{
	struct event e = rig_event(0);
	struct committer_entry read = {.events = &e, .event_count = 1};

	for (uint32_t i = from; i < to; i++) {
		struct change c = change_of(i, 1 + i % 3, NO_FAULT), refused = change_of(1000 + i, 1, REFUSE_LATE);

		assert_ok(committer_run(s->committer, &c.entry));
		assert_ok(committer_run(s->committer, &read));
		assert_fails(ST_DENIED, committer_run(s->committer, &refused.entry));
	}
}

/* Opened but for the committer: since which leaf rows are missing. */
static struct committer_gap gap_of(struct site *s)
{
	struct committer_gap gap;

	assert_ok(store_open(&(struct store_options){.os = &rig_quiet, .dir = s->rig.dir, .keys = {.key = row_key}},
			     &s->store));
	assert_ok(log_open(&s->rig.options, &s->log));
	assert_fails(ST_CORRUPT, committer_compare(&s->store, s->log, &gap));
	stop_all(s);
	return gap;
}

static void rows_older_than_the_log_are_refused(void **state)
{
	AUTO(rows) early = {0};
	AUTO(rows) late = {0};
	struct change next = change_of(10, 2, NO_FAULT);
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	make_changes(&s, 0, 10);
	stop_all(&s);
	take_rows(&s, &early);
	site_start(&s);
	const uint64_t size = log_size(s.log);

	assert_ok(committer_run(s.committer, &next.entry));
	make_changes(&s, 11, 40);
	const uint64_t end = log_size(s.log);

	stop_all(&s);
	take_rows(&s, &late);
	put_rows(&s, &early);
	struct status refused = site_try(&s);

	assert_int_equal(refused.code, ST_CORRUPT);
	assert_non_null(strstr(refused.what, "older than the log"));
	const struct committer_gap gap = gap_of(&s);

	assert_true(gap.first == size && next.first == size && gap.end == end);
	/* The log has not been touched, and the right rows fit it. */
	put_rows(&s, &late);
	site_start(&s);
	for (uint32_t i = 0; i < 40; i++)
		check_change(&s, i, true);
	stop_all(&s);
	site_remove(&s);
}

static void a_log_older_than_the_rows_is_refused(void **state)
{
	static const char *const derived[] = {"log/heads", "log/heads.before", "log/offsets", "log/tiles/0"};
	AUTO(buffer) early = {0};
	struct site s;

	(void)state;
	site_new(&s);
	site_start(&s);
	make_changes(&s, 0, 10);
	stop_all(&s);
	rig_file(&s.rig, "log/batches", &early);
	site_start(&s);
	make_changes(&s, 10, 12);
	stop_all(&s);
	/* The start empties the outbox, so that nothing there names the leaves that will be missing. */
	site_start(&s);
	stop_all(&s);
	rig_save_file(&s.rig, "log/batches", buffer_bytes(&early));
	for (size_t i = 0; i < COUNT(derived); i++)
		(void)unlinkat(s.rig.dir, derived[i], 0);
	struct status refused = site_try(&s);

	assert_int_equal(refused.code, ST_CORRUPT);
	assert_non_null(strstr(refused.what, "older than the database"));
	site_remove(&s);
}

/* Changes that were acknowledged and not yet moved into the database: all of them in the write-ahead log. */
static void leave_changes_in_the_log(struct site *s, uint32_t count)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (!ok(site_try(s)))
			_exit(1);
		make_changes(s, 0, count);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Refused with all its reasons, or nothing is missing. */
static bool refused_or_whole(struct site *s, uint32_t count)
{
	struct status opened = site_try(s);

	if (!ok(opened)) {
		assert_int_equal(opened.code, ST_CORRUPT);
		assert_non_null(opened.what);
		return true;
	}
	for (uint32_t i = 0; i < count; i++)
		check_change(s, i, true);
	stop_all(s);
	return false;
}

static void restore_log(struct site *s, const struct buffer *batches)
{
	rig_save_file(&s->rig, "log/batches", buffer_bytes(batches));
	(void)unlinkat(s->rig.dir, "log/heads", 0);
	(void)unlinkat(s->rig.dir, "log/heads.before", 0);
}

/* The engine drops what follows a damaged frame and says nothing; the log knows. */
static void a_damaged_write_ahead_log_never_drops_a_change_unseen(void **state)
{
	AUTO(rows) whole = {0};
	AUTO(buffer) batches = {0};
	unsigned refused = 0;
	struct site s;

	(void)state;
	site_new(&s);
	leave_changes_in_the_log(&s, 12);
	take_rows(&s, &whole);
	rig_file(&s.rig, "log/batches", &batches);
	struct buffer *wal = &whole.files[1];
	const size_t end = wal->len;

	assert_true(end > 20 * 4096);
	srand(3);
	for (unsigned round = 0; round < 80; round++) {
		const size_t at = (size_t)rand() % end;
		const uint8_t bit = (uint8_t)(1 << rand() % 8);

		/* Three in four flipped, the others cut. */
		if (round % 4 != 0)
			wal->bytes[at] ^= bit;
		else
			wal->len = at;
		put_rows(&s, &whole);
		restore_log(&s, &batches);
		refused += refused_or_whole(&s, 12);
		if (round % 4 != 0)
			wal->bytes[at] ^= bit;
		wal->len = end;
	}
	print_message("# %u of 80 refused, the others without effect\n", refused);
	assert_true(refused > 40);
	put_rows(&s, &whole);
	restore_log(&s, &batches);
	assert_false(refused_or_whole(&s, 12));
	site_remove(&s);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_told_when_row_and_leaves_are_durable),
		TEST(reads_are_leaves_without_a_change),
		TEST(refuses_a_change_without_a_leaf),
		TEST(one_refusal_does_not_undo_the_others),
		TEST(a_group_is_told_once_and_after_all_of_its_entries),
		TEST(what_does_not_fit_goes_into_the_next_round),
		TEST(a_full_queue_says_later),
		TEST(leaves_that_are_owed_come_first),
		TEST(a_full_disk_lets_only_the_essential_through),
		TEST(signs_when_asked),
		TEST(many_threads_share_it),
		TEST(no_fault_of_the_log_loses_a_change),
		TEST(no_fault_of_log_or_store_loses_a_change),
		TEST(rows_older_than_the_log_are_refused),
		TEST(a_log_older_than_the_rows_is_refused),
		TEST(a_damaged_write_ahead_log_never_drops_a_change_unseen),
		TEST(a_kill_loses_no_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
