/* SPDX-License-Identifier: Apache-2.0 */
/**
 * vault: the client's ciphertext <-> sealed bytes at rest.
 *
 * 1. Everything is sealed again under a random key of its own, which stands, with
 *    the SHA-256 of the client's bytes, in the sealed part of the object's row
 *    (PROMISES#S1, PROMISES#S2).  Up to LIMIT_INLINE_OBJECT bytes live in that row,
 *    more in a file.
 * 2. No byte leaves before the whole object was opened and its SHA-256 compared.
 * 3. An object is durable before the row that names it is written; its file never
 *    changes afterwards.  Those of one group commit share the sync of their directory.
 * 4. No chunk number is sealed twice under one message's key: see parts.h.
 *
 * The vault knows the tables `version` and `upload`; it takes part in the caller's
 * transactions and makes none of its own.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "hash.h"
#include "object.h"
#include "parts.h"
#include "store.h"

struct vault;

/** vault_open(os, dir, out): the objects of data directory ${dir}, which must stay open. */
MUST_CHECK struct status vault_open(const struct os *os, int dir, struct vault **out);
/** vault_close(v): after the last writer and reader.  NULL is fine. */
void vault_close(struct vault *v);

/* ---- Writing ---- */

/* Chunks sealed and written in one go; one more short one may end the object. */
#define VAULT_WINDOW 4

/**
 * One object being written, in one request or as an upload over several; `{0}` is
 * a valid empty one.  It belongs to one thread at a time and must not be moved.
 */
struct vault_writer {
	struct vault *vault;
	struct uuid id;   /* of the upload and of the object that it becomes */
	uint64_t size;    /* client's bytes taken so far */
	struct hash hash; /* of all of them, once finished */
	struct keyslot key;
	struct buffer counts; /* closed parts, as in the row */
	struct object_writer file;
	bool has_file, begun /* the part has its header */, finished;
	struct chunked part;
	uint64_t part_at; /* where the next chunk goes in the file */
	struct sha256_state sha;
	bool hashed;          /* sha has seen every byte */
	struct buffer window; /* plain text not sealed yet; each chunk leaves room for its tag */
	size_t pending;       /* its bytes */
};

/** vault_write_begin(v, id, out): a new object named ${id}; vault_writer_clear() it. */
MUST_CHECK struct status vault_write_begin(struct vault *v, const struct uuid *id, struct vault_writer *out);
/**
 * vault_write_resume(v, upload, out): go on with the upload in row ${upload} (see
 * vault_write_keep()), after its last kept byte.  ST_BUSY: it is being written;
 * ST_TOO_MANY: it was interrupted too often, begin another.
 */
MUST_CHECK struct status vault_write_resume(struct vault *v, const struct row *upload, struct vault_writer *out);
/** vault_size_max(): of an object: a record of LIMIT_RECORD_BYTES as its client sealed it. */
uint64_t vault_size_max(void);
/** vault_write(w, piece): ST_TOO_BIG past a sealed record of LIMIT_RECORD_BYTES, ST_FULL; give ${w} up after a failure.
 */
MUST_CHECK struct status vault_write(struct vault_writer *w, struct bytes piece);

/**
 * vault_write_keep(w, upload):
 * Make what was written so far durable and set the columns size, object_key, parts
 * and tail of ${upload}, a row of table `upload` whose id is w->id and whose other
 * columns are the caller's.  Once that row is committed, w->size is the durable
 * offset.  The row points into ${w}: put it before writing or clearing.
 */
MUST_CHECK struct status vault_write_keep(struct vault_writer *w, struct row *upload);

/**
 * vault_write_finish(w, size, hash):
 * The client signed ${size} and ${hash}.  ST_MISMATCH when they do not fit what was
 * written.  Otherwise the object is whole and its bytes are durable.
 */
MUST_CHECK struct status vault_write_finish(struct vault_writer *w, uint64_t size, const struct hash *hash);
/**
 * vault_write_row(w, version):
 * Make the object's name durable, in one sync with all that were finished before, and set the columns object,
 * size, object_key, content_hash, parts and inline of ${version}, a row of table `version`.  The row points into
 * ${w}.  ST_IO.
 */
MUST_CHECK struct status vault_write_row(const struct vault_writer *w, struct row *version);
/**
 * vault_write_undo(w): the transaction that was to name the object was refused and has
 * ended without it; the upload, if it was one, can be finished again from its row.
 * Not after a commit that failed with ST_IO: that may yet turn out to have happened.
 */
MUST_CHECK struct status vault_write_undo(struct vault_writer *w);
/**
 * vault_writer_clear(w): after the transaction that names the object or its upload has
 * ended.  What was neither finished nor kept is removed.
 */
void vault_writer_clear(struct vault_writer *w);

/** vault_discard(v, upload): remove the file of an upload whose row is gone.  A missing one is fine. */
MUST_CHECK struct status vault_discard(struct vault *v, const struct uuid *upload);
/** vault_remove(v, object): remove the file of an object whose row is gone.  A missing one is fine. */
MUST_CHECK struct status vault_remove(struct vault *v, const struct uuid *object);

/**
 * vault_expire(txn, now, out, room, count):
 * Remove the rows of at most ${room} uploads that began LIMIT_UPLOAD_AGE_MS or more
 * before ${now} (ms), and what they counted (quota.h); after the commit vault_discard() each id in ${out}.
 */
MUST_CHECK struct status vault_expire(struct store_txn *txn, uint64_t now, struct uuid *out, size_t room,
				      size_t *count);

/* ---- Reading ---- */

/** What a row says of its object; views into that row. */
struct vault_object {
	struct uuid id;
	struct parts parts;
	struct hash hash;
	const struct key *key;
	struct bytes inline_bytes;
};
/** vault_object(version, out): ST_CORRUPT naming the table. */
MUST_CHECK struct status vault_object(const struct row *version, struct vault_object *out);

/* Objects up to this are opened in one pass, in memory; larger ones twice. */
#define VAULT_ONE_PASS ((size_t)256 * 1024)
/* Chunks of a larger one that are opened at a time: while its client reads slowly it holds 32 KiB. */
#define VAULT_READ_WINDOW 2

/** An object, or a range of it, on its way out; `{0}` is a valid empty one; must not be moved. */
struct vault_reader {
	struct object_reader file;
	struct uuid id;
	struct hash hash;
	struct keyslot key; /* held only while there are parts still to begin */
	struct buffer counts;
	struct parts parts;
	struct chunked part;
	uint32_t part_number;
	bool part_open;
	struct buffer window;   /* the loaded chunks, opened, each with room for its tag */
	uint64_t first, loaded; /* number of the first one, how many */
	uint64_t at, end;       /* what is still to leave */
};

struct vault_range {
	uint64_t at, len;
};

/**
 * vault_read_begin(v, object, range, session, out):
 * Open and compare all of it; then vault_read() gives out ${range} ({0, size} is all
 * of it).  ${object} and its row may go away afterwards.  A ${session} (may be NULL)
 * that asks for further ranges of an object whose file has not changed is spared the
 * comparison.  ST_CORRUPT: damaged, truncated, swapped or replayed, nothing left;
 * ST_INVALID: the range is not within the object.  ${out} may be one used before.
 */
MUST_CHECK struct status vault_read_begin(struct vault *v, const struct vault_object *object, struct vault_range range,
					  const struct uuid *session, struct vault_reader *out);
/** vault_read(r, piece): the next bytes, valid until the next call; empty at the end. */
MUST_CHECK struct status vault_read(struct vault_reader *r, struct bytes *piece);
void vault_reader_clear(struct vault_reader *r);

/* ---- Scrub ---- */

enum vault_damage {
	VAULT_ROW_DAMAGED,
	VAULT_OBJECT_DAMAGED, /* named by a row, does not open or has another hash */
	VAULT_OBJECT_MISSING, /* named by a row, not there */
	VAULT_OBJECT_ORPHAN,  /* no row names it: what a crash may leave */
	VAULT_UPLOAD_ORPHAN,
	VAULT_STRANGE_FILE, /* not of our making, or not at its place */
};

struct vault_finding {
	enum vault_damage damage;
	enum table_id table; /* of the row concerned, unless an orphan or strange */
	struct bytes key;    /* its key columns one after another */
	struct uuid object;  /* unless only a row is concerned */
};

/** A walk over every row and object, in steps, so that no snapshot is held for long. */
struct vault_scrub {
	void (*report)(void *context, const struct vault_finding *finding);
	void *context;
	bool remove_orphans;
	/* The rest is its own: set to zero to begin. */
	bool done;
	bool walked_rows;
	enum table_id table;
	struct store_range range;
	uint64_t rows, objects, bytes; /* seen so far */
};

/**
 * vault_scrub_step(v, snapshot, scrub, rows):
 * Visit up to ${rows} further rows and the objects they name; the last step
 * walks the files, too.  ${snapshot} is renewed.  Damage is reported, not a failure;
 * ST_IO and the like are failures, and the step may be tried again.
 */
MUST_CHECK struct status vault_scrub_step(struct vault *v, struct store_snapshot *snapshot, struct vault_scrub *scrub,
					  uint32_t rows);

/* ---- What nobody names ---- */

/** Files that a crash or a refused change left go; `{.before = ...}` begins. */
struct vault_sweep {
	uint64_t before;       /* ms since 1970: only what was last written earlier */
	unsigned slice;        /* of OBJECT_SLICES: the next one */
	uint64_t files, bytes; /* removed so far */
};
static inline bool vault_sweep_done(const struct vault_sweep *s)
{
	return s->slice == OBJECT_SLICES;
}
/**
 * vault_sweep_step(v, snapshot, sweep):
 * One slice.  A file goes that no row names, neither of a version nor of an upload, that nobody is writing, and that
 * is older; no row is opened, so a damaged one names its object as any other.  ${snapshot} is renewed.
 */
MUST_CHECK struct status vault_sweep_step(struct vault *v, struct store_snapshot *snapshot, struct vault_sweep *sweep);

#endif /* !VAULT_VAULT_H */
