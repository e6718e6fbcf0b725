/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

static void every_kind_comes_back_as_it_was(void **state)
{
	AUTO(pair) pair = {0};

	(void)state;
	pair_of("author", &pair);
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) rows = {.max = 4096};
		AUTO(buffer) first = {.max = LIMIT_STATEMENT_BYTES};
		AUTO(buffer) again = {.max = LIMIT_STATEMENT_BYTES};
		struct statement draft;
		struct statement parsed;
		struct hash name;

		sample_draft((enum statement_kind)kind, &pair.public_key, &rows, &draft);
		assert_ok(statement_sign(&draft, &pair.private_key, &first));
		assert_ok(statement_parse(buffer_bytes(&first), &parsed));
		assert_int_equal(parsed.kind, kind);
		assert_ok(statement_encode(&parsed, &again));
		assert_true(bytes_equal(buffer_bytes(&again), parsed.signed_bytes));
		assert_int_equal(parsed.bytes.len, parsed.signed_bytes.len + 64);
		assert_ok(sha256(parsed.signed_bytes, &name));
		assert_true(hash_equal(&name, &parsed.name));
		assert_ok(statement_verify(&parsed, &pair.public_key));
	}
}

static void two_signatures_over_one_text_are_the_same_statement(void **state)
{
	AUTO(pair) one = {0};
	AUTO(pair) other = {0};
	AUTO(buffer) rows = {.max = 4096};
	AUTO(buffer) a = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) b = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft;
	struct statement first;
	struct statement second;

	(void)state;
	pair_of("author", &one);
	pair_of("other", &other);
	sample_draft(STATEMENT_GRANT, &one.public_key, &rows, &draft);
	assert_ok(statement_sign(&draft, &one.private_key, &a));
	assert_ok(statement_sign(&draft, &other.private_key, &b));
	assert_ok(statement_parse(buffer_bytes(&a), &first));
	assert_ok(statement_parse(buffer_bytes(&b), &second));
	assert_true(hash_equal(&first.name, &second.name));
	assert_false(bytes_equal(first.bytes, second.bytes));
}

static void a_verifier_serves_many_statements(void **state)
{
	AUTO(pair) pair = {0};
	AUTO(p256_verifier) verifier = {0};

	(void)state;
	pair_of("author", &pair);
	assert_ok(p256_verifier_new(&pair.public_key, &verifier));
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) rows = {.max = 4096};
		AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
		struct statement draft;
		struct statement parsed;

		sample_draft((enum statement_kind)kind, &pair.public_key, &rows, &draft);
		assert_ok(statement_sign(&draft, &pair.private_key, &bytes));
		assert_ok(statement_parse(buffer_bytes(&bytes), &parsed));
		assert_ok(statement_verify_with(&parsed, &verifier));
	}
}

static void an_epoch_for_a_thousand_recipients_fits_and_one_more_does_not(void **state)
{
	AUTO(pair) pair = {0};
	AUTO(buffer) rows = {.max = 128 * 1024};
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft;
	struct statement parsed;
	struct recipient row = recipient_of(1);

	(void)state;
	pair_of("author", &pair);
	sample_draft(STATEMENT_EPOCH, &pair.public_key, &rows, &draft);
	rows.len = 0;
	for (unsigned i = 0; i < LIMIT_EPOCH_RECIPIENTS; i++) {
		row.id.bytes[0] = (uint8_t)(i >> 8);
		row.id.bytes[1] = (uint8_t)i;
		assert_ok(statement_put_recipient(&rows, &row));
	}
	draft.epoch.recipients = buffer_bytes(&rows);
	assert_ok(statement_sign(&draft, &pair.private_key, &bytes));
	assert_ok(statement_parse(buffer_bytes(&bytes), &parsed));
	assert_int_equal(statement_recipient_count(parsed.epoch.recipients), 1000);
	row.id.bytes[0] = 0xff;
	assert_ok(statement_put_recipient(&rows, &row));
	draft.epoch.recipients = buffer_bytes(&rows);
	bytes.len = 0;
	assert_fails(ST_INVALID, statement_sign(&draft, &pair.private_key, &bytes));
	assert_int_equal(bytes.len, 0);
}

static void the_site_statement_has_the_bytes_that_the_format_says(void **state)
{
	AUTO(pair) pair = {0};
	AUTO(buffer) rows = {.max = 4096};
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) expected = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft;
	const struct hash zeros = {{0}};
	const struct hash key_hash = hash_of(3);
	const struct hash root = hash_of(4);
	const struct hash previous = hash_of(5);
	const struct uuid author = uuid_of(2);
	const uint8_t log_key[32] = {6};

	(void)state;
	pair_of("author", &pair);
	sample_draft(STATEMENT_SITE, &pair.public_key, &rows, &draft);
	assert_ok(statement_encode(&draft, &bytes));
	assert_ok(buffer_put(&expected, bytes_of("tacenda/v1/site", 16)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&zeros)));
	assert_ok(buffer_put_sized(&expected, uuid_bytes(&author)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&key_hash)));
	assert_ok(buffer_put(&expected, bytes_of("\0\0\0\x08\0\0\0\0\0\0\0\x11", 12)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&root)));
	assert_ok(buffer_put_sized(&expected, hash_bytes(&previous)));
	assert_ok(buffer_put_u32(&expected, 8));
	assert_ok(buffer_put_u64(&expected, 1795000000123));
	assert_ok(buffer_put_sized(&expected, BYTES_LITERAL("Practice at the Mill")));
	assert_ok(buffer_put_sized(&expected, BYTES_LITERAL("eu")));
	assert_ok(buffer_put_sized(&expected, BYTES_LITERAL("https://localhost:8443")));
	assert_ok(buffer_put_sized(&expected, bytes_of(log_key, 32)));
	assert_ok(buffer_put_sized(&expected, uuid_bytes(&author)));
	assert_ok(buffer_put_sized(&expected, BYTES_LITERAL("root")));
	assert_ok(buffer_put_sized(&expected, p256_public_bytes(&pair.public_key)));
	assert_true(bytes_equal(buffer_bytes(&bytes), buffer_bytes(&expected)));
}

static void a_draft_that_the_format_does_not_allow_is_not_signed(void **state)
{
	AUTO(pair) pair = {0};
	AUTO(buffer) rows = {.max = 4096};
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	struct statement draft;

	(void)state;
	pair_of("author", &pair);
	assert_ok(buffer_put_u8(&bytes, 1));
	sample_draft(STATEMENT_GRANT, &pair.public_key, &rows, &draft);
	draft.grant.permissions = 256;
	assert_fails(ST_INVALID, statement_sign(&draft, &pair.private_key, &bytes));
	sample_draft(STATEMENT_INVITATION, &pair.public_key, &rows, &draft);
	draft.invitation.login = TEXT("");
	assert_fails(ST_INVALID, statement_sign(&draft, &pair.private_key, &bytes));
	draft.invitation.login = TEXT("a\x1b[2J");
	assert_fails(ST_INVALID, statement_sign(&draft, &pair.private_key, &bytes));
	sample_draft(STATEMENT_RECORD, &pair.public_key, &rows, &draft);
	draft.record.version = 0;
	assert_fails(ST_INVALID, statement_sign(&draft, &pair.private_key, &bytes));
	assert_int_equal(bytes.len, 1);
}

static void subjects_differ_by_kind_and_id(void **state)
{
	const struct user_id user = {uuid_of(1)};
	const struct patient_id patient = {uuid_of(1)};
	const struct record_id record = {uuid_of(1)};
	const struct approval_id approval = {uuid_of(1)};
	struct hash names[9];

	(void)state;
	assert_ok(statement_subject_site(&names[0]));
	assert_ok(statement_subject_user(&user, &names[1]));
	assert_ok(statement_subject_patient(&patient, &names[2]));
	assert_ok(statement_subject_record(&record, &names[3]));
	assert_ok(statement_subject_epoch(HOLDER_PATIENT, &patient.uuid, COMPARTMENT_IDENTITY, &names[4]));
	assert_ok(statement_subject_epoch(HOLDER_PATIENT, &patient.uuid, COMPARTMENT_CLINICAL, &names[5]));
	assert_ok(statement_subject_epoch(HOLDER_LIST, &patient.uuid, COMPARTMENT_CLINICAL, &names[6]));
	assert_ok(statement_subject_approval(&approval, &names[7]));
	names[8] = (struct hash){{0}};
	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(hash_equal(&names[i], &names[j]));
}

static void a_statement_knows_its_subject_and_its_patient(void **state)
{
	AUTO(pair) pair = {0};
	const struct patient_id nine = {uuid_of(9)};
	const struct record_id twelve = {uuid_of(12)};
	static const bool about_patient[STATEMENT_KINDS] = {
		[STATEMENT_PATIENT] = true,     [STATEMENT_EPOCH] = true,        [STATEMENT_GRANT] = true,
		[STATEMENT_REVOCATION] = true,  [STATEMENT_RECORD] = true,       [STATEMENT_RECORD_END] = true,
		[STATEMENT_PATIENT_END] = true, [STATEMENT_PATIENT_KEEP] = true,
	};

	(void)state;
	pair_of("author", &pair);
	for (unsigned kind = 0; kind < STATEMENT_KINDS; kind++) {
		AUTO(buffer) rows = {.max = 4096};
		struct statement draft;
		struct patient_id patient;
		struct hash subject;
		struct hash expected;

		sample_draft((enum statement_kind)kind, &pair.public_key, &rows, &draft);
		assert_int_equal(statement_patient_of(&draft, &patient), about_patient[kind]);
		if (about_patient[kind])
			assert_true(uuid_equal(&patient.uuid, &nine.uuid));
		if (kind == STATEMENT_SIGN_IN) {
			assert_fails(ST_INVALID, statement_subject(&draft, &subject));
			continue;
		}
		assert_ok(statement_subject(&draft, &subject));
		assert_ok(statement_subject_record(&twelve, &expected));
		assert_int_equal(hash_equal(&subject, &expected),
				 kind == STATEMENT_RECORD || kind == STATEMENT_RECORD_END);
	}
}

static void prints_every_field_by_name(void **state)
{
	AUTO(pair) pair = {0};
	AUTO(buffer) rows = {.max = 4096};
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(buffer) lines = {.max = 8192};
	struct statement draft;
	struct statement parsed;

	(void)state;
	pair_of("author", &pair);
	sample_draft(STATEMENT_INVITATION, &pair.public_key, &rows, &draft);
	assert_ok(statement_sign(&draft, &pair.private_key, &bytes));
	assert_ok(statement_parse(buffer_bytes(&bytes), &parsed));
	assert_ok(statement_print(&parsed, &lines));
	assert_ok(buffer_put_u8(&lines, 0));
	assert_non_null(strstr((const char *)lines.bytes, "kind: invitation\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nauthor: 02020202020202020202020202020202\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nlogin: anna\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nprofile: clinician\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nrights: read,share\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nexpires: 1795000900000\n"));
	assert_non_null(strstr((const char *)lines.bytes, "\nseen_size: 17\n"));
}

static int setup(void **state)
{
	(void)state;
	return ok(secret_setup()) && ok(crypto_setup()) ? 0 : 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_comes_back_as_it_was),
		TEST(two_signatures_over_one_text_are_the_same_statement),
		TEST(a_verifier_serves_many_statements),
		TEST(an_epoch_for_a_thousand_recipients_fits_and_one_more_does_not),
		TEST(the_site_statement_has_the_bytes_that_the_format_says),
		TEST(a_draft_that_the_format_does_not_allow_is_not_signed),
		TEST(subjects_differ_by_kind_and_id),
		TEST(a_statement_knows_its_subject_and_its_patient),
		TEST(prints_every_field_by_name),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
