/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "terminology.h"

static bool takes(const char *system, const char *code)
{
	return terminology_takes(text_of(system), text_of(code));
}

static void takes_codes_of_published_terminologies(void **state)
{
	(void)state;
	assert_true(takes("http://loinc.org", "29463-7"));
	assert_true(takes("http://loinc.org", "LA6576-8"));
	assert_true(takes("http://snomed.info/sct", "38341003"));
	assert_true(takes("http://www.nlm.nih.gov/research/umls/rxnorm", "314076"));
	assert_true(takes("http://hl7.org/fhir/sid/icd-10", "E11.9"));
	assert_true(takes("http://hl7.org/fhir/sid/icd-10-cm", "S52.521A"));
	assert_true(takes("http://hl7.org/fhir/sid/icd-10-cm", "I10"));
	assert_true(takes("http://hl7.org/fhir/sid/cvx", "140"));
	assert_true(takes("http://www.whocc.no/atc", "C09AA05"));
	assert_true(takes("http://terminology.hl7.org/CodeSystem/v3-ActCode", "EMER"));
	assert_true(takes("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "HH"));
}

/* PROMISES#K9: who reads charts alone reads no identity. */
static void takes_no_code_that_could_be_a_name(void **state)
{
	(void)state;
	assert_false(takes("http://loinc.org", "Aubrey"));
	assert_false(takes("http://loinc.org", "29463-7 Aubrey"));
	assert_false(takes("http://snomed.info/sct", "38341003\n"));
	assert_false(takes("http://hl7.org/fhir/sid/icd-10-cm", "A00.NOAH"));
	assert_false(takes("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AUBREY"));
	assert_false(takes("http://hospital.example/codes", "29463-7"));
	assert_false(takes("", "29463-7"));
	assert_false(takes("http://hl7.org/fhir/sid/us-ssn", "999-22-1962"));
	assert_false(takes("http://loinc.org", ""));
	assert_false(takes("http://loinc.org", "123456789-1"));
}

static void assert_unit(const char *code, const char *wanted)
{
	AUTO(buffer) out = {.max = 128};

	if (wanted == NULL) {
		assert_fails(ST_INVALID, terminology_unit(text_of(code), &out));
		assert_int_equal(out.len, 0);
		return;
	}
	assert_ok(terminology_unit(text_of(code), &out));
	assert_true(text_equal(text_from(buffer_bytes(&out)), text_of(wanted)));
}

static void takes_units_built_of_known_atoms(void **state)
{
	static const char *const units[] = {"kg",      "mm[Hg]", "/min",   "10*3/uL", "mmol/L", "mL/min",  "kg/m2",
					    "%",       "cm",     "Cel",    "[degF]",  "ug/dL",  "U/L",     "meq/L",
					    "mg/g",    "h",      "a",      "[IU]/mL", "1",      "10*6/uL", "g/dL",
					    "mosm/kg", "m/s",    "[in_i]", "fL",      "pg",     "ng/mL",   "L/min"};

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++)
		assert_unit(units[i], units[i]);
}

static void leaves_annotations_out(void **state)
{
	(void)state;
	assert_unit("{score}", "1");
	assert_unit("mL/min/{1.73_m2}", "mL/min/");
	assert_unit("{Aubrey}/min", "/min");
	assert_unit("{a{b}}", NULL);
	assert_unit("{open", NULL);
	assert_unit("close}", NULL);
}

static void refuses_words_as_units(void **state)
{
	static const char *const bad[] = {"",         "Aubrey",  "kg Aubrey", "tablet", "kg/Aubrey",
					  "kilogram", "A.ubrey", "12345",     "kg\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_unit(bad[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_codes_of_published_terminologies),
		TEST(takes_no_code_that_could_be_a_name),
		TEST(takes_units_built_of_known_atoms),
		TEST(leaves_annotations_out),
		TEST(refuses_words_as_units),
	};
	return cmocka_run_group_tests_name("terminology", tests, NULL, NULL);
}
