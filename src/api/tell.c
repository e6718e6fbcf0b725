/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "leaving.h"
#include "noticelist.h"
#include "sessions.h"
#include "userrow.h"

static struct address_text print(struct bytes bytes)
{
	struct address a = {.family = bytes.len == 4 ? ADDRESS_IPV4 : bytes.len == 16 ? ADDRESS_IPV6 : ADDRESS_NONE};

	if (a.family != ADDRESS_NONE)
		memcpy(a.bytes, bytes.at, bytes.len);
	return address_print(&a);
}

static struct status administrators(struct store_txn *txn, enum notice_kind kind, const char *detail, uint64_t now)
{
	return notice_put(txn, notice_to_profile(PROFILE_ADMINISTRATOR), kind, text_of(detail), now);
}

struct status tell_locked(struct store_txn *txn, const struct tell_lock *lock)
{
	const struct address_text from = print(lock->address);
	char subject[BLOCKS_TEXT_MAX];
	struct user_id owner;

	blocks_print(txn->view, lock->lockout, subject);
	if (lock->lockout->subject.kind == LOCKOUT_ADDRESS) {
		if (lock->tried != NULL)
			TRY(notice_put(txn, notice_to_user(lock->tried), NOTICE_ADDRESS_BLOCKED, text_of(subject),
				       lock->now));
		return administrators(txn, NOTICE_SOURCE_BLOCKED, subject, lock->now);
	}
	if (!blocks_owner(txn->view, lock->lockout, &owner))
		return OK;
	if (lock->lockout->subject.kind == LOCKOUT_DEVICE)
		return notice_put(txn, notice_to_user(&owner), NOTICE_DEVICE_LOCKED, text_of(subject), lock->now);
	TRY(notice_put(txn, notice_to_user(&owner), NOTICE_LOGIN_LOCKED, text_of(from.at), lock->now));
	return administrators(txn, NOTICE_USER_LOCKED, subject, lock->now);
}

struct status tell_lifted(struct store_txn *txn, const struct blocks_lifted *lifted, uint64_t now)
{
	/* An address is nobody's: its subject names no user. */
	if (lifted->subject.kind == PIECE_USER) {
		const struct user_id owner = {lifted->subject.id};
		TRY(notice_put(txn, notice_to_user(&owner), NOTICE_BLOCK_LIFTED, (struct text){0}, now));
	}
	return administrators(txn, NOTICE_LOCK_LIFTED, lifted->detail, now);
}

static struct status tell_password_ends(struct store_txn *txn, const struct tell_sign_in *in)
{
	const uint64_t ends = sessions_password_ends(in->service, in->person->profile, in->password_changed);
	const uint64_t now = in->session->created;
	AUTO(buffer) day = {.max = 64};

	if (ends == UINT64_MAX || now >= ends || ends - now > service_password_rule(in->service)->warning_ms)
		return OK;
	TRY(text_put_time(&day, ends));
	return notice_put(txn, notice_to_user(&in->person->id), NOTICE_PASSWORD_ENDS, text_from(buffer_bytes(&day)),
			  now);
}

static struct status tell_device_new(struct store_txn *txn, const struct tell_sign_in *in)
{
	const struct address_text from = print(in->address);
	char detail[NOTICE_DETAIL_MAX + 1];

	const struct text label = text_cut(in->label, 80);

	(void)snprintf(detail, sizeof detail, "%.*s%sfrom %s", (int)label.len, label.len > 0 ? label.at : "",
		       label.len > 0 ? ", " : "", from.at);
	return notice_put(txn, notice_to_user(&in->person->id), NOTICE_DEVICE_NEW, text_of(detail),
			  in->session->created);
}

struct status tell_sign_in(struct store_txn *txn, const struct tell_sign_in *in, uint64_t *unread)
{
	if (!in->known)
		TRY(tell_device_new(txn, in));
	TRY(tell_password_ends(txn, in));
	return noticelist_unread(txn->view, &in->person->id, in->person->profile, unread);
}

struct status tell_setting(struct store_txn *txn, const struct setting_change *change, uint64_t now)
{
	return administrators(txn, NOTICE_SETTING_CHANGED, change->detail, now);
}

/** Whose files wait for new keys, now that somebody who holds them may read them no more (PROMISES#B5). */
struct status tell_rekeying(struct store_txn *txn, const struct user_id *user, uint64_t now)
{
	struct user_id owners[LEAVING_OWNERS];
	AUTO(row) row = {0};
	struct person person;
	size_t count;

	TRY(userrow_get(txn->view, user, &row, &person));
	TRY(leaving_owners(txn->view, user, owners, &count));
	for (size_t i = 0; i < count; i++)
		TRY(notice_put(txn, notice_to_user(&owners[i]), NOTICE_KEYS_WANTED, person.login, now));
	return OK;
}
