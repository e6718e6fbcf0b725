/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include "jsonwriter.h"

static const struct json_limits limits = {.bytes = ORDER_PACKET_MAX, .depth = 8, .nul = false};

#define ITEM(field, kind, member, most) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct order_item, member), .max = (most) \
	}
static const struct jsonfield item_rows[] = {
	ITEM("id", JSONFIELD_TEXT, id, 64),
	ITEM("kind", JSONFIELD_TEXT, kind, 64),
	ITEM("severity", JSONFIELD_TEXT, severity, 32),
	ITEM("text", JSONFIELD_TEXT, text, 1000),
	ITEM("to", JSONFIELD_TEXT, to, 64),
	ITEM("action", JSONFIELD_TEXT, action, 64),
	ITEM("result", JSONFIELD_TEXT, result, 32),
	ITEM("user", JSONFIELD_TEXT, user, 64),
	ITEM("device", JSONFIELD_TEXT, device, 64),
	ITEM("address", JSONFIELD_TEXT, address, 64),
	ITEM("subject_kind", JSONFIELD_TEXT, subject_kind, 32),
	ITEM("subject", JSONFIELD_TEXT, subject, 80),
	ITEM("time", JSONFIELD_U64, time, 0),
	ITEM("first", JSONFIELD_U64, first, 0),
	ITEM("count", JSONFIELD_U64, count, 0),
	ITEM("index", JSONFIELD_U64, index, 0),
};
static const struct jsonfield_table item_table = JSONFIELD_TABLE(struct order_item, item_rows);

struct read_order {
	uint64_t number;
	struct text way, origin, server, url, from, to, user;
	bool implicit_tls;
	struct jsonfield_list items;
};
#define ORDER(field, kind, member, most, must) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct read_order, member), .max = (most), \
		.required = (must) \
	}
static const struct jsonfield order_rows[] = {
	ORDER("number", JSONFIELD_U64, number, 0, true),
	ORDER("way", JSONFIELD_TEXT, way, 16, true),
	ORDER("origin", JSONFIELD_TEXT, origin, 300, true),
	ORDER("server", JSONFIELD_TEXT, server, 300, false),
	ORDER("url", JSONFIELD_TEXT, url, 300, false),
	ORDER("from", JSONFIELD_TEXT, from, 300, false),
	ORDER("to", JSONFIELD_TEXT, to, 300, false),
	ORDER("user", JSONFIELD_TEXT, user, 300, false),
	ORDER("implicit_tls", JSONFIELD_BOOL, implicit_tls, 0, false),
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct read_order, items),
	 .required = true,
	 .many = ORDER_ITEMS_MAX,
	 .table = &item_table},
};
static const struct jsonfield_table order_table = JSONFIELD_TABLE(struct read_order, order_rows);

static const char *const ways[ORDER_WAYS] = {"mail", "hook", "syslog", "fhir"};
static const char *const results[] = {"done", "later", "never"};

const char *order_way_word(enum order_way way)
{
	return ways[way];
}

static struct status find(struct text word, const char *const *words, size_t count, size_t *out)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(word, text_of(words[i]))) {
			*out = i;
			return OK;
		}
	return FAIL_AT(ST_INVALID, "order");
}

/** It becomes lines of mail, HTTP and syslog: nothing in it ends one, or begins another (PROMISES#B1). */
static bool printable(const struct jsonfield_table *table, const void *read)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct text *t = (const void *)((const char *)read + table->fields[i].offset);
		for (size_t n = 0; table->fields[i].type == JSONFIELD_TEXT && n < t->len; n++)
			if (t->at[n] < ' ' || t->at[n] > '~')
				return false;
	}
	return true;
}

static bool items_printable(const struct jsonfield_list *items)
{
	for (size_t i = 0; i < items->count; i++)
		if (!printable(&item_table, (const struct order_item *)items->items + i))
			return false;
	return true;
}

struct status order_read(struct bytes packet, struct json_document *document, struct arena *arena, struct order *out)
{
	struct read_order r = {0};
	size_t way;

	TRY(json_parse(packet, &limits, document));
	TRY(jsonfield_read(json_root(document), &order_table, arena, &r, NULL));
	TRY(find(r.way, ways, COUNT(ways), &way));
	if (r.items.count == 0 || !printable(&order_table, &r) || !items_printable(&r.items))
		return FAIL_AT(ST_INVALID, "order");
	*out = (struct order){.number = r.number,
			      .way = (enum order_way)way,
			      .origin = r.origin,
			      .server = r.server,
			      .url = r.url,
			      .from = r.from,
			      .to = r.to,
			      .user = r.user,
			      .implicit_tls = r.implicit_tls,
			      .items = r.items.items,
			      .count = r.items.count};
	return OK;
}

struct status order_answer_put(const struct order_answer *answer, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	jsonwriter_u64(&w, "number", answer->number);
	jsonwriter_string(&w, "result", results[answer->result]);
	jsonwriter_text(&w, "why", answer->why);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

struct read_answer {
	uint64_t number;
	struct text result, why;
};
static const struct jsonfield answer_rows[] = {
	{.name = "number", .type = JSONFIELD_U64, .offset = offsetof(struct read_answer, number), .required = true},
	{.name = "result",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct read_answer, result),
	 .required = true,
	 .max = 16},
	{.name = "why",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct read_answer, why),
	 .required = true,
	 .max = 120},
};
static const struct jsonfield_table answer_table = JSONFIELD_TABLE(struct read_answer, answer_rows);

struct status order_answer_read(struct bytes packet, struct json_document *document, struct arena *arena,
				struct order_answer *out)
{
	struct read_answer r = {0};
	size_t result;

	TRY(json_parse(packet, &limits, document));
	TRY(jsonfield_read(json_root(document), &answer_table, arena, &r, NULL));
	TRY(find(r.result, results, COUNT(results), &result));
	if (!printable(&answer_table, &r))
		return FAIL_AT(ST_INVALID, "order");
	*out = (struct order_answer){r.number, (enum order_result)result, r.why};
	return OK;
}
