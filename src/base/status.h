/* SPDX-License-Identifier: Apache-2.0 */
/**
 * status: the outcome of every fallible function.
 *
 * A struct, not an int, so that `if (vault_open(...))` does not compile and an
 * ignored one warns.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

enum status_code {
	ST_OK = 0,
	ST_INVALID,  /* refused to parse, or breaks a rule of its own format */
	ST_UNPROVEN, /* nobody is signed in, or the proof offered fails */
	ST_DENIED,   /* understood, but this user may not do it */
	ST_PENDING,  /* a pending step stands before it */
	ST_NOT_FOUND,
	ST_CONFLICT,    /* what it builds on has changed, or it exists already */
	ST_GONE,        /* existed, ended */
	ST_MISMATCH,    /* bytes received do not have the hash that was signed */
	ST_TOO_BIG,     /* a limit in limits.h was reached */
	ST_TOO_MANY,    /* a rate or a queue is full: later */
	ST_CORRUPT,     /* damage, forgery or rollback: do not retry, tell someone */
	ST_UNAUDITED,   /* a change was about to commit without its leaf */
	ST_FULL,        /* no room: disk or quota */
	ST_BUSY,        /* not now: paused, draining, held by another */
	ST_UNREACHABLE, /* the other side does not answer */
	ST_NO_MEMORY,
	ST_IO,
};

struct status {
	enum status_code code;
	/* Names the field, limit or thing in question: a string literal of
	 * ours, never text from outside.  May be NULL. */
	const char *what;
};

#define MUST_CHECK            __attribute__((warn_unused_result))
#define OK                    ((struct status){.code = ST_OK})
#define FAIL(why)             ((struct status){.code = (why)})
#define FAIL_AT(why, literal) ((struct status){.code = (why), .what = (literal)})

static inline bool ok(struct status s)
{
	return s.code == ST_OK;
}

/** status_name(code): a stable snake_case word, e.g. "not_found". */
const char *status_name(enum status_code code);

/** The one macro with control flow: hand a failure to our caller. */
#define TRY(call) \
	do { \
		struct status try_ = (call); \
		if (!ok(try_)) \
			return try_; \
	} while (0)

/** `AUTO(secret) key = { 0 };` runs secret_clear(&key) on every way out. */
#define AUTO(type) __attribute__((cleanup(type##_clear))) struct type

/** Number of elements of an array (not of a pointer). */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif /* !BASE_STATUS_H */
