/* SPDX-License-Identifier: Apache-2.0 */
#include "recordput.h"

#include "chunked.h"
#include "epochs.h"
#include "hash.h"
#include "recordheader.h"
#include "upload.h"

/* Sealed bytes sent in one piece of an upload. */
#define PIECE ((size_t)4 << 20)

/** One record on its way. */
struct writing {
	struct patientfile *file;
	const struct recordput *put;
	struct keyholder_record record;
	struct sealed_key key;
	struct buffer sealed; /* what has not been uploaded yet */
	struct upload upload;
	bool uploading;
	struct recordcontent_claim claim;
	uint64_t plain_size;
	struct hash plain_hash;
};
static void writing_clear(struct writing *w)
{
	buffer_clear(&w->sealed);
}

/** Its length, and whose file it is for when not one's own: the server says before the first byte if it has no room. */
static struct status begin_upload(struct writing *w)
{
	const struct patientfile *f = w->file;
	const bool own = uuid_equal(&f->state.owner.uuid, &f->site->options.keys->person.user.uuid);
	const uint64_t size = w->put->source->size;
	const struct upload_plan plan = {.length = size > 0 ? chunked_sealed_len(size) : 0,
					 .patient = own ? NULL : &f->id};

	return upload_begin(f->site, &plan, &w->upload);
}

static struct status flush(struct writing *w, size_t keep)
{
	if (w->sealed.len <= keep)
		return OK;
	if (!w->uploading)
		TRY(begin_upload(w));
	w->uploading = true;
	TRY(upload_append(&w->upload, buffer_bytes(&w->sealed)));
	w->sealed.len = 0;
	return OK;
}

static struct status seal_all(struct writing *w, const struct keyholder *keys, struct secret *piece)
{
	AUTO(sha256_state) hashing = {0};
	size_t len;

	TRY(sha256_begin(&hashing));
	TRY(keyholder_content_seal_begin(keys, &w->record, &w->key, &w->sealed));
	for (;;) {
		TRY(w->put->source->read(w->put->source->context, piece->bytes, piece->len, &len));
		if (len == 0)
			break;
		w->plain_size += len;
		TRY(sha256_add(&hashing, bytes_of(piece->bytes, len)));
		TRY(keyholder_content_seal_add(keys, plain_of(piece->bytes, len), &w->sealed));
		TRY(flush(w, PIECE));
	}
	TRY(keyholder_content_seal_end(keys, &w->sealed, &w->claim));
	TRY(sha256_end(&hashing, &w->plain_hash));
	/* Once begun, an upload takes the rest; small content travels in the set. */
	return flush(w, w->uploading ? 0 : CHANGESET_INLINE);
}

static struct status seal_content(struct writing *w)
{
	AUTO(secret) piece = {0};

	if (w->put->source == NULL)
		return sha256(bytes_of("", 0), &w->claim.hash);
	TRY(secret_empty(KEYHOLDER_PIECE, &piece));
	struct status s = seal_all(w, w->file->site->options.keys, &piece);
	if (!ok(s) && w->uploading)
		(void)ok(upload_drop(&w->upload)); /* otherwise the server does, in 7 days */
	return s;
}

static struct status put_header(const struct writing *w, struct buffer *out)
{
	const struct recordput_header *h = &w->put->header;
	struct jsonwriter j = jsonwriter_of(out);
	const struct {
		const char *name;
		struct text value;
	} texts[] = {{"title", h->title}, {"type", h->type},     {"name", h->name},
		     {"taken", h->taken}, {"source", h->source}, {"offset_base", h->offset_base}};

	if (h->raw.len > 0)
		return buffer_put(out, text_bytes(h->raw));
	jsonwriter_object(&j, NULL);
	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i].value.len > 0)
			jsonwriter_text(&j, texts[i].name, texts[i].value);
	jsonwriter_u64(&j, "plain_size", w->plain_size);
	jsonwriter_hash(&j, "plain_hash", &w->plain_hash);
	jsonwriter_end(&j);
	return jsonwriter_done(&j);
}

static struct status seal_header(const struct writing *w, struct buffer *out)
{
	AUTO(buffer) plain = {.max = RECORDHEADER_PLAIN_MAX, .wipe = true};
	struct keyholder_header item = {.record = w->record, .sealed_key = w->key};

	TRY(put_header(w, &plain));
	item.in = buffer_bytes(&plain);
	TRY(keyholder_header_seal(w->file->site->options.keys, &item, 1, out));
	return item.status;
}

static struct status sign_record(const struct writing *w, const struct patientfile_epochs *epochs, struct bytes header,
				 struct buffer *out)
{
	const struct recordput *put = w->put;
	struct keyholder *keys = w->file->site->options.keys;
	struct statement draft = {
		.kind = STATEMENT_RECORD,
		.head = keyholder_head(keys, put->version > 1 ? &put->previous : NULL, put->time),
		.record = {.patient = w->file->id,
			   .record = w->record.place.record,
			   .version = put->version,
			   .kind = put->kind,
			   .status = put->status,
			   .compartment = put->compartment,
			   .identity_epoch = epochs->identity,
			   .clinical_epoch = epochs->clinical,
			   .size = w->claim.size,
			   .content_hash = w->claim.hash},
	};

	if (put->token != NULL)
		draft.record.token = hash_bytes(put->token);
	TRY(sha256(header, &draft.record.header_hash));
	return keyholder_sign(keys, &draft, out);
}

static struct status begin(struct writing *w, struct patientfile_epochs *epochs)
{
	const struct recordput *put = w->put;
	struct patientfile *f = w->file;

	*epochs = patientfile_now(f, put->compartment);
	w->sealed = (struct buffer){.max = PIECE + 8 * KEYHOLDER_PIECE};
	w->record.place = (struct record_place){.fingerprint = f->state.fingerprint,
						.patient = f->id,
						.record = put->record,
						.version = put->version,
						.compartment = put->compartment};
	if (uuid_is_zero(&put->record.uuid))
		w->record.place.record.uuid = uuid_new(clock_wall(f->site->options.clock));
	w->record.author = f->site->options.keys->person.user;
	TRY(patientfile_keys(f, epochs, &w->record.identity, &w->record.clinical));
	return keyholder_record_new(f->site->options.keys, &w->record, &w->key);
}

struct status recordput_add(struct patientfile *f, const struct recordput *put, struct changeset *set,
			    struct record_id *out)
{
	AUTO(writing) w = {.file = f, .put = put};
	AUTO(buffer) header = {.max = LIMIT_SEALED_HEADER};
	AUTO(buffer) statement = {.max = LIMIT_STATEMENT_BYTES};
	struct patientfile_epochs epochs;

	TRY(epochs_renew_due(f, put->compartment, clock_wall(f->site->options.clock), set));
	TRY(begin(&w, &epochs));
	TRY(seal_content(&w));
	TRY(seal_header(&w, &header));
	TRY(sign_record(&w, &epochs, buffer_bytes(&header), &statement));
	TRY(changeset_add(
		set, buffer_bytes(&statement),
		&(struct changeset_parts){.header = buffer_bytes(&header),
					  .key = BYTES_OF(w.key),
					  .content = w.uploading ? (struct bytes){0} : buffer_bytes(&w.sealed),
					  .upload = w.uploading ? &w.upload.id : NULL}));
	*out = w.record.place.record;
	return OK;
}

struct status recordput_end_add(struct patientfile *f, const struct recordput_end *end, struct changeset *set)
{
	AUTO(buffer) statement = {.max = LIMIT_STATEMENT_BYTES};
	struct keyholder *keys = f->site->options.keys;
	struct statement draft = {
		.kind = STATEMENT_RECORD_END,
		.head = keyholder_head(keys, &end->previous, end->time),
		.record_end = {.patient = f->id, .record = end->record, .version = end->version, .reason = end->reason},
	};

	TRY(keyholder_sign(keys, &draft, &statement));
	return changeset_add(set, buffer_bytes(&statement), NULL);
}
