/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of deliveries: when it is tried, how often, and when it is over; which kinds are wanted; addresses. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "contact.h"
#include "delivery.h"
#include "rig.h"

#define NOW 1700000000000ull

static struct rig rig;
static struct store store;

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	return ok(store_open(&rig.options, &store)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	store_clear(&store);
	rig_end(&rig);
	return 0;
}

static struct delivery delivery(void)
{
	return (struct delivery){.notice = {rig_patient(1)}, .way = DELIVERY_MAIL, .user = {rig_patient(2)}};
}

static struct status keep(void *context, const struct row *row)
{
	struct delivery *out = context;

	return delivery_read(row, out);
}

/** What is due at that time; way 0: nothing. */
static struct delivery due(struct store_txn *txn, uint64_t now)
{
	struct delivery d = {0};

	assert_ok(delivery_due(txn->view, now, keep, &d));
	return d;
}

static void grows_the_wait_and_gives_up_after_three_days(void **state)
{
	AUTO(store_txn) txn = {0};
	struct delivery d = delivery();
	uint64_t now = NOW, before = 0;
	unsigned tries = 0;
	bool over = false;

	(void)state;
	assert_ok(store_begin(&store, &txn));
	assert_ok(delivery_add(&txn, &d, now));
	for (; !over; tries++) {
		d = due(&txn, now);
		assert_int_equal(d.way, DELIVERY_MAIL);
		assert_int_equal(d.tries, tries);
		assert_ok(delivery_failed(&txn, &d, now, &over));
		if (over)
			break;
		d = due(&txn, UINT64_MAX);
		assert_true(d.due - now >= before && d.due - now <= DELIVERY_LONG_MS);
		assert_int_equal(due(&txn, d.due - 1).way, 0);
		before = d.due - now;
		now = d.due;
	}
	assert_true(now - NOW >= DELIVERY_GIVEN_UP_MS && tries > 15 && tries < 30);
	assert_int_equal(due(&txn, UINT64_MAX).way, 0);
}

static void a_repetition_within_a_day_is_not_sent(void **state)
{
	AUTO(store_txn) txn = {0};
	struct delivery d = delivery();

	(void)state;
	assert_ok(store_begin(&store, &txn));
	assert_ok(delivery_add(&txn, &d, NOW));
	d = due(&txn, NOW);
	assert_ok(delivery_done(&txn, &d, NOW));
	assert_ok(delivery_add(&txn, &d, NOW + DELIVERY_QUIET_MS - 1));
	assert_true(due(&txn, UINT64_MAX).done);
	assert_ok(delivery_add(&txn, &d, NOW + DELIVERY_QUIET_MS));
	d = due(&txn, NOW + DELIVERY_QUIET_MS);
	assert_true(!d.done && d.tries == 0 && d.since == NOW + DELIVERY_QUIET_MS);
}

static void one_that_waits_is_not_begun_anew(void **state)
{
	AUTO(store_txn) txn = {0};
	struct delivery d = delivery();
	bool over;

	(void)state;
	assert_ok(store_begin(&store, &txn));
	assert_ok(delivery_add(&txn, &d, NOW));
	d = due(&txn, NOW);
	assert_ok(delivery_failed(&txn, &d, NOW, &over));
	assert_ok(delivery_add(&txn, &d, NOW + 1));
	assert_int_equal(due(&txn, UINT64_MAX).tries, 1);
	assert_ok(delivery_end(&txn, &d));
	assert_ok(delivery_end(&txn, &d));
	assert_int_equal(due(&txn, UINT64_MAX).way, 0);
}

static void which_kinds_a_list_holds(void **state)
{
	static const struct {
		const char *list;
		enum notice_kind kind;
		bool held;
	} rows[] = {{"", NOTICE_PASSWORD_CHANGED, false},
		    {"", NOTICE_LOGIN_LOCKED, true},
		    {"", NOTICE_DISK_FULL, true},
		    {"none", NOTICE_DISK_FULL, false},
		    {"urgent", NOTICE_LOGIN_LOCKED, false},
		    {"urgent", NOTICE_DISK_FULL, true},
		    {"password-changed,urgent", NOTICE_PASSWORD_CHANGED, true},
		    {"information", NOTICE_PASSWORD_CHANGED, true}};
	static const char *const bad[] = {"urgent,", ",", "nonsense", "urgent, warning", "none,urgent"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(notice_kinds_check(text_of(rows[i].list)));
		assert_int_equal(notice_kinds_hold(text_of(rows[i].list), rows[i].kind), rows[i].held);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, notice_kinds_check(text_of(bad[i])));
}

static void what_an_address_may_be(void **state)
{
	static const char *const good[] = {"a@b", "anna.moreau+x@clinic.example"};
	static const char *const bad[] = {"",      "@",       "a@",   "@b",    "a@b@c", "a b@c",         "a@b\r\n",
					  "<a@b>", "\"a\"@b", "-a@b", "a@b,c", "a@b;c", "anna\xc3\xa9@b"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_ok(mailaddress_check(text_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, mailaddress_check(text_of(bad[i])));
}

static void an_empty_address_removes_the_row(void **state)
{
	AUTO(store_txn) txn = {0};
	struct contact c = {.user = {rig_patient(3)}, .mail = "a@b", .kinds = "urgent"}, got;

	(void)state;
	assert_ok(store_begin(&store, &txn));
	assert_ok(contact_put(&txn, &c));
	assert_ok(contact_get(txn.view, &c.user, &got));
	assert_string_equal(got.mail, "a@b");
	assert_string_equal(got.kinds, "urgent");
	c.mail[0] = '\0';
	assert_ok(contact_put(&txn, &c));
	assert_ok(contact_put(&txn, &c));
	assert_ok(contact_get(txn.view, &c.user, &got));
	assert_string_equal(got.mail, "");
}

static struct contact contact_of(struct store_txn *txn, const struct user_id *user)
{
	struct contact c;

	assert_ok(contact_get(txn->view, user, &c));
	return c;
}

static void the_address_before_is_told_and_then_forgotten(void **state)
{
	AUTO(store_txn) txn = {0};
	struct contact first = {.user = {uuid_new(NOW)}, .mail = "a@b", .kinds = "urgent"}, second = first;
	struct notice_id notice;

	(void)state;
	(void)snprintf(second.mail, sizeof second.mail, "c@d");
	assert_ok(store_begin(&store, &txn));
	assert_ok(notice_put_as(&txn, notice_to_user(&first.user), NOTICE_CONTACT_CHANGED, NOW, &notice));
	assert_ok(contact_warn(&txn, &(struct contact){.user = first.user}, &notice, NOW));
	assert_int_equal(due(&txn, UINT64_MAX).way, 0);
	assert_ok(contact_put(&txn, &second));
	assert_ok(contact_warn(&txn, &first, &notice, NOW));
	/* Whoever changes it again at once cannot have the first address forgotten. */
	assert_ok(contact_warn(&txn, &second, &notice, NOW + 1));
	struct delivery d = due(&txn, NOW + 1);
	assert_int_equal(d.way, DELIVERY_MAIL);
	assert_true(uuid_equal(&d.notice.uuid, &notice.uuid));
	assert_false(uuid_equal(&d.user.uuid, &first.user.uuid));
	assert_string_equal(contact_of(&txn, &d.user).mail, "a@b");
	assert_string_equal(contact_of(&txn, &first.user).mail, "c@d");
	const struct user_id whose = contact_user(&d.user), himself = contact_user(&first.user);
	assert_true(uuid_equal(&whose.uuid, &first.user.uuid) && uuid_equal(&himself.uuid, &first.user.uuid));
	assert_ok(delivery_done(&txn, &d, NOW + 2));
	assert_ok(delivery_end(&txn, &d));
	assert_string_equal(contact_of(&txn, &d.user).mail, "");
	assert_string_equal(contact_of(&txn, &first.user).mail, "c@d");
	assert_ok(contact_warn(&txn, &second, &notice, NOW + 3));
	assert_string_equal(contact_of(&txn, &d.user).mail, "c@d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(grows_the_wait_and_gives_up_after_three_days),
		EACH(a_repetition_within_a_day_is_not_sent),
		EACH(one_that_waits_is_not_begun_anew),
		EACH(which_kinds_a_list_holds),
		EACH(what_an_address_may_be),
		EACH(an_empty_address_removes_the_row),
		EACH(the_address_before_is_told_and_then_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
