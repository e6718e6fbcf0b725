/* SPDX-License-Identifier: Apache-2.0 */
#include "exportrun.h"

#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "output.h"
#include "recordget.h"

#define MEMORY_MAX   ((size_t)256 << 20)
#define CHART_MAX    ((size_t)64 << 20)
#define VERSIONS_MAX ((size_t)256 << 20)

void exportrun_clear(struct exportrun *r)
{
	patientfile_clear(&r->file);
	exportfolder_clear(&r->folder);
	buffer_clear(&r->versions);
	buffer_clear(&r->demographics);
	arena_clear(&r->memory);
	*r = (struct exportrun){0};
}

size_t exportrun_count(const struct exportrun *r)
{
	return r->versions.len / sizeof(struct exportrun_version);
}

struct exportrun_version *exportrun_at(const struct exportrun *r, size_t i)
{
	return (struct exportrun_version *)(void *)r->versions.bytes + i;
}

/* --- What there is --- */

static struct status keep_member(struct exportrun *r, struct json header, const char *name, struct text *out)
{
	struct text text;

	if (!ok(json_text(json_member(header, text_of(name)), &text)))
		return OK;
	return arena_text(&r->memory, text, out);
}

static struct status read_header(struct exportrun *r, struct text json, struct exportrun_version *v)
{
	AUTO(json_document) document = {0};
	struct text hash;

	if (!ok(json_parse(text_bytes(json), &json_limits_body, &document)))
		return FAIL_AT(ST_CORRUPT, "record header");
	struct json header = json_root(&document);
	TRY(keep_member(r, header, "name", &v->file)); /* for now: the name it came with */
	TRY(keep_member(r, header, "title", &v->title));
	TRY(keep_member(r, header, "type", &v->type));
	TRY(keep_member(r, header, "taken", &v->taken));
	TRY(keep_member(r, header, "source", &v->source));
	(void)ok(json_u64(json_member(header, TEXT("plain_size")), 0, LIMIT_RECORD_BYTES, &v->plain_size));
	if (ok(json_text(json_member(header, TEXT("plain_hash")), &hash)))
		(void)ok(text_from_hex(hash, v->plain_hash.bytes, sizeof v->plain_hash.bytes));
	return OK;
}

/** The signed bytes beside what they say in words. */
static struct status write_statement(struct exportrun *r, const struct statement *s, struct exportrun_version *v)
{
	AUTO(buffer) printed = {.max = (size_t)4 * LIMIT_STATEMENT_BYTES}, name = {.max = 256};
	struct id_text id = id_print(ID_RECORD, &v->record.uuid);

	TRY(buffer_print(&name, "statements/%s.v%u.bin", id.at, v->version));
	TRY(arena_text(&r->memory, text_from(buffer_bytes(&name)), &v->statement_file));
	TRY(exportfolder_write(&r->folder, v->statement_file, s->bytes));
	TRY(statement_print(s, &printed));
	name.len -= 4;
	TRY(buffer_print(&name, ".txt"));
	return exportfolder_write(&r->folder, text_from(buffer_bytes(&name)), buffer_bytes(&printed));
}

static struct status take_version(struct exportrun *r, const struct recordget_item *item, bool latest)
{
	const struct statement_record *s = &item->view.statement.record;
	struct exportrun_version v = {.record = s->record,
				      .version = s->version,
				      .kind = s->kind,
				      .status = s->status,
				      .compartment = s->compartment,
				      .author = item->view.statement.head.author,
				      .time = item->view.time,
				      .leaf = item->view.leaf,
				      .statement = item->view.statement.name,
				      .latest = latest,
				      .readable = item->header.len > 0};

	if (v.readable && v.kind != RECORD_IDENTITY)
		TRY(read_header(r, item->header, &v));
	if (v.readable && v.kind == RECORD_IDENTITY && latest)
		TRY(buffer_put(&r->demographics, text_bytes(item->header)));
	TRY(write_statement(r, &item->view.statement, &v));
	return buffer_put(&r->versions, BYTES_OF(v));
}

static struct status on_latest(void *context, const struct recordget_item *item)
{
	return take_version(context, item, true);
}

struct earlier {
	struct exportrun *run;
	uint32_t before;
};
static struct status on_earlier(void *context, const struct recordget_item *item)
{
	const struct earlier *e = context;

	return item->view.place.version < e->before ? take_version(e->run, item, false) : OK;
}

static struct status find_versions(struct exportrun *r)
{
	TRY(recordget_list(&r->file, 0, on_latest, r));
	for (size_t i = 0, count = exportrun_count(r); i < count; i++) {
		struct earlier e = {r, exportrun_at(r, i)->version};
		struct record_id record = exportrun_at(r, i)->record;
		if (e.before > 1)
			TRY(recordget_history(&r->file, &record, on_earlier, &e));
	}
	return OK;
}

/* --- Contents --- */

static struct status name_file(struct exportrun *r, struct exportrun_version *v)
{
	AUTO(buffer) name = {.max = 512};
	AUTO(buffer) wanted = {.max = 512};
	bool source = v->kind == RECORD_SOURCE && text_equal(v->source, TEXT("fhir-r4"));
	const char *section = !v->latest ? "versions" : source ? "resources" : "files";
	struct text stem = v->file.len > 0 ? v->file : v->title;

	if (stem.len > 200)
		stem.len = 200;
	TRY(buffer_print(&wanted, "%.*s", TEXT_ARG(stem)));
	if (!v->latest)
		TRY(buffer_print(&wanted, "_v%u", v->version));
	TRY(exportfolder_name(&r->folder, section, text_from(buffer_bytes(&wanted)), exportfolder_ending(v->type),
			      &name));
	return arena_text(&r->memory, text_from(buffer_bytes(&name)), &v->file);
}

static struct status write_content(struct exportrun *r, struct exportrun_version *v)
{
	AUTO(filetarget) target = {.fd = -1};

	TRY(name_file(r, v));
	TRY(exportfolder_create(&r->folder, v->file, &target));
	const struct recordget_sink sink = filetarget_of(&target);
	TRY(recordget_content(&r->file, &v->record, v->version, &sink));
	return filetarget_keep(&target);
}

static struct status write_contents(struct exportrun *r)
{
	size_t count = exportrun_count(r);

	for (size_t i = 0; i < count; i++) {
		struct exportrun_version *v = exportrun_at(r, i);
		output_progress(r->cli, "record %zu of %zu", i + 1, count);
		if (v->kind == RECORD_IDENTITY || !v->readable) {
			v->file = (struct text){0};
			continue;
		}
		TRY(write_content(r, v));
	}
	return OK;
}

/* --- What belongs to no patient --- */

static struct status append(void *context, struct bytes piece)
{
	return buffer_put(context, piece);
}

static struct status find_shared(struct exportrun *r)
{
	AUTO(buffer) content = {.max = CHART_MAX, .wipe = true};
	AUTO(json_document) document = {0};
	static const struct json_limits limits = {.bytes = CHART_MAX, .depth = LIMIT_JSON_DEPTH};
	const struct recordget_sink sink = {append, &content};
	struct text patient, record;

	for (size_t i = 0; i < exportrun_count(r); i++) {
		const struct exportrun_version *v = exportrun_at(r, i);
		if (!v->latest || !v->readable || !text_equal(v->type, TEXT(CHART_TYPE)) || content.len > 0)
			continue;
		TRY(recordget_content(&r->file, &v->record, v->version, &sink));
	}
	if (content.len == 0 || !ok(json_parse(buffer_bytes(&content), &limits, &document)))
		return OK;
	struct json shared = json_member(json_root(&document), TEXT("shared"));
	if (ok(json_text(json_member(shared, TEXT("patient")), &patient)) &&
	    ok(json_text(json_member(shared, TEXT("record")), &record)) &&
	    ok(id_parse(ID_PATIENT, patient, &r->shared_patient.uuid)))
		(void)ok(id_parse(ID_RECORD, record, &r->shared_record.uuid));
	return OK;
}

/** From another patient's file, where this person may open it. */
static struct status write_shared(struct exportrun *r)
{
	AUTO(patientfile) other = {0};
	AUTO(filetarget) target = {.fd = -1};

	if (uuid_is_zero(&r->shared_record.uuid) || uuid_equal(&r->shared_patient.uuid, &r->file.id.uuid))
		return OK;
	struct status s = patientfile_open(&r->cli->site, &r->shared_patient, &other);
	if (s.code == ST_NOT_FOUND || s.code == ST_DENIED || s.code == ST_GONE)
		return OK;
	TRY(s);
	TRY(exportfolder_create(&r->folder, TEXT("resources/Shared.json"), &target));
	const struct recordget_sink sink = filetarget_of(&target);
	s = recordget_content(&other, &r->shared_record, 0, &sink);
	if (ok(s))
		s = filetarget_keep(&target);
	return s.code == ST_DENIED || s.code == ST_GONE || s.code == ST_NOT_FOUND ? OK : s;
}

/* --- The whole --- */

/** Exporting is a permission without a key: the rule is kept here (PROMISES#K9). */
static struct status check_allowed(struct exportrun *r)
{
	struct people people = site_people(&r->cli->site);
	const struct place now = {.position = POSITION_NOW, .time = clock_wall(&clock_system)};
	uint32_t power;

	TRY(patient_state_power(&r->file.state, &people, &r->cli->keys.person.user, now, &power));
	return (power & RIGHT_EXPORT) != 0 ? OK : FAIL_AT(ST_DENIED, "export");
}

struct status exportrun_patient(struct exportrun *r, const struct patient_id *id, const char *parent)
{
	struct id_text name = id_print(ID_PATIENT, &id->uuid);

	r->memory.max = MEMORY_MAX;
	r->versions = (struct buffer){.max = VERSIONS_MAX, .wipe = true};
	r->demographics = (struct buffer){.max = LIMIT_SEALED_HEADER, .wipe = true};
	TRY(patientfile_open(&r->cli->site, id, &r->file));
	TRY(check_allowed(r));
	TRY(exportfolder_open(parent, name.at, &r->folder));
	TRY(find_versions(r));
	TRY(write_contents(r));
	TRY(find_shared(r));
	TRY(write_shared(r));
	TRY(exportrun_proofs(r));
	TRY(exportrun_manifest(r));
	return exportfolder_keep(&r->folder);
}
