/* SPDX-License-Identifier: Apache-2.0 */
/**
 * cli: what every command of `tacenda` works with, and the table that lists them.
 *
 * A command gets its words and options parsed, reaches home, keys and site through the
 * functions here when it needs them, and prints through output.h.  What it holds is
 * let go by cli_clear(), whatever happens.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "options.h"
#include "patientfile.h"
#include "patientlist.h"

/* Exit codes (COMMANDS). */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_DAMAGE = 3, EXIT_NOT_NOW = 4 };

struct cli {
	struct options options;
	const struct command *command;
	size_t first_word; /* of the arguments behind the command's own words */
	bool json, yes;
	int home; /* -1 until cli_home() */
	const char *home_path;
	struct keyholder keys;
	bool has_keys, has_site;
	struct site site;
};

struct command {
	const char *words;     /* "patient add" */
	const char *arguments; /* "PATIENT FILE|-" */
	size_t least, most;    /* how many arguments */
	const struct option_spec *options;
	struct status (*run)(struct cli *c);
	const char *help;
	const char *example;
	const char *details; /* more lines for the help; may be NULL */
};

/** Each group's commands, ended by one without words. */
extern const struct command commands_person[], commands_user[], commands_patient[], commands_record[], commands_share[],
	commands_log[], commands_agent[], commands_transfer[], commands_session[], commands_site[], commands_password[],
	commands_block[], commands_notice[], commands_conduct[], commands_approval[], commands_leave[],
	commands_review[], commands_factor[];

/**
 * command_approval_ask_deletion(c, patient):
 * The site wants a second person before this file is deleted: ask for one.  ST_PENDING when that is done.
 */
MUST_CHECK struct status command_approval_ask_deletion(struct cli *c, const struct patient_id *patient);

void cli_clear(struct cli *c);
/** cli_argument(c, index): the argument, or NULL. */
const char *cli_argument(const struct cli *c, size_t index);

/** cli_home(c): open (and make) the home folder. */
MUST_CHECK struct status cli_home(struct cli *c);
/** cli_site(c): keys, and a connection with the session's token. */
MUST_CHECK struct status cli_site(struct cli *c);
/** cli_signed_in(c): the same, and there is a session: for what asks the server about itself only. */
MUST_CHECK struct status cli_signed_in(struct cli *c);
/** cli_prepared(c): the same, and everything pinned and proven. */
MUST_CHECK struct status cli_prepared(struct cli *c);

struct signin_device;
/** cli_device(c, out): this computer as a device: a random id kept in the home, and its host name. */
MUST_CHECK struct status cli_device(struct cli *c, struct signin_device *out);

/** cli_secret(c, option, prompt, out): from the file that ${option} names, or from the terminal. */
MUST_CHECK struct status cli_secret(struct cli *c, const char *option, const char *prompt, struct secret *out);
/** cli_confirm(c, question): ST_DENIED ("not confirmed") unless --yes or a typed yes. */
MUST_CHECK struct status cli_confirm(struct cli *c, const char *question);
/** cli_usage(sentence, word): for a command's own checks of its words; exit 2. */
struct status cli_usage(const char *sentence, const char *word);

/** cli_patient(c, word, out): a patient file by id or the end of one, opened. */
MUST_CHECK struct status cli_patient(struct cli *c, const char *word, struct patientfile *out);
/** cli_user(c, login, out): ST_NOT_FOUND. */
MUST_CHECK struct status cli_user(struct cli *c, const char *login, struct person *out);
/** cli_login(c, user): the login of a user, or his id when the directory has none. */
struct text cli_login(struct cli *c, const struct user_id *user);
/** cli_time(word, out): RFC 3339, or an age such as 90m, 12h, 7d before now; ST_INVALID. */
MUST_CHECK struct status cli_time(struct cli *c, const char *word, uint64_t *out);
/** cli_later(word, out): RFC 3339, a date, or a span from now. */
MUST_CHECK struct status cli_later(struct cli *c, const char *word, uint64_t *out);

#endif /* !CLI_CLI_H */
