/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "agentlink.h"
#include "keyholder_local.h"
#include "output.h"
#include "signin.h"
#include "terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DAY_MS 86400000ull

void cli_clear(struct cli *c)
{
	if (c->has_site)
		site_clear(&c->site);
	if (c->has_keys)
		keyholder_clear(&c->keys);
	if (c->home >= 0)
		(void)close(c->home);
	c->has_site = c->has_keys = false;
	c->home = -1;
}

const char *cli_argument(const struct cli *c, size_t index)
{
	size_t at = c->first_word + index;

	return at < c->options.word_count ? c->options.words[at] : NULL;
}

struct status cli_usage(const char *sentence, const char *word)
{
	(void)fprintf(stderr, "tacenda: %s: %s\n", sentence, word);
	return FAIL_AT(ST_INVALID, "usage");
}

/** H: the option, TACENDA_HOME, or ~/.tacenda. */
static struct status home_path(const struct cli *c, char *out, size_t len)
{
	const char *given = options_value(&c->options, "--home");
	const char *user = getenv("HOME");
	int used;

	if (given == NULL)
		given = getenv("TACENDA_HOME");
	if (given == NULL && user == NULL)
		return FAIL_AT(ST_INVALID, "home: set TACENDA_HOME or give --home");
	used = given != NULL ? snprintf(out, len, "%s", given) : snprintf(out, len, "%s/.tacenda", user);
	return used > 0 && (size_t)used < len ? OK : FAIL_AT(ST_INVALID, "home");
}

struct status cli_home(struct cli *c)
{
	static char path[4096];

	if (c->home >= 0)
		return OK;
	TRY(home_path(c, path, sizeof path));
	if (mkdir(path, 0700) != 0 && access(path, F_OK) != 0)
		return FAIL_AT(ST_IO, "home");
	c->home = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->home_path = path;
	return c->home >= 0 ? OK : FAIL_AT(ST_IO, "home");
}

static const char *passphrase_file(const struct cli *c)
{
	const char *given = options_value(&c->options, "--passphrase-file");

	return given != NULL ? given : getenv("TACENDA_PASSPHRASE_FILE");
}

/** The agent's session, for keys that this process opened itself: it alone keeps the token. */
static struct status borrow_token(struct cli *c)
{
	AUTO(agentclient) agent = {.fd = -1};
	AUTO(secret) token = {0};

	if (!ok(agentclient_connect(c->home_path, &agent)) || !ok(agentclient_token_get(&agent, &token)))
		return OK;
	return keyholder_token_put(&c->keys, secret_bytes(&token));
}

static struct status open_local(struct cli *c, const struct secret *passphrase)
{
	TRY(keyholder_local_open(&os_real, c->home, secret_bytes(passphrase), &c->keys));
	c->has_keys = true;
	return borrow_token(c);
}

/**
 * reach_keys(c):
 * The person's keys: with a passphrase file, in this process; else from the agent;
 * else the passphrase is asked for.  ST_PENDING ("unlock") when there is no way to ask.
 */
static struct status reach_keys(struct cli *c)
{
	AUTO(secret) passphrase = {0};

	if (c->has_keys)
		return OK;
	TRY(cli_home(c));
	if (passphrase_file(c) == NULL) {
		struct status agent = agentlink_keys(c->home_path, &c->keys);
		c->has_keys = ok(agent);
		if (ok(agent) || agent.code == ST_CORRUPT)
			return agent;
		if (!terminal_can_ask())
			return FAIL_AT(ST_PENDING, "unlock: run tacenda login, or tacenda unlock");
	}
	TRY(cli_secret(c, "--passphrase-file", "Passphrase of the security file: ", &passphrase));
	return open_local(c, &passphrase);
}

struct status cli_site(struct cli *c)
{
	if (c->has_site)
		return OK;
	TRY(reach_keys(c));
	TRY(site_open(&(struct site_options){.os = &os_real, .clock = &clock_system, .home = c->home, .keys = &c->keys},
		      &c->site));
	c->has_site = true;
	return OK;
}

struct status cli_signed_in(struct cli *c)
{
	TRY(cli_site(c));
	return https_has_token(&c->site.https) ? OK : FAIL_AT(ST_PENDING, "sign-in: run tacenda login");
}

struct status cli_prepared(struct cli *c)
{
	TRY(cli_signed_in(c));
	return site_prepare(&c->site);
}

struct status cli_secret(struct cli *c, const char *option, const char *prompt, struct secret *out)
{
	const char *file = options_value(&c->options, option);

	if (file == NULL && strcmp(option, "--passphrase-file") == 0)
		file = passphrase_file(c);
	if (file != NULL)
		return secret_read_file(AT_FDCWD, file, LIMIT_PASSPHRASE, out);
	if (!terminal_can_ask())
		return FAIL_AT(ST_PENDING, option);
	return terminal_ask_secret(prompt, out);
}

struct status cli_confirm(struct cli *c, const char *question)
{
	if (c->yes)
		return OK;
	if (!terminal_can_ask())
		return FAIL_AT(ST_PENDING, "confirmation: give --yes");
	return terminal_confirm(question) ? OK : FAIL_AT(ST_DENIED, "not confirmed");
}

struct status cli_device(struct cli *c, struct signin_device *out)
{
	AUTO(buffer) kept = {.max = 64};
	struct utsname about;
	struct status s = os_load(&os_real, c->home, "device", kept.max, &kept);

	if (s.code == ST_NOT_FOUND) {
		out->id.uuid = uuid_new(clock_wall(&clock_system));
		struct id_text id = id_print(ID_DEVICE, &out->id.uuid);
		TRY(os_save(&os_real, c->home, "device", text_bytes(text_of(id.at))));
	} else {
		TRY(s);
		TRY(id_parse(ID_DEVICE, text_trim(text_from(buffer_bytes(&kept))), &out->id.uuid));
	}
	(void)snprintf(out->label, sizeof out->label, "%s", uname(&about) == 0 ? about.nodename : "computer");
	return OK;
}

/** Whoever opens a file that is to end is told so. */
static void tell_end(const struct cli *c, const struct patientfile *file)
{
	AUTO(buffer) time = {.max = 64};
	const struct authority_end end = patient_state_end(&file->state, POSITION_NOW);

	if (end.exists && !c->json && ok(text_put_time(&time, end.ends)))
		(void)fprintf(stderr, "tacenda: its owner deleted this patient file: it ends on %.*s\n", (int)time.len,
			      (const char *)time.bytes);
}

struct status cli_patient(struct cli *c, const char *word, struct patientfile *out)
{
	struct patient_id id;

	TRY(cli_prepared(c));
	if (!ok(id_parse(ID_PATIENT, text_of(word), &id.uuid))) {
		AUTO(patientlist) list = {0};
		TRY(patientlist_open(&c->site, NULL, &list));
		TRY(patientlist_resolve(&list, text_of(word), &id));
	}
	TRY(patientfile_open(&c->site, &id, out));
	tell_end(c, out);
	return OK;
}

struct status cli_user(struct cli *c, const char *login, struct person *out)
{
	TRY(cli_prepared(c));
	struct status s = directory_state_find_login(&c->site.directory, text_of(login), out);
	return s.code == ST_NOT_FOUND ? FAIL_AT(ST_NOT_FOUND, "login (tacenda user list shows them)") : s;
}

struct text cli_login(struct cli *c, const struct user_id *user)
{
	static struct id_text id;
	struct person person;

	if (ok(directory_state_find(&c->site.directory, user, POSITION_NOW, &person)) && person.login.len > 0)
		return person.login;
	id = id_print(ID_USER, &user->uuid);
	return text_of(id.at);
}

/** A span such as 90m, 12h, 7d, in milliseconds. */
static struct status span(struct text word, uint64_t *out)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}};
	uint64_t count;

	if (word.len < 2)
		return FAIL_AT(ST_INVALID, "time");
	TRY(text_to_u64((struct text){word.at, word.len - 1}, 1, 100000, &count));
	for (size_t i = 0; i < COUNT(units); i++)
		if (word.at[word.len - 1] == units[i].unit) {
			*out = count * units[i].ms;
			return OK;
		}
	return FAIL_AT(ST_INVALID, "time");
}

static struct status moment(const char *word, uint64_t *out, uint64_t *length, bool *is_span)
{
	char whole[64];

	*is_span = ok(span(text_of(word), length));
	if (*is_span || ok(text_to_time(text_of(word), out)))
		return OK;
	if (snprintf(whole, sizeof whole, "%sT00:00:00Z", word) < (int)sizeof whole &&
	    ok(text_to_time(text_of(whole), out)))
		return OK;
	return cli_usage("not a time (RFC 3339, a date, or an age such as 90m, 12h, 7d)", word);
}

struct status cli_time(struct cli *c, const char *word, uint64_t *out)
{
	uint64_t length, now = clock_wall(&clock_system);
	bool is_span;

	(void)c;
	TRY(moment(word, out, &length, &is_span));
	if (is_span)
		*out = now > length ? now - length : 0;
	return OK;
}

struct status cli_later(struct cli *c, const char *word, uint64_t *out)
{
	uint64_t length;
	bool is_span;

	(void)c;
	TRY(moment(word, out, &length, &is_span));
	if (is_span)
		*out = clock_wall(&clock_system) + length;
	return OK;
}
