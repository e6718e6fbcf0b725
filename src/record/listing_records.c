/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one patient file. */
#include "limits.h"
#include "listing_version.h"

struct status listing_version_load(struct store_view *view, const struct record_kept *kept, uint32_t number,
				   struct listing_version *out)
{
	const struct row_value key[] = {ROW_UUID(&kept->state.record.uuid), ROW_NUMBER(number)};
	struct listing_record *r = &out->record;
	uint64_t place;

	*r = (struct listing_record){.seq = kept->seq, .record = kept->state.record, .version = number};
	if (!ok(store_get(view, TABLE_VERSION, key, &out->version)))
		return FAIL_AT(ST_CORRUPT, "version");
	TRY(row_secret_number(&out->version, SECRET_VERSION_PLACE, &place));
	TRY(listing_statements_at(view, place, &out->statement, &r->statement));
	if (kept->state.ended)
		TRY(listing_statements_get(view, &kept->state.head, &out->end, &r->end));
	r->header = out->version.secret[SECRET_VERSION_HEADER];
	r->key = out->version.secret[SECRET_VERSION_RECORD_KEY];
	r->size = row_number(&out->version, COLUMN_VERSION_SIZE);
	return record_row_compartment(&out->version, &out->compartment);
}

void listing_version_clear(struct listing_version *v)
{
	row_clear(&v->version);
	row_clear(&v->statement);
	row_clear(&v->end);
}

/** What a listing of records goes by. */
struct records {
	struct store_view *view;
	uint32_t kind, power;
	uint64_t last;
	uint32_t visited;
	listing_visit_record *visit;
	void *context;
	struct listing_version version; /* memory used from row to row */
};
static void records_clear(struct records *r)
{
	listing_version_clear(&r->version);
}

static struct status show(struct records *r, const struct record_kept *kept, uint32_t number)
{
	TRY(listing_version_load(r->view, kept, number, &r->version));
	const uint32_t needed = authority_compartment_rights(r->version.compartment);
	if ((r->power & needed) != needed)
		return OK;
	return r->visit(r->context, &r->version.record);
}

static struct status show_row(void *context, const struct row *row)
{
	struct records *r = context;
	struct record_kept kept;

	r->visited++;
	r->last = row_number(row, COLUMN_RECORD_SEQ);
	if (r->kind != 0 && row_number(row, COLUMN_RECORD_KIND) != r->kind)
		return OK;
	TRY(record_row_read_record(row, &kept));
	return show(r, &kept, kept.state.version);
}

static struct status power_of(struct store_view *view, const struct permit_pass *pass, uint64_t time, uint32_t *out)
{
	struct permit_facts facts;

	TRY(facts_patient(view, permit_user(pass), permit_patient(pass), time, &facts));
	*out = facts_power(&facts);
	return OK;
}

struct status listing_records(struct store_view *view, const struct permit_pass *pass,
			      const struct listing_which *which, struct page *page, listing_visit_record *visit,
			      void *context)
{
	const struct patient_id *patient = permit_patient(pass);
	AUTO(records) r = {.view = view, .kind = which->kind, .last = page->since, .visit = visit, .context = context};
	const struct store_range range = {
		.index = INDEX_RECORD_PATIENT,
		.prefix_count = 1,
		.prefix = {ROW_UUID(&patient->uuid)},
		.after_count = 1,
		.after = {ROW_NUMBER(page->since)},
		.limit = page->limit,
	};

	TRY(permit_demand(pass, PERMIT_PATIENT_SEE, patient));
	TRY(power_of(view, pass, which->time, &r.power));
	TRY(store_scan(view, TABLE_RECORD, &range, show_row, &r));
	page->next = r.last;
	page->more = r.visited == page->limit;
	return OK;
}

struct status listing_history(struct store_view *view, const struct permit_pass *pass, const struct record_id *record,
			      uint64_t time, listing_visit_record *visit, void *context)
{
	AUTO(records) r = {.view = view, .visit = visit, .context = context};
	AUTO(row) row = {0};
	struct record_kept kept;

	TRY(record_row_record(view, record, &row, &kept));
	TRY(permit_demand(pass, PERMIT_PATIENT_SEE, &kept.state.patient));
	TRY(power_of(view, pass, time, &r.power));
	for (uint32_t number = 1; number <= kept.state.version; number++)
		TRY(show(&r, &kept, number));
	return OK;
}

struct status listing_token(struct store_view *view, const struct permit_pass *pass,
			    const struct listing_sought *sought, struct patient_id *patient, struct record_id *record)
{
	struct record_token wanted = {TABLE_PATIENT, sought->token, *permit_user(pass), sought->time};

	TRY(permit_demand(pass, PERMIT_PATIENT_LIST, NULL));
	const struct status got = record_row_find_token(view, &wanted, patient, record);
	if (got.code != ST_NOT_FOUND)
		return got;
	wanted.table = TABLE_RECORD;
	return record_row_find_token(view, &wanted, patient, record);
}
