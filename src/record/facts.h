/* SPDX-License-Identifier: Apache-2.0 */
/**
 * facts: what permit decides upon, read from rows through one view, so that a
 * decision and the change it allows see the same state.
 */
#ifndef RECORD_FACTS_H
#define RECORD_FACTS_H

#include "arena.h"
#include "patient_state.h"
#include "permit.h"
#include "store.h"

/** facts_fingerprint(view, out): the name of the site statement; ST_NOT_FOUND before it. */
MUST_CHECK struct status facts_fingerprint(struct store_view *view, struct hash *out);

/** facts_user(view, user, time, out): for actions on no patient; ST_NOT_FOUND "user". */
MUST_CHECK struct status facts_user(struct store_view *view, const struct user_id *user, uint64_t time,
				    struct permit_facts *out);
/**
 * facts_patient(view, user, patient, time, out):
 * For actions on one patient file.  ST_NOT_FOUND "patient", also when its key was
 * destroyed, so that an erased file and none look the same.
 */
MUST_CHECK struct status facts_patient(struct store_view *view, const struct user_id *user,
				       const struct patient_id *patient, uint64_t time, struct permit_facts *out);
/** facts_of(person, time, out): facts_user() of somebody who was read already. */
void facts_of(const struct person *person, uint64_t time, struct permit_facts *out);
/** facts_file(view, patient, facts): the same for somebody whose user is in ${facts} already, as facts_user() says. */
MUST_CHECK struct status facts_file(struct store_view *view, const struct patient_id *patient,
				    struct permit_facts *facts);
/**
 * facts_related(view, user, patient, out):
 * What ${user} ever had to do with a file, from plain columns alone: no key is asked
 * for and no row opened, so that none of the answers costs more than another.
 * Unproven, and so for no more than refusing: whoever is related is decided upon by
 * facts_file().
 */
struct facts_relation {
	bool exists;  /* there is such a file: for its owner's log, never for an answer */
	bool related; /* he owns it, or was given something of it */
};
MUST_CHECK struct status facts_related(struct store_view *view, const struct user_id *user,
				       const struct patient_id *patient, struct facts_relation *out);
/**
 * facts_visible(view, patient, facts, exists):
 * facts_file() for whoever may see the file, or the proof of its end
 * (PERMIT_PATIENT_PROVE).  For everybody else
 * ST_NOT_FOUND "patient" whether there is such a file or not (PROMISES#K9);
 * ${exists} as in struct facts_relation.
 */
MUST_CHECK struct status facts_visible(struct store_view *view, const struct patient_id *patient,
				       struct permit_facts *facts, bool *exists);
/** facts_whose(view, record, patient): whose record it is, unproven like facts_related(); ST_NOT_FOUND "record". */
MUST_CHECK struct status facts_whose(struct store_view *view, const struct record_id *record,
				     struct patient_id *patient);
/** facts_owner(view, patient, out): whose file it is; ST_NOT_FOUND "patient". */
MUST_CHECK struct status facts_owner(struct store_view *view, const struct patient_id *patient, struct user_id *out);
/** facts_record(view, record, out): whose record it is, and whether it has ended; ST_NOT_FOUND "record". */
MUST_CHECK struct status facts_record(struct store_view *view, const struct record_id *record,
				      struct record_state *out);
/** facts_power(f): authority_power() of these facts; none on a file that has ended. */
uint32_t facts_power(const struct permit_facts *f);

/** People as of now, from rows; logins are kept until facts_people_clear(). */
struct facts_people {
	struct store_view *view;
	struct arena logins;
	bool known;
	struct person last; /* who was asked for last: mostly the author, whom one change asks for again and again */
};
struct people facts_people(struct facts_people *p, struct store_view *view);
/** facts_people_changed(p): a user's row was written through the view. */
void facts_people_changed(struct facts_people *p);
void facts_people_clear(struct facts_people *p);

/**
 * facts_state(view, fingerprint, file, out):
 * Owner, grants in force and newest epochs of one file, whose row was read through ${view},
 * for questions about now (POSITION_NOW).  ST_CORRUPT.  patient_state_clear() it.
 */
struct record_patient;
MUST_CHECK struct status facts_state(struct store_view *view, const struct hash *fingerprint,
				     const struct record_patient *file, struct patient_state *out);

#endif /* !RECORD_FACTS_H */
