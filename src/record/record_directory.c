/* SPDX-License-Identifier: Apache-2.0 */
/* Users, invitations and keys; the beginning of a site. */
#include "directory_state.h"
#include "record_file.h"
#include "userrow.h"

static const struct user_id *about(const struct statement *s)
{
	if (s->kind == STATEMENT_INVITATION)
		return &s->invitation.user;
	return s->kind == STATEMENT_KEY ? &s->key.user : &s->user.user;
}

static enum permit_action action_of(const struct statement *s)
{
	return s->kind == STATEMENT_KEY ? PERMIT_KEY_SET : PERMIT_USER_ADMINISTER;
}

static struct status find_person(struct store_view *view, const struct user_id *id, struct row *row, bool *known,
				 struct person *out)
{
	const struct status got = userrow_get(view, id, row, out);

	*known = ok(got);
	return got.code == ST_NOT_FOUND ? OK : got;
}

static struct status login_taken(struct store_view *view, const struct statement_invitation *i, bool *out)
{
	AUTO(row) row = {0};
	struct person other;
	const struct status got = userrow_find(view, i->login, &row, &other);

	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	*out = !uuid_equal(&other.id.uuid, &i->user.uuid);
	return OK;
}

/** The rows of author and subject live as long as the facts. */
struct persons {
	struct row author, subject;
};
static void persons_clear(struct persons *p)
{
	row_clear(&p->author);
	row_clear(&p->subject);
}

static struct status gather(struct record_file *f, const struct record_item *item, struct persons *rows,
			    struct authority_facts *facts)
{
	const struct statement *s = &item->parsed;
	struct store_view *view = f->txn->view;
	struct p256_public signed_by;

	facts->fingerprint = f->change->fingerprint;
	facts->position = POSITION_NOW;
	facts->time = f->log->time;
	TRY(find_person(view, &s->head.author, &rows->author, &facts->author_known, &facts->author));
	TRY(find_person(view, about(s), &rows->subject, &facts->subject_known, &facts->subject));
	if (facts->subject_known)
		facts->head = facts->subject.head;
	if (s->kind == STATEMENT_INVITATION)
		TRY(login_taken(view, &s->invitation, &facts->login_taken));
	facts->signature_fits =
		ok(authority_key(facts, s, &signed_by)) && (item->verified || ok(statement_verify(s, &signed_by)));
	return OK;
}

static struct status write_person(struct record_file *f, const struct permit_pass *pass, const struct record_item *item,
				  const struct persons *rows, const struct authority_facts *facts)
{
	const struct statement *s = &item->parsed;
	struct text name = item->name;
	struct person after;

	TRY(permit_demand(pass, action_of(s), NULL));
	if (name.len == 0 && facts->subject_known)
		name = userrow_name(&rows->subject);
	TRY(directory_state_after(facts->subject_known ? &facts->subject : NULL, s, &after));
	facts_people_changed(&f->rows);
	return userrow_put(f->txn, &after, name);
}

struct status record_directory_apply(struct record_file *f, const struct record_item *item)
{
	const struct statement *s = &item->parsed;
	AUTO(persons) rows = {0};
	struct authority_facts facts = {0};
	const struct permit_pass *pass;
	struct permit_room room;

	if (item->name.len > LIMIT_NAME || !text_is_utf8(item->name))
		return FAIL_AT(ST_INVALID, "name");
	if (s->kind == STATEMENT_INVITATION && !userrow_login_fits(s->invitation.login))
		return FAIL_AT(ST_INVALID, "login");
	TRY(record_file_close(f)); /* an open patient file is of no use to this decision */
	TRY(record_file_pass(f, action_of(s), &room, &pass));
	TRY(gather(f, item, &rows, &facts));
	f->change->head = facts.head;
	TRY(authority_decide(&facts, s));
	TRY(record_file_enter(f, item));
	return write_person(f, pass, item, &rows, &facts);
}

/* ---- The first statement ---- */

static struct status begin_row(struct store_txn *txn, const struct record_site *site, const struct statement *s)
{
	struct row row = {
		.table = TABLE_SITE,
		.plain = {[COLUMN_SITE_ID] = ROW_BYTES(bytes_of(s->name.bytes, sizeof(struct uuid)))},
		.secret = {[SECRET_SITE_TOKEN_KEY] = site->token_key,
			   [SECRET_SITE_PRESET] = text_bytes(site->preset),
			   [SECRET_SITE_NAME] = text_bytes(s->site.name),
			   [SECRET_SITE_REGION] = text_bytes(s->site.region),
			   [SECRET_SITE_ORIGIN] = text_bytes(s->site.origin)},
	};

	return store_insert(txn, &row);
}

static struct status decide_site(struct store_txn *txn, const struct record_log *log, const struct statement *s)
{
	struct authority_facts facts = {.position = POSITION_NOW, .time = log->time};
	struct p256_public signed_by;
	const struct status got = facts_fingerprint(txn->view, &facts.fingerprint);

	if (!ok(got) && got.code != ST_NOT_FOUND)
		return got;
	if (!userrow_login_fits(s->site.login))
		return FAIL_AT(ST_INVALID, "login");
	facts.signature_fits = ok(authority_key(&facts, s, &signed_by)) && ok(statement_verify(s, &signed_by));
	return authority_decide(&facts, s);
}

struct status record_begin(struct store_txn *txn, const struct record_log *log, const struct record_site *site,
			   struct hash *fingerprint)
{
	struct record_item item = {.statement = site->statement};
	struct record_change change = {.items = &item, .count = 1};
	struct record_outcome outcome;
	AUTO(record_file) f = {0};
	struct person administrator;

	TRY(statement_parse(site->statement, &item.parsed));
	if (item.parsed.kind != STATEMENT_SITE)
		return FAIL_AT(ST_INVALID, "kind");
	TRY(decide_site(txn, log, &item.parsed));
	record_file_begin(&f, txn, log, &change);
	f.outcome = &outcome;
	TRY(record_file_enter(&f, &item));
	TRY(directory_state_after(NULL, &item.parsed, &administrator));
	TRY(userrow_put(txn, &administrator, item.parsed.site.login));
	TRY(begin_row(txn, site, &item.parsed));
	*fingerprint = item.parsed.name;
	return OK;
}
