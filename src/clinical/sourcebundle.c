/* SPDX-License-Identifier: Apache-2.0 */
#include "sourcebundle.h"

#include <string.h>

#include "jsonspan.h"
#include "words.h"

static const char head[] = "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[";
static const char tail[] = "\n]}\n";

static const struct json_limits content_limits = {.bytes = SOURCEBUNDLE_MAX, .depth = 72, .nul = true};

struct status sourcebundle_begin(struct buffer *out, struct sourcebundle *b)
{
	*b = (struct sourcebundle){.out = out};
	return buffer_put(out, BYTES_LITERAL(head));
}

struct status sourcebundle_put(struct sourcebundle *b, struct text text, bool is_entry)
{
	TRY(buffer_put(b->out, b->count++ > 0 ? BYTES_LITERAL(",\n") : BYTES_LITERAL("\n")));
	if (!is_entry)
		TRY(buffer_put(b->out, BYTES_LITERAL("{\"resource\":")));
	TRY(buffer_put(b->out, text_bytes(text)));
	return is_entry ? OK : buffer_put_u8(b->out, '}');
}

struct status sourcebundle_end(struct sourcebundle *b)
{
	return buffer_put(b->out, BYTES_LITERAL(tail));
}

/** The text of the third member, the list of entries: we wrote the others ourselves. */
static bool entries_span(struct text content, struct text *out)
{
	struct jsonspan members = jsonspan_of(content);

	for (int i = 0; i < 3; i++)
		if (!jsonspan_next(&members, out))
			return false;
	return true;
}

struct status sourcebundle_walk(struct text content, sourcebundle_visit *visit, void *context)
{
	AUTO(json_document) document = {0};
	struct text one;

	if (!text_starts(content, (struct text){head, sizeof head - 1}) ||
	    !ok(json_parse(text_bytes(content), &content_limits, &document)) || !entries_span(content, &one))
		return FAIL_AT(ST_CORRUPT, "source");
	struct json list = json_member(json_root(&document), TEXT("entry"));
	struct jsonspan spans = jsonspan_of(one);
	for (size_t i = 0; i < json_count(list); i++) {
		struct json resource = json_member(json_element(list, i), TEXT("resource"));
		if (!jsonspan_next(&spans, &one) || json_kind_of(resource) != JSON_KIND_OBJECT)
			return FAIL_AT(ST_CORRUPT, "source");
		TRY(visit(context, one, resource));
	}
	return OK;
}

/* --- Merging --- */

/** One entry of either side. */
struct side_item {
	struct text text;
	struct json resource;
	uint32_t key;  /* in the words: its id, or "" */
	uint32_t next; /* of the same key and side, + 1; 0: none */
	bool has;      /* fresh: the old side has it, or an earlier fresh one */
};
struct side {
	struct json_document document;
	struct buffer items;
	struct buffer first; /* uint32_t by key, + 1 */
	size_t count;
};
static void side_clear(struct side *s)
{
	json_document_clear(&s->document);
	buffer_clear(&s->items);
	buffer_clear(&s->first);
}

static struct side_item *item_at(const struct side *s, size_t i)
{
	return (struct side_item *)(void *)s->items.bytes + i;
}

static struct status load(struct text content, struct words *keys, struct side *out)
{
	struct text one, id;

	out->items.max = SOURCEBUNDLE_MAX;
	if (content.len == 0)
		return OK;
	if (!ok(json_parse(text_bytes(content), &content_limits, &out->document)) || !entries_span(content, &one))
		return FAIL_AT(ST_CORRUPT, "source");
	struct json list = json_member(json_root(&out->document), TEXT("entry"));
	struct jsonspan spans = jsonspan_of(one);
	while (out->count < json_count(list) && jsonspan_next(&spans, &one)) {
		struct side_item item = {.text = one,
					 .resource = json_member(json_element(list, out->count), TEXT("resource"))};
		id = (struct text){"", 0};
		(void)ok(json_text(json_member(item.resource, TEXT("id")), &id));
		TRY(words_put(keys, id, &item.key));
		TRY(buffer_put(&out->items, BYTES_OF(item)));
		out->count++;
	}
	return OK;
}

static struct status zeroed(struct buffer *b, size_t len)
{
	*b = (struct buffer){.max = len};
	TRY(buffer_reserve(b, len));
	memset(b->bytes, 0, len);
	b->len = len;
	return OK;
}

static struct status chain(struct side *s, size_t keys)
{
	uint32_t *first;

	TRY(zeroed(&s->first, (keys + 1) * sizeof *first));
	first = (uint32_t *)(void *)s->first.bytes;
	for (size_t i = s->count; i > 0; i--) {
		struct side_item *item = item_at(s, i - 1);
		item->next = first[item->key];
		first[item->key] = (uint32_t)i;
	}
	return OK;
}

/** Whether ${s} has, before place ${end}, an entry of the same key and value. */
static bool side_has(const struct side *s, const struct side_item *wanted, size_t end)
{
	const uint32_t *first = (const uint32_t *)(const void *)s->first.bytes;

	for (uint32_t at = first[wanted->key]; at != 0 && at <= end; at = item_at(s, at - 1)->next)
		if (json_same(item_at(s, at - 1)->resource, wanted->resource))
			return true;
	return false;
}

struct merging {
	struct side old, fresh;
	struct words keys;
	struct buffer replaced; /* bool by key */
};
static void merging_clear(struct merging *m)
{
	side_clear(&m->old);
	side_clear(&m->fresh);
	words_clear(&m->keys);
	buffer_clear(&m->replaced);
}

static struct status compare(struct merging *m, bool *changed)
{
	TRY(zeroed(&m->replaced, m->keys.count + 1));
	*changed = false;
	for (size_t i = 0; i < m->fresh.count; i++) {
		struct side_item *item = item_at(&m->fresh, i);
		if (side_has(&m->fresh, item, i)) {
			item->has = true;
			item->text.len = 0; /* a copy within the import */
		} else if (side_has(&m->old, item, m->old.count)) {
			item->has = true;
		} else {
			*changed = true;
			m->replaced.bytes[item->key] = words_at(&m->keys, item->key).len > 0 ? 1 : 0;
		}
	}
	return OK;
}

static struct status write_merged(const struct merging *m, struct buffer *out)
{
	struct sourcebundle b;

	TRY(sourcebundle_begin(out, &b));
	for (size_t i = 0; i < m->old.count; i++)
		if (m->replaced.bytes[item_at(&m->old, i)->key] == 0)
			TRY(sourcebundle_put(&b, item_at(&m->old, i)->text, true));
	for (size_t i = 0; i < m->fresh.count; i++) {
		const struct side_item *item = item_at(&m->fresh, i);
		if (item->text.len > 0 && (!item->has || m->replaced.bytes[item->key] != 0))
			TRY(sourcebundle_put(&b, item->text, true));
	}
	return sourcebundle_end(&b);
}

struct status sourcebundle_merge(struct text old, struct text fresh, struct buffer *out, bool *changed)
{
	AUTO(merging) m = {0};

	TRY(load(old, &m.keys, &m.old));
	TRY(load(fresh, &m.keys, &m.fresh));
	TRY(chain(&m.old, m.keys.count));
	TRY(chain(&m.fresh, m.keys.count));
	TRY(compare(&m, changed));
	return *changed ? write_merged(&m, out) : buffer_put(out, text_bytes(old));
}
