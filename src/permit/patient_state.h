/* SPDX-License-Identifier: Apache-2.0 */
/**
 * patient_state: owner, grants, epochs and end of one patient file at every position
 * of the log, from its statements (PROMISES#B3, PROMISES#K9, PROMISES#B5).
 *
 * A client feeds the verified log's statements of one patient in order and asks
 * about any record at the position of its leaf.  The server fills one from its
 * rows and asks about now.  The rules are the same code.
 * Pure: no I/O, no clock; bounded memory.
 */
#ifndef PERMIT_PATIENT_STATE_H
#define PERMIT_PATIENT_STATE_H

#include "arena.h"
#include "authority.h"

/* Grants and revocations of one file ever made; a client walks them at every question. */
#define PATIENT_STATE_CHANGES 20000
/* Memory of one file's epochs: 800 re-keyings with 1000 recipients. */
#define PATIENT_STATE_BYTES (64u << 20)

struct patient_change;
struct patient_epoch;
struct patient_end;
/** `{ 0 }` is a valid empty one; patient_state_clear() frees it. */
struct patient_state {
	struct hash fingerprint;
	struct patient_id patient;
	struct user_id owner;           /* zeros until the patient statement was added */
	struct hash head;               /* of the patient's chain */
	uint64_t size;                  /* position after the last statement added */
	struct patient_change *changes; /* grants and revocations in log order */
	size_t change_count, change_capacity;
	struct patient_epoch *epochs; /* of both compartments in log order */
	size_t epoch_count, epoch_capacity;
	struct patient_end *ends; /* deletions and their withdrawals in log order */
	size_t end_count, end_capacity;
	struct arena arena;
};
void patient_state_clear(struct patient_state *p);

/** One record's chain, small enough to be kept by whoever follows many. */
struct record_state {
	struct patient_id patient;
	struct record_id record;
	struct hash head;
	uint32_t version; /* 0: no statement yet */
	enum record_kind kind;
	enum record_status status;
	struct user_id author; /* of the last version */
	bool ended;
};

/** Where a statement stands: its leaf's index and time; the server: POSITION_NOW and the time of the leaf to be. */
struct place {
	uint64_t position, time;
	/* The caller has verified the signature against the key that head.author_key names; only the server does,
	 * outside its one writing thread.  That the author holds this key is decided here in any case. */
	bool verified;
};

/**
 * patient_state_add(p, people, statement, place):
 * Verify the signature and the authority of the next patient, grant, revocation,
 * epoch, patient-end or patient-keep statement of this patient, and take it.  The first must be the patient
 * statement; p->fingerprint must be set before it.  Refusals are those of
 * authority_decide(); ${p} is then unchanged.  ${statement} may go afterwards.
 */
MUST_CHECK struct status patient_state_add(struct patient_state *p, const struct people *people,
					   const struct statement *s, struct place place);
/**
 * patient_state_add_record(p, people, record, statement, place):
 * The same for a record or record-end statement against the grants and epochs at
 * ${place}, which may lie before what ${p} has seen since; ${record} (`{ 0 }` for
 * the first) moves on when it counts.
 */
MUST_CHECK struct status patient_state_add_record(const struct patient_state *p, const struct people *people,
						  struct record_state *record, const struct statement *s,
						  struct place place);

/** patient_state_grant(p, kind, id, position): what was granted as of ${position}; exists is false for none. */
struct authority_grant patient_state_grant(const struct patient_state *p, enum recipient_kind kind,
					   const struct uuid *id, uint64_t position);
/** patient_state_end(p, position): the end that was signed and not withdrawn as of ${position}, also one to come. */
struct authority_end patient_state_end(const struct patient_state *p, uint64_t position);
/** patient_state_power(p, people, user, place, out): authority_power(); 0 for strangers and after the file's end. */
MUST_CHECK struct status patient_state_power(const struct patient_state *p, const struct people *people,
					     const struct user_id *user, struct place place, uint32_t *out);
/**
 * patient_state_recipients(p, people, compartment, place, out):
 * Append the recipient rows that an epoch made at ${place} must have, ascending,
 * with zeros for the wrapped keys' hashes: the owner and every enrolled user with
 * the compartment's right and permission in force.
 */
MUST_CHECK struct status patient_state_recipients(const struct patient_state *p, const struct people *people,
						  enum compartment compartment, struct place place, struct buffer *out);

/** One epoch; views into the state. */
struct epoch_view {
	enum compartment compartment;
	uint32_t number;
	uint64_t position;
	struct hash statement; /* its name: `previous` of the next one */
	struct hash commitment;
	struct bytes previous_sealed, recipients;
};
/** patient_state_epoch(p, compartment, position, out): the newest as of ${position}; ST_NOT_FOUND. */
MUST_CHECK struct status patient_state_epoch(const struct patient_state *p, enum compartment compartment,
					     uint64_t position, struct epoch_view *out);
/** patient_state_epoch_number(p, compartment, number, out): that one; ST_NOT_FOUND. */
MUST_CHECK struct status patient_state_epoch_number(const struct patient_state *p, enum compartment compartment,
						    uint32_t number, struct epoch_view *out);
/**
 * patient_state_must_rekey(p, people, compartment, place, out):
 * Whether somebody holds the newest key of ${compartment} (identity or clinical)
 * who may not read it any more: revoked, expired, disabled, or under a key that
 * he has replaced.  Nothing may be written under such a key (PROMISES#B5); any
 * reader of the compartment makes the next epoch first.
 */
MUST_CHECK struct status patient_state_must_rekey(const struct patient_state *p, const struct people *people,
						  enum compartment compartment, struct place place, bool *out);
/**
 * patient_state_lacks(p, people, compartment, place, out):
 * Whether a newer epoch is wanted: patient_state_must_rekey(), or somebody may
 * read who has no wrapped key yet, or there is no epoch at all.
 */
MUST_CHECK struct status patient_state_lacks(const struct patient_state *p, const struct people *people,
					     enum compartment compartment, struct place place, bool *out);

/* For the server, whose rows were decided upon when they were written: the state
 * of now without its history.  Positions are 0, so that all of it counts. */

/** patient_state_load(p, fingerprint, patient, owner, head): begin. */
void patient_state_load(struct patient_state *p, const struct hash *fingerprint, const struct patient_id *patient,
			const struct user_id *owner, const struct hash *head);
MUST_CHECK struct status patient_state_load_grant(struct patient_state *p, enum recipient_kind kind,
						  const struct uuid *id, const struct authority_grant *grant);
MUST_CHECK struct status patient_state_load_end(struct patient_state *p, const struct authority_end *end);
/** patient_state_load_epoch(p, s): a verified epoch statement; each compartment's newest suffices. */
MUST_CHECK struct status patient_state_load_epoch(struct patient_state *p, const struct statement *s);

#endif /* !PERMIT_PATIENT_STATE_H */
