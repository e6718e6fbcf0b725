/* SPDX-License-Identifier: Apache-2.0 */
#include "importtarget.h"

#include <string.h>

#include "filesource.h"
#include "hash.h"
#include "patientchange.h"
#include "recordget.h"
#include "tokens.h"

#define RECORDS_MAX ((size_t)256 << 20)
/* Statement, sealed header and key of a record; both epochs and the identity of a new file. */
#define RECORD_PARTS 6144
#define FILE_PARTS   16384

void importwriter_clear(struct importwriter *w)
{
	if (w->open)
		changeset_clear(&w->set);
	*w = (struct importwriter){0};
}

struct status importwriter_send(struct importwriter *w)
{
	if (!w->open)
		return OK;
	struct status s = w->set.count == 0 ? OK : changeset_send(&w->set, NULL);
	changeset_clear(&w->set);
	w->open = false;
	w->sets++;
	return s;
}

/** make_room(w, len): begin a set, sending the last one first when ${len} bytes have no room in it. */
static struct status make_room(struct importwriter *w, size_t len)
{
	if (w->open && !changeset_room(&w->set, len))
		TRY(importwriter_send(w));
	if (!w->open)
		changeset_begin(w->site, &w->set);
	w->open = true;
	return OK;
}

struct status importtarget_make(struct importwriter *w, const struct demographics *demographics,
				const struct hash *token, struct importtarget *out)
{
	struct importtarget made = {.writer = w, .is_new = true, .opened = true};

	TRY(make_room(w, FILE_PARTS));
	TRY(patientchange_add(w->site, demographics, token, &w->set, &made.file));
	*out = made;
	return OK;
}

static void take_header(struct text json, struct importtarget_record *out)
{
	AUTO(json_document) document = {0};
	struct text text;

	if (json.len == 0 || !ok(json_parse(text_bytes(json), &json_limits_body, &document)))
		return;
	struct json header = json_root(&document);
	if (ok(json_text(json_member(header, TEXT("plain_hash")), &text)))
		(void)ok(text_from_hex(text, out->plain_hash.bytes, sizeof out->plain_hash.bytes));
	if (ok(json_text(json_member(header, TEXT("offset_base")), &text)) && text.len < sizeof out->offset_base)
		memcpy(out->offset_base, text.at, text.len);
	if (ok(json_text(json_member(header, TEXT("title")), &text)) && text.len < sizeof out->title)
		memcpy(out->title, text.at, text.len);
}

static struct status take_record(void *context, const struct recordget_item *item)
{
	struct importtarget *t = context;
	const struct statement_record *r = &item->view.statement.record;
	struct importtarget_record record = {.record = item->view.place.record,
					     .kind = r->kind,
					     .compartment = r->compartment,
					     .version = r->version,
					     .statement = item->view.statement.name,
					     .leaf = item->view.leaf};

	if (r->token.len == sizeof record.token.bytes)
		memcpy(record.token.bytes, r->token.at, sizeof record.token.bytes);
	take_header(item->header, &record);
	return buffer_put(&t->records, BYTES_OF(record));
}

struct status importtarget_open(struct importwriter *w, const struct patient_id *patient, struct importtarget *out)
{
	struct importtarget made = {.writer = w, .records = {.max = RECORDS_MAX, .wipe = true}, .opened = true};

	TRY(patientfile_open(w->site, patient, &made.file));
	struct status s = recordget_list(&made.file, 0, take_record, &made);
	if (!ok(s)) {
		importtarget_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

void importtarget_clear(struct importtarget *t)
{
	if (t->opened)
		patientfile_clear(&t->file);
	buffer_clear(&t->records);
	*t = (struct importtarget){0};
}

size_t importtarget_count(const struct importtarget *t)
{
	return t->records.len / sizeof(struct importtarget_record);
}

struct importtarget_record *importtarget_at(const struct importtarget *t, size_t i)
{
	return (struct importtarget_record *)(void *)t->records.bytes + i;
}

struct importtarget_record *importtarget_find(const struct importtarget *t, const struct hash *token)
{
	for (size_t i = 0; i < importtarget_count(t); i++)
		if (hash_equal(&importtarget_at(t, i)->token, token))
			return importtarget_at(t, i);
	return NULL;
}

static struct status append(void *context, struct bytes piece)
{
	return buffer_put(context, piece);
}

struct status importtarget_load(struct importtarget *t, const struct importtarget_record *record, struct buffer *out)
{
	struct buffer content = {.max = out->max, .wipe = true};
	const struct recordget_sink sink = {append, &content};

	/* Nothing is used before all of it was verified. */
	struct status s = recordget_content(&t->file, &record->record, record->version, &sink);
	if (ok(s))
		s = buffer_put(out, buffer_bytes(&content));
	buffer_clear(&content);
	return s;
}

struct status importtarget_hash_file(const char *path, struct hash *out)
{
	AUTO(sha256_state) hashing = {0};
	struct filesource file;
	uint8_t piece[65536];
	size_t len = 1;

	TRY(filesource_open(path, &file));
	struct recordput_source source = filesource_of(&file);
	struct status s = sha256_begin(&hashing);
	while (ok(s) && len > 0) {
		s = source.read(source.context, piece, sizeof piece, &len);
		if (ok(s))
			s = sha256_add(&hashing, bytes_of(piece, len));
	}
	secret_wipe(piece, sizeof piece);
	filesource_clear(&file);
	return ok(s) ? sha256_end(&hashing, out) : s;
}

struct piecewise {
	struct bytes rest;
};
static struct status read_piece(void *context, uint8_t *out, size_t max, size_t *len)
{
	struct piecewise *p = context;

	*len = p->rest.len < max ? p->rest.len : max;
	if (*len > 0)
		memcpy(out, p->rest.at, *len);
	p->rest = bytes_of(p->rest.at + *len, p->rest.len - *len);
	return OK;
}

static struct status write_record(struct importtarget *t, const struct importtarget_put *put,
				  const struct importtarget_record *old, const struct recordput_source *source,
				  struct record_id *record)
{
	struct recordput version = {.version = 1,
				    .kind = put->kind,
				    .status = RECORD_FINAL,
				    .compartment = put->compartment,
				    .token = &put->token,
				    .header = put->header,
				    .source = source,
				    .time = clock_wall(t->file.site->options.clock)};
	/* What is larger goes by an upload of its own. */
	size_t inside = put->path != NULL                      ? CHANGESET_INLINE
			: put->content.len <= CHANGESET_INLINE ? put->content.len
							       : 0;

	if (old != NULL) {
		version.record = old->record;
		version.version = old->version + 1;
		version.previous = old->statement;
		version.status = RECORD_AMENDED;
	}
	TRY(make_room(t->writer, inside + RECORD_PARTS));
	return recordput_add(&t->file, &version, &t->writer->set, record);
}

static struct status write_content(struct importtarget *t, const struct importtarget_put *put,
				   const struct importtarget_record *old, struct record_id *record)
{
	struct piecewise pieces = {put->content};
	const struct recordput_source memory = {read_piece, &pieces, put->content.len};
	struct filesource file;

	if (put->path == NULL)
		return write_record(t, put, old, &memory, record);
	TRY(filesource_open(put->path, &file));
	struct recordput_source disk = filesource_of(&file);
	struct status s = write_record(t, put, old, &disk, record);
	filesource_clear(&file);
	return s;
}

static struct status remember(struct importtarget *t, const struct importtarget_put *put,
			      const struct record_id *record)
{
	const struct importtarget_record made = {.token = put->token,
						 .record = *record,
						 .kind = put->kind,
						 .compartment = put->compartment,
						 .plain_hash = put->hash,
						 .pending = true};

	t->records.max = RECORDS_MAX;
	t->records.wipe = true;
	return buffer_put(&t->records, BYTES_OF(made));
}

/** The name under which this content is, or will be, known. */
static struct hash choose_token(const struct importtarget *t, const struct importtarget_put *put)
{
	const struct importtarget_record *named = importtarget_find(t, &put->token);

	if (hash_is_zero(&put->own_token))
		return put->token;
	bool taken = named != NULL && named->pending && !hash_equal(&named->plain_hash, &put->hash);
	return taken || importtarget_find(t, &put->own_token) != NULL ? put->own_token : put->token;
}

struct status importtarget_put(struct importtarget *t, const struct importtarget_put *asked_put,
			       enum importtarget_outcome *outcome, struct record_id *record)
{
	struct importtarget_put whole = *asked_put, *put = &whole;
	struct tokens_item asked;

	if (hash_is_zero(&put->hash))
		TRY(sha256(put->content, &put->hash));
	put->token = choose_token(t, put);
	const struct importtarget_record *old = importtarget_find(t, &put->token);
	bool changes = old != NULL; /* the list may move */
	if (old != NULL && hash_equal(&put->hash, &old->plain_hash)) {
		*record = old->record;
		*outcome = IMPORTTARGET_SAME;
		return OK;
	}
	if (old != NULL && old->pending)
		return FAIL_AT(ST_CONFLICT, "import source");
	/* Known, but not in the list: it was deleted since. */
	asked = (struct tokens_item){.token = put->token};
	if (old == NULL && !t->is_new)
		TRY(tokens_find(t->file.site, &asked, 1));
	if (asked.known) {
		*record = asked.record;
		*outcome = IMPORTTARGET_DELETED;
		return OK;
	}
	TRY(write_content(t, put, old, record));
	*outcome = changes ? IMPORTTARGET_CHANGED : IMPORTTARGET_ADDED;
	return changes ? OK : remember(t, put, record);
}
