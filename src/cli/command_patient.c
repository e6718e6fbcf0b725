/* SPDX-License-Identifier: Apache-2.0 */
/* command_patient: make, correct, list, find, show and delete patient files. */
#include "approvals.h"
#include "filesource.h"
#include "output.h"
#include "patientchange.h"
#include "patientresource.h"

#include <stdio.h>
#include <string.h>

/** Demographics and the memory that their texts may be in. */
struct who {
	struct demographics d;
	struct arena arena;
	struct json_document document;
	struct buffer file;
};
static void who_clear(struct who *w)
{
	arena_clear(&w->arena);
	json_document_clear(&w->document);
	buffer_clear(&w->file);
}

static struct status take_identifier(struct demographics *d, const char *word)
{
	struct text value = text_of(word), system = {0};

	if (d->identifier_count == DEMOGRAPHICS_IDENTIFIERS)
		return cli_usage("too many identifiers", word);
	if (memchr(value.at, '|', value.len) != NULL)
		(void)text_split(&value, '|', &system);
	if (value.len == 0)
		return cli_usage("an identifier is [SYSTEM|]VALUE", word);
	d->identifiers[d->identifier_count++] = (struct demographics_identifier){system, value};
	return OK;
}

/** What the options say replaces what was there; a list that is given replaces the list. */
static struct status take_options(const struct cli *c, struct demographics *d)
{
	const struct {
		const char *name;
		struct text *field;
	} texts[] = {{"--family", &d->family}, {"--birth", &d->birth}, {"--sex", &d->sex}};
	size_t cursor = 0;
	const char *word;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (options_value(&c->options, texts[i].name) != NULL)
			*texts[i].field = text_of(options_value(&c->options, texts[i].name));
	if (options_has(&c->options, "--given"))
		d->given_count = 0;
	while ((word = options_next(&c->options, "--given", &cursor)) != NULL) {
		if (d->given_count == DEMOGRAPHICS_GIVEN)
			return cli_usage("too many given names", word);
		d->given[d->given_count++] = text_of(word);
	}
	if (options_has(&c->options, "--identifier"))
		d->identifier_count = 0;
	for (cursor = 0; (word = options_next(&c->options, "--identifier", &cursor)) != NULL;)
		TRY(take_identifier(d, word));
	return OK;
}

/** --from: a FHIR Patient resource. */
static struct status take_resource(const struct cli *c, struct who *w)
{
	const char *from = options_value(&c->options, "--from");

	if (from == NULL)
		return OK;
	w->file = (struct buffer){.max = LIMIT_JSON_BYTES, .wipe = true};
	TRY(filesource_load(from, &w->file));
	TRY(json_parse(buffer_bytes(&w->file), &json_limits_import, &w->document));
	return patientresource_read(json_root(&w->document), &w->d);
}

static struct status gather(const struct cli *c, struct who *w)
{
	w->arena.max = LIMIT_JSON_BYTES;
	TRY(take_resource(c, w));
	TRY(take_options(c, &w->d));
	if (w->d.family.len == 0 && w->d.given_count == 0 && w->d.identifier_count == 0)
		return cli_usage("give at least a name or an identifier", "--family, --given, --identifier");
	return demographics_check(&w->d);
}

static struct status add(struct cli *c)
{
	AUTO(who) who = {0};
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};

	TRY(gather(c, &who));
	TRY(cli_prepared(c));
	changeset_begin(&c->site, &set);
	TRY(patientchange_add(&c->site, &who.d, NULL, &set, &file));
	TRY(changeset_send(&set, NULL));
	struct id_text id = id_print(ID_PATIENT, &file.id.uuid);
	return output_object(c, &CELL_STRING("id", id.at), 1);
}

static struct status open_list(struct cli *c, struct patientlist *out);

/** One of the list; of a file that is not in it any more its statements say why. */
static struct status find_listed(struct cli *c, const struct patientlist *list, const struct patient_id *id,
				 const struct patientlist_item **out)
{
	AUTO(patientfile) file = {0};
	const struct status s = patientlist_get(list, id, out);

	if (s.code != ST_NOT_FOUND)
		return s;
	TRY(patientfile_open(&c->site, id, &file));
	return s;
}

static struct status edit(struct cli *c)
{
	AUTO(who) who = {0};
	AUTO(patientlist) list = {0};
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};
	const struct patientlist_item *item;
	struct patient_id id;

	TRY(open_list(c, &list));
	TRY(patientlist_resolve(&list, text_of(cli_argument(c, 0)), &id));
	TRY(find_listed(c, &list, &id, &item));
	if (item->demographics.len == 0)
		return FAIL_AT(ST_DENIED, "identity");
	who.arena.max = LIMIT_JSON_BYTES;
	TRY(demographics_read(item->demographics, &who.arena, &who.document, &who.d));
	TRY(take_options(c, &who.d));
	TRY(demographics_check(&who.d));
	TRY(patientfile_open(&c->site, &id, &file));
	changeset_begin(&c->site, &set);
	TRY(patientchange_edit(&file, &item->identity, &who.d, &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "Corrected.");
	return OK;
}

static void tell_progress(void *context, size_t fetched)
{
	output_progress(context, "%zu patient files", fetched);
}

static struct status open_list(struct cli *c, struct patientlist *out)
{
	TRY(cli_prepared(c));
	TRY(patientlist_open(&c->site, &(struct patientlist_progress){tell_progress, c}, out));
	output_progress(c, "%s", "");
	return OK;
}

/** Given names and identifiers joined for one cell. */
static struct status join_lists(const struct demographics *d, struct buffer *given, struct buffer *identifiers)
{
	for (size_t i = 0; i < d->given_count; i++)
		TRY(buffer_print(given, "%s%.*s", i > 0 ? " " : "", TEXT_ARG(d->given[i])));
	for (size_t i = 0; i < d->identifier_count; i++) {
		const struct demographics_identifier *one = &d->identifiers[i];
		TRY(buffer_print(identifiers, "%s%.*s%s%.*s", i > 0 ? "," : "", TEXT_ARG(one->system),
				 one->system.len > 0 ? "|" : "", TEXT_ARG(one->value)));
	}
	return OK;
}

struct printing {
	struct cli *cli;
	struct output *rows; /* NULL: one object */
};

static struct status print_item(void *context, const struct patientlist_item *item)
{
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 65536};
	AUTO(buffer) given = {.max = 4096, .wipe = true}, identifiers = {.max = 8192, .wipe = true};
	const struct printing *p = context;
	struct demographics d = {0};
	struct id_text id = id_print(ID_PATIENT, &item->patient.uuid);

	/* A sealed identity shows its pseudonym, the id, and nothing in place of a name. */
	if (item->demographics.len > 0)
		TRY(demographics_read(item->demographics, &arena, &document, &d));
	TRY(join_lists(&d, &given, &identifiers));
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("family", item->demographics.len > 0 ? d.family : (struct text){0}),
		CELL_TEXT("given", text_from(buffer_bytes(&given))),
		CELL_TEXT("birth", d.birth),
		CELL_TEXT("sex", d.sex),
		CELL_WORDS("identifiers", text_from(buffer_bytes(&identifiers))),
		CELL_BOOL("sealed", item->demographics.len == 0),
		CELL_TEXT("owner", cli_login(p->cli, &item->owner)),
		CELL_TIME("ends", item->ends),
	};
	/* No end is no time. */
	const size_t count = item->ends != 0 || (p->rows != NULL && !p->cli->json) ? COUNT(cells) : COUNT(cells) - 1;
	return p->rows != NULL ? output_row(p->rows, cells, count) : output_object(p->cli, cells, count);
}

static struct status list_all(struct cli *c)
{
	AUTO(patientlist) list = {0};
	AUTO(output) rows;
	struct printing printing = {c, &rows};
	bool mine = options_has(&c->options, "--mine"), shared = options_has(&c->options, "--shared");

	output_begin(c, &rows);
	TRY(open_list(c, &list));
	for (size_t i = 0; i < list.count; i++) {
		bool own = uuid_equal(&list.items[i].owner.uuid, &c->keys.person.user.uuid);
		if ((mine && !own) || (shared && own))
			continue;
		TRY(print_item(&printing, &list.items[i]));
	}
	return output_end(&rows, "No patient files. Make one: tacenda patient add --family ... --given ...");
}

static struct status find(struct cli *c)
{
	AUTO(patientlist) list = {0};
	AUTO(output) rows;
	struct printing printing = {c, &rows};

	output_begin(c, &rows);
	TRY(open_list(c, &list));
	TRY(patientlist_find(&list, text_of(cli_argument(c, 0)), print_item, &printing));
	return output_end(&rows, "Nobody found.");
}

static struct status show(struct cli *c)
{
	AUTO(patientlist) list = {0};
	const struct patientlist_item *item;
	struct printing printing = {c, NULL};
	struct patient_id id;

	TRY(open_list(c, &list));
	TRY(patientlist_resolve(&list, text_of(cli_argument(c, 0)), &id));
	TRY(find_listed(c, &list, &id, &item));
	return print_item(&printing, item);
}

/** What was signed, and what it does: one object, and a sentence for people. */
static struct status tell_change(struct cli *c, const struct patient_id *patient, const struct changeset_place *place,
				 uint64_t ends)
{
	AUTO(buffer) name = {.max = 80};
	struct id_text id = id_print(ID_PATIENT, &patient->uuid);

	TRY(text_put_hex(&name, hash_bytes(&place->name)));
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("statement", text_from(buffer_bytes(&name))),
		CELL_TIME("ends", ends),
	};
	return output_object(c, cells, ends != 0 ? COUNT(cells) : COUNT(cells) - 1);
}

static struct status withdraw(struct cli *c, struct patientfile *file)
{
	AUTO(changeset) set = {0};
	struct changeset_place place;

	changeset_begin(&c->site, &set);
	TRY(patientchange_keep(file, &set));
	TRY(changeset_send(&set, &place));
	TRY(tell_change(c, &file->id, &place, 0));
	output_done(c, "Withdrawn; the file stays.");
	return OK;
}

/** By the noun of its refusal. */
static bool wants_second_person(const struct cli *c, struct status sent)
{
	return sent.code == ST_DENIED && strncmp(c->site.https.problem.detail, "approval:", 9) == 0;
}

static struct status look_at_approval(void *context, const struct approvals_item *item)
{
	(void)context;
	(void)item;
	return OK;
}

static struct status delete_file(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};
	struct changeset_place place;

	TRY(cli_patient(c, cli_argument(c, 0), &file));
	if (options_has(&c->options, "--withdraw"))
		return withdraw(c, &file);
	TRY(cli_confirm(c, "Delete this patient file? In 7 days nobody opens it any more, nor can it be undone then."));
	/* What was agreed to is verified with the file at hand before anything is signed on the strength of it. */
	TRY(approvals_list_with(&c->site, &file.state, look_at_approval, NULL));
	changeset_begin(&c->site, &set);
	TRY(patientchange_end(&file, &set));
	const struct status sent = changeset_send(&set, &place);
	if (wants_second_person(c, sent))
		return command_approval_ask_deletion(c, &file.id);
	TRY(sent);
	TRY(tell_change(c, &file.id, &place, place.time + AUTHORITY_END_MS));
	output_done(c, "Until then it works as before, and you can withdraw this: tacenda patient delete %s --withdraw",
		    cli_argument(c, 0));
	return OK;
}

static const struct option_spec demographic_options[] = {
	{"--family", "NAME", "family name", false, 0},
	{"--given", "NAME", "given name", true, 0},
	{"--birth", "YYYY-MM-DD", "date of birth", false, 0},
	{"--sex", "WORD", "female, male, other or unknown", false, 0},
	{"--identifier", "[SYSTEM|]VALUE", "an identifier", true, 0},
	{"--from", "FILE", "a FHIR Patient resource; - is standard input", false, 0},
	{0},
};
static const struct option_spec delete_options[] = {
	{"--withdraw", NULL, "take the deletion back before it counts", false, 0},
	{0},
};
static const struct option_spec list_options[] = {
	{"--mine", NULL, "only files that you own", false, 0},
	{"--shared", NULL, "only files that others shared with you", false, 0},
	{0},
};

const struct command commands_patient[] = {
	{"patient add", "", 0, 0, demographic_options, add, "make a patient file",
	 "tacenda patient add --family Aubrey --given Noor --birth 1951-03-14 --sex female --identifier "
	 "'urn:clinic|A-1'",
	 NULL},
	{"patient edit", "PATIENT", 1, 1, demographic_options, edit, "correct who a patient is",
	 "tacenda patient edit pt-0dq3... --family Aubrey-Lind",
	 "What is not given stays; --given and --identifier replace the whole list."},
	{"patient list", "", 0, 0, list_options, list_all, "list the patient files you may open",
	 "tacenda patient list --mine", NULL},
	{"patient find", "TEXT", 1, 1, NULL, find, "find patients by name, birth date or identifier",
	 "tacenda patient find 'aub 1951'",
	 "Words may be beginnings; case and accents do not matter. The search runs here."},
	{"patient show", "PATIENT", 1, 1, NULL, show, "show one patient", "tacenda patient show pt-0dq3...", NULL},
	{"patient delete", "PATIENT", 1, 1, delete_options, delete_file,
	 "delete a patient file, signed, 7 days from now",
	 "tacenda patient delete pt-0dq3...\n  tacenda patient delete pt-0dq3... --withdraw",
	 "Its owner alone may. It counts 7 days after it was logged; until then the file works as before, everybody "
	 "who "
	 "sees it sees when it ends, and --withdraw takes it back. Then nobody is served or opens it any more, and its "
	 "owner still reads its log. Where the setting patient.delete is second-person, the command first asks for one "
	 "(tacenda approvals) and is run again once it was approved. The keys are not destroyed yet: whoever copied "
	 "them or the contents before keeps "
	 "what he copied, and so do backups."},
	{0},
};
