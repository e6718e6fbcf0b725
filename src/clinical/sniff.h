/* SPDX-License-Identifier: Apache-2.0 */
/** sniff: what a file is, by its first bytes; its name decides only where bytes cannot. */
#ifndef CLINICAL_SNIFF_H
#define CLINICAL_SNIFF_H

#include "text.h"

enum sniff_form {
	SNIFF_OTHER,     /* a recording, a picture, a PDF, anything: kept as it is */
	SNIFF_JSON,      /* perhaps FHIR: fhirindex.h decides */
	SNIFF_PATIENTS,  /* patients.csv */
	SNIFF_UNMATCHED, /* unmatched.csv, written by an earlier import and corrected */
	SNIFF_CDA,       /* a clinical document (HL7 CDA) */
	SNIFF_HL7,       /* HL7 version 2 */
	SNIFF_DICOM,
};

/** sniff_form(name, head): ${head} is the beginning of the content, 4 KiB or all of it. */
enum sniff_form sniff_form(struct text name, struct bytes head);

#endif /* !CLINICAL_SNIFF_H */
