/* SPDX-License-Identifier: Apache-2.0 */
/* command_transfer: clinical data in from other systems, and out again. */
#include <stdio.h>
#include <stdlib.h>

#include "importreport.h"
#include "output.h"
#include "tokens.h"

/* --- Import --- */

static struct status gather_files(struct importrun *r)
{
	for (size_t i = 0; cli_argument(r->cli, i) != NULL; i++) {
		struct status s = importfiles_add(&r->files, cli_argument(r->cli, i));
		if (s.code == ST_NOT_FOUND)
			return cli_usage("no such file or folder", cli_argument(r->cli, i));
		TRY(s);
	}
	r->skipped = calloc(r->files.count + 1, sizeof *r->skipped);
	return r->skipped == NULL ? FAIL(ST_NO_MEMORY) : OK;
}

static struct status index_file(struct importrun *r, size_t i)
{
	struct text text;

	TRY(importfiles_open(&r->files, i, &text));
	struct status s = fhirindex_add(&r->index, (uint32_t)i, text);
	if (s.code != ST_INVALID)
		return s;
	/* JSON of another making, or damaged: a file like any other, if it has an owner. */
	r->skipped[i] = true;
	r->files.items[i].form = SNIFF_OTHER;
	return OK;
}

static struct status index_files(struct importrun *r)
{
	for (size_t i = 0; i < r->files.count; i++) {
		if (r->files.items[i].form != SNIFF_JSON)
			continue;
		output_progress(r->cli, "reading %zu of %zu files", i + 1, r->files.count);
		TRY(index_file(r, i));
	}
	return fhirindex_finish(&r->index);
}

/** Which patients of the index have a patient file: by token. */
static struct status find_known(struct importrun *r)
{
	size_t count = fhirindex_patient_count(&r->index);
	struct tokens_item *items = calloc(count + 1, sizeof *items);

	r->patients = calloc(count + 1, sizeof *r->patients);
	if (items == NULL || r->patients == NULL) {
		free(items);
		return FAIL(ST_NO_MEMORY);
	}
	struct status s = OK;
	for (size_t i = 0; ok(s) && i < count; i++) {
		struct text identity = fhirindex_identity(&r->index, i);
		s = importrun_token(r, "patient", &identity, 1, &items[i].token);
		r->patients[i].token = items[i].token;
	}
	if (ok(s))
		s = tokens_find(&r->cli->site, items, count);
	for (size_t i = 0; ok(s) && i < count; i++) {
		r->patients[i].known = items[i].known;
		r->patients[i].patient = items[i].patient;
	}
	free(items);
	return s;
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

static struct status import(struct cli *c)
{
	AUTO(importrun) r = {.cli = c, .dry_run = options_has(&c->options, "--dry-run")};

	TRY(gather_files(&r));
	TRY(index_files(&r));
	if (!r.dry_run) {
		TRY(cli_prepared(c));
		r.writer.site = &c->site;
		TRY(find_known(&r));
		TRY(file_patients(&r));
	}
	output_progress(c, "%s", "");
	return importreport_print(&r);
}

static const struct option_spec import_options[] = {
	{"--dry-run", NULL, "read and count, change nothing", false, 0},
	{0},
};

const struct command commands_transfer[] = {
	{"import", "PATH...", 1, OPTIONS_WORDS, import_options, import,
	 "take in FHIR, C-CDA, HL7v2, DICOM, files with a CSV of patients", "tacenda import export-of-the-old-system/",
	 "Folders are read with all that is in them. Importing the same again adds nothing;\n"
	 "an import that was cut off goes on when it is given again."},
	{0},
};
