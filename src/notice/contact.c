/* SPDX-License-Identifier: Apache-2.0 */
#include "contact.h"

#include <stdio.h>

struct status contact_read(const struct row *row, struct contact *out)
{
	const struct text mail = text_from(row->secret[SECRET_CONTACT_MAIL]);
	const struct text kinds = text_from(row->secret[SECRET_CONTACT_KINDS]);
	struct contact c = {.user = {row_uuid(row, COLUMN_CONTACT_USER)}};

	if (mail.len > MAILADDRESS_MAX || kinds.len >= NOTICE_KINDS_MAX)
		return FAIL_AT(ST_CORRUPT, "contact");
	(void)snprintf(c.mail, sizeof c.mail, "%.*s", TEXT_ARG(mail));
	(void)snprintf(c.kinds, sizeof c.kinds, "%.*s", TEXT_ARG(kinds));
	*out = c;
	return OK;
}

struct status contact_get(struct store_view *view, const struct user_id *user, struct contact *out)
{
	const struct row_value key[] = {ROW_UUID(&user->uuid)};
	AUTO(row) row = {0};
	const struct status got = store_get(view, TABLE_CONTACT, key, &row);

	*out = (struct contact){.user = *user};
	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	return contact_read(&row, out);
}

struct status contact_put(struct store_txn *txn, const struct contact *c)
{
	const struct row_value key[] = {ROW_UUID(&c->user.uuid)};
	struct row row = {.table = TABLE_CONTACT,
			  .plain = {[COLUMN_CONTACT_USER] = ROW_UUID(&c->user.uuid)},
			  .secret = {[SECRET_CONTACT_MAIL] = text_bytes(text_of(c->mail)),
				     [SECRET_CONTACT_KINDS] = text_bytes(text_of(c->kinds))}};

	if (c->mail[0] != '\0')
		return store_put(txn, &row);
	struct status s = store_remove(txn, TABLE_CONTACT, key);
	return s.code == ST_NOT_FOUND ? OK : s;
}

struct status contact_walk(struct store_view *view, store_visit *visit, void *context)
{
	const struct store_range all = {.index = TABLE_NONE};

	return store_scan(view, TABLE_CONTACT, &all, visit, context);
}
