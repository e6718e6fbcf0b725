/* SPDX-License-Identifier: Apache-2.0 */
#include "factorprompt.h"

#include "terminal.h"

/* In the home: the last sign-in took a second factor. */
#define MARK "second-factor"

struct status factorprompt_remember(struct cli *c)
{
	return os_save(&os_real, c->home, MARK, BYTES_LITERAL("1\n"));
}

/** From its file; typed, where the last sign-in took one or ${wanted}; else none. */
static struct status second_factor(struct cli *c, bool wanted, struct secret *out)
{
	AUTO(buffer) kept = {.max = 16};
	const bool given = options_value(&c->options, "--code-file") != NULL;

	if (!given && !wanted && !ok(os_load(&os_real, c->home, MARK, kept.max, &kept)))
		return OK;
	if (!given && !terminal_can_ask())
		return wanted ? FAIL_AT(ST_PENDING, "second factor: run tacenda login --code-file F") : OK;
	return cli_secret(c, "--code-file", "Code of your second factor: ", out);
}

struct status factorprompt_sign_in(struct cli *c, const struct secret *password, const struct signin_device *device,
				   struct signin_session *out)
{
	AUTO(secret) code = {0};
	struct signin_entry entry = {.password = secret_bytes(password), .device = device};

	TRY(second_factor(c, false, &code));
	entry.code = text_trim(text_from(secret_bytes(&code)));
	struct status s = signin_open(&c->site, &entry, out);
	if (s.code == ST_PENDING && entry.code.len == 0) {
		c->site.https.problem = (struct problem_answer){0};
		TRY(second_factor(c, true, &code));
		entry.code = text_trim(text_from(secret_bytes(&code)));
		s = signin_open(&c->site, &entry, out);
	}
	/* The server's advice is for programs; a person wants to know what was wrong. */
	if (s.code == ST_UNPROVEN) {
		c->site.https.problem = (struct problem_answer){0};
		return entry.code.len > 0 ? FAIL_AT(ST_UNPROVEN, "login, password or code: they do not fit together")
					  : FAIL_AT(ST_UNPROVEN, "login or password: they do not fit together");
	}
	if (ok(s) && entry.code.len > 0)
		(void)ok(factorprompt_remember(c));
	else if (ok(s))
		(void)ok(os_remove(&os_real, c->home, MARK));
	return s;
}
