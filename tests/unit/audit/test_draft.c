/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a round: one is kept for the next leaf, yet asked for with each (PROMISES#S1). */
#include "rig.h"

/* A source that counts, and that can fail. */
struct source {
	unsigned asked; /* for keys of subjects */
	struct status answer;
};

static struct status counted_key(void *context, enum piece_kind kind, const struct uuid *id, struct key *out)
{
	struct source *source = context;

	source->asked++;
	TRY(source->answer);
	return rig_keys.subject_key(rig_keys.context, kind, id, out);
}

static void open_with(struct rig *r, struct source *source)
{
	rig_new(r);
	r->options.keys = (struct log_keys){rig_keys.year_key, counted_key, source};
	rig_open(r);
	source->asked = 0;
}

/* Of the story, one of patient 0. */
static struct event about_patient(uint64_t n)
{
	const struct event e = rig_event(n * RIG_PATIENTS);

	assert_true(uuid_equal(&e.subject.id, &rig_patients[0].uuid));
	return e;
}

static void a_key_destroyed_within_a_round_is_noticed(void **state)
{
	const struct event before = about_patient(0), after = about_patient(1);
	struct source source = {.answer = OK};
	struct logread_opening o = {0};
	struct rig r;
	uint64_t index;

	(void)state;
	open_with(&r, &source);
	assert_ok(draft_add(r.draft, &before, &index));
	rig_erased = 0;
	assert_ok(draft_add(r.draft, &after, &index));
	assert_int_equal(index, 1);
	/* The patient's, the patient's again, and the site's in its place. */
	assert_int_equal(source.asked, 3);
	assert_ok(log_append(r.log, r.draft));
	/* What was under the key is gone with it; what came after can be read, and is in the same chain. */
	assert_ok(logread_open(r.reader, 0, &o));
	assert_true(o.erased && uuid_equal(&o.erased_patient, &rig_patients[0].uuid));
	assert_ok(logread_open(r.reader, 1, &o));
	assert_false(o.erased);
	assert_true(uuid_equal(&o.subject.id, &rig_patients[0].uuid) && o.subject.sequence == 1);
	logread_opening_clear(&o);
	rig_close(&r);
	rig_remove(&r);
}

static void a_key_that_cannot_be_had_any_more_refuses_the_leaf(void **state)
{
	const struct event first = about_patient(0), second = about_patient(1);
	struct source source = {.answer = OK};
	struct logread_opening o = {0};
	struct rig r;
	uint64_t index;

	(void)state;
	open_with(&r, &source);
	assert_ok(draft_add(r.draft, &first, &index));
	source.answer = FAIL_AT(ST_UNREACHABLE, "keyd");
	assert_fails(ST_UNREACHABLE, draft_add(r.draft, &second, &index));
	assert_int_equal(r.draft->count, 1);
	source.answer = OK;
	assert_ok(draft_add(r.draft, &second, &index));
	assert_int_equal(index, 1);
	assert_int_equal(source.asked, 3);
	assert_ok(log_append(r.log, r.draft));
	for (uint64_t i = 0; i < 2; i++) {
		assert_ok(logread_open(r.reader, i, &o));
		assert_true(!o.erased && o.subject.sequence == i);
	}
	logread_opening_clear(&o);
	rig_close(&r);
	rig_remove(&r);
}

static void each_leaf_is_under_the_key_of_its_own_subject(void **state)
{
	struct source source = {.answer = OK};
	struct rig r;
	uint64_t index;

	(void)state;
	open_with(&r, &source);
	/* Patients, users, the site and nothing take turns: a key that is kept is never the next one's. */
	for (uint64_t i = 0; i < 40; i++) {
		const struct event e = rig_event(i);

		assert_ok(draft_add(r.draft, &e, &index));
	}
	assert_int_equal(source.asked, 40);
	assert_ok(log_append(r.log, r.draft));
	rig_check(&r, 40);
	rig_close(&r);
	rig_remove(&r);
}

/* Behind one that is written, and then by itself: what the other holds next is no part of the log. */
static void a_draft_behind_another_forgets_it(void **state)
{
	struct draft *next = NULL;
	struct event e = rig_event(0);
	uint64_t index;
	struct rig r;

	(void)state;
	rig_new(&r);
	rig_open(&r);
	assert_ok(draft_new(r.log, &next));
	assert_ok(draft_add(r.draft, &e, &index));
	assert_ok(log_append_begin(r.log, r.draft));
	draft_begin_behind(next, r.draft);
	e = rig_event(1);
	assert_ok(draft_add(next, &e, &index));
	assert_true(index == 1);
	assert_ok(log_append_end(r.log));
	assert_true(draft_follows_log(next));
	e = rig_event(2);
	assert_ok(draft_add(r.draft, &e, &index));
	assert_ok(draft_add(next, &e, &index));
	assert_true(index == 2);
	draft_settle(r.draft);
	assert_ok(log_append(r.log, next));
	rig_check(&r, 3);
	draft_free(next);
	rig_close(&r);
	rig_remove(&r);
}

int main(void)
{
	if (!rig_setup())
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(a_key_destroyed_within_a_round_is_noticed),
		TEST(a_key_that_cannot_be_had_any_more_refuses_the_leaf),
		TEST(each_leaf_is_under_the_key_of_its_own_subject),
		TEST(a_draft_behind_another_forgets_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
