/* SPDX-License-Identifier: Apache-2.0 */
/**
 * recordview: one record version as the server hands it out, checked and opened.
 *
 * Before anything of it is shown: its statement is proven to stand in the log, its
 * author was allowed to write it there, the sealed header has the signed hash, and
 * the record key opens under keys this person holds (PROMISES#B3, PROMISES#K9).
 */
#ifndef CLIENT_RECORDVIEW_H
#define CLIENT_RECORDVIEW_H

#include "patientfile.h"

/** As in the answer. */
struct recordview_row {
	uint64_t seq;
	struct record_id record;
	uint32_t version;
	struct bytes statement;
	uint64_t leaf, time;
	struct bytes header, key;
	uint64_t size;
	struct placed end; /* .statement.at NULL: not deleted */
};
extern const struct jsonfield_table recordview_table;

/** A page of them. */
struct recordview_page {
	struct jsonfield_list items; /* struct recordview_row */
	uint64_t next;
	bool more;
};
extern const struct jsonfield_table recordview_page_table;
/** History: a page without an end. */
extern const struct jsonfield_table recordview_history_table;

/** Checked. */
struct recordview {
	struct statement statement; /* views into the row */
	struct record_place place;
	struct epoch_handle identity, clinical; /* of the patient file; 0 where not held */
	struct sealed_key key;
	struct bytes header; /* sealed */
	uint64_t leaf, time;
	bool ended;
	/* Of an ended one: who deleted the record, when; proven with its last version (end_proven). */
	struct user_id end_author;
	struct hash end_name;
	uint64_t end_time;
	bool end_proven;
};

/**
 * recordview_check(f, rows, count, out):
 * Check ${count} rows of one patient file; ST_CORRUPT names the first thing that does
 * not fit.  ${out}, of ${count}, has views into the rows.
 */
MUST_CHECK struct status recordview_check(struct patientfile *f, const struct recordview_row *rows, size_t count,
					  struct recordview *out);
/** recordview_readable(v): whether this person holds what its compartment takes. */
bool recordview_readable(const struct recordview *v);
/**
 * recordview_headers(f, views, count, plain, out):
 * Open the headers of readable views: out[i] is the JSON, a view into ${plain}, which
 * must wipe; empty for a view that is not readable.
 */
MUST_CHECK struct status recordview_headers(struct patientfile *f, const struct recordview *views, size_t count,
					    struct buffer *plain, struct text *out);

#endif /* !CLIENT_RECORDVIEW_H */
