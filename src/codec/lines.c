/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

struct lines lines_of(struct text t, size_t max)
{
	return (struct lines){.rest = t, .max = max};
}

static bool is_blank(struct text t)
{
	return text_trim(t).len == 0;
}

struct status lines_next(struct lines *l, struct text *line, bool *more)
{
	struct text found;

	do {
		if (l->rest.len == 0) {
			*more = false;
			return OK;
		}
		(void)text_split(&l->rest, '\n', &found);
		l->number++;
	} while (is_blank(found));
	if (found.at[found.len - 1] == '\r')
		found.len--;
	if (found.len > l->max)
		return FAIL_AT(ST_TOO_BIG, "line");
	*line = found;
	*more = true;
	return OK;
}
