/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

static const char *const names[] = {
	[ST_OK] = "ok",
	[ST_INVALID] = "invalid",
	[ST_UNPROVEN] = "unproven",
	[ST_DENIED] = "denied",
	[ST_PENDING] = "pending",
	[ST_NOT_FOUND] = "not_found",
	[ST_CONFLICT] = "conflict",
	[ST_GONE] = "gone",
	[ST_MISMATCH] = "mismatch",
	[ST_TOO_BIG] = "too_big",
	[ST_TOO_MANY] = "too_many",
	[ST_CORRUPT] = "corrupt",
	[ST_UNAUDITED] = "unaudited",
	[ST_FULL] = "full",
	[ST_BUSY] = "busy",
	[ST_UNREACHABLE] = "unreachable",
	[ST_NO_MEMORY] = "no_memory",
	[ST_IO] = "io",
};

const char *status_name(enum status_code code)
{
	if ((size_t)code >= COUNT(names) || names[code] == NULL)
		return "unknown";
	return names[code];
}
