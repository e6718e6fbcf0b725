/* SPDX-License-Identifier: Apache-2.0 */
/* handle_contact: where somebody wants his notices besides the product; each change is a leaf and a notice. */
#include "contact.h"
#include "route.h"

#include <stdio.h>
#include <string.h>

void handle_contact(struct call *c, struct bytes body)
{
	struct jsonwriter w = call_writer(c);
	struct contact contact;
	struct status s = contact_get(call_view(c), &c->caller.session.user, &contact);

	(void)body;
	if (!ok(s)) {
		call_refuse(c, s);
		return;
	}
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "mail", contact.mail);
	jsonwriter_string(&w, "kinds", contact.kinds);
	jsonwriter_end(&w);
	call_deliver(c, &w, OK, &(struct piece_subject){.kind = PIECE_SITE, .detail = TEXT("notices: contact")});
}

struct contact_body {
	struct text mail, kinds;
};
static const struct jsonfield contact_rows[] = {
	{.name = "mail",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct contact_body, mail),
	 .required = true,
	 .max = MAILADDRESS_MAX},
	{.name = "kinds",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct contact_body, kinds),
	 .required = true,
	 .max = NOTICE_KINDS_MAX - 1},
};
static const struct jsonfield_table contact_table = JSONFIELD_TABLE(struct contact_body, contact_rows);

/** What could be mailed nowhere is not kept for it. */
static bool mails(const struct call *c)
{
	return settings_value(c->loop->service->settings, SETTING_MAIL_SERVER) != 0;
}

static struct status apply(struct call *c, struct store_txn *txn, const struct record_log *log)
{
	const struct contact *contact = c->own;
	struct event event = {
		.kind = LEAF_ADMINISTRATION,
		.result = LEAF_DONE,
		.subject = {.kind = PIECE_USER, .id = contact->user.uuid, .detail = TEXT("notices: contact")}};
	struct contact before;
	struct notice_id notice;
	uint64_t leaf;

	TRY(contact_get(txn->view, &contact->user, &before));
	TRY(contact_put(txn, contact));
	TRY(notice_put_as(txn, notice_to_user(&contact->user), NOTICE_CONTACT_CHANGED, log->time, &notice));
	if (mails(c) && strcmp(before.mail, contact->mail) != 0)
		TRY(contact_warn(txn, &before, &notice, log->time));
	call_actor(c, &event.actor);
	return log->add(log->context, txn, &event, &leaf);
}

static struct status read_contact(struct call *c, struct bytes body)
{
	struct contact_body sent = {0};
	void *room;

	TRY(call_json(c, body, &contact_table, &sent));
	if (sent.mail.len > 0)
		TRY(mailaddress_check(sent.mail));
	TRY(notice_kinds_check(sent.kinds));
	TRY(arena_take(&c->arena, sizeof(struct contact), &room));
	struct contact *contact = room;
	*contact = (struct contact){.user = c->caller.session.user};
	(void)snprintf(contact->mail, sizeof contact->mail, "%.*s", TEXT_ARG(sent.mail));
	(void)snprintf(contact->kinds, sizeof contact->kinds, "%.*s", TEXT_ARG(sent.kinds));
	c->own = contact;
	return OK;
}

void handle_contact_change(struct call *c, struct bytes body)
{
	struct status s = read_contact(c, body);

	call_settle_change(c, s, apply, call_respond_nothing);
}
