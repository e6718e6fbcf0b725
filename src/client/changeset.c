/* SPDX-License-Identifier: Apache-2.0 */
#include "changeset.h"

#include <stdlib.h>

/* The server's limit of one JSON body, less the end of ours. */
#define BODY_MAX LIMIT_JSON_BYTES
#define BODY_END 64

void changeset_begin(struct site *site, struct changeset *out)
{
	*out = (struct changeset){.site = site, .body = {.max = BODY_MAX}};
	out->writer = jsonwriter_of(&out->body);
	jsonwriter_object(&out->writer, NULL);
	jsonwriter_array(&out->writer, "items");
	out->begun = true;
}

void changeset_clear(struct changeset *c)
{
	buffer_clear(&c->body);
	free(c->said);
	*c = (struct changeset){0};
}

bool changeset_room(const struct changeset *c, size_t len)
{
	/* base64, the quotes and padding of every wrapped key, and the names of the members. */
	size_t wanted = len / 3 * 4 + len / 32 + 512;

	return c->count < CHANGESET_MAX && wanted < BODY_MAX - BODY_END && c->body.len < BODY_MAX - BODY_END - wanted;
}

struct status changeset_add(struct changeset *c, struct bytes statement, const struct changeset_parts *parts)
{
	struct jsonwriter *w = &c->writer;

	if (c->count == CHANGESET_MAX)
		return FAIL_AT(ST_TOO_BIG, "statements");
	jsonwriter_object(w, NULL);
	jsonwriter_base64(w, "statement", statement);
	if (parts != NULL) {
		if (parts->name.len > 0)
			jsonwriter_text(w, "name", parts->name);
		if (parts->wrapped_count > 0) {
			jsonwriter_array(w, "wrapped");
			for (size_t i = 0; i < parts->wrapped_count; i++)
				jsonwriter_base64(w, NULL, BYTES_OF(parts->wrapped[i]));
			jsonwriter_end(w);
		}
		if (parts->header.len > 0)
			jsonwriter_base64(w, "header", parts->header);
		if (parts->key.len > 0)
			jsonwriter_base64(w, "key", parts->key);
		if (parts->content.len > 0)
			jsonwriter_base64(w, "content", parts->content);
		if (parts->upload != NULL)
			jsonwriter_id(w, "upload", ID_UPLOAD, &parts->upload->uuid);
	}
	jsonwriter_end(w);
	c->count++;
	return ok(w->failure) ? OK : w->failure;
}

struct status changeset_remember(struct changeset *c, const struct patient_id *patient, const struct hash *name)
{
	if (c->said_count > 0 && uuid_equal(&c->said[c->said_count - 1].patient.uuid, &patient->uuid))
		c->said_count--;
	if (c->said_count == c->said_capacity) {
		size_t wanted = c->said_capacity == 0 ? 4 : c->said_capacity * 2;
		struct changeset_said *moved = reallocarray(c->said, wanted, sizeof *moved);
		if (moved == NULL)
			return FAIL(ST_NO_MEMORY);
		c->said = moved;
		c->said_capacity = wanted;
	}
	c->said[c->said_count++] = (struct changeset_said){*patient, *name};
	return OK;
}

/** Done: what was said about a patient file must be in every later answer about it. */
static struct status pin_said(const struct changeset *c)
{
	struct pin pin;

	for (size_t i = 0; i < c->said_count; i++) {
		TRY(pins_get(c->site, PIN_PATIENT, &c->said[i].patient.uuid, &pin));
		pin.own = c->said[i].name;
		TRY(pins_put(c->site, PIN_PATIENT, &c->said[i].patient.uuid, &pin));
	}
	return OK;
}

struct applied {
	struct jsonfield_list items;
};
static const struct jsonfield place_rows[] = {
	{.name = "name", .type = JSONFIELD_HASH, .offset = offsetof(struct changeset_place, name), .required = true},
	{.name = "leaf", .type = JSONFIELD_U64, .offset = offsetof(struct changeset_place, leaf), .required = true},
	{.name = "time", .type = JSONFIELD_U64, .offset = offsetof(struct changeset_place, time), .required = true},
};
static const struct jsonfield_table place_table = JSONFIELD_TABLE(struct changeset_place, place_rows);
static const struct jsonfield applied_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct applied, items),
	 .required = true,
	 .many = CHANGESET_MAX,
	 .table = &place_table},
};
static const struct jsonfield_table applied_table = JSONFIELD_TABLE(struct applied, applied_rows);

static struct status read_places(const struct changeset *c, struct bytes body, struct changeset_place *places)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)1 << 20};
	struct applied applied = {0};

	TRY(placed_read(body, &applied_table, &arena, &document, &applied));
	if (applied.items.count != c->count)
		return FAIL_AT(ST_CORRUPT, "answer");
	const struct changeset_place *items = applied.items.items;
	for (size_t i = 0; places != NULL && i < c->count; i++)
		places[i] = items[i];
	return OK;
}

struct status changeset_send(struct changeset *c, struct changeset_place *places)
{
	AUTO(https_answer) answer = {0};

	if (c->begun) {
		jsonwriter_end(&c->writer);
		jsonwriter_end(&c->writer);
		TRY(jsonwriter_done(&c->writer));
		c->begun = false;
	}
	struct https_call call = {.method = "POST",
				  .path = "/v1/changes",
				  .content_type = "application/json",
				  .body = buffer_bytes(&c->body),
				  .max = LIMIT_JSON_BYTES};
	/* What is sealed in it is sealed for those who the server said may read it. */
	TRY(receipts_settle(c->site));
	struct status s = site_call(c->site, &call, &answer);
	if (s.code == ST_UNREACHABLE)
		s = site_call(c->site, &call, &answer);
	TRY(s);
	TRY(read_places(c, buffer_bytes(&answer.body), places));
	return pin_said(c);
}
