/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "fhirindex.h"

/** One file, written with ' for ", of the text that stays where it is. */
static void add(struct fhirindex *x, uint32_t file, char *text)
{
	for (char *c = text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	assert_ok(fhirindex_add(x, file, text_of(text)));
}
#define ADD(x, file, literal) \
	char text_##file[] = literal; \
	add(x, file, text_##file)

static size_t count(const struct fhirindex *x, uint32_t patient)
{
	size_t n;

	(void)fhirindex_places(x, patient, &n);
	return n;
}

static void index_clear(struct fhirindex **x)
{
	fhirindex_clear(*x);
}
#define INDEX(x) \
	struct fhirindex x##_held = {0}; \
	__attribute__((cleanup(index_clear))) struct fhirindex *x = &x##_held

#define PATIENT(id, value) \
	"{'resourceType':'Patient','id':'" id "','identifier':[{'system':'urn:s','value':'" value "'}]}"
#define ABOUT(id, reference) "{'resourceType':'Observation','id':'" id "','subject':" reference "}"

static void finds_places_in_the_text(void **state)
{
	INDEX(x);
	size_t n;

	(void)state;
	ADD(x, 0,
	    " {'resourceType':'Bundle' , 'entry' : [ {'fullUrl':'urn:uuid:p1', 'resource' : " PATIENT(
		    "p1", "1") " } ,\n"
			       "{'resource':" ABOUT("o]}\\\"", "{'reference':'urn:uuid:p1'}") "}]} ");
	assert_ok(fhirindex_finish(x));
	assert_int_equal(fhirindex_patient_count(x), 1);
	assert_true(text_equal(fhirindex_identity(x, 0), TEXT("urn:s|1")));
	const struct fhirindex_place *places = fhirindex_places(x, 0, &n);
	assert_int_equal(n, 2);
	assert_true(text_equal(fhirindex_type(x, &places[0]), TEXT("Observation")));
	assert_true(places[0].entry);
	assert_int_equal(text_0[places[0].at], '{');
	assert_int_equal(text_0[places[0].at + places[0].len - 1], '}');
	assert_memory_equal(text_0 + places[0].at, "{\"resource\":{\"resourceType\":\"Observation\"", 40);
}

static void follows_every_form_of_reference(void **state)
{
	INDEX(x);

	(void)state;
	ADD(x, 0,
	    "{'resourceType':'Bundle','entry':[{'fullUrl':'https://h/fhir/Patient/p1','resource':" PATIENT("p1",
													   "1") "}]}");
	ADD(x, 1,
	    ABOUT("1", "{'reference':'Patient/p1'}") "\n" ABOUT("2", "{'reference':'https://h/fhir/Patient/p1'}") "\n" ABOUT("3", "{'reference':'Patient/p1/_history/2'}") "\n" ABOUT(
		    "4",
		    "{'reference':'Patient?identifier=urn:s|1'}") "\n" ABOUT("5",
									     "{'identifier':{'system':'urn:s','value':'"
									     "1'}}") "\n" ABOUT("6",
												"{'reference':'urn:"
												"uuid:p1'}") "\n"
													     "{'"
													     "resourceT"
													     "ype':'"
													     "Observati"
													     "on','id':"
													     "'7','"
													     "subject':"
													     "{'"
													     "reference"
													     "':'#c'},'"
													     "contained"
													     "':[{'"
													     "resourceT"
													     "ype':'"
													     "Patient',"
													     "'id':'c',"
													     "'identifi"
													     "er':[{'"
													     "system':'"
													     "urn:s','"
													     "value':'"
													     "1'}]}]}\n"
													     "{'"
													     "resourceT"
													     "ype':'"
													     "Claim','"
													     "id':'8','"
													     "patient':"
													     "{'"
													     "reference"
													     "':'"
													     "Patient/"
													     "p1'}}\n"
													     "{'"
													     "resourceT"
													     "ype':'"
													     "Appointme"
													     "nt','"
													     "participa"
													     "nt':[{'"
													     "actor':{'"
													     "reference"
													     "':'"
													     "Location/"
													     "1'}},{'"
													     "actor':{'"
													     "reference"
													     "':'"
													     "Patient/"
													     "p1'}}]}\n"
													     "{'"
													     "resourceT"
													     "ype':'"
													     "MessageHe"
													     "ader','"
													     "focus':[{"
													     "'referenc"
													     "e':'"
													     "Patient/"
													     "p1'}]}"
													     "\n");
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, 0), 11);
	assert_int_equal(count(x, FHIRINDEX_UNMATCHED), 0);
	assert_int_equal(count(x, FHIRINDEX_SHARED), 0);
}

static void what_is_about_a_stranger_is_never_shared(void **state)
{
	INDEX(x);

	(void)state;
	ADD(x, 0, PATIENT("p1", "1"));
	ADD(x, 1,
	    ABOUT("1", "{'reference':'Patient/p2'}") "\n" ABOUT("2", "{'reference':'urn:uuid:other'}") "\n" ABOUT(
		    "3", "{'identifier':{'system':'urn:s','value':'2'}}") "\n"
									  "{'resourceType':'MessageHeader','focus':[{'"
									  "reference':'Patient/p2'}]}\n"
									  "{'resourceType':'Observation','subject':{'"
									  "reference':'#c'},'contained':[{'"
									  "resourceType':'Patient','id':'c'}]}\n");
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, FHIRINDEX_UNMATCHED), 5);
	assert_int_equal(count(x, FHIRINDEX_SHARED), 0);
}

static void what_is_about_nobody_is_shared(void **state)
{
	INDEX(x);

	(void)state;
	ADD(x, 0,
	    "{'resourceType':'Practitioner','id':'d'}\n{'resourceType':'Organization','id':'o','extension':[{'url':'"
	    "http://x/y'}]}\n" ABOUT("1", "{'reference':'Device/1'}") "\n{'resourceType':'Observation','subject':{'"
								      "reference':'Location?identifier=s|1'}}\n");
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, FHIRINDEX_SHARED), 4);
}

static void the_same_identity_is_the_same_patient(void **state)
{
	INDEX(x);
	uint32_t number;

	(void)state;
	ADD(x, 0, PATIENT("p1", "1"));
	ADD(x, 1, PATIENT("other", "1"));
	assert_ok(fhirindex_know(x, TEXT("urn:s|1"), &number));
	assert_int_equal(number, 0);
	assert_ok(fhirindex_finish(x));
	assert_int_equal(fhirindex_patient_count(x), 1);
	assert_int_equal(count(x, 0), 2);
}

static void two_exports_may_use_one_id_for_two_people(void **state)
{
	INDEX(x);

	(void)state;
	ADD(x, 0, PATIENT("1", "a") "\n" ABOUT("x", "{'reference':'Patient/1'}") "\n");
	ADD(x, 1, PATIENT("1", "b") "\n" ABOUT("y", "{'reference':'Patient/1'}") "\n");
	ADD(x, 2, ABOUT("z", "{'reference':'Patient/1'}"));
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, 0), 2);
	assert_int_equal(count(x, 1), 2);
	/* Whose it is, nobody can say. */
	assert_int_equal(count(x, FHIRINDEX_UNMATCHED), 1);
}

static void a_binary_belongs_to_the_document_that_points_at_it(void **state)
{
#define DOCUMENT(patient) \
	"{'resourceType':'DocumentReference','subject':{'reference':'Patient/" patient \
	"'},'content':[{'attachment':{'url':'Binary/b'}}]}"
	INDEX(x);

	(void)state;
	ADD(x, 0, PATIENT("1", "a") "\n" DOCUMENT("1") "\n{'resourceType':'Binary','id':'b'}\n");
	ADD(x, 1, PATIENT("2", "b") "\n" DOCUMENT("2") "\n{'resourceType':'Binary','id':'b'}\n");
	ADD(x, 2, DOCUMENT("3") "\n{'resourceType':'Binary','id':'b'}\n{'resourceType':'Binary','id':'free'}\n");
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, 0), 3);
	assert_int_equal(count(x, 1), 3);
	assert_int_equal(count(x, FHIRINDEX_UNMATCHED), 2);
	assert_int_equal(count(x, FHIRINDEX_SHARED), 1);
}

static void a_person_can_say_whose_a_file_is(void **state)
{
	INDEX(x);
	uint32_t number;

	(void)state;
	ADD(x, 0, ABOUT("z", "{'reference':'Patient/1'}") "\n{'resourceType':'Practitioner'}\n");
	assert_ok(fhirindex_know(x, TEXT("pt-x"), &number));
	assert_ok(fhirindex_assign(x, 0, number));
	assert_ok(fhirindex_finish(x));
	assert_int_equal(count(x, number), 2);
}

static void a_broken_file_leaves_nothing_behind(void **state)
{
	static const char *const broken[] = {"{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":",
					     "{}",
					     "[1]",
					     "",
					     "{\"resourceType\":\"Patient\"",
					     "{\"resourceType\":\"\"}",
					     "{\"resourceType\":1}"};
	INDEX(x);

	(void)state;
	for (uint32_t i = 0; i < COUNT(broken); i++)
		assert_fails(ST_INVALID, fhirindex_add(x, i, text_of(broken[i])));
	assert_int_equal(fhirindex_resources(x), 0);
	assert_ok(fhirindex_finish(x));
}

static void bundles_in_bundles_end(void **state)
{
	AUTO(buffer) text = {.max = 65536};
	INDEX(x);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_ok(buffer_print(&text, "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":"));
	assert_ok(buffer_print(&text, "{\"resourceType\":\"Patient\",\"id\":\"deep\"}"));
	for (int i = 0; i < 3; i++)
		assert_ok(buffer_print(&text, "}]}"));
	assert_ok(fhirindex_add(x, 0, text_from(buffer_bytes(&text))));
	assert_int_equal(fhirindex_resources(x), 1);
	text.len = 0;
	for (int i = 0; i < 5; i++)
		assert_ok(buffer_print(&text, "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":"));
	assert_ok(buffer_print(&text, "{\"resourceType\":\"Patient\",\"id\":\"deep\"}"));
	for (int i = 0; i < 5; i++)
		assert_ok(buffer_print(&text, "}]}"));
	assert_fails(ST_TOO_BIG, fhirindex_add(x, 1, text_from(buffer_bytes(&text))));
}

static struct status collect(void *context, struct text type, size_t n)
{
	char *out = context;

	(void)snprintf(out + strlen(out), 100, "%.*s=%zu ", TEXT_ARG(type), n);
	return OK;
}

static void counts_types_by_name(void **state)
{
	INDEX(x);
	char counts[200] = "";

	(void)state;
	ADD(x, 0,
	    PATIENT("1", "a") "\n" ABOUT("x", "{'reference':'Patient/1'}") "\n" ABOUT(
		    "y", "{'reference':'Patient/1'}") "\n");
	assert_ok(fhirindex_counts(x, collect, counts));
	assert_string_equal(counts, "Observation=2 Patient=1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_places_in_the_text),
		TEST(follows_every_form_of_reference),
		TEST(what_is_about_a_stranger_is_never_shared),
		TEST(what_is_about_nobody_is_shared),
		TEST(the_same_identity_is_the_same_patient),
		TEST(two_exports_may_use_one_id_for_two_people),
		TEST(a_binary_belongs_to_the_document_that_points_at_it),
		TEST(a_person_can_say_whose_a_file_is),
		TEST(a_broken_file_leaves_nothing_behind),
		TEST(bundles_in_bundles_end),
		TEST(counts_types_by_name),
	};
	return cmocka_run_group_tests_name("fhirindex", tests, NULL, NULL);
}
