/* SPDX-License-Identifier: Apache-2.0 */
/* importpatient: the FHIR resources of one patient: sources, attachments, chart. */
#include <string.h>

#include "attachment.h"
#include "chart.h"
#include "hash.h"
#include "importrun.h"
#include "limits.h"
#include "patientresource.h"
#include "sourcebundle.h"

/** The sources of one type on their way. */
struct kind {
	struct text type;
	const struct fhirindex_place *places;
	size_t count;
	struct buffer content; /* what the record holds at the end; empty when that is not known here */
};
struct filing {
	struct importrun *run;
	uint32_t number;
	struct text identity;
	struct importtarget target;
	struct buffer kinds_held; /* struct kind */
	struct kind *kinds;
	size_t kind_count;
	struct chart_base base;
	char base_text[32];
	bool changed;
	/* The resource whose attachments are being taken. */
	struct text resource_type, resource_id;
};
static void filing_clear(struct filing *f)
{
	importtarget_clear(&f->target);
	for (size_t i = 0; i < f->kind_count; i++)
		buffer_clear(&f->kinds[i].content);
	buffer_clear(&f->kinds_held);
}

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

/* --- Who it is --- */

/** What does not fit the rules of demographics is left out here; the source keeps it. */
static void make_fit(struct demographics *d)
{
	struct demographics one = {.sex = d->sex};

	if (!ok(demographics_check(&one)))
		d->sex = (struct text){0};
	one = (struct demographics){.birth = d->birth};
	if (!ok(demographics_check(&one)))
		d->birth = (struct text){0};
	for (size_t i = d->identifier_count; i > 0; i--)
		if (d->identifiers[i - 1].value.len > LIMIT_NAME || !text_is_utf8(d->identifiers[i - 1].value) ||
		    !text_is_utf8(d->identifiers[i - 1].system))
			d->identifiers[i - 1] = d->identifiers[--d->identifier_count];
	while (!ok(demographics_check(d)) && d->given_count > 0)
		d->given_count--;
	for (;;) {
		AUTO(buffer) json = {.max = LIMIT_SEALED_HEADER - 256, .wipe = true};
		if (d->identifier_count == 0 || ok(demographics_write(d, &json)))
			return;
		d->identifier_count--;
	}
}

static struct status make_file(struct filing *f)
{
	AUTO(json_document) document = {0};
	const struct fhirindex_patient *p = fhirindex_patient_at(&f->run->index, f->number);
	const struct fhirindex_place place = {.file = p->file, .at = p->at, .len = p->len};
	struct importrun_patient *known = importrun_patient_at(f->run, f->number);
	struct demographics d = {0};
	struct text text;

	TRY(importrun_text(f->run, &place, &text));
	TRY(json_parse(text_bytes(text), &json_limits_import, &document));
	struct json resource = json_root(&document);
	TRY(patientresource_read(p->entry ? json_member(resource, TEXT("resource")) : resource, &d));
	make_fit(&d);
	TRY(importtarget_make(&f->run->writer, &d, &known->token, &f->target));
	known->patient = f->target.file.id;
	known->known = true;
	TRY(importrun_meet(f->run, &known->patient, IMPORTRUN_ADDED));
	return importmatch_add(&f->run->match, &known->patient, &d);
}

static struct status reach_file(struct filing *f)
{
	const struct importrun_patient *known = importrun_patient_at(f->run, f->number);

	if (!known->known)
		return make_file(f);
	/* What this import has added to it, under another identity, has to be in its list. */
	if (importrun_has_met(f->run, &known->patient))
		TRY(importwriter_send(&f->run->writer));
	TRY(importrun_meet(f->run, &known->patient, IMPORTRUN_SAME));
	return importtarget_open(&f->run->writer, &known->patient, &f->target);
}

/** The date that this patient's charts count from, out of any source that is there. */
static struct status find_base(struct filing *f)
{
	AUTO(buffer) text = {.max = sizeof f->base_text - 1};
	bool found = false;

	for (size_t i = 0; i < importtarget_count(&f->target) && !found; i++) {
		const char *kept = importtarget_at(&f->target, i)->offset_base;
		found = ok(chart_base_read(text_of(kept), &f->base));
	}
	if (!found)
		f->base = chart_base_new();
	TRY(chart_base_put(&f->base, &text));
	memcpy(f->base_text, text.bytes, text.len);
	return OK;
}

/* --- Sources --- */

static struct status gather(struct filing *f, const struct kind *k, struct buffer *out)
{
	AUTO(buffer) raw = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	struct sourcebundle b;
	struct text text;
	bool changed;

	TRY(sourcebundle_begin(&raw, &b));
	for (size_t i = 0; i < k->count; i++) {
		TRY(importrun_text(f->run, &k->places[i], &text));
		TRY(sourcebundle_put(&b, text, k->places[i].entry));
	}
	TRY(sourcebundle_end(&b));
	/* Copies of a resource within the import are one. */
	return sourcebundle_merge((struct text){0}, text_from(buffer_bytes(&raw)), out, &changed);
}

/** What the record of ${token} becomes when ${content} is imported into it. */
static struct status merge(struct filing *f, const struct hash *token, struct buffer *content)
{
	const struct importtarget_record *record = importtarget_find(&f->target, token);
	AUTO(buffer) old = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	AUTO(buffer) merged = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	struct hash hash;
	bool changed;

	if (record == NULL)
		return OK;
	TRY(sha256(buffer_bytes(content), &hash));
	if (hash_equal(&hash, &record->plain_hash))
		return OK;
	TRY(importtarget_load(&f->target, record, &old));
	TRY(sourcebundle_merge(text_from(buffer_bytes(&old)), text_from(buffer_bytes(content)), &merged, &changed));
	buffer_clear(content);
	*content = merged;
	merged = (struct buffer){0};
	return OK;
}

static struct status put_source(struct filing *f, const struct hash *token, struct text title, struct buffer *content,
				struct record_id *record)
{
	enum importtarget_outcome outcome;

	TRY(merge(f, token, content));
	TRY(importrun_put(f->run, &f->target,
			  &(struct importtarget_put){.token = *token,
						     .kind = RECORD_SOURCE,
						     .compartment = COMPARTMENT_BOTH,
						     .header = {.title = title,
								.type = TEXT(SOURCEBUNDLE_TYPE),
								.source = TEXT("fhir-r4"),
								.offset_base = text_of(f->base_text)},
						     .content = buffer_bytes(content)},
			  &outcome, record));
	f->changed = f->changed || outcome == IMPORTTARGET_ADDED || outcome == IMPORTTARGET_CHANGED;
	return OK;
}

/** What belongs to no patient, once an import: in the file of its first patient. */
static struct status put_shared(struct filing *f)
{
	AUTO(buffer) content = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	struct kind all = {.type = TEXT("Shared")};
	bool before = f->changed;
	struct hash token;

	all.places = fhirindex_places(&f->run->index, FHIRINDEX_SHARED, &all.count);
	if (all.count == 0 || f->run->has_shared)
		return OK;
	TRY(gather(f, &all, &content));
	TRY(importrun_token(f->run, "shared", &f->identity, 1, &token));
	TRY(put_source(f, &token, TEXT("Shared"), &content, &f->run->shared_record));
	f->changed = before; /* it is no part of this patient's chart */
	f->run->shared_patient = f->target.file.id;
	f->run->has_shared = true;
	return OK;
}

static struct status split_kinds(struct filing *f)
{
	size_t count;
	const struct fhirindex_place *places = fhirindex_places(&f->run->index, f->number, &count);

	f->kinds_held.max = (count + 1) * sizeof *f->kinds;
	TRY(buffer_reserve(&f->kinds_held, f->kinds_held.max));
	f->kinds = (struct kind *)(void *)f->kinds_held.bytes;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || places[i].type != places[i - 1].type)
			f->kinds[f->kind_count++] = (struct kind){.type = fhirindex_type(&f->run->index, &places[i]),
								  .places = &places[i],
								  .content = {.max = SOURCEBUNDLE_MAX, .wipe = true}};
		f->kinds[f->kind_count - 1].count++;
	}
	return OK;
}

static struct status put_sources(struct filing *f)
{
	struct record_id record;
	struct hash token;

	for (size_t i = 0; i < f->kind_count; i++) {
		struct kind *k = &f->kinds[i];
		const struct text pieces[] = {f->identity, k->type};
		TRY(gather(f, k, &k->content));
		TRY(importrun_token(f->run, "source", pieces, COUNT(pieces), &token));
		TRY(put_source(f, &token, k->type, &k->content, &record));
	}
	return OK;
}

/* --- Attachments --- */

/** Names for an attachment that stay the same from import to import. */
static struct status name_attachment(const struct filing *f, uint32_t ordinal, struct importtarget_put *put)
{
	AUTO(buffer) place = {.max = 16}, hex = {.max = 80};

	TRY(buffer_print(&place, "%u", ordinal));
	TRY(sha256(put->content, &put->hash));
	TRY(text_put_hex(&hex, hash_bytes(&put->hash)));
	const struct text pieces[] = {f->identity, f->resource_type, f->resource_id, text_from(buffer_bytes(&place)),
				      text_from(buffer_bytes(&hex))};
	TRY(importrun_token(f->run, "attachment", pieces, COUNT(pieces) - 1, &put->token));
	return importrun_token(f->run, "attachment", pieces, COUNT(pieces), &put->own_token);
}

static struct status put_attachment(void *context, const struct attachment *a)
{
	struct filing *f = context;
	AUTO(buffer) content = {.max = LIMIT_IMPORT_FILE, .wipe = true};
	struct importtarget_put put = {.kind = attachment_kind(a->type),
				       .compartment = COMPARTMENT_BOTH,
				       .header = {.title = a->title, .type = a->type, .taken = a->taken}};
	enum importtarget_outcome outcome;
	struct record_id record;

	struct status opened = attachment_open(a, &content);
	if (opened.code == ST_INVALID) {
		f->run->broken_attachments++; /* it stays in its source as it is */
		return OK;
	}
	TRY(opened);
	put.content = buffer_bytes(&content);
	TRY(name_attachment(f, a->ordinal, &put));
	TRY(importrun_count_kind(f->run, a->type));
	return importrun_put(f->run, &f->target, &put, &outcome, &record);
}

static struct status take_attachments(void *context, struct text text, struct json resource)
{
	struct filing *f = context;
	AUTO(buffer) name = {.max = 128};
	struct hash hash;

	f->resource_type = text_member(resource, "resourceType");
	f->resource_id = text_member(resource, "id");
	if (f->resource_id.len == 0 || f->resource_id.len > LIMIT_NAME) {
		TRY(sha256(text_bytes(text), &hash));
		TRY(text_put_hex(&name, hash_bytes(&hash)));
		f->resource_id = text_from(buffer_bytes(&name));
	}
	return attachment_walk(resource, put_attachment, f);
}

static struct status put_attachments(struct filing *f)
{
	for (size_t i = 0; i < f->kind_count; i++)
		TRY(sourcebundle_walk(text_from(buffer_bytes(&f->kinds[i].content)), take_attachments, f));
	return OK;
}

/* --- The chart --- */

static struct status chart_one(void *context, struct text text, struct json resource)
{
	(void)text;
	return chart_add(context, resource);
}

/** Whether a source is newer than the chart: an import was cut off between the two. */
static bool is_stale(const struct filing *f, const struct hash *token)
{
	const struct importtarget_record *chart = importtarget_find(&f->target, token);

	if (chart == NULL)
		return true;
	for (size_t i = 0; i < importtarget_count(&f->target); i++) {
		const struct importtarget_record *one = importtarget_at(&f->target, i);
		if (one->offset_base[0] != '\0' && one->leaf > chart->leaf)
			return true;
	}
	return false;
}

static struct kind *kind_of(struct filing *f, struct text type)
{
	for (size_t i = 0; i < f->kind_count; i++)
		if (text_equal(f->kinds[i].type, type))
			return &f->kinds[i];
	return NULL;
}

/** One type's resources into the chart: as just imported, or as they are stored. */
static struct status chart_type(struct filing *f, struct chart *chart, struct text type)
{
	AUTO(buffer) stored = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	const struct text pieces[] = {f->identity, type};
	struct kind *k = kind_of(f, type);
	struct hash token;

	if (k != NULL)
		return sourcebundle_walk(text_from(buffer_bytes(&k->content)), chart_one, chart);
	TRY(importrun_token(f->run, "source", pieces, COUNT(pieces), &token));
	const struct importtarget_record *record = importtarget_find(&f->target, &token);
	if (record == NULL)
		return OK;
	TRY(importtarget_load(&f->target, record, &stored));
	return sourcebundle_walk(text_from(buffer_bytes(&stored)), chart_one, chart);
}

static struct status put_chart(struct filing *f)
{
	AUTO(buffer) content = {.max = SOURCEBUNDLE_MAX, .wipe = true};
	const struct importrun *r = f->run;
	struct importtarget_put put = {.kind = RECORD_CHART,
				       .compartment = COMPARTMENT_CLINICAL,
				       .header = {.title = TEXT("Chart"), .type = TEXT(CHART_TYPE)}};
	enum importtarget_outcome outcome;
	struct record_id record;
	struct chart chart;

	TRY(importrun_token(r, "chart", &f->identity, 1, &put.token));
	if (!f->changed && !is_stale(f, &put.token))
		return OK;
	chart_begin(&f->base, r->has_shared ? &r->shared_patient : NULL, r->has_shared ? &r->shared_record : NULL,
		    &content, &chart);
	for (size_t i = 0; chart_types[i] != NULL; i++)
		TRY(chart_type(f, &chart, text_of(chart_types[i])));
	TRY(chart_end(&chart));
	put.content = buffer_bytes(&content);
	return importrun_put(f->run, &f->target, &put, &outcome, &record);
}

struct status importrun_patient(struct importrun *r, uint32_t patient)
{
	AUTO(filing) f = {.run = r, .number = patient, .identity = fhirindex_identity(&r->index, patient)};

	TRY(split_kinds(&f));
	TRY(reach_file(&f));
	TRY(find_base(&f));
	TRY(put_shared(&f));
	TRY(put_sources(&f));
	TRY(put_attachments(&f));
	return put_chart(&f);
}
