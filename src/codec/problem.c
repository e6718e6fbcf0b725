/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "jsonwriter.h"

/* clang-format off */
static const struct problem_type types[] = {
	[PROBLEM_INVALID] = { "/problems/invalid", "The request breaks a rule of its format",
		"Correct the field named here and send it again.", 400, ST_INVALID },
	[PROBLEM_PLAIN_HTTP] = { "/problems/plain-http", "This port speaks TLS only",
		"Use the https address.", 400, ST_INVALID },
	[PROBLEM_UNPROVEN] = { "/problems/unproven", "Nobody is signed in, or the proof does not hold",
		"Sign in and send it again.", 401, ST_UNPROVEN },
	[PROBLEM_SECOND_FACTOR] = { "/problems/second-factor", "A second factor is needed",
		"Send it again with a code of your second factor.", 401, ST_PENDING },
	[PROBLEM_DENIED] = { "/problems/denied", "Not allowed",
		"Ask the owner of the patient file or an administrator for the permission.", 403, ST_DENIED },
	[PROBLEM_PENDING] = { "/problems/pending-step", "A pending step stands before this",
		"Do the step that the session names, then send it again.", 403, ST_PENDING },
	[PROBLEM_NOT_FOUND] = { "/problems/not-found", "There is no such thing, or not for you",
		"Check the address and the id; if it is somebody's, ask its owner.", 404, ST_NOT_FOUND },
	[PROBLEM_METHOD] = { "/problems/method", "This address has no such method",
		"Use one of the methods in the Allow field.", 405, ST_INVALID },
	[PROBLEM_TIMEOUT] = { "/problems/timeout", "The request did not arrive in time",
		"Send it again; an upload continues at its offset.", 408, ST_BUSY },
	[PROBLEM_CONFLICT] = { "/problems/conflict", "What this builds on has changed",
		"Fetch the present state, build on it and send it again.", 409, ST_CONFLICT },
	[PROBLEM_FORK] = { "/problems/fork", "The statement names a log that this site never had",
		"Do not retry; keep your security file and tell the operator: one of the two logs is a fork.", 409, ST_CORRUPT },
	[PROBLEM_GONE] = { "/problems/gone", "This existed and has ended",
		"Begin anew.", 410, ST_GONE },
	[PROBLEM_LENGTH_REQUIRED] = { "/problems/length-required", "A length is needed",
		"Send Content-Length.", 411, ST_INVALID },
	[PROBLEM_PRECONDITION] = { "/problems/precondition", "The condition of the request does not hold",
		"Fetch the present state and its ETag, then send it again.", 412, ST_CONFLICT },
	[PROBLEM_TOO_BIG] = { "/problems/too-big", "Larger than a limit allows",
		"Stay within the limit named here.", 413, ST_TOO_BIG },
	[PROBLEM_TARGET_TOO_LONG] = { "/problems/target-too-long", "The address is too long",
		"Stay within the limit named here.", 414, ST_TOO_BIG },
	[PROBLEM_MEDIA_REFUSED] = { "/problems/media-type", "This address does not take this media type",
		"Send the media type that the interface description names.", 415, ST_INVALID },
	[PROBLEM_RANGE] = { "/problems/range", "The range lies outside of the content",
		"Ask for a range within the size in Content-Range.", 416, ST_INVALID },
	[PROBLEM_EXPECTATION] = { "/problems/expectation", "The expectation cannot be met",
		"Leave out the Expect field.", 417, ST_INVALID },
	[PROBLEM_MISDIRECTED] = { "/problems/misdirected", "This site has another origin",
		"Use the site's own address.", 421, ST_INVALID },
	[PROBLEM_MISMATCH] = { "/problems/mismatch", "The bytes received do not have the signed hash",
		"Nothing was stored; send it again.", 422, ST_MISMATCH },
	[PROBLEM_KEY_REUSED] = { "/problems/key-reused", "This Idempotency-Key stands for another request",
		"Send this request under a key of its own.", 422, ST_CONFLICT },
	[PROBLEM_TOO_MANY] = { "/problems/too-many", "Too many requests",
		"Wait a minute and send it again; where as many as may be are named here, end or remove one first.", 429, ST_TOO_MANY },
	[PROBLEM_HEAD_TOO_BIG] = { "/problems/head-too-big", "The header fields are too large",
		"Stay within the limit named here.", 431, ST_TOO_BIG },
	[PROBLEM_FAILED] = { "/problems/failed", "The server failed",
		"Nothing was changed; tell the operator, then try again.", 500, ST_IO },
	[PROBLEM_DAMAGED] = { "/problems/damaged", "Damage, forgery or rollback was found",
		"Do not retry; tell the operator.", 500, ST_CORRUPT },
	[PROBLEM_NOT_IMPLEMENTED] = { "/problems/not-implemented", "The server knows no such method or coding",
		"Use what the interface description names.", 501, ST_INVALID },
	[PROBLEM_BUSY] = { "/problems/busy", "Not now",
		"Try again in a few seconds.", 503, ST_BUSY },
	[PROBLEM_UNREACHABLE] = { "/problems/unreachable", "A part of the site does not answer",
		"Try again later; tell the operator if it lasts.", 503, ST_UNREACHABLE },
	[PROBLEM_VERSION] = { "/problems/version", "This version of HTTP is not spoken here",
		"Use HTTP/1.1 or HTTP/2.", 505, ST_INVALID },
	[PROBLEM_FULL] = { "/problems/full", "No room is left",
		"Try again later; the operator has to make room on the disk.", 507, ST_FULL },
	[PROBLEM_QUOTA] = { "/problems/quota", "This would pass a quota",
		"Send less than limit leaves beside used, delete a patient file, or ask the operator to raise it.", 507, ST_FULL },
};
/* clang-format on */

static const enum problem_kind answers[] = {
	[ST_OK] = PROBLEM_FAILED,         [ST_INVALID] = PROBLEM_INVALID,
	[ST_UNPROVEN] = PROBLEM_UNPROVEN, [ST_DENIED] = PROBLEM_DENIED,
	[ST_PENDING] = PROBLEM_PENDING,   [ST_NOT_FOUND] = PROBLEM_NOT_FOUND,
	[ST_CONFLICT] = PROBLEM_CONFLICT, [ST_GONE] = PROBLEM_GONE,
	[ST_MISMATCH] = PROBLEM_MISMATCH, [ST_TOO_BIG] = PROBLEM_TOO_BIG,
	[ST_TOO_MANY] = PROBLEM_TOO_MANY, [ST_CORRUPT] = PROBLEM_DAMAGED,
	[ST_UNAUDITED] = PROBLEM_FAILED,  [ST_FULL] = PROBLEM_FULL,
	[ST_BUSY] = PROBLEM_BUSY,         [ST_UNREACHABLE] = PROBLEM_UNREACHABLE,
	[ST_NO_MEMORY] = PROBLEM_BUSY,    [ST_IO] = PROBLEM_FAILED,
};

const struct problem_type *problem_type_of(enum problem_kind kind)
{
	return &types[kind];
}

enum problem_kind problem_of(enum status_code code)
{
	return (size_t)code < COUNT(answers) ? answers[code] : PROBLEM_FAILED;
}

struct status problem_write(const struct problem *p, struct buffer *out)
{
	const struct problem_type *type = &types[p->kind];
	struct jsonwriter w = jsonwriter_of(out);
	char detail[PROBLEM_DETAIL_MAX + 1];

	(void)snprintf(detail, sizeof detail, "%s%s%s", p->what != NULL ? p->what : "", p->what != NULL ? ": " : "",
		       type->advice);
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "type", type->type);
	jsonwriter_string(&w, "title", type->title);
	jsonwriter_u64(&w, "status", type->http);
	jsonwriter_string(&w, "detail", detail);
	if (p->field.len > 0 && text_is_utf8(p->field))
		jsonwriter_text(&w, "field", p->field);
	if (p->limited)
		jsonwriter_u64(&w, "limit", p->limit);
	if (p->counted)
		jsonwriter_u64(&w, "used", p->used);
	if (p->instance.len > 0 && text_is_utf8(p->instance))
		jsonwriter_text(&w, "instance", p->instance);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

static const struct problem_type *type_for(uint16_t http)
{
	/* Kinds are in the order of their HTTP status, the general one first. */
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].http == http)
			return &types[i];
	return &types[http >= 500 ? PROBLEM_FAILED : PROBLEM_INVALID];
}

static const struct problem_type *find(struct text type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (text_equal(type, text_of(types[i].type)))
			return &types[i];
	return NULL;
}

/* Made printable and cut to ${size} - 1. */
static void copy_printable(struct text t, char *out, size_t size)
{
	size_t len = 0;

	for (; len < t.len && len < size - 1; len++)
		out[len] = t.at[len] >= ' ' && t.at[len] <= '~' ? t.at[len] : '?';
	out[len] = '\0';
}

static void copy_member(struct json object, const char *name, char *out, size_t size)
{
	struct text t = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &t));
	copy_printable(t, out, size);
}

static void read_members(struct json object, struct problem_answer *out)
{
	const struct problem_type *found = NULL;
	struct text type;

	if (ok(json_text(json_member(object, TEXT("type")), &type)))
		found = find(type);
	if (found != NULL) {
		out->code = found->code;
		out->type = found->type;
	}
	copy_member(object, "title", out->title, sizeof out->title);
	copy_member(object, "detail", out->detail, sizeof out->detail);
	copy_member(object, "field", out->field, sizeof out->field);
	copy_member(object, "instance", out->instance, sizeof out->instance);
	out->limited = ok(json_u64(json_member(object, TEXT("limit")), 0, UINT64_MAX, &out->limit));
	out->counted = ok(json_u64(json_member(object, TEXT("used")), 0, UINT64_MAX, &out->used));
}

void problem_read(uint16_t http, struct bytes body, struct problem_answer *out)
{
	AUTO(json_document) d = {0};

	*out = (struct problem_answer){.http = http, .code = type_for(http)->code, .type = type_for(http)->type};
	if (ok(json_parse(body, &json_limits_body, &d)))
		read_members(json_root(&d), out);
}

void problem_own(enum status_code code, const char *detail, struct problem_answer *out)
{
	const struct problem_type *type = &types[problem_of(code)];

	*out = (struct problem_answer){.http = type->http, .code = code, .type = type->type};
	copy_printable(text_of(type->title), out->title, sizeof out->title);
	copy_printable(text_of(detail), out->detail, sizeof out->detail);
}

struct status problem_show(const struct problem_answer *p, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "type", p->type);
	jsonwriter_string(&w, "title", p->title);
	jsonwriter_u64(&w, "status", p->http);
	jsonwriter_string(&w, "detail", p->detail);
	if (p->field[0] != '\0')
		jsonwriter_string(&w, "field", p->field);
	if (p->limited)
		jsonwriter_u64(&w, "limit", p->limit);
	if (p->counted)
		jsonwriter_u64(&w, "used", p->used);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}
