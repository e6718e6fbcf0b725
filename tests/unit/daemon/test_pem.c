/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator's files hold, cut into what keyd keeps. */
#include "testing.h"

#include "pem.h"

#define BLOCK(label, text) "-----BEGIN " label "-----\n" text "\n-----END " label "-----\n"
#define KEY                BLOCK("PRIVATE KEY", "MAMCAQE=")
#define CERTIFICATE        BLOCK("CERTIFICATE", "MAA=")

static struct status read(const char *certificate, const char *key)
{
	AUTO(pem_pair) pair = {0};

	return pem_pair_read(text_of(certificate), text_of(key), &pair);
}

static void takes_the_blocks_among_whatever_else(void **state)
{
	AUTO(pem_pair) pair = {0};
	static const char certificate[] =
		"subject=CN = vault.clinic.example\n" CERTIFICATE "and more\n" BLOCK("CERTIFICATE", " MAMC\r\n\tAQE= ");
	static const char key[] = BLOCK("EC PARAMETERS", "BggqhkjOPQMBBw==") BLOCK("EC PRIVATE KEY", "MAMCAQE=");
	static const uint8_t number[] = {0x30, 0x03, 0x02, 0x01, 0x01};

	(void)state;
	assert_ok(pem_pair_read(TEXT(certificate), TEXT(key), &pair));
	assert_int_equal(pair.parts.count, 2);
	assert_true(bytes_equal(pair.parts.private_key, BYTES_OF(number)));
	assert_true(bytes_equal(pair.parts.certificates[1], BYTES_OF(number)));
	assert_int_equal(pair.parts.certificates[0].len, 2);
}

static void refuses_what_is_damaged(void **state)
{
	(void)state;
	assert_ok(read(CERTIFICATE, KEY));
	assert_fails(ST_INVALID, read("", KEY));
	assert_fails(ST_INVALID, read(CERTIFICATE, ""));
	assert_fails(ST_INVALID, read(KEY, KEY));
	assert_fails(ST_INVALID, read(CERTIFICATE, "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n"));
	assert_fails(ST_INVALID, read(CERTIFICATE, BLOCK("PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nMAMCAQE=")));
	assert_fails(ST_INVALID, read(BLOCK("CERTIFICATE", "MAA"), KEY));
	assert_fails(ST_INVALID, read(CERTIFICATE BLOCK("CERTIFICATE", "?"), KEY));
	/* A byte that is no character is none of a line's blanks either. */
	static const char nul[] = BLOCK("CERTIFICATE", "MA\0A=");
	AUTO(pem_pair) pair = {0};
	assert_fails(ST_INVALID, pem_pair_read((struct text){nul, sizeof nul - 1}, TEXT(KEY), &pair));
}

static void a_chain_is_as_long_as_keyd_keeps_it(void **state)
{
	(void)state;
	assert_int_equal(KEYWIRE_CHAIN_MAX, 8);
	assert_ok(read(CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE,
		       KEY));
	assert_fails(ST_TOO_BIG, read(CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE CERTIFICATE
					      CERTIFICATE CERTIFICATE CERTIFICATE,
				      KEY));
}

/* The longest that keyd keeps. */
static void what_is_written_is_read_again(void **state)
{
	static const uint8_t certificate[KEYWIRE_CERTIFICATE_MAX] = {0x30}, key[KEYWIRE_PRIVATE_MAX] = {0x30};
	struct keywire_chain chain = {.private_key = BYTES_OF(key), .count = KEYWIRE_CHAIN_MAX};
	AUTO(buffer) certificates = {.max = PEM_PUT_MAX};
	AUTO(buffer) private_key = {.max = PEM_PUT_MAX};
	AUTO(pem_pair) pair = {0};

	(void)state;
	for (size_t i = 0; i < chain.count; i++)
		chain.certificates[i] = bytes_of(certificate, sizeof certificate - i);
	assert_ok(pem_put_chain(&chain, &certificates, &private_key));
	assert_ok(pem_pair_read(text_from(buffer_bytes(&certificates)), text_from(buffer_bytes(&private_key)), &pair));
	assert_true(bytes_equal(pair.parts.private_key, chain.private_key));
	assert_int_equal(pair.parts.count, chain.count);
	for (size_t i = 0; i < chain.count; i++)
		assert_true(bytes_equal(pair.parts.certificates[i], chain.certificates[i]));
}

static struct text find_label(struct bytes der, struct buffer *out)
{
	struct text rest, line;

	assert_ok(pem_put_chain(&(struct keywire_chain){.private_key = der}, out, out));
	rest = text_from(buffer_bytes(out));
	assert_true(text_split(&rest, '\n', &line));
	return line;
}

static void a_key_is_written_under_the_label_of_its_form(void **state)
{
	/* The beginnings of RFC 5915, RFC 8017 A.1.2 and RFC 5958. */
	static const uint8_t ec[] = {0x30, 0x05, 0x02, 0x01, 0x01, 0x04, 0x00},
			     rsa[] = {0x30, 0x82, 0x00, 0x05, 0x02, 0x01, 0x00, 0x02, 0x00};
	static const uint8_t pkcs8[] = {0x30, 0x05, 0x02, 0x01, 0x00, 0x30, 0x00};
	static const struct {
		struct bytes der;
		const char *line;
	} forms[] = {{{ec, sizeof ec}, "-----BEGIN EC PRIVATE KEY-----"},
		     {{rsa, sizeof rsa}, "-----BEGIN RSA PRIVATE KEY-----"},
		     {{pkcs8, sizeof pkcs8}, "-----BEGIN PRIVATE KEY-----"},
		     {{pkcs8, 1}, "-----BEGIN PRIVATE KEY-----"},
		     {{pkcs8, 0}, "-----BEGIN PRIVATE KEY-----"}};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		AUTO(buffer) out = {.max = 4096};
		AUTO(buffer) der = {.max = 64};
		assert_true(text_equal(find_label(forms[i].der, &out), text_of(forms[i].line)));
		struct text rest = text_from(buffer_bytes(&out));
		assert_ok(pem_next(&rest, TEXT("PRIVATE KEY"), &der));
		assert_true(bytes_equal(buffer_bytes(&der), forms[i].der));
		assert_fails(ST_NOT_FOUND, pem_next(&rest, TEXT("PRIVATE KEY"), &der));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_blocks_among_whatever_else),
		cmocka_unit_test(refuses_what_is_damaged),
		cmocka_unit_test(a_chain_is_as_long_as_keyd_keeps_it),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_key_is_written_under_the_label_of_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
