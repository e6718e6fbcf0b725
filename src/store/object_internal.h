/* SPDX-License-Identifier: Apache-2.0 */
/** object_internal: what the files of object share: where a file is. */
#ifndef STORE_OBJECT_INTERNAL_H
#define STORE_OBJECT_INTERNAL_H

#include <pthread.h>

#include "object.h"

#define UPLOADS    "uploads"
#define OBJECTS    "objects"
#define FOLDER_LEN sizeof("objects/xx/yy")
/* A power of two. */
#define BUCKETS 64

struct objects {
	const struct os *os;
	int dir, uploads;
	pthread_mutex_t mutex;                  /* guards what follows */
	struct object_writer *writers[BUCKETS]; /* by the end of the id, which is random */
	char folder[FOLDER_LEN];                /* the last one that was written to, known to exist */
	int folder_fd;
	/* Names given so far; how many of them, counted from the first, are durable; and are not certain to become so
	 * after a sync that failed, for the next one may say that there was nothing to do. */
	uint64_t named, durable, lost;
};

/** A path below the data directory. */
struct path {
	char at[64];
};
struct path object_upload_path(const struct uuid *id);
struct path object_final_path(const struct uuid *id);

#endif /* !STORE_OBJECT_INTERNAL_H */
