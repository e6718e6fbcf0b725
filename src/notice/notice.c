/* SPDX-License-Identifier: Apache-2.0 */
#include "notice.h"

#include <string.h>

struct notice_to notice_to_user(const struct user_id *user)
{
	return (struct notice_to){user->uuid};
}

struct notice_to notice_to_profile(enum profile profile)
{
	/* No user's: theirs begin with a time. */
	struct notice_to to = {{{0}}};

	to.id.bytes[sizeof to.id.bytes - 1] = (uint8_t)profile;
	return to;
}

struct status notice_read(const struct row *row, struct notice *out)
{
	struct notice n = {.id = {row_uuid(row, COLUMN_NOTICE_ID)},
			   .to = {row_uuid(row, COLUMN_NOTICE_USER)},
			   .seq = row_number(row, COLUMN_NOTICE_SEQ),
			   .last = row_number(row, COLUMN_NOTICE_LAST),
			   .kind = text_from(row->secret[SECRET_NOTICE_KIND]),
			   .detail = text_from(row->secret[SECRET_NOTICE_DETAIL]),
			   .severity = NOTICE_INFORMATION,
			   .sentence = "A message that this version of the server has no words for."};
	enum notice_kind kind;

	TRY(row_secret_number(row, SECRET_NOTICE_COUNT, &n.count));
	TRY(row_secret_number(row, SECRET_NOTICE_FIRST, &n.first));
	n.known = ok(notice_kind_find(n.kind, &kind));
	if (n.known) {
		n.severity = notice_rules[kind].severity;
		n.sentence = notice_rules[kind].sentence;
	}
	*out = n;
	return OK;
}

/** No longer than it may be; what is no text is left out, or nobody could read the page that it stands on. */
static struct text readable(struct text detail)
{
	return text_is_utf8(detail) ? text_cut(detail, NOTICE_DETAIL_MAX) : (struct text){0};
}

static struct status put(struct store_txn *txn, const struct notice *n)
{
	struct row_big count, first;
	struct row row = {
		.table = TABLE_NOTICE,
		.plain = {[COLUMN_NOTICE_ID] = ROW_UUID(&n->id.uuid),
			  [COLUMN_NOTICE_USER] = ROW_UUID(&n->to.id),
			  [COLUMN_NOTICE_LAST] = ROW_NUMBER(n->last)},
		.secret = {[SECRET_NOTICE_KIND] = text_bytes(n->kind),
			   [SECRET_NOTICE_DETAIL] = text_bytes(n->detail),
			   [SECRET_NOTICE_COUNT] = row_number_bytes(&count, n->count),
			   [SECRET_NOTICE_FIRST] = row_number_bytes(&first, n->first)},
	};

	return store_put(txn, &row);
}

/** What its addressee has of the same kind, the newest first. */
struct looking {
	const struct notice *draft;
	bool found;             /* the one that this is again */
	struct notice_id again; /* its id */
	uint64_t count, first;
	size_t of_kind;
	struct notice_id oldest;
};
static struct status look(void *context, const struct row *row)
{
	struct looking *l = context;
	struct notice n;

	TRY(notice_read(row, &n));
	if (!text_equal(n.kind, l->draft->kind))
		return OK;
	l->of_kind++;
	l->oldest = n.id;
	if (l->found || !text_equal(n.detail, l->draft->detail) || n.last + NOTICE_WINDOW_MS < l->draft->last)
		return OK;
	l->found = true;
	l->again = n.id;
	l->count = n.count;
	l->first = n.first;
	return OK;
}

/** tell(txn, n): a draft without an id; it gets one. */
static struct status tell(struct store_txn *txn, struct notice *n)
{
	struct looking l = {.draft = n};
	const struct store_range his = {
		.index = INDEX_NOTICE_USER, .prefix_count = 1, .prefix = {ROW_UUID(&n->to.id)}, .down = true};

	TRY(store_scan(txn->view, TABLE_NOTICE, &his, look, &l));
	if (l.found) {
		n->id = l.again;
		n->first = l.first;
		n->count = l.count < INT64_MAX ? l.count + 1 : l.count;
	} else {
		n->id.uuid = uuid_new(n->last);
		if (l.of_kind >= NOTICE_PER_KIND) {
			const struct row_value oldest[] = {ROW_UUID(&l.oldest.uuid)};
			TRY(store_remove(txn, TABLE_NOTICE, oldest));
		}
	}
	return put(txn, n);
}

static struct notice draft(struct notice_to to, enum notice_kind kind, struct text detail, uint64_t now)
{
	return (struct notice){.to = to,
			       .first = now,
			       .last = now,
			       .count = 1,
			       .kind = text_of(notice_rules[kind].word),
			       .detail = readable(detail)};
}

struct status notice_put(struct store_txn *txn, struct notice_to to, enum notice_kind kind, struct text detail,
			 uint64_t now)
{
	struct notice n = draft(to, kind, detail, now);

	return tell(txn, &n);
}

struct status notice_put_as(struct store_txn *txn, struct notice_to to, enum notice_kind kind, uint64_t now,
			    struct notice_id *id)
{
	struct notice n = draft(to, kind, (struct text){0}, now);

	TRY(tell(txn, &n));
	*id = n.id;
	return OK;
}

/* --- Old ones --- */

struct forgetting {
	uint64_t before;
	struct notice_id ids[64];
	size_t count;
};
static struct status gather_old(void *context, const struct row *row)
{
	struct forgetting *f = context;

	if (f->count < COUNT(f->ids) && row_number(row, COLUMN_NOTICE_LAST) < f->before)
		f->ids[f->count++].uuid = row_uuid(row, COLUMN_NOTICE_ID);
	return OK;
}

struct status notice_forget(struct store_txn *txn, uint64_t now, size_t *removed)
{
	struct forgetting f = {.before = now > NOTICE_AGE_MS ? now - NOTICE_AGE_MS : 0};
	const struct store_range oldest = {.index = INDEX_NOTICE_SEQ, .limit = COUNT(f.ids)};

	TRY(store_scan(txn->view, TABLE_NOTICE, &oldest, gather_old, &f));
	for (size_t i = 0; i < f.count; i++) {
		const struct row_value key[] = {ROW_UUID(&f.ids[i].uuid)};
		TRY(store_remove(txn, TABLE_NOTICE, key));
	}
	*removed = f.count;
	return OK;
}
