/* SPDX-License-Identifier: Apache-2.0 */
/* JSON made by others to break parsers; skipped where those collections are not at hand. */
#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_values.h"
#include "jsonwriter.h"
#include "os.h"
#include "secret.h"

/* Valid by RFC 8259, refused by us on purpose: names used twice, a NUL in a name. */
static const char *const stricter[] = {
	"y_object_duplicated_key.json",
	"y_object_duplicated_key_and_value.json",
	"y_object_escaped_null_in_key.json",
};

static int open_folder(const char *name)
{
	const char *shared = getenv("TACENDA_SHARED");
	char path[4096];

	if (shared == NULL || snprintf(path, sizeof path, "%s/data/hostile/%s", shared, name) >= (int)sizeof path)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_stricter(const char *name)
{
	for (size_t i = 0; i < COUNT(stricter); i++)
		if (strcmp(name, stricter[i]) == 0)
			return true;
	return false;
}

static void assert_round_trip(struct json v)
{
	assert_true(json_values_survive(v, JSON_AS_WRITTEN));
	assert_true(json_values_survive(v, JSON_BY_NAME));
}

static void try_file(int dir, const char *name, int *counts)
{
	AUTO(buffer) source = {.max = 1 << 20};
	AUTO(json_document) d = {0};

	assert_ok(os_load(&os_real, dir, name, source.max, &source));
	struct status s = json_parse(buffer_bytes(&source), &json_limits_import, &d);
	assert_int_equal(ok(s), d.text.bytes != NULL);
	bool wanted = name[0] == 'y' && !is_stricter(name);
	if (name[0] != 'i' && ok(s) != wanted)
		fail_msg("%s: %s", name, status_name(s.code));
	if (ok(s))
		assert_round_trip(json_root(&d));
	counts[name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2]++;
}

static void judges_the_parsing_collection(void **state)
{
	int fd = open_folder("json"), counts[3] = {0};

	(void)state;
	if (fd < 0)
		skip();
	DIR *dir = fdopendir(fd);
	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		if (strstr(e->d_name, ".json") != NULL)
			try_file(fd, e->d_name, counts);
	closedir(dir);
	assert_int_equal(counts[0], 95);
	assert_int_equal(counts[1], 187);
	assert_int_equal(counts[2], 35);
}

/* Each string through our writer and back through our reader. */
static void assert_text_survives(struct text t)
{
	AUTO(buffer) out = {.max = 1 << 16};
	AUTO(json_document) d = {0};
	struct jsonwriter w = jsonwriter_of(&out);
	struct text back;

	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "t", t);
	jsonwriter_end(&w);
	assert_ok(jsonwriter_done(&w));
	assert_ok(json_parse(buffer_bytes(&out), &json_limits_import, &d));
	assert_ok(json_text(json_member(json_root(&d), TEXT("t")), &back));
	assert_true(text_equal(t, back));
}

static void keeps_every_naughty_string(void **state)
{
	int fd = open_folder("blns");
	AUTO(buffer) source = {.max = 1 << 20};
	AUTO(json_document) d = {0};
	struct text t;

	(void)state;
	if (fd < 0)
		skip();
	assert_ok(os_load(&os_real, fd, "blns.json", source.max, &source));
	close(fd);
	assert_ok(json_parse(buffer_bytes(&source), &json_limits_import, &d));
	assert_round_trip(json_root(&d));
	size_t count = json_count(json_root(&d));
	assert_true(count > 500);
	for (size_t i = 0; i < count; i++) {
		assert_ok(json_text(json_element(json_root(&d), i), &t));
		assert_text_survives(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(judges_the_parsing_collection),
		TEST(keeps_every_naughty_string),
	};

	assert_ok(secret_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
