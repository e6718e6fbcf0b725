/* SPDX-License-Identifier: Apache-2.0 */
/**
 * label: the byte strings that bind a seal to its place in the key store
 * (docs/FORMATS.md section 5): a label with its NUL, then sized arguments.
 */
#ifndef KEYD_LABEL_H
#define KEYD_LABEL_H

#include "bytes.h"

/** A big-endian u64 as the argument of a label. */
struct label_number {
	uint8_t bytes[8];
};
struct label_number label_number(uint64_t v);

/** label_put(out, label, arguments, count): append; ${label} is a C string, its NUL is written. */
MUST_CHECK struct status label_put(struct buffer *out, const char *label, const struct bytes *arguments, size_t count);

/** A buffer over memory that somebody else owns: never cleared, never moved. */
#define BUFFER_OVER(at, size) ((struct buffer){.bytes = (at), .capacity = (size), .max = (size)})

#endif /* !KEYD_LABEL_H */
