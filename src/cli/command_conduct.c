/* SPDX-License-Identifier: Apache-2.0 */
/* command_conduct: the code of conduct: read, accepted, and, by an administrator, changed. */
#include "acceptance.h"
#include "filesource.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

/** The one asked for, else that of the terminal's locale. */
static struct status choose_language(struct cli *c, enum language *out)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *given = options_value(&c->options, "--language"), *locale = NULL;
	uint32_t value;

	if (given != NULL) {
		if (!ok(vocabulary_value(VOCABULARY_LANGUAGE, text_of(given), &value)))
			return cli_usage("not a language (en, fr)", given);
		*out = (enum language)value;
		return OK;
	}
	for (size_t i = 0; i < COUNT(names) && (locale == NULL || locale[0] == '\0'); i++)
		locale = getenv(names[i]);
	*out = locale != NULL && strncmp(locale, "fr", 2) == 0 ? LANGUAGE_FRENCH : LANGUAGE_ENGLISH;
	return OK;
}

/** It comes from outside: whatever could move the cursor is a dot. */
static void print_text(FILE *to, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		const unsigned char one = (unsigned char)t.at[i];
		(void)fputc((one < 0x20 && one != '\n') || one == 0x7f ? '.' : one, to);
	}
}

static struct status print_code(struct cli *c, const struct acceptance *a, enum language language)
{
	AUTO(buffer) hash = {.max = 80};
	const struct acceptance_text *shown = acceptance_in(a, language);

	TRY(text_put_hex(&hash, hash_bytes(&shown->hash)));
	const struct output_cell cells[] = {
		CELL_NUMBER("version", a->version),
		CELL_TEXT("language", vocabulary_word(VOCABULARY_LANGUAGE, language)),
		CELL_TEXT("sha256", text_from(buffer_bytes(&hash))),
		CELL_BOOL("accepted", a->any && a->last.current),
		CELL_TIME("accepted_time", a->last.time),
		CELL_TEXT("text", shown->text),
	};
	const bool accepted = a->any && a->last.current;

	if (c->json)
		return output_object(c, cells, COUNT(cells));
	print_text(stdout, shown->text);
	(void)putchar('\n');
	TRY(output_object(c, cells, accepted ? COUNT(cells) - 1 : COUNT(cells) - 2));
	if (!accepted)
		output_done(c, "\nTo accept it: tacenda conduct accept");
	return OK;
}

static struct status show(struct cli *c)
{
	AUTO(arena) arena = {.max = ARENA_MAX};
	struct acceptance a;
	enum language language = LANGUAGE_ENGLISH;

	TRY(choose_language(c, &language));
	TRY(cli_signed_in(c));
	TRY(acceptance_ask(&c->site, &arena, &a));
	return print_code(c, &a, language);
}

/** Whoever names the hash has read that text; in whichever language it is. */
static struct status find_hash(const struct acceptance *a, const char *word, enum language *language)
{
	struct hash named;

	if (!ok(text_from_hex(text_of(word), named.bytes, sizeof named.bytes)))
		return cli_usage("not a SHA-256 (64 hex digits)", word);
	for (size_t i = 0; i < LANGUAGES; i++)
		if (hash_equal(&a->texts[i].hash, &named)) {
			*language = a->texts[i].language;
			return OK;
		}
	return FAIL_AT(ST_CONFLICT, "hash: the code of conduct is another now; read it (tacenda conduct show)");
}

static struct status consent(struct cli *c, const struct acceptance *a, enum language *language)
{
	const char *word = options_value(&c->options, "--hash");

	if (word != NULL)
		return find_hash(a, word, language);
	if (!c->yes && !c->json)
		print_text(stdout, acceptance_in(a, *language)->text);
	return cli_confirm(c, "Do you accept this code of conduct?");
}

static struct status accept(struct cli *c)
{
	AUTO(arena) arena = {.max = ARENA_MAX};
	AUTO(buffer) hash = {.max = 80};
	struct acceptance a;
	enum language language = LANGUAGE_ENGLISH;
	uint64_t leaf;

	TRY(choose_language(c, &language));
	TRY(cli_signed_in(c));
	TRY(acceptance_ask(&c->site, &arena, &a));
	TRY(consent(c, &a, &language));
	TRY(acceptance_give(&c->site, &a, language, &leaf));
	TRY(text_put_hex(&hash, hash_bytes(&acceptance_in(&a, language)->hash)));
	const struct output_cell cells[] = {
		CELL_NUMBER("version", a.version),
		CELL_TEXT("sha256", text_from(buffer_bytes(&hash))),
		CELL_NUMBER("leaf", leaf),
	};
	if (c->json)
		return output_object(c, cells, COUNT(cells));
	output_done(c, "Accepted: version %u. Leaf %llu of the log keeps your word.", a.version,
		    (unsigned long long)leaf);
	return OK;
}

/** Who has signed what, found again for each user of the directory. */
struct signed_by_all {
	struct buffer items; /* struct acceptance_of */
};
static void signed_by_all_clear(struct signed_by_all *all)
{
	buffer_clear(&all->items);
}

static struct status keep(void *context, const struct acceptance_of *one)
{
	struct signed_by_all *all = context;

	return buffer_put(&all->items, bytes_of((const uint8_t *)one, sizeof *one));
}

static const struct acceptance_of *find(const struct signed_by_all *all, const struct user_id *user)
{
	const struct acceptance_of *items = (const void *)all->items.bytes;

	for (size_t i = 0; i < all->items.len / sizeof *items; i++)
		if (uuid_equal(&items[i].user.uuid, &user->uuid))
			return &items[i];
	return NULL;
}

static struct status print_one(struct output *rows, const struct person *p, const struct acceptance_of *one,
			       bool counts)
{
	static const struct acceptance_of none = {0};
	const struct acceptance_of *said = one != NULL ? one : &none;
	const struct output_cell cells[] = {
		CELL_TEXT("login", p->login),
		CELL_TEXT("state", p->enrolled || p->state == USER_DISABLED
					   ? vocabulary_word(VOCABULARY_USER_STATE, p->state)
					   : TEXT("invited")),
		CELL_BOOL("current", counts),
		CELL_NUMBER("version", said->said.version),
		CELL_TEXT("language",
			  one != NULL ? vocabulary_word(VOCABULARY_LANGUAGE, said->said.language) : (struct text){0}),
		CELL_TIME("time", said->time),
		CELL_NUMBER("leaf", said->leaf),
	};

	return output_row(rows, cells, COUNT(cells));
}

static struct status list(struct cli *c)
{
	AUTO(signed_by_all) all = {.items = {.max = (size_t)16 << 20}};
	AUTO(arena) arena = {.max = ARENA_MAX};
	AUTO(output) rows;
	struct acceptance a;
	struct person person;
	size_t cursor = 0;

	output_begin(c, &rows);
	TRY(cli_prepared(c));
	TRY(acceptance_ask(&c->site, &arena, &a));
	TRY(acceptance_all(&c->site, keep, &all));
	while (directory_state_next(&c->site.directory, &cursor, &person)) {
		const struct acceptance_of *one = find(&all, &person.id);
		TRY(print_one(&rows, &person, one, one != NULL && acceptance_counts(&a, &one->said)));
	}
	return output_end(&rows, "Nobody.");
}

static struct status change(struct cli *c)
{
	AUTO(buffer) file = {.max = LIMIT_CONDUCT_TEXT};
	const char *path = options_value(&c->options, "--file");
	const bool again = options_has(&c->options, "--ask-again");
	struct text text = {0};
	enum language language = LANGUAGE_ENGLISH;
	uint32_t version;

	if (again == (path != NULL) || (path != NULL) != (options_value(&c->options, "--language") != NULL))
		return cli_usage("say what to change", "--language en|fr --file F, or --ask-again");
	if (path != NULL) {
		TRY(choose_language(c, &language));
		TRY(filesource_load(path, &file));
		text = text_from(buffer_bytes(&file));
		if (text.len == 0)
			return FAIL_AT(ST_INVALID, "text: it says nothing");
	}
	TRY(cli_signed_in(c));
	TRY(cli_confirm(c, "Have every user accept the code of conduct again, at the next sign-in?"));
	TRY(acceptance_change(&c->site, language, text, &version));
	output_done(c, "Version %u: everybody is asked at the next sign-in.", version);
	return c->json ? output_object(c, (struct output_cell[]){CELL_NUMBER("version", version)}, 1) : OK;
}

static const struct option_spec show_options[] = {
	{"--language", "L", "en or fr; otherwise that of the locale", false, 0},
	{0},
};
static const struct option_spec accept_options[] = {
	{"--language", "L", "en or fr: which text you have read; otherwise that of the locale", false, 0},
	{"--hash", "H", "accept only the text with this SHA-256, without asking", false, 0},
	{0},
};
static const struct option_spec change_options[] = {
	{"--language", "L", "en or fr: which text to replace", false, 0},
	{"--file", "F", "the new text, UTF-8", false, 0},
	{"--ask-again", NULL, "change nothing, but have everybody accept it again", false, 0},
	{0},
};

const struct command commands_conduct[] = {
	{"conduct show", "", 0, 0, show_options, show, "show the site's code of conduct and whether you accepted it",
	 "tacenda conduct show --language fr", NULL},
	{"conduct accept", "", 0, 0, accept_options, accept, "accept the code of conduct, by a signed statement",
	 "tacenda conduct accept --yes", NULL},
	{"conduct list", "", 0, 0, NULL, list,
	 "list who has accepted which version, each proven (auditor, administrator)", "tacenda conduct list", NULL},
	{"site conduct", "", 0, 0, change_options, change,
	 "replace a text of the code of conduct, or ask for it again (administrator); logged",
	 "tacenda site conduct --language en --file conduct.txt", NULL},
	{0},
};
