/* SPDX-License-Identifier: Apache-2.0 */
/** chest: a data directory with a store and a vault, and records to put in and take out. */
#ifndef VAULT_CHEST_H
#define VAULT_CHEST_H

#include "rig.h"
#include "vault.h"

#define CHEST_CONTENT (3u << 20)

/* One at a time: tests are about its content, not about several. */
extern struct chest {
	struct rig rig;
	const struct os *os;
	struct store store;
	struct store_snapshot snapshot; /* at rest between reads */
	struct vault *vault;
	uint8_t content[CHEST_CONTENT]; /* what the records are made of */
} chest;

int chest_setup(void **state);
int chest_teardown(void **state);
MUST_CHECK struct status chest_open(void);
void chest_close(void);

struct uuid chest_object(uint8_t n);
/** chest_file(n, out): the path of object ${n}, relative to the data directory. */
void chest_file(uint8_t n, char out[96]);
struct hash chest_hash(struct bytes b);

/** Version 1 of record ${n}: the first ${len} bytes of the content from ${from} on. */
MUST_CHECK struct status chest_write(uint8_t n, size_t from, size_t len, size_t piece);
MUST_CHECK struct status chest_commit(struct vault_writer *w, uint8_t n);
MUST_CHECK struct status chest_version(uint8_t n, struct row *row);
MUST_CHECK struct status chest_range(uint8_t n, struct vault_range range, const struct uuid *session,
				     struct buffer *out);
/** chest_read(n, from, len): fails unless exactly those bytes of the content come out. */
MUST_CHECK struct status chest_read(uint8_t n, size_t from, size_t len);

MUST_CHECK struct status chest_keep(struct vault_writer *w);
MUST_CHECK struct status chest_resume(uint8_t n, struct vault_writer *w);

#endif /* !VAULT_CHEST_H */
