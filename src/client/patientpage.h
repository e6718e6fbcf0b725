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

/** A row opened; its demographics are ${len} bytes of the page's plain text from ${at} on. */
struct patientpage_item {
	struct patientlist_item item; /* without demographics */
	size_t at, len;
	bool slow; /* somebody else's authority matters: patientpage_prove() comes before anything is believed */
};
/**
 * patientpage_open(site, rows, count, plain, out):
 * out[i] for rows[i], signatures checked on every core; what may be read is appended to
 * ${plain}, which must wipe.  Asks the holder of the keys, not the server.
 * ST_CORRUPT names what does not fit.
 */
MUST_CHECK struct status patientpage_open(struct site *site, const struct patientpage_row *rows, size_t count,
					  struct buffer *plain, struct patientpage_item *out);
/** patientpage_prove(site, row, plain, item): a slow row: fetch and prove the whole file, then open it. */
MUST_CHECK struct status patientpage_prove(struct site *site, const struct patientpage_row *row, struct buffer *plain,
					   struct patientpage_item *item);

#endif /* !CLIENT_PATIENTPAGE_H */
