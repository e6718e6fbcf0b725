/* SPDX-License-Identifier: Apache-2.0 */
/** rig: a log in a temporary directory, keys without keyd, and system calls that fail on demand. */
#ifndef TESTS_AUDIT_RIG_H
#define TESTS_AUDIT_RIG_H

#include <stdatomic.h>

#include "testing.h"

#include "draft.h"
#include "log.h"
#include "logread.h"

#define RIG_USERS    5
#define RIG_PATIENTS 7

struct rig {
	char path[64];
	int dir;
	struct log *log;
	struct draft *draft;
	struct logread *reader;
	struct log_options options;
};

/** Once per process: crypto, and the ids of users and patients. */
bool rig_setup(void);
extern struct user_id rig_users[RIG_USERS];
extern struct patient_id rig_patients[RIG_PATIENTS];
/** The patient whose key is gone, -1 for none. */
extern int rig_erased;
extern const struct log_keys rig_keys;

void rig_new(struct rig *r);
/** rig_open(r): with r->options; asserts. */
void rig_open(struct rig *r);
MUST_CHECK struct status rig_try_open(struct rig *r);
void rig_close(struct rig *r);
/** rig_drop(r): free without a clean close, as a crash would: nothing more is written. */
void rig_drop(struct rig *r);
void rig_remove(struct rig *r);

/** rig_event(n): the n-th event of a fixed story: user n % 5 reads patient n % 7, some are about others. */
struct event rig_event(uint64_t n);
/** rig_append(r, count): so many more events of the story, one batch. */
void rig_append(struct rig *r, unsigned count);
/** rig_check(r, count): the log is exactly the first ${count} events: openings, chains, tree. */
void rig_check(struct rig *r, uint64_t count);

/** rig_file(r, name, out): a whole file; rig_save_file(r, name, bytes): replaces it. */
void rig_file(struct rig *r, const char *name, struct buffer *out);
void rig_save_file(struct rig *r, const char *name, struct bytes bytes);
/** rig_end(r): bytes of `batches` up to the last that is not zero, in a log opened with no reserve. */
size_t rig_end(struct rig *r);

/* Faults: the call that brings calls_left below zero fails, once or from then on. */
extern const struct os rig_os;
/** No faults, and no sync is waited for: processes are killed here, machines are not. */
extern struct os rig_quiet;
extern atomic_long rig_calls_left;
extern atomic_bool rig_fault_stays;
extern atomic_int rig_open_files;
/** Bytes that the disk still has; writes and allocations past it fail.  -1: no limit. */
extern atomic_llong rig_disk_left;
/** rig_no_faults(): none, no limit. */
void rig_no_faults(void);

#endif /* !TESTS_AUDIT_RIG_H */
