/* SPDX-License-Identifier: Apache-2.0 */
/* The authority table, cell by cell: every kind of statement by every kind of signer (DESIGN section 4). */
#include "authority_fixture.h"

/* ---- Signers ---- */

/* I invitation, K key by the previous one, U user, P patient file, 0 first epoch, e later epoch of identity,
 * E of clinical, G grant, r revocation of the owner's grant, R of a grant of his own, 1 record under identity,
 * 2 under clinical, 3 under both, D end of a record, X end of the patient file, W its withdrawal, S what somebody
 * else left as a draft made final, C acceptance of the code of conduct, V access review; of acts of two persons
 * Q a request about a user, q about the patient file, a approval of somebody else's about a user, b about the patient
 * file, n refusal of it, w withdrawal of his own.  From 0 to S: about a patient file. */
#define COLUMNS "IKUPCV0eEGrR123DXWSQqabnw"

#define IR (RIGHT_IDENTITY | RIGHT_READ)

static const struct signer signers[] = {
	{"administrator", PROFILE_ADMINISTRATOR, 0, NO_SHARE, 0, SOUND, "IKU.C..............Q.abnw"},
	{"administrator with a grant", PROFILE_ADMINISTRATOR, ALL, GRANTED, ALL, SOUND, "IKU.C..............Q.abnw"},
	{"administrator who owned", PROFILE_ADMINISTRATOR, ALL, OWNER, 0, SOUND, "IKU.C..............Q.abnw"},
	{"auditor", PROFILE_AUDITOR, 0, NO_SHARE, 0, SOUND, ".K..CV..................w"},
	{"auditor with a grant", PROFILE_AUDITOR, ALL, GRANTED, ALL, SOUND, ".K..CV..................w"},
	{"stranger, clinician", PROFILE_CLINICIAN, ALL, NO_SHARE, 0, SOUND, ".K.PC...................w"},
	{"stranger, assistant", PROFILE_ASSISTANT, ALL, NO_SHARE, 0, SOUND, ".K..C...................w"},

	{"owner", PROFILE_CLINICIAN, ALL, OWNER, 0, SOUND, ".K.PC.0eEGrR123DXWS.q.bnw"},
	{"owner without rights", PROFILE_CLINICIAN, 0, OWNER, 0, SOUND, ".K.PC.0eE.rR.....W......w"},
	{"owner without share", PROFILE_CLINICIAN, ALL & ~8u, OWNER, 0, SOUND, ".K.PC.0eE.rR123DXWS.q.bnw"},
	{"owner without write", PROFILE_CLINICIAN, ALL & ~4u, OWNER, 0, SOUND, ".K.PC.0eEGrR...DXW..q.bnw"},
	{"owner without delete", PROFILE_CLINICIAN, ALL & ~64u, OWNER, 0, SOUND, ".K.PC.0eEGrR123..WS.....w"},
	{"owner without sign", PROFILE_CLINICIAN, ALL & ~32u, OWNER, 0, SOUND, ".K.PC.0eEGrR123DXW..q.bnw"},
	{"owner, now assistant", PROFILE_ASSISTANT, ALL, OWNER, 0, SOUND, ".K..C.0eE.rR123DXW..q.bnw"},
	{"owner, now auditor", PROFILE_AUDITOR, ALL, OWNER, 0, SOUND, ".K..CV..................w"},

	{"identity", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_IDENTITY, SOUND, ".K.PC..e................w"},
	{"read", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_READ, SOUND, ".K.PC...E...............w"},
	{"write", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_WRITE, SOUND, ".K.PC...................w"},
	{"share", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_SHARE, SOUND, ".K.PC......R............w"},
	{"export", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_EXPORT, SOUND, ".K.PC...................w"},
	{"sign", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_SIGN, SOUND, ".K.PC...................w"},
	{"delete", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_DELETE, SOUND, ".K.PC..........D......bnw"},
	{"break-glass", PROFILE_CLINICIAN, ALL, GRANTED, RIGHT_BREAK_GLASS, SOUND, ".K.PC...................w"},
	{"identity+read", PROFILE_CLINICIAN, ALL, GRANTED, IR, SOUND, ".K.PC..eE...............w"},
	{"identity+write", PROFILE_CLINICIAN, ALL, GRANTED, 5, SOUND, ".K.PC..e....1...........w"},
	{"read+write", PROFILE_CLINICIAN, ALL, GRANTED, 6, SOUND, ".K.PC...E....2..........w"},
	{"identity+read+write", PROFILE_CLINICIAN, ALL, GRANTED, 7, SOUND, ".K.PC..eE...123.........w"},
	{"identity+read+write+sign", PROFILE_CLINICIAN, ALL, GRANTED, 39, SOUND, ".K.PC..eE...123...S.....w"},
	{"read+write+sign", PROFILE_CLINICIAN, ALL, GRANTED, 38, SOUND, ".K.PC...E....2..........w"},
	{"all but sign", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~32u, SOUND, ".K.PC..eEG.R123D......bnw"},
	{"all, no right to sign", PROFILE_CLINICIAN, ALL & ~32u, GRANTED, ALL, SOUND, ".K.PC..eEG.R123D......bnw"},
	{"read+share", PROFILE_CLINICIAN, ALL, GRANTED, 10, SOUND, ".K.PC...EG.R............w"},
	{"everything", PROFILE_CLINICIAN, ALL, GRANTED, ALL, SOUND, ".K.PC..eEG.R123D..S...bnw"},
	{"all but identity", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~1u, SOUND, ".K.PC...EG.R.2.D......bnw"},
	{"all but read", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~2u, SOUND, ".K.PC..e...R1..D......bnw"},
	{"all but write", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~4u, SOUND, ".K.PC..eEG.R...D......bnw"},
	{"all but share", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~8u, SOUND, ".K.PC..eE...123D..S...bnw"},
	{"all but delete", PROFILE_CLINICIAN, ALL, GRANTED, ALL & ~64u, SOUND, ".K.PC..eEG.R123...S.....w"},
	{"everything, rights to read", PROFILE_CLINICIAN, IR, GRANTED, ALL, SOUND, ".K.PC..eE...............w"},
	{"everything, no rights", PROFILE_CLINICIAN, 0, GRANTED, ALL, SOUND, ".K.PC...................w"},
	{"assistant with everything", PROFILE_ASSISTANT, ALL, GRANTED, ALL, SOUND, ".K..C..eE...123D......bnw"},
	{"assistant, read+write", PROFILE_ASSISTANT, 7, GRANTED, 6, SOUND, ".K..C...E....2..........w"},

	{"revoked", PROFILE_CLINICIAN, ALL, REVOKED, ALL, SOUND, ".K.PC...................w"},
	{"expired", PROFILE_CLINICIAN, ALL, EXPIRED, ALL, SOUND, ".K.PC...................w"},

	{"disabled administrator", PROFILE_ADMINISTRATOR, 0, NO_SHARE, 0, DISABLED, "........................."},
	{"disabled owner", PROFILE_CLINICIAN, ALL, OWNER, 0, DISABLED, "........................."},
	{"disabled grantee", PROFILE_CLINICIAN, ALL, GRANTED, ALL, DISABLED, "........................."},
	{"nobody of the site", PROFILE_ADMINISTRATOR, ALL, OWNER, 0, UNKNOWN, "........................."},
	{"administrator without keys", PROFILE_ADMINISTRATOR, ALL, NO_SHARE, 0, NO_KEY, "........................."},
	{"owner without keys", PROFILE_CLINICIAN, ALL, OWNER, 0, NO_KEY, "........................."},
	{"owner under his old key", PROFILE_CLINICIAN, ALL, OWNER, 0, OLD_KEY, "........................."},
	{"administrator, old key", PROFILE_ADMINISTRATOR, ALL, NO_SHARE, 0, OLD_KEY, "........................."},
	{"owner, forged signature", PROFILE_CLINICIAN, ALL, OWNER, 0, FORGED, "........................."},
	{"administrator, forged", PROFILE_ADMINISTRATOR, ALL, NO_SHARE, 0, FORGED, "........................."},
	{"owner of another site", PROFILE_CLINICIAN, ALL, OWNER, 0, OTHER_SITE, "........................."},
};

static void every_cell_of_the_table_is_as_written_here(void **state)
{
	size_t cells = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++) {
		assert_int_equal(strlen(signers[i].allowed), strlen(COLUMNS));
		for (size_t c = 0; c < strlen(COLUMNS); c++) {
			struct authority_facts f;
			struct statement s;

			facts_for(&signers[i], &f);
			make(COLUMNS[c], &f, &s);
			if (signers[i].flaw == OLD_KEY)
				s.head.author_key = hash_of(99);
			if (signers[i].flaw == OTHER_SITE)
				s.head.site = hash_of(99);
			const struct status got = authority_decide(&f, &s);
			const bool expected = signers[i].allowed[c] == COLUMNS[c];
			if (ok(got) != expected || (!ok(got) && got.what == NULL))
				fail_msg("%s makes %c: %s (%s)", signers[i].label, COLUMNS[c], status_name(got.code),
					 got.what != NULL ? got.what : "-");
			cells++;
		}
	}
	print_message("# %zu cells\n", cells);
}

/** What is about a patient file, of the columns above: an end to come changes no cell, one that has come all. */
static void a_file_that_has_ended_takes_nothing_from_anybody(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++) {
		for (const char *c = strchr(COLUMNS, '0'); *c != 'Q'; c++) {
			struct authority_facts f;
			struct statement s;

			if (signers[i].flaw != SOUND)
				continue;
			facts_for(&signers[i], &f);
			make(*c, &f, &s);
			const bool allowed = strchr(signers[i].allowed, *c) != NULL;
			f.end = end_of(NOW + 1);
			assert_int_equal(ok(authority_decide(&f, &s)), allowed && *c != 'X');
			f.end = end_of(NOW);
			const struct status got = authority_decide(&f, &s);
			assert_int_equal(got.code, allowed ? ST_GONE : ST_DENIED);
			refused += got.code == ST_GONE ? 1 : 0;
		}
	}
	assert_true(refused > 100);
}

/* ---- The owner's statements, with one thing wrong each ---- */

static const struct signer the_auditor = {"auditor", PROFILE_AUDITOR, 0, NO_SHARE, 0, SOUND, ""};

static void a_statement_must_continue_its_chain(void **state)
{
	(void)state;
	for (size_t c = 0; c < strlen(COLUMNS); c++) {
		const bool by_administrator = strchr("IUQa", COLUMNS[c]) != NULL;
		const struct signer *other = COLUMNS[c] == 'V' ? &the_auditor : &the_owner;
		struct authority_facts f;
		struct statement s;

		facts_for(by_administrator ? &the_administrator : other, &f);
		make(COLUMNS[c], &f, &s);
		assert_ok(authority_decide(&f, &s));
		s.head.previous = hash_of(6);
		expect(ST_CONFLICT, "previous", &f, &s);
		s.head.previous = hash_of(5);
		s.head.seen_size = 101;
		expect(ST_CONFLICT, "seen", &f, &s);
	}
}

/* ---- Keys by invitation ---- */

static void a_sign_in_is_never_part_of_the_log(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_administrator, &f);
	head_of(STATEMENT_SIGN_IN, &s);
	expect(ST_DENIED, "kind", &f, &s);
}

static void defaults_stay_within_what_a_profile_can_have(void **state)
{
	(void)state;
	for (unsigned profile = 0; profile < 6; profile++)
		assert_int_equal(rights_default((enum profile)profile) & ~rights_maximum((enum profile)profile), 0);
	assert_int_equal(rights_maximum(PROFILE_ADMINISTRATOR), 0);
	assert_int_equal(rights_maximum(PROFILE_AUDITOR), 0);
	assert_int_equal(rights_maximum(PROFILE_CLINICIAN), RIGHTS_ALL);
	assert_int_equal(rights_maximum(PROFILE_ASSISTANT) & (RIGHT_SHARE | RIGHT_SIGN | RIGHT_BREAK_GLASS), 0);
	assert_int_equal(rights_default(PROFILE_ASSISTANT), 7);
	assert_int_equal(rights_maximum((enum profile)9), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_of_the_table_is_as_written_here),
		TEST(a_file_that_has_ended_takes_nothing_from_anybody),
		TEST(a_statement_must_continue_its_chain),
		TEST(a_sign_in_is_never_part_of_the_log),
		TEST(defaults_stay_within_what_a_profile_can_have),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
