/* SPDX-License-Identifier: Apache-2.0 */
/**
 * importrun: one `tacenda import`: what it was given, what is known, what it did.
 *
 * First pass: every file is told apart and FHIR is indexed by patient.  Second pass:
 * patient by patient, in the order of the files (docs/CLINICAL.md).
 */
#ifndef CLI_IMPORTRUN_H
#define CLI_IMPORTRUN_H

#include "fhirindex.h"
#include "importfiles.h"
#include "importmatch.h"
#include "importtarget.h"
#include "patientlist.h"
#include "words.h"

enum importrun_what { IMPORTRUN_ADDED, IMPORTRUN_CHANGED, IMPORTRUN_SAME, IMPORTRUN_DELETED, IMPORTRUN_OUTCOMES };

/** Where an identity leads to. */
struct importrun_patient {
	struct hash token;
	bool known; /* it has a patient file */
	struct patient_id patient;
};

struct importrun {
	struct cli *cli;
	bool dry_run;
	struct importfiles files;
	struct fhirindex index;
	struct patientlist list;
	struct importmatch match;
	struct importwriter writer;
	struct buffer patients; /* struct importrun_patient, by the index's numbers */
	bool has_shared;
	struct patient_id shared_patient;
	struct record_id shared_record;
	/* What was done. */
	struct words met;                     /* ids of patient files that are counted */
	size_t counts[7][IMPORTRUN_OUTCOMES]; /* by record kind; 0: patient files */
	struct words kinds;                   /* of attachments and files: media types ... */
	struct buffer kind_counts;            /* ... and how many of each: size_t */
	size_t unmatched;                     /* files */
	size_t unmatched_resources, broken_attachments;
	struct buffer unmatched_rows; /* CSV */
	char unmatched_file[64];      /* where they were written; "" */
};
void importrun_clear(struct importrun *r);

/** importrun_patient_at(r, number): of the index. */
struct importrun_patient *importrun_patient_at(struct importrun *r, size_t number);
/** importrun_token(r, word, pieces, count, out): "patient", "source", "attachment", "chart", "shared", "file". */
MUST_CHECK struct status importrun_token(const struct importrun *r, const char *word, const struct text *pieces,
					 size_t count, struct hash *out);
/** importrun_put(r, t, put, record): importtarget_put(), counted. */
MUST_CHECK struct status importrun_put(struct importrun *r, struct importtarget *t, const struct importtarget_put *put,
				       enum importtarget_outcome *outcome, struct record_id *record);
/**
 * importrun_meet(r, patient, what):
 * This patient file is one of those that are IMPORTRUN_ADDED or IMPORTRUN_SAME. Each counts once, as what it was when
 * it was met first.
 */
MUST_CHECK struct status importrun_meet(struct importrun *r, const struct patient_id *patient,
					enum importrun_what what);
/** importrun_has_met(r, patient): then what this import writes to it may still wait to be sent. */
bool importrun_has_met(const struct importrun *r, const struct patient_id *patient);
/** importrun_found(r): patient files and records that were there already. */
size_t importrun_found(const struct importrun *r);
/** importrun_count_kind(r, type): one more file of this media type. */
MUST_CHECK struct status importrun_count_kind(struct importrun *r, struct text type);
/** importrun_text(r, place, out): a resource or entry of the index, exactly as written. */
MUST_CHECK struct status importrun_text(struct importrun *r, const struct fhirindex_place *place, struct text *out);

/** importrun_patient(r, patient): everything of one patient of the index (importpatient.c). */
MUST_CHECK struct status importrun_patient(struct importrun *r, uint32_t patient);

/** importrun_tables(r): patient files for the rows of every patients.csv (importother.c). */
MUST_CHECK struct status importrun_tables(struct importrun *r);
/** importrun_others(r): every file that is no FHIR, to the patient it names or is named by. */
MUST_CHECK struct status importrun_others(struct importrun *r);
/** importrun_corrections(r): files named in an unmatched.csv that has patients now (importunmatched.c). */
MUST_CHECK struct status importrun_corrections(struct importrun *r);
/** importrun_unmatched(r, path, identifiers, reason): one more row of unmatched.csv. */
MUST_CHECK struct status importrun_unmatched(struct importrun *r, const char *path, struct text identifiers,
					     const char *reason);
/** importrun_write_unmatched(r): unmatched.csv in the current folder, if anything is in it. */
MUST_CHECK struct status importrun_write_unmatched(struct importrun *r);

#endif /* !CLI_IMPORTRUN_H */
