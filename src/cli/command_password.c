/* SPDX-License-Identifier: Apache-2.0 */
/* command_password: changing the password one signs in with. */
#include "output.h"
#include "terminal.h"

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
	TRY(site_call(&c->site,
		      &(struct https_call){.method = "PUT",
					   .path = "/v1/password",
					   .content_type = "application/json",
					   .body = buffer_bytes(&body),
					   .max = 65536},
		      &answer));
	output_done(c, "Changed. Your other sessions have ended.");
	return OK;
}

static const struct option_spec change_options[] = {
	{"--password-file", "F", "the present password", false, 0},
	{"--new-password-file", "F", "the new one", false, 0},
	{0},
};

const struct command commands_password[] = {
	{"password change", "", 0, 0, change_options, change,
	 "change the password you sign in with; ends your other sessions", "tacenda password change", NULL},
	{0},
};
