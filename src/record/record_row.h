/* SPDX-License-Identifier: Apache-2.0 */
/** record_row: rows of tables `statement`, `patient`, `access`, `record` as values.  Internal to this module. */
#ifndef RECORD_RECORD_ROW_H
#define RECORD_RECORD_ROW_H

#include "patient_state.h"
#include "store.h"

/**
 * record_row_scan(view, table, range, visit, context):
 * store_scan() page after page to the end.  Rows whose key was destroyed are passed
 * over, a damaged one is ST_CORRUPT.  ${range} moves.
 */
MUST_CHECK struct status record_row_scan(struct store_view *view, enum table_id table, struct store_range *range,
					 store_visit *visit, void *context);

/** A statement as it stands in its row. */
struct record_stored {
	struct bytes bytes; /* view into the row */
	uint64_t leaf, time, seq;
};
/** record_row_statement(view, name, row, out): ST_NOT_FOUND; ${out} views ${row}. */
MUST_CHECK struct status record_row_statement(struct store_view *view, const struct hash *name, struct row *row,
					      struct record_stored *out);
/** record_row_statement_at(view, seq, row, out): the one with that number, which a sealed row named: ST_CORRUPT. */
MUST_CHECK struct status record_row_statement_at(struct store_view *view, uint64_t seq, struct row *row,
						 struct record_stored *out);
/** record_row_newest(view, subject, row, out): the end of a chain that is about no patient; ST_NOT_FOUND. */
MUST_CHECK struct status record_row_newest(struct store_view *view, const struct hash *subject, struct row *row,
					   struct record_stored *out);

/** What is kept of a patient file. */
struct record_patient {
	struct patient_id id;
	struct user_id owner;
	struct hash token; /* zeros: none */
	struct hash head;
	struct record_id identity; /* zeros: none yet */
	struct authority_end end;  /* signed and not withdrawn; it counts from end.ends on */
	uint64_t seq;
	/* Where a list finds what it shows of the file; numbers of statements, 0: none. */
	uint64_t first, identity_epoch, clinical_epoch;
	uint64_t identity_seq; /* of the identity record's row */
	uint32_t identity_version;
};
/** record_row_epoch(p, compartment): the number of the newest epoch's statement; not for COMPARTMENT_BOTH. */
static inline uint64_t *record_row_epoch(struct record_patient *p, enum compartment compartment)
{
	return compartment == COMPARTMENT_IDENTITY ? &p->identity_epoch : &p->clinical_epoch;
}
MUST_CHECK struct status record_row_patient(struct store_view *view, const struct patient_id *id,
					    struct record_patient *out);
MUST_CHECK struct status record_row_read_patient(const struct row *row, struct record_patient *out);
MUST_CHECK struct status record_row_put_patient(struct store_txn *txn, const struct record_patient *p);

/** What is kept of a grant.  An ended one stays, without `grant.exists`, so that who had it learns of its end. */
struct record_access {
	struct patient_id patient;
	enum recipient_kind kind;
	struct uuid recipient;
	struct authority_grant grant;
	struct hash statement; /* the grant's, or the revocation's */
	uint64_t seq;
};
MUST_CHECK struct status record_row_read_access(const struct row *row, struct record_access *out);
MUST_CHECK struct status record_row_put_access(struct store_txn *txn, const struct record_access *a);

/** What is kept of a record. */
struct record_kept {
	struct record_state state;
	struct hash token; /* zeros: none */
	uint64_t seq;
};
/** ST_NOT_FOUND "record"; ${row} is scratch. */
MUST_CHECK struct status record_row_record(struct store_view *view, const struct record_id *id, struct row *row,
					   struct record_kept *out);
MUST_CHECK struct status record_row_read_record(const struct row *row, struct record_kept *out);
/** record_row_put_record(txn, r): and tell it its new number. */
MUST_CHECK struct status record_row_put_record(struct store_txn *txn, struct record_kept *r);

/** record_row_compartment(version, out): the signed statement's, kept in the version's row: one row less to open. */
MUST_CHECK struct status record_row_compartment(const struct row *version, enum compartment *out);

/**
 * An import token that is looked for: among patient files, or records of them, of one
 * owner.  Tokens of other owners mean nothing: anybody can send one.  Nor do those in
 * files that have ended: who was deleted can be imported again.
 */
struct record_token {
	enum table_id table;
	struct hash token;
	struct user_id owner;
	uint64_t time; /* now, ms */
};
/** record_row_check_token(view, wanted): ST_CONFLICT "token" when it is there. */
MUST_CHECK struct status record_row_check_token(struct store_view *view, const struct record_token *wanted);
/** record_row_find_token(view, wanted, patient, record): the same question, ST_NOT_FOUND for no. */
MUST_CHECK struct status record_row_find_token(struct store_view *view, const struct record_token *wanted,
					       struct patient_id *patient, struct record_id *record);

#endif /* !RECORD_RECORD_ROW_H */
