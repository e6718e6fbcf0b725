/* SPDX-License-Identifier: Apache-2.0 */
/* main: the words of the command line to the command that they name. */
#include "hash.h"
#include "interrupt.h"
#include "output.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct option_spec common[] = {
	{"--home", "H", "folder of the security file (TACENDA_HOME, else ~/.tacenda)", false, 0},
	{"--passphrase-file", "F", "passphrase of the security file (TACENDA_PASSPHRASE_FILE)", false, 0},
	{"--json", NULL, "print JSON: one object, or one a line", false, 0},
	{"--yes", NULL, "answer yes to what is asked", false, 0},
	{"--help", NULL, "this help, or that of a command", false, 'h'},
	{"--version", NULL, "print the version", false, 0},
	{0},
};

static const struct command *const groups[] = {
	commands_person, commands_user,     commands_patient,  commands_record, commands_share,    commands_log,
	commands_agent,  commands_transfer, commands_session,  commands_site,   commands_password, commands_block,
	commands_notice, commands_conduct,  commands_approval, commands_leave,  commands_review,   commands_factor};

/** How many of the words, from the first, name this command; 0: they do not. */
static size_t named_by(const struct command *command, const char *const *words, size_t count)
{
	struct text rest = text_of(command->words), part;
	size_t used = 0;

	while (text_split(&rest, ' ', &part)) {
		if (used == count || !text_equal(part, text_of(words[used])))
			return 0;
		used++;
	}
	return used;
}

static const struct command *find(const struct options *o, size_t *used)
{
	const struct command *found = NULL;

	*used = 0;
	for (size_t g = 0; g < COUNT(groups); g++)
		for (const struct command *c = groups[g]; c->words != NULL; c++) {
			size_t words = named_by(c, o->words, o->word_count);
			if (words > *used) {
				found = c;
				*used = words;
			}
		}
	return found;
}

static void print_options(const struct option_spec *specs)
{
	for (; specs != NULL && specs->name != NULL; specs++) {
		char shown[64];
		(void)snprintf(shown, sizeof shown, "%s%s%s", specs->name, specs->value != NULL ? " " : "",
			       specs->value != NULL ? specs->value : "");
		(void)printf("  %-28s %s%s\n", shown, specs->help, specs->many ? " (may be repeated)" : "");
	}
}

static void print_overview(void)
{
	(void)puts("tacenda: put patient records into a vault, get them back, prove what happened\n\n"
		   "usage: tacenda [OPTIONS] COMMAND [ARGUMENTS]\n");
	for (size_t g = 0; g < COUNT(groups); g++)
		for (const struct command *c = groups[g]; c->words != NULL; c++)
			(void)printf("  %-20s %s\n", c->words, c->help);
	(void)puts("\noptions of every command:");
	print_options(common);
	(void)puts("\nexample:\n  tacenda patient add --family Aubrey --given Noor --birth 1951-03-14\n"
		   "  tacenda record put pt-... letter.pdf --kind report --title 'Clinic letter'\n\n"
		   "exit: 0 done, 1 refused, 2 wrong usage, 3 damage or forgery (tell someone), 4 not now\n"
		   "tacenda COMMAND --help says more.");
}

static void print_help(const struct command *c)
{
	(void)printf("tacenda %s %s\n  %s\n", c->words, c->arguments, c->help);
	if (c->options != NULL && c->options->name != NULL) {
		(void)puts("\noptions:");
		print_options(c->options);
	}
	if (c->details != NULL)
		(void)printf("\n%s\n", c->details);
	(void)printf("\nexample:\n  %s\n", c->example);
}

/** All options of all commands, for finding the command's words among them. */
static size_t every_table(const struct option_spec **tables, size_t max)
{
	size_t count = 0;

	for (size_t g = 0; g < COUNT(groups); g++)
		for (const struct command *c = groups[g]; c->words != NULL && count + 1 < max; c++)
			if (c->options != NULL)
				tables[count++] = c->options;
	tables[count++] = common;
	return count;
}

static int refuse_usage(const char *sentence, const char *hint)
{
	(void)fprintf(stderr, "tacenda: %s; try: tacenda %s--help\n", sentence, hint);
	return EXIT_USAGE;
}

/**
 * What the server showed is compared with what the log says it showed, also when the command was refused: a refusal may
 * come of what was kept back.
 */
static struct status settle(struct cli *c, struct status done)
{
	if (!c->has_site || done.code == ST_UNREACHABLE || done.code == ST_CORRUPT)
		return done;
	const struct problem_answer said = c->site.https.problem;
	struct status s = receipts_settle(&c->site);

	if (ok(s))
		s = pins_save(&c->site);
	if (ok(done) || s.code == ST_CORRUPT)
		return s;
	c->site.https.problem = said;
	return done;
}

static int run(struct cli *c)
{
	size_t arguments = c->options.word_count - c->first_word;
	char hint[80];

	(void)snprintf(hint, sizeof hint, "%s ", c->command->words);
	if (arguments < c->command->least)
		return refuse_usage("an argument is missing", hint);
	if (arguments > c->command->most)
		return refuse_usage("too many arguments", hint);
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return output_failure(c, FAIL_AT(ST_NO_MEMORY, "locked memory"));
	struct status s = settle(c, c->command->run(c));
	if (ok(s) && (fflush(stdout) != 0 || ferror(stdout) != 0))
		s = output_broken();
	/* `| head` is no failure. */
	if (ok(s) || (s.code == ST_GONE && s.what == output_closed))
		return EXIT_DONE;
	/* The sentence was printed where the word was refused. */
	if (s.code == ST_INVALID && s.what != NULL && strcmp(s.what, "usage") == 0)
		return EXIT_USAGE;
	return output_failure(c, s);
}

/** The words are parsed twice: with every option to find the command, then with its own. */
static int find_and_run(struct cli *c, int argc, char **argv)
{
	const struct option_spec *tables[96];
	struct options_refusal refusal;
	size_t used;

	/* As the last word it asks for ours; before a number it is a record's. */
	if (argc > 1 && strcmp(argv[argc - 1], "--version") == 0) {
		(void)puts("tacenda " TACENDA_VERSION);
		return EXIT_DONE;
	}
	if (!ok(options_parse(argc, argv, tables, every_table(tables, COUNT(tables)), &c->options, &refusal)))
		return refuse_usage(refusal.sentence, "");
	c->command = find(&c->options, &used);
	bool help = options_has(&c->options, "--help");
	if (c->command == NULL && (help || c->options.word_count == 0)) {
		print_overview();
		return help ? EXIT_DONE : EXIT_USAGE;
	}
	if (c->command == NULL)
		return refuse_usage("no such command", "");
	if (help) {
		print_help(c->command);
		return EXIT_DONE;
	}
	static const struct option_spec none[] = {{0}};
	const struct option_spec *own[] = {c->command->options != NULL ? c->command->options : none, common};
	if (!ok(options_parse(argc, argv, own, COUNT(own), &c->options, &refusal)))
		return refuse_usage(refusal.sentence, c->command->words);
	c->first_word = used;
	c->json = options_has(&c->options, "--json");
	c->yes = options_has(&c->options, "--yes");
	return run(c);
}

/** A reader who has seen enough is told by a failing write, so that what is open is let go. */
static void keep_broken_pipes(void)
{
	sigset_t pipes;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &pipes, NULL);
}

int main(int argc, char **argv)
{
	keep_broken_pipes();
	struct cli c = {.home = -1};
	int code = find_and_run(&c, argc, argv);

	cli_clear(&c);
	interrupt_release();
	return code;
}
