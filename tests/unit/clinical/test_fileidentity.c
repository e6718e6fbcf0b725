/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "fileidentity.h"

static void read_as(enum sniff_form form, struct bytes content, struct arena *arena, struct fileidentity *out)
{
	assert_int_equal(sniff_form(TEXT("file"), content), form);
	assert_ok(fileidentity_read(form, content, arena, out));
}

static void assert_identifier(const struct fileidentity *f, size_t i, const char *system, const char *value)
{
	assert_true(i < f->count);
	assert_true(text_equal(f->identifiers[i].system, text_of(system)));
	assert_true(text_equal(f->identifiers[i].value, text_of(value)));
}

static void reads_a_clinical_document(void **state)
{
	static const char document[] =
		"<?xml version=\"1.0\"?>\n<!-- x --><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" "
		"extension=\"d1\"/>"
		"<title>Visit <![CDATA[& plan]]></title><effectiveTime "
		"value=\"20240301120000+0100\"/><recordTarget><patientRole>"
		"<id root=\"2.16.840.1\" extension=\"77\"/><id extension=\"A-1\" root=\"urn-less\"/><id "
		"root=\"1.9.9\"/>"
		"<patient><birthTime value=\"19510314\"/></patient></patientRole></recordTarget>"
		"<component><id root=\"9.9\" extension=\"not me\"/></component></ClinicalDocument>";
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity f;

	(void)state;
	read_as(SNIFF_CDA, BYTES_LITERAL(document), &arena, &f);
	assert_int_equal(f.count, 3);
	assert_identifier(&f, 0, "urn:oid:2.16.840.1", "77");
	assert_identifier(&f, 1, "", "A-1");
	assert_identifier(&f, 2, "urn:oid:1.9.9", "1.9.9");
	assert_true(text_equal(f.birth, TEXT("1951-03-14")));
	assert_true(text_equal(f.title, TEXT("Visit & plan")));
	assert_true(text_equal(f.taken, TEXT("2024-03-01")));
	assert_true(text_equal(f.source, TEXT("1.2.3^d1")));
}

static void refuses_document_types_and_what_breaks_off(void **state)
{
	static const char *const bad[] = {
		("<!DOCTYPE ClinicalDocument [<!ENTITY a \"aaaa\"><!ENTITY b "
		 "\"&a;&a;\">]><ClinicalDocument>&b;</ClinicalDocument>"),
		"<!DOCTYPE ClinicalDocument SYSTEM \"file:///etc/passwd\"><ClinicalDocument/>",
		"<ClinicalDocument>",
		"<ClinicalDocument></x>",
		"<other/>",
		"<ClinicalDocument>&undefined;</ClinicalDocument>",
		"<ClinicalDocument/><more/>",
	};
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity f;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_INVALID, fileidentity_read(SNIFF_CDA, text_bytes(text_of(bad[i])), &arena, &f));
}

static void refuses_xml_that_is_too_deep(void **state)
{
	AUTO(buffer) deep = {.max = 1 << 20};
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity f;

	(void)state;
	assert_ok(buffer_print(&deep, "<ClinicalDocument>"));
	for (int i = 0; i < 300; i++)
		assert_ok(buffer_print(&deep, "<a>"));
	assert_fails(ST_TOO_BIG, fileidentity_read(SNIFF_CDA, buffer_bytes(&deep), &arena, &f));
}

static void reads_messages_with_their_own_separators(void **state)
{
	static const char message[] =
		"MSH|^~\\&|A|B|C|D|20240301101112||ADT^A01^ADT_A01|1|P|2.5\r"
		"EVN|A01\rPID|1|OLD-9|B-1^^^CLINIC&1.2.3&ISO^MR~C\\T\\D^^^CLINIC||Del Mar^Ana||19800102|F\rPV1|1\r";
	static const char other[] = "\vMSH#*~\\&#A#B\nPID###X-1***1.2.3\r\n\x1c\r";
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity f;

	(void)state;
	read_as(SNIFF_HL7, BYTES_LITERAL(message), &arena, &f);
	assert_int_equal(f.count, 3);
	assert_identifier(&f, 0, "urn:oid:1.2.3", "B-1");
	assert_identifier(&f, 1, "", "C&D");
	assert_identifier(&f, 2, "", "OLD-9");
	assert_true(text_equal(f.birth, TEXT("1980-01-02")));
	assert_true(text_equal(f.title, TEXT("HL7 ADT A01")));
	assert_true(text_equal(f.taken, TEXT("2024-03-01")));
	read_as(SNIFF_HL7, BYTES_LITERAL(other), &arena, &f);
	assert_int_equal(f.count, 1);
	assert_identifier(&f, 0, "", "X-1");
}

/* --- DICOM --- */

static void put_element(struct buffer *b, uint32_t tag, const char *vr, const char *value)
{
	size_t len = strlen(value), padded = len + len % 2;
	const uint8_t head[] = {(uint8_t)(tag >> 16), (uint8_t)(tag >> 24), (uint8_t)tag, (uint8_t)(tag >> 8)};

	assert_ok(buffer_put(b, bytes_of(head, 4)));
	if (vr != NULL)
		assert_ok(buffer_put(b, bytes_of(vr, 2)));
	assert_ok(buffer_put_u8(b, (uint8_t)padded));
	assert_ok(buffer_put_u8(b, 0));
	if (vr == NULL)
		assert_ok(buffer_put_u16(b, 0));
	assert_ok(buffer_put(b, bytes_of(value, len)));
	if (len % 2 != 0)
		assert_ok(buffer_put_u8(b, ' '));
}

static void begin_dicom(struct buffer *b, const char *syntax)
{
	static const uint8_t preamble[128];

	assert_ok(buffer_put(b, bytes_of(preamble, sizeof preamble)));
	assert_ok(buffer_print(b, "DICM"));
	put_element(b, 0x00020010, "UI", syntax);
}

static void reads_both_little_endian_forms(void **state)
{
	static const char *const syntaxes[] = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"};

	(void)state;
	for (size_t i = 0; i < COUNT(syntaxes); i++) {
		AUTO(buffer) b = {.max = 65536};
		AUTO(arena) arena = {.max = 65536};
		bool named = i == 1;
		struct fileidentity f;
		begin_dicom(&b, syntaxes[i]);
		put_element(&b, 0x00080018, named ? "UI" : NULL, "1.2.3.4");
		put_element(&b, 0x00080060, named ? "CS" : NULL, "CT");
		/* A sequence of undefined length with an item that would name somebody else. */
		assert_ok(buffer_put(&b, named ? BYTES_LITERAL("\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff")
					       : BYTES_LITERAL("\x08\0\x40\x11\xff\xff\xff\xff")));
		assert_ok(buffer_put(&b, BYTES_LITERAL("\xfe\xff\0\xe0\xff\xff\xff\xff")));
		put_element(&b, 0x00100020, named ? "LO" : NULL, "WRONG");
		assert_ok(buffer_put(&b, BYTES_LITERAL("\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0")));
		put_element(&b, 0x00100020, named ? "LO" : NULL, "B-1");
		put_element(&b, 0x00100030, named ? "DA" : NULL, "19800102");
		read_as(SNIFF_DICOM, buffer_bytes(&b), &arena, &f);
		assert_int_equal(f.count, 1);
		assert_identifier(&f, 0, "", "B-1");
		assert_true(text_equal(f.birth, TEXT("1980-01-02")));
		assert_true(text_equal(f.source, TEXT("1.2.3.4")));
		assert_true(text_equal(f.title, TEXT("CT")));
	}
}

static void refuses_elements_past_the_end(void **state)
{
	AUTO(buffer) b = {.max = 65536};
	AUTO(arena) arena = {.max = 65536};
	struct fileidentity f;

	(void)state;
	begin_dicom(&b, "1.2.840.10008.1.2.1");
	put_element(&b, 0x00100020, "LO", "B-1");
	size_t whole = b.len;
	for (size_t len = 0; len < whole; len++) {
		struct status s = fileidentity_read(SNIFF_DICOM, bytes_of(b.bytes, len), &arena, &f);
		assert_true(s.code == ST_INVALID || f.count == 0);
	}
	for (int i = 0; i < 40; i++)
		assert_ok(buffer_put(
			&b, BYTES_LITERAL("\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff")));
	assert_fails(ST_INVALID, fileidentity_read(SNIFF_DICOM, buffer_bytes(&b), &arena, &f));
}

static void names_only_where_bytes_cannot_tell(void **state)
{
	(void)state;
	assert_int_equal(sniff_form(TEXT("Patients.CSV"), BYTES_LITERAL("identifier,family\n")), SNIFF_PATIENTS);
	assert_int_equal(sniff_form(TEXT("unmatched.csv"), BYTES_LITERAL("path\n")), SNIFF_UNMATCHED);
	assert_int_equal(sniff_form(TEXT("x.json"), BYTES_LITERAL("\xef\xbb\xbf {\"resourceType\":1}")), SNIFF_JSON);
	assert_int_equal(sniff_form(TEXT("x.json"), BYTES_LITERAL("[1]")), SNIFF_OTHER);
	assert_int_equal(sniff_form(TEXT("x.hl7"), BYTES_LITERAL("hello")), SNIFF_OTHER);
	assert_int_equal(sniff_form(TEXT("x.xml"), BYTES_LITERAL("<html/>")), SNIFF_OTHER);
	assert_int_equal(sniff_form(TEXT(""), BYTES_LITERAL("")), SNIFF_OTHER);
	assert_int_equal(sniff_form(TEXT("MSH"), BYTES_LITERAL("MSH of a story")), SNIFF_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_a_clinical_document),          TEST(refuses_document_types_and_what_breaks_off),
		TEST(refuses_xml_that_is_too_deep),       TEST(reads_messages_with_their_own_separators),
		TEST(reads_both_little_endian_forms),     TEST(refuses_elements_past_the_end),
		TEST(names_only_where_bytes_cannot_tell),
	};
	return cmocka_run_group_tests_name("fileidentity", tests, NULL, NULL);
}
