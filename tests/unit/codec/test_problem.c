/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "problem.h"
#include "secret.h"

static void writes_field_and_limit(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct problem p = {.kind = PROBLEM_TOO_BIG,
			    .what = "field too long",
			    .field = TEXT("grants[1].\"x\""),
			    .instance = TEXT("/v1/requests/7"),
			    .limited = true,
			    .counted = true,
			    .limit = 64,
			    .used = 70};

	(void)state;
	assert_ok(problem_write(&p, &out));
	assert_true(text_equal(text_from(buffer_bytes(&out)),
			       TEXT("{\"type\":\"/problems/too-big\",\"title\":\"Larger than a limit allows\","
				    "\"status\":413,\"detail\":\"field too long: Stay within the limit named here.\","
				    "\"field\":\"grants[1].\\\"x\\\"\",\"limit\":64,\"used\":70,"
				    "\"instance\":\"/v1/requests/7\"}")));
}

static void leaves_out_what_is_not_known(void **state)
{
	AUTO(buffer) out = {.max = 4096};
	struct problem p = {.kind = PROBLEM_GONE, .field = TEXT("\xff")};

	(void)state;
	assert_ok(problem_write(&p, &out));
	assert_true(text_equal(text_from(buffer_bytes(&out)),
			       TEXT("{\"type\":\"/problems/gone\",\"title\":\"This existed and has ended\","
				    "\"status\":410,\"detail\":\"Begin anew.\"}")));
}

static void every_kind_is_whole_and_of_its_own_type(void **state)
{
	(void)state;
	for (enum problem_kind i = 0; i <= PROBLEM_QUOTA; i++) {
		const struct problem_type *t = problem_type_of(i);
		assert_true(strncmp(t->type, "/problems/", 10) == 0);
		assert_true(t->title != NULL && t->advice != NULL);
		assert_in_range(t->http, 400, 599);
		assert_int_not_equal(t->code, ST_OK);
		for (enum problem_kind other = 0; other < i; other++)
			assert_string_not_equal(t->type, problem_type_of(other)->type);
	}
}

/** "Begin anew.", "Do not retry; tell the operator.": a sentence that says what to do. */
static void every_kind_says_what_to_do_next(void **state)
{
	static const char *const verbs[] = {"Ask ",   "Begin ", "Check ", "Correct ",      "Do ",
					    "Fetch ", "Leave ", "Send ",  "Sign ",         "Stay ",
					    "Try ",   "Use ",   "Wait ",  "send it again", "tell the operator"};
	/* Longer than any sentence of ours (what), so nothing of the advice is cut. */
	char what[201];

	(void)state;
	memset(what, 'w', sizeof what);
	what[sizeof what - 1] = '\0';
	for (enum problem_kind i = 0; i <= PROBLEM_QUOTA; i++) {
		const char *advice = problem_type_of(i)->advice;
		AUTO(buffer) out = {.max = 4096};
		const struct problem p = {.kind = i, .what = what};
		struct problem_answer a;
		bool says = false;
		for (size_t k = 0; k < COUNT(verbs); k++) {
			const char *at = strstr(advice, verbs[k]);
			says = says || at == advice || (at != NULL && at[-1] == ' ');
		}
		if (!says || advice[strlen(advice) - 1] != '.')
			fail_msg("%s: \"%s\" is no next step", problem_type_of(i)->type, advice);
		assert_ok(problem_write(&p, &out));
		problem_read(problem_type_of(i)->http, buffer_bytes(&out), &a);
		assert_int_equal(strlen(a.detail), strlen(what) + 2 + strlen(advice));
		assert_string_equal(a.detail + strlen(what) + 2, advice);
	}
}

static void every_failure_has_its_answer(void **state)
{
	(void)state;
	for (enum status_code code = ST_INVALID; code <= ST_IO; code++) {
		enum status_code back = problem_type_of(problem_of(code))->code;
		/* Two are nobody's business outside. */
		if (code == ST_UNAUDITED)
			assert_int_equal(back, ST_IO);
		else if (code == ST_NO_MEMORY)
			assert_int_equal(back, ST_BUSY);
		else
			assert_int_equal(back, code);
	}
}

static void a_client_reads_what_was_written(void **state)
{
	(void)state;
	for (enum problem_kind i = 0; i <= PROBLEM_QUOTA; i++) {
		AUTO(buffer) out = {.max = 4096};
		struct problem p = {.kind = i, .what = "w", .field = TEXT("f"), .limited = true, .limit = UINT64_MAX};
		struct problem_answer a;
		assert_ok(problem_write(&p, &out));
		problem_read(problem_type_of(i)->http, buffer_bytes(&out), &a);
		assert_int_equal(a.code, problem_type_of(i)->code);
		assert_string_equal(a.type, problem_type_of(i)->type);
		assert_string_equal(a.title, problem_type_of(i)->title);
		assert_non_null(strstr(a.detail, problem_type_of(i)->advice));
		assert_string_equal(a.field, "f");
		assert_true(a.limited && a.limit == UINT64_MAX && !a.counted);
	}
}

static void what_was_read_is_shown_again(void **state)
{
	AUTO(buffer) first = {.max = 4096}, second = {.max = 4096};
	const struct problem p = {
		.kind = PROBLEM_QUOTA, .field = TEXT("f"), .limited = true, .counted = true, .limit = 7, .used = 9};
	struct problem_answer a;

	(void)state;
	assert_ok(problem_write(&p, &first));
	problem_read(507, buffer_bytes(&first), &a);
	assert_ok(problem_show(&a, &second));
	assert_true(text_equal(text_from(buffer_bytes(&first)), text_from(buffer_bytes(&second))));
}

static void what_a_program_refused_itself_has_the_form_of_an_answer(void **state)
{
	(void)state;
	for (enum status_code code = ST_INVALID; code <= ST_IO; code++) {
		AUTO(buffer) out = {.max = 4096};
		struct problem_answer own, read;
		problem_own(code, "data: \x1b[2J, say what to do", &own);
		assert_ok(problem_show(&own, &out));
		problem_read(own.http, buffer_bytes(&out), &read);
		assert_string_equal(read.type, problem_type_of(problem_of(code))->type);
		assert_string_equal(read.title, own.title);
		assert_string_equal(read.detail, "data: ?[2J, say what to do");
	}
}

static void a_client_makes_the_best_of_anything_else(void **state)
{
	static const struct {
		uint16_t http;
		const char *body;
		enum status_code code;
	} answers[] = {
		{404, "<html>", ST_NOT_FOUND},
		{403, "", ST_DENIED},
		{400, "[]", ST_INVALID},
		{418, "{\"type\":\"about:blank\",\"limit\":-1}", ST_INVALID},
		{500, "{\"type\":7}", ST_IO},
		{502, "", ST_IO},
		{503, "{\"type\":\"/problems/unreachable\"}", ST_UNREACHABLE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct problem_answer a;
		problem_read(answers[i].http, text_bytes(text_of(answers[i].body)), &a);
		assert_int_equal(a.code, answers[i].code);
		assert_int_equal(a.http, answers[i].http);
		assert_string_equal(a.detail, "");
		assert_false(a.limited);
	}
}

static void no_text_of_a_server_reaches_the_terminal_raw(void **state)
{
	static const char body[] = "{\"detail\":\"\\u001b[2Jx\\u009b\\n\",\"field\":\""
				   "0123456789012345678901234567890123456789012345678901234567890123456789\"}";
	struct problem_answer a;

	(void)state;
	problem_read(400, BYTES_LITERAL(body), &a);
	assert_string_equal(a.detail, "?[2Jx???");
	assert_int_equal(strlen(a.field), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_field_and_limit),
		TEST(leaves_out_what_is_not_known),
		TEST(every_kind_is_whole_and_of_its_own_type),
		TEST(every_kind_says_what_to_do_next),
		TEST(every_failure_has_its_answer),
		TEST(a_client_reads_what_was_written),
		TEST(what_was_read_is_shown_again),
		TEST(what_a_program_refused_itself_has_the_form_of_an_answer),
		TEST(a_client_makes_the_best_of_anything_else),
		TEST(no_text_of_a_server_reaches_the_terminal_raw),
	};

	assert_ok(secret_setup());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
