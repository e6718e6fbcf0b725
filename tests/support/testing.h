/* SPDX-License-Identifier: Apache-2.0 */
/** testing: what every cmocka test includes, in the order cmocka needs. */
#ifndef SUPPORT_TESTING_H
#define SUPPORT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "status.h"

#define assert_ok(call) \
	do { \
		struct status got_ = (call); \
		if (!ok(got_)) \
			fail_msg("%s: %s (%s)", #call, status_name(got_.code), got_.what != NULL ? got_.what : "-"); \
	} while (0)
#define assert_fails(wanted, call) assert_int_equal((call).code, (wanted))

/** TEST(f): one row of the test table. */
#define TEST(f) cmocka_unit_test(f)

#endif /* !SUPPORT_TESTING_H */
