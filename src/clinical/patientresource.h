/* SPDX-License-Identifier: Apache-2.0 */
/** patientresource: who a patient is, out of a FHIR R4 Patient resource. */
#ifndef CLINICAL_PATIENTRESOURCE_H
#define CLINICAL_PATIENTRESOURCE_H

#include "demographics.h"

/**
 * patientresource_read(resource, out):
 * The official name (else the first), birth date, gender, identifiers with a value.
 * Texts are views into the resource.  ST_INVALID ("Patient") for another
 * resource; what does not fit the limits of demographics.h is left out, never cut.
 */
MUST_CHECK struct status patientresource_read(struct json resource, struct demographics *out);

#endif /* !CLINICAL_PATIENTRESOURCE_H */
