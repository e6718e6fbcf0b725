/* SPDX-License-Identifier: Apache-2.0 */
/** keyholder_suite: what every keyholder must do, whoever holds the keys. */
#ifndef TESTS_KEYHOLDER_SUITE_H
#define TESTS_KEYHOLDER_SUITE_H

#include "home_fixture.h"

#include "keyholder.h"

/** Set by the group's setup: the person's home, and a holder of its keys. */
extern struct home suite_home;
extern struct keyholder suite_holder;

/** keyholder_suite_tests(count): the tests, to be run with the two set. */
const struct CMUnitTest *keyholder_suite_tests(size_t *count);

#endif /* !TESTS_KEYHOLDER_SUITE_H */
