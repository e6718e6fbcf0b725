/* SPDX-License-Identifier: Apache-2.0 */
/* The code of conduct: there from the first day, replaced and asked again, accepted by version and hash (PROMISES#K13).
 */
#include "conduct.h"
#include "hash.h"
#include "openstore.h"
#include "testing.h"

#include <string.h>

static struct status change(enum language language, const char *text, struct conduct_change *out)
{
	AUTO(store_txn) txn = {0};

	*out = (struct conduct_change){.language = language, .text = text != NULL ? text_of(text) : (struct text){0}};
	TRY(store_begin(&store, &txn));
	TRY(conduct_apply(&txn, out));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("a code changed"), NULL));
	return store_commit(&txn);
}

static void get(struct row *row, struct conduct *out)
{
	AUTO(store_snapshot) snapshot = {0};

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(conduct_get(snapshot.view, row, out));
}

static void a_site_has_one_from_its_first_day(void **state)
{
	AUTO(row) row = {0};
	struct conduct c;
	struct hash hash;

	(void)state;
	get(&row, &c);
	assert_int_equal(c.version, 1);
	for (enum language l = LANGUAGE_ENGLISH; l <= LANGUAGE_FRENCH; l++) {
		const struct conduct_text *t = conduct_in(&c, l);
		assert_true(t->built_in && text_equal(t->text, conduct_built_in(l)));
		assert_ok(conduct_check(t->text));
		assert_ok(sha256(text_bytes(t->text), &hash));
		assert_true(hash_equal(&t->hash, &hash));
		assert_true(conduct_accepts(&c, 1, l, &hash));
	}
	assert_false(text_equal(conduct_built_in(LANGUAGE_ENGLISH), conduct_built_in(LANGUAGE_FRENCH)));
}

static void each_change_is_a_version_and_keeps_the_other_language(void **state)
{
	AUTO(row) row = {0};
	struct conduct c, before;
	struct conduct_change changed;

	(void)state;
	get(&row, &before);
	assert_ok(change(LANGUAGE_FRENCH, "Silence.\n", &changed));
	assert_int_equal(changed.version, 2);
	assert_non_null(strstr(changed.detail, "version 2, fr, SHA-256 "));
	get(&row, &c);
	assert_true(text_equal(conduct_in(&c, LANGUAGE_FRENCH)->text, TEXT("Silence.\n")));
	assert_true(conduct_in(&c, LANGUAGE_ENGLISH)->built_in && !conduct_in(&c, LANGUAGE_FRENCH)->built_in);
	assert_ok(change(LANGUAGE_ENGLISH, NULL, &changed));
	assert_int_equal(changed.version, 3);
	assert_non_null(strstr(changed.detail, "asked for again"));
	get(&row, &c);
	assert_true(text_equal(conduct_in(&c, LANGUAGE_FRENCH)->text, TEXT("Silence.\n")));
	assert_true(hash_equal(&conduct_in(&c, LANGUAGE_ENGLISH)->hash, &conduct_in(&before, LANGUAGE_ENGLISH)->hash));
}

static void what_was_accepted_counts_for_that_version_language_and_text_only(void **state)
{
	AUTO(row) row = {0};
	struct conduct c;
	struct conduct_change changed;

	(void)state;
	get(&row, &c);
	const struct hash english = conduct_in(&c, LANGUAGE_ENGLISH)->hash;
	assert_true(conduct_accepts(&c, 1, LANGUAGE_ENGLISH, &english));
	assert_false(conduct_accepts(&c, 1, LANGUAGE_FRENCH, &english));
	assert_false(conduct_accepts(&c, 2, LANGUAGE_ENGLISH, &english));
	assert_ok(change(LANGUAGE_ENGLISH, NULL, &changed));
	get(&row, &c);
	assert_false(conduct_accepts(&c, 1, LANGUAGE_ENGLISH, &english));
	assert_true(conduct_accepts(&c, 2, LANGUAGE_ENGLISH, &english));
	assert_ok(change(LANGUAGE_ENGLISH, "Another.", &changed));
	get(&row, &c);
	assert_false(conduct_accepts(&c, 3, LANGUAGE_ENGLISH, &english));
}

static void takes_a_page_to_read_and_nothing_else(void **state)
{
	static char book[LIMIT_CONDUCT_TEXT + 1];
	static const char *const bad[] = {"", " \n ", "a\tb", "a\r\nb", "a\x1b[2J", "\xff", "a\x7f"};
	struct conduct_change changed;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, conduct_check(text_of(bad[i])));
	assert_fails(ST_INVALID, change(LANGUAGE_ENGLISH, " ", &changed));
	memset(book, 'x', sizeof book);
	assert_ok(conduct_check((struct text){book, LIMIT_CONDUCT_TEXT}));
	assert_fails(ST_TOO_BIG, conduct_check((struct text){book, sizeof book}));
	assert_ok(conduct_check(TEXT("Gardez le secret m\u00e9dical.\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_site_has_one_from_its_first_day, setup, teardown),
		cmocka_unit_test_setup_teardown(each_change_is_a_version_and_keeps_the_other_language, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_accepted_counts_for_that_version_language_and_text_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(takes_a_page_to_read_and_nothing_else, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
