/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "jsontree.h"
#include "jsonwriter.h"
#include "limits.h"

/* Places in a document are 32-bit numbers. */
#define SOURCE_MAX ((size_t)1 << 30)

const struct json_limits json_limits_body = {.bytes = LIMIT_JSON_BYTES, .depth = LIMIT_JSON_DEPTH};
const struct json_limits json_limits_import = {
	.bytes = LIMIT_IMPORT_FILE, .depth = LIMIT_IMPORT_DEPTH, .nul = true, .mark = true};

struct status json_parse(struct bytes source, const struct json_limits *limits, struct json_document *out)
{
	if (source.len > limits->bytes || source.len > SOURCE_MAX)
		return FAIL_AT(ST_TOO_BIG, "json size");
	if (limits->mark && text_starts(text_from(source), TEXT("\xef\xbb\xbf")))
		source = bytes_of(source.at + 3, source.len - 3);
	if (source.len == 0)
		return FAIL_AT(ST_INVALID, "json");

	AUTO(json_document) whole = {.text = {.max = source.len, .wipe = true}};
	TRY(buffer_reserve(&whole.text, source.len));
	TRY(buffer_put(&whole.text, source));
	TRY(jsontree_parse(limits, &whole));
	*out = whole;
	whole = (struct json_document){0};
	return OK;
}

void json_document_clear(struct json_document *d)
{
	buffer_clear(&d->text);
	buffer_clear(&d->nodes);
	buffer_clear(&d->children);
	*d = (struct json_document){0};
}

static const struct jsontree_node *node_of(struct json v)
{
	static const struct jsontree_node none = {.kind = JSON_KIND_NONE};

	return v.node == 0 ? &none : jsontree_node(v.document, v.node);
}

static struct json value_of(const struct json_document *d, uint32_t node)
{
	return node == 0 ? (struct json){0} : (struct json){d, node};
}

struct json json_root(const struct json_document *d)
{
	return value_of(d, d->nodes.len > 0 ? 1 : 0);
}

enum json_kind json_kind_of(struct json v)
{
	return node_of(v)->kind;
}

struct json json_member(struct json object, struct text name)
{
	if (json_kind_of(object) != JSON_KIND_OBJECT)
		return (struct json){0};
	return value_of(object.document, jsontree_find(object.document, node_of(object), name));
}

size_t json_count(struct json v)
{
	enum json_kind kind = json_kind_of(v);

	return kind == JSON_KIND_ARRAY || kind == JSON_KIND_OBJECT ? node_of(v)->len : 0;
}

static uint32_t child(struct json v, size_t index)
{
	return jsontree_children(v.document, node_of(v))[index];
}

struct json json_element(struct json array, size_t index)
{
	if (json_kind_of(array) != JSON_KIND_ARRAY || index >= json_count(array))
		return (struct json){0};
	return value_of(array.document, child(array, index));
}

struct json_members json_members_of(struct json object)
{
	bool fits = json_kind_of(object) == JSON_KIND_OBJECT;

	return (struct json_members){fits ? object : (struct json){0}, 0};
}

bool json_members_next(struct json_members *m, struct text *name, struct json *value)
{
	if (m->object.node == 0 || m->next >= json_count(m->object))
		return false;
	uint32_t node = child(m->object, m->next++);
	*name = jsontree_name(m->object.document, node);
	*value = value_of(m->object.document, node);
	return true;
}

/* The characters of a text or the digits of a number. */
static struct status take_text(struct json v, enum json_kind kind, struct text *out)
{
	if (json_kind_of(v) != kind)
		return FAIL_AT(ST_INVALID, "json type");
	*out = (struct text){(const char *)v.document->text.bytes + node_of(v)->at, node_of(v)->len};
	return OK;
}

struct status json_text(struct json v, struct text *out)
{
	return take_text(v, JSON_KIND_TEXT, out);
}

struct status json_number(struct json v, struct text *out)
{
	return take_text(v, JSON_KIND_NUMBER, out);
}

struct status json_bool(struct json v, bool *out)
{
	if (json_kind_of(v) != JSON_KIND_BOOL)
		return FAIL_AT(ST_INVALID, "json type");
	*out = node_of(v)->yes;
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
		if (other.node == 0 || !json_same(value, other))
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
		return node_of(a)->yes == node_of(b)->yes;
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
