/* SPDX-License-Identifier: Apache-2.0 */
#include "subkey.h"

#include "context.h"
#include "hash.h"

struct status subkey_derive(struct bytes from, const char *label, struct key *out)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};

	TRY(context_put(&info, label, NULL, 0));
	return hkdf_sha256_expand(from, buffer_bytes(&info), out->bytes, sizeof out->bytes);
}
