/* SPDX-License-Identifier: Apache-2.0 */
/** vectors: JSON test vectors by others, read where they are and never kept. */
#ifndef CRYPTO_VECTORS_H
#define CRYPTO_VECTORS_H

#include <jansson.h>

#include "bytes.h"
#include "testing.h"

/** vectors_load(name): data/crypto/${name}, gzip or not; skips the test when the folder is absent. */
json_t *vectors_load(const char *name);

/** vectors_each(root, check): call ${check} for every test of every group; returns how many it said it checked. */
size_t vectors_each(json_t *root, bool (*check)(json_t *group, json_t *test));

/** vectors_hex(object, name, out): replace ${out} by a field's bytes. */
void vectors_hex(json_t *object, const char *name, struct buffer *out);
const char *vectors_text(json_t *object, const char *name);
int vectors_number(json_t *object, const char *name);
/** vectors_expect(test, done): fail unless valid ones were done and invalid ones refused. */
void vectors_expect(json_t *test, bool done);

/** From a literal, for vectors that are written down here. */
void vectors_literal(const char *hex, uint8_t *out, size_t len);
#define LITERAL(hex, array) vectors_literal((hex), (array), sizeof(array))
/** A buffer large enough for any vector. */
#define VECTOR_BUFFER ((struct buffer){.max = 64u << 20})

#endif /* !CRYPTO_VECTORS_H */
