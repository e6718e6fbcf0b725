/* SPDX-License-Identifier: Apache-2.0 */
/**
 * object: sealed bytes as files.  It knows names and durability, not content.
 *
 * uploads/up-<id>         being written, under the same id that it will keep
 * objects/xx/yy/ob-<id>   whole; xx yy: bytes 2 and 3 of the id in base16, which
 *                         are time (65 s each), so that objects written together
 *                         share a directory and its sync
 *
 * 1. A row names an object only when it is whole: its bytes are durable before
 *    object_publish() returns, its name before object_settle() does; one sync of the
 *    directory serves all that were published before it.  What is written over several
 *    calls or requests is an upload until then; what is written at once has its final
 *    name from the beginning, which spares a rename.
 * 2. A crash leaves at most a file that no row names: object_walk() finds it,
 *    object_live() tells it from one being written now.
 * Safe to call from any thread; one writer belongs to one thread.
 */
#ifndef STORE_OBJECT_H
#define STORE_OBJECT_H

#include "id.h"
#include "os.h"

struct objects;

/** objects_open(os, dir, out): ${dir}, the data directory, must stay open as long as ${out}. */
MUST_CHECK struct status objects_open(const struct os *os, int dir, struct objects **out);
/** objects_close(o): after the last writer and reader.  NULL is fine. */
void objects_close(struct objects *o);

/** One object being written; `{0}` is a valid empty one.  It must not be moved. */
struct object_writer {
	struct objects *objects;
	struct uuid id;
	int fd;
	bool keep;   /* object_writer_clear() leaves an unpublished file where it is */
	bool placed; /* the file has its final name */
	bool reopened, published;
	uint64_t named; /* which number its name has among all that were given */
	struct object_writer *next;
};
/** object_begin(o, id, out): the upload's file, made if missing.  ST_BUSY: somebody is writing it; ST_FULL. */
MUST_CHECK struct status object_begin(struct objects *o, const struct uuid *id, struct object_writer *out);
/** object_begin_whole(o, id, out): the same for an object that is written at once, and never kept as an upload. */
MUST_CHECK struct status object_begin_whole(struct objects *o, const struct uuid *id, struct object_writer *out);
MUST_CHECK struct status object_write(struct object_writer *w, struct bytes bytes, uint64_t at);
/** object_reread(w, at, out, len): exactly ${len} bytes of what was written; ST_CORRUPT. */
MUST_CHECK struct status object_reread(struct object_writer *w, uint64_t at, void *out, size_t len);
/** object_sync(w): what was written so far outlives a crash, under its upload name. */
MUST_CHECK struct status object_sync(struct object_writer *w);
/** object_publish(w, len): cut to ${len} bytes, all of which were written; give it its final name, make it durable. */
MUST_CHECK struct status object_publish(struct object_writer *w, uint64_t len);
/**
 * object_settle(w): make the name durable, and with it all that were published before.
 * ST_IO, for every one of them, once a sync that was to do it has failed.
 */
MUST_CHECK struct status object_settle(const struct object_writer *w);
/** object_unpublish(w): an upload again, or nothing once it is cleared; for when no row came to name the object. */
MUST_CHECK struct status object_unpublish(struct object_writer *w);
/**
 * object_writer_clear(w): give up the file unless it was published or is to be
 * kept.  Call it after the transaction that names the object has ended: until then
 * the object counts as live.
 */
void object_writer_clear(struct object_writer *w);

/** An object being read; `{0}` is a valid closed one. */
struct object_reader {
	const struct os *os;
	int fd; /* valid when os is set */
	uint64_t size;
	struct hash state; /* changes with whatever the file system says has changed */
};
/** object_open(o, id, out): ST_NOT_FOUND. */
MUST_CHECK struct status object_open(struct objects *o, const struct uuid *id, struct object_reader *out);
/** object_read(r, at, out, len): exactly ${len} bytes; ST_CORRUPT when it is shorter. */
MUST_CHECK struct status object_read(const struct object_reader *r, uint64_t at, void *out, size_t len);
void object_reader_clear(struct object_reader *r);

/** Both: a missing file is fine; the removal is durable. */
MUST_CHECK struct status object_remove(struct objects *o, const struct uuid *id);
MUST_CHECK struct status object_remove_upload(struct objects *o, const struct uuid *id);

/** object_live(o, id): somebody holds a writer of it. */
bool object_live(struct objects *o, const struct uuid *id);

enum object_place { OBJECT_WHOLE, OBJECT_UPLOAD, OBJECT_STRANGE /* no name of ours; id is zero */ };
struct object_found {
	enum object_place place;
	struct uuid id;
	uint64_t size;
	uint64_t written; /* ms since 1970: last */
};
/* So many pieces a walk may be taken in. */
#define OBJECT_SLICES 257
/** object_walk_slice(o, slice, visit, context): one of them; a file that moves meanwhile may be met in two, or none. */
MUST_CHECK struct status object_walk_slice(struct objects *o, unsigned slice,
					   struct status (*visit)(void *context, const struct object_found *found),
					   void *context);
/** object_walk(o, visit, context): every file there is, in no order; a failure of ${visit} ends it. */
MUST_CHECK struct status
object_walk(struct objects *o, struct status (*visit)(void *context, const struct object_found *found), void *context);

#endif /* !STORE_OBJECT_H */
