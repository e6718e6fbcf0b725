/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jsonfield.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct inner {
	struct uuid user;
	uint64_t until;
};
static const struct jsonfield inner_rows[] = {
	{.name = "user", .type = JSONFIELD_ID, .offset = offsetof(struct inner, user), .required = true, .id = ID_USER},
	{.name = "until", .type = JSONFIELD_TIME, .offset = offsetof(struct inner, until)},
};
static const struct jsonfield_table inner_table = JSONFIELD_TABLE(struct inner, inner_rows);

struct outer {
	struct text text;
	uint32_t small;
	uint64_t big;
	bool flag;
	struct bytes base64, base64url;
	struct hash hash;
	struct inner one;
	struct jsonfield_list many, texts, hashes;
	struct json any;
};
#define AT(member) .offset = offsetof(struct outer, member)
static const struct jsonfield outer_rows[] = {
	{.name = "text", .type = JSONFIELD_TEXT, AT(text), .min = 1, .max = 8},
	{.name = "small", .type = JSONFIELD_U32, AT(small), .min = 2, .max = 9},
	{.name = "big", .type = JSONFIELD_U64, AT(big)},
	{.name = "flag", .type = JSONFIELD_BOOL, AT(flag)},
	{.name = "base64", .type = JSONFIELD_BASE64, AT(base64), .max = 9},
	{.name = "base64url", .type = JSONFIELD_BASE64URL, AT(base64url)},
	{.name = "hash", .type = JSONFIELD_HASH, AT(hash)},
	{.name = "one", .type = JSONFIELD_OBJECT, AT(one), .table = &inner_table},
	{.name = "many", .type = JSONFIELD_OBJECT, AT(many), .many = 4, .table = &inner_table},
	{.name = "texts", .type = JSONFIELD_TEXT, AT(texts), .many = 4, .max = 4},
	{.name = "hashes", .type = JSONFIELD_HASH, AT(hashes), .many = 4},
	{.name = "any", .type = JSONFIELD_ANY, AT(any)},
};
static const struct jsonfield_table outer_table = JSONFIELD_TABLE(struct outer, outer_rows);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(json_document) d = {0};
	AUTO(arena) arena = {.max = 65536};
	struct outer o = {.small = 5}, before;
	struct jsonfield_refusal r;

	memcpy(&before, &o, sizeof o);
	if (!ok(json_parse(bytes_of(data, len), &json_limits_body, &d)))
		return 0;
	if (!ok(jsonfield_read(json_root(&d), &outer_table, &arena, &o, &r))) {
		demand(memcmp(&before, &o, sizeof o) == 0 && memchr(r.field, 0, sizeof r.field) != NULL);
		for (const char *c = r.field; *c != '\0'; c++)
			demand(*c >= ' ' && *c <= '~');
		return 0;
	}
	demand(o.small >= 2 && o.small <= 9 && o.text.len <= 8 && o.base64.len <= 9);
	demand(o.many.count <= 4 && o.texts.count <= 4 && o.hashes.count <= 4);
	for (size_t i = 0; i < o.texts.count; i++)
		demand(((const struct text *)o.texts.items)[i].len <= 4);
	return 0;
}
