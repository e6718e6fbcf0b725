/* SPDX-License-Identifier: Apache-2.0 */
/**
 * listing: pages of what a user may see, by `?since=SEQ` (DESIGN section 7).
 *
 * Everything handed to a visitor is a view that lives until it returns; a failure
 * of the visitor ends the listing and is its result.  What a person's rights and
 * permission do not cover is left out, whatever keys he may hold (PROMISES#K9).
 * Rows of a patient file whose key was destroyed are passed over.
 */
#ifndef RECORD_LISTING_H
#define RECORD_LISTING_H

#include "facts.h"
#include "page.h"

/** A statement with the place of its leaf; `statement.at` NULL: none. */
struct listing_statement {
	struct bytes statement;
	uint64_t leaf, time;
};

/* ---- The directory ---- */

struct listing_user {
	const struct person *person; /* not enrolled: invited */
	struct text name;
	uint64_t seq;
};
struct listing_directory {
	struct status (*user)(void *context, const struct listing_user *user);        /* all of these first */
	struct status (*statement)(void *context, const struct listing_statement *s); /* in log order */
	void *context;
};
/** listing_directory(view, pass, page, visit): PERMIT_USER_LIST. */
MUST_CHECK struct status listing_directory(struct store_view *view, const struct permit_pass *pass, struct page *page,
					   const struct listing_directory *visit);

/**
 * listing_invitation(view, key_hash, visit):
 * The open invitation whose one-time key has this hash: visit->user() its user, then
 * visit->statement() whatever proves it, from the site statement on, in log order.
 * For strangers: takes no pass, tells nothing without the key.  ST_NOT_FOUND.
 */
MUST_CHECK struct status listing_invitation(struct store_view *view, const struct hash *key_hash,
					    const struct listing_directory *visit);

/* ---- Patient files ---- */

struct listing_wrapped {
	enum compartment compartment;
	uint32_t number;
	struct bytes wrapped;
};

/** One version of a record, the latest one in lists. */
struct listing_record {
	uint64_t seq;
	struct record_id record;
	uint32_t version;
	struct listing_statement statement, end; /* end: of the whole record, if there is one */
	struct bytes header, key;                /* sealed */
	uint64_t size;
};
typedef struct status listing_visit_record(void *context, const struct listing_record *record);

struct listing_patient {
	uint64_t seq;
	struct patient_id patient;
	bool ended; /* access or the file has ended: forget it; only seq and patient are then set */
	struct user_id owner;
	uint32_t power;                         /* rights and permission of the asking user */
	uint64_t until;                         /* ms; 0 none */
	struct listing_statement statements[5]; /* patient, newest epochs, grant, deletion to come */
	size_t statement_count;
	struct listing_wrapped wrapped[2];
	size_t wrapped_count;
	bool has_identity;
	struct listing_record identity; /* latest version of the demographics */
};
typedef struct status listing_visit_patient(void *context, const struct listing_patient *patient);
/** listing_patients(view, pass, time, page, visit, context): PERMIT_PATIENT_LIST; own and shared files by sequence. */
MUST_CHECK struct status listing_patients(struct store_view *view, const struct permit_pass *pass, uint64_t time,
					  struct page *page, listing_visit_patient *visit, void *context);

struct listing_access {
	enum recipient_kind kind;
	struct uuid recipient;
	bool owner;
	uint32_t permissions;
	uint64_t until; /* ms; 0 none */
};
struct listing_file {
	struct status (*statement)(void *context, const struct listing_statement *s); /* in log order, then ... */
	struct status (*wrapped)(void *context, const struct listing_wrapped *w); /* ... the asking user's, then ... */
	struct status (*access)(void *context, const struct listing_access *a);   /* ... the owner's first */
	void *context;
};
/**
 * listing_file(view, pass, time, visit):
 * PERMIT_PATIENT_PROVE: statements but those of records, keys, accesses; no keys after the file's end.
 */
MUST_CHECK struct status listing_file(struct store_view *view, const struct permit_pass *pass, uint64_t time,
				      const struct listing_file *visit);

/** Which records of a file. */
struct listing_which {
	uint32_t kind; /* enum record_kind, 0: all */
	uint64_t time; /* now, ms */
};
/** listing_records(view, pass, which, page, visit, context): PERMIT_PATIENT_SEE: latest versions that he may read. */
MUST_CHECK struct status listing_records(struct store_view *view, const struct permit_pass *pass,
					 const struct listing_which *which, struct page *page,
					 listing_visit_record *visit, void *context);
/** listing_history(view, pass, record, time, visit, context): PERMIT_PATIENT_SEE: every version that he may read. */
MUST_CHECK struct status listing_history(struct store_view *view, const struct permit_pass *pass,
					 const struct record_id *record, uint64_t time, listing_visit_record *visit,
					 void *context);

/** An import token, looked for among the files that have not ended now. */
struct listing_sought {
	struct hash token;
	uint64_t time; /* now, ms */
};
/** listing_token(view, pass, sought, patient, record): PERMIT_PATIENT_LIST; ${record} zeros for a file's token. */
MUST_CHECK struct status listing_token(struct store_view *view, const struct permit_pass *pass,
				       const struct listing_sought *sought, struct patient_id *patient,
				       struct record_id *record);

#endif /* !RECORD_LISTING_H */
