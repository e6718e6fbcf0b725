/* SPDX-License-Identifier: Apache-2.0 */
/** json_values: what must hold for every JSON value that was read. */
#ifndef SUPPORT_JSON_VALUES_H
#define SUPPORT_JSON_VALUES_H

#include "json.h"

/** json_values_survive(v, order): written, read again, it is the same and writes the same. */
static inline bool json_values_survive(struct json v, enum json_order order)
{
	AUTO(buffer) once = {.max = 1 << 24};
	AUTO(buffer) twice = {.max = 1 << 24};
	AUTO(json_document) d = {0};

	return ok(json_write(v, order, &once)) && ok(json_parse(buffer_bytes(&once), &json_limits_import, &d)) &&
	       json_same(v, json_root(&d)) && ok(json_write(json_root(&d), order, &twice)) &&
	       bytes_equal(buffer_bytes(&once), buffer_bytes(&twice));
}

#endif /* !SUPPORT_JSON_VALUES_H */
