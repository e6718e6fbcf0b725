/* SPDX-License-Identifier: Apache-2.0 */
/** schema: makes the tables of table.h in an empty database, and recognises them. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store_engine.h"

/**
 * schema_prepare(e, create):
 * ST_INVALID: made by a newer program.  ST_CORRUPT: not exactly the declared tables
 * and indexes; none at all is right only with ${create}.
 */
MUST_CHECK struct status schema_prepare(struct store_engine *e, bool create);

#endif /* !STORE_SCHEMA_H */
