/* SPDX-License-Identifier: Apache-2.0 */
/**
 * nightfile: the one place where a night key exists outside keyd's memory,
 * sealed under the root key (docs/FORMATS.md section 5).
 *
 * It lives in K/nights and at the night holders, never in a copy of K, so that
 * an old copy of K with the root key opens nothing (PROMISES#B7).
 */
#ifndef KEYD_NIGHTFILE_H
#define KEYD_NIGHTFILE_H

#include "keywire.h"
#include "os.h"
#include "secret.h"

#define NIGHTFILE_LEN 89
/* Names have eight digits: 270,000 years of nights. */
#define NIGHTFILE_NUMBER_MAX 99999999
#define NIGHTFILE_NAME_LEN   32

struct nightfile {
	uint64_t number, made; /* made: ms since 1970 */
	uint8_t bytes[NIGHTFILE_LEN];
};

/** nightfile_name(number, out): `NNNNNNNN.night`, NUL-terminated. */
void nightfile_name(uint64_t number, char out[NIGHTFILE_NAME_LEN]);
/** nightfile_seal(root, key, number, made, out): the file of a night key. */
MUST_CHECK struct status nightfile_seal(const struct key *root, const struct key *key, uint64_t number, uint64_t made,
					struct nightfile *out);
/**
 * nightfile_open(root, bytes, number, out, key):
 * ${key} becomes the night key.  ST_CORRUPT: REASON_NIGHT_DAMAGED for a broken
 * form or another number, REASON_NIGHT_OTHER when the root key does not open it;
 * ST_CONFLICT (REASON_NEWER).
 */
MUST_CHECK struct status nightfile_open(const struct key *root, struct bytes bytes, uint64_t number,
					struct nightfile *out, struct secret *key);
/** nightfile_save(os, nights, n): durable. */
MUST_CHECK struct status nightfile_save(const struct os *os, int nights, const struct nightfile *n);
/** nightfile_load(os, nights, root, number, out, key): as nightfile_open(); ST_NOT_FOUND (REASON_NIGHT_MISSING). */
MUST_CHECK struct status nightfile_load(const struct os *os, int nights, const struct key *root, uint64_t number,
					struct nightfile *out, struct secret *key);
/**
 * nightfile_remove(os, nights, number):
 * Overwrite it, where the medium overwrites in place, and remove it; durable.  A missing one is fine.
 */
MUST_CHECK struct status nightfile_remove(const struct os *os, int nights, uint64_t number);

#endif /* !KEYD_NIGHTFILE_H */
