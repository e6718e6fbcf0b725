/* SPDX-License-Identifier: Apache-2.0 */
/* Notices: to whom they are, one for what repeats itself, bounds, and who has read what (PROMISES#S4). */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "noticelist.h"
#include "openstore.h"

#define NOW    1700000000000ull
#define DAY_MS (24ull * 3600 * 1000)

static struct permit_room room;

static struct user_id person(uint8_t n)
{
	return (struct user_id){rig_patient(n)};
}

static const struct permit_pass *pass_of(uint8_t n, enum profile profile)
{
	const struct permit_facts facts = {
		.user = person(n), .profile = profile, .state = USER_ACTIVE, .enrolled = true, .time = NOW};
	const struct permit_pass *pass = NULL;

	assert_ok(permit_decide(&facts, PERMIT_NOTICE_OWN, &room, &pass));
	return pass;
}

static void tell(struct notice_to to, enum notice_kind kind, const char *detail, uint64_t now)
{
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(notice_put(&txn, to, kind, text_of(detail), now));
	assert_ok(store_commit(&txn));
}
static void tell_user(uint8_t n, enum notice_kind kind, const char *detail, uint64_t now)
{
	const struct user_id user = person(n);

	tell(notice_to_user(&user), kind, detail, now);
}

/** What a list gave. */
static struct seen {
	struct notice notices[NOTICE_MAX];
	char detail[NOTICE_MAX][NOTICE_DETAIL_MAX + 1];
	bool read[NOTICE_MAX];
	size_t count;
} seen;
static struct status see(void *context, const struct notice *n, bool read)
{
	(void)context;
	assert_true(seen.count < NOTICE_MAX);
	seen.notices[seen.count] = *n;
	seen.read[seen.count] = read;
	(void)snprintf(seen.detail[seen.count], sizeof seen.detail[0], "%.*s", TEXT_ARG(n->detail));
	seen.count++;
	return OK;
}

static struct page list(const struct permit_pass *pass, uint64_t since, uint32_t limit)
{
	AUTO(store_snapshot) snapshot = {0};
	struct page page = {.since = since, .limit = limit};

	seen.count = 0;
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(noticelist(snapshot.view, pass, &page, see, NULL));
	return page;
}

static uint64_t unread(uint8_t n, enum profile profile)
{
	AUTO(store_snapshot) snapshot = {0};
	const struct user_id user = person(n);
	uint64_t count = 0;

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(noticelist_unread(snapshot.view, &user, profile, &count));
	return count;
}

static void mark(const struct permit_pass *pass, uint64_t seq)
{
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	assert_ok(noticelist_mark(&txn, pass, seq));
	assert_ok(store_commit(&txn));
}

static void reaches_whom_it_is_for(void **state)
{
	(void)state;
	tell_user(1, NOTICE_LOGIN_LOCKED, "from here", NOW);
	tell(notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_USER_LOCKED, "anna", NOW);
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.detail[0], "from here");
	assert_string_equal(seen.notices[0].sentence, notice_rules[NOTICE_LOGIN_LOCKED].sentence);
	assert_true(seen.notices[0].count == 1 && !seen.read[0] && seen.notices[0].last == NOW);
	(void)list(pass_of(2, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(seen.count, 0);
	(void)list(pass_of(2, PROFILE_AUDITOR), 0, 10);
	assert_int_equal(seen.count, 0);
	(void)list(pass_of(1, PROFILE_ADMINISTRATOR), 0, 10);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.detail[1], "anna");
}

static void takes_the_pass_for_ones_own(void **state)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(store_txn) txn = {0};
	const struct permit_facts facts = {.user = person(1),
					   .profile = PROFILE_CLINICIAN,
					   .rights = RIGHTS_ALL,
					   .state = USER_ACTIVE,
					   .enrolled = true,
					   .time = NOW};
	struct page page = {.limit = 2};
	const struct permit_pass *other = NULL;

	(void)state;
	assert_ok(permit_decide(&facts, PERMIT_PATIENT_LIST, &room, &other));
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_fails(ST_DENIED, noticelist(snapshot.view, other, &page, see, NULL));
	assert_ok(store_begin(&store, &txn));
	assert_fails(ST_DENIED, noticelist_mark(&txn, other, 1));
}

static void what_repeats_itself_is_one_with_a_count(void **state)
{
	(void)state;
	tell_user(1, NOTICE_LOGIN_LOCKED, "a", NOW);
	tell_user(1, NOTICE_PASSWORD_ENDS, "2026-12-01", NOW + 1);
	tell_user(1, NOTICE_LOGIN_LOCKED, "b", NOW + 2);
	tell_user(1, NOTICE_LOGIN_LOCKED, "a", NOW + 3);
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.detail[2], "a");
	assert_true(seen.notices[2].count == 2 && seen.notices[2].first == NOW && seen.notices[2].last == NOW + 3);
	/* Whoever had the first sees that there is more. */
	(void)list(pass_of(1, PROFILE_CLINICIAN), seen.notices[1].seq, 10);
	assert_int_equal(seen.count, 1);
	/* After a week without, it is another. */
	tell_user(1, NOTICE_LOGIN_LOCKED, "a", NOW + 4 + NOTICE_WINDOW_MS);
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.notices[3].count, 1);
}

static void each_has_read_his_own_part(void **state)
{
	(void)state;
	tell_user(1, NOTICE_PASSWORD_CHANGED, "", NOW);
	tell(notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_USER_LOCKED, "anna", NOW);
	assert_int_equal(unread(1, PROFILE_ADMINISTRATOR), 2);
	assert_int_equal(unread(2, PROFILE_ADMINISTRATOR), 1);
	const struct page page = list(pass_of(1, PROFILE_ADMINISTRATOR), 0, 10);
	mark(pass_of(1, PROFILE_ADMINISTRATOR), page.next);
	assert_int_equal(unread(1, PROFILE_ADMINISTRATOR), 0);
	assert_int_equal(unread(2, PROFILE_ADMINISTRATOR), 1);
	(void)list(pass_of(1, PROFILE_ADMINISTRATOR), 0, 10);
	assert_true(seen.count == 2 && seen.read[0] && seen.read[1]);
	/* Again: unread again. */
	tell(notice_to_profile(PROFILE_ADMINISTRATOR), NOTICE_USER_LOCKED, "anna", NOW + 1);
	assert_int_equal(unread(1, PROFILE_ADMINISTRATOR), 1);
}

static void nobody_reads_ahead_or_back(void **state)
{
	(void)state;
	tell_user(1, NOTICE_PASSWORD_CHANGED, "", NOW);
	mark(pass_of(1, PROFILE_CLINICIAN), INT64_MAX);
	assert_int_equal(unread(1, PROFILE_CLINICIAN), 0);
	tell_user(1, NOTICE_DEVICE_NEW, "", NOW);
	assert_int_equal(unread(1, PROFILE_CLINICIAN), 1);
	mark(pass_of(1, PROFILE_CLINICIAN), 0);
	assert_int_equal(unread(1, PROFILE_CLINICIAN), 1);
}

static void the_oldest_of_a_kind_goes_and_no_other(void **state)
{
	char detail[16];

	(void)state;
	tell_user(1, NOTICE_PASSWORD_RESET, "", NOW);
	for (unsigned i = 0; i < 3 * NOTICE_PER_KIND; i++) {
		(void)snprintf(detail, sizeof detail, "%u", i);
		tell_user(1, NOTICE_LOGIN_LOCKED, detail, NOW + i);
	}
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 100);
	assert_int_equal(seen.count, 1 + NOTICE_PER_KIND);
	assert_string_equal(seen.detail[0], "");
	for (unsigned i = 0; i < NOTICE_PER_KIND; i++) {
		(void)snprintf(detail, sizeof detail, "%u", 2 * NOTICE_PER_KIND + i);
		assert_string_equal(seen.detail[1 + i], detail);
	}
}

static void old_ones_go(void **state)
{
	AUTO(store_txn) txn = {0};
	size_t removed;

	(void)state;
	tell_user(1, NOTICE_PASSWORD_CHANGED, "", NOW);
	tell_user(1, NOTICE_DEVICE_NEW, "", NOW + NOTICE_AGE_MS);
	assert_ok(store_begin(&store, &txn));
	assert_ok(notice_forget(&txn, NOW + NOTICE_AGE_MS, &removed));
	assert_int_equal(removed, 0);
	assert_ok(notice_forget(&txn, NOW + NOTICE_AGE_MS + 1, &removed));
	assert_int_equal(removed, 1);
	assert_ok(store_commit(&txn));
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(seen.count, 1);
}

static void comes_in_pages_in_one_order(void **state)
{
	static const struct {
		uint32_t limit;
		bool more;
	} pages[] = {{2, true}, {2, true}, {2, false}};
	struct page page = {0};
	uint64_t last = 0;

	(void)state;
	tell_user(1, NOTICE_PASSWORD_CHANGED, "", NOW);
	tell(notice_to_profile(PROFILE_CLINICIAN), NOTICE_CONDUCT_CHANGED, "", NOW);
	tell_user(1, NOTICE_DEVICE_NEW, "", NOW);
	tell(notice_to_profile(PROFILE_CLINICIAN), NOTICE_KEYS_WANTED, "3", NOW);
	tell_user(1, NOTICE_SESSION_ENDED, "", NOW);
	for (size_t i = 0; i < COUNT(pages); i++) {
		page = list(pass_of(1, PROFILE_CLINICIAN), page.next, pages[i].limit);
		assert_int_equal(page.more, pages[i].more);
		assert_int_equal(seen.count, i < 2 ? 2 : 1);
		for (size_t k = 0; k < seen.count; k++) {
			assert_true(seen.notices[k].seq > last);
			last = seen.notices[k].seq;
		}
	}
	page = list(pass_of(1, PROFILE_CLINICIAN), last, 2);
	assert_true(seen.count == 0 && page.next == last && !page.more);
}

static void a_long_detail_is_cut_between_characters(void **state)
{
	char detail[NOTICE_DETAIL_MAX + 8];

	(void)state;
	memset(detail, 'x', sizeof detail);
	detail[sizeof detail - 1] = '\0';
	memcpy(detail + NOTICE_DETAIL_MAX - 1, "\xc3\xa9", 2);
	tell_user(1, NOTICE_DEVICE_NEW, detail, NOW);
	(void)list(pass_of(1, PROFILE_CLINICIAN), 0, 10);
	assert_int_equal(strlen(seen.detail[0]), NOTICE_DETAIL_MAX - 1);
}

static void every_kind_has_its_own_word_and_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < NOTICE_KIND_COUNT; i++) {
		enum notice_kind found;
		assert_non_null(notice_rules[i].word);
		assert_non_null(notice_rules[i].sentence);
		assert_ok(notice_kind_find(text_of(notice_rules[i].word), &found));
		assert_int_equal(found, i);
	}
}

/* --- A model: lists of plain structures, under a stream of random acts. --- */

struct model_notice {
	uint8_t who, kind, detail;
	uint64_t first, last, count, order;
};
static struct model {
	struct model_notice at[256];
	size_t count;
	uint64_t order;
} model;

static uint32_t draw(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1103515245u + 12345u;
	return (state >> 16) % below;
}

static void model_put(uint8_t who, uint8_t kind, uint8_t detail, uint64_t now)
{
	size_t of_kind = 0, oldest = 0, again = SIZE_MAX;

	for (size_t i = 0; i < model.count; i++) {
		const struct model_notice *m = &model.at[i];
		if (m->who != who || m->kind != kind)
			continue;
		if (of_kind++ == 0 || m->order < model.at[oldest].order)
			oldest = i;
		if (m->detail == detail && m->last + NOTICE_WINDOW_MS >= now &&
		    (again == SIZE_MAX || m->order > model.at[again].order))
			again = i;
	}
	if (again != SIZE_MAX) {
		model.at[again].last = now;
		model.at[again].count++;
		model.at[again].order = ++model.order;
		return;
	}
	if (of_kind >= NOTICE_PER_KIND)
		model.at[oldest] = model.at[--model.count];
	assert_true(model.count < COUNT(model.at));
	model.at[model.count++] = (struct model_notice){who, kind, detail, now, now, 1, ++model.order};
}

static void model_compare(uint8_t who)
{
	(void)list(pass_of(who, PROFILE_CLINICIAN), 0, LIMIT_PAGE);
	uint64_t order = 0;
	for (size_t i = 0; i < seen.count; i++) {
		const struct model_notice *next = NULL;
		for (size_t k = 0; k < model.count; k++)
			if (model.at[k].who == who && model.at[k].order > order &&
			    (next == NULL || model.at[k].order < next->order))
				next = &model.at[k];
		assert_non_null(next);
		order = next->order;
		assert_string_equal(notice_rules[next->kind].sentence, seen.notices[i].sentence);
		assert_int_equal(next->detail, (uint8_t)seen.detail[i][0]);
		assert_true(next->count == seen.notices[i].count && next->first == seen.notices[i].first &&
			    next->last == seen.notices[i].last);
	}
	for (size_t k = 0; k < model.count; k++)
		assert_false(model.at[k].who == who && model.at[k].order > order);
}

static void does_as_the_model_does(void **state)
{
	AUTO(store_txn) txn = {0};
	uint64_t now = NOW;

	(void)state;
	model.count = 0;
	assert_ok(store_begin(&store, &txn));
	for (unsigned i = 0; i < 1500; i++) {
		const uint8_t who = (uint8_t)(1 + draw(2)), kind = (uint8_t)draw(3), detail = (uint8_t)('a' + draw(26));
		const char text[] = {(char)detail, '\0'};
		const struct user_id user = person(who);
		now += draw(20) == 0 ? NOTICE_WINDOW_MS / 2 : draw(1000);
		assert_ok(notice_put(&txn, notice_to_user(&user), (enum notice_kind)kind, text_of(text), now));
		model_put(who, kind, detail, now);
		if (i % 50 != 49)
			continue;
		assert_ok(store_commit(&txn));
		model_compare(1);
		model_compare(2);
		assert_ok(store_begin(&store, &txn));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(reaches_whom_it_is_for),
		EACH(takes_the_pass_for_ones_own),
		EACH(what_repeats_itself_is_one_with_a_count),
		EACH(each_has_read_his_own_part),
		EACH(nobody_reads_ahead_or_back),
		EACH(the_oldest_of_a_kind_goes_and_no_other),
		EACH(old_ones_go),
		EACH(comes_in_pages_in_one_order),
		EACH(a_long_detail_is_cut_between_characters),
		EACH(every_kind_has_its_own_word_and_a_sentence),
		EACH(does_as_the_model_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
