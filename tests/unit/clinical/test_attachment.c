/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "attachment.h"

struct found {
	size_t count;
	char titles[400], contents[400];
};

static struct status keep(void *context, const struct attachment *a)
{
	struct found *f = context;
	AUTO(buffer) content = {.max = 400};

	assert_int_equal(a->ordinal, f->count);
	f->count++;
	if (a->title.len > 0)
		memcpy(f->titles + strlen(f->titles), a->title.at, a->title.len);
	f->titles[strlen(f->titles)] = ';';
	struct status s = attachment_open(a, &content);
	memcpy(f->contents + strlen(f->contents), ok(s) ? (const char *)content.bytes : "?", ok(s) ? content.len : 1);
	f->contents[strlen(f->contents)] = ';';
	return OK;
}

static void walk(const char *text, struct found *out)
{
	AUTO(json_document) document = {0};

	*out = (struct found){0};
	assert_ok(json_parse(text_bytes(text_of(text)), &json_limits_import, &document));
	assert_ok(attachment_walk(json_root(&document), keep, out));
}

static void finds_them_wherever_they_stand(void **state)
{
	struct found f;

	(void)state;
	walk("{\"resourceType\":\"DiagnosticReport\",\"code\":{\"text\":\"Letter\"},\"presentedForm\":["
	     "{\"contentType\":\"application/pdf\",\"title\":\"One\",\"data\":\"YQ==\"},{\"contentType\":\"text/"
	     "plain\",\"data\":\"Yg==\"},"
	     "{\"contentType\":\"text/plain\",\"url\":\"Binary/"
	     "1\"}],\"contained\":[{\"resourceType\":\"Media\",\"content\":"
	     "{\"contentType\":\"audio/wav\",\"data\":\"Yw==\"}}]}",
	     &f);
	assert_string_equal(f.titles, "One;Letter;Letter;");
	assert_string_equal(f.contents, "a;b;c;");
	walk("{\"resourceType\":\"Binary\",\"contentType\":\"image/png\",\"data\":\"Z\\nA==\\r\\n\"}", &f);
	assert_string_equal(f.contents, "d;");
}

static void leaves_alone_what_only_looks_like_one(void **state)
{
	struct found f;

	(void)state;
	walk("{\"resourceType\":\"Observation\",\"valueSampledData\":{\"data\":\"1 2 "
	     "3\"},\"x\":{\"contentType\":1,\"data\":\"YQ==\"}}",
	     &f);
	assert_int_equal(f.count, 0);
}

static void says_when_it_is_no_base64(void **state)
{
	struct found f;

	(void)state;
	walk("{\"contentType\":\"text/plain\",\"data\":\"not base64!\"}", &f);
	assert_string_equal(f.contents, "?;");
}

static void kinds_follow_the_media_type(void **state)
{
	(void)state;
	assert_int_equal(attachment_kind(TEXT("audio/wav")), RECORD_DICTATION);
	assert_int_equal(attachment_kind(TEXT("image/jpeg")), RECORD_PHOTO);
	assert_int_equal(attachment_kind(TEXT("video/mp4")), RECORD_PHOTO);
	assert_int_equal(attachment_kind(TEXT("text/plain; charset=utf-8")), RECORD_REPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_them_wherever_they_stand),
		TEST(leaves_alone_what_only_looks_like_one),
		TEST(says_when_it_is_no_base64),
		TEST(kinds_follow_the_media_type),
	};
	return cmocka_run_group_tests_name("attachment", tests, NULL, NULL);
}
