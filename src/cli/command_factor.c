/* SPDX-License-Identifier: Apache-2.0 */
/* command_factor: one's own second factors: list, add, remove, prove again (PROMISES#S5). */
#include "factorprompt.h"
#include "filesource.h"
#include "otpauth.h"
#include "output.h"
#include "placed.h"
#include "qr.h"
#include "terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

/** A code from its file, or typed. */
static struct status ask_code(struct cli *c, const char *prompt, struct secret *out)
{
	return cli_secret(c, "--code-file", prompt, out);
}

/* --- list --- */

struct factors_answer {
	struct json items;
	uint64_t due; /* ms; 0: none is asked for */
};
static const struct jsonfield factors_rows[] = {
	{.name = "items", .type = JSONFIELD_ANY, .offset = offsetof(struct factors_answer, items), .required = true},
	{.name = "due", .type = JSONFIELD_TIME, .offset = offsetof(struct factors_answer, due)},
};
static const struct jsonfield_table factors_table = JSONFIELD_TABLE(struct factors_answer, factors_rows);

/** What the server answered; views live as long as it. */
struct fetched {
	struct https_answer answer;
	struct json_document document;
	struct arena arena;
	struct factors_answer factors;
};
static void fetched_clear(struct fetched *f)
{
	https_answer_clear(&f->answer);
	json_document_clear(&f->document);
	arena_clear(&f->arena);
}

static struct status fetch(struct cli *c, struct fetched *out)
{
	TRY(cli_signed_in(c));
	out->arena.max = 65536;
	TRY(site_get(&c->site, "/v1/factors", &out->answer));
	return placed_read(buffer_bytes(&out->answer.body), &factors_table, &out->arena, &out->document, &out->factors);
}

static struct status print_factor(struct output *rows, struct json one)
{
	uint64_t left = 0;
	const bool codes = ok(json_u64(json_member(one, TEXT("left")), 0, UINT32_MAX, &left));
	const struct output_cell cells[] = {
		CELL_TEXT("id", text_member(one, "id")),     CELL_TEXT("kind", text_member(one, "kind")),
		CELL_TEXT("name", text_member(one, "name")), CELL_TEXT("created", text_member(one, "created")),
		CELL_TEXT("used", text_member(one, "used")), CELL_NUMBER("left", left),
	};

	return output_row(rows, cells, codes || !rows->cli->json ? COUNT(cells) : COUNT(cells) - 1);
}

static struct status list(struct cli *c)
{
	AUTO(fetched) f = {0};
	AUTO(output) rows;

	output_begin(c, &rows);
	TRY(fetch(c, &f));
	for (size_t i = 0; i < json_count(f.factors.items); i++)
		TRY(print_factor(&rows, json_element(f.factors.items, i)));
	TRY(output_end(&rows, "None."));
	if (f.factors.due != 0) {
		AUTO(buffer) day = {.max = 64};
		TRY(text_put_time(&day, f.factors.due));
		output_done(c, "Your site wants a second factor of you by %.*s: tacenda factor add totp", (int)day.len,
			    (const char *)day.bytes);
	}
	return OK;
}

/* --- add totp --- */

/** ${secret}: from the file that names one both sides know, or a new one. */
static struct status choose_secret(struct cli *c, struct buffer *secret, bool *made)
{
	AUTO(secret) read = {0};
	const char *file = options_value(&c->options, "--secret-file");
	uint8_t random[OTPAUTH_SECRET];

	*made = file == NULL;
	if (file != NULL) {
		TRY(secret_read_file(AT_FDCWD, file, LIMIT_PASSPHRASE, &read));
		return otpauth_read(text_from(secret_bytes(&read)), secret);
	}
	if (!terminal_can_ask())
		return FAIL_AT(ST_PENDING, "secret: give --secret-file and --code-file");
	secret_random(random, sizeof random);
	struct status s = buffer_put(secret, bytes_of(random, sizeof random));
	secret_wipe(random, sizeof random);
	return s;
}

/** As a picture and as text, to the terminal or into a file. */
static struct status show_secret(struct cli *c, struct bytes secret)
{
	AUTO(buffer) link = {.max = OTPAUTH_LINK_MAX, .wipe = true}, picture = {.max = QR_OUTPUT_MAX, .wipe = true};
	AUTO(buffer) letters = {.max = 256, .wipe = true};
	const char *svg = options_value(&c->options, "--svg");
	const struct text host = {c->keys.person.origin + strlen("https://"),
				  strlen(c->keys.person.origin) - strlen("https://")};

	TRY(otpauth_link(host, text_of(c->keys.person.login), secret, &link));
	if (svg != NULL) {
		TRY(qr_svg(text_from(buffer_bytes(&link)), &picture));
		return filetarget_save(svg, buffer_bytes(&picture));
	}
	TRY(qr_terminal(text_from(buffer_bytes(&link)), &picture));
	TRY(otpauth_put(secret, &letters));
	(void)fprintf(stderr, "%.*s\nScan this with your authenticator, or type the secret into it:\n  %.*s\n",
		      (int)picture.len, (const char *)picture.bytes, (int)letters.len, (const char *)letters.bytes);
	return OK;
}

static struct status print_id(const struct cli *c, const struct https_answer *answer, const char *sentence)
{
	AUTO(json_document) d = {0};

	TRY(json_parse(buffer_bytes(&answer->body), &placed_json_limits, &d));
	const struct output_cell cells[] = {CELL_TEXT("id", text_member(json_root(&d), "id"))};
	if (c->json)
		return output_object(c, cells, COUNT(cells));
	output_done(c, "%s", sentence);
	return OK;
}

static struct status add_totp(struct cli *c)
{
	AUTO(buffer) shared = {.max = (size_t)2 * OTPAUTH_SECRET_MAX, .wipe = true}, body = {.max = 4096, .wipe = true};
	AUTO(secret) code = {0};
	AUTO(https_answer) answer = {0};
	const char *name = options_value(&c->options, "--name");
	bool made;

	TRY(cli_signed_in(c));
	TRY(choose_secret(c, &shared, &made));
	if (made || options_value(&c->options, "--svg") != NULL)
		TRY(show_secret(c, buffer_bytes(&shared)));
	TRY(ask_code(c, "The code that it shows now: ", &code));
	struct jsonwriter w = jsonwriter_of(&body);
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "name", name != NULL ? name : "authenticator");
	jsonwriter_base64(&w, "secret", buffer_bytes(&shared));
	jsonwriter_text(&w, "code", text_trim(text_from(secret_bytes(&code))));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(site_send(&c->site, "POST", "/v1/authenticators", &body, &answer));
	TRY(factorprompt_remember(c));
	return print_id(c, &answer,
			"Added. From now on a sign-in takes its code. Make recovery codes too: tacenda factor add "
			"codes -o F");
}

/* --- add codes --- */

static struct status print_codes(struct cli *c, struct json root)
{
	AUTO(buffer) page = {.max = 8192, .wipe = true}, words = {.max = 4096, .wipe = true};
	const char *path = options_value(&c->options, "-o");
	struct json codes = json_member(root, TEXT("codes"));
	struct text code;

	TRY(buffer_print(&page, "Tacenda recovery codes of %s at %s\nEach works once, in place of a second factor.\n\n",
			 c->keys.person.login, c->keys.person.origin));
	for (size_t i = 0; i < json_count(codes); i++) {
		TRY(json_text(json_element(codes, i), &code));
		TRY(buffer_print(&page, "  %2zu  %.*s\n", i + 1, TEXT_ARG(code)));
		TRY(buffer_print(&words, "%s%.*s", i > 0 ? "," : "", TEXT_ARG(code)));
	}
	const struct output_cell cells[] = {CELL_TEXT("id", text_member(root, "id")),
					    CELL_WORDS("codes", text_from(buffer_bytes(&words)))};
	if (path != NULL)
		TRY(filetarget_save(path, buffer_bytes(&page)));
	if (c->json)
		return output_object(c, cells, path != NULL ? 1 : COUNT(cells));
	if (path == NULL)
		(void)fwrite(page.bytes, 1, page.len, stdout);
	output_done(c, "%s",
		    path != NULL && strcmp(path, "-") == 0
			    ? ""
			    : "Keep them on paper, away from this computer. They are not shown again.");
	return OK;
}

static struct status add_codes(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) d = {0};

	TRY(cli_signed_in(c));
	TRY(site_send(&c->site, "POST", "/v1/recovery-codes", NULL, &answer));
	TRY(json_parse(buffer_bytes(&answer.body), &placed_json_limits, &d));
	return print_codes(c, json_root(&d));
}

/* --- remove --- */

static struct status find(const struct fetched *f, const char *word, struct text *id)
{
	for (size_t i = 0; i < json_count(f->factors.items); i++) {
		struct json one = json_element(f->factors.items, i);
		*id = text_member(one, "id");
		if (text_equal(*id, text_of(word)) || text_equal(text_member(one, "name"), text_of(word)))
			return OK;
	}
	return FAIL_AT(ST_NOT_FOUND, "factor: tacenda factor list names yours");
}

static struct status remove_factor(struct cli *c)
{
	AUTO(fetched) f = {0};
	AUTO(https_answer) answer = {0};
	AUTO(buffer) path = {.max = 128};
	struct text id;

	TRY(fetch(c, &f));
	TRY(find(&f, cli_argument(c, 0), &id));
	TRY(cli_confirm(c, "Remove this second factor?"));
	TRY(buffer_print(&path, "/v1/factors/%.*s", TEXT_ARG(id)));
	TRY(buffer_put_u8(&path, 0));
	TRY(site_send(&c->site, "DELETE", (const char *)path.bytes, NULL, &answer));
	output_done(c, "Removed.");
	return OK;
}

/* --- step-up --- */

static struct status step_up(struct cli *c)
{
	AUTO(secret) code = {0};
	AUTO(buffer) body = {.max = 4096, .wipe = true};
	AUTO(https_answer) answer = {0};

	TRY(cli_signed_in(c));
	TRY(ask_code(c, "Code of your second factor: ", &code));
	struct jsonwriter w = jsonwriter_of(&body);
	jsonwriter_object(&w, NULL);
	jsonwriter_text(&w, "code", text_trim(text_from(secret_bytes(&code))));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(site_send(&c->site, "PUT", "/v1/session/factor", &body, &answer));
	TRY(factorprompt_remember(c));
	output_done(c, "Proven; now repeat the command that asked for it.");
	return OK;
}

static const struct option_spec totp_options[] = {
	{"--name", "N", "what you call it; otherwise: authenticator", false, 0},
	{"--svg", "F", "write the QR code as an SVG image, which is as secret as a password, instead of showing it",
	 false, 0},
	{"--secret-file", "F", "a secret in base32 that the authenticator has already", false, 0},
	{"--code-file", "F", "a code that it shows now", false, 0},
	{0},
};
static const struct option_spec codes_options[] = {{"-o", "F", "where to, for printing", false, 'o'}, {0}};
static const struct option_spec step_options[] = {
	{"--code-file", "F", "a code of a second factor; - is standard input", false, 0},
	{0},
};

const struct command commands_factor[] = {
	{"factor list", "", 0, 0, NULL, list, "your second factors, when they were used, recovery codes left",
	 "tacenda factor list", NULL},
	{"factor add totp", "", 0, 0, totp_options, add_totp,
	 "add an authenticator that shows a new code every 30 seconds", "tacenda factor add totp --name phone",
	 "Shows a QR code and asks for a code that proves it was taken. A code counts once.\n"
	 "Without a terminal: --secret-file and --code-file."},
	{"factor add codes", "", 0, 0, codes_options, add_codes,
	 "make ten recovery codes for when you lose the others; earlier ones end",
	 "tacenda factor add codes -o codes.txt", NULL},
	{"factor remove", "NAME", 1, 1, NULL, remove_factor, "remove a second factor, by name or id",
	 "tacenda factor remove phone", NULL},
	{"step-up", "", 0, 0, step_options, step_up,
	 "prove a second factor again, before export, administration of users, changes of factors",
	 "tacenda step-up --code-file code.txt", NULL},
	{0},
};
