/* SPDX-License-Identifier: Apache-2.0 */
#include "id.h"

#include <endian.h>
#include <string.h>

#include "nonce.h"

/* Indexed by enum id_kind. */
static const char prefixes[][4] = {
	[ID_USER] = "us-",   [ID_PATIENT] = "pt-", [ID_RECORD] = "rc-",   [ID_LIST] = "ls-",
	[ID_DEVICE] = "dv-", [ID_SESSION] = "se-", [ID_UPLOAD] = "up-",   [ID_OBJECT] = "ob-",
	[ID_NOTICE] = "nt-", [ID_FACTOR] = "fa-",  [ID_APPROVAL] = "ap-",
};
#define PREFIX_LEN 3

struct uuid uuid_new(uint64_t ms)
{
	struct uuid u;

	nonce_random(u.bytes, sizeof u.bytes);
	for (size_t i = 0; i < 6; i++)
		u.bytes[i] = (uint8_t)(ms >> 8 * (5 - i));
	/* RFC 9562 section 5.7: version 7, variant 10. */
	u.bytes[6] = (uint8_t)(0x70 | (u.bytes[6] & 0x0f));
	u.bytes[8] = (uint8_t)(0x80 | (u.bytes[8] & 0x3f));
	return u;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool uuid_is_zero(const struct uuid *u)
{
	static const struct uuid zero;

	return uuid_equal(u, &zero);
}

/* Base32hex of 40 bits, all digits at once: halved until every five bits have a byte, then made characters. */
static void eight_digits(uint64_t bits, char out[8])
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t d = (bits & UINT64_C(0xfffff00000)) << 12 | (bits & UINT64_C(0xfffff));

	d = (d & UINT64_C(0x000ffc00000ffc00)) << 6 | (d & UINT64_C(0x000003ff000003ff));
	d = (d & UINT64_C(0x03e003e003e003e0)) << 3 | (d & UINT64_C(0x001f001f001f001f));
	/* With 118 more, ten and above reach the top bit. */
	const uint64_t letters = ((d + 118 * ones) >> 7) & ones;

	d = htobe64(d + '0' * ones + ('a' - '0' - 10) * letters);
	memcpy(out, &d, sizeof d);
}

struct id_text id_print(enum id_kind kind, const struct uuid *uuid)
{
	struct id_text out = {0};
	char *at = out.at + PREFIX_LEN, last[8];
	size_t i = 0;

	memcpy(out.at, prefixes[kind], PREFIX_LEN);
	/* Five bytes are eight digits; the sixteenth byte is two more. */
	for (; i + 5 <= sizeof uuid->bytes; i += 5, at += 8) {
		uint64_t group = 0;
		for (size_t j = 0; j < 5; j++)
			group = group << 8 | uuid->bytes[i + j];
		eight_digits(group, at);
	}
	eight_digits((uint64_t)uuid->bytes[i] << 32, last);
	memcpy(at, last, 2);
	return out;
}

struct status id_parse(enum id_kind kind, struct text t, struct uuid *out)
{
	if (t.len != ID_TEXT_LEN || memcmp(t.at, prefixes[kind], PREFIX_LEN) != 0)
		return FAIL_AT(ST_INVALID, "id");
	return text_from_base32((struct text){t.at + PREFIX_LEN, t.len - PREFIX_LEN}, out->bytes, sizeof out->bytes);
}
