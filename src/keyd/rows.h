/* SPDX-License-Identifier: Apache-2.0 */
/**
 * rows: the stored keys of one night in memory, each still sealed under the
 * night key, found by name.
 *
 * Rows lie one after another as they lie in the snapshot; a table of their
 * offsets finds them.  A removed row is wiped where it lies and skipped.
 */
#ifndef KEYD_ROWS_H
#define KEYD_ROWS_H

#include "keywire.h"

/* Eleven million keys: what reads into memory within seconds at start. */
#define ROWS_BYTES_MAX ((size_t)1 << 30)
/* A sealed 256-bit key; sealed DER of at most KEYWIRE_PRIVATE_MAX. */
#define ROWS_SEALED_KEY 72
#define ROWS_SEALED_MAX (KEYWIRE_PRIVATE_MAX + 40)

/** `{ 0 }` is empty; rows_clear() ends it. */
struct rows {
	struct buffer slab;
	uint32_t *table; /* offset + 1; 0: free */
	size_t capacity; /* of the table: a power of two */
	size_t used;     /* places of the table that are not free */
	uint64_t seed;   /* names come from others: their places must not be foreseen */
	uint64_t counts[KEY_SCOPES + 1];
};

/** rows_fit(name, sealed_len): the format has such a row. */
bool rows_fit(const struct key_name *name, size_t sealed_len);
/** rows_put(r, name, sealed): ST_CONFLICT when it is there, ST_TOO_BIG, ST_NO_MEMORY; unchanged on failure. */
MUST_CHECK struct status rows_put(struct rows *r, const struct key_name *name, struct bytes sealed);
/** rows_get(r, name, sealed): a view that the next rows_put() ends; ST_NOT_FOUND. */
MUST_CHECK struct status rows_get(const struct rows *r, const struct key_name *name, struct bytes *sealed);
/** rows_remove(r, name): wipe it; nothing to do when it is not there. */
void rows_remove(struct rows *r, const struct key_name *name);
/** rows_mark(r), rows_cut(r, mark): take back everything put since the mark. */
size_t rows_mark(const struct rows *r);
void rows_cut(struct rows *r, size_t mark);
/** rows_next(r, cursor, name, sealed): walk in order of arrival from *cursor == 0; false at the end, which may grow. */
bool rows_next(const struct rows *r, size_t *cursor, struct key_name *name, struct bytes *sealed);
/** rows_count(r): rows that are there. */
uint64_t rows_count(const struct rows *r);
void rows_clear(struct rows *r);

#endif /* !KEYD_ROWS_H */
