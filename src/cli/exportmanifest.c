/* SPDX-License-Identifier: Apache-2.0 */
/* exportmanifest: what an exported folder says about itself, for programs, spreadsheets and people. */
#include <string.h>

#include "csv.h"
#include "exportrun.h"
#include "jsonwriter.h"

#define MANIFEST_MAX ((size_t)256 << 20)

static const char readme[] =
	"This folder is one patient file, exported from a Tacenda vault.\n"
	"It can be read and checked with common tools alone.\n"
	"\n"
	"WHAT IS IN IT\n"
	"  patient.json      who the patient is\n"
	"  files/            dictations, photos, reports, charts: the files as they were put in\n"
	"  resources/        imported FHIR R4 resources, one Bundle a resource type, texts unchanged\n"
	"                    (Shared.json: practitioners, organizations: what belongs to no patient)\n"
	"  versions/         earlier versions of the above\n"
	"  records.csv       one row a version: file, kind, title, author, time, SHA-256\n"
	"  manifest.json     the same and more, for programs\n"
	"  statements/       what each author signed: .bin as signed, .txt in words\n"
	"  proofs/           what proves each statement's place in the vault's log\n"
	"  checkpoint.txt    the log's signed checkpoint that the proofs lead to\n"
	"\n"
	"HOW TO CHECK IT\n"
	"  1. Files: `sha256sum` of a file is what records.csv says.\n"
	"  2. Authors: the last 64 bytes of a statement's .bin are an ECDSA P-256 signature, r and s, over\n"
	"     the SHA-256 of all bytes before; that SHA-256 is the statement's name. The author's public\n"
	"     key is `sign_key` in manifest.json (65 bytes, uncompressed).\n"
	"  3. The log: in a proof, `leaf` has 43 bytes. Its last 32 are SHA-256(\"tacenda/v1/leaf\" and a zero\n"
	"     byte, then SHA-256(actor nonce, actor piece), then SHA-256(subject nonce, subject piece));\n"
	"     the subject piece holds the statement's name. SHA-256(a zero byte, leaf) is the leaf's hash;\n"
	"     with `leaf_index`, `tree_size` and `hashes` it leads to the root in checkpoint.txt as RFC 6962\n"
	"     section 2.1.1 says. Where the actor is not yours to see, its hash stands in its place.\n"
	"  4. The checkpoint: a C2SP signed note, by the Ed25519 key in manifest.json (`log_key`). Compare that\n"
	"     key with one that you got elsewhere, and the root with another person's checkpoint.\n"
	"\n"
	"What a statement signs is the sealed form of a record; its header names the SHA-256 of the plain\n"
	"file, which is the one in records.csv. These files are plain: keep them as safe as a paper chart.\n";

static void put_hash(struct jsonwriter *w, const char *name, const struct hash *h)
{
	if (!hash_is_zero(h))
		jsonwriter_hash(w, name, h);
}

static void put_text(struct jsonwriter *w, const char *name, struct text t)
{
	if (t.len > 0)
		jsonwriter_text(w, name, t);
}

static void put_version(struct jsonwriter *w, struct exportrun *r, const struct exportrun_version *v)
{
	jsonwriter_object(w, NULL);
	jsonwriter_id(w, "record", ID_RECORD, &v->record.uuid);
	jsonwriter_u64(w, "version", v->version);
	jsonwriter_bool(w, "latest", v->latest);
	jsonwriter_text(w, "kind", vocabulary_word(VOCABULARY_RECORD_KIND, v->kind));
	jsonwriter_text(w, "status", vocabulary_word(VOCABULARY_RECORD_STATUS, v->status));
	jsonwriter_text(w, "compartment", vocabulary_word(VOCABULARY_COMPARTMENT, v->compartment));
	jsonwriter_bool(w, "readable", v->readable);
	put_text(w, "title", v->title);
	put_text(w, "type", v->type);
	put_text(w, "taken", v->taken);
	put_text(w, "source", v->source);
	put_text(w, "file", v->file);
	if (v->file.len > 0)
		jsonwriter_u64(w, "size", v->plain_size);
	put_hash(w, "sha256", &v->plain_hash);
	jsonwriter_text(w, "author", cli_login(r->cli, &v->author));
	jsonwriter_id(w, "author_id", ID_USER, &v->author.uuid);
	jsonwriter_time(w, "time", v->time);
	jsonwriter_u64(w, "leaf", v->leaf);
	jsonwriter_hash(w, "statement", &v->statement);
	put_text(w, "statement_file", v->statement_file);
	put_text(w, "proof_file", v->proof_file);
	jsonwriter_end(w);
}

static bool is_author(const struct exportrun *r, const struct user_id *user)
{
	if (uuid_equal(&r->file.state.owner.uuid, &user->uuid))
		return true;
	for (size_t i = 0; i < exportrun_count(r); i++)
		if (uuid_equal(&exportrun_at(r, i)->author.uuid, &user->uuid))
			return true;
	return false;
}

static void put_people(struct jsonwriter *w, struct exportrun *r)
{
	const struct directory_state *d = &r->cli->site.directory;
	struct person person;
	size_t cursor = 0;

	jsonwriter_array(w, "people");
	while (directory_state_next(d, &cursor, &person)) {
		if (!is_author(r, &person.id))
			continue;
		jsonwriter_object(w, NULL);
		jsonwriter_id(w, "id", ID_USER, &person.id.uuid);
		jsonwriter_text(w, "login", person.login);
		put_hash(w, "key_hash", &person.key_hash);
		jsonwriter_base64(w, "hpke_key", BYTES_OF(person.hpke_key));
		jsonwriter_base64(w, "sign_key", BYTES_OF(person.sign_key));
		jsonwriter_end(w);
	}
	jsonwriter_end(w);
}

static struct status put_site(struct jsonwriter *w, struct exportrun *r)
{
	const struct directory_state *d = &r->cli->site.directory;
	AUTO(buffer) key = {.max = 1024};

	TRY(note_key_put(&key, &r->cli->site.log_key));
	jsonwriter_object(w, "site");
	jsonwriter_text(w, "name", d->name);
	jsonwriter_text(w, "region", d->region);
	jsonwriter_text(w, "origin", d->origin);
	jsonwriter_hash(w, "fingerprint", &d->fingerprint);
	jsonwriter_end(w);
	jsonwriter_object(w, "log");
	jsonwriter_text(w, "log_key", text_from(buffer_bytes(&key)));
	jsonwriter_string(w, "checkpoint", "checkpoint.txt");
	jsonwriter_u64(w, "tree_size", r->head.size);
	jsonwriter_hash(w, "root", &r->head.root);
	jsonwriter_end(w);
	return OK;
}

static struct status write_manifest(struct exportrun *r)
{
	AUTO(buffer) out = {.max = MANIFEST_MAX, .wipe = true};
	struct jsonwriter w = jsonwriter_of(&out);

	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "format", "tacenda/v1/export");
	jsonwriter_id(&w, "patient", ID_PATIENT, &r->file.id.uuid);
	jsonwriter_text(&w, "owner", cli_login(r->cli, &r->file.state.owner));
	jsonwriter_text(&w, "exported_by", cli_login(r->cli, &r->cli->keys.person.user));
	jsonwriter_time(&w, "exported", clock_wall(&clock_system));
	TRY(put_site(&w, r));
	if (!uuid_is_zero(&r->shared_record.uuid)) {
		jsonwriter_object(&w, "shared");
		jsonwriter_id(&w, "patient", ID_PATIENT, &r->shared_patient.uuid);
		jsonwriter_id(&w, "record", ID_RECORD, &r->shared_record.uuid);
		jsonwriter_end(&w);
	}
	put_people(&w, r);
	jsonwriter_array(&w, "records");
	for (size_t i = 0; i < exportrun_count(r); i++)
		put_version(&w, r, exportrun_at(r, i));
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return exportfolder_write(&r->folder, TEXT("manifest.json"), buffer_bytes(&out));
}

/* --- records.csv --- */

static struct status put_row(struct exportrun *r, const struct exportrun_version *v, struct buffer *out)
{
	AUTO(buffer) time = {.max = 64}, hash = {.max = 80}, version = {.max = 16}, size = {.max = 24};
	struct id_text id = id_print(ID_RECORD, &v->record.uuid);

	TRY(text_put_time(&time, v->time));
	if (!hash_is_zero(&v->plain_hash))
		TRY(text_put_hex(&hash, hash_bytes(&v->plain_hash)));
	TRY(buffer_print(&version, "%u", v->version));
	TRY(buffer_print(&size, "%llu", (unsigned long long)v->plain_size));
	const struct text cells[] = {
		text_of(id.at),
		text_from(buffer_bytes(&version)),
		vocabulary_word(VOCABULARY_RECORD_KIND, v->kind),
		vocabulary_word(VOCABULARY_RECORD_STATUS, v->status),
		v->file,
		v->title,
		v->type,
		v->taken,
		text_from(buffer_bytes(&size)),
		text_from(buffer_bytes(&hash)),
		cli_login(r->cli, &v->author),
		text_from(buffer_bytes(&time)),
	};
	return csv_put_safe_row(out, cells, COUNT(cells));
}

static struct status write_table(struct exportrun *r)
{
	AUTO(buffer) out = {.max = MANIFEST_MAX, .wipe = true};
	const struct text names[] = {TEXT("record"), TEXT("version"), TEXT("kind"),   TEXT("status"),
				     TEXT("file"),   TEXT("title"),   TEXT("type"),   TEXT("taken"),
				     TEXT("size"),   TEXT("sha256"),  TEXT("author"), TEXT("time")};

	TRY(csv_put_row(&out, names, COUNT(names)));
	for (size_t i = 0; i < exportrun_count(r); i++)
		TRY(put_row(r, exportrun_at(r, i), &out));
	return exportfolder_write(&r->folder, TEXT("records.csv"), buffer_bytes(&out));
}

struct status exportrun_manifest(struct exportrun *r)
{
	TRY(write_manifest(r));
	TRY(write_table(r));
	if (r->demographics.len > 0)
		TRY(exportfolder_write(&r->folder, TEXT("patient.json"), buffer_bytes(&r->demographics)));
	return exportfolder_write(&r->folder, TEXT("README.txt"), BYTES_LITERAL(readme));
}
