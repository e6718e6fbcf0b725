/* SPDX-License-Identifier: Apache-2.0 */
/* command_person: becoming a person of a site, signing in and out, the security file. */
#include "agentlink.h"
#include "factorprompt.h"
#include "filesource.h"
#include "likeness.h"
#include "output.h"
#include "securitystore.h"
#include "signin.h"
#include "step.h"
#include "terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS              (24ull * 3600 * 1000)
#define PASSWORD_WARNING_MS (14 * DAY_MS)

/** What a new slot of a security file costs to try: 256 MiB, 3 passes; about half a second. */
static const struct argon2_cost slot_cost = {.memory = 256u << 20, .passes = 3};

/** Keys and session to the agent, which is started if need be. */
static struct status hand_over(struct cli *c, const struct secret *passphrase, const struct secret *token)
{
	AUTO(agentclient) agent = {.fd = -1};

	TRY(agentlink_start(c->home_path, &agent));
	if (passphrase != NULL)
		TRY(agentclient_unlock(&agent, secret_bytes(passphrase), 0));
	return agentclient_token_put(&agent, secret_bytes(token));
}

/** A person is told what it looks like, and what to do when it is not he. */
static void print_sharing(const struct cli *c, const struct signin_session *s)
{
	if (s->unusual)
		output_done(
			c,
			"\nYour login looks as if more than one person used it: %s.\n"
			"If that is not all you, end the other sessions (tacenda session end --others) and change your "
			"password.",
			s->sharing);
}

/** All that stands between this session and work, in the order in which it is done best. */
static void print_steps(const struct cli *c, const struct signin_session *s)
{
	AUTO(buffer) line = {.max = 256};

	for (size_t i = 0; step_at(i) != NULL; i++)
		if (strstr(s->pending, step_at(i)->word) != NULL)
			(void)ok(buffer_print(&line, "%s%s", line.len > 0 ? ", then " : "", step_at(i)->command));
	if (line.len > 0)
		output_done(c, "\nBefore you can work: %.*s", (int)line.len, (const char *)line.bytes);
}

/** To people only: programs read `pending` and `password_ends`. */
static void print_advice(const struct cli *c, const struct signin_session *s)
{
	uint64_t now = clock_wall(&clock_system);

	if (s->notices > 0)
		output_done(c, "\n%llu unread: tacenda notices", (unsigned long long)s->notices);
	print_steps(c, s);
	if (s->pending[0] == '\0' && s->password_ends != 0 && now + PASSWORD_WARNING_MS >= s->password_ends)
		output_done(c, "\nYour password ends in %llu days: tacenda password change",
			    (unsigned long long)((s->password_ends > now ? s->password_ends - now : 0) / DAY_MS));
}

static struct status print_session(const struct cli *c, const struct signin_session *s)
{
	const struct output_cell cells[] = {
		CELL_STRING("login", s->login),
		CELL_STRING("name", s->name),
		CELL_STRING("profile", s->profile),
		{.name = "rights", .type = OUTPUT_WORDS, .text = text_of(s->rights)},
		CELL_STRING("site", c->has_keys ? c->keys.person.origin : ""),
		CELL_STRING("session", s->session),
		CELL_STRING("user", s->user),
		CELL_TIME("expires", s->expires),
		{.name = "pending", .type = OUTPUT_WORDS, .text = text_of(s->pending)},
		CELL_NUMBER("sharing_score", s->sharing_score),
		CELL_STRING("sharing_reasons", s->sharing),
		CELL_TIME("password_ends", s->password_ends),
	};

	TRY(output_object(c, cells, s->password_ends != 0 ? COUNT(cells) : COUNT(cells) - 1));
	print_sharing(c, s);
	print_advice(c, s);
	return OK;
}

static struct status new_secret(struct cli *c, const char *option, const char *what, struct secret *out)
{
	char prompt[80], again[80];

	if (options_value(&c->options, option) != NULL || !terminal_can_ask())
		return cli_secret(c, option, "", out);
	(void)snprintf(prompt, sizeof prompt, "New %s: ", what);
	(void)snprintf(again, sizeof again, "New %s again: ", what);
	return terminal_ask_new_secret(prompt, again, out);
}

static struct status check_passphrase(const struct secret *passphrase, const struct secret *password)
{
	if (passphrase->len < 8)
		return FAIL_AT(ST_INVALID, "passphrase: use at least 8 characters");
	if (password != NULL && likeness_near(secret_bytes(passphrase), secret_bytes(password)))
		return FAIL_AT(ST_INVALID, "passphrase: choose one that is not like the password");
	return OK;
}

/* --- enrol --- */

struct enrolling {
	struct invitation invitation;
	struct signin_invited invited;
	struct securityfile file;
	struct securityfile_keys keys;
	struct signin_session session;
	struct secret password, passphrase;
	struct signin_device device;
};
static void enrolling_clear(struct enrolling *e)
{
	invitation_clear(&e->invitation);
	signin_invited_clear(&e->invited);
	securityfile_clear(&e->file);
	securityfile_keys_clear(&e->keys);
	signin_session_clear(&e->session);
	secret_clear(&e->password);
	secret_clear(&e->passphrase);
}

static struct status read_invitation(struct cli *c, struct invitation *out)
{
	AUTO(secret) code = {0};
	const char *file = options_value(&c->options, "--invitation-file");

	if (file == NULL)
		return cli_usage("name the file with the invitation", "--invitation-file F (or -)");
	TRY(secret_read_file(AT_FDCWD, file, INVITATION_TEXT_MAX, &code));
	return invitation_parse(text_trim(text_from(secret_bytes(&code))), out);
}

/** The file is on disk before the server hears of its keys: a lost answer must not lose them. */
static struct status make_file(struct cli *c, struct enrolling *e)
{
	const struct securityfile_person person = {
		.site = e->invited.site_statement.name,
		.origin = text_of(e->invitation.origin),
		.ca = buffer_bytes(&e->invited.ca),
		.user = e->invited.user,
		.login = text_of(e->invited.login),
	};
	const struct securityfile_pin pin = {e->invited.head.size, e->invited.head.root};

	TRY(securityfile_new(&person, &pin, &e->file, &e->keys));
	TRY(securityfile_add_slot(&e->file, &e->keys, secret_bytes(&e->passphrase), slot_cost));
	return securitystore_create(&os_real, c->home, SECURITYSTORE_NAME, &e->file);
}

/** An enrolment whose answer was lost goes on with the file that it made. */
static struct status make_or_take_file(struct cli *c, struct enrolling *e)
{
	struct status s = securitystore_load(&os_real, c->home, SECURITYSTORE_NAME, &e->file);

	if (s.code == ST_NOT_FOUND)
		return make_file(c, e);
	TRY(s);
	if (!uuid_equal(&e->file.person.user.uuid, &e->invited.user.uuid))
		return FAIL_AT(ST_CONFLICT, "home: it holds another person's security file; use another --home");
	return securityfile_open(&e->file, secret_bytes(&e->passphrase), &e->keys);
}

static struct status enrol(struct cli *c)
{
	AUTO(enrolling) e = {0};

	TRY(cli_home(c));
	TRY(read_invitation(c, &e.invitation));
	TRY(signin_invited_ask(&e.invitation, &e.invited));
	output_done(c, "Welcome, %s. This is %.*s (%s).", e.invited.login, TEXT_ARG(e.invited.site_statement.site.name),
		    e.invitation.origin);
	TRY(new_secret(c, "--password-file", "password for signing in", &e.password));
	TRY(new_secret(c, "--passphrase-file", "passphrase of your security file", &e.passphrase));
	TRY(check_passphrase(&e.passphrase, &e.password));
	TRY(cli_device(c, &e.device));
	TRY(make_or_take_file(c, &e));
	const struct signin_enrolment enrolment = {&e.invitation, &e.file, secret_bytes(&e.password), &e.device,
						   clock_wall(&clock_system)};
	struct status s = signin_enrol(&e.invited, &enrolment, &e.session);
	/* A refusal is final for these keys; only an answer that never came leaves them in doubt. */
	if (!ok(s) && s.code != ST_UNREACHABLE)
		(void)ok(os_remove(&os_real, c->home, SECURITYSTORE_NAME));
	if (!ok(s) && e.invited.https.problem.detail[0] != '\0')
		(void)fprintf(stderr, "tacenda: %s %s\n", e.invited.https.problem.detail,
			      e.invited.https.problem.field);
	TRY(s);
	TRY(hand_over(c, &e.passphrase, &e.session.token));
	TRY(print_session(c, &e.session));
	output_done(c,
		    "\nYour security file is %s/%s. Keep a copy where fire cannot reach both:\n"
		    "  tacenda key copy -o F",
		    c->home_path, SECURITYSTORE_NAME);
	return OK;
}

static struct status connect_home(struct cli *c)
{
	AUTO(securityfile) file = {0};
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	TRY(cli_home(c));
	TRY(filesource_load(cli_argument(c, 0), &json));
	TRY(securityfile_parse(buffer_bytes(&json), &file));
	TRY(securitystore_create(&os_real, c->home, SECURITYSTORE_NAME, &file));
	output_done(c, "This is the security file of %.*s at %.*s. Now: tacenda login", TEXT_ARG(file.person.login),
		    TEXT_ARG(file.person.origin));
	return OK;
}

/* --- sessions --- */

static struct status login(struct cli *c)
{
	AUTO(secret) password = {0}, passphrase = {0};
	AUTO(signin_session) session = {0};
	struct signin_device device;

	TRY(cli_home(c));
	TRY(cli_device(c, &device));
	/* An unlocked agent proves the key; otherwise the passphrase is needed, and the agent gets it. */
	struct status held = options_value(&c->options, "--passphrase-file") == NULL
				     ? agentlink_keys(c->home_path, &c->keys)
				     : FAIL(ST_NOT_FOUND);
	c->has_keys = ok(held);
	if (!c->has_keys) {
		TRY(cli_secret(c, "--passphrase-file", "Passphrase of the security file: ", &passphrase));
		AUTO(agentclient) agent = {.fd = -1};
		TRY(agentlink_start(c->home_path, &agent));
		TRY(agentclient_unlock(&agent, secret_bytes(&passphrase), 0));
		TRY(agentclient_holder(&agent, &c->keys));
		c->has_keys = true;
	}
	TRY(cli_site(c));
	TRY(cli_secret(c, "--password-file", "Password: ", &password));
	TRY(factorprompt_sign_in(c, &password, &device, &session));
	TRY(keyholder_token_put(&c->keys, secret_bytes(&session.token)));
	return print_session(c, &session);
}

static struct status logout(struct cli *c)
{
	AUTO(agentclient) agent = {.fd = -1};
	bool all = options_has(&c->options, "--all");

	TRY(cli_home(c));
	struct status reached = agentclient_connect(c->home_path, &agent);
	if (reached.code == ST_NOT_FOUND) {
		output_done(c, "Nobody is signed in here.");
		return OK;
	}
	TRY(reached);
	AUTO(secret) token = {0};
	struct status ended = OK;
	if (ok(agentclient_token_get(&agent, &token)) && token.len > 0) {
		AUTO(securityfile) file = {0};
		TRY(securitystore_load(&os_real, c->home, SECURITYSTORE_NAME, &file));
		ended = signin_end(&file, &token, all);
	}
	/* The keys go in any case; a server that cannot be reached ends the session by itself. */
	TRY(agentclient_shutdown(&agent));
	if (!ok(ended) && ended.code != ST_UNPROVEN)
		return ended;
	output_done(c, "Signed out; the keys are forgotten.");
	return OK;
}

static struct status whoami(struct cli *c)
{
	AUTO(signin_session) session = {0};

	TRY(cli_site(c));
	if (!https_has_token(&c->site.https))
		return FAIL_AT(ST_PENDING, "sign-in: run tacenda login");
	TRY(signin_ask(&c->site, &session));
	return print_session(c, &session);
}

static struct status agent_state(struct cli *c, struct agentwire_status *out, bool *running)
{
	AUTO(agentclient) agent = {.fd = -1};
	struct status s = agentclient_connect(c->home_path, &agent);

	*running = ok(s);
	if (s.code == ST_NOT_FOUND)
		return OK;
	TRY(s);
	return agentclient_status(&agent, out);
}

static struct status status(struct cli *c)
{
	AUTO(securityfile) file = {0};
	struct agentwire_status agent = {0};
	bool running;

	TRY(cli_home(c));
	struct status s = securitystore_load(&os_real, c->home, SECURITYSTORE_NAME, &file);
	if (s.code == ST_NOT_FOUND)
		return FAIL_AT(ST_PENDING, "security file: run tacenda enrol, or tacenda connect");
	TRY(s);
	TRY(agent_state(c, &agent, &running));
	const struct output_cell cells[] = {
		CELL_TEXT("login", file.person.login),
		CELL_TEXT("origin", file.person.origin),
		CELL_STRING("home", c->home_path),
		CELL_BOOL("agent", running),
		CELL_BOOL("unlocked", agent.unlocked),
		CELL_BOOL("signed_in", agent.token),
		CELL_NUMBER("seconds_left", agent.left_ms / 1000),
	};
	return output_object(c, cells, COUNT(cells));
}

static struct status unlock(struct cli *c)
{
	AUTO(agentclient) agent = {.fd = -1};
	AUTO(secret) passphrase = {0};
	const char *length = options_value(&c->options, "--for");
	uint64_t end = 0, now = clock_wall(&clock_system);

	TRY(cli_home(c));
	if (length != NULL)
		TRY(cli_later(c, length, &end));
	TRY(cli_secret(c, "--passphrase-file", "Passphrase of the security file: ", &passphrase));
	TRY(agentlink_start(c->home_path, &agent));
	TRY(agentclient_unlock(&agent, secret_bytes(&passphrase), end > now ? end - now : 0));
	output_done(c, "Unlocked.");
	return OK;
}

static struct status lock(struct cli *c)
{
	AUTO(agentclient) agent = {.fd = -1};

	TRY(cli_home(c));
	struct status s = agentclient_connect(c->home_path, &agent);
	if (s.code != ST_NOT_FOUND) {
		TRY(s);
		TRY(agentclient_lock(&agent));
	}
	output_done(c, "Locked.");
	return OK;
}

/* --- the security file --- */

static struct status key_status(struct cli *c)
{
	AUTO(securityfile) file = {0};

	TRY(cli_home(c));
	TRY(securitystore_load(&os_real, c->home, SECURITYSTORE_NAME, &file));
	struct id_text user = id_print(ID_USER, &file.person.user.uuid);
	AUTO(buffer) site = {.max = 80};
	TRY(text_put_hex(&site, hash_bytes(&file.person.site)));
	const struct output_cell cells[] = {
		CELL_TEXT("login", file.person.login),   CELL_STRING("user", user.at),
		CELL_TEXT("origin", file.person.origin), CELL_TEXT("site", text_from(buffer_bytes(&site))),
		CELL_NUMBER("slots", file.slot_count),
	};
	return output_object(c, cells, COUNT(cells));
}

static struct status key_copy(struct cli *c)
{
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};
	const char *path = options_value(&c->options, "-o");

	if (path == NULL)
		return cli_usage("say where to", "-o F");
	TRY(cli_home(c));
	TRY(os_load(&os_real, c->home, SECURITYSTORE_NAME, json.max, &json));
	TRY(filetarget_save(path, buffer_bytes(&json)));
	output_done(c, "Copied. It opens with your passphrase only.");
	return OK;
}

static struct status key_passphrase(struct cli *c)
{
	AUTO(secret) old = {0}, fresh = {0};

	TRY(cli_home(c));
	TRY(cli_secret(c, "--passphrase-file", "Present passphrase: ", &old));
	TRY(new_secret(c, "--new-passphrase-file", "passphrase", &fresh));
	TRY(check_passphrase(&fresh, NULL));
	TRY(securitystore_change(&os_real, c->home, SECURITYSTORE_NAME,
				 &(struct securitystore_change){secret_bytes(&old), secret_bytes(&fresh), slot_cost}));
	output_done(c, "Changed. Copies made before still open with the old passphrase: replace them.");
	return OK;
}

static const struct option_spec enrol_options[] = {
	{"--invitation-file", "F", "file with the invitation; - is standard input", false, 0},
	{"--password-file", "F", "password for signing in", false, 0},
	{0},
};
static const struct option_spec login_options[] = {
	{"--password-file", "F", "password", false, 0},
	{"--code-file", "F", "code of a second factor, or a recovery code; - is standard input", false, 0},
	{0},
};
static const struct option_spec logout_options[] = {{"--all", NULL, "end all your sessions", false, 0}, {0}};
static const struct option_spec unlock_options[] = {{"--for", "SPAN", "such as 15m or 8h", false, 0}, {0}};
static const struct option_spec copy_options[] = {{"-o", "F", "where to", false, 'o'}, {0}};
static const struct option_spec passphrase_options[] = {
	{"--new-passphrase-file", "F", "the new one", false, 0},
	{0},
};

const struct command commands_person[] = {
	{"enrol", "", 0, 0, enrol_options, enrol, "join a site with the invitation you were given",
	 "tacenda enrol --invitation-file invitation.txt", NULL},
	{"connect", "SECURITY-FILE", 1, 1, NULL, connect_home, "set up this computer with your security file",
	 "tacenda connect /media/stick/security-file.json", NULL},
	{"login", "", 0, 0, login_options, login, "sign in; starts the agent, which holds the session and the keys",
	 "tacenda login", NULL},
	{"logout", "", 0, 0, logout_options, logout, "sign out and forget the keys", "tacenda logout --all", NULL},
	{"whoami", "", 0, 0, NULL, whoami, "who is signed in, as the server sees it", "tacenda whoami --json", NULL},
	{"status", "", 0, 0, NULL, status, "what this computer holds", "tacenda status", NULL},
	{"unlock", "", 0, 0, unlock_options, unlock, "open the security file for the commands that follow",
	 "tacenda unlock --for 8h", NULL},
	{"lock", "", 0, 0, NULL, lock, "forget the keys, keep the session", "tacenda lock", NULL},
	{"key status", "", 0, 0, NULL, key_status, "whose security file this is", "tacenda key status", NULL},
	{"key copy", "", 0, 0, copy_options, key_copy, "copy the security file",
	 "tacenda key copy -o /media/stick/key.json", NULL},
	{"key passphrase", "", 0, 0, passphrase_options, key_passphrase, "change its passphrase",
	 "tacenda key passphrase", NULL},
	{0},
};
