/* SPDX-License-Identifier: Apache-2.0 */
/**
 * authority: whether a statement counts, given the facts at its position of the
 * log (DESIGN section 4; docs/FORMATS.md section 1, "who may make it").
 *
 * Pure: no I/O, no clock.  The server asks it with facts from rows before it
 * takes a statement, every client asks it again with facts from statements it
 * has verified itself (PROMISES#B3, PROMISES#K9).
 *
 * The signature is not checked here: `signature_fits` says that it was, against
 * the key that authority_key() gives.
 */
#ifndef PERMIT_AUTHORITY_H
#define PERMIT_AUTHORITY_H

#include "person.h"
#include "statement.h"

/** An invitation ends this long after it was made; a day more is allowed for clocks that differ. */
#define AUTHORITY_INVITATION_MS (7ull * 24 * 3600 * 1000)

/**
 * The deletion of a patient file takes effect so long after its leaf when its owner alone signs it (DESIGN section
 * 4: a second person, or a delay).  It stands in the statement, so that whoever replays it later counts from the
 * same limit; the longest is what no sum of times overflows at.
 */
#define AUTHORITY_END_MS     (7ull * 24 * 3600 * 1000)
#define AUTHORITY_END_MAX_MS (366ull * 24 * 3600 * 1000)

/** The signed end of a patient file. */
struct authority_end {
	bool exists;         /* signed and not withdrawn */
	struct hash name;    /* of the statement */
	struct user_id by;   /* who signed it */
	uint64_t time, ends; /* ms: of its leaf; from when on it counts */
};
/** authority_ended(end, time): whether the file is gone at ${time}. */
static inline bool authority_ended(const struct authority_end *end, uint64_t time)
{
	return end->exists && time >= end->ends;
}

/** A grant in the author's, or the revoked's, favour. */
struct authority_grant {
	bool exists; /* made and not revoked; perhaps expired */
	uint32_t permissions;
	uint64_t until; /* ms; 0 none */
	struct user_id by;
};

/** An act of two persons that was asked for, as the server keeps it or a reader replays it. */
struct authority_approval {
	bool known, decided;
	uint64_t ends;       /* ms: nothing is decided from then on */
	struct hash request; /* name of the statement */
	enum act act;
	struct user_id by, user;
	struct patient_id patient;
	bool asker_known; /* who asked, as he is now; on that patient file */
	struct person asker;
	bool asker_fresh, asker_owns;
	struct authority_grant asker_grant;
};

struct authority_facts {
	struct hash fingerprint; /* zeros: no site statement yet */
	uint64_t position;       /* leaf index; POSITION_NOW on the server */
	uint64_t time;           /* of the leaf, ms; on the server the leaf's to be */
	struct hash head;        /* of the statement's chain; zeros for an empty one */

	bool author_known, author_fresh; /* fresh: see act.h */
	struct person author;
	bool signature_fits; /* verified with the key that authority_key() gives */

	bool subject_known; /* invitation, key, user: the user it is about */
	struct person subject;
	bool login_taken; /* invitation: by another user */

	bool patient_known; /* every kind about a patient */
	struct user_id owner;
	struct authority_end end;               /* of that patient file */
	struct authority_grant author_grant;    /* on that patient */
	struct authority_grant recipient_grant; /* grant, revocation: what the recipient has now */
	bool recipient_known;                   /* grant: a user of the site */
	struct person recipient;

	/* request: the next one; decision: both */
	bool asked_before; /* under the same id, or the same thing and not answered yet */
	struct authority_approval approval;

	/* epoch */
	bool has_epoch;
	uint32_t epoch;        /* the compartment's last number */
	struct bytes expected; /* recipient rows that grants give; wrapped hashes are not compared */

	uint64_t reviewed_until; /* review: where the last one ended; 0 before the first */

	/* record, record-end */
	bool record_known, record_ended;
	struct patient_id record_patient;
	uint32_t record_version;
	enum record_kind record_kind;
	enum record_status record_status;
	struct user_id record_author;                /* of its last version */
	bool has_identity_epoch, has_clinical_epoch; /* there is one, and nobody holds it who may not read any more */
	uint32_t identity_epoch, clinical_epoch;
};

/**
 * authority_key(facts, statement, out):
 * The public key whose signature makes the statement its author's: his current
 * one, or the one-time key of the invitation that a site or key statement names.
 * ST_DENIED "key" or "author" when the head names another.
 */
MUST_CHECK struct status authority_key(const struct authority_facts *facts, const struct statement *s,
				       struct p256_public *out);
/**
 * authority_decide(facts, statement):
 * OK, or why it does not count; `what` is a word for the reason:
 * ST_DENIED    the signer may not ("author", "key", "profile", "owner", "permission", ...)
 * ST_CONFLICT  it builds on something else ("previous", "version", "epoch", "recipients", "rekey", "login", "deletion",
 *              "from")
 * ST_GONE      "patient", "record", "approval": what it is about has ended
 * ST_INVALID   its own fields contradict each other ("rights", "compartment", "status", ...)
 * ST_UNPROVEN  "signature"
 */
MUST_CHECK struct status authority_decide(const struct authority_facts *facts, const struct statement *s);

/**
 * authority_act_answer(facts, decision):
 * Of an act of two persons, whoever decides: whether the request in facts->approval can be answered so at
 * facts->time.  ST_CONFLICT "decided", ST_GONE "approval", ST_INVALID "reason", ST_DENIED "asker: ...".
 */
MUST_CHECK struct status authority_act_answer(const struct authority_facts *facts, const struct statement *decision);
/**
 * authority_power(person, owner, grant, time):
 * What a user may do with a patient file: rights and permission (docs/FORMATS.md section 1).  The
 * owner has every permission; a grant counts until its end; who is disabled or of
 * a profile without patient data has none.
 */
uint32_t authority_power(const struct person *p, bool owner, const struct authority_grant *grant, uint64_t time);
/** authority_compartment_rights(compartment): the bits that reading it takes. */
uint32_t authority_compartment_rights(enum compartment compartment);

#endif /* !PERMIT_AUTHORITY_H */
