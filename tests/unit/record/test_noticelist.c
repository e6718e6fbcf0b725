/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to one user, page by page. */
#include "noticelist.h"
#include "server.h"

static void put_notice(struct server *s, uint8_t number, const struct actor *to, const char *text)
{
	AUTO(store_txn) txn = {0};
	const struct uuid id = uuid_of(number);
	struct row row = {.table = TABLE_NOTICE,
			  .plain = {[COLUMN_NOTICE_ID] = ROW_UUID(&id),
				    [COLUMN_NOTICE_USER] = ROW_UUID(&to->id.uuid),
				    [COLUMN_NOTICE_CREATED] = ROW_NUMBER(NOW)},
			  .secret = {[SECRET_NOTICE_TEXT] = text_bytes(text_of(text))}};

	assert_ok(store_begin(&s->store, &txn));
	assert_ok(store_put(&txn, &row));
	assert_ok(store_commit(&txn));
}

struct seen {
	char texts[64];
	uint64_t last;
};
static struct status see(void *context, const struct noticelist_item *item)
{
	struct seen *seen = context;
	const size_t len = strlen(seen->texts);

	assert_true(item->seq > seen->last);
	seen->last = item->seq;
	assert_int_equal(item->time, NOW);
	snprintf(seen->texts + len, sizeof seen->texts - len, "%.*s ", TEXT_ARG(item->text));
	return OK;
}

static struct seen page_of(struct server *s, const struct actor *a, struct listing_page *page)
{
	AUTO(store_snapshot) snapshot = {0};
	struct permit_room room;
	struct seen seen = {{0}, page->since};

	assert_ok(store_snapshot_new(&s->store, &snapshot));
	const struct permit_pass *pass = server_pass(s, snapshot.view, a, PERMIT_NOTICE_OWN, &room);
	assert_ok(noticelist(snapshot.view, pass, page, see, &seen));
	return seen;
}

static void whoever_follows_sees_each_of_his_own_once(void **state)
{
	AUTO(server) s = {0};
	struct listing_page page = {.limit = 2};

	(void)state;
	server_begin(&s);
	const struct actor *anna = &s.reader.w.anna, *ben = &s.reader.w.ben;
	assert_string_equal(page_of(&s, anna, &page).texts, "");
	assert_int_equal(page.next, 0);
	assert_false(page.more);
	put_notice(&s, 1, anna, "one");
	put_notice(&s, 2, ben, "his");
	put_notice(&s, 3, anna, "two");
	put_notice(&s, 4, anna, "three");
	assert_string_equal(page_of(&s, anna, &page).texts, "one two ");
	assert_true(page.more && page.next > page.since);
	page.since = page.next;
	assert_string_equal(page_of(&s, anna, &page).texts, "three ");
	assert_false(page.more);
	page.since = page.next;
	assert_string_equal(page_of(&s, anna, &page).texts, "");
	assert_int_equal(page.next, page.since);
	put_notice(&s, 5, anna, "four");
	assert_string_equal(page_of(&s, anna, &page).texts, "four ");
	page = (struct listing_page){.limit = 10};
	assert_string_equal(page_of(&s, ben, &page).texts, "his ");
}

static void it_takes_the_pass_for_ones_own(void **state)
{
	AUTO(server) s = {0};
	AUTO(store_snapshot) snapshot = {0};
	struct listing_page page = {.limit = 2};
	struct permit_room room;

	(void)state;
	server_begin(&s);
	assert_ok(store_snapshot_new(&s.store, &snapshot));
	const struct permit_pass *other = server_pass(&s, snapshot.view, &s.reader.w.anna, PERMIT_PATIENT_LIST, &room);
	assert_fails(ST_DENIED, noticelist(snapshot.view, other, &page, see, NULL));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whoever_follows_sees_each_of_his_own_once),
		TEST(it_takes_the_pass_for_ones_own),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
