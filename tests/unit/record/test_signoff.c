/* SPDX-License-Identifier: Apache-2.0 */
/* What people put their names to: the code of conduct, access reviews (PROMISES#K13, PROMISES#S3). */
#include "server.h"
#include "signoff.h"

static struct status accept_as(struct server *s, const struct actor *a, const struct hash *previous, uint32_t version)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_CONDUCT, a, previous);

	d.conduct = (struct statement_conduct){version, LANGUAGE_FRENCH, hash_of(9)};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_send(s, a);
}

static struct status review_as(struct server *s, const struct actor *a, const struct hash *previous, uint64_t from,
			       uint64_t until)
{
	struct statement d = world_draft(&s->reader.w, STATEMENT_REVIEW, a, previous);

	d.head.seen_size = until + 1;
	d.head.seen_root = hash_of(7);
	d.review = (struct statement_review){.from = from, .until = until, .sign_ins = 3, .users = 2};
	world_sign(&s->reader.w, &d, &a->sign);
	server_take(s);
	return server_send(s, a);
}

static struct signoff conduct_of(struct server *s, const struct actor *a)
{
	AUTO(store_snapshot) snapshot = {0};
	struct signoff found;

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	assert_ok(signoff_conduct(snapshot.view, &a->id, &found));
	return found;
}

static bool accepted_nothing(struct server *s, const struct actor *a)
{
	const struct signoff found = conduct_of(s, a);

	return hash_is_zero(&found.name);
}

static void what_one_accepted_is_the_newest_of_his_own_chain(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	assert_true(accepted_nothing(&s, &w->anna));
	assert_ok(accept_as(&s, &w->anna, NULL, 1));
	const struct hash first = w->last.name;
	assert_fails(ST_CONFLICT, accept_as(&s, &w->anna, NULL, 2));
	assert_ok(accept_as(&s, &w->ben, NULL, 1));
	assert_ok(accept_as(&s, &w->anna, &first, 2));
	const struct signoff last = conduct_of(&s, &w->anna);
	assert_int_equal(last.conduct.version, 2);
	assert_int_equal(last.conduct.language, LANGUAGE_FRENCH);
	assert_int_equal(conduct_of(&s, &w->ben).conduct.version, 1);
	assert_true(accepted_nothing(&s, &w->carl));
}

static void nobody_accepts_for_another_or_when_he_is_disabled(void **state)
{
	AUTO(server) s = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	struct statement d = world_draft(w, STATEMENT_CONDUCT, &w->anna, NULL);
	d.conduct = (struct statement_conduct){1, LANGUAGE_ENGLISH, hash_of(9)};
	world_sign(w, &d, &w->anna.sign);
	server_take(&s);
	assert_fails(ST_DENIED, server_send(&s, &w->ben));
	world_sign(w, &d, &w->ben.sign);
	server_take(&s);
	assert_fails(ST_UNPROVEN, server_send(&s, &w->anna));
	world_user(w, &w->ben, PROFILE_CLINICIAN, 3, USER_DISABLED);
	assert_ok(server_enter(&s, &w->administrator, ""));
	assert_fails(ST_DENIED, accept_as(&s, &w->ben, NULL, 1));
	assert_true(accepted_nothing(&s, &w->anna));
}

struct listed {
	size_t count;
	uint64_t leaves[4];
};
static struct status count_review(void *context, const struct listing_statement *statement)
{
	struct listed *l = context;

	assert_true(l->count < COUNT(l->leaves));
	l->leaves[l->count++] = statement->leaf;
	return OK;
}

static void an_auditor_signs_reviews_one_after_the_other(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	AUTO(actor) dora = {0};
	struct world *w = &s.reader.w;
	struct permit_room room;
	struct listed l = {0};
	struct signoff last;
	uint64_t since;

	(void)state;
	server_begin(&s);
	actor_of(5, "dora", &dora);
	server_enrol(&s, &dora, "dora", PROFILE_AUDITOR, 0);
	assert_fails(ST_DENIED, review_as(&s, &w->administrator, NULL, 0, 2));
	assert_fails(ST_DENIED, review_as(&s, &w->anna, NULL, 0, 2));
	assert_fails(ST_CONFLICT, review_as(&s, &dora, NULL, 0, 1000));
	w->time += 5 * DAY;
	assert_ok(review_as(&s, &dora, NULL, 0, 2));
	const struct hash first = w->last.name;
	assert_fails(ST_CONFLICT, review_as(&s, &dora, NULL, 2, 3));
	assert_ok(review_as(&s, &dora, &first, 2, 4));
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(signoff_review(snapshot.view, &last));
	assert_int_equal(last.review.until, 4);
	assert_true(hash_equal(&last.name, &w->last.name));
	assert_ok(signoff_review_since(snapshot.view, &since));
	assert_int_equal(since, last.time);
	const struct permit_pass *pass = server_pass(&s, snapshot.view, &dora, PERMIT_LOG_ADMINISTRATION, &room);
	struct page page = {.limit = LIMIT_PAGE};
	assert_ok(signoff_reviews(snapshot.view, pass, &page, count_review, &l));
	assert_true(l.count == 2 && !page.more);
	assert_true(l.leaves[0] < l.leaves[1]);
	/* Page by page they are the same. */
	struct listed paged = {0};
	page = (struct page){.limit = 1};
	assert_ok(signoff_reviews(snapshot.view, pass, &page, count_review, &paged));
	assert_true(paged.count == 1 && page.more);
	page.since = page.next;
	assert_ok(signoff_reviews(snapshot.view, pass, &page, count_review, &paged));
	assert_true(paged.count == 2 && !page.more && memcmp(paged.leaves, l.leaves, sizeof l.leaves) == 0);
	pass = server_pass(&s, snapshot.view, &w->anna, PERMIT_LOG_OWN, &room);
	assert_fails(ST_DENIED, signoff_reviews(snapshot.view, pass, &page, count_review, &l));
}

/** Whoever signs with a program of his own: no leaf is skipped, none counted twice, nothing reviewed by an empty one.
 */
static void a_review_begins_where_the_last_one_ended_and_goes_further(void **state)
{
	AUTO(server) s = {0};
	AUTO(actor) dora = {0};
	struct world *w = &s.reader.w;

	(void)state;
	server_begin(&s);
	actor_of(5, "dora", &dora);
	server_enrol(&s, &dora, "dora", PROFILE_AUDITOR, 0);
	assert_fails(ST_CONFLICT, review_as(&s, &dora, NULL, 1, 2));
	assert_fails(ST_INVALID, review_as(&s, &dora, NULL, 0, 0));
	assert_ok(review_as(&s, &dora, NULL, 0, 2));
	const struct hash first = w->last.name;
	assert_fails(ST_CONFLICT, review_as(&s, &dora, &first, 3, 4));
	assert_fails(ST_CONFLICT, review_as(&s, &dora, &first, 1, 4));
	assert_fails(ST_CONFLICT, review_as(&s, &dora, &first, 0, 4));
	assert_fails(ST_INVALID, review_as(&s, &dora, &first, 2, 2));
	assert_ok(review_as(&s, &dora, &first, 2, 4));
}

static void before_the_first_review_the_site_itself_counts(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	struct signoff last;
	uint64_t since;

	(void)state;
	server_begin(&s);
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	assert_ok(signoff_review(snapshot.view, &last));
	assert_true(hash_is_zero(&last.name));
	assert_ok(signoff_review_since(snapshot.view, &since));
	assert_int_equal(since, NOW);
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_one_accepted_is_the_newest_of_his_own_chain),
		TEST(nobody_accepts_for_another_or_when_he_is_disabled),
		TEST(an_auditor_signs_reviews_one_after_the_other),
		TEST(a_review_begins_where_the_last_one_ended_and_goes_further),
		TEST(before_the_first_review_the_site_itself_counts),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
