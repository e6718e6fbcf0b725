/* SPDX-License-Identifier: Apache-2.0 */
#include "importrun.h"

#define PIECES_MAX 8

void importrun_clear(struct importrun *r)
{
	importwriter_clear(&r->writer);
	importmatch_clear(&r->match);
	importfiles_clear(&r->files);
	fhirindex_clear(&r->index);
	patientlist_clear(&r->list);
	words_clear(&r->met);
	words_clear(&r->kinds);
	buffer_clear(&r->kind_counts);
	buffer_clear(&r->unmatched_rows);
	buffer_clear(&r->patients);
	*r = (struct importrun){0};
}

struct importrun_patient *importrun_patient_at(struct importrun *r, size_t number)
{
	return (struct importrun_patient *)(void *)r->patients.bytes + number;
}

struct status importrun_token(const struct importrun *r, const char *word, const struct text *pieces, size_t count,
			      struct hash *out)
{
	struct bytes bytes[PIECES_MAX];

	if (count > PIECES_MAX)
		return FAIL_AT(ST_TOO_BIG, "import source");
	for (size_t i = 0; i < count; i++)
		bytes[i] = text_bytes(pieces[i]);
	return keyholder_import_token(&r->cli->keys, word, bytes, count, out);
}

struct status importrun_put(struct importrun *r, struct importtarget *t, const struct importtarget_put *put,
			    enum importtarget_outcome *outcome, struct record_id *record)
{
	TRY(importtarget_put(t, put, outcome, record));
	r->counts[put->kind][*outcome]++;
	return OK;
}

struct status importrun_meet(struct importrun *r, const struct patient_id *patient, enum importrun_what what)
{
	const size_t before = r->met.count;
	uint32_t number;

	TRY(words_put(&r->met, text_from(BYTES_OF(patient->uuid)), &number));
	if (r->met.count > before)
		r->counts[0][what]++;
	return OK;
}

bool importrun_has_met(const struct importrun *r, const struct patient_id *patient)
{
	uint32_t number;

	return words_find(&r->met, text_from(BYTES_OF(patient->uuid)), &number);
}

size_t importrun_found(const struct importrun *r)
{
	size_t found = 0;

	for (size_t i = 0; i < COUNT(r->counts); i++)
		found += r->counts[i][IMPORTRUN_SAME];
	return found;
}

struct status importrun_count_kind(struct importrun *r, struct text type)
{
	uint32_t number;
	size_t zero = 0;

	r->kind_counts.max = 1 << 20;
	TRY(words_put(&r->kinds, type, &number));
	if (number * sizeof zero == r->kind_counts.len)
		TRY(buffer_put(&r->kind_counts, BYTES_OF(zero)));
	((size_t *)(void *)r->kind_counts.bytes)[number]++;
	return OK;
}

struct status importrun_text(struct importrun *r, const struct fhirindex_place *place, struct text *out)
{
	struct text whole;

	TRY(importfiles_open(&r->files, place->file, &whole));
	if (place->at > whole.len || place->len > whole.len - place->at)
		return FAIL_AT(ST_CONFLICT, "file changed while it was read");
	*out = (struct text){whole.at + place->at, place->len};
	return OK;
}
