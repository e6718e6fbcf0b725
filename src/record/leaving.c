/* SPDX-License-Identifier: Apache-2.0 */
#include "leaving.h"

#include "record_row.h"

/* ---- His own files ---- */

static struct status holds(struct store_view *view, const struct patient_id *patient, enum compartment compartment,
			   const struct user_id *user, bool *out)
{
	const struct row_value key[] = {ROW_NUMBER(HOLDER_PATIENT), ROW_UUID(&patient->uuid), ROW_NUMBER(compartment),
					ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)};
	AUTO(row) row = {0};
	const struct status got = store_peek(view, TABLE_WRAPPED_KEY, key, &row);

	*out = ok(got);
	return got.code == ST_NOT_FOUND ? OK : got;
}

static struct status look_at(struct store_view *view, const struct leaving *l, struct leaving_file *f, bool *ended)
{
	const struct store_range clinical = {
		.index = TABLE_NONE,
		.prefix_count = 3,
		.prefix = {ROW_NUMBER(HOLDER_PATIENT), ROW_UUID(&f->patient.uuid), ROW_NUMBER(COMPARTMENT_CLINICAL)}};
	struct record_patient kept;
	bool identity = false, read = false;

	const struct status got = record_row_patient(view, &f->patient, &kept);
	*ended = got.code == ST_NOT_FOUND || got.code == ST_GONE;
	if (*ended)
		return OK;
	TRY(got);
	*ended = authority_ended(&kept.end, l->time);
	TRY(holds(view, &f->patient, COMPARTMENT_IDENTITY, &l->to, &identity));
	TRY(holds(view, &f->patient, COMPARTMENT_CLINICAL, &l->to, &read));
	f->handed_over = identity && read;
	TRY(store_count(view, TABLE_WRAPPED_KEY, &clinical, &f->holders));
	f->holders -= f->holders > 0 ? 1 : 0;
	return OK;
}

/** Ids are gathered first: looking at a file reads other tables through the same view. */
struct gathered {
	struct leaving_file list[LIMIT_PAGE];
	size_t count;
};
static struct status gather(void *context, const struct row *row)
{
	struct gathered *g = context;

	g->list[g->count++] = (struct leaving_file){.patient = {row_uuid(row, COLUMN_PATIENT_ID)},
						    .seq = row_number(row, COLUMN_PATIENT_SEQ)};
	return OK;
}

struct status leaving_files(struct store_view *view, const struct permit_pass *pass, const struct leaving *l,
			    struct page *page, leaving_visit *visit, void *context)
{
	const struct store_range own = {.index = INDEX_PATIENT_OWNER,
					.prefix_count = 1,
					.prefix = {ROW_UUID(&l->owner.uuid)},
					.after_count = 1,
					.after = {ROW_NUMBER(page->since)},
					.closed = true,
					.limit = page->limit};
	struct gathered g = {.count = 0};
	bool ended;

	TRY(permit_demand(pass, PERMIT_USER_ADMINISTER, NULL));
	TRY(store_scan(view, TABLE_PATIENT, &own, gather, &g));
	for (size_t i = 0; i < g.count; i++) {
		TRY(look_at(view, l, &g.list[i], &ended));
		if (!ended)
			TRY(visit(context, &g.list[i]));
	}
	page->next = g.count > 0 ? g.list[g.count - 1].seq : page->since;
	page->more = g.count == page->limit;
	return OK;
}

/* ---- Others' files ---- */

struct held {
	struct uuid patients[LIMIT_PAGE];
	size_t count;
};
static struct status note_file(void *context, const struct row *row)
{
	struct held *h = context;

	if (row_number(row, COLUMN_WRAPPED_KEY_HOLDER_KIND) == HOLDER_PATIENT)
		h->patients[h->count++] = row_uuid(row, COLUMN_WRAPPED_KEY_HOLDER);
	return OK;
}

static struct status add_owner(struct store_view *view, const struct uuid *patient, const struct user_id *user,
			       struct user_id out[LEAVING_OWNERS], size_t *count)
{
	const struct row_value key[] = {ROW_UUID(patient)};
	AUTO(row) row = {0};
	const struct status got = store_peek(view, TABLE_PATIENT, key, &row);

	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	const struct user_id owner = {row_uuid(&row, COLUMN_PATIENT_OWNER)};
	for (size_t i = 0; i < *count; i++)
		if (uuid_equal(&out[i].uuid, &owner.uuid))
			return OK;
	if (*count < LEAVING_OWNERS && !uuid_equal(&owner.uuid, &user->uuid))
		out[(*count)++] = owner;
	return OK;
}

struct status leaving_owners(struct store_view *view, const struct user_id *user, struct user_id out[LEAVING_OWNERS],
			     size_t *count)
{
	/* One page of keys, some 500 files, is looked at: it happens within a transaction that others wait for. */
	const struct store_range of_user = {.index = INDEX_WRAPPED_KEY_RECIPIENT,
					    .prefix_count = 2,
					    .prefix = {ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)},
					    .closed = true};
	struct held h = {.count = 0};

	*count = 0;
	TRY(store_scan(view, TABLE_WRAPPED_KEY, &of_user, note_file, &h));
	for (size_t i = 0; i < h.count; i++)
		TRY(add_owner(view, &h.patients[i], user, out, count));
	return OK;
}
