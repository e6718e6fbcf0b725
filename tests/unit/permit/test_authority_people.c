/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations, keys, users, the site. */
#include "authority_fixture.h"

/* ---- The owner's statements, with one thing wrong each ---- */

static void invitations_keep_to_profile_time_and_login(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_administrator, &f);
	make('I', &f, &s);
	s.invitation.profile = PROFILE_AUDITOR;
	expect(ST_INVALID, "rights", &f, &s);
	s.invitation.rights = 0;
	assert_ok(authority_decide(&f, &s));
	s.invitation.profile = PROFILE_ASSISTANT;
	s.invitation.rights = RIGHT_SHARE;
	expect(ST_INVALID, "rights", &f, &s);
	s.invitation.rights = RIGHT_READ;
	s.invitation.expires = NOW;
	expect(ST_INVALID, "expires", &f, &s);
	s.invitation.expires = NOW + 8 * DAY + 1;
	expect(ST_INVALID, "expires", &f, &s);
	s.invitation.expires = NOW + DAY;
	f.login_taken = true;
	expect(ST_CONFLICT, "login", &f, &s);
	f.login_taken = false;
	f.subject_known = true;
	f.subject = person_of(40, PROFILE_ASSISTANT, 0);
	expect(ST_CONFLICT, "login", &f, &s);
	f.subject.login = TEXT("ben");
	expect(ST_CONFLICT, "enrolled", &f, &s);
	f.subject.enrolled = false;
	assert_ok(authority_decide(&f, &s));
	s.invitation.invitation_key.bytes[64] ^= 1;
	expect(ST_INVALID, "invitation_key", &f, &s);
}

static void an_administrator_does_not_step_down_himself(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_for(&the_administrator, &f);
	make('U', &f, &s);
	s.user.rights = RIGHT_SHARE;
	expect(ST_INVALID, "rights", &f, &s);
	s.user = (struct statement_user){{uuid_of(SIGNER)}, PROFILE_ADMINISTRATOR, 0, USER_DISABLED};
	expect(ST_DENIED, "himself", &f, &s);
	s.user.state = USER_ACTIVE;
	assert_ok(authority_decide(&f, &s));
	s.user.profile = PROFILE_CLINICIAN;
	expect(ST_DENIED, "himself", &f, &s);
	f.subject_known = false;
	expect(ST_NOT_FOUND, "user", &f, &s);
}

/* ---- Keys by invitation ---- */

static void facts_of_invited(struct authority_facts *f, struct statement *s)
{
	facts_for(&the_administrator, f);
	head_of(STATEMENT_KEY, s);
	s->head.author.uuid = uuid_of(40);
	s->key.user.uuid = uuid_of(40);
	s->key.hpke_key = somebody.public_key;
	s->key.sign_key = somebody.public_key;
	s->key.invitation = hash_of(41);
	assert_ok(key_hash_invitation(&somebody.public_key, &s->head.author_key));
	f->author_known = false;
	f->subject_known = true;
	f->subject = person_of(40, PROFILE_CLINICIAN, 3);
	f->subject.enrolled = false;
	f->subject.invitation = (struct person_invitation){hash_of(41), somebody.public_key, NOW + 1};
}

static void an_invitation_makes_one_key_in_time(void **state)
{
	struct authority_facts f;
	struct statement s;

	(void)state;
	facts_of_invited(&f, &s);
	assert_ok(authority_decide(&f, &s));
	f.time = NOW + 1;
	expect(ST_DENIED, NULL, &f, &s);
	f.subject.invitation.expires = 0; /* the site statement's has no end */
	assert_ok(authority_decide(&f, &s));
	facts_of_invited(&f, &s);
	f.subject.invitation = (struct person_invitation){0}; /* used, or never made */
	expect(ST_DENIED, "invitation", &f, &s);
	facts_of_invited(&f, &s);
	f.subject.invitation.name = hash_of(42); /* replaced by a newer one */
	expect(ST_DENIED, "invitation", &f, &s);
	facts_of_invited(&f, &s);
	s.head.author.uuid = uuid_of(43); /* somebody else's */
	expect(ST_DENIED, "author", &f, &s);
	facts_of_invited(&f, &s);
	s.head.author_key = hash_of(44);
	expect(ST_DENIED, "key", &f, &s);
	facts_of_invited(&f, &s);
	f.subject.enrolled = true;
	expect(ST_CONFLICT, "enrolled", &f, &s);
	facts_of_invited(&f, &s);
	f.subject.state = USER_DISABLED;
	expect(ST_DENIED, NULL, &f, &s);
	facts_of_invited(&f, &s);
	f.signature_fits = false;
	expect(ST_UNPROVEN, "signature", &f, &s);
	facts_of_invited(&f, &s);
	s.key.hpke_key.bytes[1] ^= 1;
	expect(ST_INVALID, "hpke_key", &f, &s);
}

static void the_site_statement_comes_first_and_once(void **state)
{
	struct authority_facts f = {.signature_fits = true};
	struct statement s = {.kind = STATEMENT_SITE};

	(void)state;
	s.head.author.uuid = uuid_of(1);
	s.site.administrator.uuid = uuid_of(1);
	s.site.invitation_key = somebody.public_key;
	assert_ok(key_hash_invitation(&somebody.public_key, &s.head.author_key));
	assert_ok(authority_decide(&f, &s));
	f.position = 1;
	expect(ST_DENIED, "author", &f, &s);
	f.position = 0;
	f.fingerprint = hash_of(1);
	expect(ST_CONFLICT, "site", &f, &s);
	f.fingerprint = (struct hash){{0}};
	f.signature_fits = false;
	expect(ST_UNPROVEN, "signature", &f, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(invitations_keep_to_profile_time_and_login),
		TEST(an_administrator_does_not_step_down_himself),
		TEST(an_invitation_makes_one_key_in_time),
		TEST(the_site_statement_comes_first_and_once),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
