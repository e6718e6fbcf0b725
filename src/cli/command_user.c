/* SPDX-License-Identifier: Apache-2.0 */
/* command_user: who belongs to the site. */
#include "output.h"
#include "rights.h"
#include "userchange.h"

static struct status profile_option(struct cli *c, enum profile otherwise, enum profile *out)
{
	const char *word = options_value(&c->options, "--profile");
	uint32_t value = otherwise;

	if (word != NULL && !ok(vocabulary_value(VOCABULARY_PROFILE, text_of(word), &value)))
		return cli_usage("a profile is administrator, clinician, assistant or auditor", word);
	*out = value;
	return OK;
}

static struct status rights_option(struct cli *c, uint32_t otherwise, uint32_t *out)
{
	const char *list = options_value(&c->options, "--rights");

	*out = otherwise;
	if (list != NULL && !ok(vocabulary_to_rights(text_of(list), out)))
		return cli_usage("not a list of rights", list);
	return OK;
}

static struct text name_option(struct cli *c)
{
	const char *name = options_value(&c->options, "--name");

	return name != NULL ? text_of(name) : (struct text){0};
}

/** Send, then print the code, which is told once. */
static struct status invite_and_print(struct cli *c, const struct userchange_invite *invite)
{
	AUTO(changeset) set = {0};
	AUTO(invitation) code = {0};
	AUTO(buffer) line = {.max = INVITATION_TEXT_MAX + 1, .wipe = true};
	struct user_id user = invite->user;

	changeset_begin(&c->site, &set);
	TRY(userchange_invite(&c->site, invite, &set, &code));
	TRY(changeset_send(&set, NULL));
	TRY(invitation_print(&code, &line));
	if (uuid_is_zero(&user.uuid)) {
		struct person person;
		c->site.prepared = false;
		TRY(site_prepare(&c->site));
		TRY(directory_state_find_login(&c->site.directory, invite->login, &person));
		user = person.id;
	}
	struct id_text id = id_print(ID_USER, &user.uuid);
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("login", invite->login),
		CELL_TEXT("invitation", text_from(buffer_bytes(&line))),
	};
	TRY(output_object(c, cells, COUNT(cells)));
	output_done(
		c, "\nGive this line to %.*s. It ends in 7 days or when it was used: tacenda enrol --invitation-file F",
		TEXT_ARG(invite->login));
	return OK;
}

static struct status add(struct cli *c)
{
	struct userchange_invite invite = {.login = text_of(cli_argument(c, 0)), .name = name_option(c)};
	struct person taken;

	if (options_value(&c->options, "--profile") == NULL)
		return cli_usage("say which", "--profile administrator|clinician|assistant|auditor");
	TRY(profile_option(c, PROFILE_ASSISTANT, &invite.profile));
	TRY(rights_option(c, rights_default(invite.profile), &invite.rights));
	TRY(cli_prepared(c));
	if (ok(directory_state_find_login(&c->site.directory, invite.login, &taken)))
		return FAIL_AT(ST_CONFLICT, "login");
	return invite_and_print(c, &invite);
}

static struct status invite(struct cli *c)
{
	struct person person;

	TRY(cli_user(c, cli_argument(c, 0), &person));
	struct userchange_invite again = {
		.user = person.id, .login = person.login, .profile = person.profile, .rights = person.rights};
	return invite_and_print(c, &again);
}

static struct status print_user(struct output *rows, const struct cli *c, const struct person *p)
{
	AUTO(buffer) words = {.max = 256};
	struct id_text id = id_print(ID_USER, &p->id.uuid);

	TRY(vocabulary_put_rights(&words, p->rights));
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("login", p->login),
		CELL_TEXT("profile", vocabulary_word(VOCABULARY_PROFILE, p->profile)),
		CELL_WORDS("rights", text_from(buffer_bytes(&words))),
		CELL_TEXT("state", p->enrolled ? vocabulary_word(VOCABULARY_USER_STATE, p->state) : TEXT("invited")),
	};
	return rows != NULL ? output_row(rows, cells, COUNT(cells)) : output_object(c, cells, COUNT(cells));
}

static struct status list(struct cli *c)
{
	AUTO(output) rows;
	struct person person;
	size_t cursor = 0;

	output_begin(c, &rows);
	TRY(cli_prepared(c));
	while (directory_state_next(&c->site.directory, &cursor, &person))
		TRY(print_user(&rows, c, &person));
	return output_end(&rows, "Nobody.");
}

static struct status show(struct cli *c)
{
	struct person person;

	TRY(cli_user(c, cli_argument(c, 0), &person));
	return print_user(NULL, c, &person);
}

static struct status change(struct cli *c, const struct userchange_set *wanted, const char *said)
{
	AUTO(changeset) set = {0};

	changeset_begin(&c->site, &set);
	TRY(userchange_set(&c->site, wanted, &set));
	TRY(changeset_send(&set, NULL));
	output_done(c, "%s", said);
	return OK;
}

static struct status set_user(struct cli *c)
{
	struct person person;
	struct userchange_set wanted = {.name = name_option(c)};

	TRY(cli_user(c, cli_argument(c, 0), &person));
	wanted.user = person.id;
	wanted.state = person.state;
	TRY(profile_option(c, person.profile, &wanted.profile));
	uint32_t rights = person.rights & rights_maximum(wanted.profile);
	if (wanted.profile != person.profile)
		rights = rights_default(wanted.profile);
	TRY(rights_option(c, rights, &wanted.rights));
	return change(c, &wanted, "Changed; the user's sessions have ended.");
}

static struct status set_state(struct cli *c, enum user_state state, const char *said)
{
	struct person person;

	TRY(cli_user(c, cli_argument(c, 0), &person));
	struct userchange_set wanted = {person.id, person.profile, person.rights, state, {0}};
	return change(c, &wanted, said);
}

static struct status disable(struct cli *c)
{
	struct person person;

	/* Nobody is asked about a login that is not there. */
	TRY(cli_user(c, cli_argument(c, 0), &person));
	TRY(cli_confirm(c, "Disable this user? All sessions end at once."));
	return set_state(c, USER_DISABLED, "Disabled.");
}

static struct status enable(struct cli *c)
{
	return set_state(c, USER_ACTIVE, "Enabled.");
}

#define USER_OPTIONS \
	{"--profile", "P", "administrator, clinician, assistant or auditor", false, 0}, \
		{"--name", "N", "the person's name", false, 0}, \
	{ \
		"--rights", "LIST", "identity,read,write,share,export,sign,delete,break-glass", false, 0 \
	}
static const struct option_spec user_options[] = {USER_OPTIONS, {0}};

const struct command commands_user[] = {
	{"user add", "LOGIN", 1, 1, user_options, add, "invite a new person",
	 "tacenda user add amelie --profile assistant --name 'Amelie Roux'", NULL},
	{"user list", "", 0, 0, NULL, list, "list everybody", "tacenda user list", NULL},
	{"user show", "LOGIN", 1, 1, NULL, show, "show one user", "tacenda user show amelie", NULL},
	{"user set", "LOGIN", 1, 1, user_options, set_user, "change name, profile or rights; ends the user's sessions",
	 "tacenda user set amelie --rights identity,read", NULL},
	{"user invite", "LOGIN", 1, 1, NULL, invite, "make a new invitation for somebody who has not enrolled yet",
	 "tacenda user invite amelie", NULL},
	{"user disable", "LOGIN", 1, 1, NULL, disable, "end all sessions and refuse new ones",
	 "tacenda user disable amelie", NULL},
	{"user enable", "LOGIN", 1, 1, NULL, enable, "let a disabled user work again", "tacenda user enable amelie",
	 NULL},
	{0},
};
