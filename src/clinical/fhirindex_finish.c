/* SPDX-License-Identifier: Apache-2.0 */
/* fhirindex_finish: references to patients, and what follows from them. */
#include <stdlib.h>
#include <string.h>

#include "fhirindex_internal.h"

#define ARRAY_MAX ((size_t)4 << 30)

static int compare_keys(const void *a, const void *b)
{
	const struct fhirindex_key *x = a, *y = b;

	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->number == y->number ? 0 : x->number < y->number ? -1 : 1;
}

struct keys {
	const struct fhirindex_key *at;
	size_t count;
};

static struct keys sorted(struct buffer *array)
{
	size_t count = array->len / sizeof(struct fhirindex_key);

	if (count > 0)
		qsort(array->bytes, count, sizeof(struct fhirindex_key), compare_keys);
	return (struct keys){(const struct fhirindex_key *)(const void *)array->bytes, count};
}

/** Where the keys of ${word} begin, or would. */
static size_t first_of(const struct keys *k, uint32_t word)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (k->at[middle].word < word)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * What ${word} means in ${file}: what the same file says, else what all others agree
 * on, for two exports may both have a Patient/1.
 */
static bool look_up(const struct keys *k, uint32_t word, uint32_t file, uint32_t *out)
{
	size_t low = first_of(k, word);
	bool found = false, agreed = true;

	for (; low < k->count && k->at[low].word == word; low++) {
		if (k->at[low].file == file) {
			*out = k->at[low].number;
			return true;
		}
		agreed = agreed && (!found || k->at[low].number == *out);
		*out = k->at[low].number;
		found = true;
	}
	return found && agreed;
}

struct finishing {
	struct fhirindex *index;
	struct keys keys, claims;
	struct fhirindex_row *rows;
	size_t row_count;
};

static struct status put_place(struct finishing *f, const struct fhirindex_row *row, uint32_t patient, size_t first)
{
	struct fhirindex_place place = row->place;
	const struct fhirindex_place *made = (const struct fhirindex_place *)(const void *)f->index->places.bytes;
	size_t count = f->index->places.len / sizeof place;

	for (size_t i = first; i < count; i++)
		if (made[i].patient == patient)
			return OK;
	place.patient = patient;
	f->index->places.max = ARRAY_MAX;
	return buffer_put(&f->index->places, BYTES_OF(place));
}

/** A row on its way to its patients. */
struct placing {
	struct finishing *finishing;
	const struct fhirindex_row *row;
	size_t first;        /* of its places */
	bool found, unknown; /* it is about somebody known; about one whom nobody knows */
};

static struct status resolve_link(struct placing *p, const struct fhirindex_link *link, uint32_t file)
{
	const struct keys *keys = &p->finishing->keys;
	uint32_t patient = FHIRINDEX_NONE;

	if (!look_up(keys, link->word, file, &patient) &&
	    (link->other == FHIRINDEX_NONE || !look_up(keys, link->other, file, &patient))) {
		p->unknown = p->unknown || link->about;
		return OK;
	}
	p->found = true;
	return put_place(p->finishing, p->row, patient, p->first);
}

/** Whomever the references of ${of} name: the row's own, or those of a document that points at it. */
static struct status resolve(struct placing *p, const struct fhirindex_row *of)
{
	const struct fhirindex_link *links =
		(const struct fhirindex_link *)(const void *)p->finishing->index->links.bytes;

	for (size_t i = of->link_first; i < (size_t)of->link_first + of->link_count; i++)
		TRY(resolve_link(p, &links[i], of->place.file));
	return OK;
}

/** Whether a document of the same file points at ${word}: another file may have a Binary of that name too. */
static bool claimed_inside(const struct finishing *f, uint32_t word, uint32_t file)
{
	for (size_t i = first_of(&f->claims, word); i < f->claims.count && f->claims.at[i].word == word; i++)
		if (f->claims.at[i].file == file)
			return true;
	return false;
}

/** A Binary belongs to whom the documents belong that point at it. */
static struct status resolve_claims(struct placing *p, uint32_t word)
{
	const struct keys *claims = &p->finishing->claims;
	bool inside = claimed_inside(p->finishing, word, p->row->place.file);

	for (size_t i = first_of(claims, word); i < claims->count && claims->at[i].word == word; i++)
		if (!inside || claims->at[i].file == p->row->place.file)
			TRY(resolve(p, &p->finishing->rows[claims->at[i].number]));
	return OK;
}

static uint32_t assigned(const struct fhirindex *x, uint32_t file, bool about_nobody)
{
	const struct fhirindex_key *keys = (const struct fhirindex_key *)(const void *)x->assigned.bytes;

	for (size_t i = 0; i < x->assigned.len / sizeof *keys; i++)
		if (keys[i].file == file)
			return keys[i].number;
	return about_nobody ? FHIRINDEX_SHARED : FHIRINDEX_UNMATCHED;
}

static struct status finish_row(struct finishing *f, const struct fhirindex_row *row)
{
	struct placing p = {f, row, f->index->places.len / sizeof(struct fhirindex_place), false, false};

	if (row->place.patient != FHIRINDEX_NONE)
		return put_place(f, row, row->place.patient, p.first);
	TRY(resolve(&p, row));
	for (size_t i = 0; i < COUNT(row->self) && !p.unknown; i++)
		TRY(resolve_claims(&p, row->self[i]));
	return p.found ? OK : put_place(f, row, assigned(f->index, row->place.file, !p.unknown), p.first);
}

static int compare_places(const void *a, const void *b, void *context)
{
	const struct fhirindex_place *x = a, *y = b;
	const struct fhirindex *index = context;

	if (x->patient != y->patient)
		return x->patient < y->patient ? -1 : 1;
	if (x->type != y->type) {
		struct text s = words_at(&index->words, x->type), t = words_at(&index->words, y->type);
		int order = memcmp(s.at, t.at, s.len < t.len ? s.len : t.len);
		return order != 0 ? order : s.len < t.len ? -1 : 1;
	}
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->at == y->at ? 0 : x->at < y->at ? -1 : 1;
}

struct status fhirindex_finish(struct fhirindex *x)
{
	struct finishing f = {.index = x,
			      .keys = sorted(&x->keys),
			      .claims = sorted(&x->claims),
			      .rows = (struct fhirindex_row *)(void *)x->rows.bytes,
			      .row_count = x->rows.len / sizeof(struct fhirindex_row)};

	x->places.len = 0;
	for (size_t i = 0; i < f.row_count; i++)
		TRY(finish_row(&f, &f.rows[i]));
	if (x->places.len > 0)
		qsort_r(x->places.bytes, x->places.len / sizeof(struct fhirindex_place), sizeof(struct fhirindex_place),
			compare_places, x);
	return OK;
}

size_t fhirindex_patient_count(const struct fhirindex *x)
{
	return x->patients.len / sizeof(struct fhirindex_patient);
}

const struct fhirindex_patient *fhirindex_patient_at(const struct fhirindex *x, size_t patient)
{
	return (const struct fhirindex_patient *)(const void *)x->patients.bytes + patient;
}

struct text fhirindex_identity(const struct fhirindex *x, size_t patient)
{
	return words_at(&x->identities, (uint32_t)patient);
}

struct text fhirindex_type(const struct fhirindex *x, const struct fhirindex_place *place)
{
	return words_at(&x->words, place->type);
}

const struct fhirindex_place *fhirindex_places(const struct fhirindex *x, uint32_t patient, size_t *count)
{
	const struct fhirindex_place *all = (const struct fhirindex_place *)(const void *)x->places.bytes;
	size_t low = 0, high = x->places.len / sizeof *all, end = high;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (all[middle].patient < patient)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < end && all[low + *count].patient == patient)
		(*count)++;
	return all == NULL ? NULL : all + low;
}

static int compare_row_place(const void *key, const void *member)
{
	const struct fhirindex_place *x = key, *y = &((const struct fhirindex_row *)member)->place;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->at == y->at ? 0 : x->at < y->at ? -1 : 1;
}

struct status fhirindex_unmatched(const struct fhirindex *x, uint32_t which, fhirindex_unmatched_visit *visit,
				  void *context)
{
	const struct fhirindex_link *links = (const struct fhirindex_link *)(const void *)x->links.bytes;
	size_t count;
	const struct fhirindex_place *places = fhirindex_places(x, which, &count);

	for (size_t i = 0; i < count; i++) {
		struct text reference = {0};
		/* Rows stand as they were read: by file, then place. */
		const struct fhirindex_row *row = bsearch(&places[i], x->rows.bytes, fhirindex_resources(x),
							  sizeof(struct fhirindex_row), compare_row_place);
		for (uint32_t k = 0; row != NULL && k < row->link_count && reference.len == 0; k++)
			if (links[row->link_first + k].about)
				reference = words_at(&x->words, links[row->link_first + k].word);
		TRY(visit(context, &places[i], reference));
	}
	return OK;
}

size_t fhirindex_resources(const struct fhirindex *x)
{
	return x->rows.len / sizeof(struct fhirindex_row);
}

struct type_count {
	struct text type;
	size_t count;
};

static int compare_types(const void *a, const void *b)
{
	const struct type_count *x = a, *y = b;
	int order = memcmp(x->type.at, y->type.at, x->type.len < y->type.len ? x->type.len : y->type.len);

	return order != 0 ? order : x->type.len < y->type.len ? -1 : x->type.len > y->type.len;
}

struct status fhirindex_counts(const struct fhirindex *x, fhirindex_count_visit *visit, void *context)
{
	const struct fhirindex_row *rows = (const struct fhirindex_row *)(const void *)x->rows.bytes;
	struct type_count *counts = calloc(x->words.count + 1, sizeof *counts);
	size_t used = 0;
	struct status s = OK;

	if (counts == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < fhirindex_resources(x); i++)
		counts[rows[i].place.type].count++;
	for (uint32_t i = 0; i < x->words.count; i++)
		if (counts[i].count > 0)
			counts[used++] = (struct type_count){words_at(&x->words, i), counts[i].count};
	qsort(counts, used, sizeof *counts, compare_types);
	for (size_t i = 0; ok(s) && i < used; i++)
		s = visit(context, counts[i].type, counts[i].count);
	free(counts);
	return s;
}
