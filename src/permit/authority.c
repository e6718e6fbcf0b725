/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement counts when, in this order: it is of this site and has not seen
 * more than there was; its signature is its author's; one of the signers of its
 * row in the table below is he; the patient file it is about has not ended; it
 * continues the chain; its contents agree with the facts.
 */
#include "authority.h"

#include <string.h>

#include "authority_act.h"
#include "key_hash.h"
#include "rights.h"

/* Clocks of an administrator's computer and of the server may differ by this. */
#define CLOCKS_DIFFER_MS (24ull * 3600 * 1000)

/* SHA-256 of no bytes: what an identity record's content hashes to. */
static const struct hash hash_of_nothing = {{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
					     0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
					     0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

/* ---- Power ---- */

uint32_t authority_compartment_rights(enum compartment compartment)
{
	if (compartment == COMPARTMENT_IDENTITY)
		return RIGHT_IDENTITY;
	return compartment == COMPARTMENT_CLINICAL ? RIGHT_READ : RIGHT_IDENTITY | RIGHT_READ;
}

static bool in_force(const struct authority_grant *grant, uint64_t time)
{
	return grant->exists && (grant->until == 0 || time < grant->until);
}

uint32_t authority_power(const struct person *p, bool owner, const struct authority_grant *grant, uint64_t time)
{
	if (!person_works_on_files(p))
		return 0;
	const uint32_t rights = p->rights & rights_maximum(p->profile);
	if (owner)
		return rights;
	return in_force(grant, time) ? rights & grant->permissions : 0;
}

static bool same_user(const struct user_id *a, const struct user_id *b)
{
	return uuid_equal(&a->uuid, &b->uuid);
}

static bool is_owner(const struct authority_facts *f)
{
	return f->patient_known && same_user(&f->owner, &f->author.id);
}

static uint32_t power(const struct authority_facts *f)
{
	return authority_power(&f->author, is_owner(f), &f->author_grant, f->time);
}

static bool has_power(const struct authority_facts *f, uint32_t rights)
{
	return (power(f) & rights) == rights;
}

/* ---- Keys ---- */

static bool by_invitation(const struct statement *s)
{
	return s->kind == STATEMENT_SITE || (s->kind == STATEMENT_KEY && !hash_is_zero(&s->key.invitation));
}

static struct status one_time_key(const struct authority_facts *f, const struct statement *s, struct p256_public *out)
{
	const struct p256_public *key = &f->subject.invitation.key;
	struct hash named;

	if (s->kind == STATEMENT_SITE)
		key = &s->site.invitation_key;
	else if (!f->subject_known || !same_user(&s->head.author, &s->key.user))
		return FAIL_AT(ST_DENIED, "author");
	else if (!hash_equal(&f->subject.invitation.name, &s->key.invitation))
		return FAIL_AT(ST_DENIED, "invitation");
	TRY(key_hash_invitation(key, &named));
	if (!hash_equal(&named, &s->head.author_key))
		return FAIL_AT(ST_DENIED, "key");
	*out = *key;
	return OK;
}

struct status authority_key(const struct authority_facts *f, const struct statement *s, struct p256_public *out)
{
	if (by_invitation(s))
		return one_time_key(f, s, out);
	if (!f->author_known || !same_user(&f->author.id, &s->head.author))
		return FAIL_AT(ST_DENIED, "author");
	if (!f->author.enrolled || !hash_equal(&f->author.key_hash, &s->head.author_key))
		return FAIL_AT(ST_DENIED, "key");
	*out = f->author.sign_key;
	return OK;
}

/* ---- Signers: who a row of the table allows.  NULL: yes; otherwise what he lacks ---- */

typedef const char *signer(const struct authority_facts *f, const struct statement *s);

static const char *first_administrator(const struct authority_facts *f, const struct statement *s)
{
	const bool leaf_0 = f->position == 0 || f->position == POSITION_NOW;

	return leaf_0 && same_user(&s->head.author, &s->site.administrator) ? NULL : "author";
}

static const char *administrator(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return f->author.profile == PROFILE_ADMINISTRATOR ? NULL : "profile";
}

static const char *invited(const struct authority_facts *f, const struct statement *s)
{
	if (hash_is_zero(&s->key.invitation))
		return "invitation";
	if (f->subject.invitation.expires != 0 && f->time >= f->subject.invitation.expires)
		return "expired";
	return f->subject.state == USER_ACTIVE ? NULL : "disabled";
}

static const char *himself(const struct authority_facts *f, const struct statement *s)
{
	(void)f;
	if (!hash_is_zero(&s->key.invitation))
		return "invitation";
	return same_user(&s->head.author, &s->key.user) ? NULL : "author";
}

static const char *clinician(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return f->author.profile == PROFILE_CLINICIAN ? NULL : "profile";
}

static const char *owner(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return is_owner(f) && person_works_on_files(&f->author) ? NULL : "owner";
}

static const char *owner_who_shares(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return is_owner(f) && has_power(f, RIGHT_SHARE) ? NULL : "owner";
}

/** A second person who agrees comes here, with a delay of none. */
static const char *owner_who_deletes(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	if (!is_owner(f))
		return "owner";
	return has_power(f, RIGHT_DELETE) ? NULL : "permission";
}

/** For no more than he has, and never over what somebody else granted. */
static const char *sharer(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_grant *g = &s->grant;
	const uint64_t end = f->author_grant.until;

	if (is_owner(f) || !has_power(f, RIGHT_SHARE))
		return "share";
	if ((g->permissions & ~power(f)) != 0)
		return "permissions";
	if (end != 0 && (g->until == 0 || g->until > end))
		return "until";
	if (f->recipient_grant.exists && !same_user(&f->recipient_grant.by, &f->author.id))
		return "grant";
	return NULL;
}

static const char *grantor(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	if (!has_power(f, RIGHT_SHARE))
		return "share";
	return f->recipient_grant.exists && same_user(&f->recipient_grant.by, &f->author.id) ? NULL : "grant";
}

static const char *reader(const struct authority_facts *f, const struct statement *s)
{
	if (s->epoch.number == 0)
		return "owner";
	return has_power(f, authority_compartment_rights(s->epoch.compartment)) ? NULL : "permission";
}

/** Whether it makes final what somebody else left as a draft. */
static bool signs_off(const struct authority_facts *f, const struct statement_record *r)
{
	return f->record_known && f->record_status == RECORD_DRAFT && !same_user(&f->record_author, &f->author.id) &&
	       (r->status == RECORD_FINAL || r->status == RECORD_AMENDED);
}

/**
 * To write takes the keys of what is written, so it takes the right to them.  To vouch for another's draft takes
 * `sign`; for his own words everybody vouches by signing them.
 */
static const char *writer(const struct authority_facts *f, const struct statement *s)
{
	if (!has_power(f, RIGHT_WRITE | authority_compartment_rights(s->record.compartment)))
		return "permission";
	return !signs_off(f, &s->record) || has_power(f, RIGHT_SIGN) ? NULL : "sign";
}

static const char *deleter(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return has_power(f, RIGHT_DELETE) ? NULL : "permission";
}

/** Who is signed in and active: that is asked of every signer. */
static const char *anybody(const struct authority_facts *f, const struct statement *s)
{
	(void)f;
	(void)s;
	return NULL;
}

static const char *auditor(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return f->author.profile == PROFILE_AUDITOR ? NULL : "profile";
}

/* ---- Contents ---- */

typedef struct status content(const struct authority_facts *f, const struct statement *s);

/** Its own fields are all there is to it. */
static struct status any_content(const struct authority_facts *f, const struct statement *s)
{
	(void)f;
	(void)s;
	return OK;
}

static struct status site_content(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return hash_is_zero(&f->fingerprint) ? OK : FAIL_AT(ST_CONFLICT, "site");
}

static struct status invitation_content(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_invitation *i = &s->invitation;

	if ((i->rights & ~rights_maximum(i->profile)) != 0)
		return FAIL_AT(ST_INVALID, "rights");
	if (i->expires <= f->time || i->expires - f->time > AUTHORITY_INVITATION_MS + CLOCKS_DIFFER_MS)
		return FAIL_AT(ST_INVALID, "expires");
	if (f->login_taken || (f->subject_known && !text_equal(f->subject.login, i->login)))
		return FAIL_AT(ST_CONFLICT, "login");
	if (!ok(p256_check(&i->invitation_key)))
		return FAIL_AT(ST_INVALID, "invitation_key");
	/* A new key for somebody who has one is a key reset: not by one administrator alone. */
	return f->subject_known && f->subject.enrolled ? FAIL_AT(ST_CONFLICT, "enrolled") : OK;
}

static struct status key_content(const struct authority_facts *f, const struct statement *s)
{
	if (!ok(p256_check(&s->key.hpke_key)))
		return FAIL_AT(ST_INVALID, "hpke_key");
	if (!ok(p256_check(&s->key.sign_key)))
		return FAIL_AT(ST_INVALID, "sign_key");
	if (hash_is_zero(&s->key.invitation))
		return OK;
	return f->subject.enrolled ? FAIL_AT(ST_CONFLICT, "enrolled") : OK;
}

static struct status user_content(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_user *u = &s->user;

	if (!f->subject_known)
		return FAIL_AT(ST_NOT_FOUND, "user");
	if ((u->rights & ~rights_maximum(u->profile)) != 0)
		return FAIL_AT(ST_INVALID, "rights");
	/* Nobody steps down himself, so one administrator always remains. */
	if (same_user(&u->user, &f->author.id) && (u->profile != PROFILE_ADMINISTRATOR || u->state != USER_ACTIVE))
		return FAIL_AT(ST_DENIED, "himself");
	return OK;
}

static struct status patient_content(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return f->patient_known ? FAIL_AT(ST_CONFLICT, "patient") : OK;
}

static struct status grant_content(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_grant *g = &s->grant;

	if (g->recipient_kind != RECIPIENT_USER)
		return FAIL_AT(ST_INVALID, "recipient_kind");
	if (!f->recipient_known)
		return FAIL_AT(ST_NOT_FOUND, "recipient");
	if (same_user(&f->recipient.id, &f->owner) || same_user(&f->recipient.id, &f->author.id) ||
	    !f->recipient.enrolled || !person_works_on_files(&f->recipient))
		return FAIL_AT(ST_INVALID, "recipient");
	if (g->permissions == 0)
		return FAIL_AT(ST_INVALID, "permissions");
	if (g->until != 0 && g->until <= f->time)
		return FAIL_AT(ST_INVALID, "until");
	return OK;
}

static struct status revocation_content(const struct authority_facts *f, const struct statement *s)
{
	(void)s;
	return f->recipient_grant.exists ? OK : FAIL_AT(ST_CONFLICT, "grant");
}

static struct status patient_end_content(const struct authority_facts *f, const struct statement *s)
{
	const uint64_t delay = s->patient_end.delay;

	if (delay < AUTHORITY_END_MS || delay > AUTHORITY_END_MAX_MS)
		return FAIL_AT(ST_INVALID, "delay");
	if (f->time > UINT64_MAX - delay)
		return FAIL_AT(ST_INVALID, "time");
	return f->end.exists ? FAIL_AT(ST_CONFLICT, "deletion") : OK;
}

static struct status patient_keep_content(const struct authority_facts *f, const struct statement *s)
{
	const bool pending = f->end.exists && hash_equal(&f->end.name, &s->patient_keep.end);

	return pending ? OK : FAIL_AT(ST_CONFLICT, "deletion");
}

static bool recipients_equal(struct bytes got, struct bytes expected)
{
	if (got.len != expected.len)
		return false;
	for (size_t at = 0; at < got.len; at += STATEMENT_RECIPIENT_BYTES)
		if (memcmp(got.at + at, expected.at + at, STATEMENT_RECIPIENT_BYTES - sizeof(struct hash)) != 0)
			return false;
	return true;
}

static struct status epoch_content(const struct authority_facts *f, const struct statement *s)
{
	if (s->epoch.holder_kind != HOLDER_PATIENT)
		return FAIL_AT(ST_INVALID, "holder_kind");
	if (f->has_epoch ? f->epoch == UINT32_MAX || s->epoch.number != f->epoch + 1 : s->epoch.number != 0)
		return FAIL_AT(ST_CONFLICT, "number");
	return recipients_equal(s->epoch.recipients, f->expected) ? OK : FAIL_AT(ST_CONFLICT, "recipients");
}

/** What was final never becomes a draft again; what was entered in error stays so. */
static bool status_may_follow(const struct authority_facts *f, enum record_status next)
{
	if (!f->record_known || f->record_status == RECORD_DRAFT)
		return true;
	if (f->record_status == RECORD_IN_ERROR)
		return next == RECORD_IN_ERROR;
	return next != RECORD_DRAFT;
}

static struct status record_form(const struct authority_facts *f, const struct statement_record *r)
{
	const bool identity = r->kind == RECORD_IDENTITY;

	if (identity != (r->compartment == COMPARTMENT_IDENTITY))
		return FAIL_AT(ST_INVALID, "compartment");
	if (identity && (r->size != 0 || !hash_equal(&r->content_hash, &hash_of_nothing)))
		return FAIL_AT(ST_INVALID, "content_hash");
	if (f->record_known && r->kind != f->record_kind)
		return FAIL_AT(ST_INVALID, "kind");
	return status_may_follow(f, r->status) ? OK : FAIL_AT(ST_INVALID, "status");
}

static struct status record_follows(const struct authority_facts *f, const struct patient_id *patient)
{
	if (f->record_known && !uuid_equal(&f->record_patient.uuid, &patient->uuid))
		return FAIL_AT(ST_CONFLICT, "patient");
	return f->record_known && f->record_ended ? FAIL_AT(ST_GONE, "record") : OK;
}

static struct status epoch_fits(bool usable, uint32_t current, uint32_t named)
{
	if (!usable)
		return FAIL_AT(ST_CONFLICT, "rekey"); /* PROMISES#B5 */
	return current == named ? OK : FAIL_AT(ST_CONFLICT, "epoch");
}

static struct status record_content(const struct authority_facts *f, const struct statement *s)
{
	const struct statement_record *r = &s->record;
	const uint32_t before = f->record_known ? f->record_version : 0;

	TRY(record_follows(f, &r->patient));
	if (before == UINT32_MAX || r->version != before + 1)
		return FAIL_AT(ST_CONFLICT, "version");
	TRY(record_form(f, r));
	if (r->compartment != COMPARTMENT_CLINICAL)
		TRY(epoch_fits(f->has_identity_epoch, f->identity_epoch, r->identity_epoch));
	if (r->compartment != COMPARTMENT_IDENTITY)
		TRY(epoch_fits(f->has_clinical_epoch, f->clinical_epoch, r->clinical_epoch));
	return OK;
}

static struct status record_end_content(const struct authority_facts *f, const struct statement *s)
{
	if (!f->record_known)
		return FAIL_AT(ST_NOT_FOUND, "record");
	TRY(record_follows(f, &s->record_end.patient));
	return s->record_end.version == f->record_version ? OK : FAIL_AT(ST_CONFLICT, "version");
}

/** Nothing lies between two reviews, nothing in both, and each has something to review. */
static struct status review_content(const struct authority_facts *f, const struct statement *s)
{
	if (s->review.from != f->reviewed_until)
		return FAIL_AT(ST_CONFLICT, "from");
	return s->review.until > s->review.from ? OK : FAIL_AT(ST_INVALID, "until");
}

/* ---- The table (DESIGN section 4): any one of the signers suffices ---- */

static const struct row {
	signer *signers[2];
	content *content;
	bool needs_patient;
} table[STATEMENT_KINDS] = {
	[STATEMENT_SITE] = {{first_administrator}, site_content, false},
	[STATEMENT_INVITATION] = {{administrator}, invitation_content, false},
	[STATEMENT_KEY] = {{invited, himself}, key_content, false},
	[STATEMENT_USER] = {{administrator}, user_content, false},
	[STATEMENT_PATIENT] = {{clinician}, patient_content, false},
	[STATEMENT_EPOCH] = {{owner, reader}, epoch_content, true},
	[STATEMENT_GRANT] = {{owner_who_shares, sharer}, grant_content, true},
	[STATEMENT_REVOCATION] = {{owner, grantor}, revocation_content, true},
	[STATEMENT_RECORD] = {{writer}, record_content, true},
	[STATEMENT_RECORD_END] = {{deleter}, record_end_content, true},
	[STATEMENT_PATIENT_END] = {{owner_who_deletes}, patient_end_content, true},
	[STATEMENT_PATIENT_KEEP] = {{owner}, patient_keep_content, true},
	[STATEMENT_CONDUCT] = {{anybody}, any_content, false},
	[STATEMENT_REVIEW] = {{auditor}, review_content, false},
	[STATEMENT_REQUEST] = {{authority_act_asker}, authority_act_request, false},
	[STATEMENT_DECISION] = {{authority_act_decider}, authority_act_answer, false},
	/* STATEMENT_SIGN_IN is proof at sign-in, never part of the log: no signers. */
};

static struct status signer_allowed(const struct authority_facts *f, const struct statement *s)
{
	const struct row *row = &table[s->kind];
	const char *lacks = "kind";

	if (!by_invitation(s) && f->author.state != USER_ACTIVE)
		return FAIL_AT(ST_DENIED, "disabled");
	for (size_t i = 0; i < COUNT(row->signers) && row->signers[i] != NULL; i++) {
		lacks = row->signers[i](f, s);
		if (lacks == NULL)
			return OK;
	}
	return FAIL_AT(ST_DENIED, lacks);
}

static struct status in_place(const struct authority_facts *f, const struct statement *s)
{
	if (table[s->kind].content == NULL)
		return FAIL_AT(ST_DENIED, "kind");
	if (s->kind != STATEMENT_SITE && !hash_equal(&s->head.site, &f->fingerprint))
		return FAIL_AT(ST_DENIED, "site");
	if (s->head.seen_size > f->position)
		return FAIL_AT(ST_CONFLICT, "seen");
	if (table[s->kind].needs_patient && !f->patient_known)
		return FAIL_AT(ST_NOT_FOUND, "patient");
	return OK;
}

struct status authority_decide(const struct authority_facts *f, const struct statement *s)
{
	struct p256_public signed_by;

	TRY(in_place(f, s));
	TRY(authority_key(f, s, &signed_by));
	if (!f->signature_fits)
		return FAIL_AT(ST_UNPROVEN, "signature");
	TRY(signer_allowed(f, s));
	/* After its end a patient file takes nothing more, not even a change of mind. */
	if (table[s->kind].needs_patient && authority_ended(&f->end, f->time))
		return FAIL_AT(ST_GONE, "patient");
	if (!hash_equal(&s->head.previous, &f->head))
		return FAIL_AT(ST_CONFLICT, "previous");
	return table[s->kind].content(f, s);
}
