/* SPDX-License-Identifier: Apache-2.0 */
/** listing_version: one version of a record with the rows it is read from.  Internal to this module. */
#ifndef RECORD_LISTING_VERSION_H
#define RECORD_LISTING_VERSION_H

#include "listing_statements.h"

/** `{0}` is a valid empty one; may be loaded again and again. */
struct listing_version {
	struct listing_record record; /* views into the rows */
	enum compartment compartment;
	struct row version, statement, end;
};
void listing_version_clear(struct listing_version *v);
/** listing_version_load(view, kept, number, out): version ${number} of ${kept}; ST_CORRUPT when it is missing. */
MUST_CHECK struct status listing_version_load(struct store_view *view, const struct record_kept *kept, uint32_t number,
					      struct listing_version *out);

#endif /* !RECORD_LISTING_VERSION_H */
