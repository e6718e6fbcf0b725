/* SPDX-License-Identifier: Apache-2.0 */
/**
 * workers: small bounded pools for what is slow: one for Argon2id, LIMIT_HASH_POOL
 * threads and LIMIT_HASH_QUEUE waiting jobs a lane; one for what waits for the disk
 * (LIMIT_WRITE_POOL, LIMIT_WRITE_QUEUE), so that neither waits for the other.  Past that
 * the caller is told to come later (PROMISES#S4), and neither memory nor loops suffer.
 *
 * Two lanes: strangers' jobs never take the last thread nor the other lane's places, so
 * that whoever is known waits for his own kind only (PROMISES#K5).
 */
#ifndef API_WORKERS_H
#define API_WORKERS_H

#include <stdint.h>

#include "status.h"

struct workers;
enum workers_lane { WORKERS_STRANGER, WORKERS_KNOWN, WORKERS_LANES };
/** The caller's; untouched by him from workers_submit() until done() was called, on a worker. */
struct worker_job {
	struct worker_job *next;
	void (*run)(struct worker_job *job); /* the work, and telling whoever waits */
	enum workers_lane lane;
};
/** How many of what: ${waiting} jobs a lane; ${full}, a literal, says what there is too much of. */
struct workers_bounds {
	unsigned threads, waiting;
	const char *full;
};
MUST_CHECK struct status workers_start(const struct workers_bounds *bounds, struct workers **out);
/** workers_stop(w): finish what waits.  NULL is fine. */
void workers_stop(struct workers *w);
/** workers_submit(w, job): ST_TOO_MANY, naming bounds->full.  Any thread, never waits. */
MUST_CHECK struct status workers_submit(struct workers *w, struct worker_job *job);

struct workers_metrics {
	uint64_t running, most, waiting; /* jobs now; the most that ever ran at once */
	uint64_t done, refused;          /* since the start */
};
struct workers_metrics workers_metrics(struct workers *w);

#endif /* !API_WORKERS_H */
