/* SPDX-License-Identifier: Apache-2.0 */
/**
 * logbook: the log as a person may read it, and the proof that it is the one
 * everybody else sees (PROMISES#K10, PROMISES#B2).
 */
#ifndef CLIENT_LOGBOOK_H
#define CLIENT_LOGBOOK_H

#include "entry.h"
#include "savedlog.h"
#include "site.h"

struct logbook_query {
	const char *scope;                /* own, patient, sign-ins, administration, all */
	const struct patient_id *patient; /* scope patient */
	const struct user_id *user;       /* NULL: everybody */
	const char *action;               /* word of a leaf kind; NULL: all */
	uint64_t from, until;             /* ms since 1970; 0: open */
	uint64_t *suspect;                /* may be NULL; see logbook_list() */
};
struct logbook_entry {
	uint64_t index;
	const struct entry *raw; /* as it came, for who hands the proof on */
	struct entry_read read;
};
typedef struct status logbook_visit(void *context, const struct logbook_entry *entry);
/**
 * logbook_list(s, query, visit, context):
 * Newest first.  Each entry's openings fit its leaf, and the leaf is the pinned
 * tree's; ST_CORRUPT otherwise.  Scopes own and patient, when no action, user or end
 * narrows them, are walked as chains that begin with the leaf of this very question:
 * ST_CORRUPT ("withheld ...") when the newest are missing, one between, or the first
 * ones, or when it is another chain than was followed before (pins.h); ${visit} has
 * then been told of it in part.  A patient file's whole chain is also searched for
 * answers that showed somebody less than there was (disclosure.h); *query->suspect is
 * then the leaf of the first.
 */
MUST_CHECK struct status logbook_list(struct site *s, const struct logbook_query *query, logbook_visit *visit,
				      void *context);

struct logbook_report {
	struct tree_head head;
	uint64_t own_entries; /* of this person, walked from the newest to the first */
};
/**
 * logbook_verify(s, out):
 * The checkpoint is signed and extends the pinned one; every statement of the
 * directory stands where it should; this person's own chain is complete.
 */
MUST_CHECK struct status logbook_verify(struct site *s, struct logbook_report *out);

/** Told after each batch of files; may be NULL. */
struct logbook_progress {
	void (*tell)(void *context, uint64_t done, uint64_t all);
	void *context;
};
/** logbook_save(s, dir, progress): checkpoint, tiles and entry bundles under their C2SP paths in folder ${dir}. */
MUST_CHECK struct status logbook_save(struct site *s, int dir, const struct logbook_progress *progress);
/** logbook_verify_saved(os, dir, key, out): such a folder, without any server. */
MUST_CHECK struct status logbook_verify_saved(const struct os *os, int dir, const struct note_key *key,
					      struct savedlog_report *out);

#endif /* !CLIENT_LOGBOOK_H */
