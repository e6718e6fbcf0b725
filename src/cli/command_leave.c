/* SPDX-License-Identifier: Apache-2.0 */
/* command_leave: handing over one's patient files, and letting somebody leave who did or did not. */
#include "output.h"
#include "pages.h"
#include "patientchange.h"
#include "rights.h"
#include "userchange.h"

#include <stdio.h>
#include <string.h>

/* --- Handing over: who leaves, while he is there --- */

struct handing {
	struct cli *cli;
	struct output *rows;
	struct person to;
	uint32_t permissions; /* what he may give and the other may have */
	size_t shared;
};

static struct status print_handed(struct handing *h, const struct patient_id *patient, const char *state)
{
	const struct id_text id = id_print(ID_PATIENT, &patient->uuid);
	const struct output_cell cells[] = {CELL_STRING("id", id.at), CELL_STRING("state", state)};

	return output_row(h->rows, cells, COUNT(cells));
}

static struct status hand_over_one(struct handing *h, const struct patient_id *patient)
{
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};
	struct cli *c = h->cli;

	TRY(patientfile_open(&c->site, patient, &file));
	const struct authority_grant held =
		patient_state_grant(&file.state, RECIPIENT_USER, &h->to.id.uuid, POSITION_NOW);
	if (held.exists && held.until == 0 && (h->permissions & ~held.permissions) == 0)
		return print_handed(h, patient, "shared before");
	const struct patientchange_share share = {.user = h->to.id,
						  .permissions = h->permissions | (held.exists ? held.permissions : 0)};
	changeset_begin(&c->site, &set);
	TRY(patientchange_share(&file, &share, &set));
	TRY(changeset_send(&set, NULL));
	h->shared++;
	return print_handed(h, patient, "shared");
}

static struct status check_successor(struct cli *c, const struct person *me, const struct person *to)
{
	if (to->profile != PROFILE_CLINICIAN && to->profile != PROFILE_ASSISTANT)
		return cli_usage("patient files are handed over to a clinician or an assistant", cli_argument(c, 0));
	if (uuid_equal(&to->id.uuid, &me->id.uuid))
		return cli_usage("that is you", cli_argument(c, 0));
	if (!to->enrolled || to->state != USER_ACTIVE)
		return FAIL_AT(ST_CONFLICT, "successor: has no keys yet, or is disabled");
	return OK;
}

static struct status hand_over(struct cli *c)
{
	AUTO(patientlist) list = {0};
	AUTO(output) rows;
	struct handing h = {.cli = c, .rows = &rows};
	struct person me;

	output_begin(c, &rows);
	TRY(cli_user(c, cli_argument(c, 0), &h.to));
	TRY(directory_state_find(&c->site.directory, &c->keys.person.user, POSITION_NOW, &me));
	TRY(check_successor(c, &me, &h.to));
	h.permissions = me.rights & h.to.rights & rights_maximum(h.to.profile) & ~(uint32_t)RIGHT_BREAK_GLASS;
	TRY(cli_confirm(c, "Share every patient file of your own with this person, with all that you may give?"));
	TRY(patientlist_open(&c->site, NULL, &list));
	for (size_t i = 0; i < list.count; i++)
		if (uuid_equal(&list.items[i].owner.uuid, &me.id.uuid))
			TRY(hand_over_one(&h, &list.items[i].patient));
	TRY(output_end(&rows, "You own no patient file."));
	if (rows.count > 0)
		output_done(c, "\n%zu shared. You stay the owner; an administrator now runs: tacenda user leave",
			    h.shared);
	return OK;
}

/* --- Leaving: an administrator --- */

struct file_row {
	struct patient_id patient;
	bool handed_over;
	uint64_t holders;
};
#define FILE_ROW(field, kind, member, ...) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct file_row, member), .required = true, \
		__VA_ARGS__ \
	}
static const struct jsonfield file_rows[] = {
	FILE_ROW("patient", JSONFIELD_ID, patient, .id = ID_PATIENT),
	FILE_ROW("handed_over", JSONFIELD_BOOL, handed_over, .max = 0),
	FILE_ROW("holders", JSONFIELD_U64, holders, .max = 0),
};
static const struct jsonfield_table file_table = JSONFIELD_TABLE(struct file_row, file_rows);

struct leaving {
	struct person person, to;
	bool has_to;
	size_t files, handed_over, orphans; /* orphans: nobody but who leaves holds their keys */
};

struct printing {
	struct output *rows;
	struct leaving *leaving;
};
static struct status print_file(void *context, const void *item)
{
	const struct printing *to = context;
	const struct file_row *f = item;
	const struct id_text id = id_print(ID_PATIENT, &f->patient.uuid);
	const struct output_cell cells[] = {CELL_STRING("id", id.at), CELL_BOOL("handed_over", f->handed_over),
					    CELL_NUMBER("holders", f->holders)};

	to->leaving->files++;
	to->leaving->handed_over += f->handed_over ? 1 : 0;
	to->leaving->orphans += f->holders == 0 ? 1 : 0;
	return output_row(to->rows, cells, COUNT(cells));
}

static struct status list_files(struct cli *c, struct leaving *l)
{
	const struct id_text user = id_print(ID_USER, &l->person.id.uuid), heir = id_print(ID_USER, &l->to.id.uuid);
	AUTO(output) rows;
	struct printing to = {&rows, l};
	char path[160];

	output_begin(c, &rows);
	(void)snprintf(path, sizeof path, "/v1/users/%s/patients%s%s", user.at, l->has_to ? "?to=" : "",
		       l->has_to ? heir.at : "");
	TRY(pages_read(&c->site, &(struct pages){path, &file_table, print_file, &to}, NULL));
	return output_end(&rows, "No patient file of his own.");
}

static struct status confirm(struct cli *c, const struct leaving *l)
{
	AUTO(buffer) question = {.max = 512};

	TRY(buffer_print(
		&question,
		"%zu files, %zu handed over; %zu that nobody else can open. Disable this user? Who leaves runs "
		"tacenda hand-over first.",
		l->files, l->handed_over, l->orphans));
	TRY(buffer_put_u8(&question, 0));
	return cli_confirm(c, (const char *)question.bytes);
}

static struct status leave(struct cli *c)
{
	const char *to = options_value(&c->options, "--hand-over-to");
	AUTO(changeset) set = {0};
	struct leaving l = {.has_to = to != NULL};

	TRY(cli_user(c, cli_argument(c, 0), &l.person));
	if (l.has_to)
		TRY(cli_user(c, to, &l.to));
	TRY(list_files(c, &l));
	TRY(confirm(c, &l));
	const struct userchange_set wanted = {l.person.id, l.person.profile, l.person.rights, USER_DISABLED, {0}};
	changeset_begin(&c->site, &set);
	TRY(userchange_set(&c->site, &wanted, &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "\nDisabled; %zu of %zu files are handed over. The login is never given to anybody else.",
		    l.handed_over, l.files);
	return OK;
}

static const struct option_spec leave_options[] = {
	{"--hand-over-to", "LOGIN", "who is to have the patient files", false, 0},
	{0},
};

const struct command commands_leave[] = {
	{"hand-over", "LOGIN", 1, 1, NULL, hand_over, "share every patient file of your own with your successor",
	 "tacenda hand-over marie",
	 "Nobody else can do that for you: the keys are yours. The successor then reads, writes, signs and shares, "
	 "also "
	 "when you are disabled; only what takes the owner (deleting the file, reading its log) stays with you."},
	{"user leave", "LOGIN", 1, 1, leave_options, leave,
	 "disable somebody who leaves, and list what was handed over and what was not (administrator)",
	 "tacenda user leave amelie --hand-over-to marie",
	 "Files are listed by their random ids. What was not handed over before stays with those who hold a share, or "
	 "with nobody."},
	{0},
};
