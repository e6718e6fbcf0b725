/* SPDX-License-Identifier: Apache-2.0 */
#include "fieldstring.h"

#define MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text inside = {0};

	if (!ok(fieldstring_parse(text_from(bytes_of(data, len)), MAX, &inside)))
		return inside.at != NULL ? (__builtin_trap(), 1) : 0;
	/* All of it but the quotes, and nothing that could end a line. */
	if (inside.len != len - 2 || inside.len == 0 || inside.len > MAX)
		__builtin_trap();
	for (size_t i = 0; i < inside.len; i++)
		if (inside.at[i] < ' ' || inside.at[i] > '~')
			__builtin_trap();
	return 0;
}
