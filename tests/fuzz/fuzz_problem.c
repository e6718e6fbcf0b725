/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand_printable(const char *text, size_t size)
{
	if (memchr(text, 0, size) == NULL)
		__builtin_trap();
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct problem_answer a;

	if (len == 0)
		return 0;
	problem_read((uint16_t)(400 + data[0]), bytes_of(data + 1, len - 1), &a);
	if (a.code == ST_OK)
		__builtin_trap();
	demand_printable(a.title, sizeof a.title);
	demand_printable(a.detail, sizeof a.detail);
	demand_printable(a.field, sizeof a.field);
	demand_printable(a.instance, sizeof a.instance);
	return 0;
}
