/* SPDX-License-Identifier: Apache-2.0 */
/** fileidentity: whom a clinical file that is no FHIR is about: a CDA document, HL7v2 messages, a DICOM image. */
#ifndef CLINICAL_FILEIDENTITY_H
#define CLINICAL_FILEIDENTITY_H

#include "arena.h"
#include "sniff.h"

#define FILEIDENTITY_MAX 16

struct fileidentity_identifier {
	struct text system; /* a URI such as urn:oid:1.2.3; empty when the file names none that can be compared */
	struct text value;
};
/** Texts are in the arena. */
struct fileidentity {
	struct fileidentity_identifier identifiers[FILEIDENTITY_MAX];
	size_t count;
	struct text birth;  /* YYYY-MM-DD, or empty */
	struct text source; /* what makes it the same document next time; empty: its content does */
	struct text title;
	struct text taken; /* YYYY-MM-DD, or empty */
};
/**
 * fileidentity_read(form, content, arena, out):
 * ${form} is CDA, HL7 or DICOM; of any other form nothing is known.  ST_INVALID when
 * it is not what it seemed to be.
 */
MUST_CHECK struct status fileidentity_read(enum sniff_form form, struct bytes content, struct arena *arena,
					   struct fileidentity *out);

#endif /* !CLINICAL_FILEIDENTITY_H */
