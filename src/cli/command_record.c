/* SPDX-License-Identifier: Apache-2.0 */
/* command_record: dictations, photos, reports and charts in and out. */
#include "filesource.h"
#include "output.h"

#include <stdio.h>

#define HEADER_ARENA 65536

static void tell_sent(void *context, uint64_t read, uint64_t size)
{
	if (size > 0)
		output_progress(context, "sealing and sending: %llu %%", (unsigned long long)(read * 100 / size));
}

static struct status word_value(struct cli *c, const char *option, enum vocabulary vocabulary, uint32_t otherwise,
				uint32_t *out)
{
	const char *word = options_value(&c->options, option);

	*out = otherwise;
	if (word != NULL && !ok(vocabulary_value(vocabulary, text_of(word), out)))
		return cli_usage("not a word for this option", word);
	return OK;
}

/** What the options say of a version; texts of the header that are not given come from ${file}. */
static struct status describe(struct cli *c, const char *path, struct recordput *put)
{
	const char *title = options_value(&c->options, "--title"), *type = options_value(&c->options, "--type");
	const char *taken = options_value(&c->options, "--taken");
	static char taken_text[40];
	uint64_t ms;

	put->header.name = filesource_name(path);
	put->header.title = title != NULL ? text_of(title) : put->header.name;
	put->header.type = text_of(type != NULL ? type : filesource_type(path));
	if (taken != NULL) {
		AUTO(buffer) text = {.max = 64};
		TRY(cli_time(c, taken, &ms));
		TRY(text_put_time(&text, ms));
		(void)snprintf(taken_text, sizeof taken_text, "%.*s", (int)text.len, (const char *)text.bytes);
		put->header.taken = text_of(taken_text);
	}
	put->time = clock_wall(&clock_system);
	return OK;
}

static struct status send_version(struct cli *c, struct patientfile *file, struct recordput *put, const char *path,
				  struct record_id *out)
{
	AUTO(changeset) set = {0};
	struct filesource source;

	TRY(filesource_open(path, &source));
	source.tell = tell_sent;
	source.context = c;
	struct recordput_source content = filesource_of(&source);
	put->source = &content;
	changeset_begin(&c->site, &set);
	struct status s = describe(c, path, put);
	if (ok(s))
		s = recordput_add(file, put, &set, out);
	if (ok(s))
		s = changeset_send(&set, NULL);
	filesource_clear(&source);
	output_progress(c, "%s", "");
	return s;
}

static struct status put(struct cli *c)
{
	AUTO(patientfile) file = {0};
	struct recordput new_record = {.version = 1};
	struct record_id record;
	uint32_t kind, status;

	if (options_value(&c->options, "--kind") == NULL)
		return cli_usage("say what it is", "--kind dictation|photo|report|chart");
	TRY(word_value(c, "--kind", VOCABULARY_RECORD_KIND, 0, &kind));
	TRY(word_value(c, "--status", VOCABULARY_RECORD_STATUS, RECORD_FINAL, &status));
	if (kind == RECORD_IDENTITY || kind == RECORD_SOURCE)
		return cli_usage("not a kind to put", options_value(&c->options, "--kind"));
	if (status != RECORD_DRAFT && status != RECORD_FINAL)
		return cli_usage("a new record is draft or final", options_value(&c->options, "--status"));
	new_record.kind = kind;
	new_record.status = status;
	/* Identifying unless said otherwise: a voice, a face or a letter names the patient. */
	new_record.compartment = options_has(&c->options, "--pseudonymous") ? COMPARTMENT_CLINICAL : COMPARTMENT_BOTH;
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	TRY(send_version(c, &file, &new_record, cli_argument(c, 1), &record));
	struct id_text id = id_print(ID_RECORD, &record.uuid);
	return output_object(c, &CELL_STRING("id", id.at), 1);
}

/** A record by its id, or by a unique end of it among those of the file. */
struct resolving {
	struct text end;
	struct record_id found;
	size_t count;
};
static struct status resolve_one(void *context, const struct recordget_item *item)
{
	struct resolving *r = context;
	struct id_text id = id_print(ID_RECORD, &item->view.place.record.uuid);
	struct text whole = text_of(id.at);

	if (r->end.len <= whole.len &&
	    text_equal((struct text){whole.at + whole.len - r->end.len, r->end.len}, r->end)) {
		r->found = item->view.place.record;
		r->count++;
	}
	return OK;
}

static struct status find_record(struct patientfile *file, const char *word, struct record_id *out)
{
	struct resolving r = {.end = text_of(word)};

	if (ok(id_parse(ID_RECORD, r.end, &out->uuid)))
		return OK;
	if (r.end.len < 4)
		return FAIL_AT(ST_NOT_FOUND, "record");
	TRY(recordget_list(file, 0, resolve_one, &r));
	if (r.count != 1)
		return r.count == 0 ? FAIL_AT(ST_NOT_FOUND, "record") : FAIL_AT(ST_CONFLICT, "record");
	*out = r.found;
	return OK;
}

/** What a new version is unless he says otherwise: a draft becomes final, if he may make it so. */
static struct status usual_status(struct cli *c, const struct patientfile *file, const struct statement *latest,
				  uint32_t *out)
{
	const struct user_id *self = &c->keys.person.user;
	const bool own = uuid_equal(&latest->head.author.uuid, &self->uuid);
	struct people people = site_people(&c->site);
	const struct place now = {.position = POSITION_NOW, .time = clock_wall(&clock_system)};
	uint32_t power;

	*out = latest->record.status == RECORD_DRAFT ? RECORD_FINAL : RECORD_AMENDED;
	TRY(patient_state_power(&file->state, &people, self, now, &power));
	if (latest->record.status == RECORD_DRAFT && !own && (power & RIGHT_SIGN) == 0)
		*out = RECORD_DRAFT;
	return OK;
}

static struct status update(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(buffer) memory = {.max = LIMIT_STATEMENT_BYTES};
	struct statement latest;
	struct record_id record;
	uint32_t status;

	TRY(cli_patient(c, cli_argument(c, 0), &file));
	TRY(find_record(&file, cli_argument(c, 1), &record));
	TRY(recordget_latest(&file, &record, &latest, &memory));
	const struct statement_record *old = &latest.record;
	uint32_t next;
	TRY(usual_status(c, &file, &latest, &next));
	TRY(word_value(c, "--status", VOCABULARY_RECORD_STATUS, next, &status));
	struct recordput version = {.record = record,
				    .version = old->version + 1,
				    .previous = latest.name,
				    .kind = old->kind,
				    .status = status,
				    .compartment = old->compartment};
	TRY(send_version(c, &file, &version, cli_argument(c, 2), &record));
	struct id_text id = id_print(ID_RECORD, &record.uuid);
	const struct output_cell cells[] = {CELL_STRING("id", id.at), CELL_NUMBER("version", version.version)};
	return output_object(c, cells, COUNT(cells));
}

struct printing {
	struct cli *cli;
	struct output rows;
};
static void printing_clear(struct printing *p)
{
	output_clear(&p->rows);
}

static struct text member(struct json header, struct text name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(header, name), &value));
	return value;
}

/** A version of a record, or its deletion. */
static struct status print_row(struct printing *p, const struct recordget_item *item, bool deletion)
{
	AUTO(json_document) document = {0};
	const struct recordview *v = &item->view;
	const struct user_id *author = deletion ? &v->end_author : &v->statement.head.author;
	struct id_text id = id_print(ID_RECORD, &v->place.record.uuid);
	uint64_t plain = 0;

	if (v->statement.record.kind == RECORD_IDENTITY)
		return OK;
	if (item->header.len > 0 && !ok(json_parse(text_bytes(item->header), &json_limits_body, &document)))
		return FAIL_AT(ST_CORRUPT, "record header");
	struct json header = json_root(&document);
	(void)ok(json_u64(json_member(header, TEXT("plain_size")), 0, LIMIT_RECORD_BYTES, &plain));
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("kind", vocabulary_word(VOCABULARY_RECORD_KIND, v->statement.record.kind)),
		CELL_NUMBER("version", v->place.version),
		CELL_TEXT("status", deletion ? TEXT("deleted")
					     : vocabulary_word(VOCABULARY_RECORD_STATUS, v->statement.record.status)),
		CELL_TEXT("title", member(header, TEXT("title"))),
		CELL_TEXT("type", member(header, TEXT("type"))),
		CELL_TEXT("taken", member(header, TEXT("taken"))),
		CELL_NUMBER("size", plain),
		CELL_TEXT("author", cli_login(p->cli, author)),
		CELL_TIME("time", deletion ? v->end_time : v->time),
		CELL_BOOL("sealed", item->header.len == 0),
	};
	return output_row(&p->rows, cells, COUNT(cells));
}

static struct status print_version(void *context, const struct recordget_item *item)
{
	return print_row(context, item, false);
}

static struct status print_deletion(void *context, const struct recordget_item *item)
{
	return print_row(context, item, true);
}

/** The versions, then the deletion if there is one: the last version proves it. */
static struct status print_history(void *context, const struct recordget_item *item)
{
	TRY(print_row(context, item, false));
	return item->view.end_proven ? print_row(context, item, true) : OK;
}

static struct status list(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(printing) p = {.cli = c};
	uint32_t kind;

	TRY(word_value(c, "--kind", VOCABULARY_RECORD_KIND, 0, &kind));
	output_begin(c, &p.rows);
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	if (options_has(&c->options, "--deleted")) {
		TRY(recordget_deleted(&file, kind, print_deletion, &p));
		return output_end(&p.rows, "No record was deleted.");
	}
	TRY(recordget_list(&file, kind, print_version, &p));
	return output_end(&p.rows, "No records. Put one: tacenda record put PATIENT FILE --kind report");
}

static struct status history(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(printing) p = {.cli = c};
	struct record_id record;

	output_begin(c, &p.rows);
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	TRY(find_record(&file, cli_argument(c, 1), &record));
	TRY(recordget_history(&file, &record, print_history, &p));
	return output_end(&p.rows, "No versions.");
}

static struct status get(struct cli *c)
{
	AUTO(patientfile) file = {0};
	const char *path = options_value(&c->options, "-o"), *number = options_value(&c->options, "--version");
	AUTO(filetarget) target = {.fd = -1};
	struct record_id record;
	uint32_t version = 0;

	if (path == NULL)
		return cli_usage("say where to", "-o FILE, or -o - for standard output");
	if (number != NULL && !ok(text_to_u32(text_of(number), 1, UINT32_MAX, &version)))
		return cli_usage("not a version number", number);
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	TRY(find_record(&file, cli_argument(c, 1), &record));
	TRY(filetarget_open(path, &target));
	const struct recordget_sink sink = filetarget_of(&target);
	TRY(recordget_content(&file, &record, version, &sink));
	return filetarget_keep(&target);
}

static struct status delete_record(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(buffer) memory = {.max = LIMIT_STATEMENT_BYTES};
	AUTO(changeset) set = {0};
	struct statement latest;
	struct record_id record;

	TRY(cli_patient(c, cli_argument(c, 0), &file));
	TRY(find_record(&file, cli_argument(c, 1), &record));
	TRY(cli_confirm(c, "Delete this record? Its versions stay provable, nobody is served them any more."));
	TRY(recordget_latest(&file, &record, &latest, &memory));
	changeset_begin(&c->site, &set);
	TRY(recordput_end_add(&file,
			      &(struct recordput_end){.record = record,
						      .version = latest.record.version,
						      .previous = latest.name,
						      .reason = END_DELETED,
						      .time = clock_wall(&clock_system)},
			      &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "Deleted; the deletion is signed and in the log.");
	return OK;
}

#define DESCRIBING \
	{"--type", "MIME", "media type (else by the file's ending)", false, 0}, \
		{"--title", "T", "title (else the file's name)", false, 0}, \
	{ \
		"--taken", "TIME", "when it was recorded or taken", false, 0 \
	}
static const struct option_spec put_options[] = {
	{"--kind", "KIND", "dictation, photo, report or chart", false, 0},
	DESCRIBING,
	{"--status", "STATUS", "draft or final (default)", false, 0},
	{"--pseudonymous", NULL, "readable with the clinical key alone: only for what names nobody", false, 0},
	{0},
};
static const struct option_spec update_options[] = {
	DESCRIBING,
	{"--status", "STATUS", "draft, final, amended or entered-in-error", false, 0},
	{0},
};
static const struct option_spec list_options[] = {
	{"--kind", "KIND", "only this kind", false, 0},
	{"--deleted", NULL, "the deleted ones instead, by whom and when", false, 0},
	{0},
};
static const struct option_spec get_options[] = {
	{"-o", "FILE", "where to write; - is standard output", false, 'o'},
	{"--version", "N", "an earlier version", false, 0},
	{0},
};

const struct command commands_record[] = {
	{"record put", "PATIENT FILE|-", 2, 2, put_options, put, "seal a file and store it as a new record",
	 "tacenda record put pt-0dq3... letter.pdf --kind report --title 'Clinic letter'", NULL},
	{"record update", "PATIENT RECORD FILE|-", 3, 3, update_options, update, "store a new version",
	 "tacenda record update pt-0dq3... rc-0dq4... letter.pdf --status amended",
	 "Earlier versions stay as they are. A draft becomes final and anything else amended unless --status says "
	 "otherwise; to make somebody else's draft final takes the right sign."},
	{"record list", "PATIENT", 1, 1, list_options, list, "list the records of a patient file",
	 "tacenda record list pt-0dq3... --kind dictation", NULL},
	{"record get", "PATIENT RECORD", 2, 2, get_options, get, "fetch, verify and open a record",
	 "tacenda record get pt-0dq3... rc-0dq4... -o letter.pdf",
	 "The file appears under its name only when every byte was verified."},
	{"record history", "PATIENT RECORD", 2, 2, NULL, history, "list the versions of a record, and its deletion",
	 "tacenda record history pt-0dq3... rc-0dq4...", NULL},
	{"record delete", "PATIENT RECORD", 2, 2, NULL, delete_record, "delete a record, signed and for all to see",
	 "tacenda record delete pt-0dq3... rc-0dq4...",
	 "Its versions stay provable (record history, record list --deleted); nobody is served their contents any "
	 "more. "
	 "Whoever fetched one before keeps it."},
	{0},
};
