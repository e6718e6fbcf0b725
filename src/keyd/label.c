/* SPDX-License-Identifier: Apache-2.0 */
#include "label.h"

#include <string.h>

struct label_number label_number(uint64_t v)
{
	struct label_number n;

	for (size_t i = 0; i < sizeof n.bytes; i++)
		n.bytes[i] = (uint8_t)(v >> 8 * (sizeof n.bytes - 1 - i));
	return n;
}

struct status label_put(struct buffer *out, const char *label, const struct bytes *arguments, size_t count)
{
	TRY(buffer_put(out, bytes_of(label, strlen(label) + 1)));
	for (size_t i = 0; i < count; i++)
		TRY(buffer_put_sized(out, arguments[i]));
	return OK;
}
