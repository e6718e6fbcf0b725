/* SPDX-License-Identifier: Apache-2.0 */
/* main: the words of `tacendad` to the verb that they name. */
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "hostargs.h"

#define DATA \
	{ \
		"--data", "D", "data directory", false, 0 \
	}
#define KEYS \
	{ \
		"--keys", "K", "key store, best on another disk", false, 0 \
	}
#define ROOT \
	{"--root-passphrase-file", "F", "root passphrase; - is standard input", false, 0}, \
	{ \
		"--root-key-file", "F", "root key file of 32 bytes or more", false, 0 \
	}
#define HOLDER \
	{ \
		"--night-holder", "DIR", "where night files are kept, another machine's mount", true, 0 \
	}
#define LISTEN \
	{ \
		"--listen", "ADDR:PORT", "address to serve on", true, 0 \
	}

static const struct option_spec common[] = {
	{"--json", NULL, "print JSON", false, 0},
	{"--yes", NULL, "answer yes to what is asked", false, 0},
	{"--help", NULL, "this help, or that of a verb", false, 'h'},
	{"--version", NULL, "print the version", false, 0},
	{0},
};
static const struct option_spec init_options[] = {
	DATA,
	KEYS,
	{"--site", "NAME", "name of the site", false, 0},
	{"--region", "LABEL", "its region, such as EU or US", false, 0},
	{"--admin", "LOGIN", "login of the first administrator", false, 0},
	{"--origin", "URL", "https://HOST[:PORT] under which clients reach it", false, 0},
	LISTEN,
	{"--preset", "P", "standard, or trial (loopback only, no second steps)", false, 0},
	ROOT,
	{"--tls-cert", "F", "certificate and chain, PEM; read again at start and reload", false, 0},
	{"--tls-key", "F", "its private key, PEM", false, 0},
	HOLDER,
	{0},
};
static const struct option_spec serve_options[] = {
	DATA,
	KEYS,
	ROOT,
	LISTEN,
	HOLDER,
	{"--password-list", "F", "sorted passwords, or their SHA-1, that nobody may take", false, 0},
	{"--mail-password-file", "F", "HOST:PORT, and below it the password of setting mail.user there", false, 0},
	{"--hook-key-file", "F", "key that signs what setting hook.url is told: whsec_ and base64", false, 0},
	{"--delivery-ca", "F", "authorities (PEM) trusted for mail, webhook and syslog besides the system's", false, 0},
	{0},
};
static const struct option_spec status_options[] = {DATA, {"--wait", "SECONDS", "until it is ready", false, 0}, {0}};
static const struct option_spec check_options[] = {DATA, KEYS, ROOT, {0}};
static const struct option_spec data_options[] = {DATA, {0}};

static const struct option_spec refuse_options[] = {
	DATA, {"--reason", "TEXT", "why; the asker reads it", false, 0}, {0}};

static const struct verb {
	const char *name;
	const struct option_spec *options;
	int (*run)(struct hostargs *h);
	const char *help, *example;
} verbs[] = {
	{"init", init_options, verb_init, "make a new site and print the first invitation",
	 "tacendad init --data /var/lib/tacenda --keys /media/keys/tacenda --site 'Clinic' --region EU --admin anna"},
	{"serve", serve_options, verb_serve, "serve a site; SIGTERM drains, SIGHUP reloads certificates",
	 "tacendad serve --data /var/lib/tacenda --keys /media/keys/tacenda --night-holder /mnt/holder"},
	{"status", status_options, verb_status, "what the running daemon says of itself",
	 "tacendad status --data /var/lib/tacenda --wait 30"},
	{"check", check_options, verb_check, "read everything of stopped data, compare every hash, change nothing",
	 "tacendad check --data /var/lib/tacenda --keys /media/keys/tacenda"},
	{"reload", data_options, verb_reload, "read certificates again without dropping a connection",
	 "tacendad reload --data /var/lib/tacenda"},
	{"rewrap", data_options, verb_rewrap, "a new night key now", "tacendad rewrap --data /var/lib/tacenda"},
	{"get", data_options, verb_get, "show the settings, or one of them",
	 "tacendad get night.hour --data /var/lib/tacenda"},
	{"set", data_options, verb_set, "change a setting; logged",
	 "tacendad set night.hour 3 --data /var/lib/tacenda"},
	{"block", data_options, verb_block, "list: what is locked after failures; lift SUBJECT: end one lock; logged",
	 "tacendad block lift anna --data /var/lib/tacenda"},
	{"approvals", data_options, verb_approvals, "acts of two persons that wait for an answer",
	 "tacendad approvals --data /var/lib/tacenda"},
	{"approve", data_options, verb_approve,
	 "be the second party of an act of two persons, where the act lets the host be it; logged",
	 "tacendad approve ap-0dq3... --data /var/lib/tacenda"},
	{"refuse", refuse_options, verb_refuse, "refuse one; logged",
	 "tacendad refuse ap-0dq3... --reason 'she has her key again' --data /var/lib/tacenda"},
};

static void print_options(const struct option_spec *o)
{
	for (; o->name != NULL; o++) {
		char shown[64];
		(void)snprintf(shown, sizeof shown, "%s%s%s", o->name, o->value != NULL ? " " : "",
			       o->value != NULL ? o->value : "");
		(void)printf("  %-28s %s%s\n", shown, o->help, o->many ? " (may be repeated)" : "");
	}
}

static void print_overview(void)
{
	(void)puts("tacendad: the vault's server, and what is done on its host\n\nusage: tacendad VERB [OPTIONS]\n");
	for (size_t i = 0; i < COUNT(verbs); i++)
		(void)printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	(void)printf("\nexample:\n  %s\n\nexit: 0 done, 1 refused, 2 wrong usage, 3 damage (tell someone), 4 not now\n"
		     "tacendad VERB --help says more.\n",
		     verbs[0].example);
}

static void print_help(const struct verb *v)
{
	(void)printf("tacendad %s\n  %s\n\noptions:\n", v->name, v->help);
	print_options(v->options);
	(void)puts("  of every verb:");
	print_options(common);
	(void)printf("\nexample:\n  %s\n", v->example);
}

static const struct verb *find(const struct options *o)
{
	for (size_t i = 0; o->word_count > 0 && i < COUNT(verbs); i++)
		if (strcmp(verbs[i].name, o->words[0]) == 0)
			return &verbs[i];
	return NULL;
}

static int refuse(const char *sentence)
{
	(void)fprintf(stderr, "tacendad: %s; try: tacendad --help\n", sentence);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	AUTO(hostargs) h = {0};
	const struct option_spec *tables_of_all[COUNT(verbs) + 1] = {common};
	struct options_refusal refusal;

	for (size_t i = 0; i < COUNT(verbs); i++)
		tables_of_all[i + 1] = verbs[i].options;
	if (!ok(options_parse(argc, argv, tables_of_all, COUNT(tables_of_all), &h.options, &refusal)))
		return refuse(refusal.sentence);
	if (options_has(&h.options, "--version"))
		return puts("tacendad " TACENDA_VERSION) == EOF ? EXIT_REFUSED : EXIT_DONE;
	const struct verb *verb = find(&h.options);
	if (verb == NULL && (h.options.word_count == 0 || options_has(&h.options, "--help"))) {
		print_overview();
		return options_has(&h.options, "--help") ? EXIT_DONE : EXIT_USAGE;
	}
	if (verb == NULL)
		return refuse("no such verb");
	if (options_has(&h.options, "--help")) {
		print_help(verb);
		return EXIT_DONE;
	}
	const struct option_spec *own[] = {common, verb->options};
	if (!ok(options_parse(argc, argv, own, COUNT(own), &h.options, &refusal)))
		return refuse(refusal.sentence);
	if (h.options.word_count > 1 && verb->run != verb_get && verb->run != verb_set && verb->run != verb_block &&
	    verb->run != verb_approve && verb->run != verb_refuse)
		return refuse("too many words");
	h.json = options_has(&h.options, "--json");
	h.yes = options_has(&h.options, "--yes");
	if (!ok(secret_setup()) || !ok(crypto_setup()))
		return hostargs_failure(&h, FAIL_AT(ST_NO_MEMORY, "locked memory"));
	return verb->run(&h);
}
