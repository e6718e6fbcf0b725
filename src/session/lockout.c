/* SPDX-License-Identifier: Apache-2.0 */
#include "lockout.h"

#include <string.h>

#include "token.h"

#define MINUTE_MS 60000ull
/* An address that gave no failure for so long counts from none; its level is kept for a day. */
#define ADDRESS_COUNT_MS (15 * MINUTE_MS)
#define ADDRESS_LEVEL_MS (24ull * 60 * MINUTE_MS)

/** How long the first, second, every later lock in a row lasts. */
static const uint64_t spans[] = {15 * MINUTE_MS, 60 * MINUTE_MS, 24ull * 60 * MINUTE_MS};

struct lockout_subject lockout_login(const struct user_id *user)
{
	struct lockout_subject s = {.kind = LOCKOUT_LOGIN, .len = sizeof user->uuid};

	memcpy(s.id, user->uuid.bytes, s.len);
	return s;
}

struct lockout_subject lockout_device(const struct device_id *device)
{
	struct lockout_subject s = {.kind = LOCKOUT_DEVICE, .len = sizeof device->uuid};

	memcpy(s.id, device->uuid.bytes, s.len);
	return s;
}

bool lockout_address(struct bytes address, struct lockout_subject *out)
{
	if (address.len != 4 && address.len != 16)
		return false;
	*out = (struct lockout_subject){.kind = LOCKOUT_ADDRESS, .len = address.len == 4 ? 4 : 8};
	memcpy(out->id, address.at, out->len);
	return true;
}

const char *lockout_kind_word(enum lockout_kind kind)
{
	return kind == LOCKOUT_LOGIN ? "login" : kind == LOCKOUT_DEVICE ? "device" : "address";
}

static struct status token_for(struct store_view *view, const struct lockout_subject *s, struct hash *out)
{
	uint8_t value[1 + LOCKOUT_SUBJECT_MAX] = {(uint8_t)s->kind};

	memcpy(value + 1, s->id, s->len);
	return token_of(view, TOKEN_FAILURE, bytes_of(value, 1 + s->len), out);
}

struct status lockout_read(const struct row *row, struct lockout *out)
{
	struct lockout l = {.seen = row_number(row, COLUMN_FAILURE_SEEN), .token = row_hash(row, COLUMN_FAILURE_TOKEN)};
	struct bytes subject = row->secret[SECRET_FAILURE_SUBJECT];
	uint64_t kind, count, level;

	TRY(row_secret_number(row, SECRET_FAILURE_KIND, &kind));
	TRY(row_secret_number(row, SECRET_FAILURE_COUNT, &count));
	TRY(row_secret_number(row, SECRET_FAILURE_LEVEL, &level));
	TRY(row_secret_number(row, SECRET_FAILURE_UNTIL, &l.until));
	if (kind < LOCKOUT_LOGIN || kind > LOCKOUT_ADDRESS || subject.len > sizeof l.subject.id || level > COUNT(spans))
		return FAIL_AT(ST_CORRUPT, "failure");
	l.subject.kind = (enum lockout_kind)kind;
	l.subject.len = subject.len;
	memcpy(l.subject.id, subject.at, subject.len);
	l.count = (uint32_t)count;
	l.level = (uint32_t)level;
	*out = l;
	return OK;
}

/** get_lockout(view, subject, out): zeros where nothing was counted. */
static struct status get_lockout(struct store_view *view, const struct lockout_subject *subject, struct lockout *out)
{
	AUTO(row) row = {0};
	struct hash token;

	TRY(token_for(view, subject, &token));
	const struct row_value key[] = {ROW_HASH(&token)};
	struct status got = store_get(view, TABLE_FAILURE, key, &row);
	if (got.code == ST_NOT_FOUND) {
		*out = (struct lockout){.subject = *subject, .token = token};
		return OK;
	}
	TRY(got);
	return lockout_read(&row, out);
}

struct status lockout_holds(struct store_view *view, const struct lockout_subject *subject, uint64_t now, bool *locked)
{
	struct lockout l;

	TRY(get_lockout(view, subject, &l));
	*locked = now < l.until;
	return OK;
}

static struct status put(struct store_txn *txn, const struct lockout *l)
{
	struct row_big kind, count, level, until;
	struct row row = {
		.table = TABLE_FAILURE,
		.plain = {[COLUMN_FAILURE_TOKEN] = ROW_HASH(&l->token), [COLUMN_FAILURE_SEEN] = ROW_NUMBER(l->seen)},
		.secret = {[SECRET_FAILURE_KIND] = row_number_bytes(&kind, l->subject.kind),
			   [SECRET_FAILURE_SUBJECT] = bytes_of(l->subject.id, l->subject.len),
			   [SECRET_FAILURE_COUNT] = row_number_bytes(&count, l->count),
			   [SECRET_FAILURE_LEVEL] = row_number_bytes(&level, l->level),
			   [SECRET_FAILURE_UNTIL] = row_number_bytes(&until, l->until)},
	};

	return store_put(txn, &row);
}

/** What an address has forgotten by ${now}. */
static void forget_by_time(struct lockout *l, uint64_t now)
{
	uint64_t last = l->until > l->seen ? l->until : l->seen;

	if (l->subject.kind != LOCKOUT_ADDRESS || now < last)
		return;
	if (now - last >= ADDRESS_COUNT_MS)
		l->count = 0;
	if (now - last >= ADDRESS_LEVEL_MS)
		l->level = 0;
}

struct status lockout_count(struct store_txn *txn, const struct lockout_subject *subject, uint32_t limit, uint64_t now,
			    struct lockout *out)
{
	struct lockout l;

	TRY(get_lockout(txn->view, subject, &l));
	forget_by_time(&l, now);
	l.seen = now;
	if (++l.count >= limit) {
		l.until = now + spans[l.level < COUNT(spans) ? l.level : COUNT(spans) - 1];
		l.level += l.level < COUNT(spans);
		l.count = 0;
	}
	TRY(put(txn, &l));
	*out = l;
	return OK;
}

struct status lockout_forget(struct store_txn *txn, const struct hash *token)
{
	const struct row_value key[] = {ROW_HASH(token)};
	struct status s = store_remove(txn, TABLE_FAILURE, key);

	return s.code == ST_NOT_FOUND ? FAIL_AT(ST_NOT_FOUND, "block") : s;
}

struct status lockout_succeed(struct store_txn *txn, const struct lockout_subject *subject)
{
	struct hash token;

	TRY(token_for(txn->view, subject, &token));
	struct status s = lockout_forget(txn, &token);
	return s.code == ST_NOT_FOUND ? OK : s;
}

struct status lockout_list(struct store_view *view, store_visit *visit, void *context)
{
	const struct store_range newest = {.index = INDEX_FAILURE_SEEN, .down = true};

	return store_scan(view, TABLE_FAILURE, &newest, visit, context);
}

struct status lockout_oldest(struct store_view *view, store_visit *visit, void *context)
{
	const struct store_range oldest = {.index = INDEX_FAILURE_SEEN};

	return store_scan(view, TABLE_FAILURE, &oldest, visit, context);
}
