/* SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include "nonce.h"
#include "terminology.h"

#include <stdio.h>

#define DAY_MS     86400000
#define NUMBER_MAX 24
#define LIST_MAX   64 /* codings, ranges, parts of one entry */

/** What of each type is taken: paths of elements, the first that is there counts. */
static const struct row {
	const char *type, *codes, *times, *ends;
	bool values;
} rows[] = {
	{"AllergyIntolerance", "code", "onsetDateTime onsetPeriod.start recordedDate", "", false},
	{"Condition", "code", "onsetDateTime onsetPeriod.start recordedDate", "abatementDateTime abatementPeriod.end",
	 false},
	{"DiagnosticReport", "code", "effectiveDateTime effectivePeriod.start", "effectivePeriod.end", false},
	{"Encounter", "class type", "period.start", "period.end", false},
	{"Immunization", "vaccineCode", "occurrenceDateTime", "", false},
	{"MedicationRequest", "medicationCodeableConcept", "authoredOn", "", false},
	{"Observation", "code", "effectiveDateTime effectiveInstant effectivePeriod.start", "effectivePeriod.end",
	 true},
	{"Procedure", "code", "performedDateTime performedPeriod.start", "performedPeriod.end", false},
};
const char *const chart_types[] = {"AllergyIntolerance", "Condition",   "DiagnosticReport", "Encounter", "Immunization",
				   "MedicationRequest",  "Observation", "Procedure",        NULL};
/* What did not happen, or was never so, is no part of a chart. */
static const char *const denials[] = {"entered-in-error", "not-done", "cancelled", "refuted"};

static struct json at_path(struct json object, struct text path)
{
	struct text name;

	while (text_split(&path, '.', &name))
		object = json_member(object, name);
	return object;
}

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

/* --- The base --- */

struct chart_base chart_base_new(void)
{
	uint32_t random[2];

	nonce_random(random, sizeof random);
	return (struct chart_base){(int64_t)(random[0] % 36525) - 18262, random[1] % 1440 * 60000};
}

struct status chart_base_put(const struct chart_base *base, struct buffer *out)
{
	TRY(fhirtime_put_date(out, base->day));
	return buffer_print(out, "T%02u:%02u:00Z", base->ms / 3600000, base->ms / 60000 % 60);
}

struct status chart_base_read(struct text t, struct chart_base *out)
{
	struct fhirtime time;

	TRY(fhirtime_parse(t, &time));
	if (!time.time_known)
		return FAIL_AT(ST_INVALID, "offset_base");
	*out = (struct chart_base){time.day, time.ms};
	return OK;
}

/* --- Pieces --- */

static bool takes(struct json coding)
{
	return terminology_takes(text_member(coding, "system"), text_member(coding, "code"));
}

static void put_coding(struct chart *c, struct json coding)
{
	if (!takes(coding))
		return;
	jsonwriter_object(&c->writer, NULL);
	jsonwriter_text(&c->writer, "system", text_member(coding, "system"));
	jsonwriter_text(&c->writer, "code", text_member(coding, "code"));
	jsonwriter_end(&c->writer);
}

/** A Coding, a CodeableConcept, or a list of them. */
static void each_coding(struct json value, void (*use)(struct chart *c, struct json coding), struct chart *c)
{
	bool list = json_kind_of(value) == JSON_KIND_ARRAY;
	size_t count = list ? json_count(value) : 1;

	for (size_t i = 0; i < count && i < LIST_MAX; i++) {
		struct json one = list ? json_element(value, i) : value, codings = json_member(one, TEXT("coding"));
		use(c, one);
		for (size_t k = 0; k < json_count(codings) && k < LIST_MAX; k++)
			use(c, json_element(codings, k));
	}
}

static void count_coding(struct chart *c, struct json coding)
{
	c->entries += takes(coding) ? 1 : 0;
}

static size_t coding_count(struct json resource, const char *paths)
{
	struct text rest = text_of(paths), path;
	struct chart counter = {0};

	while (text_split(&rest, ' ', &path))
		each_coding(at_path(resource, path), count_coding, &counter);
	return counter.entries;
}

static void put_codes(struct chart *c, const char *name, struct json resource, const char *paths)
{
	struct text rest = text_of(paths), path;

	if (coding_count(resource, paths) == 0)
		return;
	jsonwriter_array(&c->writer, name);
	while (text_split(&rest, ' ', &path))
		each_coding(at_path(resource, path), put_coding, c);
	jsonwriter_end(&c->writer);
}

/** Days from the base; to a thousandth, a minute and a half, where the time is known. */
static void put_time(struct chart *c, const char *name, struct json resource, const char *paths)
{
	struct text rest = text_of(paths), path, value;
	struct fhirtime time;
	char shown[48];

	while (text_split(&rest, ' ', &path)) {
		if (!ok(json_text(at_path(resource, path), &value)) || !ok(fhirtime_parse(value, &time)) ||
		    !time.day_known)
			continue;
		int64_t days = time.day - c->base.day;
		int len = snprintf(shown, sizeof shown, "%lld", (long long)days);
		if (time.time_known) {
			int64_t ms = days * DAY_MS + (int64_t)time.ms - (int64_t)c->base.ms;
			len = snprintf(shown, sizeof shown, "%.3f", (double)ms / DAY_MS);
		}
		jsonwriter_raw(&c->writer, name, (struct text){shown, (size_t)len});
		return;
	}
}

static bool short_number(struct json v, struct text *out)
{
	return ok(json_number(v, out)) && out->len <= NUMBER_MAX;
}

static void put_unit(struct chart *c, struct json quantity)
{
	AUTO(buffer) unit = {.max = 64};

	if (text_equal(text_member(quantity, "system"), TEXT("http://unitsofmeasure.org")) &&
	    ok(terminology_unit(text_member(quantity, "code"), &unit)))
		jsonwriter_text(&c->writer, "unit", text_from(buffer_bytes(&unit)));
}

static void put_quantity(struct chart *c, const char *name, struct json quantity)
{
	static const char *const comparators[] = {"<", "<=", ">=", ">"};
	struct text number, comparator = text_member(quantity, "comparator");

	if (!short_number(json_member(quantity, TEXT("value")), &number))
		return;
	jsonwriter_object(&c->writer, name);
	jsonwriter_raw(&c->writer, "number", number);
	/* Without it, "below 5" would read as 5. */
	for (size_t i = 0; i < COUNT(comparators); i++)
		if (text_equal(comparator, text_of(comparators[i])))
			jsonwriter_text(&c->writer, "comparator", comparator);
	put_unit(c, quantity);
	jsonwriter_end(&c->writer);
}

static void put_value(struct chart *c, struct json holder)
{
	struct text number;
	bool yes;

	put_quantity(c, "value", json_member(holder, TEXT("valueQuantity")));
	put_codes(c, "value", holder, "valueCodeableConcept");
	if (short_number(json_member(holder, TEXT("valueInteger")), &number)) {
		jsonwriter_object(&c->writer, "value");
		jsonwriter_raw(&c->writer, "number", number);
		jsonwriter_end(&c->writer);
	}
	if (ok(json_bool(json_member(holder, TEXT("valueBoolean")), &yes)))
		jsonwriter_bool(&c->writer, "value", yes);
}

static void put_ranges(struct chart *c, struct json list)
{
	if (json_count(list) == 0 || json_kind_of(list) != JSON_KIND_ARRAY)
		return;
	jsonwriter_array(&c->writer, "range");
	for (size_t i = 0; i < json_count(list) && i < LIST_MAX; i++) {
		jsonwriter_object(&c->writer, NULL);
		put_quantity(c, "low", json_member(json_element(list, i), TEXT("low")));
		put_quantity(c, "high", json_member(json_element(list, i), TEXT("high")));
		jsonwriter_end(&c->writer);
	}
	jsonwriter_end(&c->writer);
}

static void put_findings(struct chart *c, struct json holder)
{
	put_value(c, holder);
	put_codes(c, "interpretation", holder, "interpretation");
	put_ranges(c, json_member(holder, TEXT("referenceRange")));
}

static void put_parts(struct chart *c, struct json list)
{
	if (json_kind_of(list) != JSON_KIND_ARRAY || json_count(list) == 0)
		return;
	jsonwriter_array(&c->writer, "parts");
	for (size_t i = 0; i < json_count(list) && i < LIST_MAX; i++) {
		struct json part = json_element(list, i);
		if (coding_count(part, "code") == 0)
			continue;
		jsonwriter_object(&c->writer, NULL);
		put_codes(c, "code", part, "code");
		put_findings(c, part);
		jsonwriter_end(&c->writer);
	}
	jsonwriter_end(&c->writer);
}

static bool says_no(struct json resource)
{
	struct json codings = at_path(resource, TEXT("verificationStatus.coding"));

	for (size_t i = 0; i < COUNT(denials); i++) {
		if (text_equal(text_member(resource, "status"), text_of(denials[i])))
			return true;
		for (size_t k = 0; k < json_count(codings); k++)
			if (text_equal(text_member(json_element(codings, k), "code"), text_of(denials[i])))
				return true;
	}
	return false;
}

/* --- The chart --- */

void chart_begin(const struct chart_base *base, const struct patient_id *patient, const struct record_id *record,
		 struct buffer *out, struct chart *chart)
{
	*chart = (struct chart){.writer = jsonwriter_of(out), .base = *base};
	jsonwriter_object(&chart->writer, NULL);
	jsonwriter_string(&chart->writer, "format", "tacenda/v1/chart");
	if (patient != NULL && record != NULL) {
		jsonwriter_object(&chart->writer, "shared");
		jsonwriter_id(&chart->writer, "patient", ID_PATIENT, &patient->uuid);
		jsonwriter_id(&chart->writer, "record", ID_RECORD, &record->uuid);
		jsonwriter_end(&chart->writer);
	}
	jsonwriter_array(&chart->writer, "entries");
}

struct status chart_add(struct chart *c, struct json resource)
{
	struct text type = text_member(resource, "resourceType");
	const struct row *row = NULL;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (text_equal(type, text_of(rows[i].type)))
			row = &rows[i];
	/* Without a code that we know, a value says nothing. */
	if (row == NULL || coding_count(resource, row->codes) == 0 || says_no(resource))
		return OK;
	jsonwriter_object(&c->writer, NULL);
	jsonwriter_string(&c->writer, "type", row->type);
	put_codes(c, "code", resource, row->codes);
	put_time(c, "time", resource, row->times);
	put_time(c, "end", resource, row->ends);
	if (row->values) {
		put_findings(c, resource);
		put_parts(c, json_member(resource, TEXT("component")));
	}
	jsonwriter_end(&c->writer);
	c->entries++;
	return c->writer.failure;
}

struct status chart_end(struct chart *c)
{
	jsonwriter_end(&c->writer);
	jsonwriter_end(&c->writer);
	return jsonwriter_done(&c->writer);
}
