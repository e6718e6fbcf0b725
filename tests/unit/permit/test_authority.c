/* SPDX-License-Identifier: Apache-2.0 */
/* The authority table, cell by cell: every kind of statement by every kind of signer (DESIGN section 4). */
#include "authority.h"
#include "rights.h"
#include "samples.h"

#define NOW UINT64_C(1795000000000)
#define DAY (UINT64_C(24) * 3600 * 1000)

static struct pair somebody;

/* ---- Signers ---- */

enum share { NO_SHARE, OWNER, GRANTED, REVOKED, EXPIRED };
enum flaw { SOUND, DISABLED, UNKNOWN, NO_KEY, OLD_KEY, FORGED, OTHER_SITE };

struct signer {
	const char *label;
	enum profile profile;
	uint32_t rights;
	enum share share;
	uint32_t permissions;
	enum flaw flaw;
	/* What he may make: the letter of the column, or '.' */
	const char *allowed;
};

/* I invitation, K key by the previous one, U user, P patient file, 0 first epoch, e later epoch of identity,
 * E of clinical, G grant, r revocation of the owner's grant, R of a grant of his own, 1 record under identity,
 * 2 under clinical, 3 under both, D end of a record, X end of the patient file, W its withdrawal, S what somebody
 * else left as a draft made final, C acceptance of the code of conduct, V access review; of acts of two persons
 * Q a request about a user, q about the patient file, a approval of somebody else's about a user, b about the patient
 * file, n refusal of it, w withdrawal of his own.  From 0 to S: about a patient file. */
#define COLUMNS "IKUPCV0eEGrR123DXWSQqabnw"
#define ALL     RIGHTS_ALL
#define IR      (RIGHT_IDENTITY | RIGHT_READ)

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

static struct person person_of(uint8_t id, enum profile profile, uint32_t rights)
{
	return (struct person){
		.id = {uuid_of(id)},
		.login = TEXT("anna"),
		.profile = profile,
		.rights = rights,
		.state = USER_ACTIVE,
		.enrolled = true,
		.key_hash = hash_of(id),
		.hpke_key = somebody.public_key,
		.sign_key = somebody.public_key,
	};
}

#define SIGNER    20
#define OWNER_ID  21
#define OTHER     22
#define PATIENT   30
#define RECORD_ID 31

static struct authority_grant grant_of(uint32_t permissions, uint64_t until, uint8_t by)
{
	return (struct authority_grant){true, permissions, until, {uuid_of(by)}};
}

static struct authority_end end_of(uint64_t ends)
{
	return (struct authority_end){true, hash_of(33), {uuid_of(OWNER_ID)}, ends - AUTHORITY_END_MS, ends};
}

/** Facts that let every statement below pass, were it not for its signer. */
static void facts_for(const struct signer *signer, struct authority_facts *f)
{
	*f = (struct authority_facts){
		.fingerprint = hash_of(1),
		.position = 100,
		.time = NOW,
		.head = hash_of(5),
		.author_known = signer->flaw != UNKNOWN,
		.author = person_of(SIGNER, signer->profile, signer->rights),
		.signature_fits = signer->flaw != FORGED,
		.patient_known = true,
		.owner = {uuid_of(signer->share == OWNER ? SIGNER : OWNER_ID)},
		.recipient_known = true,
		.recipient = person_of(OTHER, PROFILE_CLINICIAN, ALL),
		.has_epoch = true,
		.epoch = 3,
		.record_known = true,
		.record_patient = {uuid_of(PATIENT)},
		.record_version = 1,
		.record_status = RECORD_DRAFT,
		.record_author = {uuid_of(SIGNER)},
		.has_identity_epoch = true,
		.has_clinical_epoch = true,
		.identity_epoch = 3,
		.clinical_epoch = 4,
	};
	if (signer->share == GRANTED)
		f->author_grant = grant_of(signer->permissions, NOW + 1, OWNER_ID);
	if (signer->share == EXPIRED)
		f->author_grant = grant_of(signer->permissions, NOW, OWNER_ID);
	if (signer->flaw == DISABLED)
		f->author.state = USER_DISABLED;
	if (signer->flaw == NO_KEY)
		f->author.enrolled = false;
}

static void head_of(enum statement_kind kind, struct statement *s)
{
	*s = (struct statement){.kind = kind};
	s->head.site = hash_of(1);
	s->head.author.uuid = uuid_of(SIGNER);
	s->head.author_key = hash_of(SIGNER);
	s->head.seen_size = 100;
	s->head.previous = hash_of(5);
}

static void make_record(char column, struct authority_facts *f, struct statement *s)
{
	head_of(STATEMENT_RECORD, s);
	s->record.patient.uuid = uuid_of(PATIENT);
	s->record.record.uuid = uuid_of(RECORD_ID);
	s->record.version = 2;
	s->record.status = RECORD_FINAL;
	s->record.kind = column == '1' ? RECORD_IDENTITY : RECORD_CHART;
	s->record.compartment = (enum compartment)(column - '0');
	s->record.identity_epoch = column == '2' ? 0 : 3;
	s->record.clinical_epoch = column == '1' ? 0 : 4;
	f->record_kind = s->record.kind;
	assert_ok(sha256(bytes_of("", 0), &s->record.content_hash));
}

static void make_epoch(char column, struct authority_facts *f, struct statement *s)
{
	head_of(STATEMENT_EPOCH, s);
	s->epoch.holder_kind = HOLDER_PATIENT;
	s->epoch.holder = uuid_of(PATIENT);
	s->epoch.compartment = column == 'E' ? COMPARTMENT_CLINICAL : COMPARTMENT_IDENTITY;
	s->epoch.number = column == '0' ? 0 : 4;
	f->has_epoch = column != '0';
}

static void make_directory(char column, struct authority_facts *f, struct statement *s)
{
	if (column == 'I') {
		head_of(STATEMENT_INVITATION, s);
		s->invitation = (struct statement_invitation){{uuid_of(40)},       TEXT("ben"),  PROFILE_CLINICIAN, 3,
							      somebody.public_key, NOW + 7 * DAY};
	} else if (column == 'K') {
		head_of(STATEMENT_KEY, s);
		s->key.user.uuid = uuid_of(SIGNER);
		s->key.hpke_key = somebody.public_key;
		s->key.sign_key = somebody.public_key;
		f->subject_known = true;
		f->subject = f->author;
	} else {
		head_of(STATEMENT_USER, s);
		s->user = (struct statement_user){{uuid_of(OTHER)}, PROFILE_ASSISTANT, RIGHT_READ, USER_DISABLED};
		f->subject_known = true;
		f->subject = person_of(OTHER, PROFILE_CLINICIAN, ALL);
	}
}

/** A request, or an answer to one of somebody who could ask for it. */
static void make_act(char column, struct authority_facts *f, struct statement *s)
{
	const bool of_user = column == 'Q' || column == 'a' || column == 'w';
	const bool request = column == 'Q' || column == 'q';

	f->subject_known = true;
	f->subject = person_of(50, PROFILE_CLINICIAN, ALL);
	if (request) {
		head_of(STATEMENT_REQUEST, s);
		s->request = (struct statement_request){{uuid_of(60)},
							of_user ? ACT_FACTOR_RESET : ACT_PATIENT_DELETE,
							of_user ? (struct user_id){uuid_of(50)} : (struct user_id){0},
							of_user ? (struct patient_id){0}
								: (struct patient_id){uuid_of(PATIENT)}};
		return;
	}
	head_of(STATEMENT_DECISION, s);
	s->decision = (struct statement_decision){
		{uuid_of(60)}, strchr("nw", column) != NULL ? VERDICT_REFUSE : VERDICT_APPROVE, TEXT("seen")};
	f->approval = (struct authority_approval){
		.known = true,
		.ends = NOW + 1,
		.request = hash_of(5),
		.act = of_user ? ACT_FACTOR_RESET : ACT_PATIENT_DELETE,
		.by = {uuid_of(column == 'w' ? SIGNER : OTHER)},
		.user = {of_user ? uuid_of(50) : (struct uuid){{0}}},
		.patient = {of_user ? (struct uuid){{0}} : uuid_of(PATIENT)},
		.asker_known = true,
		.asker = person_of(OTHER, of_user ? PROFILE_ADMINISTRATOR : PROFILE_CLINICIAN, ALL),
		.asker_owns = !of_user,
	};
}

static void make(char column, struct authority_facts *f, struct statement *s)
{
	if (strchr("IKU", column) != NULL) {
		make_directory(column, f, s);
	} else if (strchr("123", column) != NULL) {
		make_record(column, f, s);
	} else if (column == 'S') {
		make_record('3', f, s);
		f->record_author.uuid = uuid_of(OTHER);
	} else if (strchr("0eE", column) != NULL) {
		make_epoch(column, f, s);
	} else if (column == 'P') {
		head_of(STATEMENT_PATIENT, s);
		s->patient.patient.uuid = uuid_of(PATIENT);
		f->patient_known = false;
	} else if (column == 'G') {
		head_of(STATEMENT_GRANT, s);
		s->grant.patient.uuid = uuid_of(PATIENT);
		s->grant.recipient_kind = RECIPIENT_USER;
		s->grant.recipient = uuid_of(OTHER);
		s->grant.permissions = RIGHT_READ;
		s->grant.until = NOW + 1;
	} else if (column == 'D') {
		head_of(STATEMENT_RECORD_END, s);
		s->record_end.patient.uuid = uuid_of(PATIENT);
		s->record_end.record.uuid = uuid_of(RECORD_ID);
		s->record_end.version = 1;
	} else if (strchr("Qqabnw", column) != NULL) {
		make_act(column, f, s);
	} else if (column == 'X') {
		head_of(STATEMENT_PATIENT_END, s);
		s->patient_end = (struct statement_patient_end){{uuid_of(PATIENT)}, AUTHORITY_END_MS};
	} else if (column == 'C') {
		head_of(STATEMENT_CONDUCT, s);
		s->conduct = (struct statement_conduct){1, LANGUAGE_ENGLISH, hash_of(34)};
	} else if (column == 'V') {
		head_of(STATEMENT_REVIEW, s);
		s->review.until = s->head.seen_size;
	} else if (column == 'W') {
		head_of(STATEMENT_PATIENT_KEEP, s);
		s->patient_keep = (struct statement_patient_keep){{uuid_of(PATIENT)}, hash_of(33)};
		f->end = end_of(NOW + 1);
	} else {
		head_of(STATEMENT_REVOCATION, s);
		s->revocation.patient.uuid = uuid_of(PATIENT);
		s->revocation.recipient_kind = RECIPIENT_USER;
		s->revocation.recipient = uuid_of(OTHER);
		f->recipient_grant = grant_of(RIGHT_READ, 0, column == 'R' ? SIGNER : OWNER_ID);
	}
}

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

static const struct signer the_owner = {"owner", PROFILE_CLINICIAN, ALL, OWNER, 0, SOUND, ""};
static const struct signer the_auditor = {"auditor", PROFILE_AUDITOR, 0, NO_SHARE, 0, SOUND, ""};
static const struct signer the_administrator = {"administrator", PROFILE_ADMINISTRATOR, 0, NO_SHARE, 0, SOUND, ""};

static void expect(enum status_code code, const char *what, const struct authority_facts *f, const struct statement *s)
{
	const struct status got = authority_decide(f, s);

	if (got.code != code || (what != NULL && (got.what == NULL || strcmp(got.what, what) != 0)))
		fail_msg("expected %s (%s), got %s (%s)", status_name(code), what != NULL ? what : "-",
			 status_name(got.code), got.what != NULL ? got.what : "-");
}

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

static int setup(void **state)
{
	(void)state;
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	pair_of("somebody", &somebody);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pair_clear(&somebody);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cell_of_the_table_is_as_written_here),
		TEST(a_file_that_has_ended_takes_nothing_from_anybody),
		TEST(a_statement_must_continue_its_chain),
		TEST(whoever_shares_gives_no_more_than_he_has),
		TEST(a_sharer_does_not_touch_what_others_granted),
		TEST(a_grant_goes_to_an_enrolled_active_carer_who_is_not_the_owner),
		TEST(a_revocation_needs_a_grant),
		TEST(nobody_shortens_the_delay_of_a_deletion),
		TEST(a_file_ends_once_and_its_own_end_is_withdrawn),
		TEST(epochs_follow_by_one_and_go_to_the_expected_recipients),
		TEST(a_record_is_written_under_current_keys_only),
		TEST(versions_follow_by_one_within_one_patient_and_kind),
		TEST(an_identity_record_is_a_header_under_identity_alone),
		TEST(a_status_never_goes_back),
		TEST(anothers_draft_is_made_final_by_who_may_sign),
		TEST(invitations_keep_to_profile_time_and_login),
		TEST(an_administrator_does_not_step_down_himself),
		TEST(an_invitation_makes_one_key_in_time),
		TEST(the_site_statement_comes_first_and_once),
		TEST(a_sign_in_is_never_part_of_the_log),
		TEST(defaults_stay_within_what_a_profile_can_have),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
