/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: named, typed, bounded, kept, in force at once (PROMISES#K13). */
#include "testing.h"

#include <string.h>

#include "openstore.h"
#include "settings.h"

static struct status apply(const struct setting_change *change, struct setting_change *out)
{
	AUTO(store_txn) txn = {0};

	*out = *change;
	TRY(store_begin(&store, &txn));
	TRY(setting_apply(&txn, out));
	TRY(store_txn_audit(&txn, BYTES_LITERAL("a setting changed"), NULL));
	return store_commit(&txn);
}

static struct status change_to(enum setting which, const struct setting_value *value, struct setting_change *out)
{
	return apply(&(struct setting_change){.which = which, .value = *value}, out);
}

static struct status change(enum setting which, uint16_t value, struct setting_change *out)
{
	return change_to(which, &(struct setting_value){.number = value}, out);
}

static void every_one_has_a_name_of_its_own_a_meaning_and_a_default_within_its_bounds(void **state)
{
	(void)state;
	for (enum setting i = 0; i < SETTING_COUNT; i++) {
		const struct setting_rule *rule = &setting_rules[i];
		enum setting found;
		assert_non_null(rule->name);
		assert_non_null(rule->meaning);
		assert_true((rule->check != NULL) == (i >= SETTING_TEXTS));
		assert_true(rule->least <= rule->otherwise && rule->otherwise <= rule->most);
		assert_ok(setting_find(text_of(rule->name), &found));
		assert_int_equal(found, i);
		for (size_t w = 0; rule->words != NULL && w <= rule->most; w++)
			assert_non_null(rule->words[w]);
	}
	enum setting none;
	assert_fails(ST_NOT_FOUND, setting_find(TEXT("night.minute"), &none));
	assert_fails(ST_NOT_FOUND, setting_find(TEXT(""), &none));
}

static void is_read_as_it_is_printed_and_within_its_bounds_only(void **state)
{
	char text[SETTING_TEXT_MAX];
	struct setting_value value;

	(void)state;
	for (enum setting i = 0; i < SETTING_TEXTS; i++)
		for (uint32_t v = setting_rules[i].least; v <= setting_rules[i].most; v++) {
			setting_print(i, &(struct setting_value){.number = (uint16_t)v}, text);
			assert_ok(setting_parse(i, text_of(text), &value));
			assert_int_equal(value.number, v);
		}
	static const char *const bad[] = {"", "25", "-1", "three", "03", "3 ", " 3", "3.0", "99999999999999999999"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, setting_parse(SETTING_NIGHT_HOUR, text_of(bad[i]), &value));
}

static void is_kept_with_what_it_was_before(void **state)
{
	struct settings settings = {0};
	struct setting_change c;

	(void)state;
	assert_ok(settings_load(&store, &settings));
	assert_int_equal(settings_value(&settings, SETTING_NIGHT_HOUR), 24);
	assert_ok(change(SETTING_NIGHT_HOUR, 3, &c));
	assert_string_equal(c.detail, "set night.hour 3 (was 24)");
	assert_ok(change(SETTING_NIGHT_HOUR, 4, &c));
	assert_string_equal(c.detail, "set night.hour 4 (was 3)");
	assert_int_equal(settings_value(&settings, SETTING_NIGHT_HOUR), 24);
	assert_ok(settings_load(&store, &settings));
	assert_int_equal(settings_value(&settings, SETTING_NIGHT_HOUR), 4);
}

/** One administrator who relaxes what takes two persons would be both. */
static void what_takes_two_persons_is_relaxed_at_the_host_alone(void **state)
{
	static const struct {
		enum setting which;
		uint16_t strict, lax;
	} rows[] = {{SETTING_APPROVAL_OFFICE, 7, 6}, {SETTING_APPROVAL_OFFICE, 90, 0}, {SETTING_PATIENT_DELETE, 1, 0}};
	struct setting_change c;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(change(rows[i].which, rows[i].strict, &c));
		assert_ok(change(rows[i].which, rows[i].strict, &c));
		assert_fails(ST_DENIED, change(rows[i].which, rows[i].lax, &c));
		const struct setting_change by_host = {
			.which = rows[i].which, .value.number = rows[i].lax, .host = true};
		assert_ok(apply(&by_host, &c));
	}
	assert_ok(change(SETTING_NIGHT_HOUR, 0, &c));
}

static void of_two_changes_the_newer_counts_in_whatever_order_they_are_noted(void **state)
{
	struct settings settings = {0};
	struct setting_change first, second;

	(void)state;
	assert_ok(settings_load(&store, &settings));
	assert_ok(change(SETTING_SESSION_IDLE, 10, &first));
	assert_ok(change(SETTING_SESSION_IDLE, 20, &second));
	settings_note(&settings, &second);
	settings_note(&settings, &first);
	assert_int_equal(settings_value(&settings, SETTING_SESSION_IDLE), 20);
}

static void a_profile_may_have_limits_of_its_own(void **state)
{
	struct settings settings = {0};
	struct setting_change c;
	enum setting auditor;

	(void)state;
	assert_ok(setting_find(TEXT("session.idle_minutes.auditor"), &auditor));
	assert_ok(change(auditor, 5, &c));
	assert_ok(setting_find(TEXT("session.absolute_hours.administrator"), &auditor));
	assert_ok(change(auditor, 1, &c));
	assert_ok(settings_load(&store, &settings));
	assert_int_equal(settings_idle_ms(&settings, PROFILE_AUDITOR), 5 * 60000);
	assert_int_equal(settings_idle_ms(&settings, PROFILE_CLINICIAN), 15 * 60000);
	assert_int_equal(settings_absolute_ms(&settings, PROFILE_ADMINISTRATOR), 3600000);
	assert_int_equal(settings_absolute_ms(&settings, PROFILE_ASSISTANT), 12 * 3600000);
}

static void a_word_is_kept_as_the_word(void **state)
{
	struct settings settings = {0};
	struct setting_change c;
	struct setting_value value;

	(void)state;
	assert_ok(setting_parse(SETTING_PASSWORD_POLICY, TEXT("nist-800-63b-4"), &value));
	assert_ok(change_to(SETTING_PASSWORD_POLICY, &value, &c));
	assert_string_equal(c.detail, "set password.policy nist-800-63b-4 (was composition-180d)");
	assert_ok(settings_load(&store, &settings));
	assert_int_equal(settings_value(&settings, SETTING_PASSWORD_POLICY), value.number);
	assert_fails(ST_INVALID, setting_parse(SETTING_PASSWORD_POLICY, TEXT("none"), &value));
	assert_fails(ST_INVALID, setting_parse(SETTING_PASSWORD_POLICY, TEXT("1"), &value));
}

static void a_text_is_kept_as_it_was_written_and_the_newest_counts(void **state)
{
	struct settings settings = {0};
	struct setting_change first, second;
	struct setting_value value;
	static const uint8_t inside[4] = {192, 0, 2, 9}, outside[4] = {198, 51, 100, 9};

	(void)state;
	assert_ok(settings_load(&store, &settings));
	assert_false(settings_names(&settings, SETTING_EXEMPT, bytes_of(inside, 4)));
	assert_ok(setting_parse(SETTING_EXEMPT, TEXT("192.0.2.0/24, 2001:db8::/32"), &value));
	assert_ok(change_to(SETTING_EXEMPT, &value, &first));
	assert_string_equal(first.detail, "set failures.exempt 192.0.2.0/24, 2001:db8::/32 (was nothing)");
	settings_note(&settings, &first);
	assert_true(settings_names(&settings, SETTING_EXEMPT, bytes_of(inside, 4)));
	assert_false(settings_names(&settings, SETTING_EXEMPT, bytes_of(outside, 4)));
	assert_false(settings_names(&settings, SETTING_PROXIES, bytes_of(inside, 4)));
	assert_ok(setting_parse(SETTING_EXEMPT, TEXT(""), &value));
	assert_ok(change_to(SETTING_EXEMPT, &value, &second));
	assert_string_equal(second.detail, "set failures.exempt to nothing (was 192.0.2.0/24, 2001:db8::/32)");
	settings_note(&settings, &second);
	settings_note(&settings, &first);
	assert_false(settings_names(&settings, SETTING_EXEMPT, bytes_of(inside, 4)));
	assert_ok(settings_load(&store, &settings));
	settings_get(&settings, SETTING_EXEMPT, &value);
	assert_string_equal(value.text, "");
	settings_clear(&settings);
}

static void a_text_that_would_not_do_says_what_to_write(void **state)
{
	char many[SETTING_TEXT_MAX + 1];
	struct setting_value value;

	(void)state;
	static const char *const bad[] = {"clinic",       "192.0.2.1/24", "0.0.0.0/0",    "::/0",
					  "192.0.2.0/33", "1.2.3.4/",     "192.0.2.0/-1", "1.2.3"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, setting_parse(SETTING_PROXIES, text_of(bad[i]), &value));
	memset(many, ' ', sizeof many);
	assert_ok(setting_parse(SETTING_PROXIES, (struct text){many, sizeof many - 2}, &value));
	assert_fails(ST_INVALID, setting_parse(SETTING_PROXIES, (struct text){many, sizeof many - 1}, &value));
}

static void says_all_of_itself(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct jsonwriter w = jsonwriter_of(&out);

	(void)state;
	setting_json(&w, SETTING_NIGHT_HOUR, &(struct setting_value){.number = 3});
	assert_ok(jsonwriter_done(&w));
	assert_ok(buffer_put_u8(&out, 0));
	assert_string_equal((const char *)out.bytes,
			    "{\"name\":\"night.hour\",\"value\":3,\"default\":24,\"least\":0,\"most\":24,"
			    "\"meaning\":\"hour (UTC) of the nightly work; 24: whenever a day is over\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(every_one_has_a_name_of_its_own_a_meaning_and_a_default_within_its_bounds),
		EACH(is_read_as_it_is_printed_and_within_its_bounds_only),
		EACH(is_kept_with_what_it_was_before),
		EACH(what_takes_two_persons_is_relaxed_at_the_host_alone),
		EACH(of_two_changes_the_newer_counts_in_whatever_order_they_are_noted),
		EACH(a_profile_may_have_limits_of_its_own),
		EACH(a_word_is_kept_as_the_word),
		EACH(a_text_is_kept_as_it_was_written_and_the_newest_counts),
		EACH(a_text_that_would_not_do_says_what_to_write),
		EACH(says_all_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
