/* SPDX-License-Identifier: Apache-2.0 */
#include "importtoken.h"

#include <assert.h>

#include "context.h"
#include "hash.h"
#include "scratchkey.h"
#include "subkey.h"

struct status importtoken_source(const char *kind, const struct bytes *pieces, size_t count, struct buffer *out)
{
	assert(out->wipe);
	return context_put(out, kind, pieces, count);
}

struct status importtoken_make(const struct secret *hpke_private, struct bytes source, struct hash *out)
{
	AUTO(scratchkey) key = {0};

	if (source.len > IMPORTTOKEN_SOURCE_MAX)
		return FAIL_AT(ST_TOO_BIG, "import source");
	TRY(scratchkey_take(&key));
	TRY(subkey_derive(secret_bytes(hpke_private), CONTEXT_IMPORT_TOKEN, key.key));
	return hmac_sha256(scratchkey_bytes(&key), source, out);
}
