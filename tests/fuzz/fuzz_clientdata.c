/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser says that it was asked. */
#include "clientdata.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(clientdata) c = {0};

	if (!ok(clientdata_read(bytes_of(data, len), &c)))
		return 0;
	if (len > LIMIT_CLIENT_DATA || !text_is_utf8(c.origin) || c.type.at == NULL || c.challenge.at == NULL)
		__builtin_trap();
	return 0;
}
