/* SPDX-License-Identifier: Apache-2.0 */
#include "hostargs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "limits.h"
#include "problem.h"

void hostargs_clear(struct hostargs *h)
{
	secret_clear(&h->root);
}

/** A line from the controlling terminal, not shown. */
static struct status ask(const char *prompt, struct secret *out)
{
	AUTO(secret) line = {0};
	struct termios before, quiet;
	size_t len = 0;
	int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;

	if (fd < 0 || tcgetattr(fd, &before) != 0)
		return FAIL_AT(ST_PENDING, "root key: give --root-passphrase-file F or --root-key-file F");
	struct status s = secret_empty(LIMIT_PASSPHRASE, &line);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)!write(fd, prompt, strlen(prompt));
	while (ok(s) && len < line.len && read(fd, line.bytes + len, 1) == 1 && line.bytes[len] != '\n')
		len++;
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)!write(fd, "\n", 1);
	(void)close(fd);
	TRY(s);
	return secret_from(bytes_of(line.bytes, len), out);
}

static struct status ask_twice(struct secret *out)
{
	AUTO(secret) again = {0};

	TRY(ask("New root passphrase: ", out));
	TRY(ask("New root passphrase again: ", &again));
	return secret_equal(secret_bytes(out), secret_bytes(&again)) ? OK
								     : FAIL_AT(ST_MISMATCH, "the two are not the same");
}

static struct status load_key_file(const char *path, struct secret *out)
{
	AUTO(buffer) file = {.max = KEYWIRE_SECRET_MAX, .wipe = true};

	TRY(os_load(&os_real, AT_FDCWD, path, file.max, &file));
	return secret_from(buffer_bytes(&file), out);
}

struct status hostargs_proof(struct hostargs *h, bool twice, struct keywire_proof *out)
{
	const char *passphrase = options_value(&h->options, "--root-passphrase-file");
	const char *key = options_value(&h->options, "--root-key-file");

	if (passphrase != NULL && key != NULL)
		return FAIL_AT(ST_INVALID, "root key: give a passphrase file or a key file, not both");
	if (passphrase != NULL)
		TRY(secret_read_file(AT_FDCWD, passphrase, LIMIT_PASSPHRASE, &h->root));
	else if (key != NULL)
		TRY(load_key_file(key, &h->root));
	else
		TRY(twice ? ask_twice(&h->root) : ask("Root passphrase: ", &h->root));
	*out = (struct keywire_proof){key != NULL ? SLOT_KEY_FILE : SLOT_PASSPHRASE, secret_bytes(&h->root)};
	return OK;
}

void hostargs_holders(const struct hostargs *h, struct vessel_options *out)
{
	size_t cursor = 0;
	const char *one;

	while ((one = options_next(&h->options, "--night-holder", &cursor)) != NULL &&
	       out->holder_count < KEYRING_HOLDERS_MAX)
		out->holders[out->holder_count++] = one;
}

static const struct sentence {
	enum status_code code;
	int exit;
	const char *says;
} rows[] = {
	{ST_CORRUPT, EXIT_DAMAGE, "damage: do not retry, restore or call for help"},
	{ST_PENDING, EXIT_NOT_NOW, "needed"},
	{ST_BUSY, EXIT_NOT_NOW, "in use: another tacendad has these data; stop it first"},
	{ST_FULL, EXIT_NOT_NOW, "no room: make some, then try again"},
	{ST_UNREACHABLE, EXIT_NOT_NOW, "no answer: is tacendad running?"},
	{ST_NOT_FOUND, EXIT_REFUSED, "not found"},
	{ST_CONFLICT, EXIT_REFUSED, "it is there already, or of another version"},
	{ST_UNPROVEN, EXIT_REFUSED, "not proven"},
};

static struct sentence sentence_of(enum status_code code)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].code == code)
			return rows[i];
	return (struct sentence){code, EXIT_REFUSED, "refused"};
}

/** The sentence on stderr, and with --json the problem (COMMANDS). */
static int say(const struct hostargs *h, enum status_code code, const char *sentence)
{
	AUTO(buffer) line = {.max = 4096};
	struct problem_answer problem;

	(void)fprintf(stderr, "tacendad: %s\n", sentence);
	problem_own(code, sentence, &problem);
	if (h->json && ok(problem_show(&problem, &line)))
		(void)printf("%.*s\n", (int)line.len, (const char *)line.bytes);
	return sentence_of(code).exit;
}

int hostargs_failure(const struct hostargs *h, struct status s)
{
	char sentence[512];
	const char *says = sentence_of(s.code).says;

	/* A literal with a colon says itself what to do. */
	if (s.what != NULL && strchr(s.what, ':') != NULL)
		return say(h, s.code, s.what);
	(void)snprintf(sentence, sizeof sentence, "%s%s%s", s.what != NULL ? s.what : "", s.what != NULL ? ": " : "",
		       says);
	return say(h, s.code, sentence);
}

int hostargs_told(const struct hostargs *h, enum status_code code, struct text detail)
{
	char sentence[512];

	(void)snprintf(sentence, sizeof sentence, "%s: %.*s", status_name(code), TEXT_ARG(detail));
	return say(h, code, sentence);
}
