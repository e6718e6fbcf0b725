/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "sourcebundle.h"

static void bundle(const char *const *resources, struct buffer *out)
{
	struct sourcebundle b;

	assert_ok(sourcebundle_begin(out, &b));
	for (; *resources != NULL; resources++)
		assert_ok(sourcebundle_put(&b, text_of(*resources), strstr(*resources, "fullUrl") != NULL));
	assert_ok(sourcebundle_end(&b));
}
#define BUNDLE(name, ...) \
	AUTO(buffer) name = {.max = 1 << 20}; \
	bundle((const char *const[]){__VA_ARGS__, NULL}, &name)

struct seen {
	char texts[2000];
	size_t count;
};
static struct status see(void *context, struct text text, struct json resource)
{
	struct seen *s = context;

	(void)resource;
	s->count++;
	memcpy(s->texts + strlen(s->texts), text.at, text.len); /* zeroed beyond */
	s->texts[strlen(s->texts)] = (char)10;
	return OK;
}

static void assert_merged(struct buffer *old, struct buffer *fresh, bool changes, const char *wanted)
{
	AUTO(buffer) out = {.max = 1 << 20};
	struct seen seen = {0};
	bool changed = !changes;

	assert_ok(sourcebundle_merge(text_from(buffer_bytes(old)), text_from(buffer_bytes(fresh)), &out, &changed));
	assert_int_equal(changed, changes);
	assert_ok(sourcebundle_walk(text_from(buffer_bytes(&out)), see, &seen));
	assert_string_equal(seen.texts, wanted);
}

static void keeps_texts_exactly(void **state)
{
	BUNDLE(fresh, "{ \"id\":\"a\" , \"x\":1.50 }", "{\"fullUrl\":\"u\",\n \"resource\": {\"id\":\"b\"}}");
	AUTO(buffer) none = {.max = 1};

	(void)state;
	assert_merged(
		&none, &fresh, true,
		"{\"resource\":{ \"id\":\"a\" , \"x\":1.50 }}\n{\"fullUrl\":\"u\",\n \"resource\": {\"id\":\"b\"}}\n");
}

static void the_same_again_changes_nothing(void **state)
{
	BUNDLE(old, "{\"id\":\"a\",\"x\":1}", "{\"id\":\"b\"}");
	BUNDLE(fresh, "{\"x\": 1.0, \"id\":\"a\"}");

	(void)state;
	assert_merged(&old, &fresh, false, "{\"resource\":{\"id\":\"a\",\"x\":1}}\n{\"resource\":{\"id\":\"b\"}}\n");
}

static void a_changed_resource_replaces_the_old_one(void **state)
{
	BUNDLE(old, "{\"id\":\"a\",\"x\":1}", "{\"id\":\"b\"}");
	BUNDLE(fresh, "{\"id\":\"a\",\"x\":2}", "{\"id\":\"c\"}");

	(void)state;
	assert_merged(&old, &fresh, true,
		      "{\"resource\":{\"id\":\"b\"}}\n{\"resource\":{\"id\":\"a\",\"x\":2}}\n{\"resource\":{\"id\":"
		      "\"c\"}}\n");
}

static void copies_within_an_import_are_one(void **state)
{
	BUNDLE(fresh, "{\"id\":\"a\",\"x\":1}", "{\"id\":\"a\",\"x\":1}", "{\"id\":\"a\",\"x\":2}", "{\"y\":1}",
	       "{\"y\":1}");
	AUTO(buffer) none = {.max = 1};

	(void)state;
	assert_merged(&none, &fresh, true,
		      "{\"resource\":{\"id\":\"a\",\"x\":1}}\n{\"resource\":{\"id\":\"a\",\"x\":2}}\n{\"resource\":{"
		      "\"y\":1}}\n");
}

static void several_of_one_id_stay_when_imported_again(void **state)
{
	BUNDLE(old, "{\"id\":\"a\",\"x\":1}", "{\"id\":\"a\",\"x\":2}");
	BUNDLE(fresh, "{\"id\":\"a\",\"x\":2}");

	(void)state;
	assert_merged(&old, &fresh, false,
		      "{\"resource\":{\"id\":\"a\",\"x\":1}}\n{\"resource\":{\"id\":\"a\",\"x\":2}}\n");
}

static void resources_without_an_id_are_told_apart_by_value(void **state)
{
	BUNDLE(old, "{\"y\":1}");
	BUNDLE(fresh, "{\"y\":1}", "{\"y\":2}");

	(void)state;
	assert_merged(&old, &fresh, true, "{\"resource\":{\"y\":1}}\n{\"resource\":{\"y\":2}}\n");
}

static void refuses_what_it_did_not_write(void **state)
{
	static const char *const bad[] = {"", "{}", "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[",
					  "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[1]}"};
	struct seen seen = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_fails(ST_CORRUPT, sourcebundle_walk(text_of(bad[i]), see, &seen));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_texts_exactly),
		TEST(the_same_again_changes_nothing),
		TEST(a_changed_resource_replaces_the_old_one),
		TEST(copies_within_an_import_are_one),
		TEST(several_of_one_id_stay_when_imported_again),
		TEST(resources_without_an_id_are_told_apart_by_value),
		TEST(refuses_what_it_did_not_write),
	};
	return cmocka_run_group_tests_name("sourcebundle", tests, NULL, NULL);
}
