/* SPDX-License-Identifier: Apache-2.0 */
#include "placed.h"

#define PLACED_ANSWER_MAX ((size_t)64 << 20)

const struct json_limits placed_json_limits = {.bytes = PLACED_ANSWER_MAX, .depth = LIMIT_JSON_DEPTH, .nul = false};

static const struct jsonfield rows[] = {
	{.name = "statement",
	 .type = JSONFIELD_BASE64,
	 .offset = offsetof(struct placed, statement),
	 .required = true,
	 .min = 1,
	 .max = LIMIT_STATEMENT_BYTES},
	{.name = "leaf", .type = JSONFIELD_U64, .offset = offsetof(struct placed, leaf), .required = true},
	{.name = "time", .type = JSONFIELD_U64, .offset = offsetof(struct placed, time), .required = true},
};
const struct jsonfield_table placed_table = JSONFIELD_TABLE(struct placed, rows);

struct status placed_read(struct bytes body, const struct jsonfield_table *table, struct arena *arena,
			  struct json_document *document, void *target)
{
	struct status s = json_parse(body, &placed_json_limits, document);

	if (ok(s))
		s = jsonfield_read(json_root(document), table, arena, target, NULL);
	if (!ok(s) && s.code != ST_NO_MEMORY)
		return FAIL_AT(ST_CORRUPT, "answer");
	return s;
}
