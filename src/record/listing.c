/* SPDX-License-Identifier: Apache-2.0 */
/* The directory, page by page, and what a person with an invitation is shown. */
#include "listing.h"

#include <stdlib.h>

#include "key_hash.h"
#include "listing_statements.h"
#include "userrow.h"

/* Inviters between the site statement and an invitation. */
#define INVITERS_MAX 64

/* ---- Directory ---- */

struct changed {
	struct store_view *view;
	uint64_t since;
	struct listing_statements statements;
};
static void changed_clear(struct changed *c)
{
	listing_statements_clear(&c->statements);
}

static struct status add_user(void *context, const struct row *row)
{
	struct changed *c = context;
	const struct user_id user = {row_uuid(row, COLUMN_USER_ID)};
	struct hash subject;

	TRY(statement_subject_user(&user, &subject));
	return listing_statements_add(&c->statements, c->view, &subject, c->since);
}

static struct store_range users_after(uint64_t since)
{
	return (struct store_range){.index = INDEX_USER_SEQ, .after_count = 1, .after = {ROW_NUMBER(since)}};
}

struct users {
	const struct listing_directory *visit;
	uint64_t until;
	uint64_t last;
};

static struct status show_user(void *context, const struct row *row)
{
	struct users *u = context;
	struct person person;
	const struct listing_user shown = {&person, userrow_name(row), row_number(row, COLUMN_USER_SEQ)};

	if (shown.seq > u->until)
		return OK;
	u->last = shown.seq;
	TRY(userrow_read(row, &person));
	return u->visit->user(u->visit->context, &shown);
}

/**
 * A user's row is written after each statement about him, so its number is above
 * theirs: who has no newer row has no newer statement.
 */
static struct status gather(struct changed *c)
{
	struct store_range range = users_after(c->since);
	struct hash subject;

	TRY(statement_subject_site(&subject));
	TRY(listing_statements_add(&c->statements, c->view, &subject, c->since));
	TRY(record_row_scan(c->view, TABLE_USER, &range, add_user, c));
	listing_statements_sort(&c->statements);
	return OK;
}

struct status listing_directory(struct store_view *view, const struct permit_pass *pass, struct page *page,
				const struct listing_directory *visit)
{
	AUTO(changed) c = {.view = view, .since = page->since};
	struct users users = {.visit = visit, .until = UINT64_MAX, .last = page->since};
	struct store_range range = users_after(page->since);

	TRY(permit_demand(pass, PERMIT_USER_LIST, NULL));
	TRY(gather(&c));
	page->more = c.statements.count > page->limit;
	const size_t count = page->more ? page->limit : c.statements.count;
	if (page->more)
		users.until = c.statements.list[count - 1].seq;
	TRY(record_row_scan(view, TABLE_USER, &range, show_user, &users));
	TRY(listing_statements_visit(&c.statements, view, count, visit->statement, visit->context));
	page->next = page->more ? users.until : users.last;
	return OK;
}

/* ---- Invitations ---- */

struct invited {
	const struct hash *key_hash;
	bool found;
	struct user_id user;
};

static struct status compare_key(void *context, const struct row *row)
{
	struct invited *i = context;
	struct person person;
	struct hash hash;

	TRY(userrow_read(row, &person));
	if (person.enrolled || hash_is_zero(&person.invitation.name))
		return OK;
	TRY(key_hash_invitation(&person.invitation.key, &hash));
	if (hash_equal(&hash, i->key_hash)) {
		i->found = true;
		i->user = person.id;
	}
	return OK;
}

/** Users whose chains prove each other, the invited one first. */
struct inviters {
	struct user_id list[INVITERS_MAX];
	size_t count;
};

static struct status note_inviter(struct inviters *known, const struct user_id *user)
{
	for (size_t i = 0; i < known->count; i++)
		if (uuid_equal(&known->list[i].uuid, &user->uuid))
			return OK;
	if (known->count == INVITERS_MAX)
		return FAIL_AT(ST_TOO_BIG, "invitation");
	known->list[known->count++] = *user;
	return OK;
}

static struct status note_author(void *context, const struct listing_statement *shown)
{
	struct statement s;

	TRY(statement_parse(shown->statement, &s));
	return note_inviter(context, &s.head.author);
}

static struct status prove(struct store_view *view, const struct user_id *user, struct listing_statements *out)
{
	struct inviters known = {.count = 0};
	struct hash subject;

	TRY(statement_subject_site(&subject));
	TRY(listing_statements_add(out, view, &subject, 0));
	TRY(note_inviter(&known, user));
	for (size_t i = 0; i < known.count; i++) {
		AUTO(listing_statements) chain = {0};
		TRY(statement_subject_user(&known.list[i], &subject));
		TRY(listing_statements_add(&chain, view, &subject, 0));
		TRY(listing_statements_visit(&chain, view, chain.count, note_author, &known));
		TRY(listing_statements_add(out, view, &subject, 0));
	}
	listing_statements_sort(out);
	return OK;
}

struct status listing_invitation(struct store_view *view, const struct hash *key_hash,
				 const struct listing_directory *visit)
{
	struct invited invited = {.key_hash = key_hash};
	struct users users = {.visit = visit, .until = UINT64_MAX};
	AUTO(listing_statements) proof = {0};
	struct store_range range = users_after(0);
	AUTO(row) row = {0};
	struct person person;

	TRY(record_row_scan(view, TABLE_USER, &range, compare_key, &invited));
	if (!invited.found)
		return FAIL_AT(ST_NOT_FOUND, "invitation");
	TRY(prove(view, &invited.user, &proof));
	TRY(userrow_get(view, &invited.user, &row, &person));
	TRY(show_user(&users, &row));
	return listing_statements_visit(&proof, view, proof.count, visit->statement, visit->context);
}
