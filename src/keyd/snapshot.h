/* SPDX-License-Identifier: Apache-2.0 */
/**
 * snapshot: all rows of one night as a file: "TKR1", night number, count, rows,
 * SHA-256 of it all.
 */
#ifndef KEYD_SNAPSHOT_H
#define KEYD_SNAPSHOT_H

#include "os.h"
#include "rows.h"

#define SNAPSHOT_NAME_LEN 32
/** snapshot_name(night, out): `rows.NNNNNNNN`, NUL-terminated. */
void snapshot_name(uint64_t night, char out[SNAPSHOT_NAME_LEN]);

/**
 * snapshot_save(os, dir, night, rows, digest):
 * Write the file and sync it; its name is durable once ${dir} is synced.  An
 * older file of this name is replaced: it counts only when `current` says so.
 */
MUST_CHECK struct status snapshot_save(const struct os *os, int dir, uint64_t night, const struct rows *rows,
				       struct hash *digest);
/** snapshot_load(os, dir, night, rows, digest): into empty ${rows}; ST_CORRUPT (REASON_ROWS), ST_CONFLICT
 * (REASON_NEWER). */
MUST_CHECK struct status snapshot_load(const struct os *os, int dir, uint64_t night, struct rows *rows,
				       struct hash *digest);
/** snapshot_parse(bytes, night, rows, digest): the form alone. */
MUST_CHECK struct status snapshot_parse(struct bytes bytes, uint64_t night, struct rows *rows, struct hash *digest);

#endif /* !KEYD_SNAPSHOT_H */
