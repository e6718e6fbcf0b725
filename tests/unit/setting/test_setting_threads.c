/* SPDX-License-Identifier: Apache-2.0 */
/* Settings are read by every thread while they change: always a whole value that somebody set, at the end the newest.
 */
#include "testing.h"

#include <pthread.h>
#include <string.h>

#include "hash.h"
#include "rig.h"
#include "settings.h"

#define READERS 3
#define WRITERS 2
#define CHANGES 2000

static struct settings settings;
static _Atomic bool over;

/** Change ${number}: an hour of the night, and networks that say the same number twice. */
static void note(uint64_t number)
{
	struct setting_change hour = {
		.which = SETTING_NIGHT_HOUR, .value.number = (uint16_t)(number % 24), .seq = number};
	struct setting_change networks = {.which = SETTING_EXEMPT, .seq = number};
	AUTO(buffer) text = {.max = SETTING_TEXT_MAX};
	const unsigned part = (unsigned)(number % 250);

	assert_ok(buffer_print(&text, "10.0.0.%u 10.1.%u.0/24", part, part));
	memcpy(networks.value.text, text.bytes, text.len);
	networks.value.number = 1;
	settings_note(&settings, &hour);
	settings_note(&settings, &networks);
}

/** Each writer has every second number, and notes pairs of them in the wrong order. */
static void *write_all(void *context)
{
	const uint64_t first = *(const uint64_t *)context;

	for (uint64_t n = first; n <= CHANGES; n += 2 * WRITERS) {
		if (n + WRITERS <= CHANGES)
			note(n + WRITERS);
		note(n);
	}
	return NULL;
}

/** Both halves of the text are of one change. */
static bool is_whole(const char *text)
{
	struct text rest = text_of(text), one, other, part;
	uint32_t first = 0, second = 0;

	if (rest.len == 0)
		return true;
	if (!text_split(&rest, ' ', &one))
		return false;
	other = rest;
	for (int i = 0; i < 3; i++)
		(void)text_split(&one, '.', &part);
	for (int i = 0; i < 3; i++)
		(void)text_split(&other, '.', &part);
	return ok(text_to_u32(one, 0, 249, &first)) && ok(text_to_u32(part, 0, 249, &second)) && first == second;
}

static void *read_all(void *context)
{
	static const uint8_t nobody[] = {192, 0, 2, 1};
	struct setting_value value;

	(void)context;
	while (!over) {
		settings_get(&settings, SETTING_EXEMPT, &value);
		if (!is_whole(value.text) || settings_value(&settings, SETTING_NIGHT_HOUR) > 24 ||
		    settings_names(&settings, SETTING_EXEMPT, BYTES_OF(nobody)) ||
		    settings_idle_ms(&settings, PROFILE_CLINICIAN) == 0)
			return &settings;
	}
	return NULL;
}

static void every_reader_sees_a_whole_value_and_the_newest_stays(void **state)
{
	struct rig rig = rig_new();
	struct store store;
	struct setting_value last;
	pthread_t readers[READERS], writers[WRITERS];
	uint64_t first[WRITERS];
	void *failed;

	(void)state;
	assert_ok(store_open(&rig.options, &store));
	assert_ok(settings_load(&store, &settings));
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all, NULL), 0);
	for (size_t i = 0; i < WRITERS; i++) {
		first[i] = i + 1;
		assert_int_equal(pthread_create(&writers[i], NULL, write_all, &first[i]), 0);
	}
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	over = true;
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(readers[i], &failed), 0);
		assert_null(failed);
	}
	settings_get(&settings, SETTING_EXEMPT, &last);
	assert_string_equal(last.text, "10.0.0.0 10.1.0.0/24"); /* CHANGES % 250 */
	assert_int_equal(settings_value(&settings, SETTING_NIGHT_HOUR), CHANGES % 24);
	settings_clear(&settings);
	store_clear(&store);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_reader_sees_a_whole_value_and_the_newest_stays),
	};

	assert_ok(secret_setup());
	assert_ok(crypto_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
