/* SPDX-License-Identifier: Apache-2.0 */
#include "seal_fixture.h"

#include <string.h>

#include "invitation.h"

static struct invitation_site fixture_site(const struct hash *ca)
{
	return (struct invitation_site){
		.origin = TEXT("https://clinic.example:8443"),
		.site = fixture_hash(0x51),
		.pin_size = 7,
		.pin_root = fixture_hash(0x77),
		.ca = ca,
	};
}

static void print(const struct invitation *i, struct buffer *out)
{
	*out = (struct buffer){.max = INVITATION_TEXT_MAX, .wipe = true};
	assert_ok(invitation_print(i, out));
}

static void says_the_same_after_print_and_parse(void **state)
{
	(void)state;
	struct hash ca = fixture_hash(0xca);

	for (int with_ca = 0; with_ca < 2; with_ca++) {
		AUTO(invitation) made = {0};
		AUTO(invitation) read = {0};
		AUTO(buffer) code = {0};
		struct invitation_site site = fixture_site(with_ca ? &ca : NULL);

		assert_ok(invitation_new(&site, &made));
		print(&made, &code);
		assert_ok(invitation_parse(text_from(buffer_bytes(&code)), &read));
		assert_true(secret_equal(secret_bytes(&made.seed), secret_bytes(&read.seed)));
		assert_string_equal(read.origin, "https://clinic.example:8443");
		assert_true(hash_equal(&read.site, &site.site));
		assert_int_equal(read.pin_size, 7);
		assert_true(hash_equal(&read.pin_root, &site.pin_root));
		assert_int_equal(read.has_ca, with_ca);
		if (with_ca)
			assert_true(hash_equal(&read.ca, &ca));
	}
}

static void both_sides_derive_the_same_pair(void **state)
{
	(void)state;
	AUTO(invitation) made = {0};
	AUTO(invitation) read = {0};
	AUTO(buffer) code = {0};
	AUTO(secret) a = {0};
	AUTO(secret) b = {0};
	struct p256_public a_public, b_public;
	struct invitation_site site = fixture_site(NULL);

	assert_ok(invitation_new(&site, &made));
	print(&made, &code);
	assert_ok(invitation_parse(text_from(buffer_bytes(&code)), &read));
	assert_ok(invitation_pair(&made, &a, &a_public));
	assert_ok(invitation_pair(&read, &b, &b_public));
	assert_true(secret_equal(secret_bytes(&a), secret_bytes(&b)));
	assert_memory_equal(&a_public, &b_public, sizeof a_public);
}

static void every_invitation_has_its_own_secret(void **state)
{
	(void)state;
	AUTO(invitation) a = {0};
	AUTO(invitation) b = {0};
	struct invitation_site site = fixture_site(NULL);

	assert_ok(invitation_new(&site, &a));
	assert_ok(invitation_new(&site, &b));
	assert_int_equal(a.seed.len, 16);
	assert_false(secret_equal(secret_bytes(&a.seed), secret_bytes(&b.seed)));
}

/* A code around any payload. */
static struct status parse_around(const char *front, struct bytes payload, const char *back)
{
	AUTO(buffer) code = {.max = 4096, .wipe = true};
	AUTO(invitation) read = {0};

	assert_ok(buffer_put(&code, text_bytes(text_of(front))));
	assert_ok(text_put_base64url(&code, payload));
	assert_ok(buffer_put(&code, text_bytes(text_of(back))));
	struct status s = invitation_parse(text_from(buffer_bytes(&code)), &read);
	if (!ok(s))
		assert_null(read.seed.bytes);
	return s;
}

static void refuses_every_other_length_and_version(void **state)
{
	(void)state;
	uint8_t payload[160];

	memset(payload, 0x33, sizeof payload);
	payload[0] = 1;
	for (size_t len = 0; len <= sizeof payload; len++) {
		struct status s = parse_around("https://a.example/enrol#", bytes_of(payload, len), "");

		assert_int_equal(s.code, len == 89 || len == 121 ? ST_OK : ST_INVALID);
	}
	for (unsigned version = 0; version < 256; version++) {
		payload[0] = (uint8_t)version;
		assert_int_equal(parse_around("https://a.example/enrol#", bytes_of(payload, 89), "").code,
				 version == 1 ? ST_OK : ST_INVALID);
	}
}

static void refuses_a_pin_that_no_log_has(void **state)
{
	(void)state;
	uint8_t payload[89] = {1};
	AUTO(invitation) made = {0};
	struct invitation_site site = fixture_site(NULL);

	assert_ok(parse_around("https://a.example/enrol#", BYTES_OF(payload), ""));
	payload[56] = 1; /* a size without a root */
	assert_fails(ST_INVALID, parse_around("https://a.example/enrol#", BYTES_OF(payload), ""));
	payload[56] = 0;
	payload[88] = 1; /* a root without a size */
	assert_fails(ST_INVALID, parse_around("https://a.example/enrol#", BYTES_OF(payload), ""));
	site.pin_size = 0;
	assert_fails(ST_INVALID, invitation_new(&site, &made));
}

static void refuses_everything_around_the_code(void **state)
{
	(void)state;
	uint8_t payload[89] = {1};
	static const char *const fronts[] = {
		"",
		"#",
		"enrol#",
		"/enrol#",
		"https:///enrol#",
		"http://a.example/enrol#",
		"HTTPS://a.example/enrol#",
		" https://a.example/enrol#",
		"https://a.example/enrol",
		"https://a.example/enrol/#",
		"https://a.example//enrol#",
		"https://a.example/enrol?x#",
		"https://a.example/x/enrol#",
		"https://a.example/Enrol#",
		"https://user@a.example/enrol#",
		"https://a.example:0/enrol#",
		"https://a.example:65536/enrol#",
		"https://a.example:080/enrol#",
		"https://a.example:443/enrol#",
		"https://a.example:/enrol#",
		"https://A.example/enrol#",
		"https://a.example./enrol#",
		"https://a..example/enrol#",
		"https://-a.example/enrol#",
		"https://a_b.example/enrol#",
		"https://1.2.3/enrol#",
		"https://01.2.3.4/enrol#",
		"https://256.2.3.4/enrol#",
		"https://[::1/enrol#",
		"https://::1/enrol#",
		"https://[0:0::1]/enrol#",
		"https://[::1%25eth0]/enrol#",
		"https://a.example#/enrol#",
		"https://a.example/enrol##",
	};
	static const char *const backs[] = {" ", "\n", "=", "#", "&x", "."};

	for (size_t i = 0; i < COUNT(fronts); i++)
		if (ok(parse_around(fronts[i], BYTES_OF(payload), "")))
			fail_msg("accepted %s", fronts[i]);
	for (size_t i = 0; i < COUNT(backs); i++)
		assert_fails(ST_INVALID, parse_around("https://a.example/enrol#", BYTES_OF(payload), backs[i]));
}

static void takes_every_form_of_host(void **state)
{
	(void)state;
	uint8_t payload[89] = {1};
	static const char *const fronts[] = {
		"https://localhost:9443/enrol#",   "https://a/enrol#",          "https://xn--bcher-kva.example/enrol#",
		"https://10.1.2.3:1/enrol#",       "https://[::1]/enrol#",      "https://[2001:db8::2]:65535/enrol#",
		"https://4you.example:444/enrol#", "https://a.4example/enrol#",
	};

	for (size_t i = 0; i < COUNT(fronts); i++)
		if (!ok(parse_around(fronts[i], BYTES_OF(payload), "")))
			fail_msg("refused %s", fronts[i]);
}

static void bounds_an_origin(void **state)
{
	(void)state;
	char origin[ORIGIN_MAX + 2] = "https://";

	for (size_t i = 8; i < sizeof origin - 1; i++)
		origin[i] = i % 50 == 0 ? '.' : 'a';
	assert_fails(ST_INVALID, origin_check(text_of(origin)));
	origin[ORIGIN_MAX - 1] = 'a';
	assert_ok(origin_check((struct text){origin, ORIGIN_MAX}));
	assert_fails(ST_INVALID, origin_check((struct text){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_the_same_after_print_and_parse),
		TEST(both_sides_derive_the_same_pair),
		TEST(every_invitation_has_its_own_secret),
		TEST(refuses_every_other_length_and_version),
		TEST(refuses_a_pin_that_no_log_has),
		TEST(refuses_everything_around_the_code),
		TEST(takes_every_form_of_host),
		TEST(bounds_an_origin),
	};

	return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
