/* SPDX-License-Identifier: Apache-2.0 */
/**
 * problem: RFC 9457 problem details, the body of every answer that is no success.
 *
 * A closed table of types, stable for as long as /v1 is: a program decides by
 * `type`, a person reads `detail`, which says what to do.  `field`, `limit` and
 * `used` are there when a field was refused or a limit was met.
 */
#ifndef CODEC_PROBLEM_H
#define CODEC_PROBLEM_H

#include "text.h"

#define PROBLEM_MEDIA_TYPE "application/problem+json"

enum problem_kind {
	PROBLEM_INVALID,
	PROBLEM_PLAIN_HTTP,
	PROBLEM_UNPROVEN,
	PROBLEM_SECOND_FACTOR,
	PROBLEM_DENIED,
	PROBLEM_PENDING,
	PROBLEM_NOT_FOUND,
	PROBLEM_METHOD,
	PROBLEM_TIMEOUT,
	PROBLEM_CONFLICT,
	PROBLEM_FORK,
	PROBLEM_GONE,
	PROBLEM_LENGTH_REQUIRED,
	PROBLEM_PRECONDITION,
	PROBLEM_TOO_BIG,
	PROBLEM_TARGET_TOO_LONG,
	PROBLEM_MEDIA_REFUSED,
	PROBLEM_RANGE,
	PROBLEM_EXPECTATION,
	PROBLEM_MISDIRECTED,
	PROBLEM_MISMATCH,
	PROBLEM_KEY_REUSED,
	PROBLEM_TOO_MANY,
	PROBLEM_HEAD_TOO_BIG,
	PROBLEM_FAILED,
	PROBLEM_DAMAGED,
	PROBLEM_NOT_IMPLEMENTED,
	PROBLEM_BUSY,
	PROBLEM_UNREACHABLE,
	PROBLEM_VERSION,
	PROBLEM_FULL,
	PROBLEM_QUOTA,
};

/* Of `detail`: room for what was refused and for what to do, neither of which is ever cut. */
#define PROBLEM_DETAIL_MAX 320

struct problem_type {
	const char *type; /* relative reference: /problems/too-big */
	const char *title;
	const char *advice;
	uint16_t http;         /* status code of the answer */
	enum status_code code; /* what a client makes of it */
};
const struct problem_type *problem_type_of(enum problem_kind kind);
/** problem_of(code): what answers a failure; ${code} is not ST_OK. */
enum problem_kind problem_of(enum status_code code);

struct problem {
	enum problem_kind kind;
	const char *what;            /* a literal of ours, usually status.what; may be NULL */
	struct text field, instance; /* left out when empty; a field not in UTF-8 too */
	bool limited, counted;       /* ${limit} and ${used} are given */
	uint64_t limit, used;
};
/** problem_write(p, out): append the JSON object. */
MUST_CHECK struct status problem_write(const struct problem *p, struct buffer *out);

/** A problem as a client received it, or found itself: no text in it can move a cursor or colour a terminal. */
struct problem_answer {
	uint16_t http;
	enum status_code code; /* by type, or by ${http} when the type is not ours; never ST_OK */
	const char *type;      /* of our table, by the same rule */
	char title[81], detail[PROBLEM_DETAIL_MAX + 1], field[65],
		instance[81]; /* printable ASCII, cut; may be empty */
	bool limited, counted;
	uint64_t limit, used;
};
/**
 * problem_read(http, body, out):
 * Make the best of the answer with status ${http} and a ${body} that may be
 * anything: a body that is no problem document leaves only what ${http} says.
 */
void problem_read(uint16_t http, struct bytes body, struct problem_answer *out);
/** problem_own(code, detail, out): what a program refused by itself, nobody having answered; ${code} is not ST_OK. */
void problem_own(enum status_code code, const char *detail, struct problem_answer *out);
/** problem_show(p, out): append it as a JSON object, for whoever asked for JSON. */
MUST_CHECK struct status problem_show(const struct problem_answer *p, struct buffer *out);

#endif /* !CODEC_PROBLEM_H */
