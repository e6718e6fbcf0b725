/* SPDX-License-Identifier: Apache-2.0 */
/** fhirindex_internal: what its two halves share: reading files (fhirindex.c) and resolving references
 * (fhirindex_finish.c). */
#ifndef CLINICAL_FHIRINDEX_INTERNAL_H
#define CLINICAL_FHIRINDEX_INTERNAL_H

#include "fhirindex.h"

#define FHIRINDEX_NONE     UINT32_MAX
#define FHIRINDEX_ANY_FILE UINT32_MAX

/** One resource. */
struct fhirindex_row {
	struct fhirindex_place place; /* its patient is set when it is one itself, else FHIRINDEX_NONE */
	uint32_t link_first, link_count;
	uint32_t self[2]; /* of a Binary: the words others refer to it by */
};
/** A reference to what may be a patient, in the forms it may be known by. */
struct fhirindex_link {
	uint32_t word, other; /* FHIRINDEX_NONE: no other form */
	bool about;
};
/** A word that stands for a number: a patient's (keys), a row's (claims: whoever has an attachment there). */
struct fhirindex_key {
	uint32_t word, file, number;
};

/** The entry of a Bundle, or a bare resource. */
struct fhirindex_entry {
	struct json resource;
	struct text full_url;
};

#endif /* !CLINICAL_FHIRINDEX_INTERNAL_H */
