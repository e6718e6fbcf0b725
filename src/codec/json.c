/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: jansson behind a narrow door.
 *
 * 1. jansson never sees a number: jsonscan puts each aside as text and hands over
 *    the offset of that text, so digits are neither rounded nor lost.
 * 2. jansson never recurses deeper than the limit that jsonscan has checked.
 * 3. What jansson allocates is wiped when freed.
 */
#include "json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "decimal.h"
#include "jsonscan.h"
#include "jsonwriter.h"
#include "limits.h"
#include "secret.h"
#include "wipe.h"

/* Offsets of numbers must fit what jansson reads back, and sizes 32-bit machines. */
#define SOURCE_MAX ((size_t)1 << 30)

const struct json_limits json_limits_body = {.bytes = LIMIT_JSON_BYTES, .depth = LIMIT_JSON_DEPTH};
const struct json_limits json_limits_import = {.bytes = LIMIT_IMPORT_FILE, .depth = LIMIT_IMPORT_DEPTH, .nul = true};

/* Whether an allocation failed since the parse began: jansson does not always say. */
static _Thread_local bool starved;

static void *allocate(size_t len)
{
	void *at = wipe_alloc(len);

	if (at == NULL)
		starved = true;
	return at;
}

static void setup(void)
{
	size_t seed;

	/* Given by us: jansson's own way to a seed opens a file, which a sandbox forbids. */
	secret_random(&seed, sizeof seed);
	json_set_alloc_funcs(allocate, wipe_free);
	json_object_seed(seed | 1);
}

static struct status parse_plain(struct bytes plain, bool nul, void **tree)
{
	static once_flag once = ONCE_FLAG_INIT;
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (nul ? JSON_ALLOW_NUL : 0);

	call_once(&once, setup);
	starved = false;
	*tree = json_loadb((const char *)plain.at, plain.len, flags, NULL);
	if (*tree != NULL)
		return OK;
	return starved ? FAIL_AT(ST_NO_MEMORY, "json") : FAIL_AT(ST_INVALID, "json");
}

struct status json_parse(struct bytes source, const struct json_limits *limits, struct json_document *out)
{
	if (source.len > limits->bytes || source.len > SOURCE_MAX)
		return FAIL_AT(ST_TOO_BIG, "json size");
	if (source.len == 0)
		return FAIL_AT(ST_INVALID, "json");

	/* An offset has at most 10 digits and stands for at least one character. */
	AUTO(buffer) plain = {.max = 10 * source.len, .wipe = true};
	AUTO(json_document) whole = {.numbers = {.max = 2 * source.len, .wipe = true}};
	TRY(jsonscan_run(source, limits->depth, &plain, &whole.numbers));
	TRY(parse_plain(buffer_bytes(&plain), limits->nul, &whole.tree));
	*out = whole;
	whole = (struct json_document){0};
	return OK;
}

void json_document_clear(struct json_document *d)
{
	json_decref(d->tree);
	buffer_clear(&d->numbers);
	*d = (struct json_document){0};
}

static struct json value_of(const struct json_document *d, void *node)
{
	return node == NULL ? (struct json){0} : (struct json){d, node};
}

struct json json_root(const struct json_document *d)
{
	return value_of(d, d->tree);
}

enum json_kind json_kind_of(struct json v)
{
	static const enum json_kind kinds[] = {
		[JSON_OBJECT] = JSON_KIND_OBJECT,  [JSON_ARRAY] = JSON_KIND_ARRAY, [JSON_STRING] = JSON_KIND_TEXT,
		[JSON_INTEGER] = JSON_KIND_NUMBER, [JSON_REAL] = JSON_KIND_NONE,   [JSON_TRUE] = JSON_KIND_BOOL,
		[JSON_FALSE] = JSON_KIND_BOOL,     [JSON_NULL] = JSON_KIND_NULL,
	};
	return v.node == NULL ? JSON_KIND_NONE : kinds[json_typeof((const json_t *)v.node)];
}

struct json json_member(struct json object, struct text name)
{
	/* jansson answers NULL for what is no object. */
	return value_of(object.document, json_object_getn(object.node, name.at, name.len));
}

struct json json_element(struct json array, size_t index)
{
	return value_of(array.document, json_array_get(array.node, index));
}

size_t json_count(struct json v)
{
	return json_kind_of(v) == JSON_KIND_ARRAY ? json_array_size(v.node) : json_object_size(v.node);
}

struct json_members json_members_of(struct json object)
{
	return (struct json_members){object, json_object_iter(object.node)};
}

bool json_members_next(struct json_members *m, struct text *name, struct json *value)
{
	if (m->at == NULL)
		return false;
	*name = (struct text){json_object_iter_key(m->at), json_object_iter_key_len(m->at)};
	*value = value_of(m->object.document, json_object_iter_value(m->at));
	m->at = json_object_iter_next(m->object.node, m->at);
	return true;
}

struct status json_text(struct json v, struct text *out)
{
	if (json_kind_of(v) != JSON_KIND_TEXT)
		return FAIL_AT(ST_INVALID, "json type");
	*out = (struct text){json_string_value(v.node), json_string_length(v.node)};
	return OK;
}

struct status json_number(struct json v, struct text *out)
{
	if (json_kind_of(v) != JSON_KIND_NUMBER)
		return FAIL_AT(ST_INVALID, "json type");
	*out = text_of((const char *)v.document->numbers.bytes + json_integer_value(v.node));
	return OK;
}

struct status json_bool(struct json v, bool *out)
{
	if (json_kind_of(v) != JSON_KIND_BOOL)
		return FAIL_AT(ST_INVALID, "json type");
	*out = json_typeof((const json_t *)v.node) == JSON_TRUE;
	return OK;
}

struct status json_u64(struct json v, uint64_t min, uint64_t max, uint64_t *out)
{
	struct text digits;

	TRY(json_number(v, &digits));
	return text_to_u64(digits, min, max, out);
}

static bool same_members(struct json a, struct json b)
{
	struct json_members m = json_members_of(a);
	struct text name;
	struct json value;

	while (json_members_next(&m, &name, &value)) {
		struct json other = json_member(b, name);
		if (other.node == NULL || !json_same(value, other))
			return false;
	}
	return true;
}

static bool same_elements(struct json a, struct json b)
{
	for (size_t i = 0; i < json_count(a); i++)
		if (!json_same(json_element(a, i), json_element(b, i)))
			return false;
	return true;
}

static bool same_numbers(struct json a, struct json b)
{
	struct text x, y;

	return ok(json_number(a, &x)) && ok(json_number(b, &y)) && decimal_equal(x, y);
}

bool json_same(struct json a, struct json b)
{
	enum json_kind kind = json_kind_of(a);
	struct text x, y;

	if (kind != json_kind_of(b))
		return false;
	switch (kind) {
	case JSON_KIND_OBJECT: /* as many names, each used once */
		return json_count(a) == json_count(b) && same_members(a, b);
	case JSON_KIND_ARRAY:
		return json_count(a) == json_count(b) && same_elements(a, b);
	case JSON_KIND_TEXT:
		return ok(json_text(a, &x)) && ok(json_text(b, &y)) && text_equal(x, y);
	case JSON_KIND_NUMBER:
		return same_numbers(a, b);
	case JSON_KIND_BOOL:
		return json_typeof((const json_t *)a.node) == json_typeof((const json_t *)b.node);
	case JSON_KIND_NULL:
	case JSON_KIND_NONE:
		break;
	}
	return true;
}

struct member {
	struct text name;
	struct json value;
};

static int by_name(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = memcmp(a->name.at, b->name.at, a->name.len < b->name.len ? a->name.len : b->name.len);

	/* Names of one object differ, so equal beginnings have different lengths. */
	return order != 0 ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static struct status write_value(struct json v, enum json_order order, struct buffer *out);

static struct status write_member(struct text name, struct json value, enum json_order order, struct buffer *out)
{
	TRY(jsonwriter_quote(out, name));
	TRY(buffer_put_u8(out, ':'));
	return write_value(value, order, out);
}

static struct status write_members(struct json object, struct buffer *out)
{
	struct json_members m = json_members_of(object);
	struct text name;
	struct json value;

	for (bool comma = false; json_members_next(&m, &name, &value); comma = true) {
		if (comma)
			TRY(buffer_put_u8(out, ','));
		TRY(write_member(name, value, JSON_AS_WRITTEN, out));
	}
	return OK;
}

static struct status write_sorted(struct json object, struct buffer *out)
{
	struct json_members m = json_members_of(object);
	size_t count = json_count(object);
	AUTO(buffer) room = {.max = count * sizeof(struct member), .wipe = true};

	TRY(buffer_reserve(&room, room.max));
	struct member *members = (void *)room.bytes;
	for (size_t i = 0; i < count; i++)
		(void)json_members_next(&m, &members[i].name, &members[i].value);
	if (count > 1)
		qsort(members, count, sizeof *members, by_name);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			TRY(buffer_put_u8(out, ','));
		TRY(write_member(members[i].name, members[i].value, JSON_BY_NAME, out));
	}
	return OK;
}

static struct status write_object(struct json v, enum json_order order, struct buffer *out)
{
	TRY(buffer_put_u8(out, '{'));
	TRY(order == JSON_BY_NAME ? write_sorted(v, out) : write_members(v, out));
	return buffer_put_u8(out, '}');
}

static struct status write_array(struct json v, enum json_order order, struct buffer *out)
{
	TRY(buffer_put_u8(out, '['));
	for (size_t i = 0; i < json_count(v); i++) {
		if (i > 0)
			TRY(buffer_put_u8(out, ','));
		TRY(write_value(json_element(v, i), order, out));
	}
	return buffer_put_u8(out, ']');
}

static struct status write_scalar(struct json v, struct buffer *out)
{
	struct text t;
	bool yes = false;

	if (ok(json_text(v, &t)))
		return jsonwriter_quote(out, t);
	if (ok(json_number(v, &t)))
		return buffer_put(out, text_bytes(t));
	if (ok(json_bool(v, &yes)))
		return buffer_put(out, yes ? BYTES_LITERAL("true") : BYTES_LITERAL("false"));
	return buffer_put(out, BYTES_LITERAL("null"));
}

/* Recurses as deep as the document, which json_parse() has bounded. */
static struct status write_value(struct json v, enum json_order order, struct buffer *out)
{
	switch (json_kind_of(v)) {
	case JSON_KIND_OBJECT:
		return write_object(v, order, out);
	case JSON_KIND_ARRAY:
		return write_array(v, order, out);
	case JSON_KIND_TEXT:
	case JSON_KIND_NUMBER:
	case JSON_KIND_BOOL:
	case JSON_KIND_NULL:
		return write_scalar(v, out);
	case JSON_KIND_NONE:
		break;
	}
	return FAIL_AT(ST_INVALID, "json");
}

struct status json_write(struct json v, enum json_order order, struct buffer *out)
{
	size_t before = out->len;
	struct status s = write_value(v, order, out);

	if (!ok(s))
		out->len = before;
	return s;
}
