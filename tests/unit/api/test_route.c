/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what may be asked (PROMISES#K9): every row is complete, and nothing is found that is no row. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "route.h"

static struct status find(enum http_method method, const char *path, const struct route **out)
{
	AUTO(arena) arena = {.max = 65536};
	struct path parsed;

	TRY(path_parse(text_of(path), &arena, &parsed));
	return route_find(method, &parsed, out);
}

static void every_row_is_complete(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct route *r = route_at(0); r != NULL; r = route_at(++count)) {
		assert_non_null(r->handle);
		assert_int_equal(r->pattern[0], '/');
		/* A body has a type, and none has none. */
		assert_int_equal(r->body != ROUTE_NOTHING, r->type != NULL);
		if (r->body == ROUTE_STREAM)
			assert_true(r->max > 0);
		/* Only readings and sign-ins are open to strangers, and those are few. */
		if (r->who == ROUTE_OPEN && r->method != HTTP_GET)
			assert_string_equal(r->pattern, "/v1/challenges");
		/* An action on a patient needs the address to say which. */
		if ((r->who == ROUTE_SESSION || r->who == ROUTE_PENDING || r->who == ROUTE_FRESH) &&
		    permit_action_on_patient(r->action))
			assert_true(strstr(r->pattern, "/:patient") != NULL || strstr(r->pattern, "/:record") != NULL);
		if (strstr(r->pattern, "/:patient") != NULL || strstr(r->pattern, "/:record") != NULL)
			assert_true(permit_action_on_patient(r->action));
	}
	assert_int_equal(count, 61);
	assert_null(route_at(count));
	assert_null(route_at(SIZE_MAX));
}

static void no_two_rows_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; route_at(i) != NULL; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(route_at(i)->method == route_at(j)->method &&
				     strcmp(route_at(i)->pattern, route_at(j)->pattern) == 0);
}

static void what_waits_for_a_step_reaches_only_its_session(void **state)
{
	static const char *const allowed[] = {"/v1/sessions",
					      "/v1/session",
					      "/v1/notices",
					      "/v1/notices/read",
					      "/v1/password",
					      "/v1/conduct",
					      "/v1/conduct/acceptances",
					      "/v1/factors",
					      "/v1/authenticators",
					      "/v1/session/factor",
					      "/v1/passkeys",
					      "/v1/passkeys/challenges"};

	(void)state;
	for (size_t i = 0; route_at(i) != NULL; i++) {
		bool known = false;
		for (size_t k = 0; k < COUNT(allowed); k++)
			known |= strcmp(route_at(i)->pattern, allowed[k]) == 0;
		if (route_at(i)->who == ROUTE_PENDING)
			assert_true(known);
	}
}

/** What changes the site, or where warnings of it go, is not for whoever found a session. */
static void what_a_stolen_session_may_not_do_takes_a_fresh_proof(void **state)
{
	static const struct {
		enum http_method method;
		const char *pattern;
	} rows[] = {{HTTP_PUT, "/v1/settings/:name"},          {HTTP_PUT, "/v1/conduct"},
		    {HTTP_PUT, "/v1/notices/contact"},         {HTTP_POST, "/v1/users/:user/reset"},
		    {HTTP_DELETE, "/v1/users/:user/sessions"}, {HTTP_DELETE, "/v1/users/:user/blocks"},
		    {HTTP_DELETE, "/v1/blocks/:block"},        {HTTP_POST, "/v1/patients/:patient/exports"}};
	size_t fresh = 0;

	(void)state;
	for (size_t i = 0; route_at(i) != NULL; i++) {
		const struct route *r = route_at(i);
		bool wanted = false;
		for (size_t k = 0; k < COUNT(rows); k++)
			wanted |= r->method == rows[k].method && strcmp(r->pattern, rows[k].pattern) == 0;
		if (wanted != (r->who == ROUTE_FRESH))
			fail_msg("%s %s a fresh proof", r->pattern, wanted ? "takes no" : "takes");
		fresh += wanted ? 1 : 0;
	}
	assert_int_equal(fresh, COUNT(rows));
}

/** On a full disk nobody eats what it takes to end his session. */
static void a_full_disk_takes_what_lets_in_and_what_ends(void **state)
{
	static const struct {
		enum http_method method;
		const char *pattern;
		enum route_full full;
	} rows[] = {{HTTP_POST, "/v1/sessions", ROUTE_FULL_ENTERS},
		    {HTTP_POST, "/v1/password-resets", ROUTE_FULL_ENTERS},
		    {HTTP_PUT, "/v1/session/factor", ROUTE_FULL_ENTERS},
		    {HTTP_DELETE, "/v1/sessions", ROUTE_FULL_ENTERS},
		    {HTTP_POST, "/v1/authenticators", ROUTE_FULL_STEP},
		    {HTTP_POST, "/v1/passkeys", ROUTE_FULL_STEP},
		    {HTTP_PUT, "/v1/password", ROUTE_FULL_STEP},
		    {HTTP_POST, "/v1/conduct/acceptances", ROUTE_FULL_STEP},
		    {HTTP_DELETE, "/v1/session", ROUTE_FULL_ENDS},
		    {HTTP_DELETE, "/v1/sessions/:session", ROUTE_FULL_ENDS},
		    {HTTP_DELETE, "/v1/devices/:device", ROUTE_FULL_ENDS},
		    {HTTP_DELETE, "/v1/users/:user/sessions", ROUTE_FULL_ENDS},
		    {HTTP_DELETE, "/v1/uploads/:upload", ROUTE_FULL_ENDS}};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; route_at(i) != NULL; i++) {
		const struct route *r = route_at(i);
		enum route_full wanted = ROUTE_FULL_STOPS;
		for (size_t k = 0; k < COUNT(rows); k++)
			if (r->method == rows[k].method && strcmp(r->pattern, rows[k].pattern) == 0)
				wanted = rows[k].full;
		if (route_full(r) != wanted)
			fail_msg("%s: %d on a full disk", r->pattern, route_full(r));
		found += wanted != ROUTE_FULL_STOPS ? 1 : 0;
	}
	assert_int_equal(found, COUNT(rows));
}

/** The pattern with something in place of each ":name" and "*". */
static void example(const char *pattern, char *out)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != ':' && *pattern != '*') {
			*out++ = *pattern;
			continue;
		}
		*out++ = 'x';
		while (pattern[1] != '\0' && pattern[1] != '/')
			pattern++;
	}
	*out = '\0';
}

static void every_row_is_found_by_its_method_alone(void **state)
{
	static const enum http_method methods[] = {HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};

	(void)state;
	for (size_t i = 0; route_at(i) != NULL; i++) {
		char path[200];
		const struct route *found;
		example(route_at(i)->pattern, path);
		for (size_t m = 0; m < COUNT(methods); m++) {
			struct status s = find(methods[m], path, &found);
			if (methods[m] == route_at(i)->method) {
				assert_ok(s);
				assert_ptr_equal(found, route_at(i));
			} else if (!ok(s)) {
				assert_int_equal(s.code, ST_DENIED);
				assert_string_equal(s.what, "method");
			} else {
				assert_true(found->method == methods[m] || methods[m] == HTTP_HEAD);
			}
		}
	}
}

static void hostile_addresses_are_none(void **state)
{
	static const char *const bad[] = {
		"/",
		"//",
		"/v1",
		"/v1/",
		"/v1//site",
		"/v1/site/",
		"/v1/site/x",
		"/v1/Site",
		"/V1/site",
		"/v1/sit",
		"/v1/sites",
		"/v1/site%00",
		"/v1/site%2f",
		"/v1%2fsite",
		"/v1/../v1/site",
		"/v1/./site",
		"/v1/%2e%2e/v1/site",
		"/v1/patients/",
		"/v1/patients//records",
		"/v1/patients/x/records/",
		"/v1/patients/x/y",
		"/v1/records/x/versions",
		"/v1/records/x/versions/1",
		"/v1/records/x/versions//content",
		"/v1/log",
		"/v1/log/tile",
		"/v1/log/tile/",
		"/:patient",
		"/v1/*",
		"*",
		"",
		"v1/site",
		"http://localhost/v1/site",
		"/v1/site?x",
		"/v1/site#x",
		"/v1/site;x",
		"/v1/si\tte",
		"/v1/site\xff",
		"/v1/site ",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct route *found;
		if (ok(find(HTTP_GET, bad[i], &found)))
			fail_msg("\"%s\" leads to %s", bad[i], found->pattern);
	}
}

static void a_pattern_names_its_segments(void **state)
{
	static const char id[] = "/v1/patients/pt-06h008r7qpt2n168174amvpn1s/records";
	struct call call = {.arena = {.max = 65536}};
	struct uuid uuid;

	(void)state;
	assert_ok(path_parse(text_of(id), &call.arena, &call.path));
	assert_ok(route_find(HTTP_GET, &call.path, &call.route));
	assert_true(text_equal(route_segment(&call, "patient"), TEXT("pt-06h008r7qpt2n168174amvpn1s")));
	assert_null(route_segment(&call, "record").at);
	assert_ok(route_id(&call, "patient", ID_PATIENT, &uuid));
	assert_fails(ST_INVALID, route_id(&call, "patient", ID_RECORD, &uuid));
	arena_clear(&call.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_row_is_complete),
		TEST(no_two_rows_are_the_same),
		TEST(what_waits_for_a_step_reaches_only_its_session),
		TEST(what_a_stolen_session_may_not_do_takes_a_fresh_proof),
		TEST(a_full_disk_takes_what_lets_in_and_what_ends),
		TEST(every_row_is_found_by_its_method_alone),
		TEST(hostile_addresses_are_none),
		TEST(a_pattern_names_its_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
