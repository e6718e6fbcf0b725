/* SPDX-License-Identifier: Apache-2.0 */
/* profile x right x permission x share x action, against a table written by hand (PROMISES#K8, PROMISES#K9). */
#include "permit.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1795000000000)

/*
 * What each profile needs, in letters: i identity, r read, w write, s share, e export, d delete.
 * "" yes, without further; "-" never; "*" any right that is also permitted.
 * For carers three cells: no share (or a revoked or an expired one), owner, grantee.
 */
struct expectation {
	enum permit_action action;
	const char *administrator, *auditor;
	const char *clinician[3], *assistant[3];
};
#define YES \
	{ \
		"", "", "" \
	}
#define NEVER \
	{ \
		"-", "-", "-" \
	}

static const struct expectation expectations[] = {
	{PERMIT_SITE_SEE, "", "", YES, YES},
	{PERMIT_SESSION_OWN, "", "", YES, YES},
	{PERMIT_NOTICE_OWN, "", "", YES, YES},
	{PERMIT_USER_LIST, "", "", YES, YES},
	{PERMIT_KEY_SET, "", "", YES, YES},
	{PERMIT_LOG_OWN, "", "", YES, YES},
	{PERMIT_APPROVAL, "", "", YES, YES},
	{PERMIT_SITE_ADMINISTER, "", "-", NEVER, NEVER},
	{PERMIT_USER_ADMINISTER, "", "-", NEVER, NEVER},
	{PERMIT_LOG_ADMINISTRATION, "", "", NEVER, NEVER},
	{PERMIT_LOG_ALL, "-", "", NEVER, NEVER},
	{PERMIT_REVIEW, "-", "", NEVER, NEVER},
	{PERMIT_PATIENT_CREATE, "-", "-", YES, NEVER},
	{PERMIT_PATIENT_LIST, "-", "-", YES, YES},
	{PERMIT_UPLOAD, "-", "-", {"w", "w", "w"}, {"w", "w", "w"}},
	{PERMIT_PATIENT_PROVE, "-", "-", {"-", "", "*"}, {"-", "", "*"}},
	{PERMIT_PATIENT_SEE, "-", "-", {"-", "", "*"}, {"-", "", "*"}},
	{PERMIT_READ_IDENTITY, "-", "-", {"-", "i", "i"}, {"-", "i", "i"}},
	{PERMIT_READ_CLINICAL, "-", "-", {"-", "r", "r"}, {"-", "r", "r"}},
	{PERMIT_READ_IDENTIFYING, "-", "-", {"-", "ir", "ir"}, {"-", "ir", "ir"}},
	{PERMIT_WRITE_IDENTITY, "-", "-", {"-", "iw", "iw"}, {"-", "iw", "iw"}},
	{PERMIT_WRITE_CLINICAL, "-", "-", {"-", "rw", "rw"}, {"-", "rw", "rw"}},
	{PERMIT_WRITE_IDENTIFYING, "-", "-", {"-", "irw", "irw"}, {"-", "irw", "irw"}},
	{PERMIT_RECORD_DELETE, "-", "-", {"-", "d", "d"}, {"-", "d", "d"}},
	{PERMIT_SHARE, "-", "-", {"-", "s", "s"}, {"-", "-", "-"}},
	{PERMIT_UNSHARE, "-", "-", {"-", "", "s"}, {"-", "", "-"}},
	{PERMIT_REKEY_IDENTITY, "-", "-", {"-", "", "i"}, {"-", "", "i"}},
	{PERMIT_REKEY_CLINICAL, "-", "-", {"-", "", "r"}, {"-", "", "r"}},
	{PERMIT_EXPORT, "-", "-", {"-", "e", "e"}, {"-", "e", "e"}},
	{PERMIT_PATIENT_DELETE, "-", "-", {"-", "d", "-"}, {"-", "d", "-"}},
	{PERMIT_PATIENT_KEEP, "-", "-", {"-", "", "-"}, {"-", "", "-"}},
	{PERMIT_LOG_PATIENT, "-", "-", {"-", "", "-"}, {"-", "", "-"}},
};

static uint32_t bits_of(const char *letters)
{
	static const char all[] = "irwsegdb"; /* in the order of the bits; g: sign */
	uint32_t bits = 0;

	for (const char *c = letters; *c != 0; c++)
		bits |= UINT32_C(1) << (strchr(all, *c) - all);
	return bits;
}

enum share { NO_SHARE, REVOKED, EXPIRED, OWNER, GRANTED, SHARES };

static const char *cell_of(const struct expectation *e, enum profile profile, enum share share)
{
	static const int column[SHARES] = {0, 0, 0, 1, 2};

	if (profile == PROFILE_ADMINISTRATOR)
		return e->administrator;
	if (profile == PROFILE_AUDITOR)
		return e->auditor;
	return profile == PROFILE_CLINICIAN ? e->clinician[column[share]] : e->assistant[column[share]];
}

/** What a cell's letters say about one combination of rights and permissions. */
static bool says_yes(const char *cell, bool granted, bool assistant, uint32_t rights, uint32_t permissions)
{
	/* Rights that an assistant cannot have do not count even if a row says so: sharing, signing, breaking glass. */
	const uint32_t counted = assistant && granted ? rights & bits_of("irwed") : rights;

	if (strcmp(cell, "-") == 0)
		return false;
	if (strcmp(cell, "*") == 0)
		return (counted & permissions) != 0;
	const uint32_t needed = bits_of(cell);
	return (rights & needed) == needed && (!granted || (permissions & needed) == needed);
}

static struct permit_facts facts_of(enum profile profile, enum share share, uint32_t rights, uint32_t permissions)
{
	struct permit_facts f = {.profile = profile,
				 .rights = rights,
				 .state = USER_ACTIVE,
				 .enrolled = true,
				 .time = NOW,
				 .owner = share == OWNER};

	f.user.uuid.bytes[0] = 1;
	f.patient.uuid.bytes[0] = 2;
	f.grant = (struct authority_grant){.exists = share == GRANTED || share == EXPIRED,
					   .permissions = permissions,
					   .until = share == EXPIRED ? NOW : NOW + 1};
	return f;
}

static size_t walk(const struct expectation *e, enum profile profile, enum share share)
{
	const char *cell = cell_of(e, profile, share);
	size_t cells = 0;

	for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
		for (uint32_t permissions = 0; permissions <= RIGHTS_ALL; permissions++) {
			const struct permit_facts f = facts_of(profile, share, rights, permissions);
			const struct permit_pass *pass = NULL;
			struct permit_room room;
			const bool got = ok(permit_decide(&f, e->action, &room, &pass));
			const bool on_patient = permit_action_on_patient(e->action);

			if (got != says_yes(cell, on_patient && share == GRANTED, profile == PROFILE_ASSISTANT, rights,
					    permissions))
				fail_msg("action %d, profile %d, share %d, rights %u, permissions %u: %d", e->action,
					 profile, share, rights, permissions, got);
			assert_true((pass != NULL) == got);
			cells++;
		}
	}
	return cells;
}

static void every_cell_is_as_written_here(void **state)
{
	bool seen[PERMIT_ACTIONS] = {false};
	size_t cells = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(expectations); i++) {
		seen[expectations[i].action] = true;
		for (unsigned profile = PROFILE_ADMINISTRATOR; profile <= PROFILE_AUDITOR; profile++)
			for (unsigned share = 0; share < SHARES; share++)
				cells += walk(&expectations[i], (enum profile)profile, (enum share)share);
	}
	for (size_t i = 0; i < PERMIT_ACTIONS; i++)
		assert_true(seen[i]);
	print_message("# %zu cells\n", cells);
}

/** A deletion to come changes nothing; one that counts leaves the proof of it, and the log to the owner. */
static void of_a_deleted_file_only_the_proof_remains(void **state)
{
	static const uint32_t sets[] = {0, 1, 2, 3, 7, 64, 127, RIGHTS_ALL};
	size_t gone = 0;

	(void)state;
	for (unsigned i = 0; i < PERMIT_ACTIONS * SHARES * COUNT(sets) * 4; i++) {
		const enum permit_action action = (enum permit_action)(i % PERMIT_ACTIONS);
		const enum share share = (enum share)(i / PERMIT_ACTIONS % SHARES);
		const uint32_t bits = sets[i / PERMIT_ACTIONS / SHARES % COUNT(sets)];
		const enum profile profile = (enum profile)(1 + i / PERMIT_ACTIONS / SHARES / COUNT(sets));
		const bool proof = action == PERMIT_PATIENT_PROVE || action == PERMIT_LOG_PATIENT;
		struct permit_facts f = facts_of(profile, share, bits, bits);
		const struct permit_pass *pass = NULL;
		struct permit_room room;

		const struct status before = permit_decide(&f, action, &room, &pass);
		f.end = (struct authority_end){.exists = true, .ends = NOW + 1};
		assert_int_equal(permit_decide(&f, action, &room, &pass).code, before.code);
		f.end.ends = NOW;
		pass = NULL;
		const struct status after = permit_decide(&f, action, &room, &pass);
		const bool refused = ok(before) && permit_action_on_patient(action) && !proof;
		assert_int_equal(after.code, refused ? ST_GONE : before.code);
		assert_int_equal(pass != NULL, ok(after));
		gone += refused ? 1 : 0;
	}
	assert_true(gone > 100);
}

static void the_disabled_may_do_nothing(void **state)
{
	(void)state;
	for (unsigned action = 0; action < PERMIT_ACTIONS; action++) {
		for (unsigned profile = PROFILE_ADMINISTRATOR; profile <= PROFILE_AUDITOR; profile++) {
			struct permit_facts f = facts_of((enum profile)profile, OWNER, RIGHTS_ALL, RIGHTS_ALL);
			const struct permit_pass *pass = NULL;
			struct permit_room room;

			f.state = USER_DISABLED;
			assert_fails(ST_DENIED, permit_decide(&f, (enum permit_action)action, &room, &pass));
			assert_null(pass);
		}
	}
}

static void without_keys_nobody_touches_a_patient_file(void **state)
{
	(void)state;
	for (unsigned action = 0; action < PERMIT_ACTIONS; action++) {
		struct permit_facts f = facts_of(PROFILE_CLINICIAN, OWNER, RIGHTS_ALL, RIGHTS_ALL);
		const struct permit_pass *pass = NULL;
		struct permit_room room;

		if (!permit_action_on_patient((enum permit_action)action) && action != PERMIT_PATIENT_CREATE)
			continue;
		f.enrolled = false;
		assert_fails(ST_DENIED, permit_decide(&f, (enum permit_action)action, &room, &pass));
		f.enrolled = true;
		f.patient = (struct patient_id){0};
		if (action != PERMIT_PATIENT_CREATE)
			assert_fails(ST_DENIED, permit_decide(&f, (enum permit_action)action, &room, &pass));
	}
}

static void a_pass_names_user_patient_and_action_and_serves_for_nothing_else(void **state)
{
	const struct permit_facts f = facts_of(PROFILE_CLINICIAN, OWNER, RIGHTS_ALL, 0);
	const struct patient_id other = {{{3}}};
	const struct permit_pass *pass = NULL;
	struct permit_room room;

	(void)state;
	assert_ok(permit_decide(&f, PERMIT_READ_CLINICAL, &room, &pass));
	assert_true(uuid_equal(&permit_user(pass)->uuid, &f.user.uuid));
	assert_true(uuid_equal(&permit_patient(pass)->uuid, &f.patient.uuid));
	assert_int_equal(permit_action(pass), PERMIT_READ_CLINICAL);
	assert_ok(permit_demand(pass, PERMIT_READ_CLINICAL, &f.patient));
	assert_fails(ST_DENIED, permit_demand(pass, PERMIT_READ_CLINICAL, &other));
	assert_fails(ST_DENIED, permit_demand(pass, PERMIT_READ_CLINICAL, NULL));
	assert_fails(ST_DENIED, permit_demand(pass, PERMIT_WRITE_CLINICAL, &f.patient));
	assert_fails(ST_DENIED, permit_demand(NULL, PERMIT_READ_CLINICAL, &f.patient));
	assert_ok(permit_decide(&f, PERMIT_LOG_OWN, &room, &pass));
	assert_ok(permit_demand(pass, PERMIT_LOG_OWN, NULL));
	assert_fails(ST_DENIED, permit_demand(pass, PERMIT_LOG_OWN, &f.patient));
	assert_fails(ST_DENIED, permit_decide(&f, PERMIT_ACTIONS, &room, &pass));
}

static void compartments_have_their_actions(void **state)
{
	(void)state;
	assert_int_equal(permit_read_action(COMPARTMENT_IDENTITY), PERMIT_READ_IDENTITY);
	assert_int_equal(permit_read_action(COMPARTMENT_CLINICAL), PERMIT_READ_CLINICAL);
	assert_int_equal(permit_read_action(COMPARTMENT_BOTH), PERMIT_READ_IDENTIFYING);
	assert_int_equal(permit_write_action(COMPARTMENT_IDENTITY), PERMIT_WRITE_IDENTITY);
	assert_int_equal(permit_write_action(COMPARTMENT_CLINICAL), PERMIT_WRITE_CLINICAL);
	assert_int_equal(permit_write_action(COMPARTMENT_BOTH), PERMIT_WRITE_IDENTIFYING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_is_as_written_here),
		TEST(of_a_deleted_file_only_the_proof_remains),
		TEST(the_disabled_may_do_nothing),
		TEST(without_keys_nobody_touches_a_patient_file),
		TEST(a_pass_names_user_patient_and_action_and_serves_for_nothing_else),
		TEST(compartments_have_their_actions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
