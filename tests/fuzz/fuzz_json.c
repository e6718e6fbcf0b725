/* SPDX-License-Identifier: Apache-2.0 */
/* Our reader against jansson's: what one takes the other takes, with the same value,
 * except where the difference is meant. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void compare(struct json ours, json_t *theirs)
{
	struct json_members m = json_members_of(ours);
	struct text t, name;
	struct json value;
	bool yes;

	switch (json_kind_of(ours)) {
	case JSON_KIND_OBJECT:
		demand(json_is_object(theirs) && json_object_size(theirs) == json_count(ours));
		while (json_members_next(&m, &name, &value))
			compare(value, json_object_getn(theirs, name.at, name.len));
		return;
	case JSON_KIND_ARRAY:
		demand(json_is_array(theirs) && json_array_size(theirs) == json_count(ours));
		for (size_t i = 0; i < json_count(ours); i++)
			compare(json_element(ours, i), json_array_get(theirs, i));
		return;
	case JSON_KIND_TEXT:
		demand(json_is_string(theirs) && ok(json_text(ours, &t)) && t.len == json_string_length(theirs));
		demand(t.len == 0 || memcmp(t.at, json_string_value(theirs), t.len) == 0);
		return;
	case JSON_KIND_BOOL:
		demand(ok(json_bool(ours, &yes)) && json_is_boolean(theirs) && yes == json_is_true(theirs));
		return;
	case JSON_KIND_NUMBER:
		demand(json_is_number(theirs));
		return;
	case JSON_KIND_NULL:
		demand(json_is_null(theirs));
		return;
	case JSON_KIND_NONE:
		demand(false);
	}
}

/* ${ours} is NULL when we refused. */
static void compare_with_jansson(struct bytes source, const struct json_document *ours)
{
	json_error_t error;
	json_t *theirs = json_loadb((const char *)source.at, source.len,
				    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	if (theirs != NULL && ours != NULL)
		compare(json_root(ours), theirs);
	/* Numbers of any size are ours alone; to theirs, a NUL byte may be the end. */
	else if (theirs == NULL)
		demand(ours == NULL || json_error_code(&error) == json_error_numeric_overflow);
	else
		demand(memchr(source.at, 0, source.len) != NULL);
	json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct json_limits limits = {.bytes = 1 << 20, .depth = 64, .nul = true};
	AUTO(json_document) d = {0};
	struct bytes source = bytes_of(data, len);
	struct status s = json_parse(source, &limits, &d);

	demand(ok(s) == (d.text.bytes != NULL));
	if (ok(s)) {
		demand(json_values_survive(json_root(&d), JSON_AS_WRITTEN));
		demand(json_values_survive(json_root(&d), JSON_BY_NAME));
	}
	if (s.code != ST_TOO_BIG)
		compare_with_jansson(source, ok(s) ? &d : NULL);
	return 0;
}
