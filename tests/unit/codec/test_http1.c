/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 heads and chunked bodies.  The tables of refusals are a request smuggling corpus of our own: each row is
 * something that two parsers in a row are known to have read in two ways (PROMISES#S10). */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"

#define H    "Host: vault\r\n"
#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n"
#define END  "\r\n"

/* Scan, then parse, from memory of its exact size. */
static struct status parse(struct bytes in, struct http1_head *out, unsigned *answer)
{
	size_t scanned = 0, len;
	uint8_t *exact = malloc(in.len + 1);

	assert_non_null(exact);
	memcpy(exact, in.at, in.len);
	*answer = 0;
	struct status s = http1_scan(bytes_of(exact, in.len), &scanned, &len, answer);
	if (ok(s) && len == 0)
		s = FAIL(ST_BUSY);
	if (ok(s))
		s = http1_parse(bytes_of(exact, len), TEXT("https://"), out, answer);
	free(exact);
	return s;
}

static struct text field(const uint8_t *start, const struct http1_head *head, const char *name)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (text_equal_nocase(
			    (struct text){(const char *)start + head->fields[i].name, head->fields[i].name_len},
			    text_of(name)))
			return (struct text){(const char *)start + head->fields[i].value, head->fields[i].value_len};
	return (struct text){0};
}

#define assert_text(wanted, got) assert_true(text_equal(TEXT(wanted), (got)))

static void reads_a_plain_request(void **state)
{
	static const char in[] = "GET /v1/records/rc-1?since=7&x=%20 HTTP/1.1\r\nhost: Vault.Example:8443\r\n"
				 "User-Agent:curl\r\nX-Empty:\r\nAccept: \t*/* \t\r\n\r\nrest";
	struct http1_head head;
	size_t scanned = 0, len;
	unsigned answer = 0;

	(void)state;
	assert_ok(http1_scan(BYTES_LITERAL(in), &scanned, &len, &answer));
	assert_int_equal(len, sizeof in - 1 - 4);
	assert_ok(http1_parse(bytes_of(in, len), TEXT("https://"), &head, &answer));
	assert_int_equal(head.method, HTTP_GET);
	assert_text("/v1/records/rc-1", head.target.path);
	assert_true(head.target.has_query);
	assert_text("since=7&x=%20", head.target.query);
	assert_text("Vault.Example:8443", head.authority);
	assert_int_equal(head.field_count, 4);
	assert_text("curl", field((const uint8_t *)in, &head, "user-agent"));
	assert_text("*/*", field((const uint8_t *)in, &head, "ACCEPT"));
	assert_int_equal(field((const uint8_t *)in, &head, "x-empty").len, 0);
	assert_false(head.has_length || head.chunked || head.close || head.expects_continue);
}

static const struct {
	const char *in;
	bool has_length, chunked, close, expects_continue;
	uint64_t length;
} framings[] = {
	{POST H "Content-Length: 5" END END, true, false, false, false, 5},
	{POST H "content-length:0" END END, true, false, false, false, 0},
	{POST H "Content-Length: 9223372036854775807" END END, true, false, false, false, INT64_MAX},
	{POST H "Transfer-Encoding: chunked" END END, false, true, false, false, 0},
	{POST H "transfer-encoding:Chunked" END END, false, true, false, false, 0},
	{POST H "Content-Length: 5" END "Expect: 100-continue" END END, true, false, false, true, 5},
	{GET H "Connection: keep-alive, Close" END END, false, false, true, false, 0},
	{GET H "Connection: keep-alive" END END, false, false, false, false, 0},
	{GET H "Connection: closed" END END, false, false, false, false, 0},
	{GET H "Content-Length: 0" END END, true, false, false, false, 0},
	{"DELETE /x HTTP/1.1\r\n" H "Content-Length: 3" END END, true, false, false, false, 3},
};

static void knows_how_a_body_is_framed(void **state)
{
	struct http1_head head;
	unsigned answer;

	(void)state;
	for (size_t i = 0; i < COUNT(framings); i++) {
		assert_ok(parse(text_bytes(text_of(framings[i].in)), &head, &answer));
		assert_int_equal(head.has_length, framings[i].has_length);
		assert_int_equal(head.chunked, framings[i].chunked);
		assert_int_equal(head.close, framings[i].close);
		assert_int_equal(head.expects_continue, framings[i].expects_continue);
		assert_int_equal(head.length, framings[i].length);
	}
}

static const struct {
	const char *in;
	const char *path, *authority;
} targets[] = {
	{"GET https://vault/a?b HTTP/1.1\r\n" H END, "/a", "vault"},
	{"GET HTTPS://VAULT/ HTTP/1.1\r\n" H END, "/", "vault"},
	{"OPTIONS * HTTP/1.1\r\n" H END, "*", "vault"},
	{"GET //a HTTP/1.1\r\n" H END, "//a", "vault"},
	{"GET /%41%2f..;x=1,2:@!$&'()*+~ HTTP/1.1\r\n" H END, "/%41%2f..;x=1,2:@!$&'()*+~", "vault"},
	{GET "Host: [::1]:8443" END END, "/", "[::1]:8443"},
	{GET "Host: 127.0.0.1" END END, "/", "127.0.0.1"},
};

static void takes_targets_and_authorities(void **state)
{
	struct http1_head head;
	char copy[256];
	unsigned answer = 0;
	size_t scanned, len;

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		(void)snprintf(copy, sizeof copy, "%s", targets[i].in);
		scanned = 0;
		assert_ok(http1_scan(text_bytes(text_of(copy)), &scanned, &len, &answer));
		assert_ok(http1_parse(bytes_of(copy, len), TEXT("https://"), &head, &answer));
		assert_true(text_equal(head.target.path, text_of(targets[i].path)));
		assert_true(text_equal(head.authority, text_of(targets[i].authority)));
	}
}

/* The corpus: what, and the status it is refused with. */
static const struct {
	const char *what;
	struct bytes in;
	unsigned answer;
} refusals[] = {
#define ROW(what, in, answer) \
	{ \
		what, {(const uint8_t *)(in), sizeof(in) - 1}, answer \
	}
	/* two framings */
	ROW("CL.TE", POST H "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400),
	ROW("TE.CL", POST H "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n", 400),
	ROW("TE.CL with length 0", POST H "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
	ROW("TE.TE", POST H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
	ROW("TE.TE other second", POST H "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n", 400),
	ROW("TE.TE other case", POST H "Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n", 400),
	ROW("CL.CL different", POST H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
	ROW("CL.CL equal", POST H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
	/* lengths that are not digits */
	ROW("CL with +", POST H "Content-Length: +5\r\n\r\n", 400),
	ROW("CL with -", POST H "Content-Length: -5\r\n\r\n", 400),
	ROW("CL with a list", POST H "Content-Length: 5, 5\r\n\r\n", 400),
	ROW("CL with a space", POST H "Content-Length: 1 5\r\n\r\n", 400),
	ROW("CL in hexadecimal", POST H "Content-Length: 0x5\r\n\r\n", 400),
	ROW("CL with a leading zero", POST H "Content-Length: 05\r\n\r\n", 400),
	ROW("CL with a letter", POST H "Content-Length: 5a\r\n\r\n", 400),
	ROW("CL with a fraction", POST H "Content-Length: 5.0\r\n\r\n", 400),
	ROW("CL in quotes", POST H "Content-Length: \"5\"\r\n\r\n", 400),
	ROW("CL empty", POST H "Content-Length:\r\n\r\n", 400),
	ROW("CL too large for 64 bits", POST H "Content-Length: 18446744073709551621\r\n\r\n", 400),
	ROW("CL past a signed one", POST H "Content-Length: 9223372036854775808\r\n\r\n", 400),
	ROW("CL with a vertical tab", POST H "Content-Length:\v5\r\n\r\n", 400),
	/* codings that are not exactly "chunked" */
	ROW("TE cow", POST H "Transfer-Encoding: cow\r\n\r\n", 501),
	ROW("TE with a list", POST H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
	ROW("TE chunked twice", POST H "Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
	ROW("TE chunked, identity", POST H "Transfer-Encoding: chunked, identity\r\n\r\n", 501),
	ROW("TE with a parameter", POST H "Transfer-Encoding: chunked;q=1\r\n\r\n", 501),
	ROW("TE in quotes", POST H "Transfer-Encoding: \"chunked\"\r\n\r\n", 501),
	ROW("TE empty", POST H "Transfer-Encoding:\r\n\r\n", 501),
	ROW("TE xchunked", POST H "Transfer-Encoding: xchunked\r\n\r\n", 501),
	ROW("TE with a vertical tab", POST H "Transfer-Encoding:\vchunked\r\n\r\n", 400),
	ROW("TE with a NUL", POST H "Transfer-Encoding: chunked\0\r\n\r\n", 400),
	/* names that are not tokens */
	ROW("space before the colon", POST H "Transfer-Encoding : chunked\r\n\r\n", 400),
	ROW("tab before the colon", POST H "Content-Length\t: 5\r\n\r\n", 400),
	ROW("space before the name", POST H " Content-Length: 5\r\n\r\n", 400),
	ROW("folded line", POST H "X: a\r\n b\r\n\r\n", 400),
	ROW("folded line with a tab", POST H "X:\r\n\ty\r\n\r\n", 400),
	ROW("a coding in a folded line", POST H "Transfer-Encoding:\r\n\tchunked\r\n\r\n", 501),
	ROW("folded first field", GET " X: a\r\n" H "\r\n", 400),
	ROW("no name", POST H ": 5\r\n\r\n", 400),
	ROW("no colon", POST H "Content-Length\r\n\r\n", 400),
	ROW("NUL in a name", POST H "Content\0-Length: 5\r\n\r\n", 400),
	ROW("a byte past ASCII in a name", POST H "Content-Length\xa0: 5\r\n\r\n", 400),
	ROW("brackets in a name", POST H "X[]: 5\r\n\r\n", 400),
	ROW("a name in quotes", POST H "\"Host\": 5\r\n\r\n", 400),
	/* line ends */
	ROW("bare LF after the request line", "GET / HTTP/1.1\nHost: vault\r\n\r\n", 400),
	ROW("bare LF after a field", GET "Host: vault\nX: y\r\n\r\n", 400),
	ROW("bare LFs all along", "GET / HTTP/1.1\nHost: vault\n\n", 400),
	ROW("empty line of LF only", GET H "\n", 400),
	ROW("bare CR in a field", GET H "X: a\rTransfer-Encoding: chunked\r\n\r\n", 400),
	ROW("bare CR in the request line", "GET / HTTP/1.1\rX\r\n" H "\r\n", 400),
	ROW("CR CR LF", GET "Host: vault\r\r\n\r\n", 400),
	ROW("NUL in a value", GET H "X: a\0b\r\n\r\n", 400),
	ROW("DEL in a value", GET H "X: a\x7f\r\n\r\n", 400),
	ROW("escape in a value", GET H "X: \x1b[31m\r\n\r\n", 400),
	ROW("an empty line before the request", "\r\n" GET H "\r\n", 400),
	/* Host */
	ROW("no Host", GET "X: y\r\n\r\n", 400),
	ROW("no field at all", GET "\r\n", 400),
	ROW("Host twice", GET H H "\r\n", 400),
	ROW("Host twice, different", GET H "hOST: other\r\n\r\n", 400),
	ROW("Host empty", GET "Host:\r\n\r\n", 400),
	ROW("Host with a user", GET "Host: a@vault\r\n\r\n", 400),
	ROW("Host with a path", GET "Host: vault/x\r\n\r\n", 400),
	ROW("Host with a list", GET "Host: vault, other\r\n\r\n", 400),
	ROW("Host with a space", GET "Host: vault other\r\n\r\n", 400),
	ROW("Host with a bad port", GET "Host: vault:x\r\n\r\n", 400),
	ROW("Host with port 0", GET "Host: vault:0\r\n\r\n", 400),
	ROW("Host with a large port", GET "Host: vault:65536\r\n\r\n", 400),
	ROW("Host with an escape", GET "Host: va%75lt\r\n\r\n", 400),
	ROW("Host with an open bracket", GET "Host: [::1\r\n\r\n", 400),
	ROW("target names another host", "GET https://other/ HTTP/1.1\r\n" H "\r\n", 400),
	ROW("target names another port", "GET https://vault:1/ HTTP/1.1\r\n" H "\r\n", 400),
	ROW("target with a user", "GET https://a@vault/ HTTP/1.1\r\n" H "\r\n", 400),
	ROW("target of another scheme", "GET http://vault/ HTTP/1.1\r\n" H "\r\n", 400),
	ROW("target without a path", "GET https://vault HTTP/1.1\r\n" H "\r\n", 400),
	ROW("target without a host", "GET https:///x HTTP/1.1\r\n" H "\r\n", 400),
	/* the request line */
	ROW("two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a tab", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a space at the end", "GET / HTTP/1.1 \r\n" H "\r\n", 400),
	ROW("no version", "GET /\r\n" H "\r\n", 400),
	ROW("no target", "GET HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a relative target", "GET x HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a fragment", "GET /x#y HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a backslash", "GET /x\\y HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a broken escape", "GET /%4 HTTP/1.1\r\n" H "\r\n", 400),
	ROW("an escape of no digits", "GET /%zz HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a broken escape in the query", "GET /?%2 HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a byte past ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a NUL in the target", "GET /\0 HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a star for GET", "GET * HTTP/1.1\r\n" H "\r\n", 400),
	ROW("a method in small letters", "get / HTTP/1.1\r\n" H "\r\n", 501),
	ROW("an unknown method", "BREW / HTTP/1.1\r\n" H "\r\n", 501),
	ROW("CONNECT", "CONNECT vault:443 HTTP/1.1\r\n" H "\r\n", 501),
	ROW("TRACE", "TRACE / HTTP/1.1\r\n" H "\r\n", 501),
	ROW("a method that is no token", "G@T / HTTP/1.1\r\n" H "\r\n", 400),
	ROW("no method", " / HTTP/1.1\r\n" H "\r\n", 400),
	ROW("HTTP/1.0", "GET / HTTP/1.0\r\n" H "\r\n", 505),
	ROW("HTTP/2.0", "PRI * HTTP/2.0\r\n\r\n", 505),
	ROW("HTTP/0.9 with a version", "GET / HTTP/0.9\r\n" H "\r\n", 505),
	ROW("HTTP/1.10", "GET / HTTP/1.10\r\n" H "\r\n", 400),
	ROW("http in small letters", "GET / http/1.1\r\n" H "\r\n", 400),
	ROW("HTTP/1.1 with a comma", "GET / HTTP/1,1\r\n" H "\r\n", 400),
	/* bodies and expectations without a meaning */
	ROW("a body with GET", GET H "Content-Length: 5\r\n\r\nhello", 400),
	ROW("a chunked body with GET", GET H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	ROW("a body with HEAD", "HEAD / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx", 400),
	ROW("another expectation", POST H "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417),
	/* what may decide something, twice */
	ROW("Authorization twice", GET H "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400),
	ROW("Cookie twice", GET H "Cookie: a=1\r\nCookie: a=2\r\n\r\n", 400),
	ROW("Origin twice", GET H "Origin: https://a\r\nOrigin: https://b\r\n\r\n", 400),
	ROW("Content-Type twice", POST H "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400),
#undef ROW
};

static void refuses_every_row_of_the_smuggling_corpus(void **state)
{
	struct http1_head head;
	unsigned answer;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct status s = parse(refusals[i].in, &head, &answer);
		if (ok(s) || s.code == ST_BUSY || answer != refusals[i].answer)
			fail_msg("%s: %s, answer %u instead of %u", refusals[i].what, status_name(s.code), answer,
				 refusals[i].answer);
		assert_non_null(s.what);
	}
}

static void refuses_what_is_too_large(void **state)
{
	static char in[2 * LIMIT_HTTP_HEAD];
	struct http1_head head;
	unsigned answer;
	size_t len;

	(void)state;
	/* a request line that does not end */
	memset(in, 'a', sizeof in);
	memcpy(in, "GET /", 5);
	assert_fails(ST_TOO_BIG, parse(bytes_of(in, LIMIT_HTTP_HEAD), &head, &answer));
	assert_int_equal(answer, 414);
	/* a target one past its limit */
	len = (size_t)snprintf(in, sizeof in, "GET /%0*d HTTP/1.1\r\n" H END, LIMIT_HTTP_TARGET, 0);
	assert_fails(ST_TOO_BIG, parse(bytes_of(in, len), &head, &answer));
	assert_int_equal(answer, 414);
	len = (size_t)snprintf(in, sizeof in, "GET /%0*d HTTP/1.1\r\n" H END, LIMIT_HTTP_TARGET - 1, 0);
	assert_ok(parse(bytes_of(in, len), &head, &answer));
	/* a head that does not end */
	len = (size_t)snprintf(in, sizeof in, GET H);
	while (len < LIMIT_HTTP_HEAD)
		len += (size_t)snprintf(in + len, sizeof in - len, "X: %0100d\r\n", 0);
	assert_fails(ST_TOO_BIG, parse(bytes_of(in, len), &head, &answer));
	assert_int_equal(answer, 431);
	/* one header too many */
	len = (size_t)snprintf(in, sizeof in, GET H);
	for (int i = 1; i < LIMIT_HTTP_HEADERS; i++)
		len += (size_t)snprintf(in + len, sizeof in - len, "X%d: y\r\n", i);
	(void)snprintf(in + len, sizeof in - len, END);
	assert_ok(parse(bytes_of(in, len + 2), &head, &answer));
	(void)snprintf(in + len, sizeof in - len, "Y: z\r\n\r\n");
	assert_fails(ST_TOO_BIG, parse(bytes_of(in, len + 8), &head, &answer));
	assert_int_equal(answer, 431);
}

/* Whatever the pieces it comes in, the end of a head is found at the same place and never before. */
static void finds_the_end_byte_by_byte(void **state)
{
	static const char in[] = GET H "X: y\r\nZ:\r\n\r\nGET";
	size_t scanned = 0, len = 0, given = 0;
	unsigned answer;

	(void)state;
	while (len == 0) {
		assert_true(given < sizeof in - 1);
		assert_ok(http1_scan(bytes_of(in, ++given), &scanned, &len, &answer));
	}
	assert_int_equal(len, sizeof in - 1 - 3);
	assert_int_equal(given, len);
}

static void no_prefix_of_a_head_is_a_head(void **state)
{
	static const char in[] = POST H "Content-Length: 5\r\nConnection: close\r\n\r\n";
	struct http1_head head;
	unsigned answer;

	(void)state;
	for (size_t len = 0; len < sizeof in - 1; len++)
		assert_fails(ST_BUSY, parse(bytes_of(in, len), &head, &answer));
	assert_ok(parse(BYTES_LITERAL(in), &head, &answer));
	/* Nor does the parser alone take one that does not end exactly. */
	for (size_t len = 0; len < sizeof in - 1; len++)
		assert_false(ok(http1_parse(bytes_of(in, len), TEXT("https://"), &head, &answer)));
	assert_false(ok(http1_parse(bytes_of(in, sizeof in), TEXT("https://"), &head, &answer)));
}

/* --- the words --- */

static void knows_methods_names_and_reasons(void **state)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
	enum http_method m;

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		assert_ok(http_method(text_of(methods[i]), &m));
		assert_int_equal(m, HTTP_GET + i);
	}
	assert_fails(ST_NOT_FOUND, http_method(TEXT("GETS"), &m));
	assert_int_equal(http_known(TEXT("CONTENT-length")), HTTP_CONTENT_LENGTH);
	assert_int_equal(http_known(TEXT("x-forwarded-proto")), HTTP_FORWARDED_PROTO);
	assert_int_equal(http_known(TEXT("content-lengtx")), HTTP_UNKNOWN);
	assert_int_equal(http_known(TEXT("x")), HTTP_UNKNOWN);
	assert_text("Not Found", http_reason(404));
	assert_text("Status", http_reason(299));
	assert_true(http_has_token(TEXT("a, CLOSE ,b"), TEXT("close")));
	assert_false(http_has_token(TEXT("a, closed"), TEXT("close")));
	assert_false(http_has_token((struct text){0}, TEXT("close")));
}

static void judges_every_byte(void **state)
{
	static const char token_others[] = "!#$%&'*+-.^_`|~";

	(void)state;
	for (int c = 0; c < 256; c++) {
		char one[1] = {(char)c};
		bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool token = alphanumeric || (c != 0 && c < 128 && strchr(token_others, c) != NULL);
		bool value = c == '\t' || (c >= ' ' && c != 0x7f);
		assert_int_equal(http_token_span((struct text){one, 1}), token);
		assert_int_equal(http_is_value((struct text){one, 1}), value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_a_plain_request),
		TEST(knows_how_a_body_is_framed),
		TEST(takes_targets_and_authorities),
		TEST(refuses_every_row_of_the_smuggling_corpus),
		TEST(refuses_what_is_too_large),
		TEST(finds_the_end_byte_by_byte),
		TEST(no_prefix_of_a_head_is_a_head),
		TEST(knows_methods_names_and_reasons),
		TEST(judges_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
