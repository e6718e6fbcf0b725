/* SPDX-License-Identifier: Apache-2.0 */
#include "blocks.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "device.h"
#include "tell.h"
#include "userrow.h"

bool blocks_owner(struct store_view *view, const struct lockout *l, struct user_id *out)
{
	AUTO(row) row = {0};
	struct device_id id;
	struct device device;

	if (l->subject.kind == LOCKOUT_ADDRESS)
		return false;
	if (l->subject.kind == LOCKOUT_LOGIN) {
		memcpy(out->uuid.bytes, l->subject.id, sizeof out->uuid.bytes);
		return true;
	}
	memcpy(id.uuid.bytes, l->subject.id, sizeof id.uuid.bytes);
	if (!ok(device_get(view, &id, &row, &device)))
		return false;
	*out = device.user;
	return true;
}

static void print_address(const struct lockout_subject *s, char out[BLOCKS_TEXT_MAX])
{
	struct address a = {.family = s->len == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6};

	memcpy(a.bytes, s->id, s->len);
	(void)snprintf(out, BLOCKS_TEXT_MAX, "%s%s", address_print(&a).at, s->len == 4 ? "" : "/64");
}

void blocks_print(struct store_view *view, const struct lockout *l, char out[BLOCKS_TEXT_MAX])
{
	AUTO(row) row = {0};
	struct user_id user;
	struct person person;
	struct uuid id;

	memcpy(id.bytes, l->subject.id, sizeof id.bytes);
	if (l->subject.kind == LOCKOUT_ADDRESS)
		print_address(&l->subject, out);
	else if (l->subject.kind == LOCKOUT_LOGIN && blocks_owner(view, l, &user) &&
		 ok(userrow_get(view, &user, &row, &person)))
		(void)snprintf(out, BLOCKS_TEXT_MAX, "%.*s", TEXT_ARG(person.login));
	else
		(void)snprintf(out, BLOCKS_TEXT_MAX, "%s",
			       id_print(l->subject.kind == LOCKOUT_LOGIN ? ID_USER : ID_DEVICE, &id).at);
}

/** Those in force, one by one. */
struct walk {
	struct store_view *view;
	uint64_t now;
	struct jsonwriter *w;       /* written, or ... */
	struct text subject;        /* ... looked for, or ... */
	const struct user_id *user; /* ... looked for */
	bool found;
	struct hash id;
};

static struct status put(struct walk *walk, const struct lockout *l)
{
	char subject[BLOCKS_TEXT_MAX];
	struct user_id user;

	blocks_print(walk->view, l, subject);
	jsonwriter_object(walk->w, NULL);
	jsonwriter_hash(walk->w, "id", &l->token);
	jsonwriter_string(walk->w, "kind", lockout_kind_word(l->subject.kind));
	jsonwriter_string(walk->w, "subject", subject);
	if (blocks_owner(walk->view, l, &user))
		jsonwriter_id(walk->w, "user", ID_USER, &user.uuid);
	jsonwriter_time(walk->w, "since", l->seen);
	jsonwriter_time(walk->w, "until", l->until);
	jsonwriter_end(walk->w);
	return walk->w->failure;
}

static bool fits(struct walk *walk, const struct lockout *l)
{
	char subject[BLOCKS_TEXT_MAX];
	struct user_id owner;

	if (walk->user != NULL)
		return blocks_owner(walk->view, l, &owner) && uuid_equal(&owner.uuid, &walk->user->uuid);
	blocks_print(walk->view, l, subject);
	return text_equal(walk->subject, text_of(subject));
}

static struct status visit(void *context, const struct row *row)
{
	struct walk *walk = context;
	struct lockout l;

	TRY(lockout_read(row, &l));
	if (l.until <= walk->now)
		return OK;
	if (walk->w != NULL)
		return put(walk, &l);
	if (!walk->found && fits(walk, &l)) {
		walk->found = true;
		walk->id = l.token;
	}
	return OK;
}

struct status blocks_write(struct store_view *view, uint64_t now, struct jsonwriter *w)
{
	struct walk walk = {.view = view, .now = now, .w = w};

	return lockout_list(view, visit, &walk);
}

static struct status find(struct walk *walk, struct hash *id)
{
	TRY(lockout_list(walk->view, visit, walk));
	*id = walk->id;
	return walk->found ? OK : FAIL_AT(ST_NOT_FOUND, "block");
}

struct status blocks_find(struct store_view *view, uint64_t now, struct text subject, struct hash *id)
{
	struct walk walk = {.view = view, .now = now, .subject = subject};

	return find(&walk, id);
}

struct status blocks_of_user(struct store_view *view, uint64_t now, const struct user_id *user, struct hash *id)
{
	struct walk walk = {.view = view, .now = now, .user = user};

	return find(&walk, id);
}

struct status blocks_lift(struct store_txn *txn, uint64_t now, const struct hash *id, struct blocks_lifted *out)
{
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_HASH(id)};
	char subject[BLOCKS_TEXT_MAX];
	struct user_id user = {0};

	if (!ok(store_get(txn->view, TABLE_FAILURE, key, &row)))
		return FAIL_AT(ST_NOT_FOUND, "block");
	TRY(lockout_read(&row, &out->lockout));
	if (out->lockout.until <= now)
		return FAIL_AT(ST_NOT_FOUND, "block");
	blocks_print(txn->view, &out->lockout, subject);
	(void)snprintf(out->detail, sizeof out->detail, "lift: %s %s", lockout_kind_word(out->lockout.subject.kind),
		       subject);
	bool owned = blocks_owner(txn->view, &out->lockout, &user);
	out->subject = (struct piece_subject){
		.kind = owned ? PIECE_USER : PIECE_SITE, .id = user.uuid, .detail = text_of(out->detail)};
	TRY(tell_lifted(txn, out, now));
	return lockout_forget(txn, id);
}
