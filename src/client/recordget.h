/* SPDX-License-Identifier: Apache-2.0 */
/** recordget: lists, histories and contents of records, verified before anything is shown. */
#ifndef CLIENT_RECORDGET_H
#define CLIENT_RECORDGET_H

#include "recordview.h"

/** One record version, opened. */
struct recordget_item {
	struct recordview view;
	struct text header; /* JSON; empty when this person may not read it */
};
/** Called for each in order; what it is given lives until it returns. */
typedef struct status recordget_visit(void *context, const struct recordget_item *item);

/** recordget_list(f, kind, visit, context): newest versions of all records, deleted ones left out; ${kind} 0: all. */
MUST_CHECK struct status recordget_list(struct patientfile *f, enum record_kind kind, recordget_visit *visit,
					void *context);
/** recordget_deleted(f, kind, visit, context): the deleted ones instead; their views say by whom and when. */
MUST_CHECK struct status recordget_deleted(struct patientfile *f, enum record_kind kind, recordget_visit *visit,
					   void *context);
/**
 * recordget_history(f, record, visit, context):
 * Every version, oldest first, the chain between them checked.  ST_CORRUPT when a
 * version is missing in between.
 */
MUST_CHECK struct status recordget_history(struct patientfile *f, const struct record_id *record,
					   recordget_visit *visit, void *context);
/** recordget_latest(f, record, put): what a new version or a deletion builds on; ST_GONE when deleted. */
MUST_CHECK struct status recordget_latest(struct patientfile *f, const struct record_id *record, struct statement *out,
					  struct buffer *memory);

/** Where opened bytes go; they may be used only after recordget_content() said OK. */
struct recordget_sink {
	struct status (*write)(void *context, struct bytes plain);
	void *context;
};
/**
 * recordget_content(f, record, version, sink):
 * ${version} 0: the newest.  ST_CORRUPT when anything is not what its author signed.
 */
MUST_CHECK struct status recordget_content(struct patientfile *f, const struct record_id *record, uint32_t version,
					   const struct recordget_sink *sink);

#endif /* !CLIENT_RECORDGET_H */
