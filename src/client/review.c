/* SPDX-License-Identifier: Apache-2.0 */
#include "review.h"

#include "authority.h"
#include "changeset.h"
#include "leafcount.h"
#include "proof.h"

#include <stdio.h>
#include <stdlib.h>

#define REVIEWS_MAX   LIMIT_PAGE
#define REVIEWS_ARENA ((size_t)64 << 20)

/* --- What was signed --- */

struct reviews_answer {
	struct jsonfield_list items;
	uint64_t next, interval;
	bool more;
};
static const struct jsonfield answer_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct reviews_answer, items),
	 .required = true,
	 .many = REVIEWS_MAX,
	 .table = &placed_table},
	{.name = "next", .type = JSONFIELD_U64, .offset = offsetof(struct reviews_answer, next), .required = true},
	{.name = "more", .type = JSONFIELD_BOOL, .offset = offsetof(struct reviews_answer, more), .required = true},
	{.name = "interval_days",
	 .type = JSONFIELD_U64,
	 .offset = offsetof(struct reviews_answer, interval),
	 .required = true},
};
static const struct jsonfield_table answer_table = JSONFIELD_TABLE(struct reviews_answer, answer_rows);

/** By the authority table, on the directory as it was then: the same decision that the server made. */
static struct status check_past(struct site *s, const struct placed *item, const struct review_history *before,
				struct review_past *out)
{
	struct authority_facts facts = {.fingerprint = s->directory.fingerprint,
					.position = item->leaf,
					.time = item->time,
					.head = before->last.name,
					.reviewed_until = before->last.said.until};
	struct p256_public signed_by;
	struct statement parsed;

	if (!ok(statement_parse(item->statement, &parsed)) || parsed.kind != STATEMENT_REVIEW)
		return FAIL_AT(ST_CORRUPT, "review");
	facts.author_known = ok(directory_state_find(&s->directory, &parsed.head.author, item->leaf, &facts.author));
	facts.signature_fits =
		ok(authority_key(&facts, &parsed, &signed_by)) && ok(statement_verify(&parsed, &signed_by));
	if (!ok(authority_decide(&facts, &parsed)))
		return FAIL_AT(ST_CORRUPT, "review");
	*out = (struct review_past){parsed.name, parsed.head.author, item->leaf, item->time, parsed.review};
	return OK;
}

struct visiting {
	review_visit *visit;
	void *context;
};

/** Behind what was found so far: each review names the one before it, also over the end of a page. */
static struct status past_page(struct site *s, struct reviews_answer *page, const struct visiting *v,
			       struct review_history *found)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = REVIEWS_ARENA};
	char path[64];

	(void)snprintf(path, sizeof path, "/v1/reviews?since=%llu", (unsigned long long)page->next);
	TRY(site_get(s, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &answer_table, &arena, &document, page));
	const struct placed *items = page->items.items;
	if (page->items.count > 0)
		TRY(proof_check(s, items, page->items.count, NULL));
	for (size_t i = 0; i < page->items.count; i++) {
		struct review_past past;
		TRY(check_past(s, &items[i], found, &past));
		found->last = past;
		found->count++;
		if (v->visit != NULL)
			TRY(v->visit(v->context, &past));
	}
	page->items = (struct jsonfield_list){0}; /* they go with the arena */
	return OK;
}

struct status review_past(struct site *s, review_visit *visit, void *context, struct review_history *out)
{
	const struct visiting v = {visit, context};
	struct review_history found = {0};
	struct reviews_answer page = {.more = true};

	while (page.more) {
		const uint64_t since = page.next;
		page = (struct reviews_answer){.next = since};
		TRY(past_page(s, &page, &v, &found));
		if (page.more && page.next <= since)
			return FAIL_AT(ST_CORRUPT, "answer");
	}
	found.interval_days = page.interval;
	*out = found;
	return OK;
}

/* --- What is to be reviewed --- */

void review_clear(struct review *r)
{
	free(r->users);
	*r = (struct review){0};
}

static struct status take_users(struct site *s, struct review *r)
{
	struct person person;
	size_t cursor = 0, capacity = 0;

	while (directory_state_next(&s->directory, &cursor, &person)) {
		if (r->count == capacity) {
			const size_t wanted = capacity == 0 ? 64 : capacity * 2;
			struct review_user *moved = reallocarray(r->users, wanted, sizeof *moved);
			if (moved == NULL)
				return FAIL(ST_NO_MEMORY);
			r->users = moved;
			capacity = wanted;
		}
		r->users[r->count++] = (struct review_user){.person = person};
	}
	return OK;
}

struct gathering {
	struct review *review;
	bool reached;  /* everything younger than `from` was seen */
	uint64_t seen; /* entries of kind sign-in */
};

static struct review_user *find(struct review *r, const struct piece_actor *a)
{
	for (size_t i = 0; !uuid_is_zero(&a->user.uuid) && i < r->count; i++)
		if (uuid_equal(&r->users[i].person.id.uuid, &a->user.uuid))
			return &r->users[i];
	return NULL;
}

static void count_failure(struct review *r, struct review_user *u, bool lock)
{
	if (u == NULL)
		r->strangers++;
	else if (lock)
		u->locks++;
	else
		u->failures++;
	if (lock)
		r->said.locks++;
	else
		r->said.failures++;
}

static void count_sign_in(struct review *r, struct review_user *u, const struct entry_read *e)
{
	const bool unusual = text_starts(e->actor.detail, TEXT("unusual "));

	r->said.sign_ins++;
	r->said.unusual += unusual;
	if (u == NULL)
		return;
	u->sign_ins++;
	u->unusual += unusual;
	if (e->leaf.time > u->last)
		u->last = e->leaf.time;
}

/** Entries come newest first. */
static struct status take_entry(void *context, const struct logbook_entry *entry)
{
	struct gathering *g = context;
	struct review *r = g->review;
	const struct entry_read *e = &entry->read;

	if (entry->index < r->said.from) {
		g->reached = true;
		return FAIL_AT(ST_GONE, "review");
	}
	if (entry->index >= r->said.until || e->leaf.kind != LEAF_SIGN_IN)
		return OK;
	if (!e->has_actor || !e->has_subject)
		return FAIL_AT(ST_CORRUPT, "withheld");
	g->seen++;
	struct review_user *u = find(r, &e->actor);
	if (e->leaf.result != LEAF_DONE)
		count_failure(r, u, text_starts(e->actor.detail, TEXT("lock: ")));
	else if (e->subject.detail.len == 0 && hash_is_zero(&e->subject.statement))
		count_sign_in(r, u, e);
	return OK;
}

bool review_user_dormant(const struct review_user *u)
{
	return u->person.state == USER_ACTIVE && u->person.enrolled && u->sign_ins == 0;
}

struct status review_gather(struct site *s, uint64_t from, uint64_t until, struct review *out)
{
	AUTO(review) r = {.said = {.from = from, .until = until}};
	struct gathering g = {.review = &r};
	uint64_t there;
	const struct logbook_query all = {.scope = "sign-ins", .action = "sign-in"};

	if (until > s->head.size || from >= until)
		return FAIL_AT(ST_INVALID, "until: no more leaves than the log has, and more than were reviewed");
	TRY(take_users(s, &r));
	struct status listed = logbook_list(s, &all, take_entry, &g);
	if (!ok(listed) && !(g.reached && listed.code == ST_GONE))
		return listed;
	/* The list is no chain: what was kept back shows in the leaves themselves. */
	TRY(leafcount(s, LEAF_SIGN_IN, (struct leafcount_range){from, until}, &there));
	if (there != g.seen)
		return FAIL_AT(ST_CORRUPT, "withheld: entries of the sign-in audit");
	for (size_t i = 0; i < r.count; i++) {
		const struct review_user *u = &r.users[i];
		r.said.users += u->person.state == USER_ACTIVE && u->person.enrolled;
		r.said.dormant += review_user_dormant(u);
	}
	*out = r;
	r = (struct review){0};
	return OK;
}

struct status review_sign(struct site *s, const struct review *r, const struct review_history *history, uint64_t *leaf)
{
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(changeset) set = {0};
	struct changeset_place place;
	const struct statement draft = {
		.kind = STATEMENT_REVIEW,
		.head = keyholder_head(s->options.keys, history->count > 0 ? &history->last.name : NULL,
				       clock_wall(s->options.clock)),
		.review = r->said,
	};

	TRY(keyholder_sign(s->options.keys, &draft, &bytes));
	changeset_begin(s, &set);
	TRY(changeset_add(&set, buffer_bytes(&bytes), NULL));
	TRY(changeset_send(&set, &place));
	*leaf = place.leaf;
	return OK;
}
