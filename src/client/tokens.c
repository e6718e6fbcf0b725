/* SPDX-License-Identifier: Apache-2.0 */
#include "tokens.h"

#include "jsonwriter.h"

struct answered {
	struct hash token;
	struct patient_id patient;
	struct record_id record;
};
struct answer {
	struct jsonfield_list items;
};
#define AT(member) .offset = offsetof(struct answered, member)
static const struct jsonfield answered_rows[] = {
	{.name = "token", .type = JSONFIELD_HASH, AT(token), .required = true},
	{.name = "patient", .type = JSONFIELD_ID, AT(patient), .required = true, .id = ID_PATIENT},
	{.name = "record", .type = JSONFIELD_ID, AT(record), .id = ID_RECORD},
};
#undef AT
static const struct jsonfield_table answered_table = JSONFIELD_TABLE(struct answered, answered_rows);
static const struct jsonfield answer_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct answer, items),
	 .required = true,
	 .many = 2 * TOKENS_MAX,
	 .table = &answered_table},
};
static const struct jsonfield_table answer_table = JSONFIELD_TABLE(struct answer, answer_rows);

static struct status ask(struct site *site, const struct tokens_item *items, size_t count, struct https_answer *out)
{
	AUTO(buffer) body = {.max = LIMIT_JSON_BYTES};
	struct jsonwriter w = jsonwriter_of(&body);

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "tokens");
	for (size_t i = 0; i < count; i++)
		jsonwriter_hash(&w, NULL, &items[i].token);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return site_send(site, "POST", "/v1/tokens", &body, out);
}

static void take(struct tokens_item *items, size_t count, const struct answered *one)
{
	for (size_t i = 0; i < count; i++)
		if (hash_equal(&items[i].token, &one->token)) {
			items[i].known = true;
			items[i].patient = one->patient;
			items[i].record = one->record;
		}
}

static struct status find_some(struct site *site, struct tokens_item *items, size_t count)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = LIMIT_JSON_BYTES};
	struct answer read = {0};

	TRY(ask(site, items, count, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &answer_table, &arena, &document, &read));
	const struct answered *found = read.items.items;
	for (size_t i = 0; i < read.items.count; i++)
		take(items, count, &found[i]);
	return OK;
}

struct status tokens_find(struct site *site, struct tokens_item *items, size_t count)
{
	for (size_t at = 0; at < count; at += TOKENS_MAX)
		TRY(find_some(site, items + at, count - at < TOKENS_MAX ? count - at : TOKENS_MAX));
	return OK;
}
