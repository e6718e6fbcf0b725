/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "hash.h"
#include "record_file.h"
#include "userrow.h"

struct status record_find(struct store_view *view, const struct hash *name, struct record_outcome *out)
{
	AUTO(row) row = {0};
	struct record_stored stored;

	TRY(record_row_statement(view, name, &row, &stored));
	*out = (struct record_outcome){*name, stored.leaf, stored.time, true};
	return OK;
}

/* ---- Before the transaction ---- */

static struct status check_parts(const struct record_item *item)
{
	if (item->parsed.kind == STATEMENT_RECORD)
		return record_version_check(item);
	if (item->parsed.kind == STATEMENT_EPOCH)
		return record_patient_check(item);
	return OK;
}

/** The one author of a change, and his key once it is needed. */
struct author {
	bool known, enrolled;
	struct hash key_hash;
	struct p256_public key;
};

static struct status find_author(struct store_view *view, const struct user_id *user, struct author *out)
{
	AUTO(row) row = {0};
	struct person person;

	if (out->known)
		return OK;
	const struct status got = userrow_get(view, user, &row, &person);
	if (got.code != ST_NOT_FOUND) {
		TRY(got);
		out->enrolled = person.enrolled;
		out->key_hash = person.key_hash;
		out->key = person.sign_key;
	}
	out->known = true;
	return OK;
}

/** verify(author, item): under the author's key as it is now; whether he still has it is decided with the rest. */
static struct status verify(const struct author *author, struct record_item *item)
{
	if (!author->enrolled || !hash_equal(&author->key_hash, &item->parsed.head.author_key))
		return OK;
	TRY(statement_verify(&item->parsed, &author->key));
	item->verified = true;
	return OK;
}

static struct status prepare(struct store_view *view, const struct record_change *change, struct author *author,
			     struct record_item *item)
{
	item->prepared = item->verified = false;
	TRY(statement_parse(item->statement, &item->parsed));
	const struct statement_head *head = &item->parsed.head;
	if (!hash_equal(&head->site, &change->fingerprint))
		return FAIL_AT(ST_DENIED, "site");
	if (!uuid_equal(&head->author.uuid, &change->actor.user.uuid))
		return FAIL_AT(ST_DENIED, "author");
	item->prepared = true;
	struct record_outcome before;
	const struct status repeated =
		item->unknown ? FAIL(ST_NOT_FOUND) : record_find(view, &item->parsed.name, &before);
	if (repeated.code != ST_NOT_FOUND)
		return repeated;
	item->prepared = false;
	TRY(check_parts(item));
	TRY(find_author(view, &change->actor.user, author));
	TRY(verify(author, item));
	item->prepared = true;
	return OK;
}

struct status record_prepare(struct store_view *view, struct record_change *change)
{
	struct author author = {0};

	for (size_t i = 0; i < change->count; i++) {
		change->failed = i;
		TRY(prepare(view, change, &author, &change->items[i]));
	}
	return OK;
}

/* ---- In the transaction ---- */

static record_rule *const rules[STATEMENT_KINDS] = {
	[STATEMENT_INVITATION] = record_directory_apply, [STATEMENT_KEY] = record_directory_apply,
	[STATEMENT_USER] = record_directory_apply,       [STATEMENT_PATIENT] = record_patient_apply,
	[STATEMENT_GRANT] = record_patient_apply,        [STATEMENT_REVOCATION] = record_patient_apply,
	[STATEMENT_EPOCH] = record_patient_epoch,        [STATEMENT_RECORD] = record_version_apply,
	[STATEMENT_RECORD_END] = record_version_end,     [STATEMENT_PATIENT_END] = record_patient_apply,
	[STATEMENT_PATIENT_KEEP] = record_patient_apply, [STATEMENT_CONDUCT] = record_signoff_apply,
	[STATEMENT_REVIEW] = record_signoff_apply,       [STATEMENT_REQUEST] = record_approval_apply,
	[STATEMENT_DECISION] = record_approval_apply,
	/* The site statement comes once, by record_begin(); a sign-in is never part of the log. */
};

static struct status apply(struct record_file *f, const struct record_item *item, struct record_outcome *out)
{
	const struct statement *s = &item->parsed;
	struct patient_id patient;

	*out = (struct record_outcome){0};
	if (!item->prepared || rules[s->kind] == NULL)
		return FAIL_AT(ST_DENIED, "kind");
	const struct status repeated = record_find(f->txn->view, &s->name, out);
	if (repeated.code != ST_NOT_FOUND)
		return repeated;
	if (s->head.seen_size > f->log->size)
		return FAIL_AT(ST_CONFLICT, "seen");
	if (statement_patient_of(s, &patient))
		TRY(record_file_open(f, &patient));
	f->outcome = out;
	return rules[s->kind](f, item);
}

static struct status apply_all(struct record_file *f)
{
	struct record_change *change = f->change;

	for (size_t i = 0; i < change->count; i++) {
		change->failed = i;
		TRY(apply(f, &change->items[i], &change->outcomes[i]));
	}
	return record_file_close(f);
}

struct status record_apply(struct store_txn *txn, const struct record_log *log, struct record_change *change)
{
	AUTO(record_file) f = {0};

	change->head = (struct hash){{0}};
	change->met = (struct quota_met){0};
	record_file_begin(&f, txn, log, change);
	return apply_all(&f);
}
