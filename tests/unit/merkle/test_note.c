/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "note.h"

/* Values published with the Go implementation and in the specification. */
#define PETER_KEY  "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SEED "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM="
#define ENOCH_KEY  "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define TEXT_LINES \
	"If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define DASH "\xe2\x80\x94 "
#define PETER_SIG \
	DASH "PeterNeumann " \
	     "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_SIG \
	DASH "EnochRoot " \
	     "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

static struct note_key key_of(const char *vkey)
{
	struct note_key k;

	assert_ok(note_key_parse(text_of(vkey), &k));
	return k;
}

/* What a reader does: parse, then verify one key. */
static struct status open_note(const char *msg, const struct note_key *key)
{
	struct note n;

	TRY(note_parse(text_bytes(text_of(msg)), &n));
	return note_verify(&n, key);
}

static void parses_keys_and_prints_them_back(void **state)
{
	(void)state;
	static const char *const keys[] = {PETER_KEY, ENOCH_KEY,
					   "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct note_key k = key_of(keys[i]);
		AUTO(buffer) b = {.max = 200};

		assert_ok(note_key_put(&b, &k));
		assert_int_equal(b.len, strlen(keys[i]));
		assert_memory_equal(b.bytes, keys[i], b.len);
	}
	assert_int_equal(key_of(PETER_KEY).id, 0xc74f20a3);
}

static void refuses_every_mangled_key(void **state)
{
	(void)state;
	char key[] = PETER_KEY;
	struct note_key k = {.id = 7};
	size_t len = strlen(key);

	for (size_t from = 0; from <= len; from++)
		for (size_t to = from; to <= len; to++)
			if (to - from < len)
				assert_fails(ST_INVALID, note_key_parse((struct text){key + from, to - from}, &k));
	for (size_t i = 0; i < len; i++) {
		key[i]++;
		assert_fails(ST_INVALID, note_key_parse(text_of(key), &k));
		key[i]--;
	}
	/* A key of the wrong length, an unknown type: each with the id it would have. */
	assert_fails(
		ST_INVALID,
		note_key_parse(TEXT("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="), &k));
	assert_fails(ST_INVALID,
		     note_key_parse(TEXT("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &k));
	assert_fails(ST_INVALID,
		     note_key_parse(TEXT("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &k));
	assert_int_equal(k.id, 7);
}

static void refuses_names_that_could_be_misread(void **state)
{
	(void)state;
	static const char *const names[] = {"",     " ",          "a b",          "a+b",           "a\tb",
					    "a\nb", "ax\xc2\xa0", "\xe3\x80\x80", "a\xe2\x80\xaf", "\xe2\x80\x83x",
					    "\xff", "\xc2",       "a\x01",        "\xc2\x85"};
	char longest[257];

	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(note_name_valid(text_of(names[i])));
	memset(longest, 'a', sizeof longest);
	assert_true(note_name_valid((struct text){longest, 255}));
	assert_false(note_name_valid((struct text){longest, 256}));
	assert_true(note_name_valid(TEXT("quasimodo.example/salvatore")));
	assert_true(note_name_valid(TEXT("\xc3\xa9t\xc3\xa9.example")));
}

static void verifies_published_notes(void **state)
{
	(void)state;
	const struct note_key peter = key_of(PETER_KEY), enoch = key_of(ENOCH_KEY);
	const struct note_key foo = key_of("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
	struct note n;

	assert_ok(open_note(TEXT_LINES "\n" PETER_SIG, &peter));
	assert_ok(open_note(TEXT_LINES "\n" PETER_SIG ENOCH_SIG, &peter));
	assert_ok(open_note(TEXT_LINES "\n" PETER_SIG ENOCH_SIG, &enoch));
	assert_ok(open_note(TEXT_LINES "\n" PETER_SIG PETER_SIG, &peter));
	assert_fails(ST_UNPROVEN, open_note(TEXT_LINES "\n" PETER_SIG, &enoch));
	assert_ok(open_note("This is an example message.\n\n" DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6"
			    "TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
			    &foo));
	assert_ok(note_parse(text_bytes(TEXT(TEXT_LINES "\n" PETER_SIG ENOCH_SIG)), &n));
	assert_int_equal(n.count, 2);
	assert_true(text_equal(n.text, TEXT(TEXT_LINES)));
	assert_true(text_equal(n.signatures[1].name, TEXT("EnochRoot")));
	assert_int_equal(n.signatures[1].id, 0xaf0cfe78);
}

static void refuses_signatures_that_do_not_fit(void **state)
{
	(void)state;
	const struct note_key peter = key_of(PETER_KEY);
	struct note_key renamed;

	/* Another text, text moved, one bad signature beside a good one, a longer one. */
	assert_fails(ST_UNPROVEN, open_note("X" TEXT_LINES "\n" PETER_SIG, &peter));
	assert_fails(ST_UNPROVEN, open_note(TEXT_LINES "\n\n" PETER_SIG, &peter));
	assert_fails(ST_UNPROVEN, open_note(TEXT_LINES "\n" PETER_SIG DASH "PeterNeumann x08gowAAAAA=\n", &peter));
	assert_fails(ST_UNPROVEN,
		     open_note(TEXT_LINES
			       "\n" DASH "PeterNeumann "
			       "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIABCDnNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
			       "6KE6RyyBwJnAM=\n",
			       &peter));
	/* The right name with another id, the right id under another name. */
	assert_ok(note_key_new(TEXT("CarmenSandiego"), NOTE_ED25519, &peter.public_key, &renamed));
	assert_fails(ST_UNPROVEN, open_note(TEXT_LINES "\n" PETER_SIG, &renamed));
	renamed = peter;
	renamed.type = NOTE_COSIGNATURE;
	assert_fails(ST_UNPROVEN, open_note(TEXT_LINES "\n" PETER_SIG, &renamed));
}

static void refuses_malformed_notes(void **state)
{
	(void)state;
	static const char *const notes[] = {
		"",
		"\n",
		"\n\n",
		TEXT_LINES,
		TEXT_LINES "\n",
		TEXT_LINES PETER_SIG,
		"\x01" TEXT_LINES "\n" PETER_SIG,
		"\xff" TEXT_LINES "\n" PETER_SIG,
		"\r\n" TEXT_LINES "\n" PETER_SIG,
		TEXT_LINES "\n" PETER_SIG "Unexpected line.\n",
		TEXT_LINES "\n" PETER_SIG "\n",
		TEXT_LINES "\n" DASH "Bad Name x08goAAAAAA=\n",
		TEXT_LINES "\n" DASH "a+b x08goAAAAAA=\n",
		TEXT_LINES "\n" DASH "PeterNeumann  x08goAAAAAA=\n",
		TEXT_LINES "\n" DASH "PeterNeumann x08goAAAAAA= \n",
		TEXT_LINES "\n" DASH "PeterNeumann x08goAAAAAA\n",
		TEXT_LINES "\n" DASH "PeterNeumann x08gow==\n",
		TEXT_LINES "\n" DASH "PeterNeumann\n",
		TEXT_LINES "\n" DASH "PeterNeumann \n",
		TEXT_LINES "\n" DASH " x08goAAAAAA=\n",
		TEXT_LINES "\n- PeterNeumann x08goAAAAAA=\n",
	};
	struct note n = {.count = 9};
	const char *cut = TEXT_LINES "\n" PETER_SIG;

	for (size_t i = 0; i < COUNT(notes); i++)
		if (note_parse(text_bytes(text_of(notes[i])), &n).code != ST_INVALID)
			fail_msg("note %zu", i);
	assert_fails(ST_INVALID, note_parse(bytes_of(cut, strlen(cut) - 1), &n));
	assert_fails(ST_INVALID, note_parse(bytes_of(cut, strlen(cut) + 1), &n));
	assert_int_equal(n.count, 9);
}

static void accepts_16_signatures_and_refuses_too_many(void **state)
{
	(void)state;
	const struct note_key peter = key_of(PETER_KEY);
	AUTO(buffer) b = {.max = 1 << 20};
	struct note n;

	assert_ok(buffer_put(&b, BYTES_LITERAL(TEXT_LINES "\n")));
	for (unsigned i = 0; i < NOTE_SIGNATURES_MAX; i++)
		assert_ok(buffer_put(&b, BYTES_LITERAL(PETER_SIG)));
	assert_true(NOTE_SIGNATURES_MAX >= 16);
	assert_ok(note_parse(buffer_bytes(&b), &n));
	assert_ok(note_verify(&n, &peter));
	assert_ok(buffer_put(&b, BYTES_LITERAL(PETER_SIG)));
	assert_fails(ST_TOO_BIG, note_parse(buffer_bytes(&b), &n));
	while (b.len <= NOTE_BYTES_MAX)
		assert_ok(buffer_put(&b, BYTES_LITERAL(PETER_SIG)));
	assert_fails(ST_TOO_BIG, note_parse(buffer_bytes(&b), &n));
}

static void signs_the_published_note(void **state)
{
	(void)state;
	const struct note_key peter = key_of(PETER_KEY);
	AUTO(secret) seed = {0};
	AUTO(buffer) raw = {.max = 32}, out = {.max = 4096};

	assert_ok(text_from_base64(TEXT(PETER_SEED), &raw));
	assert_ok(secret_from(buffer_bytes(&raw), &seed));
	assert_ok(note_sign(TEXT(TEXT_LINES), &peter, &seed, &out));
	assert_true(text_equal(text_from(buffer_bytes(&out)), TEXT(TEXT_LINES "\n" PETER_SIG)));
	assert_fails(ST_INVALID, note_sign(TEXT("abc"), &peter, &seed, &out));
	assert_fails(ST_INVALID, note_sign(TEXT(""), &peter, &seed, &out));
	assert_fails(ST_INVALID, note_sign(TEXT("a\tb\n"), &peter, &seed, &out));
}

int main(void)
{
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(parses_keys_and_prints_them_back),           TEST(refuses_every_mangled_key),
		TEST(refuses_names_that_could_be_misread),        TEST(verifies_published_notes),
		TEST(refuses_signatures_that_do_not_fit),         TEST(refuses_malformed_notes),
		TEST(accepts_16_signatures_and_refuses_too_many), TEST(signs_the_published_note),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
