/* SPDX-License-Identifier: Apache-2.0 */
/* Second factors: no code counts twice, whoever races for it and whatever restarts (PROMISES#S5). */
#include "testing.h"

#include <pthread.h>
#include <string.h>

#include "factor.h"
#include "openstore.h"
#include "recoverycode.h"
#include "totp.h"

/* A whole step: tests count steps from it. */
#define NOW    1700000010000ull
#define STEP   30000ull
#define SECRET BYTES_LITERAL("12345678901234567890")

static const struct user_id user = {{{1}}}, other = {{{2}}};

static void commit(struct store_txn *txn)
{
	assert_ok(store_txn_audit(txn, BYTES_LITERAL("a factor was changed"), NULL));
	assert_ok(store_commit(txn));
}

static struct factor_id add(enum factor_kind kind, const char *name, struct bytes body)
{
	AUTO(store_txn) txn = {0};
	const struct factor f = {.id.uuid = uuid_new(NOW),
				 .user = user,
				 .kind = kind,
				 .created = NOW,
				 .name = text_of(name),
				 .body = body};

	assert_ok(store_begin(&store, &txn));
	assert_ok(factor_add(&txn, &f));
	commit(&txn);
	return f.id;
}

static struct factor_id add_totp(const char *name)
{
	AUTO(buffer) body = {.max = FACTOR_BODY_MAX};
	const struct totp t = {.algorithm = HOTP_SHA1, .digits = 6, .secret = SECRET};

	assert_ok(totp_write(&t, &body));
	return add(FACTOR_TOTP, name, buffer_bytes(&body));
}

static struct hotp_code code_at(uint64_t now)
{
	struct hotp_code code;

	assert_ok(hotp_make(HOTP_SHA1, SECRET, now / STEP, 6, &code));
	return code;
}

static struct status verify(struct text code, uint64_t now, struct factor_proof *out)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(factors) all = {0};
	const struct factor_answer answer = factor_answer_code(code);

	TRY(store_snapshot_new(&store, &snapshot));
	TRY(factors_load(snapshot.view, &user, &all));
	return factor_verify(&all, &answer, now, out);
}

static struct status take(const struct factor_proof *proof, uint64_t now, size_t *left)
{
	AUTO(store_txn) txn = {0};

	assert_ok(store_begin(&store, &txn));
	TRY(factor_take(&txn, proof, now, left));
	commit(&txn);
	return OK;
}

static struct status use(struct text code, uint64_t now)
{
	struct factor_proof proof;
	size_t left;

	TRY(verify(code, now, &proof));
	return take(&proof, now, &left);
}

static struct status use_code_of(uint64_t then, uint64_t now)
{
	const struct hotp_code code = code_at(then);

	return use(text_of(code.at), now);
}

static void accepts_one_step_around_now(void **state)
{
	(void)state;
	(void)add_totp("phone");
	assert_fails(ST_UNPROVEN, use_code_of(NOW - 2 * STEP, NOW));
	assert_fails(ST_UNPROVEN, use_code_of(NOW + 2 * STEP, NOW));
	assert_ok(use_code_of(NOW - STEP, NOW));
	assert_ok(use_code_of(NOW, NOW));
	assert_ok(use_code_of(NOW + STEP, NOW));
}

static void takes_no_code_twice_nor_an_older_one(void **state)
{
	(void)state;
	(void)add_totp("phone");
	assert_ok(use_code_of(NOW, NOW));
	assert_fails(ST_UNPROVEN, use_code_of(NOW, NOW));
	assert_fails(ST_UNPROVEN, use_code_of(NOW - STEP, NOW));
	assert_ok(use_code_of(NOW + STEP, NOW + STEP));
	/* The clock went back: what was used stays used. */
	assert_fails(ST_UNPROVEN, use_code_of(NOW, NOW));
}

static void remembers_the_step_over_a_restart(void **state)
{
	(void)state;
	(void)add_totp("phone");
	assert_ok(use_code_of(NOW, NOW));
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_fails(ST_UNPROVEN, use_code_of(NOW, NOW));
	assert_ok(use_code_of(NOW + STEP, NOW + STEP));
}

#define RACERS 8
/** All verify before any of them takes; the committer is one at a time. */
static pthread_mutex_t committer = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t verified;
struct racer {
	pthread_t thread;
	struct text code;
	bool proved, won;
};
static void *race(void *context)
{
	struct racer *r = context;
	struct factor_proof proof;
	size_t left;

	r->proved = ok(verify(r->code, NOW, &proof));
	(void)pthread_barrier_wait(&verified);
	(void)pthread_mutex_lock(&committer);
	r->won = r->proved && ok(take(&proof, NOW, &left));
	(void)pthread_mutex_unlock(&committer);
	return NULL;
}

static void race_for(struct text code)
{
	struct racer racers[RACERS];
	size_t proved = 0, won = 0;

	assert_int_equal(pthread_barrier_init(&verified, NULL, RACERS), 0);
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){.code = code};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
		proved += racers[i].proved;
		won += racers[i].won;
	}
	(void)pthread_barrier_destroy(&verified);
	assert_int_equal(proved, RACERS);
	assert_int_equal(won, 1);
}

static void one_of_many_at_once_wins_a_code(void **state)
{
	(void)state;
	(void)add_totp("phone");
	for (uint64_t i = 0; i < 3; i++) {
		const struct hotp_code code = code_at(NOW + i * STEP - STEP);
		race_for(text_of(code.at));
	}
}

static struct factor_id add_codes(char codes[RECOVERYCODE_COUNT][RECOVERYCODE_TEXT + 1])
{
	AUTO(buffer) text = {.max = 512}, body = {.max = FACTOR_BODY_MAX};
	const struct factor f = {.id.uuid = uuid_new(NOW), .user = user, .kind = FACTOR_CODES, .name = TEXT("codes")};
	AUTO(store_txn) txn = {0};
	struct factor made = f;

	assert_ok(recoverycode_make(&f.id, &text, &body));
	assert_int_equal(text.len, RECOVERYCODE_COUNT * (RECOVERYCODE_TEXT + 1));
	for (size_t i = 0; i < RECOVERYCODE_COUNT; i++) {
		memcpy(codes[i], text.bytes + i * (RECOVERYCODE_TEXT + 1), RECOVERYCODE_TEXT);
		codes[i][RECOVERYCODE_TEXT] = '\0';
	}
	made.body = buffer_bytes(&body);
	assert_ok(store_begin(&store, &txn));
	assert_ok(factor_add(&txn, &made));
	commit(&txn);
	return f.id;
}

static void takes_each_recovery_code_once(void **state)
{
	char codes[RECOVERYCODE_COUNT][RECOVERYCODE_TEXT + 1];
	struct factor_proof proof;
	size_t left;

	(void)state;
	(void)add_codes(codes);
	race_for(text_of(codes[0]));
	for (size_t i = 1; i < RECOVERYCODE_COUNT; i++) {
		assert_ok(verify(text_of(codes[i]), NOW, &proof));
		assert_ok(take(&proof, NOW, &left));
		assert_int_equal(left, RECOVERYCODE_COUNT - 1 - i);
		assert_fails(ST_UNPROVEN, verify(text_of(codes[i]), NOW, &proof));
		assert_fails(ST_UNPROVEN, take(&proof, NOW, &left));
	}
}

static void reads_recovery_codes_as_people_type_them(void **state)
{
	static const struct factor_id id = {{{7}}};
	struct hash plain, typed;

	(void)state;
	assert_ok(recoverycode_hash(&id, TEXT("0123-abcd-wxyz-1100"), &plain));
	assert_ok(recoverycode_hash(&id, TEXT("o123 ABCD WXYZ ilOo"), &typed));
	assert_true(hash_equal(&plain, &typed));
	assert_fails(ST_UNPROVEN, recoverycode_hash(&id, TEXT("0123-abcd-wxyz-110"), &typed));
	assert_fails(ST_UNPROVEN, recoverycode_hash(&id, TEXT("0123-abcd-wxyz-1100-1"), &typed));
	assert_fails(ST_UNPROVEN, recoverycode_hash(&id, TEXT("0123-abcd-wxyz-110u"), &typed));
	assert_fails(ST_UNPROVEN, recoverycode_hash(&id, (struct text){"0123-abcd\0wxyz-1100", 19}, &typed));
	assert_fails(ST_UNPROVEN, recoverycode_hash(&id, TEXT(""), &typed));
}

static struct status remove_one(const struct user_id *whose, const struct factor_id *id, bool must_stay)
{
	AUTO(store_txn) txn = {0};
	struct factor gone;

	assert_ok(store_begin(&store, &txn));
	TRY(factor_remove(&txn, whose, id, must_stay, &gone));
	assert_true(uuid_equal(&gone.id.uuid, &id->uuid));
	commit(&txn);
	return OK;
}

static size_t count_of(const struct user_id *whose)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(factors) all = {0};

	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(factors_load(snapshot.view, whose, &all));
	return all.count;
}

static void keeps_the_last_one_where_it_must_stay(void **state)
{
	char codes[RECOVERYCODE_COUNT][RECOVERYCODE_TEXT + 1];
	const struct factor_id phone = add_totp("phone"), key = add_totp("token"), paper = add_codes(codes);

	(void)state;
	assert_fails(ST_NOT_FOUND, remove_one(&other, &phone, false));
	assert_ok(remove_one(&user, &phone, true));
	assert_fails(ST_CONFLICT, remove_one(&user, &key, true));
	assert_int_equal(count_of(&user), 2);
	/* Recovery codes are for who has something to recover. */
	assert_ok(remove_one(&user, &key, false));
	assert_int_equal(count_of(&user), 0);
	assert_fails(ST_NOT_FOUND, remove_one(&user, &paper, false));
}

static void clears_what_was_lost_and_remembers_that_it_asked(void **state)
{
	AUTO(store_txn) txn = {0};
	AUTO(factors) all = {0};
	size_t count;

	(void)state;
	(void)add_totp("phone");
	(void)add_totp("token");
	assert_ok(store_begin(&store, &txn));
	assert_ok(factor_ask(&txn, &user, NOW));
	assert_ok(factor_ask(&txn, &user, NOW + STEP));
	assert_ok(factor_clear(&txn, &user, &count));
	assert_int_equal(count, 2);
	assert_ok(factors_load(txn.view, &user, &all));
	assert_int_equal(all.count, 0);
	assert_int_equal(all.asked, NOW);
	commit(&txn);
}

static void refuses_a_token_that_somebody_has(void **state)
{
	AUTO(store_txn) txn = {0};
	struct factor f = {.user = other, .kind = FACTOR_PASSKEY, .name = TEXT("key"), .token = {{1, 2, 3}}};

	(void)state;
	(void)add_totp("phone");
	assert_ok(store_begin(&store, &txn));
	f.id.uuid = uuid_new(NOW);
	assert_ok(factor_add(&txn, &f));
	f.id.uuid = uuid_new(NOW);
	f.user = user;
	assert_fails(ST_CONFLICT, factor_add(&txn, &f));
	f.token.bytes[0]++;
	assert_ok(factor_add(&txn, &f));
	commit(&txn);
}

static void holds_so_many_under_names_of_their_own(void **state)
{
	AUTO(store_txn) txn = {0};
	struct factor f = {.user = user, .kind = FACTOR_TOTP, .name = TEXT("phone")};
	char name[] = "a";

	(void)state;
	(void)add_totp("phone");
	assert_ok(store_begin(&store, &txn));
	f.id.uuid = uuid_new(NOW);
	assert_fails(ST_CONFLICT, factor_add(&txn, &f));
	for (size_t i = 1; i < FACTOR_MAX - 1; i++, name[0]++) {
		f.id.uuid = uuid_new(NOW);
		f.name = text_of(name);
		assert_ok(factor_add(&txn, &f));
	}
	f.id.uuid = uuid_new(NOW);
	f.name = TEXT("one too many");
	assert_fails(ST_TOO_MANY, factor_add(&txn, &f));
	assert_ok(factor_ask(&txn, &user, NOW));
	commit(&txn);
	assert_int_equal(count_of(&user), FACTOR_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		ROW(accepts_one_step_around_now),           ROW(takes_no_code_twice_nor_an_older_one),
		ROW(remembers_the_step_over_a_restart),     ROW(one_of_many_at_once_wins_a_code),
		ROW(takes_each_recovery_code_once),         TEST(reads_recovery_codes_as_people_type_them),
		ROW(keeps_the_last_one_where_it_must_stay), ROW(clears_what_was_lost_and_remembers_that_it_asked),
		ROW(refuses_a_token_that_somebody_has),     ROW(holds_so_many_under_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
