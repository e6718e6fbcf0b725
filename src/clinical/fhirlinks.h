/* SPDX-License-Identifier: Apache-2.0 */
/**
 * fhirlinks: which patients a FHIR R4 resource is about.
 *
 * The elements come from the Patient compartment of R4
 * (hl7.org/fhir/R4/compartmentdefinition-patient.html), one row a resource type.
 */
#ifndef CLINICAL_FHIRLINKS_H
#define CLINICAL_FHIRLINKS_H

#include "json.h"

/** One Reference; empty texts are absent. */
struct fhirlinks_link {
	struct text reference;     /* as written: relative, absolute, urn:uuid, #contained, conditional */
	struct text system, value; /* of its identifier */
	/* The element says who the resource is about, so not knowing that patient is a problem;
	 * the others (a performer, a participant) count only where they name a known one. */
	bool about;
};
typedef struct status fhirlinks_visit(void *context, const struct fhirlinks_link *link);
/**
 * fhirlinks_walk(resource, visit, context):
 * Each reference in the elements of its type's row, in the row's order.  A failure
 * of ${visit} ends the walk.
 */
MUST_CHECK struct status fhirlinks_walk(struct json resource, fhirlinks_visit *visit, void *context);
/** fhirlinks_walk_all(resource, visit, context): every `reference` and `url` anywhere in it, none of them `about`. */
MUST_CHECK struct status fhirlinks_walk_all(struct json resource, fhirlinks_visit *visit, void *context);

#endif /* !CLINICAL_FHIRLINKS_H */
