/* SPDX-License-Identifier: Apache-2.0 */
/* What may be given, taken back and ended of a patient file, and to whom its keys go. */
#include "authority_fixture.h"

/* ---- The owner's statements, with one thing wrong each ---- */

static void whoever_shares_gives_no_more_than_he_has(void **state)
{
	static const struct {
		uint32_t has;
		uint64_t until;
		uint32_t gives;
		uint64_t gives_until;
		enum status_code code;
		const char *what;
	} cells[] = {
		{11, 0, RIGHT_READ, 0, ST_OK, NULL},
		{11, 0, 11, 0, ST_OK, NULL},
		{11, 0, RIGHT_WRITE, 0, ST_DENIED, "permissions"},
		{11, 0, 15, 0, ST_DENIED, "permissions"},
		{11, NOW + DAY, RIGHT_READ, NOW + DAY, ST_OK, NULL},
		{11, NOW + DAY, RIGHT_READ, NOW + DAY - 1, ST_OK, NULL},
		{11, NOW + DAY, RIGHT_READ, NOW + DAY + 1, ST_DENIED, "until"},
		{11, NOW + DAY, RIGHT_READ, 0, ST_DENIED, "until"},
		{11, NOW, RIGHT_READ, NOW + 1, ST_DENIED, "share"},
		{3, 0, RIGHT_READ, 0, ST_DENIED, "share"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++) {
		const struct signer sharer = {"sharer", PROFILE_CLINICIAN, ALL, GRANTED, 0, SOUND, ""};
		struct authority_facts f;
		struct statement s;

		facts_for(&sharer, &f);
		make('G', &f, &s);
		f.author_grant = grant_of(cells[i].has, cells[i].until, OWNER_ID);
		s.grant.permissions = cells[i].gives;
		s.grant.until = cells[i].gives_until;
		expect(cells[i].code, cells[i].what, &f, &s);
	}
}

static void a_sharer_does_not_touch_what_others_granted(void **state)
{
	const struct signer sharer = {"sharer", PROFILE_CLINICIAN, ALL, GRANTED, ALL, SOUND, ""};
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&sharer, &f);
	make('G', &f, &s);
	f.recipient_grant = grant_of(RIGHTS_ALL, 0, OWNER_ID);
	expect(ST_DENIED, "grant", &f, &s);
	f.recipient_grant = grant_of(RIGHTS_ALL, 0, SIGNER);
	assert_ok(authority_decide(&f, &s));
	/* Nor does he lengthen his own. */
	f.recipient = f.author;
	f.recipient_grant = grant_of(RIGHTS_ALL, 0, SIGNER);
	expect(ST_INVALID, "recipient", &f, &s);
}

static void a_grant_goes_to_an_enrolled_active_carer_who_is_not_the_owner(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('G', &f, &s);
	assert_ok(authority_decide(&f, &s));
	f.recipient_known = false;
	expect(ST_NOT_FOUND, "recipient", &f, &s);
	f.recipient_known = true;
	f.recipient.enrolled = false;
	expect(ST_INVALID, "recipient", &f, &s);
	f.recipient = person_of(OTHER, PROFILE_CLINICIAN, ALL);
	f.recipient.state = USER_DISABLED;
	expect(ST_INVALID, "recipient", &f, &s);
	f.recipient = person_of(OTHER, PROFILE_AUDITOR, 0);
	expect(ST_INVALID, "recipient", &f, &s);
	f.recipient = person_of(OTHER, PROFILE_ADMINISTRATOR, 0);
	expect(ST_INVALID, "recipient", &f, &s);
	f.recipient = person_of(SIGNER, PROFILE_CLINICIAN, ALL);
	expect(ST_INVALID, "recipient", &f, &s);
	f.recipient = person_of(OTHER, PROFILE_ASSISTANT, 0);
	assert_ok(authority_decide(&f, &s));
	s.grant.recipient_kind = RECIPIENT_LIST;
	expect(ST_INVALID, "recipient_kind", &f, &s);
	s.grant.recipient_kind = RECIPIENT_USER;
	s.grant.permissions = 0;
	expect(ST_INVALID, "permissions", &f, &s);
	s.grant.permissions = 1;
	s.grant.until = NOW;
	expect(ST_INVALID, "until", &f, &s);
}

static void a_revocation_needs_a_grant(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('r', &f, &s);
	f.recipient_grant.exists = false;
	expect(ST_CONFLICT, "grant", &f, &s);
	f.recipient_grant = grant_of(1, NOW - 1, OWNER_ID);
	assert_ok(authority_decide(&f, &s));
}

static void nobody_shortens_the_delay_of_a_deletion(void **state)
{
	static const struct {
		uint64_t delay;
		bool fits;
	} cells[] = {
		{0, false},
		{AUTHORITY_END_MS - 1, false},
		{AUTHORITY_END_MS, true},
		{AUTHORITY_END_MAX_MS, true},
		{AUTHORITY_END_MAX_MS + 1, false},
		{UINT64_MAX, false},
	};
	struct authority_facts f;
	struct statement s;

	(void)state;
	assert_int_equal(AUTHORITY_END_MS, 7 * DAY);
	for (size_t i = 0; i < COUNT(cells); i++) {
		facts_for(&the_owner, &f);
		make('X', &f, &s);
		s.patient_end.delay = cells[i].delay;
		expect(cells[i].fits ? ST_OK : ST_INVALID, cells[i].fits ? NULL : "delay", &f, &s);
	}
	/* Nor by a time at which the sum would begin anew. */
	make('X', &f, &s);
	f.time = UINT64_MAX - AUTHORITY_END_MS + 1;
	expect(ST_INVALID, "time", &f, &s);
}

static void a_file_ends_once_and_its_own_end_is_withdrawn(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('X', &f, &s);
	f.end = end_of(NOW + 1);
	expect(ST_CONFLICT, "deletion", &f, &s);
	make('W', &f, &s);
	s.patient_keep.end = hash_of(34);
	expect(ST_CONFLICT, "deletion", &f, &s);
	s.patient_keep.end = hash_of(33);
	assert_ok(authority_decide(&f, &s));
	f.end = end_of(NOW);
	expect(ST_GONE, "patient", &f, &s);
	f.end.exists = false;
	expect(ST_CONFLICT, "deletion", &f, &s);
}

static void epochs_follow_by_one_and_go_to_the_expected_recipients(void **state)
{
	AUTO(buffer) expected = {.max = 4096};
	AUTO(buffer) got = {.max = 4096};
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('e', &f, &s);
	s.epoch.number = 5;
	expect(ST_CONFLICT, "number", &f, &s);
	s.epoch.number = 3;
	expect(ST_CONFLICT, "number", &f, &s);
	s.epoch.number = 0;
	expect(ST_CONFLICT, "number", &f, &s);
	s.epoch.number = 4;
	for (uint8_t i = 1; i < 4; i++) {
		struct recipient row = recipient_of((uint8_t)(i * 10));
		assert_ok(statement_put_recipient(&expected, &row));
		row.wrapped_hash = hash_of(i);
		assert_ok(statement_put_recipient(&got, &row));
	}
	f.expected = buffer_bytes(&expected);
	s.epoch.recipients = buffer_bytes(&got);
	assert_ok(authority_decide(&f, &s));
	for (size_t at = 0; at < got.len; at++) {
		got.bytes[at] ^= 1;
		const bool in_wrapped_hash = at % STATEMENT_RECIPIENT_BYTES >= 49;
		expect(in_wrapped_hash ? ST_OK : ST_CONFLICT, in_wrapped_hash ? NULL : "recipients", &f, &s);
		got.bytes[at] ^= 1;
	}
	s.epoch.recipients.len -= STATEMENT_RECIPIENT_BYTES;
	expect(ST_CONFLICT, "recipients", &f, &s);
	s.epoch.holder_kind = HOLDER_LIST;
	expect(ST_INVALID, "holder_kind", &f, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whoever_shares_gives_no_more_than_he_has),
		TEST(a_sharer_does_not_touch_what_others_granted),
		TEST(a_grant_goes_to_an_enrolled_active_carer_who_is_not_the_owner),
		TEST(a_revocation_needs_a_grant),
		TEST(nobody_shortens_the_delay_of_a_deletion),
		TEST(a_file_ends_once_and_its_own_end_is_withdrawn),
		TEST(epochs_follow_by_one_and_go_to_the_expected_recipients),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
