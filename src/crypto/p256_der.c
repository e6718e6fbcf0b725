/* SPDX-License-Identifier: Apache-2.0 */
#include "p256.h"

#include <string.h>

#include "reader.h"

#define COORDINATE 32

/** One INTEGER of DER (X.690 section 8.3), positive, in the fewest octets, into 32 bytes. */
static struct status read_integer(struct reader *r, uint8_t out[COORDINATE])
{
	uint8_t tag, len;
	struct bytes digits;

	TRY(reader_u8(r, &tag));
	TRY(reader_u8(r, &len));
	/* 33 with the sign's octet: more do not fit a coordinate, so the length has its short form. */
	if (tag != 0x02 || len == 0 || len > COORDINATE + 1)
		return FAIL(ST_INVALID);
	TRY(reader_take(r, len, &digits));
	if (digits.at[0] >= 0x80)
		return FAIL(ST_INVALID);
	if (digits.at[0] == 0 && digits.len > 1) {
		if (digits.at[1] < 0x80)
			return FAIL(ST_INVALID);
		digits = bytes_of(digits.at + 1, digits.len - 1);
	}
	if (digits.len > COORDINATE)
		return FAIL(ST_INVALID);
	memset(out, 0, COORDINATE - digits.len);
	memcpy(out + COORDINATE - digits.len, digits.at, digits.len);
	return OK;
}

static struct status read_sequence(struct reader *r, struct signature *s)
{
	uint8_t tag, len;

	TRY(reader_u8(r, &tag));
	TRY(reader_u8(r, &len));
	if (tag != 0x30 || len != reader_left(r))
		return FAIL(ST_INVALID);
	TRY(read_integer(r, s->bytes));
	TRY(read_integer(r, s->bytes + COORDINATE));
	return reader_done(r);
}

struct status p256_signature_read(struct bytes der, struct signature *out)
{
	struct reader r = reader_of(der);
	struct signature made;

	if (!ok(read_sequence(&r, &made)))
		return FAIL_AT(ST_INVALID, "signature");
	*out = made;
	return OK;
}
