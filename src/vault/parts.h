/* SPDX-License-Identifier: Apache-2.0 */
/**
 * parts: where the chunks of an object lie in its file.
 *
 * An object's bytes are cut into chunks of CHUNKED_PLAIN, the last one shorter,
 * perhaps empty.  They are sealed as one chunked-encryption message, or, when its
 * upload was interrupted, as several, one behind the other: a message whose writer
 * lost its state is never continued, because a chunk that a crash left behind
 * would then be sealed again under the same nonce.
 *
 * The row keeps the number of chunks of each part but the last (`parts`, 4 bytes
 * each; usually none).  All parts are under the object's key; each has its own
 * salt, and its number in its context.
 */
#ifndef VAULT_PARTS_H
#define VAULT_PARTS_H

#include "chunked.h"
#include "id.h"

/* An upload that loses its state more often than this begins again. */
#define PARTS_MAX 1024

struct parts {
	struct bytes counts; /* as in the row */
	uint64_t size;       /* of the object */
};

/** parts_check(p): ST_CORRUPT when the counts do not fit the size. */
MUST_CHECK struct status parts_check(const struct parts *p);
/** parts_chunks(p): chunks of the whole object, at least 1. */
uint64_t parts_chunks(const struct parts *p);
/** parts_file_len(p): the length of its file. */
uint64_t parts_file_len(const struct parts *p);

struct parts_place {
	uint32_t part;
	uint64_t header_at; /* where the part begins in the file */
	uint64_t number;    /* of the chunk within its part */
	uint64_t at;        /* where the chunk begins in the file */
	uint64_t left;      /* chunks of the part from this one on */
};
/** parts_find(p, chunk): ${chunk} < parts_chunks(p). */
struct parts_place parts_find(const struct parts *p, uint64_t chunk);

/** parts_context(object, part, out): what a part's seal is bound to. */
MUST_CHECK struct status parts_context(const struct uuid *object, uint32_t part, struct buffer *out);

#endif /* !VAULT_PARTS_H */
