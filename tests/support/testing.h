/* SPDX-License-Identifier: Apache-2.0 */
/** testing: what every cmocka test includes, in the order cmocka needs. */
#ifndef SUPPORT_TESTING_H
#define SUPPORT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "status.h"

#define assert_ok(call) \
	do { \
		struct status got_ = (call); \
		if (!ok(got_)) \
			fail_msg("%s: %s (%s)", #call, status_name(got_.code), got_.what != NULL ? got_.what : "-"); \
	} while (0)
#define assert_fails(wanted, call) assert_int_equal((call).code, (wanted))

/**
 * part_of(n):
 * How many of ${n} rounds to run: all, or under TESTING_PART=k one in k, at least one.  valgrind sets it, where
 * a program takes thirty times as long; every other build runs all rounds.
 */
static inline unsigned part_of(unsigned n)
{
	const char *part = getenv("TESTING_PART");
	const unsigned long k = part != NULL ? strtoul(part, NULL, 10) : 1;

	return k > 1 ? (unsigned)((n + k - 1) / k) : n;
}

/** TEST(f): one row of the test table. */
#define TEST(f) cmocka_unit_test(f)

#endif /* !SUPPORT_TESTING_H */
