/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

static uint8_t keys[64 * 32];

static int fresh(void **state)
{
	static struct folder f;
	struct keeper k;

	folder_make(&f);
	scene_now = SCENE_NOW;
	assert_ok(scene_create(&os_real, &f, &k));
	assert_ok(scene_make(&k, 0, 64, keys));
	keeper_seal(&k);
	*state = &f;
	return 0;
}

static int gone(void **state)
{
	folder_remove(*state);
	return 0;
}

static void opens_what_it_made(void **state)
{
	struct keeper k;
	struct keywire_status about;

	assert_ok(scene_open(&os_real, *state, &k));
	assert_true(scene_holds(&k, 0, 64, keys));
	keeper_status(&k, &about);
	assert_int_equal(about.state, KEYWIRE_OPEN);
	assert_int_equal(about.night, 1);
	assert_int_equal(about.night_made, SCENE_NOW);
	assert_int_equal(about.keys[KEY_PATIENT], 64);
	assert_int_equal(about.keys[KEY_SITE_ROWS], 1);
	assert_int_equal(about.keys[KEY_LOG_SIGNING], 1);
	assert_int_equal(about.keys[KEY_TLS], 1);
	assert_int_equal(about.keys[KEY_CA], 1);
	assert_int_equal(about.slot_count, 1);
	assert_int_equal(about.slots[0].kind, SLOT_KEY_FILE);
	assert_int_equal(about.signed_size, 0);
	assert_true(text_equal(about.origin, TEXT("https://vault.clinic.example:8443")));
	keeper_seal(&k);
	assert_int_equal(k.state, KEYWIRE_SEALED);
}

/* Each refusal says what is wrong, and leaves no key in memory. */
static void refused(struct folder *f, enum status_code code, const char *what)
{
	struct keeper k;
	struct status s = scene_open(&os_real, f, &k);

	assert_int_equal(s.code, code);
	assert_non_null(s.what);
	assert_string_equal(s.what, what);
	assert_null(k.root.bytes);
	assert_null(k.store.now.key.bytes);
	assert_null(k.signer.seed.bytes);
	assert_int_equal(k.nights, -1);
	keeper_seal(&k);
}

static void names_a_wrong_secret(void **state)
{
	struct folder *f = *state;
	struct keeper k;
	const struct keywire_proof other = scene_other_proof(), words = scene_passphrase("no such slot");

	keeper_begin(&os_real, &scene_clock, f->fd, &k);
	struct status s = keeper_unseal(&k, &other);
	assert_int_equal(s.code, ST_UNPROVEN);
	assert_string_equal(s.what, REASON_SECRET);
	assert_fails(ST_UNPROVEN, keeper_unseal(&k, &words));
	assert_int_equal(k.state, KEYWIRE_SEALED);
}

static void names_a_missing_store(void **state)
{
	struct folder empty;
	struct keeper k;
	const struct keywire_proof proof = scene_proof();

	(void)state;
	folder_make(&empty);
	refused(&empty, ST_NOT_FOUND, REASON_NO_STORE);
	keeper_begin(&os_real, &scene_clock, -1, &k);
	assert_fails(ST_NOT_FOUND, keeper_unseal(&k, &proof));
	assert_fails(ST_NOT_FOUND, keeper_create(&k, TEXT("https://localhost"), TEXT("Site"), &proof));
	folder_remove(&empty);
}

static void names_each_missing_file(void **state)
{
	static const struct {
		const char *name, *what;
		enum status_code code;
	} files[] = {
		{"slots", REASON_SLOTS_MISSING, ST_NOT_FOUND},
		{"nights/00000001.night", REASON_NIGHT_MISSING, ST_NOT_FOUND},
		{"current", REASON_CURRENT, ST_CORRUPT},
		{"rows.00000001", REASON_ROWS, ST_CORRUPT},
		{"journal.00000001", REASON_JOURNAL, ST_CORRUPT},
		{"site", REASON_SITE, ST_CORRUPT},
		{"head", REASON_HEAD, ST_CORRUPT},
		{"certificates", REASON_CERTIFICATES, ST_CORRUPT},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct folder copy;

		folder_copy(*state, &copy);
		assert_int_equal(unlinkat(copy.fd, files[i].name, 0), 0);
		refused(&copy, files[i].code, files[i].what);
		folder_remove(&copy);
	}
}

static void names_a_missing_nights_folder(void **state)
{
	struct folder *f = *state;

	assert_int_equal(unlinkat(f->fd, "nights/00000001.night", 0), 0);
	assert_int_equal(unlinkat(f->fd, "nights", AT_REMOVEDIR), 0);
	refused(f, ST_NOT_FOUND, REASON_NIGHT_MISSING);
}

/* A bit of any file: refused and named, or without effect. */
static void no_flipped_bit_passes(void **state)
{
	static const char *const files[] = {"slots",         "nights/00000001.night", "current",
					    "rows.00000001", "journal.00000001",      "site",
					    "head",          "certificates"};
	struct folder *f = *state;
	size_t without_effect = 0;

	for (size_t i = 0; i < COUNT(files); i++) {
		/* Every bit of the small ones, a sample of the others. */
		size_t bits = folder_size(f, files[i]) * 8, step = bits > 4096 ? bits / 997 : 1;

		for (size_t bit = 0; bit < bits; bit += step) {
			struct keeper k;

			assert_true(folder_flip(f, files[i], bit));
			struct status s = scene_open(&os_real, f, &k);
			if (ok(s)) {
				assert_true(scene_holds(&k, 0, 64, keys));
				without_effect++;
			} else if (s.code != ST_CORRUPT && s.code != ST_CONFLICT) {
				fail_msg("%s bit %zu: %s", files[i], bit, status_name(s.code));
			}
			keeper_seal(&k);
			assert_true(folder_flip(f, files[i], bit));
		}
	}
	/* Upper case in a hash of the JSON file, at most. */
	assert_true(without_effect < 200);
	print_message("# %zu flips without effect\n", without_effect);
}

/* PROMISES#B7: what makes it true that an old copy opens nothing, and that the
 * test could see it if it did. */
static void an_old_copy_opens_only_with_its_own_night_file(void **state)
{
	struct folder *f = *state;
	struct folder old, nights;
	struct keeper k;

	folder_copy(f, &nights);
	folder_copy(f, &old);
	/* Night files never enter a copy of the key store. */
	assert_int_equal(unlinkat(old.fd, "nights/00000001.night", 0), 0);
	assert_ok(scene_open(&os_real, f, &k));
	assert_ok(scene_rewrap(&k));
	struct key_name destroyed = scene_name(5);
	assert_ok(keystore_destroy(&k.store, &destroyed));
	assert_ok(scene_rewrap(&k));
	keeper_seal(&k);

	/* With the root key, and with today's night file under the old one's name. */
	refused(&old, ST_NOT_FOUND, REASON_NIGHT_MISSING);
	AUTO(buffer) today = {.max = NIGHTFILE_LEN};
	assert_ok(os_load(&os_real, f->fd, "nights/00000003.night", NIGHTFILE_LEN, &today));
	int old_nights = openat(old.fd, "nights", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(os_save(&os_real, old_nights, "00000001.night", buffer_bytes(&today)));
	refused(&old, ST_CORRUPT, REASON_NIGHT_DAMAGED);
	/* With its number in it too. */
	today.bytes[8] = 1;
	assert_ok(os_save(&os_real, old_nights, "00000001.night", buffer_bytes(&today)));
	refused(&old, ST_CORRUPT, REASON_NIGHT_OTHER);

	/* And with its own it does, the destroyed one included. */
	AUTO(buffer) own = {.max = NIGHTFILE_LEN};
	assert_ok(os_load(&os_real, nights.fd, "nights/00000001.night", NIGHTFILE_LEN, &own));
	assert_ok(os_save(&os_real, old_nights, "00000001.night", buffer_bytes(&own)));
	(void)close(old_nights);
	assert_ok(scene_open(&os_real, &old, &k));
	assert_true(scene_holds(&k, 0, 64, keys));
	keeper_seal(&k);
	folder_remove(&old);
	folder_remove(&nights);
}

static void a_key_store_is_never_made_over_another(void **state)
{
	static const char *const files[] = {"slots", "current", "site", "head", "certificates"};
	const struct keywire_proof proof = scene_proof();
	struct keeper k;

	for (size_t i = 0; i <= COUNT(files); i++) {
		struct folder copy;

		folder_copy(*state, &copy);
		/* Not even over one that lost a file. */
		if (i < COUNT(files))
			assert_int_equal(unlinkat(copy.fd, files[i], 0), 0);
		keeper_begin(&os_real, &scene_clock, copy.fd, &k);
		struct status s = keeper_create(&k, TEXT("https://localhost"), TEXT("Site"), &proof);
		assert_int_equal(s.code, ST_CONFLICT);
		assert_string_equal(s.what, REASON_HAS_STORE);
		folder_remove(&copy);
	}
}

static void refuses_an_origin_that_is_none(void **state)
{
	struct folder empty;
	struct keeper k;
	const struct keywire_proof proof = scene_proof();

	(void)state;
	folder_make(&empty);
	keeper_begin(&os_real, &scene_clock, empty.fd, &k);
	assert_fails(ST_INVALID, keeper_create(&k, TEXT("http://localhost"), TEXT("Site"), &proof));
	assert_int_equal(k.state, KEYWIRE_MISSING);
	folder_remove(&empty);
}

static void either_slot_unseals_and_the_last_one_stays(void **state)
{
	struct folder *f = *state;
	struct keeper k;
	const struct keywire_proof first = scene_proof(), second = scene_other_proof();

	assert_ok(scene_open(&os_real, f, &k));
	assert_fails(ST_UNPROVEN, keeper_add_slot(&k, &second, &second));
	assert_ok(keeper_add_slot(&k, &first, &second));
	keeper_seal(&k);
	assert_ok(keeper_unseal(&k, &second));
	assert_true(scene_holds(&k, 0, 64, keys));
	keeper_seal(&k);
	assert_ok(keeper_unseal(&k, &first));
	assert_fails(ST_NOT_FOUND, keeper_remove_slot(&k, &first, 2));
	assert_ok(keeper_remove_slot(&k, &second, 0));
	struct status s = keeper_remove_slot(&k, &second, 0);
	assert_int_equal(s.code, ST_CONFLICT);
	assert_string_equal(s.what, REASON_LAST_SLOT);
	keeper_seal(&k);
	assert_fails(ST_UNPROVEN, keeper_unseal(&k, &first));
	assert_ok(keeper_unseal(&k, &second));
	keeper_seal(&k);
}

static void a_passphrase_unseals(void **state)
{
	struct folder *f = *state;
	struct keeper k;
	const struct keywire_proof file = scene_proof(), words = scene_passphrase("correct horse battery staple"),
				   wrong = scene_passphrase("correct horse battery stapl");

	assert_ok(scene_open(&os_real, f, &k));
	assert_ok(keeper_add_slot(&k, &file, &words));
	assert_ok(keeper_remove_slot(&k, &words, 0));
	keeper_seal(&k);
	assert_fails(ST_UNPROVEN, keeper_unseal(&k, &wrong));
	assert_fails(ST_UNPROVEN, keeper_unseal(&k, &file));
	assert_ok(keeper_unseal(&k, &words));
	assert_true(scene_holds(&k, 0, 64, keys));
	keeper_seal(&k);
}

static void names_a_newer_format(void **state)
{
	static const struct {
		const char *name;
		off_t at;
		char to;
	} files[] = {
		{"rows.00000001", 3, '2'},
		{"journal.00000001", 3, '2'},
		{"nights/00000001.night", 0, 2},
		{"slots", 20, '2'},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct folder copy;

		folder_copy(*state, &copy);
		int fd = openat(copy.fd, files[i].name, O_RDWR | O_CLOEXEC);
		assert_int_equal(pwrite(fd, &files[i].to, 1, files[i].at), 1);
		(void)close(fd);
		refused(&copy, ST_CONFLICT, REASON_NEWER);
		folder_remove(&copy);
	}
}

static void another_keyd_is_named(void **state)
{
	struct folder *f = *state;
	struct keeper k;
	const struct keywire_proof proof = scene_proof();

	keeper_begin(&os_real, &scene_clock, f->fd, &k);
	k.locked_out = true;
	struct status s = keeper_unseal(&k, &proof);
	assert_int_equal(s.code, ST_BUSY);
	assert_string_equal(s.what, REASON_LOCKED);
}

static void its_files_are_for_their_owner_alone(void **state)
{
	static const char *const files[] = {"slots",         "nights/00000001.night", "current",
					    "rows.00000001", "journal.00000001",      "site",
					    "head",          "certificates"};
	struct folder *f = *state;
	struct stat about;

	for (size_t i = 0; i < COUNT(files); i++) {
		assert_int_equal(fstatat(f->fd, files[i], &about, 0), 0);
		assert_int_equal(about.st_mode & 0777, 0600);
	}
	assert_int_equal(fstatat(f->fd, "nights", &about, 0), 0);
	assert_int_equal(about.st_mode & 0777, 0700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens_what_it_made, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_wrong_secret, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_missing_store, fresh, gone),
		cmocka_unit_test_setup_teardown(names_each_missing_file, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_missing_nights_folder, fresh, gone),
		cmocka_unit_test_setup_teardown(no_flipped_bit_passes, fresh, gone),
		cmocka_unit_test_setup_teardown(an_old_copy_opens_only_with_its_own_night_file, fresh, gone),
		cmocka_unit_test_setup_teardown(a_key_store_is_never_made_over_another, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses_an_origin_that_is_none, fresh, gone),
		cmocka_unit_test_setup_teardown(either_slot_unseals_and_the_last_one_stays, fresh, gone),
		cmocka_unit_test_setup_teardown(a_passphrase_unseals, fresh, gone),
		cmocka_unit_test_setup_teardown(names_a_newer_format, fresh, gone),
		cmocka_unit_test_setup_teardown(another_keyd_is_named, fresh, gone),
		cmocka_unit_test_setup_teardown(its_files_are_for_their_owner_alone, fresh, gone),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
