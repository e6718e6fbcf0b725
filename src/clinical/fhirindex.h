/* SPDX-License-Identifier: Apache-2.0 */
/**
 * fhirindex: the first pass over what is to be imported: where each FHIR resource
 * stands, and which patients it belongs to.
 *
 * It keeps places (file, offset, length) and short keys, never contents, so that an
 * import of any size needs memory for its count of resources only.
 *
 * 1. A resource that belongs to a patient who is not known is `unmatched`; it is never
 *    taken for one without a patient, whose record others may come to read.
 * 2. The same files in the same order give the same index.
 */
#ifndef CLINICAL_FHIRINDEX_H
#define CLINICAL_FHIRINDEX_H

#include "json.h"
#include "words.h"

/** Instead of a patient's number: */
#define FHIRINDEX_SHARED    (UINT32_MAX - 1) /* is about no patient: practitioners, places, ... */
#define FHIRINDEX_UNMATCHED UINT32_MAX       /* is about one who is not among the patients */

/** Where a text stands, and what it is. */
struct fhirindex_place {
	uint32_t patient;
	uint32_t type; /* in the words */
	uint32_t file, at, len;
	bool entry; /* a Bundle's entry with its fullUrl; otherwise a bare resource */
};
/** A patient: the first identifier that has a value, as SYSTEM|VALUE, else `id:` and the resource's id. */
struct fhirindex_patient {
	uint32_t file, at, len; /* of its newest resource; len 0: it has none */
	bool entry;
};

struct fhirindex {
	struct words words;
	struct words identities; /* a patient's number is that of its identity */
	struct buffer patients;  /* struct fhirindex_patient */
	struct buffer rows, links, keys, claims, assigned;
	struct buffer places; /* struct fhirindex_place, when finished */
};

/**
 * fhirindex_add(x, file, text):
 * Take one file: a resource, a Bundle (of Bundles), or one of them a line (NDJSON).
 * ST_INVALID ("fhir" when it is JSON but no resource; "fhir line"; "json"),
 * ST_TOO_BIG; nothing of the file is then in ${x}.
 */
MUST_CHECK struct status fhirindex_add(struct fhirindex *x, uint32_t file, struct text text);
/**
 * fhirindex_know(x, identity, out):
 * A patient who is known without a resource: a row of a CSV.  ${identity} is
 * [SYSTEM|]VALUE.  The same identity again is the same patient.
 */
MUST_CHECK struct status fhirindex_know(struct fhirindex *x, struct text identity, uint32_t *out);
/** fhirindex_assign(x, file, patient): what in ${file} is about nobody known, or about nobody, is this patient's. */
MUST_CHECK struct status fhirindex_assign(struct fhirindex *x, uint32_t file, uint32_t patient);
/** fhirindex_finish(x): after the last file; then the functions below. */
MUST_CHECK struct status fhirindex_finish(struct fhirindex *x);
void fhirindex_clear(struct fhirindex *x);

size_t fhirindex_patient_count(const struct fhirindex *x);
const struct fhirindex_patient *fhirindex_patient_at(const struct fhirindex *x, size_t patient);
/** fhirindex_identity(x, patient): SYSTEM|VALUE, VALUE, or `id:` and the resource's id. */
struct text fhirindex_identity(const struct fhirindex *x, size_t patient);
/** fhirindex_type(x, place): the resource's type. */
struct text fhirindex_type(const struct fhirindex *x, const struct fhirindex_place *place);
/** fhirindex_places(x, patient, count): of one patient (or SHARED, UNMATCHED), by type's name, then file and offset. */
const struct fhirindex_place *fhirindex_places(const struct fhirindex *x, uint32_t patient, size_t *count);
/** Called with a resource, and the reference in it that nobody knows; empty when there is none. */
typedef struct status fhirindex_unmatched_visit(void *context, const struct fhirindex_place *place,
						struct text reference);
/** fhirindex_unmatched(x, which, visit, context): each of FHIRINDEX_UNMATCHED, or FHIRINDEX_SHARED, by type. */
MUST_CHECK struct status fhirindex_unmatched(const struct fhirindex *x, uint32_t which,
					     fhirindex_unmatched_visit *visit, void *context);
/** fhirindex_resources(x): how many resources there are, each counted once. */
size_t fhirindex_resources(const struct fhirindex *x);
/** Calls ${visit} with each type, in order of name, and how many resources of it there are. */
typedef struct status fhirindex_count_visit(void *context, struct text type, size_t count);
MUST_CHECK struct status fhirindex_counts(const struct fhirindex *x, fhirindex_count_visit *visit, void *context);

#endif /* !CLINICAL_FHIRINDEX_H */
