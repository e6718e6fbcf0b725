/* SPDX-License-Identifier: Apache-2.0 */
#include "importreport.h"

#include <stdio.h>

#include "output.h"

static const char *const outcomes[] = {"added", "changed", "same", "deleted"};
static const struct {
	const char *name;
	size_t kind;
} records[] = {{"patients", 0},          {"sources", RECORD_SOURCE},
	       {"charts", RECORD_CHART}, {"dictations", RECORD_DICTATION},
	       {"photos", RECORD_PHOTO}, {"reports", RECORD_REPORT}};

/* --- For programs --- */

/** Names of members come from outside here: each is quoted. */
struct counting {
	struct buffer *out;
	bool comma;
};

static struct status put_count(void *context, struct text name, size_t count)
{
	struct counting *c = context;

	if (c->comma)
		TRY(buffer_put_u8(c->out, ','));
	c->comma = true;
	TRY(jsonwriter_quote(c->out, name));
	return buffer_print(c->out, ":%zu", count);
}

static struct status put_kinds(const struct importrun *r, struct buffer *out)
{
	struct counting c = {.out = out};

	TRY(buffer_put_u8(out, '{'));
	for (uint32_t i = 0; i < r->kinds.count; i++)
		TRY(put_count(&c, words_at(&r->kinds, i), ((const size_t *)(const void *)r->kind_counts.bytes)[i]));
	return buffer_put_u8(out, '}');
}

static struct status put_types(const struct importrun *r, struct buffer *out)
{
	struct counting c = {.out = out};

	TRY(buffer_put_u8(out, '{'));
	TRY(fhirindex_counts(&r->index, put_count, &c));
	return buffer_put_u8(out, '}');
}

static void put_outcomes(struct jsonwriter *w, const struct importrun *r)
{
	for (size_t i = 0; i < COUNT(records); i++) {
		jsonwriter_object(w, records[i].name);
		for (size_t o = 0; o < IMPORTRUN_OUTCOMES; o++)
			jsonwriter_u64(w, outcomes[o], r->counts[records[i].kind][o]);
		jsonwriter_end(w);
	}
}

static struct status print_json(const struct importrun *r)
{
	AUTO(buffer) out = {.max = 1 << 20}, types = {.max = 1 << 20}, kinds = {.max = 1 << 20};
	struct jsonwriter w = jsonwriter_of(&out);

	TRY(put_types(r, &types));
	TRY(put_kinds(r, &kinds));
	jsonwriter_object(&w, NULL);
	jsonwriter_bool(&w, "dry_run", r->dry_run);
	jsonwriter_u64(&w, "files", r->files.count);
	jsonwriter_u64(&w, "identities", fhirindex_patient_count(&r->index));
	jsonwriter_u64(&w, "resources", fhirindex_resources(&r->index));
	jsonwriter_raw(&w, "types", text_from(buffer_bytes(&types)));
	jsonwriter_raw(&w, "kinds", text_from(buffer_bytes(&kinds)));
	put_outcomes(&w, r);
	jsonwriter_u64(&w, "unmatched", r->unmatched);
	jsonwriter_u64(&w, "unmatched_resources", r->unmatched_resources);
	if (r->unmatched_file[0] != '\0')
		jsonwriter_string(&w, "unmatched_file", r->unmatched_file);
	jsonwriter_u64(&w, "broken_attachments", r->broken_attachments);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	(void)printf("%.*s\n", (int)out.len, (const char *)out.bytes);
	return OK;
}

/* --- For people --- */

struct printing {
	const struct importrun *run;
};

static struct status print_count(void *context, struct text name, size_t count)
{
	const struct printing *p = context;

	output_done(p->run->cli, "  %8zu  %.*s", count, TEXT_ARG(name));
	return OK;
}

static struct status print_people(const struct importrun *r)
{
	struct printing printing = {r};

	output_done(r->cli, "%zu files, %zu patients, %zu FHIR resources", r->files.count,
		    fhirindex_patient_count(&r->index), fhirindex_resources(&r->index));
	TRY(fhirindex_counts(&r->index, print_count, &printing));
	for (uint32_t i = 0; i < r->kinds.count; i++)
		TRY(print_count(&printing, words_at(&r->kinds, i),
				((const size_t *)(const void *)r->kind_counts.bytes)[i]));
	for (size_t i = 0; i < COUNT(records) && !r->dry_run; i++) {
		const size_t *n = r->counts[records[i].kind];
		output_done(r->cli, "%-10s %6zu added, %zu changed, %zu as before%s", records[i].name, n[0], n[1], n[2],
			    n[3] > 0 ? ", others deleted since" : "");
	}
	if (r->broken_attachments > 0)
		output_done(r->cli, "%zu attachments are no base64; they are kept in their sources as they are",
			    r->broken_attachments);
	if (r->unmatched > 0 && r->unmatched_file[0] != '\0')
		output_done(r->cli,
			    "%zu files found no patient: fill in the column `patient` of %s, then: tacenda import %s",
			    r->unmatched, r->unmatched_file, r->unmatched_file);
	if (r->dry_run)
		output_done(r->cli, "Nothing was changed (--dry-run).");
	return OK;
}

struct status importreport_print(const struct importrun *r)
{
	return r->cli->json ? print_json(r) : print_people(r);
}
