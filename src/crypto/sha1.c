/* SPDX-License-Identifier: Apache-2.0 */
#include "sha1.h"

#include "engine.h"

struct status sha1(struct bytes data, uint8_t out[SHA1_BYTES])
{
	return engine_did(EVP_Digest(data.at, data.len, out, NULL, EVP_sha1(), NULL));
}
