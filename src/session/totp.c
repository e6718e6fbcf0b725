/* SPDX-License-Identifier: Apache-2.0 */
#include "totp.h"

#include "reader.h"
#include "secret.h"

struct status totp_read(struct bytes body, struct totp *out)
{
	struct reader r = reader_of(body);
	struct totp t;
	uint8_t algorithm, digits;

	if (!ok(reader_u8(&r, &algorithm)) || !ok(reader_u8(&r, &digits)) || !ok(reader_u64(&r, &t.last)) ||
	    !ok(reader_sized(&r, TOTP_SECRET_MAX, &t.secret)) || !ok(reader_done(&r)))
		return FAIL_AT(ST_CORRUPT, "factor");
	if (algorithm < HOTP_SHA1 || algorithm > HOTP_SHA512 || digits < HOTP_DIGITS_MIN || digits > HOTP_DIGITS_MAX ||
	    t.secret.len < TOTP_SECRET_MIN)
		return FAIL_AT(ST_CORRUPT, "factor");
	t.algorithm = (enum hotp_algorithm)algorithm;
	t.digits = digits;
	*out = t;
	return OK;
}

struct status totp_write(const struct totp *t, struct buffer *body)
{
	TRY(buffer_put_u8(body, (uint8_t)t->algorithm));
	TRY(buffer_put_u8(body, (uint8_t)t->digits));
	TRY(buffer_put_u64(body, t->last));
	return buffer_put_sized(body, t->secret);
}

struct status totp_verify(const struct totp *t, struct text code, uint64_t now, uint64_t *step)
{
	const uint64_t present = now / TOTP_PERIOD_MS, first = present > 0 ? present - 1 : 0;
	uint64_t found = 0;
	struct hotp_code made;

	if (code.len != t->digits)
		return FAIL_AT(ST_UNPROVEN, "code");
	/* All of them, whichever fits: how long it takes says nothing. */
	for (uint64_t n = present + 1; n >= first && n > 0; n--) {
		TRY(hotp_make(t->algorithm, t->secret, n, t->digits, &made));
		if (secret_equal(text_bytes(code), bytes_of(made.at, t->digits)) && n > t->last)
			found = n;
	}
	secret_wipe(&made, sizeof made);
	if (found == 0)
		return FAIL_AT(ST_UNPROVEN, "code");
	*step = found;
	return OK;
}
