/* SPDX-License-Identifier: Apache-2.0 */
/* importunmatched: unmatched.csv: what found no patient, to be corrected by hand and imported again. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "filesource.h"
#include "importrun.h"
#include "output.h"

#define ROWS_MAX ((size_t)256 << 20)

static const char *const names[] = {"path", "identifiers", "reason", "patient"};
enum { COLUMN_PATH, COLUMN_IDENTIFIERS, COLUMN_REASON, COLUMN_PATIENT, COLUMNS };

struct status importrun_unmatched(struct importrun *r, const char *path, struct text identifiers, const char *reason)
{
	char whole[PATH_MAX];
	/* The table may be moved; what it names stays where it is. */
	const char *shown = realpath(path, whole) != NULL ? whole : path;
	const struct text cells[COLUMNS] = {text_of(shown), identifiers, text_of(reason), {"", 0}};

	r->unmatched++;
	r->unmatched_rows.max = ROWS_MAX;
	r->unmatched_rows.wipe = true;
	return csv_put_row(&r->unmatched_rows, cells, COUNT(cells));
}

/* --- FHIR resources about somebody who is not there: one row a file --- */

struct listing {
	struct importrun *run;
	const char *reason;
	size_t file, count;
	struct text first; /* reference */
};

static struct status flush(struct listing *l)
{
	AUTO(buffer) said = {.max = 2048, .wipe = true};

	if (l->count == 0)
		return OK;
	TRY(buffer_put(&said, text_bytes(l->first)));
	if (l->count > 1 && l->first.len > 0)
		TRY(buffer_print(&said, " ..."));
	l->run->unmatched_resources += l->count;
	l->count = 0;
	return importrun_unmatched(l->run, l->run->files.items[l->file].path, text_from(buffer_bytes(&said)),
				   l->reason);
}

static struct status on_resource(void *context, const struct fhirindex_place *place, struct text reference)
{
	struct listing *l = context;

	if (l->count > 0 && l->file != place->file)
		TRY(flush(l));
	if (l->count == 0)
		l->first = reference;
	l->file = place->file;
	l->count++;
	return OK;
}

static struct status list_resources(struct importrun *r)
{
	struct listing unknown = {.run = r, .reason = "FHIR resources about a patient who is not known"};
	struct listing nobody = {.run = r, .reason = "FHIR resources about no patient, and no patient with them"};

	TRY(fhirindex_unmatched(&r->index, FHIRINDEX_UNMATCHED, on_resource, &unknown));
	TRY(flush(&unknown));
	if (r->has_shared)
		return OK;
	TRY(fhirindex_unmatched(&r->index, FHIRINDEX_SHARED, on_resource, &nobody));
	return flush(&nobody);
}

/* --- Writing --- */

/** A name that is free, or that of a table which was read in and is done with. */
static struct status choose_name(const struct importrun *r, char out[64])
{
	(void)snprintf(out, 64, "unmatched.csv");
	for (unsigned i = 2; access(out, F_OK) == 0 && i < 10000; i++) {
		for (size_t f = 0; f < r->files.count; f++)
			if (r->files.items[f].form == SNIFF_UNMATCHED && strcmp(r->files.items[f].path, out) == 0)
				return OK;
		(void)snprintf(out, 64, "unmatched-%u.csv", i);
	}
	return access(out, F_OK) == 0 ? FAIL_AT(ST_CONFLICT, "unmatched.csv") : OK;
}

struct status importrun_write_unmatched(struct importrun *r)
{
	AUTO(buffer) out = {.max = ROWS_MAX, .wipe = true};
	struct text heads[COLUMNS];

	/* Who is there already is only known once the site was asked. */
	if (r->dry_run)
		return OK;
	TRY(list_resources(r));
	if (r->unmatched == 0)
		return OK;
	TRY(choose_name(r, r->unmatched_file));
	for (size_t i = 0; i < COLUMNS; i++)
		heads[i] = text_of(names[i]);
	TRY(csv_put_row(&out, heads, COUNT(heads)));
	TRY(buffer_put(&out, buffer_bytes(&r->unmatched_rows)));
	return filetarget_save(r->unmatched_file, buffer_bytes(&out));
}

/* --- Reading a corrected one --- */

/** `pt-...`, the end of one, or [SYSTEM|]VALUE. */
static struct status resolve(const struct importrun *r, struct text word, struct patient_id *out)
{
	struct text system, value;

	struct status s = patientlist_resolve(&r->list, word, out);
	if (s.code != ST_NOT_FOUND)
		return s;
	importmatch_split(word, &system, &value);
	return importmatch_one(&r->match, system, value, out) == IMPORTMATCH_FOUND ? OK : s;
}

static struct status take_row(struct importrun *r, struct text path, struct text word)
{
	char whole[PATH_MAX];
	struct patient_id patient;
	size_t before = r->files.count;

	if (path.len >= sizeof whole)
		return FAIL_AT(ST_TOO_BIG, "path");
	(void)snprintf(whole, sizeof whole, "%.*s", TEXT_ARG(path));
	TRY(resolve(r, word, &patient));
	TRY(importfiles_add(&r->files, whole));
	for (size_t i = before; i < r->files.count; i++) {
		r->files.items[i].has_patient = true;
		r->files.items[i].patient = patient;
	}
	return OK;
}

static struct status take_table(struct importrun *r, struct text text)
{
	AUTO(csv) table = csv_of(text, csv_separator(text));
	bool more;

	TRY(csv_next(&table, &more));
	if (!more || table.columns < COLUMNS || !text_equal_nocase(table.cells[COLUMN_PATH], text_of(names[0])) ||
	    !text_equal_nocase(table.cells[COLUMN_PATIENT], text_of(names[COLUMN_PATIENT])))
		return FAIL_AT(ST_INVALID, "unmatched.csv: columns path, identifiers, reason, patient");
	for (;;) {
		TRY(csv_next(&table, &more));
		if (!more)
			return OK;
		struct text word = text_trim(table.cells[COLUMN_PATIENT]);
		struct status s = OK;
		if (word.len > 0)
			s = take_row(r, table.cells[COLUMN_PATH], word);
		else
			TRY(csv_put_row(&r->unmatched_rows, table.cells, COLUMNS));
		r->unmatched += word.len == 0 ? 1 : 0;
		if (!ok(s))
			output_done(r->cli, "unmatched.csv, line %llu:", (unsigned long long)table.line);
		TRY(s);
	}
}

struct status importrun_corrections(struct importrun *r)
{
	struct text text;

	r->unmatched_rows.max = ROWS_MAX;
	for (size_t i = 0, count = r->files.count; i < count; i++) {
		if (r->files.items[i].form != SNIFF_UNMATCHED)
			continue;
		TRY(importfiles_open(&r->files, i, &text));
		TRY(take_table(r, text));
	}
	return OK;
}
