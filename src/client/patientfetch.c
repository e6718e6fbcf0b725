/* SPDX-License-Identifier: Apache-2.0 */
#include "patientfetch.h"

#include <stdio.h>

#define PAGE_ARENA ((size_t)256 << 20)

static struct status fetch(struct patientfetch *f)
{
	AUTO(https_answer) answer = {0};
	char path[96];

	(void)snprintf(path, sizeof path, "/v1/patients?since=%llu&limit=%d", (unsigned long long)f->since, LIMIT_PAGE);
	TRY(site_get(f->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &patientpage_table, &f->arena, &f->document, &f->page));
	if (f->page.next < f->since || (f->page.more && f->page.next == f->since))
		return FAIL_AT(ST_CORRUPT, "answer");
	return OK;
}

static void *run(void *context)
{
	struct patientfetch *f = context;

	f->status = fetch(f);
	return NULL;
}

struct status patientfetch_begin(struct patientfetch *f, struct site *site, uint64_t since)
{
	patientfetch_clear(f);
	f->site = site;
	f->since = since;
	f->arena.max = PAGE_ARENA;
	if (pthread_create(&f->thread, NULL, run, f) != 0)
		return FAIL_AT(ST_NO_MEMORY, "thread");
	f->running = true;
	return OK;
}

struct status patientfetch_end(struct patientfetch *f)
{
	if (f->running)
		(void)pthread_join(f->thread, NULL);
	f->running = false;
	return f->status;
}

void patientfetch_clear(struct patientfetch *f)
{
	(void)ok(patientfetch_end(f));
	json_document_clear(&f->document);
	arena_clear(&f->arena);
	*f = (struct patientfetch){0};
}
