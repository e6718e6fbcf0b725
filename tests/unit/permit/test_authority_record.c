/* SPDX-License-Identifier: Apache-2.0 */
/* Records: under which keys, in which order, in which status. */
#include "authority_fixture.h"

/* ---- The owner's statements, with one thing wrong each ---- */

static void a_record_is_written_under_current_keys_only(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('3', &f, &s);
	f.has_identity_epoch = false;
	expect(ST_CONFLICT, "rekey", &f, &s);
	f.has_identity_epoch = true;
	f.has_clinical_epoch = false;
	expect(ST_CONFLICT, "rekey", &f, &s);
	f.has_clinical_epoch = true;
	s.record.identity_epoch = 2;
	expect(ST_CONFLICT, "epoch", &f, &s);
	s.record.identity_epoch = 3;
	s.record.clinical_epoch = 5;
	expect(ST_CONFLICT, "epoch", &f, &s);
	/* What it does not use does not matter. */
	facts_for(&the_owner, &f);
	make('2', &f, &s);
	f.has_identity_epoch = false;
	assert_ok(authority_decide(&f, &s));
	make('1', &f, &s);
	f.has_identity_epoch = true;
	f.has_clinical_epoch = false;
	assert_ok(authority_decide(&f, &s));
}

static void versions_follow_by_one_within_one_patient_and_kind(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('3', &f, &s);
	s.record.version = 3;
	expect(ST_CONFLICT, "version", &f, &s);
	s.record.version = 1;
	expect(ST_CONFLICT, "version", &f, &s);
	s.record.version = 2;
	f.record_kind = RECORD_PHOTO;
	expect(ST_INVALID, "kind", &f, &s);
	f.record_kind = s.record.kind;
	f.record_patient.uuid = uuid_of(77);
	expect(ST_CONFLICT, "patient", &f, &s);
	f.record_patient.uuid = uuid_of(PATIENT);
	f.record_ended = true;
	expect(ST_GONE, "record", &f, &s);
	f.record_known = f.record_ended = false;
	expect(ST_CONFLICT, "version", &f, &s);
	s.record.version = 1;
	assert_ok(authority_decide(&f, &s));
	facts_for(&the_owner, &f);
	make('D', &f, &s);
	s.record_end.version = 2;
	expect(ST_CONFLICT, "version", &f, &s);
	s.record_end.version = 1;
	f.record_ended = true;
	expect(ST_GONE, "record", &f, &s);
	f.record_known = false;
	expect(ST_NOT_FOUND, "record", &f, &s);
}

static void an_identity_record_is_a_header_under_identity_alone(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_owner, &f);
	make('1', &f, &s);
	s.record.size = 1;
	expect(ST_INVALID, "content_hash", &f, &s);
	s.record.size = 0;
	s.record.content_hash = hash_of(1);
	expect(ST_INVALID, "content_hash", &f, &s);
	make('3', &f, &s);
	s.record.kind = f.record_kind = RECORD_IDENTITY;
	expect(ST_INVALID, "compartment", &f, &s);
	make('1', &f, &s);
	s.record.kind = f.record_kind = RECORD_SOURCE;
	expect(ST_INVALID, "compartment", &f, &s);
}

static void a_status_never_goes_back(void **state)
{
	/* Rows: before (none, draft, final, amended, in error); columns: next (draft, final, amended, in error). */
	static const char *const allowed[] = {"YYYY", "YYYY", ".YYY", ".YYY", "...Y"};

	(void)state;
	for (unsigned before = 0; before < 5; before++) {
		for (unsigned next = 0; next < 4; next++) {
			struct authority_facts f;
			struct statement s;

			facts_for(&the_owner, &f);
			make('3', &f, &s);
			f.record_known = before != 0;
			f.record_status = (enum record_status)before;
			s.record.version = before == 0 ? 1 : 2;
			s.record.status = (enum record_status)(next + 1);
			if (allowed[before][next] == 'Y')
				assert_ok(authority_decide(&f, &s));
			else
				expect(ST_INVALID, "status", &f, &s);
		}
	}
}

static void anothers_draft_is_made_final_by_who_may_sign(void **state)
{
	/* A column for each next status (draft, final, amended, in error): s takes the right, . does not. */
	static const char *const takes[] = {"....", ".ss.", "....", "....", "...."};
	const struct signer writer = {"writer", PROFILE_CLINICIAN, ALL, GRANTED, 7, SOUND, ""};

	(void)state;
	for (unsigned before = 0; before < 5; before++)
		for (unsigned next = 0; next < 4; next++)
			for (unsigned own = 0; own < 2; own++) {
				struct authority_facts f;
				struct statement s;

				facts_for(&writer, &f);
				make('3', &f, &s);
				f.record_known = before != 0;
				f.record_status = (enum record_status)before;
				f.record_author.uuid = uuid_of(own != 0 ? SIGNER : OTHER);
				s.record.version = before == 0 ? 1 : 2;
				s.record.status = (enum record_status)(next + 1);
				const struct status got = authority_decide(&f, &s);
				const bool denied = got.code == ST_DENIED;
				assert_int_equal(denied, own == 0 && takes[before][next] == 's');
				if (denied)
					assert_string_equal(got.what, "sign");
				f.author_grant.permissions |= RIGHT_SIGN;
				assert_true(authority_decide(&f, &s).code != ST_DENIED);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_is_written_under_current_keys_only),
		TEST(versions_follow_by_one_within_one_patient_and_kind),
		TEST(an_identity_record_is_a_header_under_identity_alone),
		TEST(a_status_never_goes_back),
		TEST(anothers_draft_is_made_final_by_who_may_sign),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
