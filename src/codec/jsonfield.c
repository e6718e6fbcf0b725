/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonfield: tables instead of branches.
 *
 * 1. The struct is filled beside ${target} and copied over it at the very end.
 * 2. A refusal is named where it is found; each level outward puts its own name
 *    in front.
 */
#include "jsonfield.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct reading {
	struct arena *arena;
	struct jsonfield_refusal *refusal;
};

static const size_t sizes[] = {
	[JSONFIELD_TEXT] = sizeof(struct text),    [JSONFIELD_U32] = sizeof(uint32_t),
	[JSONFIELD_U64] = sizeof(uint64_t),        [JSONFIELD_BOOL] = sizeof(bool),
	[JSONFIELD_BASE64] = sizeof(struct bytes), [JSONFIELD_BASE64URL] = sizeof(struct bytes),
	[JSONFIELD_HASH] = sizeof(struct hash),    [JSONFIELD_ID] = sizeof(struct uuid),
	[JSONFIELD_TIME] = sizeof(uint64_t),       [JSONFIELD_OBJECT] = 0,
	[JSONFIELD_ANY] = sizeof(struct json),
};

static size_t size_of(const struct jsonfield *f)
{
	return f->type == JSONFIELD_OBJECT ? f->table->size : sizes[f->type];
}

/* ${t}, made printable, behind the first ${len} characters of ${path}; the new length. */
static size_t append(char *path, size_t len, struct text t)
{
	for (size_t i = 0; i < t.len && len < JSONFIELD_PATH; i++)
		path[len++] = t.at[i] >= ' ' && t.at[i] <= '~' ? t.at[i] : '?';
	path[len] = '\0';
	return len;
}

/* Put ${name} in front of the path, so far only what is inside it. */
static void refuse_in(struct reading *r, struct text name)
{
	char inner[sizeof r->refusal->field];
	char *field = r->refusal->field;

	memcpy(inner, field, sizeof inner);
	size_t len = append(field, 0, name);
	if (inner[0] != '\0' && inner[0] != '[')
		len = append(field, len, TEXT("."));
	(void)append(field, len, text_of(inner));
}

static void refuse_index(struct reading *r, size_t index)
{
	char name[24];
	int len = snprintf(name, sizeof name, "[%zu]", index);

	refuse_in(r, (struct text){name, (size_t)len});
}

static struct status refuse_limit(struct reading *r, uint64_t limit, struct status s)
{
	r->refusal->limited = true;
	r->refusal->limit = limit;
	return s;
}

static struct status check_length(const struct jsonfield *f, size_t len, struct reading *r)
{
	if (f->max != 0 && len > f->max)
		return refuse_limit(r, f->max, FAIL_AT(ST_TOO_BIG, "field too long"));
	if (len < f->min)
		return refuse_limit(r, f->min, FAIL_AT(ST_INVALID, "field range"));
	return OK;
}

static struct status read_text(const struct jsonfield *f, struct json v, struct reading *r, struct text *out)
{
	if (!ok(json_text(v, out)))
		return FAIL_AT(ST_INVALID, "field type");
	return check_length(f, out->len, r);
}

static struct status read_number(const struct jsonfield *f, struct json v, struct reading *r, uint64_t *out)
{
	uint64_t ceiling = f->type == JSONFIELD_U32 ? UINT32_MAX : UINT64_MAX;
	uint64_t max = f->max != 0 && f->max < ceiling ? f->max : ceiling;

	if (json_kind_of(v) != JSON_KIND_NUMBER)
		return FAIL_AT(ST_INVALID, "field type");
	if (ok(json_u64(v, f->min, max, out)))
		return OK;
	bool small = ok(json_u64(v, 0, UINT64_MAX, out)) && *out < f->min;
	return refuse_limit(r, small ? f->min : max, FAIL_AT(ST_INVALID, "field range"));
}

static struct status read_integer(const struct jsonfield *f, struct json v, struct reading *r, void *place)
{
	uint64_t number;

	TRY(read_number(f, v, r, &number));
	if (f->type == JSONFIELD_U64) {
		memcpy(place, &number, sizeof number);
		return OK;
	}
	uint32_t narrow = (uint32_t)number;
	memcpy(place, &narrow, sizeof narrow);
	return OK;
}

static struct status read_encoded(const struct jsonfield *f, struct json v, struct reading *r, struct bytes *out)
{
	struct text t;

	if (!ok(json_text(v, &t)))
		return FAIL_AT(ST_INVALID, "field type");
	/* Before decoding: four characters stand for at least one byte more than two. */
	AUTO(buffer) decoded = {.max = t.len, .wipe = true};
	struct status s =
		f->type == JSONFIELD_BASE64 ? text_from_base64(t, &decoded) : text_from_base64url(t, &decoded);
	if (!ok(s))
		return s.code == ST_NO_MEMORY ? s : FAIL_AT(ST_INVALID, "field format");
	TRY(check_length(f, decoded.len, r));
	return arena_copy(r->arena, buffer_bytes(&decoded), out);
}

/* The types that are a string of one fixed form. */
static struct status read_form(const struct jsonfield *f, struct json v, void *place)
{
	struct text t;
	struct status s;

	if (!ok(json_text(v, &t)))
		return FAIL_AT(ST_INVALID, "field type");
	if (f->type == JSONFIELD_HASH)
		s = text_from_hex(t, ((struct hash *)place)->bytes, sizeof(struct hash));
	else if (f->type == JSONFIELD_ID)
		s = id_parse(f->id, t, place);
	else
		s = text_to_time(t, place);
	return ok(s) ? OK : FAIL_AT(ST_INVALID, "field format");
}

static struct status read_object(struct json object, const struct jsonfield_table *table, struct reading *r,
				 void *target);

static struct status read_one(const struct jsonfield *f, struct json v, struct reading *r, void *place)
{
	switch (f->type) {
	case JSONFIELD_TEXT:
		return read_text(f, v, r, place);
	case JSONFIELD_U32:
	case JSONFIELD_U64:
		return read_integer(f, v, r, place);
	case JSONFIELD_BOOL:
		return ok(json_bool(v, place)) ? OK : FAIL_AT(ST_INVALID, "field type");
	case JSONFIELD_BASE64:
	case JSONFIELD_BASE64URL:
		return read_encoded(f, v, r, place);
	case JSONFIELD_HASH:
	case JSONFIELD_ID:
	case JSONFIELD_TIME:
		return read_form(f, v, place);
	case JSONFIELD_OBJECT:
		return read_object(v, f->table, r, place);
	case JSONFIELD_ANY:
		memcpy(place, &v, sizeof v);
		return OK;
	}
	return FAIL(ST_INVALID);
}

static struct status read_list(const struct jsonfield *f, struct json v, struct reading *r, struct jsonfield_list *out)
{
	size_t count = json_count(v), whole;
	void *items = NULL;

	if (json_kind_of(v) != JSON_KIND_ARRAY)
		return FAIL_AT(ST_INVALID, "field type");
	if (count > f->many)
		return refuse_limit(r, f->many, FAIL_AT(ST_TOO_BIG, "field too long"));
	TRY(size_mul(count, size_of(f), &whole));
	if (count > 0)
		TRY(arena_take(r->arena, whole, &items));
	for (size_t i = 0; i < count; i++) {
		struct status s = read_one(f, json_element(v, i), r, (char *)items + i * size_of(f));
		if (!ok(s)) {
			refuse_index(r, i);
			return s;
		}
	}
	*out = (struct jsonfield_list){items, count};
	return OK;
}

static const struct jsonfield *find(const struct jsonfield_table *table, struct text name)
{
	for (size_t i = 0; i < table->count; i++)
		if (text_equal(text_of(table->fields[i].name), name))
			return &table->fields[i];
	return NULL;
}

static struct status read_member(const struct jsonfield *f, struct json v, struct reading *r, void *target)
{
	if (f == NULL)
		return FAIL_AT(ST_INVALID, "field unknown");
	void *place = (char *)target + f->offset;
	return f->many != 0 ? read_list(f, v, r, place) : read_one(f, v, r, place);
}

static struct status check_missing(const struct jsonfield_table *table, uint64_t seen, struct reading *r)
{
	for (size_t i = 0; i < table->count; i++) {
		if (!table->fields[i].required || (seen >> i & 1) != 0)
			continue;
		refuse_in(r, text_of(table->fields[i].name));
		return FAIL_AT(ST_INVALID, "field missing");
	}
	return OK;
}

/* Recurses as deep as the tables nest. */
static struct status read_object(struct json object, const struct jsonfield_table *table, struct reading *r,
				 void *target)
{
	struct json_members members = json_members_of(object);
	uint64_t seen = 0;
	struct text name;
	struct json value;

	assert(table->count <= 64);
	if (json_kind_of(object) != JSON_KIND_OBJECT)
		return FAIL_AT(ST_INVALID, "field type");
	while (json_members_next(&members, &name, &value)) {
		const struct jsonfield *f = find(table, name);
		struct status s = read_member(f, value, r, target);
		if (!ok(s)) {
			refuse_in(r, name);
			return s;
		}
		seen |= (uint64_t)1 << (f - table->fields);
	}
	return check_missing(table, seen, r);
}

struct status jsonfield_read(struct json object, const struct jsonfield_table *table, struct arena *arena, void *target,
			     struct jsonfield_refusal *refusal)
{
	struct jsonfield_refusal unwanted;
	struct reading r = {arena, refusal != NULL ? refusal : &unwanted};
	void *draft;

	*r.refusal = (struct jsonfield_refusal){0};
	TRY(arena_take(arena, table->size, &draft));
	memcpy(draft, target, table->size);
	TRY(read_object(object, table, &r, draft));
	memcpy(target, draft, table->size);
	return OK;
}
