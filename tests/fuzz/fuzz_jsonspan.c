/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "jsonspan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/** Every span is the text of the value that stands in the same place of the tree. */
static void compare(struct json value, struct text span) /* NOLINT(misc-no-recursion): the parser limits the depth */
{
	struct json_members members = json_members_of(value);
	struct jsonspan spans = jsonspan_of(span);
	AUTO(json_document) alone = {0};
	struct text name, inner;
	struct json one;

	demand(ok(json_parse(text_bytes(span), &json_limits_import, &alone)) && json_same(json_root(&alone), value));
	while (json_members_next(&members, &name, &one)) {
		demand(jsonspan_next(&spans, &inner));
		compare(one, inner);
	}
	for (size_t i = 0; json_kind_of(value) == JSON_KIND_ARRAY && i < json_count(value); i++) {
		demand(jsonspan_next(&spans, &inner));
		compare(json_element(value, i), inner);
	}
	demand(!jsonspan_next(&spans, &inner));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(json_document) document = {0};
	struct text t = text_from(bytes_of(data, len)), span;
	struct jsonspan any = jsonspan_of(t);

	/* Of what is no JSON it may say anything, but nothing outside. */
	for (size_t i = 0; i < len && jsonspan_next(&any, &span); i++)
		demand(span.len > 0 && span.at >= t.at && span.len <= (size_t)(t.at + t.len - span.at));
	if (len < 4096 && ok(json_parse(bytes_of(data, len), &json_limits_import, &document)))
		compare(json_root(&document), jsonspan_trim(t));
	return 0;
}
