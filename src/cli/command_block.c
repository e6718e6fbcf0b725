/* SPDX-License-Identifier: Apache-2.0 */
/* command_block: logins, devices and addresses that are locked after failures, and lifting that (administrator). */
#include "output.h"
#include "placed.h"

#include <stdio.h>
#include <string.h>

struct blocks_answer {
	struct json items;
};
static const struct jsonfield answer_rows[] = {
	{.name = "items", .type = JSONFIELD_ANY, .offset = offsetof(struct blocks_answer, items), .required = true},
};
static const struct jsonfield_table answer_table = JSONFIELD_TABLE(struct blocks_answer, answer_rows);

static struct text text_member(struct json one, const char *name)
{
	struct text t = {0};

	(void)ok(json_text(json_member(one, text_of(name)), &t));
	return t;
}

static struct status print_block(struct cli *c, struct output *rows, struct json one)
{
	struct text user = text_member(one, "user");
	struct user_id id;

	if (ok(id_parse(ID_USER, user, &id.uuid)))
		user = cli_login(c, &id);
	const struct output_cell cells[] = {
		CELL_TEXT("kind", text_member(one, "kind")),
		CELL_TEXT("subject", text_member(one, "subject")),
		CELL_TEXT("user", user),
		CELL_TEXT("since", text_member(one, "since")),
		CELL_TEXT("until", text_member(one, "until")),
		CELL_TEXT("id", text_member(one, "id")),
	};
	return output_row(rows, cells, COUNT(cells));
}

static struct status block_list(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	AUTO(output) rows;
	struct blocks_answer page = {0};

	output_begin(c, &rows);
	TRY(cli_prepared(c));
	TRY(site_get(&c->site, "/v1/blocks", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &answer_table, &arena, &document, &page));
	for (size_t i = 0; i < json_count(page.items); i++)
		TRY(print_block(c, &rows, json_element(page.items, i)));
	return output_end(&rows, "Nothing is locked.");
}

static struct status lift_at(struct cli *c, const char *path, const char *said)
{
	AUTO(https_answer) answer = {0};

	TRY(site_send(&c->site, "DELETE", path, NULL, &answer));
	output_done(c, "%s", said);
	return OK;
}

/** By what it is about, as the list prints it. */
static struct status block_lift(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	struct blocks_answer page = {0};
	const char *word = cli_argument(c, 0);
	char path[128];

	TRY(cli_signed_in(c));
	TRY(site_get(&c->site, "/v1/blocks", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &answer_table, &arena, &document, &page));
	for (size_t i = 0; i < json_count(page.items); i++) {
		struct json one = json_element(page.items, i);
		struct text id = text_member(one, "id");
		if (!text_equal(text_member(one, "subject"), text_of(word)) && !text_equal(id, text_of(word)))
			continue;
		(void)snprintf(path, sizeof path, "/v1/blocks/%.*s", TEXT_ARG(id));
		return lift_at(c, path, "Lifted.");
	}
	return FAIL_AT(ST_NOT_FOUND, "block");
}

static struct status user_unlock(struct cli *c)
{
	struct person person;
	char path[80];

	TRY(cli_user(c, cli_argument(c, 0), &person));
	(void)snprintf(path, sizeof path, "/v1/users/%s/blocks", id_print(ID_USER, &person.id.uuid).at);
	return lift_at(c, path, "Unlocked.");
}

const struct command commands_block[] = {
	{"block list", "", 0, 0, NULL, block_list,
	 "list the logins, devices and addresses that are locked (administrator)", "tacenda block list", NULL},
	{"block lift", "SUBJECT", 1, 1, NULL, block_lift,
	 "end one lock now: a login, device or address as the list has it", "tacenda block lift 203.0.113.7", NULL},
	{"user unlock", "LOGIN", 1, 1, NULL, user_unlock, "end the locks of a login and of its devices (administrator)",
	 "tacenda user unlock amelie", NULL},
	{0},
};
