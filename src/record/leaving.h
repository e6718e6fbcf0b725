/* SPDX-License-Identifier: Apache-2.0 */
/**
 * leaving: what a user leaves behind who is disabled or goes: patient files of his own, and keys to others' files.
 *
 * Read from plain columns but for the end of a file: no grant is decided upon here.  Who holds a wrapped key of a
 * file's newest epoch can open it; that is what the questions are about.
 */
#ifndef RECORD_LEAVING_H
#define RECORD_LEAVING_H

#include "listing.h"

/** A patient file of somebody's own. */
struct leaving_file {
	struct patient_id patient;
	bool handed_over; /* the other one holds the keys of both compartments */
	uint64_t holders; /* of the clinical key, its owner not counted */
	uint64_t seq;
};
typedef struct status leaving_visit(void *context, const struct leaving_file *file);
/** Whose files, and who is to have them; zeros: nobody. */
struct leaving {
	struct user_id owner, to;
	uint64_t time;
};
/**
 * leaving_files(view, pass, leaving, page, visit, context):
 * PERMIT_USER_ADMINISTER: his files that have not ended, in the order of their last change.
 */
MUST_CHECK struct status leaving_files(struct store_view *view, const struct permit_pass *pass,
				       const struct leaving *leaving, struct page *page, leaving_visit *visit,
				       void *context);

/** Owners told at once: beyond them nobody is; the mark in `tacenda shares` stands for everybody. */
#define LEAVING_OWNERS 64
/** leaving_owners(view, user, out, count): owners of files whose newest keys ${user} holds, himself not among them. */
MUST_CHECK struct status leaving_owners(struct store_view *view, const struct user_id *user,
					struct user_id out[LEAVING_OWNERS], size_t *count);

#endif /* !RECORD_LEAVING_H */
