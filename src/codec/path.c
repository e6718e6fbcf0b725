/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <string.h>

static bool is_safe(struct text segment)
{
	if (segment.len == 0 || text_equal(segment, TEXT(".")) || text_equal(segment, TEXT("..")))
		return false;
	return memchr(segment.at, '/', segment.len) == NULL && memchr(segment.at, '\\', segment.len) == NULL;
}

static struct status add_segment(struct path *p, struct text raw, struct arena *arena)
{
	if (p->count == PATH_SEGMENTS)
		return FAIL_AT(ST_TOO_BIG, "path");
	TRY(percent_decode(PERCENT_SEGMENT, raw, arena, &p->segments[p->count]));
	if (!is_safe(p->segments[p->count]))
		return FAIL_AT(ST_INVALID, "path");
	p->count++;
	return OK;
}

struct status path_parse(struct text t, struct arena *arena, struct path *out)
{
	struct text rest, raw;

	out->count = 0; /* in place, for 16 texts are not worth a copy in every request; what lies behind count means
			   nothing */
	if (!text_starts(t, TEXT("/")))
		return FAIL_AT(ST_INVALID, "path");
	rest = (struct text){t.at + 1, t.len - 1};
	if (rest.len > 0)
		while (text_split(&rest, '/', &raw))
			TRY(add_segment(out, raw, arena));
	return OK;
}
