/* SPDX-License-Identifier: Apache-2.0 */
/**
 * permit: the decision whether a user may do something with a route, as a value
 * that whoever does it must hold (PROMISES#K8, PROMISES#K9).
 *
 * Pure: the facts come from the caller, and so does the time.
 */
#ifndef PERMIT_PERMIT_H
#define PERMIT_PERMIT_H

#include "authority.h"

enum permit_action {
	/* Everybody who is signed in. */
	PERMIT_SITE_SEE,    /* site, policies, tiles, checkpoints, proofs */
	PERMIT_SESSION_OWN, /* own sessions, devices, password */
	PERMIT_NOTICE_OWN,
	PERMIT_USER_LIST, /* directory statements: every client needs them */
	PERMIT_KEY_SET,   /* own key, by invitation or previous key */
	PERMIT_LOG_OWN,   /* own actions */
	PERMIT_APPROVAL,  /* ask for acts of two persons and decide them: which, the act's row says (act.h) */
	/* The site. */
	PERMIT_SITE_ADMINISTER,    /* settings */
	PERMIT_USER_ADMINISTER,    /* invitations, profiles, rights, disabling */
	PERMIT_LOG_ADMINISTRATION, /* sign-ins and administration */
	PERMIT_LOG_ALL,            /* everything, with random patient ids */
	PERMIT_REVIEW,             /* sign an access review */
	/* Patient files in general. */
	PERMIT_PATIENT_CREATE,
	PERMIT_PATIENT_LIST, /* those of his own and those shared with him */
	PERMIT_UPLOAD,       /* begin and continue own uploads */
	/* One patient file. */
	PERMIT_PATIENT_PROVE, /* its statements; its keys while it has not ended */
	PERMIT_PATIENT_SEE,   /* that it is there, and what is in it */
	PERMIT_READ_IDENTITY, /* records sealed under identity, clinical, both */
	PERMIT_READ_CLINICAL,
	PERMIT_READ_IDENTIFYING,
	PERMIT_WRITE_IDENTITY,
	PERMIT_WRITE_CLINICAL,
	PERMIT_WRITE_IDENTIFYING,
	PERMIT_RECORD_DELETE,
	PERMIT_SHARE,          /* grants */
	PERMIT_UNSHARE,        /* revocations: whose grant it was is the authority table's matter */
	PERMIT_REKEY_IDENTITY, /* new epochs */
	PERMIT_REKEY_CLINICAL,
	PERMIT_EXPORT,
	PERMIT_PATIENT_DELETE,
	PERMIT_PATIENT_KEEP, /* withdraw its deletion */
	PERMIT_LOG_PATIENT,  /* its part of the log */
	PERMIT_ACTIONS,
};

/** What the decision rests on. */
struct permit_facts {
	struct user_id user;
	enum profile profile;
	uint32_t rights;
	enum user_state state;
	bool enrolled;                /* has keys of his own */
	uint64_t time;                /* now, ms since 1970 */
	struct patient_id patient;    /* zeros for an action on no patient */
	bool owner;                   /* of that patient */
	struct authority_end end;     /* of that patient file */
	struct authority_grant grant; /* to him on that patient */
};

/** Proof that permit_decide() said yes, and to what.  Nobody else can make one. */
struct permit_pass;
/** Memory for one pass; whoever decides owns it, on the stack or in a request. */
struct permit_room {
	uint64_t opaque[8];
};

/**
 * permit_decide(facts, action, room, pass):
 * ${pass} points into ${room}, which must outlive it.  ST_DENIED (`what` names
 * the profile, right or share that is missing); ST_GONE "patient" when he might,
 * had the file not ended; ${pass} is then untouched.
 */
MUST_CHECK struct status permit_decide(const struct permit_facts *facts, enum permit_action action,
				       struct permit_room *room, const struct permit_pass **pass);
const struct user_id *permit_user(const struct permit_pass *pass);
/** permit_profile(pass): the user's when it was decided. */
enum profile permit_profile(const struct permit_pass *pass);
/** Zeros when the action is on no patient. */
const struct patient_id *permit_patient(const struct permit_pass *pass);
enum permit_action permit_action(const struct permit_pass *pass);
/** permit_demand(pass, action, patient): ST_DENIED unless it is for exactly that; ${patient} NULL for none. */
MUST_CHECK struct status permit_demand(const struct permit_pass *pass, enum permit_action action,
				       const struct patient_id *patient);

/** permit_action_on_patient(action): whether it takes a patient. */
bool permit_action_on_patient(enum permit_action action);
enum permit_action permit_read_action(enum compartment compartment);
enum permit_action permit_write_action(enum compartment compartment);

#endif /* !PERMIT_PERMIT_H */
