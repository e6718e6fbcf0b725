/* SPDX-License-Identifier: Apache-2.0 */
/**
 * exportrun: one patient file as a folder that can be read and checked without
 * Tacenda (docs/CLINICAL.md section Export).
 */
#ifndef CLI_EXPORTRUN_H
#define CLI_EXPORTRUN_H

#include "cli.h"
#include "exportfolder.h"

/** One version of one record, written. */
struct exportrun_version {
	struct record_id record;
	uint32_t version;
	enum record_kind kind;
	enum record_status status;
	enum compartment compartment;
	struct user_id author;
	uint64_t time, leaf, plain_size;
	struct hash statement, plain_hash; /* plain: zeros for a record without content */
	bool latest, readable;
	/* In the run's memory: */
	struct text title, type, taken, source, file, statement_file, proof_file;
};
struct exportrun {
	struct cli *cli;
	struct patientfile file;
	struct exportfolder folder;
	struct buffer versions; /* struct exportrun_version */
	struct arena memory;
	struct buffer demographics; /* JSON; empty when this person may not read it */
	struct patient_id shared_patient;
	struct record_id shared_record; /* that the chart names; zero: none */
	struct tree_head head;          /* of the checkpoint that proofs are for */
};
void exportrun_clear(struct exportrun *r);

/** exportrun_patient(r, id, parent): all of it; the folder is there only when it is whole. */
MUST_CHECK struct status exportrun_patient(struct exportrun *r, const struct patient_id *id, const char *parent);

size_t exportrun_count(const struct exportrun *r);
struct exportrun_version *exportrun_at(const struct exportrun *r, size_t i);

/** exportrun_proofs(r): checkpoint, and what proves each statement's place (exportproof.c). */
MUST_CHECK struct status exportrun_proofs(struct exportrun *r);
/** exportrun_manifest(r): manifest.json, records.csv, patient.json, README.txt (exportmanifest.c). */
MUST_CHECK struct status exportrun_manifest(struct exportrun *r);

#endif /* !CLI_EXPORTRUN_H */
