/* SPDX-License-Identifier: Apache-2.0 */
/**
 * importmatch: this person's own patients by identifier, for files that are matched to
 * somebody who is there already.
 *
 * A wrong match puts a paper into a stranger's file, so none is guessed: an identifier
 * with a system fits the same one, or one that was given without a system; one without
 * fits a single patient's; several of one file must not disagree; and where both sides
 * know a birth date, it has to be the same.
 */
#ifndef CLI_IMPORTMATCH_H
#define CLI_IMPORTMATCH_H

#include "demographics.h"
#include "fileidentity.h"
#include "patientlist.h"
#include "words.h"

struct importmatch {
	struct words words;
	struct buffer meanings; /* by word: number of a patient, or "several" */
	struct buffer patients;
};
enum importmatch_answer {
	IMPORTMATCH_FOUND,
	IMPORTMATCH_NO_IDENTIFIER,
	IMPORTMATCH_NOBODY,
	IMPORTMATCH_SEVERAL,
	IMPORTMATCH_BIRTH,
};
/** importmatch_load(m, list, owner): every file of ${list} that ${owner} owns. */
MUST_CHECK struct status importmatch_load(struct importmatch *m, const struct patientlist *list,
					  const struct user_id *owner);
MUST_CHECK struct status importmatch_add(struct importmatch *m, const struct patient_id *patient,
					 const struct demographics *d);
enum importmatch_answer importmatch_find(const struct importmatch *m, const struct fileidentity *identity,
					 struct patient_id *out);
/** importmatch_one(m, system, value, out): the same for one identifier and no birth date. */
enum importmatch_answer importmatch_one(const struct importmatch *m, struct text system, struct text value,
					struct patient_id *out);
/** importmatch_reason(answer): a sentence for unmatched.csv. */
const char *importmatch_reason(enum importmatch_answer answer);
/** importmatch_split(identifier, system, value): [SYSTEM|]VALUE, cut at its first '|'. */
void importmatch_split(struct text identifier, struct text *system, struct text *value);
void importmatch_clear(struct importmatch *m);

#endif /* !CLI_IMPORTMATCH_H */
