/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the product, byte by byte, and what can never be in it (PROMISES#B1). */
#include "testing.h"

#include <string.h>

#include "hash.h"
#include "letter.h"

static struct order_item notice(void)
{
	return (struct order_item){.id = TEXT("nt-06h02gptl9sr9eq2ffpn78iqt8"),
				   .kind = TEXT("login-locked"),
				   .severity = TEXT("warning"),
				   .text = TEXT("Your login was locked."),
				   .to = TEXT("us-06h02gptl9sr9eq2ffpn78iqt8"),
				   .time = 1763780400000,
				   .first = 1763780340000,
				   .count = 2};
}

static struct order_item leaf(void)
{
	return (struct order_item){.action = TEXT("read"),
				   .result = TEXT("done"),
				   .user = TEXT("us-06h02gptl9sr9eq2ffpn78iqt8"),
				   .address = TEXT("192.0.2.1"),
				   .subject_kind = TEXT("patient"),
				   .subject = TEXT("pt-06h02gptl9sr9eq2ffpn78iqt8"),
				   .time = 1763780400000,
				   .index = 42};
}

static struct order order_of(enum order_way way, const struct order_item *items, size_t count)
{
	return (struct order){.number = 1,
			      .way = way,
			      .origin = TEXT("https://vault.clinic.example:8443"),
			      .from = TEXT("tacenda@clinic.example"),
			      .to = TEXT("anna@clinic.example"),
			      .items = items,
			      .count = count};
}

typedef struct status letter(const struct order *order, struct buffer *out);
static const char *write_as(letter *write, const struct order *order)
{
	static uint8_t kept[65536];
	AUTO(buffer) out = {.max = sizeof kept - 1};

	assert_ok(write(order, &out));
	memcpy(kept, out.bytes, out.len);
	kept[out.len] = '\0';
	return (const char *)kept;
}

static void a_mail_says_what_happened(void **state)
{
	const struct order_item n = notice();
	const struct order o = order_of(ORDER_MAIL, &n, 1);

	(void)state;
	assert_string_equal(
		write_as(letter_mail, &o),
		"From: tacenda@clinic.example\r\nTo: anna@clinic.example\r\nDate: Sat, 22 Nov 2025 03:00:00 +0000\r\n"
		"Message-ID: <nt-06h02gptl9sr9eq2ffpn78iqt8.2@vault.clinic.example>\r\n"
		"Subject: vault.clinic.example: login-locked (warning)\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
		"charset=us-ascii\r\n\r\n"
		"Your login was locked.\r\n\r\nSite:  https://vault.clinic.example:8443\r\nTime:  "
		"2025-11-22T03:00:00.000Z\r\n"
		"Often: 2, first 2025-11-22T02:59:00.000Z\r\n\r\n"
		"More, and whom it is about, stands in the product alone: tacenda notices\r\n");
}

static void nothing_in_an_order_begins_a_line(void **state)
{
	struct order_item n = notice();
	struct order o = order_of(ORDER_MAIL, &n, 1);

	(void)state;
	o.to = TEXT("anna@clinic.example\r\nBcc: eve@evil.example");
	n.text = TEXT("a\r\n.\r\nb");
	const char *made = write_as(letter_mail, &o);
	assert_null(strstr(made, "\nBcc:"));
	assert_null(strstr(made, "\n.\r"));
	n.id = n.kind = n.severity = TEXT("a\r\nBcc: eve@evil.example");
	o.origin = TEXT("https://a\r\nBcc: eve@evil.example");
	assert_null(strstr(write_as(letter_mail, &o), "\nBcc:"));
	assert_null(strchr(write_as(letter_hook_id, &o), '\n'));
	assert_null(strchr(write_as(letter_syslog, &o), '\n'));
}

static void a_webhook_is_signed_as_the_standard_has_it(void **state)
{
	static const uint8_t key[] = {0x31, 0xf2, 0x92, 0xe6, 0x93, 0x9e, 0xc0, 0x7b, 0x7e, 0x02, 0x61, 0xd4,
				      0x8a, 0x8e, 0x3b, 0x3a, 0x6a, 0x70, 0x94, 0xf3, 0x8a, 0x60, 0x8e, 0x4d};
	AUTO(buffer) a = {.max = 256};
	AUTO(buffer) b = {.max = 256};

	(void)state;
	assert_ok(letter_sign(bytes_of(key, sizeof key), TEXT("msg_1"), 1614265330, BYTES_LITERAL("{}"), &a));
	assert_ok(letter_sign(bytes_of(key, sizeof key), TEXT("msg_1"), 1614265331, BYTES_LITERAL("{}"), &b));
	assert_true(a.len == 3 + 44 && memcmp(a.bytes, "v1,", 3) == 0);
	assert_false(bytes_equal(buffer_bytes(&a), buffer_bytes(&b)));
}

static void syslog_escapes_and_frames(void **state)
{
	struct order_item n = notice();
	const struct order o = order_of(ORDER_SYSLOG, &n, 1);

	(void)state;
	n.to = TEXT("a\"b\\c]d");
	assert_string_equal(write_as(letter_syslog, &o),
			    "194 <108>1 2025-11-22T03:00:00.000Z vault.clinic.example tacenda - login-locked "
			    "[tacenda@32473 id=\"nt-06h02gptl9sr9eq2ffpn78iqt8\" severity=\"warning\" "
			    "to=\"a\\\"b\\\\c\\]d\" count=\"2\"] "
			    "Your login was locked.");
}

static void several_leaves_are_several_frames(void **state)
{
	const struct order_item items[] = {leaf(), leaf()};
	const struct order one = order_of(ORDER_SYSLOG, items, 1), two = order_of(ORDER_SYSLOG, items, 2);

	(void)state;
	const size_t len = strlen(write_as(letter_syslog, &one));
	const char *made = write_as(letter_syslog, &two);
	assert_int_equal(strlen(made), 2 * len);
	assert_memory_equal(made, made + len, len);
	assert_non_null(strstr(made, "leaf=\"42\" result=\"done\" user=\"us-"));
}

static void an_event_names_its_profile_and_the_patient_by_id(void **state)
{
	const struct order_item l = leaf();
	const struct order o = order_of(ORDER_FHIR, &l, 1);
	const char *made = write_as(letter_fhir, &o);

	(void)state;
	assert_non_null(strstr(made, "IHE.BasicAudit.PatientRead"));
	assert_non_null(strstr(made, "\"value\":\"pt-06h02gptl9sr9eq2ffpn78iqt8\""));
	assert_non_null(strstr(made, "\"outcome\":\"0\""));
}

static void a_notice_is_no_event_and_a_leaf_no_mail(void **state)
{
	const struct order_item n = notice(), l = leaf();
	const struct order event = order_of(ORDER_FHIR, &n, 1), mail = order_of(ORDER_MAIL, &l, 1);
	AUTO(buffer) out = {.max = 65536};

	(void)state;
	assert_fails(ST_INVALID, letter_fhir(&event, &out));
	assert_fails(ST_INVALID, letter_mail(&mail, &out));
	assert_fails(ST_INVALID, letter_hook(&mail, &out));
}

static int setup(void **state)
{
	(void)state;
	return ok(crypto_setup()) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_says_what_happened),
		cmocka_unit_test(nothing_in_an_order_begins_a_line),
		cmocka_unit_test(a_webhook_is_signed_as_the_standard_has_it),
		cmocka_unit_test(syslog_escapes_and_frames),
		cmocka_unit_test(several_leaves_are_several_frames),
		cmocka_unit_test(an_event_names_its_profile_and_the_patient_by_id),
		cmocka_unit_test(a_notice_is_no_event_and_a_leaf_no_mail),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
