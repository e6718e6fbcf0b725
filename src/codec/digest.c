/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

struct status digest_put(struct buffer *out, const struct hash *h)
{
	TRY(buffer_put(out, BYTES_LITERAL("sha-256=:")));
	TRY(text_put_base64(out, hash_bytes(h)));
	return buffer_put_u8(out, ':');
}
