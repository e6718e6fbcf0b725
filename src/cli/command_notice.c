/* SPDX-License-Identifier: Apache-2.0 */
/* command_notice: messages of the site to the signed-in user. */
#include "output.h"
#include "pages.h"
#include "placed.h"

struct notice_row {
	struct text id, severity, kind, text, detail;
	uint64_t seq, time, first, count;
	bool read;
};
#define ROW(field, kind, member, most) \
	{ \
		.name = (field), .type = (kind), .offset = offsetof(struct notice_row, member), .required = true, \
		.max = (most) \
	}
static const struct jsonfield notice_rows[] = {
	ROW("seq", JSONFIELD_U64, seq, 0),
	ROW("id", JSONFIELD_TEXT, id, ID_TEXT_LEN),
	ROW("severity", JSONFIELD_TEXT, severity, 31),
	ROW("kind", JSONFIELD_TEXT, kind, 63),
	ROW("text", JSONFIELD_TEXT, text, 1000),
	ROW("detail", JSONFIELD_TEXT, detail, 1000),
	ROW("time", JSONFIELD_TIME, time, 0),
	ROW("first", JSONFIELD_TIME, first, 0),
	ROW("count", JSONFIELD_U64, count, 0),
	ROW("read", JSONFIELD_BOOL, read, 0),
};
static const struct jsonfield_table notice_table = JSONFIELD_TABLE(struct notice_row, notice_rows);

static struct status mark_read(struct cli *c, uint64_t last)
{
	AUTO(https_answer) answer = {0};
	AUTO(buffer) body = {.max = 256};
	struct jsonwriter w = jsonwriter_of(&body);

	jsonwriter_object(&w, NULL);
	jsonwriter_u64(&w, "seq", last);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return site_send(&c->site, "POST", "/v1/notices/read", &body, &answer);
}

struct printing {
	struct output *rows;
	bool all;
};
static struct status print_notice(void *context, const void *item)
{
	const struct printing *to = context;
	const struct notice_row *n = item;
	const struct output_cell cells[] = {
		CELL_TIME("time", n->time),     CELL_TEXT("severity", n->severity), CELL_TEXT("kind", n->kind),
		CELL_NUMBER("count", n->count), CELL_TEXT("detail", n->detail),     CELL_TEXT("text", n->text),
		CELL_TIME("first", n->first),   CELL_BOOL("read", n->read),         CELL_TEXT("id", n->id),
	};

	return to->all || !n->read ? output_row(to->rows, cells, COUNT(cells)) : OK;
}

static struct status notices(struct cli *c)
{
	const bool all = options_has(&c->options, "--all");
	AUTO(output) rows;
	struct printing to = {&rows, all};
	uint64_t end;

	output_begin(c, &rows);
	TRY(cli_signed_in(c));
	TRY(pages_read(&c->site, &(struct pages){"/v1/notices?limit=500", &notice_table, print_notice, &to}, &end));
	TRY(output_end(&rows, all ? "No notices." : "No unread notices. Read ones too: tacenda notices --all"));
	return options_has(&c->options, "--read") ? mark_read(c, end) : OK;
}

/* --- Where they are mailed --- */

struct contact_answer {
	struct text mail, kinds;
};
static const struct jsonfield contact_rows[] = {
	{.name = "mail", .type = JSONFIELD_TEXT, .offset = offsetof(struct contact_answer, mail), .required = true},
	{.name = "kinds", .type = JSONFIELD_TEXT, .offset = offsetof(struct contact_answer, kinds), .required = true},
};
static const struct jsonfield_table contact_table = JSONFIELD_TABLE(struct contact_answer, contact_rows);

static struct status put_contact(struct cli *c, const char *mail, const char *kinds)
{
	AUTO(https_answer) answer = {0};
	AUTO(buffer) body = {.max = 2048};
	struct jsonwriter w = jsonwriter_of(&body);

	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "mail", mail);
	jsonwriter_string(&w, "kinds", kinds);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	return site_send(&c->site, "PUT", "/v1/notices/contact", &body, &answer);
}

static struct status contact(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)1 << 20};
	struct contact_answer now = {0};
	const char *mail = options_value(&c->options, "--mail"), *kinds = options_value(&c->options, "--kinds");

	TRY(cli_signed_in(c));
	if (options_has(&c->options, "--no-mail"))
		TRY(put_contact(c, "", ""));
	else if (mail != NULL)
		TRY(put_contact(c, mail, kinds != NULL ? kinds : ""));
	else if (kinds != NULL)
		return cli_usage("give --mail with it", "--kinds");
	TRY(site_get(&c->site, "/v1/notices/contact", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &contact_table, &arena, &document, &now));
	const struct output_cell cells[] = {CELL_TEXT("mail", now.mail), CELL_TEXT("kinds", now.kinds)};
	return output_object(c, cells, COUNT(cells));
}

static const struct option_spec contact_options[] = {
	{"--mail", "ADDRESS", "where notices are mailed", false, 0},
	{"--kinds", "LIST", "which: kinds and severities, parted by commas; all warnings when left out", false, 0},
	{"--no-mail", NULL, "nowhere", false, 0},
	{0},
};

static const struct option_spec notice_options[] = {
	{"--all", NULL, "those that were read, too", false, 0},
	{"--read", NULL, "and count what is shown as read", false, 0},
	{0},
};

const struct command commands_notice[] = {
	{"notices", "", 0, 0, notice_options, notices, "messages to you", "tacenda notices --read",
	 "To you and to everybody of your profile. What happened again is one notice, with how often, and when first\n"
	 "and last. They stay unread until --read; after 180 days they go."},
	{"notices contact", "", 0, 0, contact_options, contact, "where your notices are mailed besides",
	 "tacenda notices contact --mail anna@clinic.example --kinds urgent,login-locked,device-new",
	 "Where the site sends mail. A mail says what happened, in the same words for everybody, and names nobody."},
	{0},
};
