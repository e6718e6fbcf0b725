/* SPDX-License-Identifier: Apache-2.0 */
/* command_transfer: clinical data in from other systems, and out again. */
#include <stdio.h>

#include "exportrun.h"
#include "importreport.h"
#include "interrupt.h"
#include "output.h"
#include "tokens.h"

/* --- Import --- */

/* Looking again that found nothing new, so often. */
#define IMPORT_TRIES 3

static struct status gather_files(struct importrun *r)
{
	for (size_t i = 0; cli_argument(r->cli, i) != NULL; i++) {
		struct status s = importfiles_add(&r->files, cli_argument(r->cli, i));
		if (s.code == ST_NOT_FOUND)
			return cli_usage("no such file or folder", cli_argument(r->cli, i));
		TRY(s);
	}
	return OK;
}

static struct status index_file(struct importrun *r, size_t i)
{
	struct text text;

	TRY(importfiles_open(&r->files, i, &text));
	struct status s = fhirindex_add(&r->index, (uint32_t)i, text);
	if (s.code != ST_INVALID)
		return s;
	/* JSON of another making, or damaged: a file like any other, if it has an owner. */
	r->files.items[i].form = SNIFF_OTHER;
	r->files.items[i].damaged = true;
	return OK;
}

/** What a person assigned to a patient, FHIR too: under the identity that his sources have. */
static struct status assign(struct importrun *r, size_t i)
{
	AUTO(arena) arena = {.max = 65536};
	AUTO(json_document) document = {0};
	AUTO(buffer) identity = {.max = 1024, .wipe = true};
	const struct patientlist_item *item;
	struct demographics d = {0};
	uint32_t number;

	TRY(patientlist_get(&r->list, &r->files.items[i].patient, &item));
	if (item->demographics.len > 0)
		TRY(demographics_read(item->demographics, &arena, &document, &d));
	if (d.identifier_count > 0)
		TRY(buffer_print(&identity, "%.*s%s%.*s", TEXT_ARG(d.identifiers[0].system),
				 d.identifiers[0].system.len > 0 ? "|" : "", TEXT_ARG(d.identifiers[0].value)));
	else
		TRY(buffer_print(&identity, "%s", id_print(ID_PATIENT, &item->patient.uuid).at));
	TRY(fhirindex_know(&r->index, text_from(buffer_bytes(&identity)), &number));
	r->files.items[i].number = number;
	return fhirindex_assign(&r->index, (uint32_t)i, number);
}

static struct status index_files(struct importrun *r)
{
	for (size_t i = 0; i < r->files.count; i++) {
		if (r->files.items[i].form != SNIFF_JSON)
			continue;
		output_progress(r->cli, "reading %zu of %zu files", i + 1, r->files.count);
		TRY(index_file(r, i));
		if (r->files.items[i].has_patient)
			TRY(assign(r, i));
	}
	return fhirindex_finish(&r->index);
}

/** What a person said comes before what identifiers say. */
static void take_corrections(struct importrun *r)
{
	for (size_t i = 0; i < r->files.count; i++) {
		const struct importfile *file = &r->files.items[i];
		if (!file->has_patient || file->form != SNIFF_JSON)
			continue;
		importrun_patient_at(r, file->number)->known = true;
		importrun_patient_at(r, file->number)->patient = file->patient;
	}
}

/** Which of the index's patients have a patient file: by token, else by an identifier. */
static struct status find_known(struct importrun *r)
{
	AUTO(buffer) held = {.max = (size_t)1 << 30};
	size_t count = fhirindex_patient_count(&r->index);

	r->patients.max = (count + 1) * sizeof(struct importrun_patient);
	for (size_t i = 0; i < count; i++) {
		struct text identity = fhirindex_identity(&r->index, i);
		struct importrun_patient patient = {0};
		struct tokens_item item = {0};
		TRY(importrun_token(r, "patient", &identity, 1, &patient.token));
		item.token = patient.token;
		TRY(buffer_put(&r->patients, BYTES_OF(patient)));
		TRY(buffer_put(&held, BYTES_OF(item)));
	}
	struct tokens_item *items = (struct tokens_item *)(void *)held.bytes;
	TRY(tokens_find(&r->cli->site, items, count));
	for (size_t i = 0; i < count; i++) {
		struct importrun_patient *p = importrun_patient_at(r, i);
		struct text system, value;
		p->known = items[i].known;
		p->patient = items[i].patient;
		/* Made by hand, or from another source. */
		importmatch_split(fhirindex_identity(&r->index, i), &system, &value);
		if (!p->known)
			p->known = importmatch_one(&r->match, system, value, &p->patient) == IMPORTMATCH_FOUND;
	}
	take_corrections(r);
	return OK;
}

static struct status file_patients(struct importrun *r)
{
	size_t count = fhirindex_patient_count(&r->index), places;

	for (size_t i = 0; i < count; i++) {
		output_progress(r->cli, "patient %zu of %zu", i + 1, count);
		(void)fhirindex_places(&r->index, (uint32_t)i, &places);
		if (places > 0)
			TRY(importrun_patient(r, (uint32_t)i));
	}
	return importwriter_send(&r->writer);
}

static struct status reach_site(struct importrun *r)
{
	TRY(cli_prepared(r->cli));
	r->writer.site = &r->cli->site;
	TRY(patientlist_open(&r->cli->site, NULL, &r->list));
	TRY(importmatch_load(&r->match, &r->list, &r->cli->keys.person.user));
	return importrun_corrections(r);
}

static struct status write_all(struct importrun *r)
{
	TRY(find_known(r));
	TRY(file_patients(r));
	TRY(importrun_tables(r));
	return importrun_others(r);
}

static struct status import_once(struct importrun *r)
{
	TRY(gather_files(r));
	if (!r->dry_run)
		TRY(reach_site(r));
	TRY(index_files(r));
	if (!r->dry_run)
		TRY(write_all(r));
	TRY(importrun_write_unmatched(r));
	output_progress(r->cli, "%s", "");
	return importreport_print(r);
}

/**
 * The site has something that it did not have when this import looked: another one of the same source runs, or one
 * that was just killed had its last request on the way.  Beginning again finds what is there.  Given up
 * when that brings nothing more.
 */
static struct status import(struct cli *c)
{
	size_t most = 0;

	for (int in_vain = 0;;) {
		AUTO(importrun) r = {.cli = c, .dry_run = options_has(&c->options, "--dry-run")};
		const struct status s = import_once(&r);
		const size_t found = importrun_found(&r);
		in_vain = found > most ? 0 : in_vain + 1;
		most = found > most ? found : most;
		/* A conflict of ours, as of two rows of a table, stays one. */
		if (s.code != ST_CONFLICT || c->site.https.problem.code != ST_CONFLICT || in_vain == IMPORT_TRIES)
			return s;
		output_progress(c, "%s", "");
		output_done(c, "The site changed meanwhile: looking again. What was added so far counts as the same.");
	}
}

/* --- Export --- */

struct exporting {
	struct cli *cli;
	const char *folder;
	struct output rows;
	size_t refused;
};

/** The log says it first, and the site may want a fresh second factor: asked for all before any is read. */
static struct status ask_leave(struct cli *c, const struct patient_id *id)
{
	AUTO(https_answer) answer = {0};
	AUTO(buffer) path = {.max = 128};

	TRY(buffer_print(&path, "/v1/patients/%s/exports", id_print(ID_PATIENT, &id->uuid).at));
	TRY(buffer_put_u8(&path, 0));
	struct status s = site_send(&c->site, "POST", (const char *)path.bytes, NULL, &answer);
	/* That a file has ended, by whom and when, is told with its proof by what opens it. */
	return s.code == ST_GONE ? OK : s;
}

static struct status ask_leave_for_all(struct cli *c, const struct patientlist *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct status s = ask_leave(c, &list->items[i].patient);
		if (s.code != ST_DENIED)
			TRY(s);
	}
	return OK;
}

static struct status export_one(struct exporting *e, const struct patient_id *id)
{
	AUTO(exportrun) r = {.cli = e->cli};
	struct id_text name = id_print(ID_PATIENT, &id->uuid);
	struct text kept;

	TRY(exportrun_patient(&r, id, e->folder));
	kept = text_of(r.folder.path);
	const struct output_cell cells[] = {CELL_STRING("id", name.at), CELL_NUMBER("records", exportrun_count(&r)),
					    CELL_TEXT("folder", kept)};
	return output_row(&e->rows, cells, COUNT(cells));
}

static struct status export_all(struct exporting *e, const struct patientlist *list)
{
	for (size_t i = 0; i < list->count; i++) {
		output_progress(e->cli, "patient %zu of %zu", i + 1, list->count);
		struct status s = export_one(e, &list->items[i].patient);
		/* What may be opened but not exported is told, and does not end the rest. */
		if (s.code == ST_DENIED)
			e->refused++;
		else
			TRY(s);
	}
	return OK;
}

static struct status export_patients(struct cli *c)
{
	AUTO(patientlist) list = {0};
	struct exporting e = {.cli = c, .folder = options_value(&c->options, "-o")};
	const char *word = cli_argument(c, 0);
	struct patient_id id;

	if (e.folder == NULL)
		return cli_usage("say where to", "-o DIR");
	if ((word != NULL) == options_has(&c->options, "--all"))
		return cli_usage("name one patient, or --all", word != NULL ? word : "");
	exportfolder_sweep(e.folder);
	TRY(cli_prepared(c));
	TRY(patientlist_open(&c->site, NULL, &list));
	interrupt_hold();
	c->site.https.stopped = interrupt_came;
	output_begin(c, &e.rows);
	struct status s = OK;
	if (word != NULL)
		s = patientlist_resolve(&list, text_of(word), &id);
	if (ok(s))
		s = word != NULL ? ask_leave(c, &id) : ask_leave_for_all(c, &list);
	if (ok(s))
		s = word != NULL ? export_one(&e, &id) : export_all(&e, &list);
	output_progress(c, "%s", "");
	struct status printed = output_end(&e.rows, "No patient files to export.");
	if (ok(s) && e.refused > 0)
		output_done(c, "%zu patient files may be read but not exported; ask their owners for `export`.",
			    e.refused);
	output_clear(&e.rows);
	if (ok(s) && e.refused > 0 && e.refused == list.count)
		return FAIL_AT(ST_DENIED, "export");
	return ok(s) ? printed : s;
}

static const struct option_spec export_options[] = {
	{"-o", "DIR", "folder to make a folder for each patient in", false, 'o'},
	{"--all", NULL, "every patient file that you may export", false, 0},
	{0},
};
static const struct option_spec import_options[] = {
	{"--dry-run", NULL, "read and count, change nothing", false, 0},
	{0},
};

const struct command commands_transfer[] = {
	{"import", "PATH...", 1, OPTIONS_WORDS, import_options, import,
	 "take in FHIR, C-CDA, HL7v2, DICOM, files with a CSV of patients", "tacenda import export-of-the-old-system/",
	 "Folders are read with all that is in them. Importing the same again adds nothing;\n"
	 "an import that was cut off goes on when it is given again."},
	{"export", "[PATIENT]", 0, 1, export_options, export_patients,
	 "write patient files as folders that need no Tacenda to be read", "tacenda export pt-0dq3... -o export/",
	 "A patient's folder appears when it is complete. What is in it is no longer sealed."},
	{0},
};
