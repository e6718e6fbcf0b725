/* SPDX-License-Identifier: Apache-2.0 */
/* command_share: who may do what with one patient file. */
#include "output.h"
#include "patientchange.h"

static struct status share(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};
	struct patientchange_share share = {0};
	struct person person;
	const char *allow = options_value(&c->options, "--allow"), *until = options_value(&c->options, "--until");

	if (allow == NULL)
		return cli_usage("say what is allowed",
				 "--allow identity,read,write,share,export,sign,delete,break-glass");
	if (!ok(vocabulary_to_rights(text_of(allow), &share.permissions)) || share.permissions == 0)
		return cli_usage("not a list of permissions", allow);
	if (until != NULL)
		TRY(cli_later(c, until, &share.until));
	TRY(cli_user(c, cli_argument(c, 1), &person));
	share.user = person.id;
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	if (person.profile != PROFILE_CLINICIAN && person.profile != PROFILE_ASSISTANT)
		return FAIL_AT(ST_INVALID, "share: neither administrators nor auditors are given access to a patient "
					   "file");
	changeset_begin(&c->site, &set);
	TRY(patientchange_share(&file, &share, &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "Shared with %s: %s.", cli_argument(c, 1), allow);
	return OK;
}

static struct status unshare(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(changeset) set = {0};
	struct patientchange_share share = {0};
	struct person person;

	TRY(cli_user(c, cli_argument(c, 1), &person));
	share.user = person.id;
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	changeset_begin(&c->site, &set);
	TRY(patientchange_share(&file, &share, &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "Ended. What comes from now on is under new keys; what %s could read before, he may have kept.",
		    cli_argument(c, 1));
	return OK;
}

static struct status print_share(struct cli *c, struct output *rows, const struct person *person, uint32_t permissions,
				 const struct authority_grant *grant, bool owner)
{
	AUTO(buffer) words = {.max = 256};

	TRY(vocabulary_put_rights(&words, permissions));
	const struct output_cell cells[] = {
		CELL_TEXT("login", person->login),
		CELL_WORDS("allow", text_from(buffer_bytes(&words))),
		CELL_BOOL("owner", owner),
		CELL_TEXT("state", vocabulary_word(VOCABULARY_USER_STATE, person->state)),
		CELL_TIME("until", grant->until),
		CELL_TEXT("by", owner ? (struct text){0} : cli_login(c, &grant->by)),
	};
	/* No end is no time. */
	return output_row(rows, cells, grant->until != 0 || !c->json ? COUNT(cells) : 4);
}

/** Whether somebody still holds a key who may read no more; who writes next renews it, without him (PROMISES#B5). */
static struct status tell_rekeying(struct cli *c, const struct patientfile *file)
{
	const struct people people = site_people(&c->site);
	const struct place now = {.position = POSITION_NOW, .time = clock_wall(&clock_system)};
	bool identity = false, clinical = false;

	TRY(patient_state_must_rekey(&file->state, &people, COMPARTMENT_IDENTITY, now, &identity));
	TRY(patient_state_must_rekey(&file->state, &people, COMPARTMENT_CLINICAL, now, &clinical));
	if (identity || clinical)
		output_done(
			c, "Re-keying is due: somebody holds a key who may not read any more. Nothing is written under "
			   "it; whoever writes next renews it.");
	return OK;
}

static struct status shares(struct cli *c)
{
	AUTO(patientfile) file = {0};
	AUTO(output) rows;
	struct person person;
	size_t cursor = 0;

	output_begin(c, &rows);
	TRY(cli_patient(c, cli_argument(c, 0), &file));
	while (directory_state_next(&c->site.directory, &cursor, &person)) {
		bool owner = uuid_equal(&person.id.uuid, &file.state.owner.uuid);
		struct authority_grant grant =
			patient_state_grant(&file.state, RECIPIENT_USER, &person.id.uuid, POSITION_NOW);
		if (owner)
			TRY(print_share(c, &rows, &person, RIGHTS_ALL, &(struct authority_grant){0}, true));
		else if (grant.exists)
			TRY(print_share(c, &rows, &person, grant.permissions, &grant, false));
	}
	TRY(output_end(&rows, "Nobody."));
	return tell_rekeying(c, &file);
}

static const struct option_spec share_options[] = {
	{"--allow", "LIST", "identity,read,write,share,export,sign,delete,break-glass", false, 0},
	{"--until", "T", "RFC 3339, a date, or a span such as 30d", false, 0},
	{0},
};

const struct command commands_share[] = {
	{"share", "PATIENT LOGIN", 2, 2, share_options, share, "give one user access to one patient file",
	 "tacenda share pt-0dq3... amelie --allow identity,read,write --until 30d",
	 "identity opens names only; read opens pseudonymous charts; both together open dictations, letters and "
	 "photos."},
	{"unshare", "PATIENT LOGIN", 2, 2, NULL, unshare, "take it away, and renew the keys",
	 "tacenda unshare pt-0dq3... amelie", NULL},
	{"shares", "PATIENT", 1, 1, NULL, shares, "list who has access, as the signed grants say",
	 "tacenda shares pt-0dq3...", NULL},
	{0},
};
