/* SPDX-License-Identifier: Apache-2.0 */
/* importother: files that are no FHIR: a CSV of patients, documents, messages, images, recordings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "fileidentity.h"
#include "filesource.h"
#include "hash.h"
#include "importrun.h"
#include "limits.h"
#include "output.h"

#define IDENTITY_ARENA 65536

/* --- patients.csv --- */

enum { COLUMN_IDENTIFIER, COLUMN_FAMILY, COLUMN_GIVEN, COLUMN_BIRTH, COLUMN_SEX, COLUMNS };
static const char *const columns[] = {"identifier", "family", "given", "birth", "sex"};

static struct text cell(const struct csv *c, const size_t at[COLUMNS], size_t column)
{
	return at[column] < c->columns ? text_trim(c->cells[at[column]]) : (struct text){0};
}

static void find_columns(const struct csv *c, size_t at[COLUMNS])
{
	for (size_t k = 0; k < COLUMNS; k++) {
		at[k] = SIZE_MAX;
		for (size_t i = 0; i < c->columns; i++)
			if (text_equal_nocase(text_trim(c->cells[i]), text_of(columns[k])))
				at[k] = i;
	}
}

static void read_row(const struct csv *c, const size_t at[COLUMNS], struct demographics *d)
{
	struct text given = cell(c, at, COLUMN_GIVEN), one;

	*d = (struct demographics){.family = cell(c, at, COLUMN_FAMILY),
				   .birth = cell(c, at, COLUMN_BIRTH),
				   .sex = cell(c, at, COLUMN_SEX),
				   .identifier_count = 1};
	importmatch_split(cell(c, at, COLUMN_IDENTIFIER), &d->identifiers[0].system, &d->identifiers[0].value);
	while (text_split(&given, ' ', &one))
		if (one.len > 0 && d->given_count < DEMOGRAPHICS_GIVEN)
			d->given[d->given_count++] = one;
}

static struct status take_row(struct importrun *r, const struct demographics *d, struct text identifier)
{
	AUTO(importtarget) target = {0};
	struct patient_id there;
	struct hash token;

	TRY(demographics_check(d));
	enum importmatch_answer answer =
		importmatch_one(&r->match, d->identifiers[0].system, d->identifiers[0].value, &there);
	if (answer == IMPORTMATCH_SEVERAL)
		return FAIL_AT(ST_CONFLICT, "patients.csv: an identifier that several patients have");
	if (answer == IMPORTMATCH_FOUND)
		return importrun_meet(r, &there, IMPORTRUN_SAME);
	TRY(importrun_token(r, "patient", &identifier, 1, &token));
	TRY(importtarget_make(&r->writer, d, &token, &target));
	TRY(importrun_meet(r, &target.file.id, IMPORTRUN_ADDED));
	return importmatch_add(&r->match, &target.file.id, d);
}

static struct status take_table(struct importrun *r, struct text text)
{
	AUTO(csv) table = csv_of(text, csv_separator(text));
	size_t at[COLUMNS];
	bool more;

	TRY(csv_next(&table, &more));
	if (!more)
		return OK;
	find_columns(&table, at);
	if (at[COLUMN_IDENTIFIER] == SIZE_MAX)
		return FAIL_AT(ST_INVALID, "patients.csv: no column `identifier`");
	for (;;) {
		struct demographics d;
		TRY(csv_next(&table, &more));
		if (!more)
			return OK;
		read_row(&table, at, &d);
		struct status s = take_row(r, &d, cell(&table, at, COLUMN_IDENTIFIER));
		if (!ok(s))
			output_done(r->cli, "patients.csv, line %llu:", (unsigned long long)table.line);
		TRY(s);
	}
}

struct status importrun_tables(struct importrun *r)
{
	struct text text;

	for (size_t i = 0; i < r->files.count; i++) {
		if (r->files.items[i].form != SNIFF_PATIENTS)
			continue;
		TRY(importfiles_open(&r->files, i, &text));
		TRY(take_table(r, text));
	}
	return importwriter_send(&r->writer);
}

/* --- Whose a file is --- */

/** Whether ${name} begins with an identifier that somebody has: all of it, or up to '_', ' ' or '.'. */
static enum importmatch_answer match_name(const struct importrun *r, const char *name, struct patient_id *out)
{
	struct text t = text_of(name);

	for (size_t len = t.len; len > 0; len--) {
		if (len < t.len && strchr("_ .", t.at[len]) == NULL)
			continue;
		enum importmatch_answer answer =
			importmatch_one(&r->match, (struct text){0}, (struct text){t.at, len}, out);
		if (answer != IMPORTMATCH_NOBODY)
			return answer;
	}
	return IMPORTMATCH_NOBODY;
}

/** Folders and files named by identifier: the innermost folder that is one, else the file. */
static enum importmatch_answer match_path(const struct importrun *r, const struct importfile *file,
					  struct patient_id *out)
{
	struct text path = text_of(file->path);
	enum importmatch_answer answer = IMPORTMATCH_NOBODY;

	for (size_t end = path.len; end > 0 && answer == IMPORTMATCH_NOBODY; end--) {
		if (path.at[end - 1] != '/')
			continue;
		size_t start = end - 1;
		while (start > 0 && path.at[start - 1] != '/')
			start--;
		struct text folder = {path.at + start, end - 1 - start};
		if (folder.len > 0)
			answer = importmatch_one(&r->match, (struct text){0}, folder, out);
	}
	return answer != IMPORTMATCH_NOBODY ? answer : match_name(r, file->name, out);
}

struct owned {
	size_t file;
	struct patient_id patient;
};

static struct status put_identifiers(const struct fileidentity *identity, struct buffer *out)
{
	for (size_t i = 0; i < identity->count; i++)
		TRY(buffer_print(out, "%s%.*s%s%.*s", i > 0 ? " " : "", TEXT_ARG(identity->identifiers[i].system),
				 identity->identifiers[i].system.len > 0 ? "|" : "",
				 TEXT_ARG(identity->identifiers[i].value)));
	return OK;
}

/** What the file says of itself, where it can say anything. */
static struct status identify(struct importrun *r, size_t i, struct arena *arena, struct fileidentity *out)
{
	struct importfile *file = &r->files.items[i];
	struct text text;

	*out = (struct fileidentity){0};
	if (file->form == SNIFF_OTHER || file->size > LIMIT_IMPORT_FILE)
		return OK;
	TRY(importfiles_open(&r->files, i, &text));
	struct status s = fileidentity_read(file->form, text_bytes(text), arena, out);
	/* Not what it seemed: a file like any other. */
	return s.code == ST_INVALID || s.code == ST_TOO_BIG ? OK : s;
}

static struct status find_owner(struct importrun *r, size_t i, struct buffer *owned)
{
	AUTO(arena) arena = {.max = IDENTITY_ARENA};
	AUTO(buffer) said = {.max = 8192, .wipe = true};
	const struct importfile *file = &r->files.items[i];
	struct fileidentity identity;
	struct owned found = {.file = i};
	struct patient_id by_path;

	if (file->has_patient) {
		found.patient = file->patient;
		return buffer_put(owned, BYTES_OF(found));
	}
	TRY(identify(r, i, &arena, &identity));
	enum importmatch_answer answer = importmatch_find(&r->match, &identity, &found.patient);
	enum importmatch_answer named = match_path(r, file, &by_path);
	if (answer == IMPORTMATCH_FOUND && named == IMPORTMATCH_FOUND &&
	    !uuid_equal(&by_path.uuid, &found.patient.uuid))
		answer = IMPORTMATCH_SEVERAL;
	if ((answer == IMPORTMATCH_NOBODY || answer == IMPORTMATCH_NO_IDENTIFIER) && named != IMPORTMATCH_NOBODY) {
		answer = named;
		found.patient = by_path;
	}
	if (answer == IMPORTMATCH_FOUND)
		return buffer_put(owned, BYTES_OF(found));
	TRY(put_identifiers(&identity, &said));
	return importrun_unmatched(r, file->path, text_from(buffer_bytes(&said)),
				   file->damaged ? "JSON that is no FHIR, or damaged; and it names no patient"
						 : importmatch_reason(answer));
}

/* --- Into its file --- */

static const char *type_of(const struct importfile *file)
{
	switch (file->form) {
	case SNIFF_CDA:
		return "application/xml";
	case SNIFF_HL7:
		return "x-application/hl7-v2+er7";
	case SNIFF_DICOM:
		return "application/dicom";
	case SNIFF_OTHER:
	case SNIFF_JSON:
	case SNIFF_PATIENTS:
	case SNIFF_UNMATCHED:
		break;
	}
	return filesource_type(file->name);
}

static enum record_kind kind_of(const struct importfile *file, const char *type)
{
	if (file->form == SNIFF_HL7)
		return RECORD_SOURCE;
	if (file->form == SNIFF_DICOM || strncmp(type, "image/", 6) == 0 || strncmp(type, "video/", 6) == 0)
		return RECORD_PHOTO;
	return strncmp(type, "audio/", 6) == 0 ? RECORD_DICTATION : RECORD_REPORT;
}

/** The name without `.gz` for what was unpacked. */
static struct text name_of(const struct importfile *file)
{
	struct text name = text_of(file->name);

	if (file->form != SNIFF_OTHER && name.len > 3 && strcasecmp(file->name + name.len - 3, ".gz") == 0)
		name.len -= 3;
	return text_is_utf8(name) ? name : (struct text){0};
}

/** By what the file calls itself, else by its content; never by where it lay. */
static struct status name_file(struct importrun *r, const struct importtarget *t, const struct fileidentity *identity,
			       struct importtarget_put *put)
{
	AUTO(buffer) hex = {.max = 80};
	struct id_text patient = id_print(ID_PATIENT, &t->file.id.uuid);

	TRY(text_put_hex(&hex, hash_bytes(&put->hash)));
	const struct text content[] = {text_of(patient.at), text_from(buffer_bytes(&hex))};
	const struct text named[] = {text_of(patient.at), identity->source};
	TRY(importrun_token(r, "file", content, COUNT(content), &put->own_token));
	if (identity->source.len > 0)
		return importrun_token(r, "file", named, COUNT(named), &put->token);
	put->token = put->own_token;
	return OK;
}

static struct status put_file(struct importrun *r, struct importtarget *t, size_t i)
{
	AUTO(arena) arena = {.max = IDENTITY_ARENA};
	const struct importfile *file = &r->files.items[i];
	const char *type = type_of(file);
	struct fileidentity identity;
	struct text text;
	enum importtarget_outcome outcome;
	struct record_id record;

	TRY(identify(r, i, &arena, &identity));
	struct importtarget_put put = {.kind = kind_of(file, type),
				       .compartment = COMPARTMENT_BOTH,
				       .header = {.title = identity.title.len > 0 ? identity.title : name_of(file),
						  .type = text_of(type),
						  .name = name_of(file),
						  .taken = identity.taken}};
	if (put.kind == RECORD_SOURCE)
		put.header.source = TEXT("hl7-v2");
	if (file->form == SNIFF_OTHER || file->size > LIMIT_IMPORT_FILE) {
		put.path = file->path;
		TRY(importtarget_hash_file(file->path, &put.hash));
	} else {
		TRY(importfiles_open(&r->files, i, &text));
		put.content = text_bytes(text);
		TRY(sha256(put.content, &put.hash));
	}
	TRY(name_file(r, t, &identity, &put));
	TRY(importrun_count_kind(r, text_of(type)));
	return importrun_put(r, t, &put, &outcome, &record);
}

static int compare_owned(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	int order = memcmp(x->patient.uuid.bytes, y->patient.uuid.bytes, sizeof x->patient.uuid.bytes);

	return order != 0 ? order : x->file < y->file ? -1 : 1;
}

static struct status put_files(struct importrun *r, const struct owned *owned, size_t count)
{
	for (size_t i = 0; i < count;) {
		AUTO(importtarget) target = {0};
		size_t first = i;
		output_progress(r->cli, "file %zu of %zu", i + 1, count);
		TRY(importtarget_open(&r->writer, &owned[i].patient, &target));
		for (; i < count && uuid_equal(&owned[i].patient.uuid, &owned[first].patient.uuid); i++)
			TRY(put_file(r, &target, owned[i].file));
		TRY(importwriter_send(&r->writer));
	}
	return OK;
}

struct status importrun_others(struct importrun *r)
{
	AUTO(buffer) owned = {.max = (size_t)1 << 30};

	for (size_t i = 0; i < r->files.count; i++) {
		enum sniff_form form = r->files.items[i].form;
		if (form == SNIFF_JSON || form == SNIFF_PATIENTS || form == SNIFF_UNMATCHED)
			continue;
		TRY(find_owner(r, i, &owned));
	}
	if (owned.len > 0)
		qsort(owned.bytes, owned.len / sizeof(struct owned), sizeof(struct owned), compare_owned);
	return put_files(r, (const struct owned *)(const void *)owned.bytes, owned.len / sizeof(struct owned));
}
