/* SPDX-License-Identifier: Apache-2.0 */
/**
 * record_file: what one change holds while it is applied: the transaction, the
 * log's end, and the patient file that its statements are about.  Internal to this
 * module.
 */
#ifndef RECORD_RECORD_FILE_H
#define RECORD_RECORD_FILE_H

#include "facts.h"
#include "record.h"
#include "record_row.h"

struct record_file {
	struct store_txn *txn;
	const struct record_log *log;
	struct record_change *change;
	struct facts_people rows;
	struct people people;
	struct record_outcome *outcome; /* of the statement being applied */
	struct user_id concerned;       /* request, decision: in whose part of the log it stands */
	enum act act;
	uint64_t entered; /* number of the row that record_file_enter() wrote last */

	/* The open patient file; zeros when there is none. */
	struct patient_id patient;
	struct patient_state state;
	struct record_patient kept;
	bool taken;   /* it has rows, perhaps of a file that the author has nothing to do with */
	bool known;   /* it has rows that the author has to do with: for everybody else there is no such file */
	bool changed; /* its row is to be written */
	bool listed;  /* what others see of it in their lists has changed */
	bool access;  /* grants have changed */
};

void record_file_begin(struct record_file *f, struct store_txn *txn, const struct record_log *log,
		       struct record_change *change);
/** record_file_open(f, patient): make it the open one, closing another. */
MUST_CHECK struct status record_file_open(struct record_file *f, const struct patient_id *patient);
/** record_file_close(f): check what a change of grants demands, write what has changed of the open one. */
MUST_CHECK struct status record_file_close(struct record_file *f);
void record_file_clear(struct record_file *f);

/**
 * record_file_pass(f, action, room, pass):
 * Decided on the rows of this transaction, for the signed-in user.  ST_DENIED for who may see the file,
 * ST_NOT_FOUND "patient" for who may not.
 */
MUST_CHECK struct status record_file_pass(struct record_file *f, enum permit_action action, struct permit_room *room,
					  const struct permit_pass **pass);
/** record_file_place(f, item): of a statement that is being applied. */
struct place record_file_place(const struct record_file *f, const struct record_item *item);
/**
 * record_file_enter(f, item):
 * The leaf and the row of a statement that counts, before any row that shows its
 * effect: whoever follows those rows by their numbers then has the statement too.
 */
MUST_CHECK struct status record_file_enter(struct record_file *f, const struct record_item *item);

/* Rules of each kind: decide, enter, write the rows; record_approval.c, record_directory.c, record_patient.c,
 * record_version.c, record_signoff.c. */
typedef struct status record_rule(struct record_file *f, const struct record_item *item);
record_rule record_approval_apply, record_directory_apply, record_patient_apply, record_patient_epoch,
	record_version_apply, record_version_end, record_signoff_apply;

/** record_version_check(item): sizes and hashes of what came with a record statement. */
MUST_CHECK struct status record_version_check(const struct record_item *item);
/** record_patient_check(item): the same of an epoch's wrapped keys. */
MUST_CHECK struct status record_patient_check(const struct record_item *item);

#endif /* !RECORD_RECORD_FILE_H */
