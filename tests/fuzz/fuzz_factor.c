/* SPDX-License-Identifier: Apache-2.0 */
/* What is typed as a code or a secret, and bodies of rows of second factors. */
#include "otpauth.h"
#include "recoverycode.h"
#include "totp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct factor_id id;
	const struct bytes given = bytes_of(data, len);
	AUTO(buffer) body = {.max = 4096}, left = {.max = 4096}, secret = {.max = 4096}, again = {.max = 4096};
	struct totp t;
	struct hash hash;
	uint64_t step;

	/* What is read is what would be written. */
	if (ok(totp_read(given, &t)) && (!ok(totp_write(&t, &body)) || !bytes_equal(buffer_bytes(&body), given)))
		__builtin_trap();
	if (ok(totp_read(given, &t)) && ok(totp_verify(&t, text_from(given), UINT64_MAX, &step)) && step <= t.last)
		__builtin_trap();
	if (ok(recoverycode_hash(&id, text_from(given), &hash)) && ok(recoverycode_find(given, &hash)))
		__builtin_trap();
	if (len >= sizeof hash && ok(recoverycode_take(given, (const struct hash *)(const void *)data, &left)) &&
	    recoverycode_left(buffer_bytes(&left)) + 1 != recoverycode_left(given))
		__builtin_trap();
	if (ok(otpauth_read(text_from(given), &secret)) &&
	    (!ok(otpauth_put(buffer_bytes(&secret), &again)) || again.len < 8 * secret.len / 5))
		__builtin_trap();
	return 0;
}
