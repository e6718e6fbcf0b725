/* SPDX-License-Identifier: Apache-2.0 */
/** rig: a data directory of its own, keys without a key store, and calls that fail on demand. */
#ifndef STORE_RIG_H
#define STORE_RIG_H

#include "os.h"
#include "row.h"
#include "store.h"

struct rig {
	char path[64];
	int dir;
	struct store_options options; /* real calls, created when missing, no thread */
};

struct rig rig_new(void);
/** rig_end(r): close and remove everything. */
void rig_end(struct rig *r);
/** rig_file(r, name): its path, valid until the next call. */
const char *rig_file(const struct rig *r, const char *name);

/* Keys: a hash of scope and patient.  rig_destroy(p) lets the patient's key answer ST_GONE. */
extern const struct row_keys rig_keys, rig_other_keys;
void rig_destroy(const struct uuid *patient);
/** rig_patient(n): an id that says its number. */
struct uuid rig_patient(uint8_t n);

/* Calls that fail: number `fault.at` counted from rig_fault_from() on, or from there
 * on all of them.  Writes and reads are short as long as `fault.shorten`. */
extern const struct os rig_faulty;
extern struct rig_fault {
	long calls, at; /* calls made; the one that fails, -1 none */
	bool persistent, shorten, only_writes;
	int error;
	long open_files;
	long bytes_left; /* what the disk still takes; negative: endless */
} rig_fault;
void rig_fault_from(long at, bool persistent, int error);
void rig_fault_none(void);

/** rig_fill(s, salt): one row in every table, in one audited transaction; ${salt} makes them distinct. */
MUST_CHECK struct status rig_fill(struct store *s, uint8_t salt);
/** rig_digest(s, out): of every row of every table in the order of every index; names what fails. */
MUST_CHECK struct status rig_digest(struct store *s, struct hash *out);
/** rig_page_key(out): the key of the page checks, as derived from rig_keys. */
MUST_CHECK struct status rig_page_key(struct secret *out);

/** A user row with everything set, its login ${name}. */
struct row rig_user(const struct uuid *id, struct hash *token, const char *name);
/** rig_commit_user(s, n, name): one user with an audit event, committed. */
MUST_CHECK struct status rig_commit_user(struct store *s, uint8_t n, const char *name);

#endif /* !STORE_RIG_H */
