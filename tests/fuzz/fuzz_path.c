/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) arena = {.max = 1 << 22};
	AUTO(buffer) out = {.max = 1 << 20};
	struct path p, again;

	if (len > 1 << 16)
		return 0;
	if (!ok(path_parse(text_from(bytes_of(data, len)), &arena, &p)))
		return 0;
	demand(p.count <= PATH_SEGMENTS);
	for (size_t i = 0; i < p.count; i++) {
		demand(p.segments[i].len > 0 && text_is_utf8(p.segments[i]));
		demand(memchr(p.segments[i].at, '/', p.segments[i].len) == NULL);
		demand(!text_equal(p.segments[i], TEXT("..")) && !text_equal(p.segments[i], TEXT(".")));
		demand(ok(buffer_put_u8(&out, '/')) && ok(percent_put(&out, p.segments[i])));
	}
	if (p.count == 0)
		return 0;
	demand(ok(path_parse(text_from(buffer_bytes(&out)), &arena, &again)) && again.count == p.count);
	for (size_t i = 0; i < p.count; i++)
		demand(text_equal(p.segments[i], again.segments[i]));
	return 0;
}
