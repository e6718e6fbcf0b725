/* SPDX-License-Identifier: Apache-2.0 */
/* reportmake: a report from the log: the chain of one patient file, walked and proven, then written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpointfetch.h"
#include "demographics.h"
#include "logbook.h"
#include "output.h"
#include "report.h"

#define PART ".part"

static const char readme[] =
	"This folder says who opened one patient file, and proves it.\n"
	"\n"
	"  report.html      to read and to print\n"
	"  report.json      the same for programs, with the proof of every entry\n"
	"  checkpoint.txt   the log's signed checkpoint that the proofs lead to\n"
	"\n"
	"HOW TO CHECK IT\n"
	"  With Tacenda's command line, without its server (key.txt holds the log's key, one line, got elsewhere):\n"
	"    tacenda log verify --offline THIS-FOLDER --key key.txt\n"
	"  By hand, with common tools:\n"
	"  1. checkpoint.txt is a C2SP signed note by the Ed25519 key `log_key` of report.json. Compare that key with\n"
	"     one that you got elsewhere, and the checkpoint with another person's.\n"
	"  2. In each entry of report.json, `leaf` has 43 bytes. Its last 32 are SHA-256(\"tacenda/v1/leaf\" and a "
	"zero\n"
	"     byte, then SHA-256(actor nonce, actor piece), then SHA-256(subject nonce, subject piece)).\n"
	"  3. SHA-256(a zero byte, leaf) is the leaf's hash; with `index`, `tree_size` and `proof` it leads to the "
	"root\n"
	"     in checkpoint.txt as RFC 6962 section 2.1.1 says.\n"
	"  4. Each subject piece names the SHA-256 of the leaf before it about this patient file; the last entry of\n"
	"     report.json is the first of all (sequence 0). So none is missing between.\n"
	"  How pieces are encoded is in FORMATS.md, section 3.\n"
	"\n"
	"What the log does not prove is the names: that of the patient, and which login an id belongs to. They are "
	"the\n"
	"word of whoever made this report, whose program compared the logins with the site's signed directory.\n"
	"\n"
	"The pieces in report.json prove who it was; they also hold from which address and with which program. Hand\n"
	"the whole folder on where the proof matters, report.html alone where reading is enough. Both name a patient:\n"
	"keep them as safe as a paper chart.\n";

/* --- Collecting --- */

struct collecting {
	struct cli *cli;
	struct report *report;
};
static struct status take(void *context, const struct logbook_entry *entry)
{
	const struct collecting *to = context;
	const struct user_id *user = &entry->read.actor.user;

	TRY(report_add(to->report, entry->raw));
	return report_add_person(to->report, user, cli_login(to->cli, user));
}

/** In the tree of the checkpoint; every entry is older than it. */
static struct status prove(struct site *s, struct report *r)
{
	struct tree_reader reader = tileview_reader(s->view);

	r->head = s->head;
	for (size_t i = 0; i < r->entry_count; i++) {
		struct report_entry *e = &r->entries[i];
		struct tree_proof proof;
		struct hash leaf;
		struct bytes kept = {0};
		TRY(tree_leaf_hash(e->raw.leaf, &leaf));
		TRY(tree_prove_inclusion(&reader, e->raw.index, r->head.size, &proof));
		TRY(tree_verify_inclusion(&r->head, e->raw.index, &leaf, proof.hashes, proof.count));
		if (proof.count > 0)
			TRY(arena_copy(&r->memory,
				       bytes_of((const uint8_t *)proof.hashes, proof.count * sizeof proof.hashes[0]),
				       &kept));
		e->proof = (const void *)kept.at;
		e->proof_count = proof.count;
	}
	return OK;
}

/** "Given Family", where the list of patient files has it for this person. */
static struct status take_name(struct cli *c, struct report *r)
{
	AUTO(patientlist) list = {0};
	AUTO(json_document) document = {0};
	AUTO(buffer) name = {.max = 4096, .wipe = true};
	const struct patientlist_item *item;
	struct demographics d;

	TRY(patientlist_open(&c->site, NULL, &list));
	r->owner = TEXT("");
	if (!ok(patientlist_get(&list, &r->patient, &item)) || item->demographics.len == 0)
		return OK;
	TRY(demographics_read(item->demographics, &r->memory, &document, &d));
	for (size_t i = 0; i < d.given_count; i++)
		TRY(buffer_print(&name, "%.*s ", TEXT_ARG(d.given[i])));
	TRY(buffer_put(&name, text_bytes(d.family)));
	return arena_text(&r->memory, text_from(buffer_bytes(&name)), &r->patient_name);
}

static struct status take_site(struct cli *c, struct report *r)
{
	const struct directory_state *d = &c->site.directory;
	AUTO(buffer) key = {.max = 1024};

	TRY(note_key_put(&key, &c->site.log_key));
	TRY(arena_text(&r->memory, text_from(buffer_bytes(&key)), &r->log_key));
	TRY(arena_text(&r->memory, d->name, &r->site));
	TRY(arena_text(&r->memory, d->region, &r->region));
	TRY(arena_text(&r->memory, d->origin, &r->origin));
	/* Only the owner is given this part of the log. */
	TRY(arena_text(&r->memory, cli_login(c, &c->keys.person.user), &r->owner));
	r->made_by = r->owner;
	r->fingerprint = d->fingerprint;
	r->made = clock_wall(&clock_system);
	return OK;
}

static struct status collect(struct cli *c, struct report *r, struct buffer *note)
{
	struct collecting to = {c, r};
	const struct logbook_query chain = {.scope = "patient", .patient = &r->patient};

	TRY(take_name(c, r));
	TRY(take_site(c, r));
	TRY(logbook_list(&c->site, &chain, take, &to));
	TRY(checkpointfetch(&c->site, note));
	return prove(&c->site, r);
}

/* --- Writing --- */

static struct status write_files(const struct report *r, int dir, struct bytes note)
{
	AUTO(buffer) json = {.max = REPORT_FILE_MAX, .wipe = true}, html = {.max = REPORT_FILE_MAX, .wipe = true};

	TRY(report_write_json(r, &json));
	TRY(report_write_html(r, &html));
	TRY(os_save(&os_real, dir, REPORT_CHECKPOINT, note));
	TRY(os_save(&os_real, dir, REPORT_README, BYTES_LITERAL(readme)));
	TRY(os_save(&os_real, dir, REPORT_JSON, buffer_bytes(&json)));
	return os_save(&os_real, dir, REPORT_HTML, buffer_bytes(&html));
}

static void undo(int dir, const char *path)
{
	static const char *const names[] = {REPORT_CHECKPOINT, REPORT_README, REPORT_JSON, REPORT_HTML};

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(dir, names[i], 0);
	(void)rmdir(path);
}

/** It has its name only when it is whole. */
static struct status write_folder(const struct report *r, const char *folder, struct bytes note)
{
	char part[4096];
	struct stat about;
	int dir;

	if (snprintf(part, sizeof part, "%s" PART, folder) >= (int)sizeof part)
		return FAIL_AT(ST_TOO_BIG, "folder");
	if (lstat(folder, &about) == 0)
		return FAIL_AT(ST_CONFLICT, "folder: there is one of that name");
	if (mkdir(part, 0700) != 0 && errno != EEXIST)
		return FAIL_AT(ST_IO, "folder");
	dir = open(part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return FAIL_AT(ST_IO, "folder");
	struct status s = write_files(r, dir, note);
	if (ok(s) && rename(part, folder) != 0)
		s = FAIL_AT(ST_IO, "folder");
	if (!ok(s))
		undo(dir, part);
	(void)close(dir);
	return s;
}

struct status report_make(struct cli *c, const struct patient_id *patient, const char *folder, struct report *out)
{
	AUTO(report) r = {.memory = {.max = (size_t)1 << 30}, .patient = *patient};
	AUTO(buffer) note = {.max = 65536};

	TRY(collect(c, &r, &note));
	TRY(write_folder(&r, folder, buffer_bytes(&note)));
	*out = r;
	r = (struct report){0};
	return OK;
}
