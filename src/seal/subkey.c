/* SPDX-License-Identifier: Apache-2.0 */
#include "subkey.h"

#include "context.h"
#include "hash.h"

struct status subkey_derive(struct bytes from, const char *label, struct secret *out)
{
	AUTO(buffer) info = {.max = CONTEXT_MAX};
	AUTO(secret) derived = {0};

	TRY(context_put(&info, label, NULL, 0));
	TRY(secret_empty(sizeof(struct key), &derived));
	TRY(hkdf_sha256_expand(from, buffer_bytes(&info), derived.bytes, derived.len));
	*out = derived;
	derived = (struct secret){0};
	return OK;
}
