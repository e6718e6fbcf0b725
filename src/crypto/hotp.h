/* SPDX-License-Identifier: Apache-2.0 */
/** hotp: one-time passwords from a shared secret and a number (RFC 4226); the time makes the number (RFC 6238). */
#ifndef CRYPTO_HOTP_H
#define CRYPTO_HOTP_H

#include "bytes.h"

/** Rows carry these numbers (docs/FORMATS.md, "Rows"). */
enum hotp_algorithm { HOTP_SHA1 = 1, HOTP_SHA256 = 2, HOTP_SHA512 = 3 };

#define HOTP_DIGITS_MIN 6
#define HOTP_DIGITS_MAX 8
struct hotp_code {
	char at[HOTP_DIGITS_MAX + 1]; /* figures, NUL-terminated */
};

/**
 * hotp_make(algorithm, secret, counter, digits, out):
 * RFC 4226 section 5.3; ${digits} from HOTP_DIGITS_MIN to HOTP_DIGITS_MAX.  The code is a
 * secret until it was used: wipe it.
 */
MUST_CHECK struct status hotp_make(enum hotp_algorithm algorithm, struct bytes secret, uint64_t counter,
				   unsigned digits, struct hotp_code *out);

#endif /* !CRYPTO_HOTP_H */
