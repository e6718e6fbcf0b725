/* SPDX-License-Identifier: Apache-2.0 */
#include "pages.h"

#include <string.h>

#include "placed.h"

#define PAGE_ARENA ((size_t)8 << 20)
#define PATH_BYTES 256

struct page {
	struct jsonfield_list items;
	uint64_t next;
	bool more;
};

static struct status read_one(struct site *s, const struct pages *p, uint64_t since, struct page *page)
{
	const struct jsonfield rows[] = {
		{.name = "items",
		 .type = JSONFIELD_OBJECT,
		 .offset = offsetof(struct page, items),
		 .required = true,
		 .many = LIMIT_PAGE,
		 .table = p->item},
		{.name = "next", .type = JSONFIELD_U64, .offset = offsetof(struct page, next), .required = true},
		{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct page, more), .required = true},
	};
	const struct jsonfield_table table = JSONFIELD_TABLE(struct page, rows);
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PAGE_ARENA};
	AUTO(buffer) path = {.max = PATH_BYTES};

	TRY(buffer_print(&path, "%s%csince=%llu", p->path, strchr(p->path, '?') != NULL ? '&' : '?',
			 (unsigned long long)since));
	TRY(buffer_put_u8(&path, 0));
	TRY(site_get(s, (const char *)path.bytes, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &table, &arena, &document, page));
	for (size_t i = 0; i < page->items.count; i++)
		TRY(p->visit(p->context, (const char *)page->items.items + i * p->item->size));
	page->items = (struct jsonfield_list){0}; /* they go with the arena */
	return OK;
}

struct status pages_read(struct site *s, const struct pages *pages, uint64_t *end)
{
	struct page page = {.more = true};

	while (page.more) {
		const uint64_t since = page.next;
		TRY(read_one(s, pages, since, &page));
		if (page.more && page.next <= since)
			return FAIL_AT(ST_CORRUPT, "answer");
	}
	if (end != NULL)
		*end = page.next;
	return OK;
}
