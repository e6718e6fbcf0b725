/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "checkpoint.h"
#include "hash.h"

#define HELLO_HASH "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0="
#define BODY       "go.sum database tree\n123456789012\n" HELLO_HASH "\n"

/* A head and text published with the Go implementation. */
static void parses_and_prints_a_published_head(void **state)
{
	(void)state;
	struct checkpoint c;
	struct hash wanted;
	AUTO(buffer) b = {.max = 4096};

	assert_ok(checkpoint_parse(TEXT(BODY), &c));
	assert_true(c.head.size == UINT64_C(123456789012));
	assert_ok(tree_leaf_hash(BYTES_LITERAL("hello world"), &wanted));
	assert_true(hash_equal(&c.head.root, &wanted));
	assert_true(text_equal(c.origin, TEXT("go.sum database tree")));
	assert_int_equal(c.extensions.len, 0);
	assert_ok(checkpoint_put(&b, &c));
	assert_true(text_equal(text_from(buffer_bytes(&b)), TEXT(BODY)));
}

static void keeps_extension_lines_as_they_are(void **state)
{
	(void)state;
	struct checkpoint c;
	AUTO(buffer) b = {.max = 4096};

	assert_ok(checkpoint_parse(TEXT(BODY "one\ntwo two\n"), &c));
	assert_true(text_equal(c.extensions, TEXT("one\ntwo two\n")));
	assert_ok(checkpoint_put(&b, &c));
	assert_true(text_equal(text_from(buffer_bytes(&b)), TEXT(BODY "one\ntwo two\n")));
}

static void refuses_malformed_bodies(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		"",
		"\n",
		"a\n0\n",
		"\n0\n" HELLO_HASH "\n",
		"a\n0\n" HELLO_HASH,
		"a\n00\n" HELLO_HASH "\n",
		"a\n01\n" HELLO_HASH "\n",
		"a\n-1\n" HELLO_HASH "\n",
		"a\n+1\n" HELLO_HASH "\n",
		"a\n 1\n" HELLO_HASH "\n",
		"a\n0x10\n" HELLO_HASH "\n",
		"a\n\n" HELLO_HASH "\n",
		"a\n9223372036854775808\n" HELLO_HASH "\n",
		"a\n18446744073709551616\n" HELLO_HASH "\n",
		"a\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0\n",
		"a\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBTOOBIG=\n",
		"a\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb1=\n",
		"a\n1\nTszzRgjTG6xce-z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
		"a\n1\n" HELLO_HASH " \n",
		"a\n1\n" HELLO_HASH "\n\n",
		"a\n1\n" HELLO_HASH "\nline\n\nline\n",
		"a\n1\n" HELLO_HASH "\nline",
	};
	struct checkpoint c = {.head.size = 77};

	for (size_t i = 0; i < COUNT(bodies); i++)
		if (checkpoint_parse(text_of(bodies[i]), &c).code != ST_INVALID)
			fail_msg("body %zu", i);
	assert_true(c.head.size == 77);
	assert_ok(checkpoint_parse(TEXT("a\n9223372036854775807\n" HELLO_HASH "\n"), &c));
	assert_ok(checkpoint_parse(TEXT("a\n0\n" HELLO_HASH "\n"), &c));
}

static void refuses_to_print_what_would_not_parse(void **state)
{
	(void)state;
	AUTO(buffer) b = {.max = 4096};
	struct checkpoint c = {.origin = TEXT(""), .extensions = TEXT("")};

	assert_fails(ST_INVALID, checkpoint_put(&b, &c));
	c.origin = TEXT("a\nb");
	assert_fails(ST_INVALID, checkpoint_put(&b, &c));
	c.origin = TEXT("a");
	c.extensions = TEXT("no newline");
	assert_fails(ST_INVALID, checkpoint_put(&b, &c));
	c.extensions = TEXT("\n");
	assert_fails(ST_INVALID, checkpoint_put(&b, &c));
	assert_int_equal(b.len, 0);
}

static void a_log_signs_only_for_itself(void **state)
{
	(void)state;
	AUTO(secret) seed = {0}, other_seed = {0};
	AUTO(buffer) out = {.max = 4096}, foreign = {.max = 4096};
	struct ed25519_public public_key, other_public;
	struct note_key key, other;
	struct tree_head head = {.size = 9};
	struct checkpoint c;

	assert_ok(ed25519_new(&seed, &public_key));
	assert_ok(ed25519_new(&other_seed, &other_public));
	assert_ok(note_key_new(TEXT("vault.example"), NOTE_ED25519, &public_key, &key));
	assert_ok(note_key_new(TEXT("vault.example"), NOTE_ED25519, &other_public, &other));
	assert_ok(tree_leaf_hash(BYTES_LITERAL("x"), &head.root));
	assert_ok(checkpoint_sign(&head, &key, &seed, &out));
	assert_ok(checkpoint_open(buffer_bytes(&out), &key, &c));
	assert_true(c.head.size == 9 && hash_equal(&c.head.root, &head.root));
	assert_true(text_equal(c.origin, TEXT("vault.example")));
	assert_fails(ST_UNPROVEN, checkpoint_open(buffer_bytes(&out), &other, &c));
	/* The same key signs a note whose first line names another log. */
	assert_ok(note_sign(TEXT("elsewhere.example\n9\n" HELLO_HASH "\n"), &key, &seed, &foreign));
	assert_fails(ST_UNPROVEN, checkpoint_open(buffer_bytes(&foreign), &key, &c));
	for (size_t i = 0; i < out.len; i++) {
		out.bytes[i] ^= 1;
		assert_false(ok(checkpoint_open(buffer_bytes(&out), &key, &c)));
		out.bytes[i] ^= 1;
	}
}

static void put_cosignature(struct buffer *b, struct text body, const struct note_key *key, const struct secret *seed,
			    uint64_t seconds)
{
	AUTO(buffer) message = {.max = 4096}, raw = {.max = 72};
	uint8_t signature[64];

	assert_ok(buffer_print(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)seconds));
	assert_ok(buffer_put(&message, text_bytes(body)));
	assert_ok(ed25519_sign(seed, buffer_bytes(&message), signature));
	assert_ok(buffer_put_u64(&raw, seconds));
	assert_ok(buffer_put(&raw, BYTES_OF(signature)));
	assert_ok(note_put_signature(b, key, buffer_bytes(&raw)));
}

static void witnesses_vouch_with_a_time(void **state)
{
	(void)state;
	AUTO(secret) seed = {0}, witness_seed = {0};
	AUTO(buffer) b = {.max = 4096};
	struct ed25519_public public_key, witness_public;
	struct note_key key, witness, plain;
	struct note n;
	uint64_t seconds = 0;

	assert_ok(ed25519_new(&seed, &public_key));
	assert_ok(ed25519_new(&witness_seed, &witness_public));
	assert_ok(note_key_new(TEXT("vault.example"), NOTE_ED25519, &public_key, &key));
	assert_ok(note_key_new(TEXT("witness.example/w1"), NOTE_COSIGNATURE, &witness_public, &witness));
	assert_ok(note_key_new(TEXT("witness.example/w1"), NOTE_ED25519, &witness_public, &plain));
	assert_int_not_equal(witness.id, plain.id);
	assert_ok(note_sign(TEXT(BODY), &key, &seed, &b));
	assert_ok(note_parse(buffer_bytes(&b), &n));
	assert_fails(ST_UNPROVEN, checkpoint_verify_cosignature(&n, &witness, &seconds));
	put_cosignature(&b, TEXT(BODY), &witness, &witness_seed, 1679315147);
	assert_ok(note_parse(buffer_bytes(&b), &n));
	assert_ok(note_verify(&n, &key));
	assert_ok(checkpoint_verify_cosignature(&n, &witness, &seconds));
	assert_true(seconds == 1679315147);
	assert_fails(ST_UNPROVEN, checkpoint_verify_cosignature(&n, &plain, &seconds));
	assert_fails(ST_UNPROVEN, checkpoint_verify_cosignature(&n, &key, &seconds));
	b.len = 0;
	assert_ok(note_sign(TEXT(BODY), &key, &seed, &b));
	put_cosignature(&b, TEXT("another\n1\n" HELLO_HASH "\n"), &witness, &witness_seed, 1679315147);
	assert_ok(note_parse(buffer_bytes(&b), &n));
	assert_fails(ST_UNPROVEN, checkpoint_verify_cosignature(&n, &witness, &seconds));
}

/* The cosigned example of tlog-cosignature: its form, names and ids. */
static void parses_the_cosigned_example(void **state)
{
	(void)state;
	struct note n;
	struct checkpoint c;

	assert_ok(note_parse(
		BYTES_LITERAL(
			"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
			"\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4"
			"URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
			"\xe2\x80\x94 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB"
			"9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"),
		&n));
	assert_int_equal(n.count, 2);
	assert_int_equal(n.signatures[1].id, 0x8d66cf3f);
	assert_ok(checkpoint_parse(n.text, &c));
	assert_true(c.head.size == 20852163);
}

int main(void)
{
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	const struct CMUnitTest tests[] = {
		TEST(parses_and_prints_a_published_head), TEST(keeps_extension_lines_as_they_are),
		TEST(refuses_malformed_bodies),           TEST(refuses_to_print_what_would_not_parse),
		TEST(a_log_signs_only_for_itself),        TEST(witnesses_vouch_with_a_time),
		TEST(parses_the_cosigned_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
