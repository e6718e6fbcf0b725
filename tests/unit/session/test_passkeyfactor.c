/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys as second factors in rows: whose counter goes back is a copy, whoever races (PROMISES#S5). */
#include "testing.h"

#include "factor.h"
#include "hash.h"
#include "openstore.h"
#include "passkey_device.h"
#include "token.h"

#define NOW 1700000010000ull

/** A passkey of device_user, registered with the counter 5. */
static struct device registered(void)
{
	struct device d = device_new();
	const struct passkey_expected e = device_expected();
	AUTO(buffer) body = {.max = FACTOR_BODY_MAX};
	AUTO(store_txn) txn = {0};
	struct passkey p;

	device_say(&d, CREATE, ORIGIN, "");
	device_tell(&d, HOST, REGISTERED, 5);
	device_wrap(&d, NONE);
	const struct passkey_registration r = {buffer_bytes(&d.client), buffer_bytes(&d.object)};
	assert_ok(passkey_register(&e, &r, &p));
	assert_ok(passkey_write(&p, &body));
	struct factor f = {.id.uuid = uuid_new(NOW),
			   .user = device_user,
			   .kind = FACTOR_PASSKEY,
			   .created = NOW,
			   .name = TEXT("key ring"),
			   .body = buffer_bytes(&body)};
	assert_ok(store_begin(&store, &txn));
	assert_ok(token_of(txn.view, TOKEN_PASSKEY, p.credential, &f.token));
	assert_ok(factor_add(&txn, &f));
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("added"), NULL));
	assert_ok(store_commit(&txn));
	return d;
}

static struct status verify(struct device *d, uint32_t counter, struct factor_proof *out)
{
	AUTO(store_snapshot) snapshot = {0};
	AUTO(factors) all = {0};

	device_say(d, GET, ORIGIN, "");
	device_tell(d, HOST, VERIFIED, counter);
	device_sign(d);
	const struct passkey_answer answer = {device_expected(), device_assertion(d)};
	const struct factor_answer given = {.kind = FACTOR_PASSKEY, .passkey = &answer};
	assert_ok(store_snapshot_new(&store, &snapshot));
	assert_ok(factors_load(snapshot.view, &device_user, &all));
	return factor_verify(&all, &given, NOW, out);
}

static struct status take(const struct factor_proof *proof)
{
	AUTO(store_txn) txn = {0};
	size_t left;

	assert_ok(store_begin(&store, &txn));
	TRY(factor_take(&txn, proof, NOW, &left));
	assert_ok(store_txn_audit(&txn, BYTES_LITERAL("used"), NULL));
	return store_commit(&txn);
}

static void counts_in_the_transaction(void **state)
{
	struct factor_proof early, late, again;
	AUTO(device) d = registered();

	(void)state;
	assert_ok(verify(&d, 6, &early));
	assert_ok(verify(&d, 7, &late));
	assert_ok(take(&late));
	/* Good when it was verified; another was faster. */
	assert_fails(ST_UNPROVEN, take(&early));
	assert_fails(ST_UNPROVEN, take(&late));
	assert_ok(verify(&d, 7, &again));
	assert_fails(ST_UNPROVEN, take(&again));
	store_clear(&store);
	assert_ok(store_open(&rig.options, &store));
	assert_fails(ST_UNPROVEN, take(&again));
	assert_ok(verify(&d, 8, &again));
	assert_ok(take(&again));
}

static void says_why_of_the_one_that_was_named(void **state)
{
	struct factor_proof proof;
	AUTO(device) d = registered();

	(void)state;
	d.private_key.bytes[31] ^= 1;
	struct status s = verify(&d, 6, &proof);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, "passkey: the signature does not fit");
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {EACH(counts_in_the_transaction), EACH(says_why_of_the_one_that_was_named)};

	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
