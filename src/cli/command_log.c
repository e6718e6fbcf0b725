/* SPDX-License-Identifier: Apache-2.0 */
/* command_log: who did what, and the proof of it. */
#include "csv.h"
#include "filesource.h"
#include "logbook.h"
#include "output.h"
#include "report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct printing {
	struct cli *cli;
	bool failed;   /* only what was refused or failed */
	bool unusual;  /* only sign-ins that look as if several people used a login */
	bool sign_ins; /* only what is about signing in, of a part of the log that has more */
	bool csv;
	struct output rows;
};
static void printing_clear(struct printing *p)
{
	output_clear(&p->rows);
}

static struct status put_address(struct bytes address, struct buffer *out)
{
	if (address.len == 4)
		return buffer_print(out, "%u.%u.%u.%u", address.at[0], address.at[1], address.at[2], address.at[3]);
	for (size_t i = 0; i + 1 < address.len; i += 2)
		TRY(buffer_print(out, "%s%x", i > 0 ? ":" : "", (unsigned)address.at[i] << 8 | address.at[i + 1]));
	return OK;
}

static struct status put_subject(struct cli *c, const struct piece_subject *s, struct buffer *out)
{
	switch (s->kind) {
	case PIECE_PATIENT:
		return buffer_print(out, "%s", id_print(ID_PATIENT, &s->id).at);
	case PIECE_USER:
		return buffer_print(out, "%.*s", TEXT_ARG(cli_login(c, &(struct user_id){s->id})));
	case PIECE_LIST:
		return buffer_print(out, "%s", id_print(ID_LIST, &s->id).at);
	case PIECE_SITE:
		return buffer_print(out, "site");
	case PIECE_NONE:
		break;
	}
	return OK;
}

/** `--action sign-ins`: with log-offs, ends, and what administrators do to logins. */
#define SIGN_INS "sign-ins"

static bool wanted(const struct printing *p, const struct entry_read *e)
{
	const enum leaf_kind kind = e->leaf.kind;
	const bool about_sign_ins =
		kind == LEAF_SIGN_IN || kind == LEAF_LOG_OFF || kind == LEAF_EXPIRY || kind == LEAF_ADMINISTRATION;

	if (p->failed && e->leaf.result == LEAF_DONE)
		return false;
	if (p->unusual && (kind != LEAF_SIGN_IN || !text_starts(e->actor.detail, TEXT("unusual "))))
		return false;
	return !p->sign_ins || about_sign_ins;
}

/** The columns of a table that programs read: they may grow at the end, and never change. */
#define CSV_HEAD "leaf,time,action,result,user,subject,record,address,client,device,session,detail\r\n"

/** ${cells} are those of a row for people, in their order. */
static struct status print_csv(const struct entry_read *e, const struct output_cell *cells)
{
	AUTO(buffer) out = {.max = 16384}, leaf = {.max = 32}, time = {.max = 64};
	struct id_text device = {0}, session = {0};

	if (!uuid_is_zero(&e->actor.device.uuid))
		device = id_print(ID_DEVICE, &e->actor.device.uuid);
	if (!uuid_is_zero(&e->actor.session.uuid))
		session = id_print(ID_SESSION, &e->actor.session.uuid);
	TRY(buffer_print(&leaf, "%llu", (unsigned long long)cells[0].number));
	TRY(text_put_time(&time, e->leaf.time));
	const struct text row[] = {text_from(buffer_bytes(&leaf)),
				   text_from(buffer_bytes(&time)),
				   cells[2].text,
				   cells[3].text,
				   cells[4].text,
				   cells[5].text,
				   cells[6].text,
				   cells[7].text,
				   cells[8].text,
				   text_of(device.at),
				   text_of(session.at),
				   cells[9].text};
	TRY(csv_put_safe_row(&out, row, COUNT(row)));
	return fwrite(out.bytes, 1, out.len, stdout) == out.len ? OK : output_broken();
}

static struct status print_entry(void *context, const struct logbook_entry *e)
{
	AUTO(buffer) address = {.max = 64}, subject = {.max = 128};
	struct printing *p = context;
	const struct piece_actor *a = &e->read.actor;
	const struct piece_subject *s = &e->read.subject;
	struct id_text record = {0};
	bool has_user = e->read.has_actor && !uuid_is_zero(&a->user.uuid);

	if (!wanted(p, &e->read))
		return OK;
	TRY(put_address(a->address, &address));
	if (e->read.has_subject)
		TRY(put_subject(p->cli, s, &subject));
	if (e->read.has_subject && !uuid_is_zero(&s->record.uuid))
		record = id_print(ID_RECORD, &s->record.uuid);
	const struct output_cell cells[] = {
		CELL_NUMBER("leaf", e->index),
		CELL_TIME("time", e->read.leaf.time),
		CELL_STRING("action", leaf_kind_name(e->read.leaf.kind)),
		CELL_STRING("result", leaf_result_name(e->read.leaf.result)),
		CELL_TEXT("user", has_user ? cli_login(p->cli, &a->user) : (struct text){0}),
		CELL_TEXT("subject", text_from(buffer_bytes(&subject))),
		CELL_STRING("record", record.at),
		CELL_TEXT("address", text_from(buffer_bytes(&address))),
		CELL_TEXT("client", a->client),
		CELL_TEXT("detail", s->detail.len > 0 ? s->detail : a->detail),
	};
	return p->csv ? print_csv(&e->read, cells) : output_row(&p->rows, cells, COUNT(cells));
}

/** Which part of the log this person asks for: a patient's, or what his profile reads. */
static struct status choose_scope(struct cli *c, bool sign_ins, struct logbook_query *q)
{
	struct person self;

	q->scope = "own";
	if (q->patient != NULL) {
		q->scope = "patient";
		return OK;
	}
	TRY(directory_state_find(&c->site.directory, &c->keys.person.user, POSITION_NOW, &self));
	if (self.profile == PROFILE_AUDITOR)
		q->scope = sign_ins ? SIGN_INS : "all";
	if (self.profile == PROFILE_ADMINISTRATOR)
		q->scope = sign_ins                                                 ? SIGN_INS
			   : q->action != NULL && strcmp(q->action, "sign-in") == 0 ? "sign-ins"
										    : "administration";
	return OK;
}

/** By its id or the end of one, whether or not its file has ended. */
static struct status find_patient(struct cli *c, const char *word, struct patient_id *out)
{
	AUTO(patientlist) files = {0};

	if (ok(id_parse(ID_PATIENT, text_of(word), &out->uuid)))
		return OK;
	TRY(patientlist_open(&c->site, NULL, &files));
	return patientlist_resolve(&files, text_of(word), out);
}

static struct status list(struct cli *c)
{
	AUTO(printing)
	p = {.cli = c,
	     .failed = options_has(&c->options, "--failed"),
	     .unusual = options_has(&c->options, "--unusual"),
	     .csv = options_has(&c->options, "--csv")};
	struct logbook_query q = {.action = options_value(&c->options, "--action")};
	const char *patient = options_value(&c->options, "--patient"), *login = options_value(&c->options, "--login");
	const char *since = options_value(&c->options, "--since"), *until = options_value(&c->options, "--until");
	struct patient_id id;
	struct person person;
	enum leaf_kind kind;
	uint64_t suspect = UINT64_MAX;

	q.suspect = &suspect;
	output_begin(c, &p.rows);
	if (p.csv && c->json)
		return cli_usage("one form at a time", "--csv or --json");
	p.sign_ins = q.action != NULL && strcmp(q.action, SIGN_INS) == 0;
	if (p.sign_ins)
		q.action = NULL;
	if (p.unusual && q.action == NULL && !p.sign_ins)
		q.action = leaf_kind_name(LEAF_SIGN_IN);
	if (q.action != NULL && !ok(leaf_kind_from(text_of(q.action), &kind)))
		return cli_usage(
			"not an action (sign-ins, sign-in, read, list, write, delete, statement, refusal, ...)",
			q.action);
	if (since != NULL)
		TRY(cli_time(c, since, &q.from));
	if (until != NULL)
		TRY(cli_time(c, until, &q.until));
	TRY(cli_prepared(c));
	if (login != NULL) {
		TRY(cli_user(c, login, &person));
		q.user = &person.id;
	}
	if (patient != NULL) {
		TRY(find_patient(c, patient, &id));
		q.patient = &id;
	}
	TRY(choose_scope(c, p.sign_ins, &q));
	if (p.csv)
		(void)fputs(CSV_HEAD, stdout);
	struct status listed = logbook_list(&c->site, &q, print_entry, &p);
	if (suspect != UINT64_MAX)
		output_done(c, "See leaf %llu of the log.", (unsigned long long)suspect);
	TRY(listed);
	if (p.csv)
		return fflush(stdout) == 0 ? OK : output_broken();
	return output_end(&p.rows,
			  "No entries. With fewer of --since, --until, --login and --action there may be some.");
}

static struct status load_key(struct cli *c, struct note_key *out)
{
	AUTO(buffer) file = {.max = 4096};
	const char *path = options_value(&c->options, "--key");

	if (path == NULL)
		return cli_usage("name the file with the log's key", "--key F");
	TRY(filesource_load(path, &file));
	if (!ok(note_key_parse(text_trim(text_from(buffer_bytes(&file))), out)))
		return FAIL_AT(ST_INVALID, "key file: one line, NAME+HASH+KEY, as tacendad init --json printed it");
	return OK;
}

static struct status print_head(struct cli *c, const struct tree_head *head, const char *name, uint64_t more)
{
	AUTO(buffer) root = {.max = 80};

	TRY(text_put_hex(&root, hash_bytes(&head->root)));
	const struct output_cell cells[] = {
		CELL_NUMBER("size", head->size),
		CELL_TEXT("root", text_from(buffer_bytes(&root))),
		CELL_NUMBER(name, more),
	};
	return output_object(c, cells, COUNT(cells));
}

static struct status print_report(struct cli *c, const struct report *r)
{
	uint64_t counts[REPORT_CLASSES] = {0};

	for (size_t i = 0; i < r->entry_count; i++)
		counts[report_class(&r->entries[i].read)]++;
	const struct id_text id = id_print(ID_PATIENT, &r->patient.uuid);
	const struct output_cell cells[] = {
		CELL_STRING("patient", id.at),
		CELL_NUMBER("size", r->head.size),
		CELL_NUMBER("entries", r->entry_count),
		CELL_NUMBER(report_class_word(REPORT_OPENED), counts[REPORT_OPENED]),
		CELL_NUMBER(report_class_word(REPORT_DELIVERED), counts[REPORT_DELIVERED]),
		CELL_NUMBER(report_class_word(REPORT_CHANGED), counts[REPORT_CHANGED]),
		CELL_NUMBER(report_class_word(REPORT_REFUSED), counts[REPORT_REFUSED]),
	};
	return output_object(c, cells, COUNT(cells));
}

static struct status verify_report(struct cli *c, int dir)
{
	AUTO(report) r = {0};
	struct note_key key;

	TRY(load_key(c, &key));
	const struct status s = report_check(dir, &key, &r);
	/* Another key is a report of another log, or a forged one. */
	TRY(s.code == ST_UNPROVEN ? FAIL_AT(ST_CORRUPT, s.what) : s);
	return print_report(c, &r);
}

static struct status verify_offline(struct cli *c, const char *folder)
{
	struct savedlog_report report = {0};
	struct note_key key;
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return FAIL_AT(ST_NOT_FOUND, "folder");
	if (faccessat(dir, REPORT_JSON, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		const struct status checked = verify_report(c, dir);
		(void)close(dir);
		return checked;
	}
	struct status s = load_key(c, &key);
	if (ok(s))
		s = logbook_verify_saved(&os_real, dir, &key, &report);
	(void)close(dir);
	if (!ok(s) && report.path[0] != '\0')
		output_done(c, "At %s:", report.path);
	/* Whatever does not fit here is damage or forgery, a missing file included. */
	if (s.code == ST_UNPROVEN || (s.code == ST_NOT_FOUND && report.path[0] != '\0'))
		return FAIL_AT(ST_CORRUPT, s.what != NULL ? s.what : "saved log");
	TRY(s);
	return print_head(c, &report.head, "leaves", report.leaves);
}

static struct status verify(struct cli *c)
{
	struct logbook_report report;
	const char *folder = options_value(&c->options, "--offline");

	if (folder != NULL)
		return verify_offline(c, folder);
	TRY(cli_prepared(c));
	TRY(logbook_verify(&c->site, &report));
	return print_head(c, &report.head, "own_entries", report.own_entries);
}

static struct status checkpoint(struct cli *c)
{
	AUTO(https_answer) answer = {0};

	TRY(cli_prepared(c));
	if (c->json)
		return print_head(c, &c->site.head, "leaves", c->site.head.size);
	TRY(site_get(&c->site, "/v1/log/checkpoint", &answer));
	(void)fwrite(answer.body.bytes, 1, answer.body.len, stdout);
	return OK;
}

static void tell_saved(void *context, uint64_t done, uint64_t all)
{
	output_progress(context, "%llu of %llu bundles", (unsigned long long)done, (unsigned long long)all);
}

static struct status save(struct cli *c)
{
	const char *folder = options_value(&c->options, "-o");

	if (folder == NULL)
		return cli_usage("say where to", "-o DIR");
	TRY(cli_prepared(c));
	if (mkdir(folder, 0700) != 0 && access(folder, W_OK) != 0)
		return FAIL_AT(ST_IO, "folder");
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return FAIL_AT(ST_IO, "folder");
	struct status s = logbook_save(&c->site, dir, &(struct logbook_progress){tell_saved, c});
	(void)close(dir);
	TRY(s);
	output_progress(c, "%s", "");
	output_done(c, "Saved. Anybody can check it: tacenda log verify --offline %s --key F", folder);
	return OK;
}

static struct status report(struct cli *c)
{
	AUTO(report) r = {0};
	const char *folder = options_value(&c->options, "-o"), *word = cli_argument(c, 0);
	struct patient_id id;

	if (folder == NULL)
		return cli_usage("say where to", "-o DIR");
	TRY(cli_prepared(c));
	TRY(find_patient(c, word, &id));
	TRY(report_make(c, &id, folder, &r));
	TRY(print_report(c, &r));
	output_done(c,
		    "\nTo read and to print: %s/" REPORT_HTML
		    "\nAnybody can check it without this server: tacenda log verify --offline %s --key F",
		    folder, folder);
	return OK;
}

static const struct option_spec list_options[] = {
	{"--patient", "P", "what happened to one patient file (its owner)", false, 0},
	{"--login", "L", "what one user did", false, 0},
	{"--action", "A",
	 "only this: sign-ins (and all about them), sign-in, read, list, write, delete, statement, refusal, "
	 "administration, ...",
	 false, 0},
	{"--failed", NULL, "only what was refused or failed", false, 0},
	{"--unusual", NULL, "only sign-ins that look as if several people used a login", false, 0},
	{"--csv", NULL, "a table for spreadsheets (RFC 4180)", false, 0},
	{"--since", "T", "not before: RFC 3339, a date, or an age such as 7d", false, 0},
	{"--until", "T", "not after", false, 0},
	{0},
};
static const struct option_spec verify_options[] = {
	{"--offline", "DIR", "check a saved log or a report to a patient, without any server", false, 0},
	{"--key", "F", "file with the log's key", false, 0},
	{0},
};
static const struct option_spec report_options[] = {{"-o", "DIR", "folder to make", false, 'o'}, {0}};
static const struct option_spec save_options[] = {{"-o", "DIR", "folder to make", false, 'o'}, {0}};

const struct command commands_log[] = {
	{"log list", "", 0, 0, list_options, list, "list what happened, newest first, each entry proven",
	 "tacenda log list --action sign-ins --since 30d --csv", NULL},
	{"log verify", "", 0, 0, verify_options, verify, "check that the log is whole and the one you have seen before",
	 "tacenda log verify --offline saved --key log.key", NULL},
	{"log checkpoint", "", 0, 0, NULL, checkpoint, "print the newest signed checkpoint", "tacenda log checkpoint",
	 NULL},
	{"log report", "PATIENT", 1, 1, report_options, report,
	 "make the report of who opened one patient file, with proofs, to hand to the patient (its owner)",
	 "tacenda log report 4k2m -o report", NULL},
	{"log save", "", 0, 0, save_options, save, "save the whole log for checking elsewhere",
	 "tacenda log save -o saved", NULL},
	{0},
};
