/* SPDX-License-Identifier: Apache-2.0 */
/**
 * chart: what may be read about a patient by who may not know who it is:
 * `application/vnd.tacenda.chart+json`, derived from FHIR resources.
 *
 * 1. It is made of what a table allows and of nothing else: codes of published
 *    terminologies (terminology.h), numbers, known units, yes and no, and times as days
 *    from a date that only an identifying record holds.  No text, name, display,
 *    identifier, address, extension, id or reference has a way in (PROMISES#K9).
 * 2. The same resources in the same order and the same base give the same bytes.
 *
 *	{"format": "tacenda/v1/chart", "shared": {"patient": "pt-...", "record": "rc-..."},
 *	 "entries": [{"type": "Observation", "code": [{"system", "code"}], "time": 812.375,
 *	   "value": {"number": 71.5, "unit": "kg"}, "interpretation": [..], "range": [{"low", "high"}], "parts": [..]}]}
 */
#ifndef CLINICAL_CHART_H
#define CLINICAL_CHART_H

#include "fhirtime.h"
#include "json.h"
#include "jsonwriter.h"

#define CHART_TYPE "application/vnd.tacenda.chart+json"

/** The types that a chart is made of, in its order; ended by NULL. */
extern const char *const chart_types[];

/** The secret date of one patient: days count from it. */
struct chart_base {
	int64_t day;
	uint32_t ms; /* of that day: it hides the time of day as well */
};
/** chart_base_new(): at random within a hundred years around 1970. */
struct chart_base chart_base_new(void);
/** chart_base_put(base, out), chart_base_read(t, out): as kept in a source's header, RFC 3339. */
MUST_CHECK struct status chart_base_put(const struct chart_base *base, struct buffer *out);
MUST_CHECK struct status chart_base_read(struct text t, struct chart_base *out);

struct chart {
	struct jsonwriter writer;
	struct chart_base base;
	size_t entries;
};
/** chart_begin(base, patient, record, out, chart): the record of what belongs to no patient; both NULL without one. */
void chart_begin(const struct chart_base *base, const struct patient_id *patient, const struct record_id *record,
		 struct buffer *out, struct chart *chart);
/** chart_add(c, resource): whatever it is; most of it stays out. */
MUST_CHECK struct status chart_add(struct chart *c, struct json resource);
/** chart_end(c): the JSON is whole. */
MUST_CHECK struct status chart_end(struct chart *c);

#endif /* !CLINICAL_CHART_H */
