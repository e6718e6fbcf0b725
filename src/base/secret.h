/* SPDX-License-Identifier: Apache-2.0 */
/**
 * secret: key material in guarded, locked, undumpable pages (libsodium).
 *
 * Every secret of the product lives in one of these, or in a slab of them
 * (struct keycache in keyring).  Nothing prints a secret.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "bytes.h"

struct secret {
	uint8_t *bytes;
	size_t len;
};

/** A 256-bit symmetric key; handled by pointer only, and only inside a secret. */
struct key {
	uint8_t bytes[32];
};

/** secret_setup(): once per process before any other call; ST_NO_MEMORY if the library fails. */
MUST_CHECK struct status secret_setup(void);

/**
 * secret_new(len, out):
 * Allocate ${len} random-filled bytes in ${out}.  The caller owns ${out} and
 * must secret_clear() it; declare it AUTO(secret) and that is done.
 */
MUST_CHECK struct status secret_new(size_t len, struct secret *out);
/** secret_empty(len, out): the same, zero-filled, for output of a derivation. */
MUST_CHECK struct status secret_empty(size_t len, struct secret *out);
/** secret_from(bytes, out): a copy.  The caller wipes its own. */
MUST_CHECK struct status secret_from(struct bytes bytes, struct secret *out);
/** secret_read_file(dir_fd, path, max, out): first line of a file without its line end; "-" is stdin. */
MUST_CHECK struct status secret_read_file(int dir_fd, const char *path, size_t max, struct secret *out);
/** secret_clear(s): wipe and free.  Clearing an empty secret is fine. */
void secret_clear(struct secret *s);

static inline struct bytes secret_bytes(const struct secret *s)
{
	return bytes_of(s->bytes, s->len);
}
/** secret_key(s): ${s} as a key; asserts s->len >= 32. */
const struct key *secret_key(const struct secret *s);

/** secret_equal(a, b): constant time for equal lengths. */
bool secret_equal(struct bytes a, struct bytes b);
/** secret_wipe(at, len): zero, not optimised away. */
void secret_wipe(void *at, size_t len);
/** secret_random(at, len): from the system's CSPRNG; never fails. */
void secret_random(void *at, size_t len);

#endif /* !BASE_SECRET_H */
