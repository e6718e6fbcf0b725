/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody makes himself a second person, and nobody silences those that there are (PROMISES#S5). */
#include <string.h>

#include "town.h"

static void change(struct town *t, struct actor *who, enum profile profile, enum user_state state)
{
	world_user(&t->s.reader.w, who, profile, 0, state);
	assert_ok(server_enter(&t->s, &t->s.reader.w.administrator, ""));
	who->head = t->s.reader.w.last.name;
}

/** Where seven days in office count, all administrators have been in it for ${ms}. */
static void begin_in_office(struct town *t, uint64_t ms)
{
	begin(t);
	t->s.office_ms = 7 * DAY;
	t->s.reader.w.time += ms;
}

static void a_new_administrator_is_no_second_person(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin_in_office(&t, 0);
	assert_fails(ST_DENIED, ask(&t, DORA, ACT_FACTOR_RESET, BEN, &asked));
	t.s.reader.w.time += 7 * DAY;
	assert_ok(ask(&t, DORA, ACT_FACTOR_RESET, BEN, &asked));
	/* Whoever came into his office since begins anew: the one who decides ... */
	change(&t, &t.emil, PROFILE_AUDITOR, USER_ACTIVE);
	change(&t, &t.emil, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_fails(ST_DENIED, decide(&t, EMIL, &asked, VERDICT_APPROVE));
	/* ... and the one who asked. */
	change(&t, &t.dora, PROFILE_ADMINISTRATOR, USER_DISABLED);
	change(&t, &t.dora, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_fails(ST_DENIED, decide(&t, ROOT, &asked, VERDICT_APPROVE));
	/* The host is nobody's second account. */
	assert_ok(by_the_host(&t, &asked.id, VERDICT_APPROVE));
	assert_true(row_of(&t, &asked.id).host);
}

/** Somebody who was something else for long is in office from the day on which he came into it, whatever follows. */
static void an_office_begins_with_what_made_him_administrator(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin_in_office(&t, 30 * DAY);
	change(&t, &t.s.reader.w.carl, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_fails(ST_DENIED, ask(&t, CARL, ACT_FACTOR_RESET, BEN, &asked));
	t.s.reader.w.time += 3 * DAY;
	change(&t, &t.s.reader.w.carl, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	t.s.reader.w.time += 4 * DAY - 1;
	assert_fails(ST_DENIED, ask(&t, CARL, ACT_FACTOR_RESET, BEN, &asked));
	t.s.reader.w.time += 1;
	assert_ok(ask(&t, CARL, ACT_FACTOR_RESET, BEN, &asked));
}

/** One administrator must not be able to silence every other one by signing again what they are. */
static void a_change_that_leaves_an_administrator_as_he_is_takes_no_office(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin_in_office(&t, 7 * DAY);
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, BEN, &asked));
	for (size_t i = 0; i < 3; i++)
		change(&t, &t.emil, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_ok(decide(&t, EMIL, &asked, VERDICT_APPROVE));
}

static void a_new_key_begins_an_office_anew(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin_in_office(&t, 7 * DAY);
	struct statement key = world_draft(&t.s.reader.w, STATEMENT_KEY, &t.emil, &t.emil.head);
	key.key = (struct statement_key){t.emil.id, t.emil.hpke.public_key, t.emil.sign.public_key, {{0}}};
	world_sign(&t.s.reader.w, &key, &t.emil.sign);
	assert_ok(server_enter(&t.s, &t.emil, ""));
	t.emil.head = t.s.reader.w.last.name;
	/* Nor does what follows it make it older. */
	change(&t, &t.emil, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_fails(ST_DENIED, ask(&t, EMIL, ACT_FACTOR_RESET, BEN, &asked));
	t.s.reader.w.time += 7 * DAY;
	assert_ok(ask(&t, EMIL, ACT_FACTOR_RESET, BEN, &asked));
}

static void a_refusal_takes_no_office(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin_in_office(&t, 7 * DAY);
	assert_ok(ask(&t, ROOT, ACT_FACTOR_RESET, BEN, &asked));
	change(&t, &t.emil, PROFILE_AUDITOR, USER_ACTIVE);
	change(&t, &t.emil, PROFILE_ADMINISTRATOR, USER_ACTIVE);
	assert_fails(ST_DENIED, decide(&t, EMIL, &asked, VERDICT_APPROVE));
	assert_ok(decide(&t, EMIL, &asked, VERDICT_REFUSE));
	assert_int_equal(row_of(&t, &asked.id).state, APPROVAL_REFUSED);
}

static void a_denial_says_what_to_do(void **state)
{
	AUTO(town) t = {0};
	struct asked asked;

	(void)state;
	begin(&t);
	assert_non_null(strstr(ask(&t, DORA, ACT_FACTOR_RESET, DORA, &asked).what, "another administrator"));
	assert_ok(ask(&t, DORA, ACT_FACTOR_RESET, EMIL, &asked));
	assert_non_null(strstr(decide(&t, DORA, &asked, VERDICT_APPROVE).what, "tacendad approve"));
	assert_non_null(strstr(decide(&t, EMIL, &asked, VERDICT_APPROVE).what, "another administrator"));
	t.s.office_ms = 7 * DAY;
	assert_non_null(strstr(decide(&t, ROOT, &asked, VERDICT_APPROVE).what, "approval.office_days"));
	t.s.office_ms = 0;
	change(&t, &t.dora, PROFILE_ADMINISTRATOR, USER_DISABLED);
	assert_non_null(strstr(decide(&t, ROOT, &asked, VERDICT_APPROVE).what, "tacenda refuse"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_administrator_is_no_second_person),
		TEST(an_office_begins_with_what_made_him_administrator),
		TEST(a_change_that_leaves_an_administrator_as_he_is_takes_no_office),
		TEST(a_new_key_begins_an_office_anew),
		TEST(a_refusal_takes_no_office),
		TEST(a_denial_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
