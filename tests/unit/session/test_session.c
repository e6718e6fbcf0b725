/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in the store: individual, bound to a device, hashed, ended (PROMISES#K13, PROMISES#S1). */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "device.h"
#include "rig.h"
#include "session.h"

#define NOW      1700000000000ull
#define ABSOLUTE (12ull * 3600 * 1000)
#define CAP      32

static struct rig rig;
static struct store store;

/** Sessions over by what the store does not know, and the ones that were ended along the way. */
static struct session_id over[CAP], ended[CAP];
static size_t over_count, ended_count;

static bool is_over(void *context, const struct session *s)
{
	assert_ptr_equal(context, &over);
	for (size_t i = 0; i < over_count; i++)
		if (uuid_equal(&over[i].uuid, &s->id.uuid))
			return true;
	return false;
}

static void note_over(void *context, const struct session *s)
{
	assert_ptr_equal(context, &over);
	ended[ended_count++] = s->id;
}

static int setup(void **state)
{
	(void)state;
	rig = rig_new();
	over_count = ended_count = 0;
	return ok(store_open(&rig.options, &store)) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	store_clear(&store);
	rig_end(&rig);
	return 0;
}

static struct session_opening opening(uint8_t user, uint8_t device, uint64_t now)
{
	return (struct session_opening){.user = {rig_patient(user)},
					.device = {rig_patient(device)},
					.key_hash = {{user}},
					.device_label = TEXT("Canary Label"),
					.client = TEXT("Canary Client"),
					.address = BYTES_LITERAL("\x7f\0\0\1"),
					.now = now,
					.absolute_ms = ABSOLUTE,
					.cap = CAP,
					.over = is_over,
					.ended = note_over,
					.context = &over};
}

static struct status commit(struct store_txn *txn)
{
	TRY(store_txn_audit(txn, BYTES_LITERAL("a session changed"), NULL));
	return store_commit(txn);
}

static struct status open_one(const struct session_opening *o, struct hash *token_hash, struct session *out)
{
	AUTO(store_txn) txn = {0};
	AUTO(secret) token = {0};

	TRY(store_begin(&store, &txn));
	TRY(session_open(&txn, o, &token, out));
	assert_int_equal(token.bytes[SESSION_TOKEN_TEXT], 0);
	assert_int_equal(strlen((const char *)token.bytes), SESSION_TOKEN_TEXT);
	TRY(session_token_hash(text_of((const char *)token.bytes), token_hash));
	return commit(&txn);
}

static struct status find(const struct hash *token_hash, uint64_t now, struct session *out)
{
	AUTO(store_snapshot) snapshot = {0};

	TRY(store_snapshot_new(&store, &snapshot));
	return session_find(snapshot.view, token_hash, now, out);
}

static struct status end(const struct session_id *id)
{
	AUTO(store_txn) txn = {0};

	TRY(store_begin(&store, &txn));
	TRY(session_end(&txn, id));
	return commit(&txn);
}

static void is_found_by_its_token_alone(void **state)
{
	struct session_opening o = opening(1, 10, NOW);
	struct session made, found;
	struct hash token, other;

	(void)state;
	o.steps = STEP_CONDUCT | STEP_PASSWORD;
	assert_ok(open_one(&o, &token, &made));
	assert_ok(find(&token, NOW, &found));
	assert_true(uuid_equal(&found.id.uuid, &made.id.uuid));
	assert_true(uuid_equal(&found.user.uuid, &o.user.uuid));
	assert_true(uuid_equal(&found.device.uuid, &o.device.uuid));
	assert_true(hash_equal(&found.key_hash, &o.key_hash));
	assert_int_equal(found.steps, o.steps);
	assert_int_equal(found.expires, NOW + ABSOLUTE);
	other = token;
	other.bytes[31] ^= 1;
	assert_fails(ST_UNPROVEN, find(&other, NOW, &found));
}

static void what_cannot_be_a_token_is_none(void **state)
{
	struct hash hash;

	(void)state;
	assert_fails(ST_UNPROVEN, session_token_hash(TEXT(""), &hash));
	assert_fails(ST_UNPROVEN, session_token_hash(TEXT("AAAA"), &hash));
	assert_fails(ST_UNPROVEN, session_token_hash(TEXT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &hash));
}

static void ends_at_its_absolute_limit_however_busy(void **state)
{
	struct session_opening o = opening(1, 10, NOW);
	struct session made, found;
	struct hash token;

	(void)state;
	assert_ok(open_one(&o, &token, &made));
	assert_ok(find(&token, NOW + ABSOLUTE - 1, &found));
	assert_fails(ST_UNPROVEN, find(&token, NOW + ABSOLUTE, &found));
	assert_fails(ST_UNPROVEN, find(&token, UINT64_MAX, &found));
}

static void is_gone_once_ended(void **state)
{
	struct session_opening o = opening(1, 10, NOW);
	struct session made, found;
	struct hash token;

	(void)state;
	assert_ok(open_one(&o, &token, &made));
	assert_ok(end(&made.id));
	assert_fails(ST_UNPROVEN, find(&token, NOW, &found));
	assert_fails(ST_NOT_FOUND, end(&made.id));
}

static void a_device_belongs_to_one_user(void **state)
{
	struct session_opening mine = opening(1, 10, NOW), again = opening(1, 10, NOW + 5),
			       theirs = opening(2, 10, NOW);
	struct session made;
	struct hash token;

	(void)state;
	assert_ok(open_one(&mine, &token, &made));
	assert_ok(open_one(&again, &token, &made));
	assert_fails(ST_DENIED, open_one(&theirs, &token, &made));

	AUTO(store_snapshot) snapshot = {0};
	AUTO(row) row = {0};
	const struct row_value key[] = {ROW_UUID(&mine.device.uuid)};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(store_get(snapshot.view, TABLE_DEVICE, key, &row));
	struct uuid owner = row_uuid(&row, COLUMN_DEVICE_USER);
	assert_true(uuid_equal(&owner, &mine.user.uuid));
	assert_int_equal(row_number(&row, COLUMN_DEVICE_CREATED), NOW);
	assert_int_equal(row_number(&row, COLUMN_DEVICE_SEEN), NOW + 5);
}

static void one_user_has_at_most_so_many(void **state)
{
	struct session first, made;
	struct hash token;

	(void)state;
	for (uint8_t i = 0; i < CAP; i++) {
		struct session_opening o = opening(1, (uint8_t)(10 + i), NOW);
		assert_ok(open_one(&o, &token, i == 0 ? &first : &made));
	}
	struct session_opening more = opening(1, 100, NOW), other = opening(2, 101, NOW);
	assert_fails(ST_TOO_MANY, open_one(&more, &token, &made));
	assert_ok(open_one(&other, &token, &made));
	assert_ok(end(&first.id));
	assert_ok(open_one(&more, &token, &made));
}

static void sessions_that_are_over_take_no_room(void **state)
{
	struct session sessions[CAP], made, found;
	struct hash tokens[CAP], token;

	(void)state;
	for (uint8_t i = 0; i < CAP; i++) {
		struct session_opening o = opening(1, (uint8_t)(10 + i), NOW);
		assert_ok(open_one(&o, &tokens[i], &sessions[i]));
	}
	struct session_opening more = opening(1, 100, NOW + 1), later = opening(1, 101, NOW + ABSOLUTE);
	assert_fails(ST_TOO_MANY, open_one(&more, &token, &made));
	over[over_count++] = sessions[3].id;
	over[over_count++] = sessions[9].id;
	assert_ok(open_one(&more, &token, &made));
	assert_int_equal(ended_count, 2);
	assert_fails(ST_UNPROVEN, find(&tokens[3], NOW, &found));
	assert_fails(ST_UNPROVEN, find(&tokens[9], NOW, &found));
	assert_ok(find(&tokens[4], NOW, &found));
	/* All the others are past their absolute limit by then, but for the newest. */
	assert_ok(open_one(&later, &token, &made));
	assert_int_equal(ended_count, CAP);
	assert_ok(find(&token, NOW + ABSOLUTE, &found));
}

static void a_lower_cap_holds_at_once(void **state)
{
	struct session_opening o = opening(1, 10, NOW);
	struct session made;
	struct hash token;

	(void)state;
	assert_ok(open_one(&o, &token, &made));
	assert_ok(open_one(&o, &token, &made));
	o.cap = 2;
	assert_fails(ST_TOO_MANY, open_one(&o, &token, &made));
	o.cap = 3;
	assert_ok(open_one(&o, &token, &made));
}

static size_t told;
static void note(void *context, const struct session *ended_one)
{
	assert_ptr_equal(context, &told);
	assert_false(uuid_is_zero(&ended_one->id.uuid));
	told++;
}

static void all_of_one_user_end_but_the_one_excepted(void **state)
{
	struct session sessions[CAP], found, other;
	struct hash tokens[CAP], other_token;
	struct session_opening theirs = opening(2, 200, NOW);
	AUTO(store_txn) txn = {0};

	(void)state;
	told = 0;
	for (uint8_t i = 0; i < CAP; i++) {
		struct session_opening o = opening(1, (uint8_t)(10 + i), NOW);
		assert_ok(open_one(&o, &tokens[i], &sessions[i]));
	}
	assert_ok(open_one(&theirs, &other_token, &other));
	const struct session_choice but_one = {.except = &sessions[3].id};
	assert_ok(store_begin(&store, &txn));
	assert_ok(session_end_all(&txn, &sessions[0].user, &but_one, note, &told));
	assert_ok(commit(&txn));
	assert_int_equal(told, CAP - 1);
	for (size_t i = 0; i < CAP; i++)
		assert_int_equal(find(&tokens[i], NOW, &found).code, i == 3 ? ST_OK : ST_UNPROVEN);
	assert_ok(find(&other_token, NOW, &found));
	store_txn_clear(&txn);
	assert_ok(store_begin(&store, &txn));
	assert_ok(session_end_all(&txn, &sessions[0].user, NULL, note, &told));
	assert_ok(commit(&txn));
	assert_int_equal(told, CAP);
	assert_fails(ST_UNPROVEN, find(&tokens[3], NOW, &found));
}

static void those_of_one_device_end(void **state)
{
	struct session_opening here = opening(1, 10, NOW), there = opening(1, 11, NOW);
	const struct session_choice choice = {.device = &there.device};
	struct hash first, second, third;
	struct session made, found;
	AUTO(store_txn) txn = {0};

	(void)state;
	told = 0;
	assert_ok(open_one(&here, &first, &made));
	assert_ok(open_one(&there, &second, &made));
	assert_ok(open_one(&there, &third, &made));
	assert_ok(store_begin(&store, &txn));
	assert_ok(session_end_all(&txn, &here.user, &choice, note, &told));
	assert_ok(device_forget(&txn, &there.device));
	assert_ok(commit(&txn));
	assert_int_equal(told, 2);
	assert_ok(find(&first, NOW, &found));
	assert_fails(ST_UNPROVEN, find(&second, NOW, &found));
	assert_fails(ST_UNPROVEN, find(&third, NOW, &found));
	AUTO(store_snapshot) snapshot = {0};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_true(device_known(snapshot.view, &here.device, &here.user));
	assert_false(device_known(snapshot.view, &there.device, &here.user));
}

static struct status count_row(void *context, const struct row *row)
{
	(void)row;
	++*(size_t *)context;
	return OK;
}

static void all_are_walked_in_the_order_of_sign_in(void **state)
{
	struct session made[6];
	struct hash token;
	size_t count = 0;

	(void)state;
	for (uint8_t i = 0; i < 6; i++) {
		struct session_opening o = opening((uint8_t)(1 + i % 2), (uint8_t)(10 + i), NOW + i);
		assert_ok(open_one(&o, &token, &made[i]));
	}
	AUTO(store_snapshot) snapshot = {0};
	const struct session_id before = {0};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(session_walk(snapshot.view, &before, count_row, &count));
	assert_int_equal(count, 6);
	assert_ok(session_walk(snapshot.view, &made[3].id, count_row, &count));
	assert_int_equal(count, 8);
	assert_ok(session_list(snapshot.view, &made[0].user, count_row, &count));
	assert_int_equal(count, 11);
	assert_ok(session_get(snapshot.view, &made[5].id, &made[0]));
	assert_int_equal(made[0].created, NOW + 5);
	assert_fails(ST_NOT_FOUND, session_get(snapshot.view, &before, &made[0]));
}

static void a_refused_opening_leaves_nothing(void **state)
{
	struct session_opening mine = opening(1, 10, NOW), theirs = opening(2, 10, NOW);
	struct session made;
	struct hash token;
	uint64_t count;

	(void)state;
	assert_ok(open_one(&mine, &token, &made));
	assert_fails(ST_DENIED, open_one(&theirs, &token, &made));
	AUTO(store_snapshot) snapshot = {0};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(store_count(snapshot.view, TABLE_SESSION, &(struct store_range){.index = TABLE_NONE}, &count));
	assert_int_equal(count, 1);
}

static void a_step_that_was_done_stands_no_longer(void **state)
{
	struct session_opening o = opening(1, 10, NOW);
	AUTO(store_txn) txn = {0};
	struct session made, found;
	struct hash token;

	(void)state;
	o.steps = STEP_CONDUCT | STEP_PASSWORD;
	assert_ok(open_one(&o, &token, &made));
	assert_ok(store_begin(&store, &txn));
	assert_ok(session_step_done(&txn, &made.id, STEP_PASSWORD));
	assert_ok(commit(&txn));
	assert_ok(find(&token, NOW, &found));
	assert_int_equal(found.steps, STEP_CONDUCT);
	assert_true(uuid_equal(&found.device.uuid, &made.device.uuid));
	assert_int_equal(found.expires, made.expires);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(is_found_by_its_token_alone),
		EACH(what_cannot_be_a_token_is_none),
		EACH(ends_at_its_absolute_limit_however_busy),
		EACH(is_gone_once_ended),
		EACH(a_device_belongs_to_one_user),
		EACH(one_user_has_at_most_so_many),
		EACH(all_of_one_user_end_but_the_one_excepted),
		EACH(sessions_that_are_over_take_no_room),
		EACH(a_lower_cap_holds_at_once),
		EACH(those_of_one_device_end),
		EACH(all_are_walked_in_the_order_of_sign_in),
		EACH(a_refused_opening_leaves_nothing),
		EACH(a_step_that_was_done_stands_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
