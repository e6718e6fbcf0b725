/* SPDX-License-Identifier: Apache-2.0 */
/* How far chains were followed is kept, and another history of one is noticed (PROMISES#B2). */
#include "home_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "keyholder_local.h"
#include "site.h"

static struct home home;
static struct keyholder holder;
static struct site site;

static void begin(void)
{
	site = (struct site){.options = {.os = &os_real, .home = home.fd, .keys = &holder}};
}

static void end(void)
{
	pins_free(site.pins);
	site.pins = NULL;
}

static int setup(void **state)
{
	(void)fixture_setup(state);
	home_new(&home);
	assert_ok(keyholder_local_open(&os_real, home.fd, BYTES_LITERAL(HOME_PASSPHRASE), &holder));
	begin();
	return 0;
}

/** Each file of the cache, to ${act}. */
static void each_file(void (*act)(int folder, const char *name))
{
	int folder = openat(home.fd, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	DIR *list = fdopendir(folder);
	assert_non_null(list);
	for (struct dirent *e = readdir(list); e != NULL; e = readdir(list))
		if (e->d_name[0] != '.')
			act(folder, e->d_name);
	(void)closedir(list);
}

static void remove_file(int folder, const char *name)
{
	assert_int_equal(unlinkat(folder, name, 0), 0);
}

static void damage_file(int folder, const char *name)
{
	int file = openat(folder, name, O_WRONLY | O_CLOEXEC);

	assert_true(file >= 0);
	assert_int_equal(pwrite(file, "x", 1, 40), 1);
	(void)close(file);
}

static int teardown(void **state)
{
	(void)state;
	end();
	keyholder_clear(&holder);
	each_file(remove_file);
	(void)unlinkat(home.fd, "cache", AT_REMOVEDIR);
	home_clear(&home);
	return 0;
}

static void assert_pin(enum pin_kind kind, const struct uuid *id, const struct pin *wanted)
{
	struct pin got;

	assert_ok(pins_get(&site, kind, id, &got));
	assert_int_equal(got.sequence, wanted->sequence);
	assert_int_equal(got.index, wanted->index);
	assert_true(hash_equal(&got.link, &wanted->link));
	assert_true(shown_equal(&got.shown, &wanted->shown));
	assert_true(hash_equal(&got.own, &wanted->own));
}

static const struct pin none = {0}, some = {5, 500, {{1}}, {3, {{2}}, 0}, {{5}}},
			more = {6, 600, {{3}}, {4, {{4}}, 0}, {{6}}};

static void what_was_saved_is_there_for_the_next_run(void **state)
{
	struct uuid ids[600];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		ids[i] = (struct uuid){{(uint8_t)(i >> 8)}};
		ids[i].bytes[15] = (uint8_t)i;
		assert_pin(PIN_PATIENT, &ids[i], &none);
		assert_ok(pins_put(&site, PIN_PATIENT, &ids[i], i % 2 == 0 ? &some : &more));
	}
	assert_pin(PIN_ACTOR, &ids[0], &none);
	assert_ok(pins_put(&site, PIN_ACTOR, &ids[0], &more));
	assert_ok(pins_save(&site));
	end();
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_pin(PIN_PATIENT, &ids[i], i % 2 == 0 ? &some : &more);
	assert_pin(PIN_ACTOR, &ids[0], &more);
	assert_ok(pins_put(&site, PIN_PATIENT, &ids[0], &more));
	assert_ok(pins_save(&site));
	end();
	assert_pin(PIN_PATIENT, &ids[0], &more);
	assert_pin(PIN_PATIENT, &ids[512], &some);
}

static void a_damaged_cache_begins_anew(void **state)
{
	const struct uuid id = {{7}};

	(void)state;
	assert_ok(pins_put(&site, PIN_PATIENT, &id, &some));
	assert_ok(pins_save(&site));
	end();
	each_file(damage_file);
	assert_pin(PIN_PATIENT, &id, &none);
	assert_ok(pins_put(&site, PIN_PATIENT, &id, &more));
	assert_ok(pins_save(&site));
	end();
	assert_pin(PIN_PATIENT, &id, &more);
}

static void two_histories_are_noticed(void **state)
{
	(void)state;
	assert_ok(pin_compare(&none, 0, 0));
	assert_ok(pin_compare(&none, 900, 3));
	assert_ok(pin_compare(&some, 500, 5));
	assert_ok(pin_compare(&some, 501, 6));
	assert_ok(pin_compare(&some, 499, 4));
	assert_ok(pin_compare(&some, 1, 0));
	assert_fails(ST_CORRUPT, pin_compare(&some, 500, 6));
	assert_fails(ST_CORRUPT, pin_compare(&some, 501, 5));
	assert_fails(ST_CORRUPT, pin_compare(&some, 501, 4));
	assert_fails(ST_CORRUPT, pin_compare(&some, 499, 5));
	assert_fails(ST_CORRUPT, pin_compare(&some, 499, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(what_was_saved_is_there_for_the_next_run),
		EACH(a_damaged_cache_begins_anew),
		EACH(two_histories_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
