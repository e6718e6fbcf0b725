/* SPDX-License-Identifier: Apache-2.0 */
#include "contact.h"

#include <stdio.h>

#include "delivery.h"

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

/* --- The address before --- */

/* Where a UUID says its version: ids of users are of version 7. */
#define VERSION_AT     6
#define VERSION_USER   0x70
#define VERSION_BEFORE 0x80

static struct user_id with_version(const struct user_id *id, uint8_t version)
{
	struct user_id other = *id;

	other.uuid.bytes[VERSION_AT] = (uint8_t)((other.uuid.bytes[VERSION_AT] & 0x0f) | version);
	return other;
}

static bool is_before(const struct user_id *id)
{
	return (id->uuid.bytes[VERSION_AT] & 0xf0) == VERSION_BEFORE;
}

struct user_id contact_user(const struct user_id *receiver)
{
	return is_before(receiver) ? with_version(receiver, VERSION_USER) : *receiver;
}

struct status contact_warn(struct store_txn *txn, const struct contact *before, const struct notice_id *notice,
			   uint64_t now)
{
	struct contact kept = *before, waiting;

	if (before->mail[0] == '\0')
		return OK;
	kept.user = with_version(&before->user, VERSION_BEFORE);
	TRY(contact_get(txn->view, &kept.user, &waiting));
	if (waiting.mail[0] != '\0')
		return OK;
	/* It is queued here: nobody looks for what else it may want. */
	(void)snprintf(kept.kinds, sizeof kept.kinds, "none");
	TRY(contact_put(txn, &kept));
	return delivery_add(txn, &(struct delivery){.notice = *notice, .way = DELIVERY_MAIL, .user = kept.user}, now);
}

struct status contact_warned(struct store_txn *txn, const struct user_id *receiver)
{
	return is_before(receiver) ? contact_put(txn, &(struct contact){.user = *receiver}) : OK;
}
