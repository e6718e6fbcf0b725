/* SPDX-License-Identifier: Apache-2.0 */
/** log_internal: what the files of the log share.  Internal to this module. */
#ifndef AUDIT_LOG_INTERNAL_H
#define AUDIT_LOG_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "ahead.h"
#include "batch.h"
#include "derived.h"
#include "errand.h"
#include "headsfile.h"
#include "log.h"

#define LOG_CHECKPOINT "checkpoint"

struct log {
	struct log_options options;
	struct ahead batches;
	struct derived derived;

	/* The owner's: the end of the log. */
	uint64_t end; /* bytes of whole batches */
	struct tree_frontier frontier;
	uint64_t last_time;
	uint64_t sequence; /* of the store, behind which the last batch was written */
	uint64_t saved;    /* leaves whose chain ends are saved */
	uint64_t at_least; /* leaves that there were once */
	struct headsfile_saver saver;
	struct buffer record; /* scratch: the batch being written or read */
	/*
	 * Seals and writes the batch and what is derived from it, and zeros before they are needed.  While it
	 * does, it has the files, the frontier, ${record}, the statuses, and ${writing} but for its staged ends.
	 */
	struct errand errand;
	struct draft *writing; /* what log_append_begin() was given, or NULL */
	struct status written, derivation;
	struct secret key; /* scratch */
	uint64_t cut;

	atomic_int state;

	/* Published, under the lock.  Only the owner changes ${heads}, so it reads them without. */
	pthread_mutex_t lock;
	struct tree_head head;
	struct heads heads;
	struct buffer signed_text;
	struct tree_head signed_head;
};

/** log_recover(l): read the end of the log after its files were opened; log_open.c. */
MUST_CHECK struct status log_recover(struct log *l);
/** log_open_actors(l, b, plain): append the actors of a batch, opened. */
MUST_CHECK struct status log_open_actors(struct log *l, const struct batch *b, struct buffer *plain);
/** log_publish(l, staged): the frontier, and these chain ends, which there is room for. */
MUST_CHECK struct status log_publish(struct log *l, const struct heads *staged);
/** log_keep_reserve(l): allocate ahead, and know whether that is still possible. */
void log_keep_reserve(struct log *l);
/** log_subject_key(keys, scope, patient, out): of one sealed subject. */
MUST_CHECK struct status log_subject_key(const struct log_keys *keys, enum batch_scope scope,
					 const struct uuid *patient, struct secret *out);

#endif /* !AUDIT_LOG_INTERNAL_H */
