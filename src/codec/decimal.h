/* SPDX-License-Identifier: Apache-2.0 */
/**
 * decimal: numbers as JSON writes them (RFC 8259 section 6), as text of any
 * length and never as floating point.
 */
#ifndef CODEC_DECIMAL_H
#define CODEC_DECIMAL_H

#include "text.h"

/** decimal_is_number(t): ${t} is one number of RFC 8259, to its last character. */
bool decimal_is_number(struct text t);

/**
 * decimal_equal(a, b):
 * Whether two numbers have exactly the same value: 1.0, 1.00, 10e-1; -0 and 0.
 * An exponent of more than 15 digits counts as its text says, so numbers with
 * such exponents are equal only when written alike.  False unless both are numbers.
 */
bool decimal_equal(struct text a, struct text b);

#endif /* !CODEC_DECIMAL_H */
