/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "hash_internal.h"
#include "secret.h"
#include "text.h"

static void assert_hash(const struct hash *got, const char *hex)
{
	struct hash wanted;

	LITERAL(hex, wanted.bytes);
	assert_true(hash_equal(got, &wanted));
}

static void sha_256_has_the_published_values(void **state)
{
	(void)state;
	struct hash h;
	AUTO(buffer) million = {.max = 1000000};

	/* FIPS 180-4 examples. */
	assert_ok(sha256(BYTES_LITERAL("abc"), &h));
	assert_hash(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_ok(sha256((struct bytes){0}, &h));
	assert_hash(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_ok(sha256(BYTES_LITERAL("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), &h));
	assert_hash(&h, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	for (int i = 0; i < 1000000; i++)
		assert_ok(buffer_put_u8(&million, 'a'));
	assert_ok(sha256(buffer_bytes(&million), &h));
	assert_hash(&h, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_hash_as_their_concatenation(void **state)
{
	(void)state;
	const struct bytes pieces[] = {BYTES_LITERAL("a"), {0}, BYTES_LITERAL("bc"), BYTES_LITERAL("")};
	struct hash whole, parts;

	assert_ok(sha256(BYTES_LITERAL("abc"), &whole));
	assert_ok(sha256_pieces(pieces, COUNT(pieces), &parts));
	assert_true(hash_equal(&whole, &parts));
}

static void incremental_hashes_do_not_disturb_each_other(void **state)
{
	(void)state;
	enum { MANY = 20 }; /* more than the engine keeps */
	struct sha256_state states[MANY] = {{0}};
	struct hash wanted, got;

	for (size_t i = 0; i < MANY; i++)
		assert_ok(sha256_begin(&states[i]));
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < MANY; i++)
			assert_ok(sha256_add(&states[i], bytes_of(&(char){(char)('a' + i)}, 1)));
	for (size_t i = 0; i < MANY; i++) {
		char text[3];

		memset(text, (int)('a' + i), sizeof text);
		assert_ok(sha256(BYTES_OF(text), &wanted));
		assert_ok(sha256_end(&states[i], &got));
		assert_true(hash_equal(&got, &wanted));
	}
}

static void an_ended_hash_takes_no_more(void **state)
{
	(void)state;
	AUTO(sha256_state) s = {0};
	struct hash h;

	assert_fails(ST_INVALID, sha256_add(&s, BYTES_LITERAL("x")));
	assert_ok(sha256_begin(&s));
	assert_ok(sha256_end(&s, &h));
	assert_fails(ST_INVALID, sha256_add(&s, BYTES_LITERAL("x")));
	assert_fails(ST_INVALID, sha256_end(&s, &h));
	sha256_state_clear(&s);
	sha256_state_clear(&s);
	/* What was abandoned half-way leaves nothing to the next. */
	assert_ok(sha256_begin(&s));
	assert_ok(sha256_add(&s, BYTES_LITERAL("abandoned")));
	sha256_state_clear(&s);
	assert_ok(sha256_begin(&s));
	assert_ok(sha256_add(&s, BYTES_LITERAL("abc")));
	assert_ok(sha256_end(&s, &h));
	assert_hash(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void hmac_has_the_values_of_rfc_4231(void **state)
{
	(void)state;
	uint8_t key[131];
	struct hash h;

	memset(key, 0x0b, 20);
	assert_ok(hmac_sha256(bytes_of(key, 20), BYTES_LITERAL("Hi There"), &h));
	assert_hash(&h, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_ok(hmac_sha256(BYTES_LITERAL("Jefe"), BYTES_LITERAL("what do ya want for nothing?"), &h));
	assert_hash(&h, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	assert_ok(hmac_sha256(BYTES_OF(key), BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
			      &h));
	assert_hash(&h, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hkdf_has_the_values_of_rfc_5869(void **state)
{
	(void)state;
	uint8_t input[22], salt[13], info[10], wanted[42], got[42];
	struct hash prk;

	memset(input, 0x0b, sizeof input);
	LITERAL("000102030405060708090a0b0c", salt);
	LITERAL("f0f1f2f3f4f5f6f7f8f9", info);
	assert_ok(hkdf_sha256_extract(BYTES_OF(salt), BYTES_OF(input), &prk));
	assert_hash(&prk, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	LITERAL("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", wanted);
	assert_ok(hkdf_sha256_expand(hash_bytes(&prk), BYTES_OF(info), got, sizeof got));
	assert_memory_equal(got, wanted, sizeof wanted);
	assert_ok(hkdf_sha256_extract((struct bytes){0}, BYTES_OF(input), &prk));
	assert_hash(&prk, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
	LITERAL("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8", wanted);
	assert_ok(hkdf_sha256_expand(hash_bytes(&prk), (struct bytes){0}, got, sizeof got));
	assert_memory_equal(got, wanted, sizeof wanted);
}

static void hkdf_ends_at_255_blocks(void **state)
{
	(void)state;
	static uint8_t out[255 * 64 + 1];
	const uint8_t prk[64] = {1};
	const struct bytes nothing = {0};
	uint8_t untouched = 0;

	assert_ok(hkdf_sha256_expand(BYTES_OF(prk), (struct bytes){0}, out, 255 * 32));
	assert_fails(ST_TOO_BIG, hkdf_sha256_expand(BYTES_OF(prk), (struct bytes){0}, out, 255 * 32 + 1));
	assert_ok(hkdf_sha512_expand_pieces(BYTES_OF(prk), &nothing, 1, out, 255 * 64));
	assert_fails(ST_TOO_BIG, hkdf_sha512_expand_pieces(BYTES_OF(prk), &nothing, 1, out, 255 * 64 + 1));
	assert_ok(hkdf_sha256_expand(BYTES_OF(prk), (struct bytes){0}, &untouched, 0));
	assert_int_equal(untouched, 0);
}

/* One "NAME = hex" line of the file; the last one read of each name counts. */
struct rfc_file {
	struct buffer input, salt, info, prk, okm;
};

static void rfc_file_clear(struct rfc_file *f)
{
	buffer_clear(&f->input);
	buffer_clear(&f->salt);
	buffer_clear(&f->info);
	buffer_clear(&f->prk);
	buffer_clear(&f->okm);
}

static struct buffer *rfc_field(struct rfc_file *f, struct text name)
{
	if (text_equal(name, TEXT("IKM")))
		return &f->input;
	if (text_equal(name, TEXT("salt")))
		return &f->salt;
	if (text_equal(name, TEXT("info")))
		return &f->info;
	if (text_equal(name, TEXT("PRK")))
		return &f->prk;
	return text_equal(name, TEXT("OKM")) ? &f->okm : NULL;
}

static bool rfc_line(struct rfc_file *f, const char *line)
{
	struct text rest = text_of(line), name;

	if (!text_split(&rest, '=', &name) || rfc_field(f, text_trim(name)) == NULL)
		return false;
	struct buffer *field = rfc_field(f, text_trim(name));
	struct text hex = text_trim(rest);
	field->len = 0;
	assert_ok(buffer_reserve(field, hex.len / 2 + 1));
	assert_ok(text_from_hex(hex, field->bytes, hex.len / 2));
	field->len = hex.len / 2;
	return field == &f->okm; /* the last line of a case */
}

static void hkdf_agrees_with_the_published_file(void **state)
{
	(void)state;
	AUTO(rfc_file) f = {VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER, VECTOR_BUFFER};
	const char *shared = getenv("TACENDA_SHARED");
	char path[4096], line[1024];
	size_t count = 0;

	snprintf(path, sizeof path, "%s/data/crypto/nist-ietf/KDF/rfc-5869-HKDF-SHA256.txt",
		 shared != NULL ? shared : "/nowhere");
	FILE *file = fopen(path, "r");
	if (file == NULL)
		skip();
	while (fgets(line, sizeof line, file) != NULL) {
		uint8_t got[128];
		struct hash prk;

		if (!rfc_line(&f, line))
			continue;
		assert_ok(hkdf_sha256_extract(buffer_bytes(&f.salt), buffer_bytes(&f.input), &prk));
		assert_true(bytes_equal(hash_bytes(&prk), buffer_bytes(&f.prk)));
		assert_ok(hkdf_sha256_expand(hash_bytes(&prk), buffer_bytes(&f.info), got, f.okm.len));
		assert_memory_equal(got, f.okm.bytes, f.okm.len);
		count++;
	}
	fclose(file);
	assert_int_equal(count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sha_256_has_the_published_values),
		TEST(pieces_hash_as_their_concatenation),
		TEST(incremental_hashes_do_not_disturb_each_other),
		TEST(an_ended_hash_takes_no_more),
		TEST(hmac_has_the_values_of_rfc_4231),
		TEST(hkdf_has_the_values_of_rfc_5869),
		TEST(hkdf_ends_at_255_blocks),
		TEST(hkdf_agrees_with_the_published_file),
	};
	return ok(crypto_setup()) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
