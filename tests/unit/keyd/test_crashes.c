/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every writer of the key store, with every one of its system calls failing once,
 * failing from there on, being the last thing the process does, or being the last
 * thing before the power goes.  After each the store opens with all that was
 * acknowledged, goes through a night, and opens again.
 */
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"
#include "tree.h"

#define BASE_KEYS 20
#define MADE_KEYS 8
#define MADE_MAX  8

/* What was acknowledged; shared with the child that is killed. */
struct acknowledged {
	struct status outcome; /* of the act as a whole */
	bool done;
	uint32_t made; /* batches of MADE_KEYS */
	uint8_t keys[MADE_MAX * MADE_KEYS * 32];
	uint64_t signed_size;
};
static struct acknowledged *told;
static struct folder base;
static uint8_t base_keys[BASE_KEYS * 32];

static int before_all(void **state)
{
	struct keeper k;

	(void)state;
	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(told != MAP_FAILED);
	scene_now = SCENE_NOW;
	folder_make(&base);
	assert_ok(scene_create(&os_real, &base, &k));
	assert_ok(scene_make(&k, 0, BASE_KEYS, base_keys));
	keeper_seal(&k);
	return 0;
}

static int after_all(void **state)
{
	(void)state;
	folder_remove(&base);
	return munmap(told, sizeof *told);
}

/* The acts. */

static struct status make_batch(struct keeper *k)
{
	TRY(scene_make(k, 1000 + told->made * MADE_KEYS, MADE_KEYS, told->keys + told->made * MADE_KEYS * 32));
	told->made++;
	return OK;
}

static struct status act_make(struct keeper *k)
{
	TRY(make_batch(k));
	return make_batch(k);
}

static struct status act_destroy(struct keeper *k)
{
	/* A name that no check asks for. */
	struct key_name name = key_name_number(KEY_SITE_ROWS, 0);

	return keystore_destroy(&k->store, &name);
}

/* Keys are made before, while and after rows are sealed anew. */
static struct status act_rewrap(struct keeper *k)
{
	const struct rewrap_place place = keeper_rewrap_place(k);

	TRY(rewrap_begin(&place, &k->rewrap));
	TRY(make_batch(k));
	while (k->rewrap.running) {
		TRY(rewrap_step(&place, &k->rewrap, 7));
		if (told->made < 4)
			TRY(make_batch(k));
	}
	return make_batch(k);
}

static struct status act_two_nights(struct keeper *k)
{
	TRY(scene_rewrap(k));
	TRY(make_batch(k));
	TRY(scene_rewrap(k));
	return make_batch(k);
}

static struct status act_sign(struct keeper *k)
{
	AUTO(buffer) note = {.max = KEYWIRE_NOTE_MAX};
	struct tree_head head = {.size = 1, .root = {{1}}};

	TRY(signer_sign(&k->signer, &head, NULL, 0, &note));
	told->signed_size = 1;
	return OK;
}

static struct status act_renew(struct keeper *k)
{
	const struct tlsidentity_place place = keeper_tls_place(k);

	TRY(tlsidentity_renew(&place, &k->tls, scene_now));
	return tlsidentity_renew(&place, &k->tls, scene_now);
}

static struct status act_add_slot(struct keeper *k)
{
	const struct keywire_proof first = scene_proof(), second = scene_other_proof();

	return keeper_add_slot(k, &first, &second);
}

/* What must hold of whatever is found afterwards. */

static void check_keys(struct keeper *k)
{
	assert_true(scene_holds(k, 0, BASE_KEYS, base_keys));
	assert_true(scene_holds(k, 1000, told->made * MADE_KEYS, told->keys));
}

static void check_open(struct keeper *k)
{
	const struct tlsidentity_place place = keeper_tls_place(k);
	AUTO(secret) key = {0};

	check_keys(k);
	assert_true(k->signer.last.size >= told->signed_size);
	assert_ok(tlsidentity_key(&place, &k->tls, &key));
	assert_int_equal(key.len, 121);
}

/* A store that opens, finishes what was begun, goes through a night and another
 * start, and has left nothing of earlier nights behind. */
static void check_folder(const struct folder *f)
{
	struct keeper k;
	struct keywire_status about;
	char name[NIGHTFILE_NAME_LEN];
	struct stat gone;

	struct status s = scene_open(&os_real, f, &k);
	if (!ok(s))
		fail_msg("does not open: %s (%s)", status_name(s.code), s.what != NULL ? s.what : "-");
	check_open(&k);
	while (k.rewrap.running)
		keeper_step(&k);
	assert_ok(k.rewrap_failure);
	check_open(&k);
	assert_ok(scene_rewrap(&k));
	const struct tlsidentity_place place = keeper_tls_place(&k);
	assert_ok(tlsidentity_renew(&place, &k.tls, scene_now));
	check_open(&k);
	keeper_status(&k, &about);
	assert_false(about.old_night_remains);
	assert_int_equal(about.keys[KEY_TLS], 1);
	for (uint64_t night = 1; night < about.night; night++) {
		nightfile_name(night, name);
		assert_int_equal(fstatat(k.nights, name, &gone, 0), -1);
	}
	keeper_seal(&k);
	assert_ok(scene_open(&os_real, f, &k));
	check_open(&k);
	keeper_seal(&k);
}

static void run_act(struct keeper *k, struct status (*act)(struct keeper *))
{
	told->outcome = act(k);
	told->done = true;
}

/* The ways to go wrong. */

static void with_faults(struct status (*act)(struct keeper *), enum faults_mode mode, int error)
{
	for (long at = 0;; at++) {
		struct folder f;
		struct keeper k;

		folder_copy(&base, &f);
		memset(told, 0, sizeof *told);
		faults_set(FAULTS_NONE, 0, 0);
		assert_ok(scene_open(&faults_os, &f, &k));
		faults_set(mode, at, error);
		run_act(&k, act);
		bool met = faults_met();
		/* It serves on, whatever failed. */
		check_keys(&k);
		if (!ok(told->outcome) && told->outcome.code == ST_FULL)
			assert_int_equal(error, ENOSPC);
		faults_set(FAULTS_NONE, 0, 0);
		if (mode == FAULTS_ONCE)
			assert_ok(make_batch(&k));
		keeper_seal(&k);
		assert_int_equal(faults_open_files(), 0);
		check_folder(&f);
		folder_remove(&f);
		if (!met) {
			assert_ok(told->outcome);
			assert_true(at > 1);
			break;
		}
	}
}

static void with_kills(struct status (*act)(struct keeper *))
{
	for (long at = 0;; at++) {
		struct folder f;
		int wait_status;

		folder_copy(&base, &f);
		memset(told, 0, sizeof *told);
		(void)fflush(NULL);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct keeper k;

			faults_set(FAULTS_NONE, 0, 0);
			if (!ok(scene_open(&faults_os, &f, &k)))
				_exit(9);
			faults_set(FAULTS_KILL, at, EIO);
			run_act(&k, act);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &wait_status, 0), child);
		assert_true(WIFSIGNALED(wait_status) || (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0));
		check_folder(&f);
		folder_remove(&f);
		if (told->done) {
			assert_ok(told->outcome);
			assert_true(at > 1);
			break;
		}
	}
}

static void with_power_cuts(struct status (*act)(struct keeper *))
{
	for (long n = 0;; n++) {
		struct folder f, left;
		struct keeper k;

		folder_copy(&base, &f);
		memset(told, 0, sizeof *told);
		power_begin(&f);
		assert_ok(scene_open(&power_os, &f, &k));
		power_cut_after(n);
		run_act(&k, act);
		bool was_cut = power_was_cut();
		keeper_seal(&k);
		power_restore(&left);
		power_end();
		check_folder(&left);
		folder_remove(&left);
		folder_remove(&f);
		if (!was_cut) {
			assert_ok(told->outcome);
			break;
		}
	}
}

static void every_way(struct status (*act)(struct keeper *))
{
	with_faults(act, FAULTS_ONCE, EIO);
	with_faults(act, FAULTS_ALWAYS, EIO);
	with_faults(act, FAULTS_ONCE, ENOSPC);
	with_faults(act, FAULTS_ALWAYS, ENOSPC);
	with_kills(act);
	with_power_cuts(act);
}

static void making_keys(void **state)
{
	(void)state;
	every_way(act_make);
}
static void destroying_a_key(void **state)
{
	(void)state;
	every_way(act_destroy);
}
static void a_night_with_keys_made_meanwhile(void **state)
{
	(void)state;
	every_way(act_rewrap);
}
static void two_nights(void **state)
{
	(void)state;
	every_way(act_two_nights);
}
static void signing(void **state)
{
	(void)state;
	every_way(act_sign);
}
static void renewing_the_certificate(void **state)
{
	(void)state;
	every_way(act_renew);
}
static void adding_a_slot(void **state)
{
	(void)state;
	every_way(act_add_slot);
}

/* Making the store itself: afterwards it is either not there and can be made, or whole. */
static void check_created(const struct folder *f)
{
	struct keeper k;

	keeper_begin(&os_real, &scene_clock, f->fd, &k);
	if (told->done && ok(told->outcome))
		assert_int_equal(k.state, KEYWIRE_SEALED);
	if (k.state == KEYWIRE_MISSING)
		assert_ok(scene_create(&os_real, f, &k));
	keeper_seal(&k);
	assert_ok(scene_open(&os_real, f, &k));
	keeper_seal(&k);
}

static void making_the_store_with_faults(void **state)
{
	static const enum faults_mode modes[] = {FAULTS_ONCE, FAULTS_ALWAYS};

	(void)state;
	for (size_t m = 0; m < COUNT(modes); m++)
		for (long at = 0;; at++) {
			struct folder f;
			struct keeper k;

			folder_make(&f);
			memset(told, 0, sizeof *told);
			faults_set(modes[m], at, EIO);
			told->outcome = scene_create(&faults_os, &f, &k);
			told->done = true;
			bool met = faults_met();
			faults_set(FAULTS_NONE, 0, 0);
			keeper_seal(&k);
			assert_int_equal(faults_open_files(), 0);
			check_created(&f);
			folder_remove(&f);
			if (!met)
				break;
		}
}

static void making_the_store_with_power_cuts(void **state)
{
	(void)state;
	for (long n = 0;; n++) {
		struct folder f, left;
		struct keeper k;

		folder_make(&f);
		memset(told, 0, sizeof *told);
		power_begin(&f);
		power_cut_after(n);
		told->outcome = scene_create(&power_os, &f, &k);
		told->done = true;
		bool was_cut = power_was_cut();
		keeper_seal(&k);
		power_restore(&left);
		power_end();
		check_created(&left);
		folder_remove(&left);
		folder_remove(&f);
		if (!was_cut)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(making_keys),
		TEST(destroying_a_key),
		TEST(a_night_with_keys_made_meanwhile),
		TEST(two_nights),
		TEST(signing),
		TEST(renewing_the_certificate),
		TEST(adding_a_slot),
		TEST(making_the_store_with_faults),
		TEST(making_the_store_with_power_cuts),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, before_all, after_all) : 1;
}
