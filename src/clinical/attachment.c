/* SPDX-License-Identifier: Apache-2.0 */
#include "attachment.h"

#include "limits.h"

struct walk {
	struct json resource;
	attachment_visit *visit;
	void *context;
	uint32_t ordinal;
};

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

/** What a CodeableConcept is called. */
static struct text concept_name(struct json concept)
{
	struct text name = text_member(concept, "text");

	return name.len > 0 ? name : text_member(json_element(json_member(concept, TEXT("coding")), 0), "display");
}

static struct text title_of(const struct walk *w, struct json object)
{
	struct text names[] = {text_member(object, "title"), text_member(w->resource, "description"),
			       concept_name(json_member(w->resource, TEXT("type"))),
			       concept_name(json_member(w->resource, TEXT("code"))),
			       text_member(w->resource, "resourceType")};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].len > 0 && names[i].len <= LIMIT_NAME)
			return names[i];
	return (struct text){0};
}

static struct text taken_of(const struct walk *w, struct json object)
{
	static const char *const names[] = {"date", "effectiveDateTime", "createdDateTime", "issued",
					    "sent", "dateTime"};
	struct text taken = text_member(object, "creation");

	for (size_t i = 0; i < COUNT(names) && taken.len == 0; i++)
		taken = text_member(w->resource, names[i]);
	return taken.len <= 40 ? taken : (struct text){0};
}

static struct status give(struct walk *w, struct json object)
{
	struct attachment found = {.type = text_member(object, "contentType"), .data = text_member(object, "data")};

	if (found.type.len == 0 || found.type.len > LIMIT_NAME || found.data.len == 0)
		return OK;
	found.ordinal = w->ordinal++;
	found.title = title_of(w, object);
	found.taken = taken_of(w, object);
	return w->visit(w->context, &found);
}

/* The depth of a document is limited by json_limits_import. */
static struct status walk_value(struct walk *w, struct json value) /* NOLINT(misc-no-recursion) */
{
	struct json_members members = json_members_of(value);
	struct text name;
	struct json inner;

	if (json_kind_of(value) == JSON_KIND_OBJECT)
		TRY(give(w, value));
	for (size_t i = 0; json_kind_of(value) == JSON_KIND_ARRAY && i < json_count(value); i++)
		TRY(walk_value(w, json_element(value, i)));
	while (json_members_next(&members, &name, &inner))
		TRY(walk_value(w, inner));
	return OK;
}

struct status attachment_walk(struct json resource, attachment_visit *visit, void *context)
{
	struct walk w = {.resource = resource, .visit = visit, .context = context};

	return walk_value(&w, resource);
}

struct status attachment_open(const struct attachment *a, struct buffer *out)
{
	AUTO(buffer) packed = {.max = a->data.len, .wipe = true};
	size_t before = out->len;

	TRY(buffer_reserve(&packed, a->data.len));
	for (size_t i = 0; i < a->data.len; i++) {
		char c = a->data.at[i];
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			TRY(buffer_put_u8(&packed, (uint8_t)c));
	}
	struct status s = text_from_base64(text_from(buffer_bytes(&packed)), out);
	if (ok(s))
		return OK;
	out->len = before;
	return s.code == ST_INVALID ? FAIL_AT(ST_INVALID, "attachment") : s;
}

enum record_kind attachment_kind(struct text type)
{
	if (text_starts(type, TEXT("audio/")))
		return RECORD_DICTATION;
	if (text_starts(type, TEXT("image/")) || text_starts(type, TEXT("video/")))
		return RECORD_PHOTO;
	return RECORD_REPORT;
}
