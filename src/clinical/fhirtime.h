/* SPDX-License-Identifier: Apache-2.0 */
/** fhirtime: FHIR's date, dateTime and instant (hl7.org/fhir/R4/datatypes.html), before 1970 too. */
#ifndef CLINICAL_FHIRTIME_H
#define CLINICAL_FHIRTIME_H

#include "text.h"

struct fhirtime {
	int64_t day;    /* since 1970-01-01, in UTC when there is a time */
	uint32_t ms;    /* of that day */
	bool day_known; /* not only a year or a month, whose first day stands for it */
	bool time_known;
};
/** fhirtime_parse(t, out): ST_INVALID ("time") for anything else, and for years outside 1600 to 2400. */
MUST_CHECK struct status fhirtime_parse(struct text t, struct fhirtime *out);
/** fhirtime_put_date(out, day): YYYY-MM-DD. */
MUST_CHECK struct status fhirtime_put_date(struct buffer *out, int64_t day);

#endif /* !CLINICAL_FHIRTIME_H */
