/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of session fails in turn: a clear answer, no leak, nothing half made. */
#include "testing.h"

#include <stdlib.h>

#include "challenge.h"
#include "credential.h"
#include "factor.h"
#include "failingheap.h"
#include "presence.h"
#include "recoverycode.h"
#include "rig.h"
#include "session.h"

static struct rig rig;
static struct store store;

static struct status make_tables(void)
{
	struct challenges challenges = {0};
	struct presence *presence = NULL;
	struct status s = challenges_new(&challenges);

	if (ok(s))
		s = presence_new(0, &presence);
	/* Past the first table's half it has to grow. */
	for (uint64_t i = 0; ok(s) && i < 600; i++) {
		struct session_id id = {uuid_new(i)};
		s = presence_touch(presence, &id, 1, 10);
	}
	presence_free(presence);
	challenges_clear(&challenges);
	return s;
}

static bool none_over(void *context, const struct session *s)
{
	(void)context;
	(void)s;
	return false;
}

static void none_ended(void *context, const struct session *s)
{
	(void)context;
	(void)s;
	fail();
}

static struct status open_and_end(void)
{
	const struct session_opening o = {.user = {rig_patient(1)},
					  .device = {rig_patient(2)},
					  .now = 5,
					  .absolute_ms = 1000,
					  .cap = 1,
					  .over = none_over,
					  .ended = none_ended};
	AUTO(store_txn) txn = {0};
	AUTO(secret) token = {0};
	struct credential credential;
	struct session session, found;
	struct hash hash;

	TRY(store_begin(&store, &txn));
	TRY(session_open(&txn, &o, &token, &session));
	TRY(credential_put(&txn, &o.user, &(struct credential){.hash = "$argon2id$"}));
	TRY(credential_get(txn.view, &o.user, &credential));
	TRY(session_token_hash((struct text){(const char *)token.bytes, SESSION_TOKEN_TEXT}, &hash));
	TRY(session_find(txn.view, &hash, 6, &found));
	return session_end(&txn, &session.id);
}

static struct status use_factors(void)
{
	static const struct user_id user = {{{1}}};
	AUTO(store_txn) txn = {0};
	AUTO(buffer) codes = {.max = 512}, body = {.max = FACTOR_BODY_MAX};
	AUTO(factors) had = {0};
	struct factor f = {.user = user, .kind = FACTOR_CODES, .name = TEXT("codes"), .id = {{{9}}}};
	struct factor_proof proof;
	struct factor gone;
	size_t left;

	TRY(store_begin(&store, &txn));
	TRY(recoverycode_make(&f.id, &codes, &body));
	f.body = buffer_bytes(&body);
	TRY(factor_add(&txn, &f));
	TRY(factors_load(txn.view, &user, &had));
	const struct factor_answer answer =
		factor_answer_code((struct text){(const char *)codes.bytes, RECOVERYCODE_TEXT});
	TRY(factor_verify(&had, &answer, 1, &proof));
	TRY(factor_take(&txn, &proof, 1, &left));
	assert_int_equal(left, RECOVERYCODE_COUNT - 1);
	return factor_remove(&txn, &user, &f.id, false, &gone);
}

static void in_turn(struct status (*work)(void), bool persistent)
{
	struct status s = FAIL(ST_NO_MEMORY);
	bool failed = true;

	for (long n = 0; n < 5000; n++) {
		failingheap_begin(n, persistent);
		s = work();
		failed = failingheap_end();
		if (!failed)
			break;
		/* What could do without is as good. */
		if (!ok(s))
			assert_true(s.code == ST_NO_MEMORY || s.code == ST_IO);
	}
	assert_false(failed);
	assert_ok(s);
}

static void of_tables(void **state)
{
	(void)state;
	assert_ok(secret_setup());
	in_turn(make_tables, false);
	in_turn(make_tables, true);
}

static void of_rows(void **state)
{
	(void)state;
	rig = rig_new();
	assert_ok(store_open(&rig.options, &store));
	in_turn(open_and_end, false);
	in_turn(open_and_end, true);
	in_turn(use_factors, false);
	in_turn(use_factors, true);
	store_clear(&store);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(of_tables), TEST(of_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
