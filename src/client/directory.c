/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"

#include "cachefile.h"
#include "proof.h"
#include "reader.h"

#include <stdio.h>

#define DIRECTORY_ARENA ((size_t)256 << 20)
#define PAGE_PATH       64

/* The cached text: sequence number (8), then leaf (8), time (8), sized statement, for each. */

static struct cachefile directory_file(const struct site *s)
{
	return (struct cachefile){
		.os = s->options.os, .home = s->options.home, .keys = s->options.keys, .name = "directory"};
}

static struct status take(struct site *s, const struct placed *p)
{
	if (!ok(directory_state_add(&s->directory, p->statement, p->leaf, p->time)))
		return FAIL_AT(ST_CORRUPT, "directory");
	return OK;
}

static struct status read_cached(struct reader *r, struct placed *out)
{
	TRY(reader_u64(r, &out->leaf));
	TRY(reader_u64(r, &out->time));
	return reader_sized(r, LIMIT_STATEMENT_BYTES, &out->statement);
}

static struct status load_cached(struct site *s, struct bytes cached)
{
	struct reader r = reader_of(cached);
	struct placed p;
	struct statement first;

	TRY(reader_u64(&r, &s->directory_seq));
	TRY(read_cached(&r, &p));
	/* The cache is our own, and still nothing in it counts unless it chains to the fingerprint. */
	TRY(statement_parse(p.statement, &first));
	if (!hash_equal(&first.name, &s->options.keys->person.site))
		return FAIL_AT(ST_CORRUPT, "directory");
	TRY(take(s, &p));
	while (reader_left(&r) > 0) {
		TRY(read_cached(&r, &p));
		TRY(take(s, &p));
	}
	return OK;
}

struct status directory_load(struct site *s)
{
	AUTO(buffer) cached = {.max = CACHEFILE_MAX, .wipe = true};
	struct cachefile file = directory_file(s);
	struct status loaded = cachefile_load(&file, &cached);

	if (ok(loaded) && !ok(load_cached(s, buffer_bytes(&cached))))
		loaded = FAIL(ST_CORRUPT);
	if (loaded.code == ST_CORRUPT || loaded.code == ST_NOT_FOUND) {
		directory_state_clear(&s->directory);
		s->directory_seq = 0;
		return OK;
	}
	return loaded;
}

struct page {
	struct jsonfield_list statements;
	struct json users;
	uint64_t next;
	bool more;
};
static const struct jsonfield page_rows[] = {
	{.name = "users", .type = JSONFIELD_ANY, .offset = offsetof(struct page, users), .required = true},
	{.name = "statements",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct page, statements),
	 .required = true,
	 .many = LIMIT_PAGE,
	 .table = &placed_table},
	{.name = "next", .type = JSONFIELD_U64, .offset = offsetof(struct page, next), .required = true},
	{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct page, more), .required = true},
};
static const struct jsonfield_table page_table = JSONFIELD_TABLE(struct page, page_rows);

static struct status take_page(struct site *s, struct buffer *fresh, bool *more)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = DIRECTORY_ARENA};
	struct page page = {0};
	char path[PAGE_PATH];

	(void)snprintf(path, sizeof path, "/v1/directory?since=%llu&limit=%d", (unsigned long long)s->directory_seq,
		       LIMIT_PAGE);
	TRY(site_get(s, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &page_table, &arena, &document, &page));
	const struct placed *items = page.statements.items;
	TRY(proof_check(s, items, page.statements.count, NULL));
	for (size_t i = 0; i < page.statements.count; i++) {
		/* The site statement is already known, but perhaps not yet kept: it is how we came here. */
		bool known = items[i].leaf < s->directory.size;
		if (!known)
			TRY(take(s, &items[i]));
		if (known && s->directory_seq > 0)
			continue;
		TRY(buffer_put_u64(fresh, items[i].leaf));
		TRY(buffer_put_u64(fresh, items[i].time));
		TRY(buffer_put_sized(fresh, items[i].statement));
	}
	if (page.next < s->directory_seq || (page.more && page.next == s->directory_seq))
		return FAIL_AT(ST_CORRUPT, "answer");
	s->directory_seq = page.next;
	*more = page.more;
	return OK;
}

/** Rewrite the cache: what it had, and what is fresh. */
static struct status keep(struct site *s, struct bytes fresh)
{
	AUTO(buffer) cached = {.max = CACHEFILE_MAX, .wipe = true};
	struct cachefile file = directory_file(s);
	struct status loaded = cachefile_load(&file, &cached);

	if (!ok(loaded) || cached.len < 8) {
		cached.len = 0;
		TRY(buffer_put_u64(&cached, 0));
	}
	TRY(buffer_put(&cached, fresh));
	for (size_t i = 0; i < 8; i++)
		cached.bytes[i] = (uint8_t)(s->directory_seq >> (56 - 8 * i));
	return cachefile_save(&file, buffer_bytes(&cached));
}

struct status directory_sync(struct site *s)
{
	AUTO(buffer) fresh = {.max = CACHEFILE_MAX};
	uint64_t before = s->directory_seq;
	bool more = true;

	if (!https_has_token(&s->https))
		return OK;
	while (more)
		TRY(take_page(s, &fresh, &more));
	return s->directory_seq == before ? OK : keep(s, buffer_bytes(&fresh));
}
