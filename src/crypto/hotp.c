/* SPDX-License-Identifier: Apache-2.0 */
#include "hotp.h"

#include <openssl/hmac.h>

#include "engine.h"
#include "secret.h"

static const EVP_MD *digest_of(enum hotp_algorithm algorithm)
{
	return algorithm == HOTP_SHA1 ? EVP_sha1() : algorithm == HOTP_SHA256 ? EVP_sha256() : EVP_sha512();
}

struct status hotp_make(enum hotp_algorithm algorithm, struct bytes secret, uint64_t counter, unsigned digits,
			struct hotp_code *out)
{
	static const uint32_t modulus[] = {1000000, 10000000, 100000000};
	uint8_t text[8], mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (digits < HOTP_DIGITS_MIN || digits > HOTP_DIGITS_MAX)
		return FAIL_AT(ST_INVALID, "digits");
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(counter >> (56 - 8 * i));
	TRY(engine_did(HMAC(digest_of(algorithm), secret.at, (int)secret.len, text, sizeof text, mac, &len) != NULL));
	/* RFC 4226 section 5.3: "the low-order 4 bits of the last byte" say where the number is taken. */
	const uint8_t *at = mac + (mac[len - 1] & 0x0f);
	uint32_t number = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	number %= modulus[digits - HOTP_DIGITS_MIN];
	*out = (struct hotp_code){{0}};
	for (char *place = out->at + digits; place > out->at; number /= 10)
		*--place = (char)('0' + number % 10);
	secret_wipe(mac, sizeof mac);
	return OK;
}
