/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own vectors, tests/vectors/crypto.json, which every implementation of our
 * formats reads, so that none can drift away from the others.
 *
 *   test_own_vectors FILE        check the file
 *   test_own_vectors make        print a new one; only when a format changes
 */
#include "vectors.h"

#include <stdio.h>
#include <string.h>

#include "chunked.h"
#include "hash.h"
#include "hpke.h"
#include "text.h"
#include "xaes.h"

static const char *file;
static json_t *root;

static int set_up(void **state)
{
	(void)state;
	root = json_load_file(file, JSON_REJECT_DUPLICATES, NULL);
	return root == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(root);
	return 0;
}

/* The named fields of a row, as bytes. */
#define FIELDS 6
struct row {
	struct buffer at[FIELDS];
};

static void row_clear(struct row *r)
{
	for (size_t i = 0; i < FIELDS; i++)
		buffer_clear(&r->at[i]);
}

static struct bytes field(const struct row *r, size_t number)
{
	return buffer_bytes(&r->at[number]);
}

static struct row row_of(json_t *object, const char *const *names)
{
	struct row r;

	for (size_t i = 0; i < FIELDS; i++) {
		r.at[i] = VECTOR_BUFFER;
		if (names[i] != NULL)
			vectors_hex(object, names[i], &r.at[i]);
	}
	return r;
}

static void secret_of(struct bytes from, struct secret *out)
{
	assert_ok(secret_from(from, out));
}

static void xaes_row(json_t *object)
{
	static const char *const names[FIELDS] = {"key", "aad", "plain", "sealed"};
	AUTO(row) r = row_of(object, names);
	AUTO(secret) key = {0};
	AUTO(buffer) out = VECTOR_BUFFER;

	secret_of(field(&r, 0), &key);
	assert_ok(xaes_open(secret_key(&key), field(&r, 1), field(&r, 3), &out));
	assert_true(bytes_equal(buffer_bytes(&out), field(&r, 2)));
	/* The nonce is the front of the sealed bytes: sealing again gives the same. */
	assert_ok(buffer_reserve(&out, r.at[3].len));
	assert_ok(xaes_seal_nonce(secret_key(&key), r.at[3].bytes, field(&r, 1), field(&r, 2), out.bytes));
	assert_memory_equal(out.bytes, r.at[3].bytes + 24, r.at[3].len - 24);
}

static void chunked_row(json_t *object)
{
	static const char *const names[FIELDS] = {"key", "context", "plain", "sealed"};
	AUTO(row) r = row_of(object, names);
	AUTO(secret) key = {0};
	AUTO(buffer) out = VECTOR_BUFFER;

	secret_of(field(&r, 0), &key);
	assert_ok(chunked_open(secret_key(&key), field(&r, 1), field(&r, 3), &out));
	assert_true(bytes_equal(buffer_bytes(&out), field(&r, 2)));
}

static void hpke_row(json_t *object)
{
	static const char *const names[FIELDS] = {"private", "info", "aad", "plain", "sealed"};
	AUTO(row) r = row_of(object, names);
	AUTO(secret) key = {0};
	AUTO(secret) out = {0};

	secret_of(field(&r, 0), &key);
	assert_ok(hpke_open(&key, field(&r, 1), field(&r, 2), field(&r, 4), &out));
	assert_true(secret_equal(secret_bytes(&out), field(&r, 3)));
}

static void derive_row(json_t *object)
{
	static const char *const names[FIELDS] = {"seed", "label", "private", "public"};
	AUTO(row) r = row_of(object, names);
	AUTO(secret) key = {0};
	struct p256_public public_key;

	assert_ok(p256_derive(field(&r, 0), field(&r, 1), &key, &public_key));
	assert_true(secret_equal(secret_bytes(&key), field(&r, 2)));
	assert_true(bytes_equal(p256_public_bytes(&public_key), field(&r, 3)));
}

static void signature_row(json_t *object)
{
	static const char *const names[FIELDS] = {"public", "data", "signature"};
	AUTO(row) r = row_of(object, names);
	struct p256_public public_key;
	struct signature signature;

	memcpy(public_key.bytes, r.at[0].bytes, sizeof public_key);
	memcpy(signature.bytes, r.at[2].bytes, sizeof signature);
	assert_ok(p256_verify(&public_key, field(&r, 1), &signature));
	signature.bytes[40] ^= 1;
	assert_fails(ST_UNPROVEN, p256_verify(&public_key, field(&r, 1), &signature));
}

static void check(const char *name, void (*check_row)(json_t *))
{
	json_t *rows = json_object_get(root, name), *object;
	size_t i;

	assert_true(json_array_size(rows) >= 3);
	json_array_foreach(rows, i, object) check_row(object);
}

static void xaes_agrees(void **state)
{
	(void)state;
	check("xaes", xaes_row);
}

static void chunked_agrees(void **state)
{
	(void)state;
	check("chunked", chunked_row);
}

static void hpke_agrees(void **state)
{
	(void)state;
	check("hpke", hpke_row);
}

static void derivation_agrees(void **state)
{
	(void)state;
	check("derive", derive_row);
}

static void signatures_agree(void **state)
{
	(void)state;
	check("signature", signature_row);
}

/* From here on: making them. */

static void must(struct status s)
{
	if (!ok(s)) {
		fprintf(stderr, "%s\n", status_name(s.code));
		exit(1);
	}
}

static void set(json_t *object, const char *name, struct bytes value)
{
	AUTO(buffer) hex = VECTOR_BUFFER;

	must(text_put_hex(&hex, value));
	json_object_set_new(object, name, json_stringn(hex.len > 0 ? (const char *)hex.bytes : "", hex.len));
}

static json_t *add(json_t *set_of_rows, const char *kind)
{
	json_t *rows = json_object_get(set_of_rows, kind), *object = json_object();

	if (rows == NULL) {
		rows = json_array();
		json_object_set_new(set_of_rows, kind, rows);
	}
	json_array_append_new(rows, object);
	return object;
}

static void make_chunked(json_t *out, struct bytes context, struct bytes plain)
{
	AUTO(secret) key = {0};
	AUTO(buffer) sealed = VECTOR_BUFFER;
	json_t *object = add(out, "chunked");

	must(secret_new(32, &key));
	must(chunked_seal(secret_key(&key), context, plain, &sealed));
	set(object, "key", secret_bytes(&key));
	set(object, "context", context);
	set(object, "plain", plain);
	set(object, "sealed", buffer_bytes(&sealed));
}

static void make_sealed(json_t *out, struct bytes aad, struct bytes plain)
{
	AUTO(secret) key = {0};
	AUTO(buffer) sealed = VECTOR_BUFFER;
	json_t *object = add(out, "xaes");

	must(secret_new(32, &key));
	must(xaes_seal(secret_key(&key), aad, plain, &sealed));
	set(object, "key", secret_bytes(&key));
	set(object, "aad", aad);
	set(object, "plain", plain);
	set(object, "sealed", buffer_bytes(&sealed));
	make_chunked(out, aad, plain);
}

static void make_pair(json_t *out, struct bytes label, struct bytes info, struct bytes plain)
{
	AUTO(secret) seed = {0};
	AUTO(secret) key = {0};
	AUTO(buffer) sealed = VECTOR_BUFFER;
	struct p256_public public_key;
	struct signature signature;
	json_t *derive = add(out, "derive"), *hpke = add(out, "hpke"), *signed_data = add(out, "signature");

	must(secret_new(16, &seed));
	must(p256_derive(secret_bytes(&seed), label, &key, &public_key));
	must(hpke_seal(&public_key, info, label, plain, &sealed));
	must(p256_sign(&key, plain, &signature));
	set(derive, "seed", secret_bytes(&seed));
	set(derive, "label", label);
	set(derive, "private", secret_bytes(&key));
	set(derive, "public", p256_public_bytes(&public_key));
	set(hpke, "private", secret_bytes(&key));
	set(hpke, "info", info);
	set(hpke, "aad", label);
	set(hpke, "plain", plain);
	set(hpke, "sealed", buffer_bytes(&sealed));
	set(signed_data, "public", p256_public_bytes(&public_key));
	set(signed_data, "data", plain);
	set(signed_data, "signature", BYTES_OF(signature));
}

static int make(void)
{
	static uint8_t chunk[CHUNKED_PLAIN];
	const struct bytes none = {0}, label = BYTES_OF("tacenda/v1/vector"), row = BYTES_LITERAL("a row of fiction");
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof chunk; i++)
		chunk[i] = (uint8_t)(i * 7);
	make_sealed(out, none, none);
	make_sealed(out, label, row);
	make_sealed(out, row, bytes_of(chunk, 300));
	make_chunked(out, row, bytes_of(chunk, CHUNKED_PLAIN));
	make_pair(out, none, none, none);
	make_pair(out, label, none, row);
	make_pair(out, label, row, bytes_of(chunk, 32));
	make_pair(out, label, row, bytes_of(chunk, 1000));
	json_dumpf(out, stdout, JSON_INDENT(1));
	json_decref(out);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(xaes_agrees),       TEST(chunked_agrees),   TEST(hpke_agrees),
		TEST(derivation_agrees), TEST(signatures_agree),
	};

	if (argc != 2 || !ok(crypto_setup()))
		return 1;
	if (strcmp(argv[1], "make") == 0)
		return make();
	file = argv[1];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
