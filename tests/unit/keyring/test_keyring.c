/* SPDX-License-Identifier: Apache-2.0 */
/* The real tacenda-keyd, through the client. */
#include "keyring_fixture.h"

static void keys_survive_a_restart(void **state)
{
	struct den *d = *state;
	const struct key_name missing = den_name(500);
	struct key before[100], key;

	assert_int_equal(d->ring.state, KEYWIRE_OPEN);
	create(&d->ring, 0, 100);
	for (uint64_t n = 0; n < 100; n++)
		before[n] = get(&d->ring, n);
	den_restart(d);
	for (uint64_t n = 0; n < 100; n++) {
		key = get(&d->ring, n);
		assert_memory_equal(&key, &before[n], sizeof key);
	}
	assert_fails(ST_NOT_FOUND, keyring_get(&d->ring, &missing, &key));
	/* Creating again changes nothing. */
	create(&d->ring, 0, 100);
	den_restart(d);
	key = get(&d->ring, 7);
	assert_memory_equal(&key, &before[7], sizeof key);
}

static void a_prefetched_page_needs_no_more_messages(void **state)
{
	struct den *d = *state;
	struct key_name names[2500];

	for (uint64_t n = 0; n < 2500; n += 500)
		create(&d->ring, n, 500);
	for (uint64_t n = 0; n < 2500; n++)
		names[n] = den_name(n);
	den_restart(d);
	assert_ok(keyring_prefetch(&d->ring, names, 2500));
	assert_ok(keyring_prefetch(&d->ring, names, 0));
	/* Nobody answers any more; what is here is here. */
	int fd = d->ring.fd, pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	d->ring.fd = pair[0];
	assert_ok(keyring_prefetch(&d->ring, names, 2500));
	for (uint64_t n = 0; n < 2500; n++)
		(void)get(&d->ring, n);
	(void)close(pair[0]);
	(void)close(pair[1]);
	d->ring.fd = fd;
}

static void refusals_keep_their_words(void **state)
{
	struct den *d = *state;
	const struct keywire_proof wrong = den_passphrase("wrong"), right = den_proof();
	struct keyring_process second = {.watch = -1};
	struct keyring ring = {.fd = -1};

	struct status s = keyring_init(&d->ring, TEXT("https://localhost"), TEXT("Site"), &right);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_HAS_STORE);
	/* A second keyd on the same store. */
	assert_ok(keyring_start(&d->options, &second));
	assert_ok(keyring_open(&second, 0, &ring));
	s = keyring_unseal(&ring, &right);
	assert_int_equal(s.code, ST_BUSY);
	assert_string_equal(s.what, REASON_LOCKED);
	keyring_clear(&ring);
	keyring_process_clear(&second);
	den_stop(d);
	den_start(d);
	assert_int_equal(d->ring.state, KEYWIRE_SEALED);
	s = keyring_unseal(&d->ring, &wrong);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, REASON_SECRET);
	struct key key;
	const struct key_name name = den_name(1);
	s = keyring_get(&d->ring, &name, &key);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_SEALED);
	assert_ok(keyring_unseal(&d->ring, &right));
	s = keyring_unseal(&d->ring, &right);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_UNSEALED);
}

static void a_missing_store_is_named(void **state)
{
	struct den *d = *state;
	const struct keywire_proof proof = den_proof();

	assert_int_equal(d->ring.state, KEYWIRE_MISSING);
	struct status s = keyring_unseal(&d->ring, &proof);
	assert_int_equal(s.code, ST_NOT_FOUND);
	assert_string_equal(s.what, REASON_NO_STORE);
	/* Not even the folder. */
	den_stop(d);
	assert_int_equal(rmdir(d->keys), 0);
	d->options.create = false;
	den_start(d);
	s = keyring_unseal(&d->ring, &proof);
	assert_int_equal(s.code, ST_NOT_FOUND);
	s = keyring_init(&d->ring, TEXT("https://localhost"), TEXT("Site"), &proof);
	assert_false(ok(s));
	assert_string_equal(s.what, REASON_NO_STORE);
	assert_int_equal(access(d->keys, F_OK), -1);
}

static void a_missing_program_is_named(void **state)
{
	struct den *d = *state;
	struct keyring_process p = {.watch = -1};
	struct keyring_options o = d->options;

	o.program = "/nowhere/tacenda-keyd";
	struct status s = keyring_start(&o, &p);
	assert_int_equal(s.code, ST_NOT_FOUND);
	assert_string_equal(s.what, REASON_PROGRAM);
	/* Beside this test there is none. */
	o.program = NULL;
	assert_fails(ST_NOT_FOUND, keyring_start(&o, &p));
	o.connections = KEYRING_CONNECTIONS_MAX + 1;
	assert_fails(ST_INVALID, keyring_start(&o, &p));
	assert_false(runs(&p));
}

/* A thread with a connection of its own. */
struct worker {
	struct den *d;
	size_t number;
	bool good;
};

static void *work(void *context)
{
	struct worker *w = context;
	struct keyring r = {.fd = -1};
	struct key_name names[50];
	struct key key, first[50];

	if (!ok(keyring_open(&w->d->process, w->number, &r)))
		return NULL;
	bool good = true;
	for (uint64_t round = 0; good && round < 20; round++) {
		for (uint64_t n = 0; n < 50; n++)
			names[n] = den_name(w->number * 10000 + round * 50 + n);
		good = ok(keyring_create(&r, names, 50));
		for (uint64_t n = 0; good && n < 50; n++)
			good = ok(keyring_get(&r, &names[n], &first[n]));
		keycache_empty(&r.cache);
		good = good && ok(keyring_prefetch(&r, names, 50));
		for (uint64_t n = 0; good && n < 50; n++)
			good = ok(keyring_get(&r, &names[n], &key)) && memcmp(&key, &first[n], sizeof key) == 0;
	}
	keyring_clear(&r);
	w->good = good;
	return NULL;
}

static void run_workers(struct den *d, struct worker *workers, pthread_t *threads)
{
	for (size_t i = 0; i < 3; i++) {
		workers[i] = (struct worker){d, i + 1, false};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
}

static void join_workers(struct worker *workers, pthread_t *threads)
{
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(workers[i].good);
	}
}

static void threads_have_connections_of_their_own(void **state)
{
	struct worker workers[3];
	pthread_t threads[3];

	run_workers(*state, workers, threads);
	join_workers(workers, threads);
}

static void a_night_stops_nobody(void **state)
{
	struct den *d = *state;
	struct worker workers[3];
	pthread_t threads[3];
	uint64_t night, last = 1;

	for (uint64_t n = 0; n < 5000; n += 1000)
		create(&d->ring, 1000000 + n, 1000);
	const struct key before = get(&d->ring, 1000001);
	run_workers(d, workers, threads);
	for (int i = 0; i < 3; i++) {
		assert_ok(keyring_rewrap(&d->ring, &night));
		assert_int_equal(night, last + 1);
		last = night;
	}
	join_workers(workers, threads);
	den_restart(d);
	const struct key after = get(&d->ring, 1000001);
	assert_memory_equal(&before, &after, sizeof before);
	for (uint64_t w = 1; w <= 3; w++)
		(void)get(&d->ring, w * 10000 + 999);
}

static void a_checkpoint_is_signed_once_for_a_size(void **state)
{
	struct den *d = *state;
	const struct hash root = {{1}}, other = {{2}};
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	struct keywire_status about;

	assert_ok(keyring_sign_checkpoint(&d->ring, 1, &root, NULL, 0, &note));
	assert_true(note.len > 100);
	assert_memory_equal(note.bytes, "localhost:8443/v1/log\n1\n", 24);
	den_restart(d);
	struct status s = keyring_sign_checkpoint(&d->ring, 1, &other, NULL, 0, &note);
	assert_int_equal(s.code, ST_CORRUPT);
	assert_string_equal(s.what, REASON_OTHER_ROOT);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.signed_size, 1);
	assert_true(hash_equal(&about.signed_root, &root));
	assert_true(text_equal(about.origin, TEXT("https://localhost:8443")));
}

static void the_certificate_comes_with_its_key(void **state)
{
	struct den *d = *state;
	AUTO(keyring_identity) first = {0};
	AUTO(keyring_identity) second = {0};
	AUTO(keyring_identity) third = {0};

	assert_ok(keyring_tls_identity(&d->ring, &first));
	assert_int_equal(first.source, TLS_OWN_CA);
	assert_int_equal(first.count, 1);
	assert_true(first.ca.len > 0 && first.chain[0].len > 0 && first.private_key.len > 0);
	assert_true(first.ends > first.made);
	assert_ok(keyring_tls_renew(&d->ring, &second));
	assert_true(bytes_equal(buffer_bytes(&first.ca), buffer_bytes(&second.ca)));
	assert_false(bytes_equal(buffer_bytes(&first.chain[0]), buffer_bytes(&second.chain[0])));
	const struct keywire_chain chain = {BYTES_LITERAL("key"), 1, {BYTES_LITERAL("certificate")}};
	assert_ok(keyring_tls_import(&d->ring, &chain));
	den_restart(d);
	assert_ok(keyring_tls_identity(&d->ring, &third));
	assert_int_equal(third.source, TLS_IMPORTED);
	assert_true(bytes_equal(buffer_bytes(&third.chain[0]), BYTES_LITERAL("certificate")));
	assert_fails(ST_CONFLICT, keyring_tls_renew(&d->ring, &first));
}

static void slots_are_added_and_removed(void **state)
{
	struct den *d = *state;
	const struct keywire_proof file = den_proof(), words = den_passphrase("three good words");
	struct keywire_status about;
	size_t count;

	assert_ok(keyring_slot_add(&d->ring, &file, &words, &count));
	assert_int_equal(count, 2);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.slots[0].kind, SLOT_KEY_FILE);
	assert_int_equal(about.slots[1].kind, SLOT_PASSPHRASE);
	assert_fails(ST_NOT_FOUND, keyring_slot_remove(&d->ring, &words, 2, &count));
	assert_ok(keyring_slot_remove(&d->ring, &words, 0, &count));
	assert_int_equal(count, 1);
	assert_fails(ST_UNPROVEN, keyring_slot_remove(&d->ring, &file, 0, &count));
	struct status s = keyring_slot_remove(&d->ring, &words, 0, &count);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_LAST_SLOT);
	den_stop(d);
	den_start(d);
	assert_fails(ST_UNPROVEN, keyring_unseal(&d->ring, &file));
	assert_ok(keyring_unseal(&d->ring, &words));
}

static void holders_acknowledge_each_night(void **state)
{
	struct den *d = *state;
	struct keywire_status about;
	char path[128];
	uint64_t night;

	den_stop(d);
	d->options.holders[0] = d->holder;
	d->options.holders[1] = "/nowhere/at/all";
	d->options.holder_count = 2;
	den_start(d);
	const struct keywire_proof proof = den_proof();
	assert_ok(keyring_unseal(&d->ring, &proof));
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.holders, 2);
	assert_int_equal(about.acknowledged, 1);
	struct status s = keyring_rewrap(&d->ring, &night);
	assert_int_equal(s.code, ST_UNREACHABLE);
	assert_string_equal(s.what, REASON_HOLDER);
	assert_ok(keyring_status(&d->ring, &about));
	assert_int_equal(about.night, 1);
	assert_int_equal(about.rewrap, REWRAP_FAILED);
	assert_string_equal(about.rewrap_failure.what, REASON_HOLDER);
	/* The connection is as good as before. */
	create(&d->ring, 1, 1);
	d->options.holder_count = 1;
	den_stop(d);
	den_start(d);
	assert_ok(keyring_unseal(&d->ring, &proof));
	/* The interrupted night goes on by itself; a question meanwhile is told so or finds it done. */
	s = keyring_rewrap(&d->ring, &night);
	assert_true(ok(s) || s.code == ST_BUSY);
	do {
		assert_ok(keyring_status(&d->ring, &about));
	} while (about.rewrap == REWRAP_RUNNING);
	assert_true(about.night >= 2);
	assert_int_equal(about.acknowledged, 1);
	assert_false(about.old_night_remains);
	(void)snprintf(path, sizeof path, "%s/%08d.night", d->holder, (int)about.night);
	assert_int_equal(access(path, F_OK), 0);
	(void)snprintf(path, sizeof path, "%s/00000001.night", d->holder);
	assert_int_equal(access(path, F_OK), 0);
	(void)get(&d->ring, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_survive_a_restart, opened, gone),
		cmocka_unit_test_setup_teardown(a_prefetched_page_needs_no_more_messages, opened, gone),
		cmocka_unit_test_setup_teardown(refusals_keep_their_words, opened, gone),
		cmocka_unit_test_setup_teardown(a_missing_store_is_named, fresh, gone),
		cmocka_unit_test_setup_teardown(a_missing_program_is_named, fresh, gone),
		cmocka_unit_test_setup_teardown(threads_have_connections_of_their_own, opened, gone),
		cmocka_unit_test_setup_teardown(a_night_stops_nobody, opened, gone),
		cmocka_unit_test_setup_teardown(a_checkpoint_is_signed_once_for_a_size, opened, gone),
		cmocka_unit_test_setup_teardown(the_certificate_comes_with_its_key, opened, gone),
		cmocka_unit_test_setup_teardown(slots_are_added_and_removed, opened, gone),
		cmocka_unit_test_setup_teardown(holders_acknowledge_each_night, opened, gone),
	};

	if (argc < 2 || !ok(secret_setup()))
		return 1;
	den_program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
