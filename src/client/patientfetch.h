/* SPDX-License-Identifier: Apache-2.0 */
/**
 * patientfetch: the next page of `GET /v1/patients`, fetched and read by a thread of its
 * own while the last one is verified (used by patientlist.c alone).
 *
 * From patientfetch_begin() to patientfetch_end() the connection (site->https) is the
 * thread's, and nobody else's.
 */
#ifndef CLIENT_PATIENTFETCH_H
#define CLIENT_PATIENTFETCH_H

#include <pthread.h>

#include "arena.h"
#include "patientpage.h"

/** `{0}` is a valid empty one; must not move while its thread runs. */
struct patientfetch {
	struct patientpage page; /* after patientfetch_end(); lives until the next begin or clear */
	/* The thread's. */
	struct site *site;
	uint64_t since;
	struct status status;
	struct json_document document;
	struct arena arena;
	pthread_t thread;
	bool running;
};
/** patientfetch_clear(f): waits for the thread. */
void patientfetch_clear(struct patientfetch *f);
/** patientfetch_begin(f, site, since): begin to fetch what follows ${since}. */
MUST_CHECK struct status patientfetch_begin(struct patientfetch *f, struct site *site, uint64_t since);
/** patientfetch_end(f): wait for it; what became of it, however often it is asked.  Failures of site_get(), ST_CORRUPT
 * "answer". */
MUST_CHECK struct status patientfetch_end(struct patientfetch *f);

#endif /* !CLIENT_PATIENTFETCH_H */
