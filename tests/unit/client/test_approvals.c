/* SPDX-License-Identifier: Apache-2.0 */
/* What a server may show as agreed to: who may not ask or agree is found out by who verifies (PROMISES#B3). */
#include "file.h"

#include "approvals.h"

struct said {
	uint8_t bytes[2][1024];
	struct placed request, decision;
};

static struct placed place(struct file *f, uint8_t *room)
{
	const struct placed p = {bytes_of(room, f->w.bytes.len), f->w.position++, f->w.time};

	assert_true(f->w.bytes.len <= sizeof((struct said *)0)->bytes[0]);
	memcpy(room, f->w.bytes.bytes, f->w.bytes.len);
	return p;
}

/** Anything that somebody's own program signs. */
static void ask(struct file *f, const struct actor *by, struct said *out)
{
	struct statement s = world_draft(&f->w, STATEMENT_REQUEST, by, NULL);

	s.request = (struct statement_request){
		.approval = {uuid_of(90)}, .act = ACT_PATIENT_DELETE, .patient = {uuid_of(PATIENT)}};
	world_sign(&f->w, &s, &by->sign);
	out->request = place(f, out->bytes[0]);
	out->decision = (struct placed){0};
}

static void answer(struct file *f, const struct actor *by, struct said *out)
{
	struct statement asked;

	assert_ok(statement_parse(out->request.statement, &asked));
	struct statement s = world_draft(&f->w, STATEMENT_DECISION, by, &asked.name);
	s.decision = (struct statement_decision){{uuid_of(90)}, VERDICT_APPROVE, TEXT("")};
	world_sign(&f->w, &s, &by->sign);
	out->decision = place(f, out->bytes[1]);
}

static void judged(const struct file *f, const struct said *said, bool with, bool without)
{
	struct approvals_item item;

	assert_int_equal(ok(approvals_judge(&f->w.directory, &f->p, &said->request, &said->decision, &item)), with);
	assert_int_equal(ok(approvals_judge(&f->w.directory, NULL, &said->request, &said->decision, &item)), without);
}

static void who_may_not_delete_does_not_agree_to_it(void **state)
{
	AUTO(file) f = {0};
	struct said said;

	(void)state;
	file_begin(&f);
	ask(&f, &f.w.anna, &said);
	judged(&f, &said, true, true);
	/* Ben could delete where something was shared with him so; only who has the file sees that nothing was. */
	answer(&f, &f.w.ben, &said);
	judged(&f, &said, false, true);
	/* Carl has not the right, wherever. */
	answer(&f, &f.w.carl, &said);
	judged(&f, &said, false, false);
	answer(&f, &f.w.anna, &said);
	judged(&f, &said, false, false);
	answer(&f, &f.w.administrator, &said);
	judged(&f, &said, true, true);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ, 0));
	answer(&f, &f.w.ben, &said);
	judged(&f, &said, false, true);
	assert_ok(file_grant(&f, &f.w.anna, &f.w.ben, RIGHT_READ | RIGHT_DELETE, 0));
	answer(&f, &f.w.ben, &said);
	judged(&f, &said, true, true);
}

static void only_the_owner_asks_for_the_end_of_a_file(void **state)
{
	AUTO(file) f = {0};
	struct said said;

	(void)state;
	file_begin(&f);
	ask(&f, &f.w.ben, &said);
	judged(&f, &said, false, true);
	ask(&f, &f.w.carl, &said);
	judged(&f, &said, false, false);
	ask(&f, &f.w.administrator, &said);
	judged(&f, &said, false, false);
}

static void an_answer_counts_for_a_day_and_for_its_own_request(void **state)
{
	AUTO(file) f = {0};
	struct said said;

	(void)state;
	file_begin(&f);
	ask(&f, &f.w.anna, &said);
	answer(&f, &f.w.administrator, &said);
	const struct placed first = said.decision;
	uint8_t kept[1024];
	memcpy(kept, first.statement.at, first.statement.len);
	f.w.time += 1;
	ask(&f, &f.w.anna, &said);
	said.decision = (struct placed){bytes_of(kept, first.statement.len), f.w.position++, f.w.time};
	judged(&f, &said, false, false);
	f.w.time += DAY;
	answer(&f, &f.w.administrator, &said);
	judged(&f, &said, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_may_not_delete_does_not_agree_to_it),
		TEST(only_the_owner_asks_for_the_end_of_a_file),
		TEST(an_answer_counts_for_a_day_and_for_its_own_request),
	};

	assert_ok(secret_setup());
	assert_ok(crypto_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
