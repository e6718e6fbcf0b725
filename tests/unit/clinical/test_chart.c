/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "chart.h"

#define CANARY "Zwetschgenbaum"
static const struct chart_base base = {.day = 19000, .ms = 0};

/** The chart of one resource, written with ' for ". */
static void derive(const char *resource, struct buffer *out)
{
	AUTO(json_document) document = {0};
	AUTO(buffer) source = {.max = 65536};
	struct chart chart;

	for (const char *c = resource; *c != '\0'; c++)
		assert_ok(buffer_put_u8(&source, (uint8_t)(*c == '\'' ? '"' : *c)));
	assert_ok(json_parse(buffer_bytes(&source), &json_limits_import, &document));
	chart_begin(&base, NULL, NULL, out, &chart);
	assert_ok(chart_add(&chart, json_root(&document)));
	assert_ok(chart_end(&chart));
}

static void assert_chart(const char *resource, const char *entries)
{
	AUTO(buffer) out = {.max = 65536}, wanted = {.max = 65536};

	derive(resource, &out);
	assert_ok(buffer_print(&wanted, "{'format':'tacenda/v1/chart','entries':[%s]}", entries));
	for (size_t i = 0; i < wanted.len; i++)
		wanted.bytes[i] = wanted.bytes[i] == '\'' ? '"' : wanted.bytes[i];
	if (!bytes_equal(buffer_bytes(&out), buffer_bytes(&wanted)))
		fail_msg("got %.*s wanted %.*s", (int)out.len, (char *)out.bytes, (int)wanted.len,
			 (char *)wanted.bytes);
}

#define LOINC(code) \
	"{'coding':[{'system':'http://loinc.org','code':'" code "','display':'" CANARY "'}],'text':'" CANARY "'}"
#define CODED(code) "[{'system':'http://loinc.org','code':'" code "'}]"

static void keeps_code_value_unit_and_days(void **state)
{
	(void)state;
	assert_chart(
		"{'resourceType':'Observation','code':" LOINC(
			"29463-7") ",'effectiveDateTime':'2022-01-09T12:00:00Z',"
				   "'valueQuantity':{'value':70.50,'unit':'" CANARY
				   "','system':'http://unitsofmeasure.org','code':'kg'}}",
		"{'type':'Observation','code':" CODED("29463-7") ",'time':1.500,'value':{'number':70.50,'unit':'kg'}}");
	assert_chart("{'resourceType':'Condition','code':" LOINC("29463-7") ",'onsetDateTime':'1938-02-03'}",
		     "{'type':'Condition','code':" CODED("29463-7") ",'time':-30655}");
}

static void keeps_interpretation_range_and_parts(void **state)
{
	(void)state;
	assert_chart(
		"{'resourceType':'Observation','code':" LOINC(
			"85354-9") ",'interpretation':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/"
				   "v3-ObservationInterpretation',"
				   "'code':'H','display':'" CANARY
				   "'}]}],'referenceRange':[{'low':{'value':90},'high':{'value':1.4e2},"
				   "'text':'" CANARY
				   "'}],'component':[{'code':" LOINC("8480-6") ",'valueInteger':120},"
									       "{'code':{'text':'" CANARY
									       "'},'valueString':'" CANARY "'}]}",
		"{'type':'Observation','code':" CODED(
			"85354-9") ",'interpretation':[{'system':"
				   "'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation','code':'H'}],"
				   "'range':[{'low':{'number':90},'high':{'number':1.4e2}}],"
				   "'parts':[{'code':" CODED("8480-6") ",'value':{'number':120}}]}");
}

static void keeps_coded_and_yes_or_no_values(void **state)
{
	(void)state;
	assert_chart("{'resourceType':'Observation','code':" LOINC(
			     "72166-2") ",'valueCodeableConcept':{'coding':[{'system':"
					"'http://snomed.info/sct','code':'8517006','display':'" CANARY
					"'}],'text':'" CANARY "'}}",
		     "{'type':'Observation','code':" CODED(
			     "72166-2") ",'value':[{'system':'http://snomed.info/sct','code':'8517006'}]}");
	assert_chart("{'resourceType':'Observation','code':" LOINC("72166-2") ",'valueBoolean':true}",
		     "{'type':'Observation','code':" CODED("72166-2") ",'value':true}");
	assert_chart(
		"{'resourceType':'Observation','code':" LOINC("72166-2") ",'valueQuantity':{'value':5,'comparator':'<',"
									 "'code':'kg','system':'urn:other'}}",
		"{'type':'Observation','code':" CODED("72166-2") ",'value':{'number':5,'comparator':'<'}}");
}

static void leaves_out_what_never_was(void **state)
{
	(void)state;
	assert_chart("{'resourceType':'Observation','status':'entered-in-error','code':" LOINC("29463-7") "}", "");
	assert_chart("{'resourceType':'Immunization','status':'not-done','vaccineCode':" LOINC("29463-7") "}", "");
	assert_chart("{'resourceType':'Condition','code':" LOINC(
			     "29463-7") ",'verificationStatus':{'coding':[{'code':'refuted'}]}}",
		     "");
}

static void leaves_out_other_types_and_uncoded_entries(void **state)
{
	(void)state;
	assert_chart("{'resourceType':'Patient','id':'1','name':[{'family':'" CANARY "'}]}", "");
	assert_chart("{'resourceType':'Observation','code':{'text':'" CANARY "'},'valueInteger':1}", "");
	assert_chart("{'resourceType':'Composition','code':" LOINC("29463-7") "}", "");
	assert_chart("[]", "");
	assert_chart("'x'", "");
}

static void dates_without_a_day_have_no_time(void **state)
{
	(void)state;
	assert_chart("{'resourceType':'Condition','code':" LOINC("29463-7") ",'onsetDateTime':'1951'}",
		     "{'type':'Condition','code':" CODED("29463-7") "}");
}

/* --- The canary in every place at once --- */

/* A resource in which each of the elements that FHIR has for these types is text. */
static const char *const elements[] = {
	"id",
	"implicitRules",
	"language",
	"status",
	"text",
	"contained",
	"extension",
	"modifierExtension",
	"identifier",
	"basedOn",
	"partOf",
	"category",
	"subject",
	"focus",
	"encounter",
	"issued",
	"performer",
	"valueString",
	"valueDateTime",
	"valueTime",
	"valueSampledData",
	"valuePeriod",
	"valueRange",
	"valueRatio",
	"dataAbsentReason",
	"note",
	"bodySite",
	"method",
	"specimen",
	"device",
	"hasMember",
	"derivedFrom",
	"clinicalStatus",
	"severity",
	"recorder",
	"asserter",
	"stage",
	"evidence",
	"reason",
	"reasonCode",
	"reasonReference",
	"requester",
	"dosageInstruction",
	"dispenseRequest",
	"substitution",
	"medicationReference",
	"manufacturer",
	"lotNumber",
	"location",
	"site",
	"route",
	"doseQuantity",
	"protocolApplied",
	"participant",
	"hospitalization",
	"serviceProvider",
	"diagnosis",
	"conclusion",
	"presentedForm",
	"media",
	"result",
	"reaction",
	"criticality",
	"usedReference",
	"followUp",
	"outcome",
	"complication",
	"effectiveDateTime",
	"effectiveInstant",
	"effectivePeriod",
	"onsetDateTime",
	"onsetString",
	"onsetAge",
	"abatementString",
	"period",
	"authoredOn",
	"performedDateTime",
	"performedString",
	"occurrenceDateTime",
	"occurrenceString",
	"valueQuantity",
	"valueCodeableConcept",
	"valueInteger",
	"valueBoolean",
	"interpretation",
	"referenceRange",
	"component",
};

/** The canary as text, in an object's usual members, in a list, and as the keys themselves. */
static const char *const shapes[] = {
	"\"" CANARY "\"",
	"[\"" CANARY "\"]",
	"{\"text\":\"" CANARY "\",\"display\":\"" CANARY "\",\"reference\":\"" CANARY "\",\"value\":\"" CANARY "\","
	"\"code\":\"" CANARY "\",\"system\":\"" CANARY "\",\"unit\":\"" CANARY "\",\"start\":\"" CANARY "\","
	"\"comparator\":\"" CANARY "\",\"low\":\"" CANARY "\",\"" CANARY "\":1,"
	"\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" CANARY "\",\"display\":\"" CANARY "\"},"
	"{\"system\":\"" CANARY "\",\"code\":\"29463-7\",\"version\":\"" CANARY "\"}]}",
	"[{\"text\":\"" CANARY "\",\"code\":{\"text\":\"" CANARY "\"},\"low\":{\"value\":1,\"unit\":\"" CANARY
	"\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"" CANARY "\"},\"valueString\":\"" CANARY "\"}]",
};

/* PROMISES#K9, PROMISES#B1 */
static void nothing_planted_in_any_element_comes_through(void **state)
{
	size_t entries = 0;

	(void)state;
	for (size_t t = 0; chart_types[t] != NULL; t++)
		for (size_t e = 0; e < COUNT(elements); e++)
			for (size_t s = 0; s < COUNT(shapes); s++) {
				AUTO(buffer) source = {.max = 65536}, out = {.max = 65536};
				static const char *const codes[] = {"code", "vaccineCode", "medicationCodeableConcept",
								    "type"};
				assert_ok(buffer_print(&source, "{'resourceType':'%s','%s':", chart_types[t],
						       elements[e]));
				for (const char *c = shapes[s]; *c != '\0'; c++)
					assert_ok(buffer_put_u8(&source, (uint8_t)(*c == '"' ? '\'' : *c)));
				for (size_t c = 0; c < COUNT(codes); c++)
					assert_ok(buffer_print(&source, ",'%s':" LOINC("29463-7"), codes[c]));
				assert_ok(buffer_print(&source, "}%c", 0));
				derive((const char *)source.bytes, &out);
				assert_null(memmem(out.bytes, out.len, CANARY, strlen(CANARY)));
				assert_null(memmem(out.bytes, out.len, "wetsch", 6));
				entries += memmem(out.bytes, out.len, "29463-7", 7) != NULL ? 1 : 0;
			}
	/* Otherwise the test would pass on empty charts. */
	assert_true(entries > 8 * COUNT(elements));
}

static void names_the_record_of_what_belongs_to_no_patient(void **state)
{
	AUTO(buffer) out = {.max = 1024}, wanted = {.max = 1024};
	struct patient_id patient = {uuid_new(1)};
	struct record_id record = {uuid_new(2)};
	struct chart chart;

	(void)state;
	chart_begin(&base, &patient, &record, &out, &chart);
	assert_ok(chart_end(&chart));
	assert_ok(buffer_print(
		&wanted,
		"{\"format\":\"tacenda/v1/chart\",\"shared\":{\"patient\":\"%s\",\"record\":\"%s\"},\"entries\":[]}",
		id_print(ID_PATIENT, &patient.uuid).at, id_print(ID_RECORD, &record.uuid).at));
	assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&wanted)));
}

static void keeps_its_secret_date(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		AUTO(buffer) text = {.max = 64};
		struct chart_base made = chart_base_new(), read;
		assert_ok(chart_base_put(&made, &text));
		assert_ok(chart_base_read(text_from(buffer_bytes(&text)), &read));
		assert_int_equal(read.day, made.day);
		assert_int_equal(read.ms, made.ms);
		assert_true(made.day > -20000 && made.day < 20000);
	}
	struct chart_base one = chart_base_new(), two = chart_base_new();
	assert_false(one.day == two.day && one.ms == two.ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_code_value_unit_and_days),
		TEST(keeps_interpretation_range_and_parts),
		TEST(keeps_coded_and_yes_or_no_values),
		TEST(leaves_out_what_never_was),
		TEST(leaves_out_other_types_and_uncoded_entries),
		TEST(dates_without_a_day_have_no_time),
		TEST(nothing_planted_in_any_element_comes_through),
		TEST(names_the_record_of_what_belongs_to_no_patient),
		TEST(keeps_its_secret_date),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
