/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "dispatch.h"
#include "label.h"
#include "scene.h"

/* A keeper, a connection to it, and the last answer. */
struct desk {
	struct folder f;
	struct keeper k;
	bool greeted;
	uint8_t question[KEYWIRE_PACKET_MAX], memory[KEYWIRE_PACKET_MAX];
	struct buffer answer;
};

static enum dispatch_verdict say_bytes(struct desk *d, struct bytes packet)
{
	d->answer = BUFFER_OVER(d->memory, sizeof d->memory);
	return dispatch_message(&d->k, &d->greeted, packet, &d->answer);
}

static enum dispatch_verdict say(struct desk *d, const struct keywire_question *q)
{
	struct buffer b = BUFFER_OVER(d->question, sizeof d->question);

	assert_ok(keywire_put_question(&b, q));
	return say_bytes(d, buffer_bytes(&b));
}

/* A question that is answered; its answer. */
static struct keywire_answer ask(struct desk *d, const struct keywire_question *q)
{
	struct keywire_answer a;

	assert_int_equal(say(d, q), DISPATCH_ANSWER);
	assert_ok(keywire_read_answer(buffer_bytes(&d->answer), &a));
	assert_int_equal(a.id, q->id);
	return a;
}

static struct keywire_question plain(enum keywire_id id)
{
	return (struct keywire_question){.id = id, .version = id == KEYWIRE_HELLO ? KEYWIRE_VERSION : 0};
}

static int fresh(void **state)
{
	static struct desk d;
	const struct keywire_question hello = plain(KEYWIRE_HELLO);

	folder_make(&d.f);
	keeper_begin(&os_real, &scene_clock, d.f.fd, &d.k);
	d.greeted = false;
	assert_int_equal(ask(&d, &hello).hello.state, KEYWIRE_MISSING);
	*state = &d;
	return 0;
}

static int opened(void **state)
{
	assert_int_equal(fresh(state), 0);
	struct desk *d = *state;
	const struct keywire_question q = {
		.id = KEYWIRE_CREATE,
		.create = {TEXT("https://localhost:8443"), TEXT("Site"), scene_proof()},
	};
	assert_ok(ask(d, &q).status);
	assert_int_equal(d->k.state, KEYWIRE_OPEN);
	return 0;
}

static int gone(void **state)
{
	struct desk *d = *state;

	keeper_seal(&d->k);
	folder_remove(&d->f);
	return 0;
}

static void greeting_comes_first_and_once(void **state)
{
	struct desk *d = *state;
	const struct keywire_question hello = plain(KEYWIRE_HELLO), status = plain(KEYWIRE_STATUS);

	assert_int_equal(say(d, &hello), DISPATCH_END);
	d->greeted = false;
	assert_int_equal(say(d, &status), DISPATCH_END);
	assert_int_equal(d->answer.len, 0);
	assert_ok(ask(d, &hello).status);
	assert_ok(ask(d, &status).status);
}

static void another_version_is_told_and_ended(void **state)
{
	struct desk *d = *state;
	struct keywire_question hello = plain(KEYWIRE_HELLO);
	struct keywire_answer a;

	d->greeted = false;
	hello.version = KEYWIRE_VERSION + 1;
	assert_int_equal(say(d, &hello), DISPATCH_LAST);
	assert_ok(keywire_read_answer(buffer_bytes(&d->answer), &a));
	assert_int_equal(a.status.code, ST_CONFLICT);
	assert_string_equal(a.status.what, REASON_VERSIONS);
	assert_false(d->greeted);
}

static void an_unlisted_id_ends_the_connection(void **state)
{
	struct desk *d = *state;

	for (unsigned id = 0; id < 256; id++) {
		uint8_t packet = (uint8_t)id;

		if (id >= KEYWIRE_HELLO && id < KEYWIRE_IDS)
			continue;
		assert_int_equal(say_bytes(d, bytes_of(&packet, 1)), DISPATCH_END);
		assert_int_equal(d->answer.len, 0);
	}
	assert_int_equal(say_bytes(d, bytes_of(&d->memory, 0)), DISPATCH_END);
}

static void one_byte_more_or_less_ends_the_connection(void **state)
{
	struct desk *d = *state;
	struct key_name name = scene_name(1);
	const struct keywire_question questions[] = {
		plain(KEYWIRE_IDENTITY),
		plain(KEYWIRE_STATUS),
		{.id = KEYWIRE_GET, .keys = {&name, 1}},
		{.id = KEYWIRE_SIGN, .sign = {.size = 1}},
		{.id = KEYWIRE_SLOT_ADD, .slot_add = {scene_proof(), scene_other_proof()}},
	};

	for (size_t i = 0; i < COUNT(questions); i++) {
		struct buffer b = BUFFER_OVER(d->question, sizeof d->question);

		assert_ok(keywire_put_question(&b, &questions[i]));
		assert_ok(buffer_put_u8(&b, 0));
		assert_int_equal(say_bytes(d, buffer_bytes(&b)), DISPATCH_END);
		for (size_t len = 0; len + 1 < b.len; len++)
			assert_int_equal(say_bytes(d, bytes_of(b.bytes, len)), DISPATCH_END);
		assert_int_equal(say_bytes(d, bytes_of(b.bytes, b.len - 1)), DISPATCH_ANSWER);
	}
}

/* The table, walked cell by cell. */
static void each_message_is_for_its_states(void **state)
{
	static const struct {
		enum keywire_id id;
		bool missing, sealed, open;
	} table[] = {
		{KEYWIRE_CREATE, true, false, false},   {KEYWIRE_UNSEAL, false, true, false},
		{KEYWIRE_GET, false, false, true},      {KEYWIRE_MAKE, false, false, true},
		{KEYWIRE_SIGN, false, false, true},     {KEYWIRE_IDENTITY, false, false, true},
		{KEYWIRE_RENEW, false, false, true},    {KEYWIRE_IMPORT, false, false, true},
		{KEYWIRE_REWRAP, false, false, true},   {KEYWIRE_STATUS, true, true, true},
		{KEYWIRE_SLOT_ADD, false, false, true}, {KEYWIRE_SLOT_REMOVE, false, false, true},
	};
	struct desk *d = *state;
	struct key_name name = scene_name(1);

	assert_int_equal(COUNT(table), KEYWIRE_IDS - 2);
	for (size_t i = 0; i < COUNT(table); i++)
		for (int in = KEYWIRE_MISSING; in <= KEYWIRE_OPEN; in++) {
			struct keywire_question q = {.id = table[i].id};
			struct keywire_answer a;
			bool allowed = in == KEYWIRE_MISSING  ? table[i].missing
				       : in == KEYWIRE_SEALED ? table[i].sealed
							      : table[i].open;

			if (allowed)
				continue;
			if (q.id == KEYWIRE_CREATE)
				q.create.origin = TEXT("https://a"), q.create.site_name = TEXT("S"),
				q.create.proof = scene_proof();
			if (q.id == KEYWIRE_UNSEAL)
				q.unseal = scene_proof();
			if (q.id == KEYWIRE_GET || q.id == KEYWIRE_MAKE)
				q.keys.names = &name, q.keys.count = 1;
			if (q.id == KEYWIRE_IMPORT)
				q.import = (struct keywire_chain){BYTES_LITERAL("k"), 1, {BYTES_LITERAL("c")}};
			if (q.id == KEYWIRE_SLOT_ADD)
				q.slot_add.present = q.slot_add.added = scene_proof();
			if (q.id == KEYWIRE_SLOT_REMOVE)
				q.slot_remove.present = scene_proof();
			d->k.state = (enum keywire_state)in;
			a = ask(d, &q);
			assert_false(ok(a.status));
			assert_non_null(a.status.what);
			assert_int_equal((int)d->k.state, in);
		}
	d->k.state = KEYWIRE_MISSING;
}

static void gives_keys_and_says_which_are_missing(void **state)
{
	struct desk *d = *state;
	struct key_name names[3] = {scene_name(1), scene_name(2), scene_name(1)};
	const struct keywire_question make = {.id = KEYWIRE_MAKE, .keys = {names, 1}};
	const struct keywire_question get = {.id = KEYWIRE_GET, .keys = {names, 3}};
	static const uint8_t zeros[32];
	uint8_t made[32];

	struct keywire_answer a = ask(d, &make);
	assert_int_equal(a.keys.count, 1);
	memcpy(made, a.keys.at, 32);
	assert_memory_not_equal(made, zeros, 32);
	a = ask(d, &get);
	assert_int_equal(a.keys.count, 3);
	assert_int_equal(a.keys.at[0], 1);
	assert_memory_equal(a.keys.at + 1, made, 32);
	assert_int_equal(a.keys.at[33], 0);
	assert_memory_equal(a.keys.at + 34, zeros, 32);
	assert_memory_equal(a.keys.at + 67, made, 32);
	/* The same question, the same key, twice in one too. */
	const struct keywire_question again = {.id = KEYWIRE_MAKE, .keys = {names, 3}};
	a = ask(d, &again);
	assert_memory_equal(a.keys.at, made, 32);
	assert_memory_equal(a.keys.at + 64, made, 32);
}

/* PROMISES#S6: night, CA, TLS and log signing keys have no name that a message takes. */
static void no_message_asks_for_keyds_own_keys(void **state)
{
	struct desk *d = *state;
	static const enum key_scope scopes[] = {KEY_GENERATION, KEY_TLS, KEY_CA, KEY_LOG_SIGNING, 0, 8, 255};

	for (size_t i = 0; i < COUNT(scopes); i++) {
		for (int id = KEYWIRE_GET; id <= KEYWIRE_MAKE; id++) {
			struct buffer b = BUFFER_OVER(d->question, sizeof d->question);
			struct key_name name = key_name_number(scopes[i], 0);

			assert_ok(buffer_put_u8(&b, (uint8_t)id));
			assert_ok(buffer_put_u16(&b, 1));
			assert_ok(buffer_put(&b, BYTES_OF(name)));
			assert_int_equal(say_bytes(d, buffer_bytes(&b)), DISPATCH_END);
		}
	}
}

static void a_damaged_row_is_refused_without_a_byte_of_a_key(void **state)
{
	struct desk *d = *state;
	struct key_name names[2] = {scene_name(1), scene_name(2)};
	const struct keywire_question make = {.id = KEYWIRE_MAKE, .keys = {names, 2}};
	const struct keywire_question get = {.id = KEYWIRE_GET, .keys = {names, 2}};

	assert_ok(ask(d, &make).status);
	d->k.store.now.rows.slab.bytes[d->k.store.now.rows.slab.len - 1] ^= 1;
	struct keywire_answer a = ask(d, &get);
	assert_int_equal(a.status.code, ST_CORRUPT);
	assert_string_equal(a.status.what, REASON_ROW);
	assert_int_equal(d->answer.len, 3);
	/* The first one had been opened: it is gone from the packet. */
	for (size_t i = 3; i < sizeof d->memory; i++)
		assert_int_equal(d->memory[i], 0);
}

static void the_certificate_is_given_renewed_and_imported(void **state)
{
	struct desk *d = *state;
	const struct keywire_question identity = plain(KEYWIRE_IDENTITY), renew = plain(KEYWIRE_RENEW);
	const struct keywire_question import = {
		.id = KEYWIRE_IMPORT,
		.import = {BYTES_LITERAL("private"), 2, {BYTES_LITERAL("leaf"), BYTES_LITERAL("middle")}},
	};
	uint8_t first[121];

	struct keywire_answer a = ask(d, &identity);
	assert_int_equal(a.identity.source, TLS_OWN_CA);
	assert_int_equal(a.identity.chain.count, 1);
	assert_int_equal(a.identity.chain.private_key.len, sizeof first);
	assert_true(a.identity.ca.len > 100);
	memcpy(first, a.identity.chain.private_key.at, sizeof first);
	scene_now += 1000;
	a = ask(d, &renew);
	assert_int_equal(a.identity.made, scene_now);
	assert_memory_not_equal(a.identity.chain.private_key.at, first, sizeof first);
	assert_int_equal(d->k.store.now.rows.counts[KEY_TLS], 1);
	assert_ok(ask(d, &import).status);
	a = ask(d, &identity);
	assert_int_equal(a.identity.source, TLS_IMPORTED);
	assert_int_equal(a.identity.ca.len, 0);
	assert_int_equal(a.identity.chain.count, 2);
	assert_true(bytes_equal(a.identity.chain.certificates[1], BYTES_LITERAL("middle")));
	assert_true(bytes_equal(a.identity.chain.private_key, BYTES_LITERAL("private")));
	a = ask(d, &renew);
	assert_int_equal(a.status.code, ST_CONFLICT);
	assert_string_equal(a.status.what, REASON_IMPORTED);
	assert_int_equal(d->k.store.now.rows.counts[KEY_TLS], 1);
}

static void a_night_is_answered_when_it_is_over(void **state)
{
	struct desk *d = *state;
	const struct keywire_question rewrap = plain(KEYWIRE_REWRAP), status = plain(KEYWIRE_STATUS);
	struct keywire_answer a;

	assert_int_equal(say(d, &rewrap), DISPATCH_LATER);
	a = ask(d, &status);
	assert_int_equal(a.about.rewrap, REWRAP_RUNNING);
	a = ask(d, &rewrap);
	assert_int_equal(a.status.code, ST_BUSY);
	while (d->k.rewrap.running)
		keeper_step(&d->k);
	d->answer = BUFFER_OVER(d->memory, sizeof d->memory);
	dispatch_rewrapped(&d->k, &d->answer);
	assert_ok(keywire_read_answer(buffer_bytes(&d->answer), &a));
	assert_ok(a.status);
	assert_int_equal(a.night, 2);
	a = ask(d, &status);
	assert_int_equal(a.about.night, 2);
	assert_int_equal(a.about.rewrap, REWRAP_IDLE);
	assert_false(a.about.old_night_remains);
}

static void a_full_disk_says_so(void **state)
{
	struct desk *d = *state;
	struct key_name name = scene_name(1);
	const struct keywire_question make = {.id = KEYWIRE_MAKE, .keys = {&name, 1}};

	d->k.store.now.journal.os = &faults_os;
	faults_set(FAULTS_ONCE, 0, 28 /* ENOSPC */);
	struct keywire_answer a = ask(d, &make);
	faults_set(FAULTS_NONE, 0, 0);
	assert_int_equal(a.status.code, ST_FULL);
	assert_string_equal(a.status.what, REASON_DISK_FULL);
	faults_set(FAULTS_ONCE, 0, 5 /* EIO */);
	a = ask(d, &make);
	faults_set(FAULTS_NONE, 0, 0);
	assert_int_equal(a.status.code, ST_IO);
	assert_string_equal(a.status.what, REASON_WRITE);
	assert_ok(ask(d, &make).status);
	d->k.store.now.journal.os = &os_real;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(greeting_comes_first_and_once, fresh, gone),
		cmocka_unit_test_setup_teardown(another_version_is_told_and_ended, fresh, gone),
		cmocka_unit_test_setup_teardown(an_unlisted_id_ends_the_connection, opened, gone),
		cmocka_unit_test_setup_teardown(one_byte_more_or_less_ends_the_connection, opened, gone),
		cmocka_unit_test_setup_teardown(each_message_is_for_its_states, fresh, gone),
		cmocka_unit_test_setup_teardown(gives_keys_and_says_which_are_missing, opened, gone),
		cmocka_unit_test_setup_teardown(no_message_asks_for_keyds_own_keys, opened, gone),
		cmocka_unit_test_setup_teardown(a_damaged_row_is_refused_without_a_byte_of_a_key, opened, gone),
		cmocka_unit_test_setup_teardown(the_certificate_is_given_renewed_and_imported, opened, gone),
		cmocka_unit_test_setup_teardown(a_night_is_answered_when_it_is_over, opened, gone),
		cmocka_unit_test_setup_teardown(a_full_disk_says_so, opened, gone),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
