/* SPDX-License-Identifier: Apache-2.0 */
/** patientpage: one page of `GET /v1/patients`, read, verified and opened (used by patientlist.c alone). */
#ifndef CLIENT_PATIENTPAGE_H
#define CLIENT_PATIENTPAGE_H

#include "patientlist.h"
#include "recordview.h"

struct patientpage_row {
	uint64_t seq;
	struct patient_id patient;
	struct user_id owner;
	struct json permissions;
	bool ended;
	struct jsonfield_list statements, wrapped;
	struct recordview_row identity; /* .statement.at NULL: none, or not for this person */
};
struct patientpage {
	struct jsonfield_list items; /* struct patientpage_row */
	uint64_t next;
	bool more;
};
extern const struct jsonfield_table patientpage_table;

/**
 * patientpage_open(site, rows, count, plain, out):
 * out[i] for rows[i]; demographics are views into ${plain}, which must wipe.
 * ST_CORRUPT names what does not fit.
 */
MUST_CHECK struct status patientpage_open(struct site *site, const struct patientpage_row *rows, size_t count,
					  struct buffer *plain, struct patientlist_item *out);

#endif /* !CLIENT_PATIENTPAGE_H */
