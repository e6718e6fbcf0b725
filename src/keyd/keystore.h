/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keystore: the stored keys, each sealed under the night key, as a snapshot and
 * a journal on disk and as rows in memory (docs/FORMATS.md section 5).
 *
 * Invariants:
 *  1. What a function acknowledges with OK is durable; a crash at any point
 *     leaves a store that opens with everything acknowledged.
 *  2. The file `current` names the night whose snapshot and journal count.
 *     Replacing it is the one moment in which a night takes over.
 *  3. When nobody can know which night `current` names on the disk (its
 *     directory could not be synced), nothing is written to either until that
 *     is settled.
 *  4. A key leaves its seal only into memory that the caller guards.
 */
#ifndef KEYD_KEYSTORE_H
#define KEYD_KEYSTORE_H

#include "journal.h"
#include "rows.h"
#include "secret.h"

/** What belongs to one night. `keystore_night_none` is an empty one. */
struct keystore_night {
	uint64_t number, made; /* made: ms since 1970, of its night file */
	struct secret key;
	struct rows rows;
	struct journal journal;
};
extern const struct keystore_night keystore_night_none;
void keystore_night_clear(struct keystore_night *n);

struct keystore {
	const struct os *os;
	int dir; /* borrowed */
	struct keystore_night now;
	struct keystore_night next; /* taken over on disk perhaps, while unsettled */
	bool unsettled;
	struct rows *also; /* rows of a night in the making: what is destroyed goes there too; may be NULL */
};
extern const struct keystore keystore_none;

/** A key to be stored. */
struct keystore_value {
	struct key_name name;
	struct bytes value; /* 32 bytes; DER for scopes KEY_TLS and KEY_CA */
};

/** keystore_seal(night_key, number, name, value, out): append the sealed form of one value. */
MUST_CHECK struct status keystore_seal(const struct secret *night_key, uint64_t number, const struct key_name *name,
				       struct bytes value, struct buffer *out);
/** keystore_unseal(night_key, number, name, sealed, out): sealed.len - 40 bytes; ST_CORRUPT (REASON_ROW). */
MUST_CHECK struct status keystore_unseal(const struct secret *night_key, uint64_t number, const struct key_name *name,
					 struct bytes sealed, uint8_t *out);

/** keystore_current(os, dir, number): ST_CORRUPT (REASON_CURRENT), ST_CONFLICT (REASON_NEWER). */
MUST_CHECK struct status keystore_current(const struct os *os, int dir, uint64_t *number);
/**
 * keystore_write(os, dir, n, rows):
 * Snapshot and journal of night n->number from ${rows}, durable; opens n->journal.
 * They do not count until `current` says so.
 */
MUST_CHECK struct status keystore_write(const struct os *os, int dir, struct keystore_night *n,
					const struct rows *rows);
/** keystore_create(os, dir, night_key, values, count): night 1 with its first keys; durable, `current` included. */
MUST_CHECK struct status keystore_create(const struct os *os, int dir, const struct secret *night_key,
					 const struct keystore_value *values, size_t count);
/** keystore_open(os, dir, number, night_key, out): ${night_key} is taken over on success. ST_CORRUPT names the file. */
MUST_CHECK struct status keystore_open(const struct os *os, int dir, uint64_t number, struct secret *night_key,
				       struct keystore *out);
void keystore_clear(struct keystore *k);

/** keystore_get(k, name, out): a 256-bit key into guarded memory; ST_NOT_FOUND, ST_CORRUPT (REASON_ROW). */
MUST_CHECK struct status keystore_get(const struct keystore *k, const struct key_name *name, struct key *out);
/** keystore_take(k, name, out): a value of any length in a new secret. */
MUST_CHECK struct status keystore_take(const struct keystore *k, const struct key_name *name, struct secret *out);
/**
 * keystore_make(k, names, count, out):
 * The keys of ${names}, made where there is none, all durable; ${out} takes
 * count * 32 bytes of guarded memory.  Asking again gives the same keys.  On
 * failure none of the new ones exists.
 */
MUST_CHECK struct status keystore_make(struct keystore *k, const struct key_name *names, size_t count, uint8_t *out);
/** keystore_put(k, value): store a value that came from elsewhere; ST_CONFLICT when the name is taken. */
MUST_CHECK struct status keystore_put(struct keystore *k, const struct keystore_value *value);
/** keystore_destroy(k, name): gone from memory and, once the night is over, from the disk; ST_NOT_FOUND. */
MUST_CHECK struct status keystore_destroy(struct keystore *k, const struct key_name *name);

/**
 * keystore_switch(k, next):
 * Make the written night ${next} the current one; it is taken over.  On failure
 * the store goes on with its old night, unless k->unsettled: then reads go on and
 * writes wait for keystore_settle().
 */
MUST_CHECK struct status keystore_switch(struct keystore *k, struct keystore_night *next);
/** keystore_settle(k): finish a switch that could not be made durable; nothing to do otherwise. */
MUST_CHECK struct status keystore_settle(struct keystore *k);
/** keystore_remove_night(os, dir, number): snapshot and journal of a night that does not count; durable. */
MUST_CHECK struct status keystore_remove_night(const struct os *os, int dir, uint64_t number);

#endif /* !KEYD_KEYSTORE_H */
