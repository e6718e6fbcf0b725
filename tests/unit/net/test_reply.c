/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer carries (PROMISES#S10). */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "reply.h"

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

static char *head_of(const struct exchange_reply *r, struct reply_framing framing)
{
	size_t bound = reply_head_bound(r);
	char *out = calloc(1, bound + 1);

	assert_non_null(out);
	assert_true(reply_is_valid(r));
	size_t len = reply_head(r, &framing, date, (uint8_t *)out);
	assert_true(len <= bound);
	assert_memory_equal(out + len - 4, "\r\n\r\n", 4);
	return out;
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void carries_every_security_header_once(void **state)
{
	const struct exchange_reply r = {.status = 200, .content_type = TEXT("application/json")};
	char *head = head_of(&r, (struct reply_framing){.length = 1234567890123456789u});

	(void)state;
	assert_true(strncmp(head, "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 54) == 0);
	assert_non_null(strstr(head, "\r\ncontent-type: application/json\r\n"));
	assert_non_null(strstr(head, "\r\ncontent-length: 1234567890123456789\r\n"));
	assert_null(strstr(head, "connection:"));
	for (size_t i = 0; i < reply_security_count; i++)
		assert_int_equal(times(head, reply_security[i].name.at), 1);
	assert_non_null(strstr(head, "frame-ancestors 'none'"));
	free(head);
}

static void an_answer_replaces_and_removes(void **state)
{
	const struct exchange_header headers[] = {
		{TEXT("content-security-policy"), TEXT("default-src 'self'")},
		{TEXT("cache-control"), {"", 0}},
		{TEXT("etag"), TEXT("\"a\"")},
	};
	const struct exchange_reply r = {.status = 304, .headers = headers, .header_count = COUNT(headers)};
	char *head = head_of(&r, (struct reply_framing){.bodyless = true, .close = true});

	(void)state;
	assert_int_equal(times(head, "content-security-policy"), 1);
	assert_non_null(strstr(head, "default-src 'self'"));
	assert_null(strstr(head, "cache-control"));
	assert_non_null(strstr(head, "\r\netag: \"a\"\r\n"));
	assert_non_null(strstr(head, "nosniff"));
	assert_null(strstr(head, "content-length"));
	assert_null(strstr(head, "content-type:"));
	assert_non_null(strstr(head, "\r\nconnection: close\r\n"));
	free(head);
}

static void frames_by_chunks(void **state)
{
	const struct exchange_reply r = {.status = 206};
	char *head = head_of(&r, (struct reply_framing){.chunked = true, .length = EXCHANGE_LENGTH_UNKNOWN});

	(void)state;
	assert_non_null(strstr(head, "\r\ntransfer-encoding: chunked\r\n"));
	assert_null(strstr(head, "content-length"));
	free(head);
}

static void refuses_what_could_split_or_frame_an_answer(void **state)
{
	static const struct exchange_header bad[] = {
		{{"x", 1}, {"a\r\nset-cookie: b", 16}},
		{{"x", 1}, {"a\nb", 3}},
		{{"x", 1}, {"a\0b", 3}},
		{{"x y", 3}, {"a", 1}},
		{{"x:", 2}, {"a", 1}},
		{{"", 0}, {"a", 1}},
		{{"X", 1}, {"a", 1}},
		{{"content-length", 14}, {"5", 1}},
		{{"transfer-encoding", 17}, {"chunked", 7}},
		{{"connection", 10}, {"close", 5}},
		{{"date", 4}, {"now", 3}},
		{{"upgrade", 7}, {"h2c", 3}},
	};
	static char large[REPLY_HEADER_BYTES_MAX];
	struct exchange_header many[REPLY_HEADERS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(
			reply_is_valid(&(struct exchange_reply){.status = 200, .headers = &bad[i], .header_count = 1}));
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct exchange_header){TEXT("x"), TEXT("y")};
	assert_true(reply_is_valid(
		&(struct exchange_reply){.status = 200, .headers = many, .header_count = REPLY_HEADERS_MAX}));
	assert_false(reply_is_valid(
		&(struct exchange_reply){.status = 200, .headers = many, .header_count = REPLY_HEADERS_MAX + 1}));
	memset(large, 'a', sizeof large);
	many[0].value = (struct text){large, sizeof large};
	assert_false(reply_is_valid(&(struct exchange_reply){.status = 200, .headers = many, .header_count = 1}));
	assert_false(reply_is_valid(&(struct exchange_reply){.status = 199}));
	assert_false(reply_is_valid(&(struct exchange_reply){.status = 600}));
	assert_false(reply_is_valid(&(struct exchange_reply){.status = 200, .content_type = TEXT("a\r\nb: c")}));
}

static void problems_name_field_and_limit(void **state)
{
	AUTO(reply_problem) p = {0};
	AUTO(reply_problem) tls = {0};
	AUTO(reply_problem) other = {0};

	(void)state;
	reply_problem(431, "headers", &p);
	assert_int_equal(p.reply.status, 431);
	assert_true(p.reply.close);
	assert_ok(buffer_put_u8(&p.body, 0));
	assert_non_null(strstr((char *)p.body.bytes, "\"field\":\"headers\""));
	assert_non_null(strstr((char *)p.body.bytes, "\"limit\":64"));
	reply_speak_tls("https://vault:8443", &tls);
	assert_int_equal(tls.reply.status, 400);
	assert_ok(buffer_put_u8(&tls.body, 0));
	assert_non_null(strstr((char *)tls.body.bytes, "https://vault:8443"));
	reply_problem(299, NULL, &other); /* not one of ours: a failure */
	assert_int_equal(other.reply.status, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_every_security_header_once),
		TEST(an_answer_replaces_and_removes),
		TEST(frames_by_chunks),
		TEST(refuses_what_could_split_or_frame_an_answer),
		TEST(problems_name_field_and_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
