/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "jsonfield.h"
#include "secret.h"

struct grant {
	struct uuid user;
	uint64_t until;
};
static const struct jsonfield grant_rows[] = {
	{.name = "user", .type = JSONFIELD_ID, .offset = offsetof(struct grant, user), .required = true, .id = ID_USER},
	{.name = "until", .type = JSONFIELD_TIME, .offset = offsetof(struct grant, until)},
};
static const struct jsonfield_table grant_table = JSONFIELD_TABLE(struct grant, grant_rows);

struct order {
	struct text login;
	uint32_t count;
	uint64_t size;
	bool final;
	struct bytes proof, key;
	struct hash hash;
	struct uuid device;
	uint64_t taken;
	struct grant one;
	struct jsonfield_list grants, names, pieces;
	struct json any;
};
#define AT(member) offsetof(struct order, member)
static const struct jsonfield order_rows[] = {
	{.name = "login", .type = JSONFIELD_TEXT, .offset = AT(login), .required = true, .min = 1, .max = 8},
	{.name = "count", .type = JSONFIELD_U32, .offset = AT(count), .min = 2, .max = 9},
	{.name = "size", .type = JSONFIELD_U64, .offset = AT(size)},
	{.name = "final", .type = JSONFIELD_BOOL, .offset = AT(final)},
	{.name = "proof", .type = JSONFIELD_BASE64, .offset = AT(proof), .max = 4},
	{.name = "key", .type = JSONFIELD_BASE64URL, .offset = AT(key), .min = 2},
	{.name = "hash", .type = JSONFIELD_HASH, .offset = AT(hash)},
	{.name = "device", .type = JSONFIELD_ID, .offset = AT(device), .id = ID_DEVICE},
	{.name = "taken", .type = JSONFIELD_TIME, .offset = AT(taken)},
	{.name = "one", .type = JSONFIELD_OBJECT, .offset = AT(one), .table = &grant_table},
	{.name = "grants", .type = JSONFIELD_OBJECT, .offset = AT(grants), .many = 2, .table = &grant_table},
	{.name = "names", .type = JSONFIELD_TEXT, .offset = AT(names), .many = 3, .max = 5},
	{.name = "pieces", .type = JSONFIELD_BASE64, .offset = AT(pieces), .many = 3},
	{.name = "any", .type = JSONFIELD_ANY, .offset = AT(any)},
};
static const struct jsonfield_table order_table = JSONFIELD_TABLE(struct order, order_rows);

#define USER "us-00000000000000000000000004"

static void reads_every_type(void **state)
{
	static const char source[] =
		"{\"login\":\"anna\",\"count\":9,\"size\":18446744073709551615,\"final\":true,\"proof\":\"AQID\","
		"\"key\":\"-_8\",\"hash\":\"00000000000000000000000000000000000000000000000000000000000000ff\","
		"\"device\":\"dv-00000000000000000000000004\",\"taken\":\"1970-01-01T00:00:01Z\","
		"\"one\":{\"user\":\"" USER "\"},\"grants\":[{\"user\":\"" USER "\",\"until\":"
		"\"1970-01-01T00:00:02Z\"},{\"user\":\"" USER "\"}],\"names\":[\"a\",\"\"],"
		"\"pieces\":[\"AQ==\",\"\"],\"any\":{\"x\":[1.50]}}";
	AUTO(json_document) d = {0};
	AUTO(arena) arena = {.max = 65536};
	struct order o = {.taken = 5};
	struct jsonfield_refusal refusal;

	(void)state;
	assert_ok(json_parse(BYTES_LITERAL(source), &json_limits_body, &d));
	assert_ok(jsonfield_read(json_root(&d), &order_table, &arena, &o, &refusal));
	assert_true(text_equal(o.login, TEXT("anna")));
	assert_int_equal(o.count, 9);
	assert_true(o.size == UINT64_MAX);
	assert_true(o.final);
	assert_true(bytes_equal(o.proof, BYTES_LITERAL("\1\2\3")));
	assert_true(bytes_equal(o.key, BYTES_LITERAL("\xfb\xff")));
	assert_int_equal(o.hash.bytes[31], 0xff);
	assert_false(uuid_is_zero(&o.device));
	assert_int_equal(o.taken, 1000);
	assert_false(uuid_is_zero(&o.one.user));
	const struct grant *grants = o.grants.items;
	assert_int_equal(o.grants.count, 2);
	assert_int_equal(grants[0].until, 2000);
	assert_int_equal(grants[1].until, 0);
	const struct text *names = o.names.items;
	assert_int_equal(o.names.count, 2);
	assert_true(text_equal(names[0], TEXT("a")));
	const struct bytes *pieces = o.pieces.items;
	assert_int_equal(pieces[0].len, 1);
	assert_int_equal(pieces[1].len, 0);
	assert_int_equal(json_kind_of(o.any), JSON_KIND_OBJECT);
}

static void leaves_absent_fields_as_they_were(void **state)
{
	AUTO(json_document) d = {0};
	AUTO(arena) arena = {.max = 65536};
	struct order o = {.count = 4, .size = UINT64_MAX, .final = true};

	(void)state;
	assert_ok(json_parse(BYTES_LITERAL("{\"login\":\"a\"}"), &json_limits_body, &d));
	assert_ok(jsonfield_read(json_root(&d), &order_table, &arena, &o, NULL));
	assert_int_equal(o.count, 4);
	assert_true(o.size == UINT64_MAX && o.final);
	assert_null(o.proof.at);
}

struct refused {
	const char *source;
	enum status_code code;
	const char *what, *field;
	bool limited;
	uint64_t limit;
};

#define LONG_NAME "0123456789012345678901234567890123456789012345678901234567890123456789"
static const struct refused refused[] = {
	{"[]", ST_INVALID, "field type", "", false, 0},
	{"{}", ST_INVALID, "field missing", "login", false, 0},
	{"{\"login\":\"a\",\"logon\":1}", ST_INVALID, "field unknown", "logon", false, 0},
	{"{\"\":1}", ST_INVALID, "field unknown", "", false, 0},
	{"{\"a\\n\\u00e9\":1}", ST_INVALID, "field unknown", "a???", false, 0},
	{"{\"" LONG_NAME "\":1}", ST_INVALID, "field unknown",
	 "0123456789012345678901234567890123456789012345678901234567890123", false, 0},
	{"{\"login\":null}", ST_INVALID, "field type", "login", false, 0},
	{"{\"login\":\"\"}", ST_INVALID, "field range", "login", true, 1},
	{"{\"login\":\"123456789\"}", ST_TOO_BIG, "field too long", "login", true, 8},
	{"{\"count\":1}", ST_INVALID, "field range", "count", true, 2},
	{"{\"count\":10}", ST_INVALID, "field range", "count", true, 9},
	{"{\"count\":5.0}", ST_INVALID, "field range", "count", true, 9},
	{"{\"count\":-3}", ST_INVALID, "field range", "count", true, 9},
	{"{\"count\":\"5\"}", ST_INVALID, "field type", "count", false, 0},
	{"{\"size\":18446744073709551616}", ST_INVALID, "field range", "size", true, UINT64_MAX},
	{"{\"final\":1}", ST_INVALID, "field type", "final", false, 0},
	{"{\"proof\":\"AQIDBAU=\"}", ST_TOO_BIG, "field too long", "proof", true, 4},
	{"{\"proof\":\"AQ\"}", ST_INVALID, "field format", "proof", false, 0},
	{"{\"key\":\"AQ==\"}", ST_INVALID, "field format", "key", false, 0},
	{"{\"key\":\"AQ\"}", ST_INVALID, "field range", "key", true, 2},
	{"{\"hash\":\"00\"}", ST_INVALID, "field format", "hash", false, 0},
	{"{\"device\":\"" USER "\"}", ST_INVALID, "field format", "device", false, 0},
	{"{\"taken\":\"yesterday\"}", ST_INVALID, "field format", "taken", false, 0},
	{"{\"one\":{}}", ST_INVALID, "field missing", "one.user", false, 0},
	{"{\"one\":[]}", ST_INVALID, "field type", "one", false, 0},
	{"{\"grants\":{}}", ST_INVALID, "field type", "grants", false, 0},
	{"{\"grants\":[{\"user\":\"" USER "\"},{\"until\":1}]}", ST_INVALID, "field type", "grants[1].until", false, 0},
	{"{\"grants\":[{\"user\":\"" USER "\"},{}]}", ST_INVALID, "field missing", "grants[1].user", false, 0},
	{"{\"grants\":[1,2,3]}", ST_TOO_BIG, "field too long", "grants", true, 2},
	{"{\"names\":[\"a\",\"123456\"]}", ST_TOO_BIG, "field too long", "names[1]", true, 5},
};

static void names_field_and_limit_of_what_it_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(json_document) d = {0};
		AUTO(arena) arena = {.max = 65536};
		struct order o, before;
		struct jsonfield_refusal r;
		memset(&o, 0x5a, sizeof o);
		memcpy(&before, &o, sizeof o);
		assert_ok(json_parse(text_bytes(text_of(refused[i].source)), &json_limits_body, &d));
		struct status s = jsonfield_read(json_root(&d), &order_table, &arena, &o, &r);
		assert_int_equal(s.code, refused[i].code);
		assert_string_equal(s.what, refused[i].what);
		assert_string_equal(r.field, refused[i].field);
		assert_int_equal(r.limited, refused[i].limited);
		assert_true(r.limit == refused[i].limit);
		assert_memory_equal(&o, &before, sizeof o);
	}
}

static void stops_at_the_ceiling_of_the_arena(void **state)
{
	AUTO(json_document) d = {0};
	AUTO(arena) arena = {.max = sizeof(struct order) + 16};
	struct order o = {0};

	(void)state;
	assert_ok(json_parse(BYTES_LITERAL("{\"login\":\"a\",\"names\":[\"a\",\"b\",\"c\"]}"), &json_limits_body, &d));
	assert_fails(ST_TOO_BIG, jsonfield_read(json_root(&d), &order_table, &arena, &o, NULL));
	assert_null(o.login.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_every_type),
		TEST(leaves_absent_fields_as_they_were),
		TEST(names_field_and_limit_of_what_it_refuses),
		TEST(stops_at_the_ceiling_of_the_arena),
	};

	assert_ok(secret_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
