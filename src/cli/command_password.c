/* SPDX-License-Identifier: Apache-2.0 */
/* command_password: changing the password one signs in with. */
#include "output.h"
#include "placed.h"
#include "signin.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

static struct status new_password(struct cli *c, struct secret *out)
{
	if (options_value(&c->options, "--new-password-file") != NULL || !terminal_can_ask())
		return cli_secret(c, "--new-password-file", "", out);
	return terminal_ask_new_secret("New password: ", "New password again: ", out);
}

static struct status change(struct cli *c)
{
	AUTO(secret) present = {0}, fresh = {0};
	AUTO(buffer) body = {.max = 16384, .wipe = true};
	AUTO(https_answer) answer = {0};
	struct jsonwriter w = jsonwriter_of(&body);

	TRY(cli_signed_in(c));
	TRY(cli_secret(c, "--password-file", "Present password: ", &present));
	TRY(new_password(c, &fresh));
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "present", text_from(secret_bytes(&present)));
	jsonwriter_text(&w, "new", text_from(secret_bytes(&fresh)));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(site_send(&c->site, "PUT", "/v1/password", &body, &answer));
	output_done(c, "Changed. Your other sessions have ended.");
	return OK;
}

/* --- A forgotten one --- */

/** Without a session: the code and the key say who it is. */
static struct status reset(struct cli *c)
{
	AUTO(secret) code = {0}, fresh = {0};
	struct signin_device device;

	if (options_value(&c->options, "--code-file") == NULL && !terminal_can_ask())
		return cli_usage("say where the code is", "--code-file F");
	TRY(cli_home(c));
	TRY(cli_device(c, &device));
	TRY(cli_site(c));
	TRY(cli_secret(c, "--code-file", "Code from the administrator: ", &code));
	TRY(new_password(c, &fresh));
	const struct status sent =
		signin_reset(&c->site, text_from(secret_bytes(&code)), secret_bytes(&fresh), &device);
	if (sent.code == ST_UNPROVEN) {
		/* The server's advice is for programs; a person wants to know what to do. */
		c->site.https.problem = (struct problem_answer){0};
		return FAIL_AT(ST_UNPROVEN, "code: it does not fit, was used or has ended; ask an administrator for a "
					    "new one (tacenda user reset)");
	}
	TRY(sent);
	output_done(c, "Changed. Sign in with the new password: tacenda login");
	return OK;
}

struct code_answer {
	struct text code;
	uint64_t ends;
};
static const struct jsonfield code_rows[] = {
	{.name = "code",
	 .type = JSONFIELD_TEXT,
	 .offset = offsetof(struct code_answer, code),
	 .required = true,
	 .min = 1,
	 .max = 128},
	{.name = "ends", .type = JSONFIELD_TIME, .offset = offsetof(struct code_answer, ends), .required = true},
};
static const struct jsonfield_table code_table = JSONFIELD_TABLE(struct code_answer, code_rows);

static struct status user_reset(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = 4096};
	struct code_answer made = {0};
	struct person person;
	char path[80];

	TRY(cli_user(c, cli_argument(c, 0), &person));
	(void)snprintf(path, sizeof path, "/v1/users/%s/reset", id_print(ID_USER, &person.id.uuid).at);
	TRY(site_send(&c->site, "POST", path, NULL, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &code_table, &arena, &document, &made));
	const struct id_text id = id_print(ID_USER, &person.id.uuid);
	const struct output_cell cells[] = {
		CELL_STRING("id", id.at),
		CELL_TEXT("login", person.login),
		CELL_TEXT("code", made.code),
		CELL_TIME("ends", made.ends),
	};
	TRY(output_object(c, cells, COUNT(cells)));
	output_done(c,
		    "\nGive this code to %.*s, to nobody else; it is shown once and ends in 24 hours:\n"
		    "  tacenda password reset --code-file F\nIt opens nothing without the security file.",
		    TEXT_ARG(person.login));
	return OK;
}

static const struct option_spec reset_options[] = {
	{"--code-file", "F", "the code that an administrator gave you", false, 0},
	{"--new-password-file", "F", "the new password", false, 0},
	{0},
};
static const struct option_spec change_options[] = {
	{"--password-file", "F", "the present password", false, 0},
	{"--new-password-file", "F", "the new one", false, 0},
	{0},
};

const struct command commands_password[] = {
	{"password change", "", 0, 0, change_options, change,
	 "change the password you sign in with; ends your other sessions", "tacenda password change", NULL},
	{"password reset", "", 0, 0, reset_options, reset,
	 "set a new password with the code of an administrator and your security file",
	 "tacenda password reset --code-file code.txt", "All your sessions end. Sign in afterwards: tacenda login"},
	{"user reset", "LOGIN", 1, 1, NULL, user_reset,
	 "make a one-time code for somebody who forgot the password (administrator)", "tacenda user reset amelie",
	 "The code is shown once, ends after 24 hours, with its use, or with a newer one. The user is told by a "
	 "notice. "
	 "Without the user's security file it is good for nothing."},
	{0},
};
