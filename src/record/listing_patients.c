/* SPDX-License-Identifier: Apache-2.0 */
/* Patient files of one user, and one of them as a whole. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "listing_version.h"

/* ---- Which files: a merge of the user's own and those shared with him, by sequence ---- */

struct listed {
	uint64_t seq;
	struct patient_id patient;
	bool owner;
	/* What its rows say, once they are opened. */
	struct record_patient file;
	struct authority_grant grant; /* unless he is the owner */
	struct hash statement;        /* of the grant */
};
/** One of the two sources; both are visited up to a page's length. */
struct source {
	struct candidates *into;
	uint32_t visited;
	uint64_t last;
};
struct candidates {
	struct listed *list; /* room for twice the page */
	size_t count;
};
static void candidates_clear(struct candidates *c)
{
	free(c->list);
}

static void add(struct source *from, uint64_t seq, struct uuid patient, bool owner)
{
	struct candidates *c = from->into;

	from->visited++;
	from->last = seq;
	c->list[c->count++] = (struct listed){.seq = seq, .patient = {patient}, .owner = owner};
}

static struct status add_own(void *context, const struct row *row)
{
	add(context, row_number(row, COLUMN_PATIENT_SEQ), row_uuid(row, COLUMN_PATIENT_ID), true);
	return OK;
}

static struct status add_shared(void *context, const struct row *row)
{
	add(context, row_number(row, COLUMN_ACCESS_SEQ), row_uuid(row, COLUMN_ACCESS_PATIENT), false);
	return OK;
}

static int by_seq(const void *a, const void *b)
{
	const struct listed *x = a;
	const struct listed *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static uint64_t complete_to(const struct source *from, uint32_t limit)
{
	return from->visited == limit ? from->last : UINT64_MAX;
}

/**
 * cut(c, limit, complete): keep what both sources are known to hold, and no more than a page.  What was found by closed
 * rows is believed when it is opened.
 */
static uint64_t cut(struct candidates *c, uint32_t limit, uint64_t complete)
{
	size_t count = 0;

	qsort(c->list, c->count, sizeof *c->list, by_seq);
	while (count < c->count && c->list[count].seq <= complete)
		count++;
	if (count > limit) {
		count = limit;
		complete = c->list[count - 1].seq;
	}
	c->count = count;
	return complete;
}

static struct status gather(struct store_view *view, const struct user_id *user, struct page *page,
			    struct candidates *out)
{
	struct source own = {.into = out};
	struct source shared = {.into = out};
	const struct store_range owned = {
		.index = INDEX_PATIENT_OWNER,
		.prefix_count = 1,
		.prefix = {ROW_UUID(&user->uuid)},
		.after_count = 1,
		.after = {ROW_NUMBER(page->since)},
		.closed = true,
		.limit = page->limit,
	};
	const struct store_range granted = {
		.index = INDEX_ACCESS_RECIPIENT,
		.prefix_count = 2,
		.prefix = {ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)},
		.after_count = 1,
		.after = {ROW_NUMBER(page->since)},
		.closed = true,
		.limit = page->limit,
	};

	out->list = calloc(2 * (size_t)page->limit, sizeof *out->list);
	if (out->list == NULL)
		return FAIL(ST_NO_MEMORY);
	TRY(store_scan(view, TABLE_PATIENT, &owned, add_own, &own));
	TRY(store_scan(view, TABLE_ACCESS, &granted, add_shared, &shared));
	const uint64_t in_own = complete_to(&own, page->limit);
	const uint64_t in_shared = complete_to(&shared, page->limit);
	const uint64_t to = cut(out, page->limit, in_own < in_shared ? in_own : in_shared);
	page->more = to != UINT64_MAX;
	page->next = page->more ? to : page->since;
	if (!page->more) {
		page->next = own.last > page->next ? own.last : page->next;
		page->next = shared.last > page->next ? shared.last : page->next;
	}
	return OK;
}

/* ---- What is shown of one ---- */

enum shown_row { ROW_OF_PATIENT, ROW_OF_IDENTITY_EPOCH, ROW_OF_CLINICAL_EPOCH, ROW_OF_GRANT, ROW_OF_END, SHOWN_ROWS };

/** Memory used from file to file. */
struct shown {
	struct store_view *view;
	struct permit_facts asking; /* the user, on no patient */
	struct row statements[SHOWN_ROWS], wrapped[2], row;
	struct listing_version identity;
	struct listing_patient patient;
};
static void shown_clear(struct shown *s)
{
	for (size_t i = 0; i < SHOWN_ROWS; i++)
		row_clear(&s->statements[i]);
	row_clear(&s->wrapped[0]);
	row_clear(&s->wrapped[1]);
	row_clear(&s->row);
	listing_version_clear(&s->identity);
}

static struct status show_statement(struct shown *s, enum shown_row which, uint64_t place)
{
	if (place == 0)
		return OK;
	TRY(listing_statements_at(s->view, place, &s->statements[which],
				  &s->patient.statements[s->patient.statement_count]));
	s->patient.statement_count++;
	return OK;
}

static struct status show_named(struct shown *s, enum shown_row which, const struct hash *name)
{
	if (hash_is_zero(name))
		return OK;
	TRY(listing_statements_get(s->view, name, &s->statements[which],
				   &s->patient.statements[s->patient.statement_count]));
	s->patient.statement_count++;
	return OK;
}

static struct status show_statements(struct shown *s, const struct listed *l)
{
	TRY(show_statement(s, ROW_OF_PATIENT, l->file.first));
	TRY(show_statement(s, ROW_OF_IDENTITY_EPOCH, l->file.identity_epoch));
	TRY(show_statement(s, ROW_OF_CLINICAL_EPOCH, l->file.clinical_epoch));
	TRY(show_named(s, ROW_OF_GRANT, &l->statement));
	return show_named(s, ROW_OF_END, &l->file.end.name);
}

/** A wrapped key leaves only for who may still read its compartment. */
static struct status load_wrapped(struct store_view *view, const struct permit_pass *pass,
				  const struct patient_id *patient, enum compartment compartment, struct row *row,
				  struct listing_wrapped *out)
{
	const struct row_value key[] = {ROW_NUMBER(HOLDER_PATIENT), ROW_UUID(&patient->uuid), ROW_NUMBER(compartment),
					ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&permit_user(pass)->uuid)};

	TRY(store_get(view, TABLE_WRAPPED_KEY, key, row));
	*out = (struct listing_wrapped){compartment, (uint32_t)row_number(row, COLUMN_WRAPPED_KEY_EPOCH),
					row->secret[SECRET_WRAPPED_KEY_BYTES]};
	return OK;
}

static struct status show_wrapped(struct shown *s, const struct permit_pass *pass)
{
	for (unsigned c = COMPARTMENT_IDENTITY; c <= COMPARTMENT_CLINICAL; c++) {
		const enum compartment compartment = (enum compartment)c;
		if ((s->patient.power & authority_compartment_rights(compartment)) == 0)
			continue;
		const struct status got =
			load_wrapped(s->view, pass, &s->patient.patient, compartment, &s->wrapped[c - 1],
				     &s->patient.wrapped[s->patient.wrapped_count]);
		if (got.code == ST_NOT_FOUND)
			continue;
		TRY(got);
		s->patient.wrapped_count++;
	}
	return OK;
}

static struct status show_identity(struct shown *s, const struct record_patient *file)
{
	const struct record_kept kept = {.state = {.record = file->identity}, .seq = file->identity_seq};

	if (uuid_is_zero(&file->identity.uuid) || (s->patient.power & RIGHT_IDENTITY) == 0)
		return OK;
	TRY(listing_version_load(s->view, &kept, file->identity_version, &s->identity));
	s->patient.identity = s->identity.record;
	s->patient.has_identity = true;
	return OK;
}

static uint32_t power_of(const struct permit_facts *asking, const struct listed *l)
{
	struct permit_facts f = *asking;

	f.owner = l->owner;
	f.grant = l->grant;
	return facts_power(&f);
}

static struct status show_file(struct shown *s, const struct permit_pass *pass, const struct listed *l)
{
	if (authority_ended(&l->file.end, s->asking.time)) {
		s->patient.ended = true;
		s->patient.power = 0;
		return OK;
	}
	s->patient.owner = l->file.owner;
	s->patient.until = l->grant.until;
	TRY(show_statements(s, l));
	TRY(show_wrapped(s, pass));
	return show_identity(s, &l->file);
}

/* ---- Opening what was listed ---- */

static struct status open_access(struct shown *s, const struct user_id *user, struct listed *l)
{
	const struct row_value key[] = {ROW_UUID(&l->patient.uuid), ROW_NUMBER(RECIPIENT_USER), ROW_UUID(&user->uuid)};
	struct record_access a;

	TRY(store_get(s->view, TABLE_ACCESS, key, &s->row));
	TRY(record_row_read_access(&s->row, &a));
	if (a.seq != l->seq)
		return FAIL_AT(ST_CORRUPT, "access");
	l->grant = a.grant;
	l->statement = a.statement;
	return OK;
}

static struct status open_file(struct shown *s, const struct user_id *user, struct listed *l)
{
	const struct row_value key[] = {ROW_UUID(&l->patient.uuid)};

	TRY(store_get(s->view, TABLE_PATIENT, key, &s->row));
	TRY(record_row_read_patient(&s->row, &l->file));
	/* The index that led here is not sealed: the row has the last word. */
	if (l->owner && (l->file.seq != l->seq || !uuid_equal(&l->file.owner.uuid, &user->uuid)))
		return FAIL_AT(ST_CORRUPT, "patient");
	return OK;
}

/** open_listed(s, user, l, erased): the rows behind one candidate; ${erased}: their key was destroyed. */
static struct status open_listed(struct shown *s, const struct user_id *user, struct listed *l, bool *erased)
{
	struct status got = l->owner ? OK : open_access(s, user, l);

	if (ok(got))
		got = open_file(s, user, l);
	*erased = got.code == ST_GONE;
	if (*erased)
		return OK;
	return got.code == ST_NOT_FOUND ? FAIL_AT(ST_CORRUPT, "patient") : got;
}

/** A page's keys are fetched together. */
static struct status expect(struct store_view *view, const struct candidates *c)
{
	struct uuid *patients = calloc(c->count == 0 ? 1 : c->count, sizeof *patients);

	if (patients == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < c->count; i++)
		patients[i] = c->list[i].patient.uuid;
	struct status s = store_expect(view, patients, c->count);
	free(patients);
	return s;
}

static struct status show_listed(struct shown *s, const struct permit_pass *pass, struct listed *l, bool *erased)
{
	TRY(open_listed(s, permit_user(pass), l, erased));
	if (*erased)
		return OK;
	s->patient = (struct listing_patient){.seq = l->seq, .patient = l->patient};
	s->patient.power = power_of(&s->asking, l);
	s->patient.ended = !l->owner && s->patient.power == 0;
	return s->patient.ended ? OK : show_file(s, pass, l);
}

struct status listing_patients(struct store_view *view, const struct permit_pass *pass, uint64_t time,
			       struct page *page, listing_visit_patient *visit, void *context)
{
	AUTO(candidates) c = {0};
	AUTO(shown) s = {.view = view};
	bool erased;

	TRY(permit_demand(pass, PERMIT_PATIENT_LIST, NULL));
	TRY(facts_user(view, permit_user(pass), time, &s.asking));
	TRY(gather(view, permit_user(pass), page, &c));
	TRY(expect(view, &c));
	for (size_t i = 0; i < c.count; i++) {
		TRY(show_listed(&s, pass, &c.list[i], &erased));
		if (!erased)
			TRY(visit(context, &s.patient));
	}
	return OK;
}

/* ---- One file ---- */

static struct status file_statements(struct store_view *view, const struct patient_id *patient,
				     const struct listing_file *visit)
{
	AUTO(listing_statements) all = {0};
	struct hash subjects[3];

	TRY(statement_subject_patient(patient, &subjects[0]));
	TRY(statement_subject_epoch(HOLDER_PATIENT, &patient->uuid, COMPARTMENT_IDENTITY, &subjects[1]));
	TRY(statement_subject_epoch(HOLDER_PATIENT, &patient->uuid, COMPARTMENT_CLINICAL, &subjects[2]));
	for (size_t i = 0; i < COUNT(subjects); i++)
		TRY(listing_statements_add(&all, view, &subjects[i], 0));
	listing_statements_sort(&all);
	return listing_statements_visit(&all, view, all.count, visit->statement, visit->context);
}

/** The rows of one compartment's epochs, the newest first. */
struct epochs {
	struct hash newest;
	uint64_t count;
	uint64_t next; /* the number that the next row has to have */
};

static struct status take_epoch(void *context, const struct row *row)
{
	struct epochs *e = context;
	const uint64_t number = row_number(row, COLUMN_EPOCH_NUMBER);

	if (e->count == 0)
		e->newest = row_hash(row, COLUMN_EPOCH_STATEMENT);
	else if (number != e->next)
		return FAIL_AT(ST_CORRUPT, "epoch");
	e->count++;
	e->next = number - 1;
	return OK;
}

/**
 * PROMISES#S2: the newest epoch's row and the patient's name the same statement, and no row
 * before it was changed or taken away; lists go by the patient's alone.
 */
static struct status check_epochs(struct store_view *view, const struct patient_id *patient,
				  enum compartment compartment, uint64_t place)
{
	struct store_range range = {
		.index = TABLE_NONE,
		.prefix_count = 3,
		.prefix = {ROW_NUMBER(HOLDER_PATIENT), ROW_UUID(&patient->uuid), ROW_NUMBER(compartment)},
		.down = true,
	};
	AUTO(row) row = {0};
	struct record_stored stored;
	struct epochs seen = {.count = 0};
	struct hash wanted = {{0}};

	TRY(record_row_scan(view, TABLE_EPOCH, &range, take_epoch, &seen));
	if (place != 0) {
		TRY(record_row_statement_at(view, place, &row, &stored));
		wanted = row_hash(&row, COLUMN_STATEMENT_NAME);
	}
	/* Numbers begin at zero: the one after the last row would be before it. */
	const bool whole = seen.count == 0 || seen.next == UINT64_MAX;
	return whole && hash_equal(&seen.newest, &wanted) ? OK : FAIL_AT(ST_CORRUPT, "epoch");
}

static struct status file_wrapped(struct store_view *view, const struct permit_pass *pass, uint32_t power,
				  const struct listing_file *visit)
{
	AUTO(row) row = {0};
	struct listing_wrapped wrapped;

	for (unsigned c = COMPARTMENT_IDENTITY; c <= COMPARTMENT_CLINICAL; c++) {
		const enum compartment compartment = (enum compartment)c;
		if ((power & authority_compartment_rights(compartment)) == 0)
			continue;
		const struct status got = load_wrapped(view, pass, permit_patient(pass), compartment, &row, &wrapped);
		if (got.code == ST_NOT_FOUND)
			continue;
		TRY(got);
		TRY(visit->wrapped(visit->context, &wrapped));
	}
	return OK;
}

static struct status show_access(void *context, const struct row *row)
{
	const struct listing_file *visit = context;
	struct record_access a;

	TRY(record_row_read_access(row, &a));
	const struct listing_access shown = {a.kind, a.recipient, false, a.grant.permissions, a.grant.until};
	return a.grant.exists ? visit->access(visit->context, &shown) : OK;
}

static struct status file_accesses(struct store_view *view, const struct record_patient *file,
				   const struct listing_file *visit)
{
	const struct listing_access owner = {RECIPIENT_USER, file->owner.uuid, true, RIGHTS_ALL, 0};
	struct store_range range = {.index = TABLE_NONE, .prefix_count = 1, .prefix = {ROW_UUID(&file->id.uuid)}};
	struct listing_file seen = *visit;

	TRY(visit->access(visit->context, &owner));
	return record_row_scan(view, TABLE_ACCESS, &range, show_access, &seen);
}

struct status listing_file(struct store_view *view, const struct permit_pass *pass, uint64_t time,
			   const struct listing_file *visit)
{
	const struct patient_id *patient = permit_patient(pass);
	struct record_patient file;
	struct permit_facts facts;

	TRY(permit_demand(pass, PERMIT_PATIENT_PROVE, patient));
	TRY(record_row_patient(view, patient, &file));
	TRY(facts_patient(view, permit_user(pass), patient, time, &facts));
	TRY(check_epochs(view, patient, COMPARTMENT_IDENTITY, file.identity_epoch));
	TRY(check_epochs(view, patient, COMPARTMENT_CLINICAL, file.clinical_epoch));
	TRY(file_statements(view, patient, visit));
	TRY(file_wrapped(view, pass, facts_power(&facts), visit));
	return file_accesses(view, &file, visit);
}
