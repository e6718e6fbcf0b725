/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticator data, and the key that stands in it. */
#include "authenticator.h"
#include "cosekey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void inside(struct bytes part, struct bytes whole)
{
	if (part.len > 0 && (part.at < whole.at || part.at + part.len > whole.at + whole.len))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct bytes whole = bytes_of(data, len);
	struct authenticator_data d;
	struct cosekey key;

	if (!ok(authenticator_read(whole, &d)))
		return 0;
	inside(d.model, whole);
	inside(d.credential, whole);
	inside(d.key, whole);
	bool has = (d.flags & AUTHENTICATOR_CREDENTIAL) != 0;
	if (has != (d.credential.len > 0) || d.credential.len > LIMIT_CREDENTIAL_ID)
		__builtin_trap();
	if (has && ok(cosekey_read(d.key, &key)))
		inside(key.x, d.key);
	return 0;
}
