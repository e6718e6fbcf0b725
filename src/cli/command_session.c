/* SPDX-License-Identifier: Apache-2.0 */
/* command_session: one's own open sessions and known devices, and their end. */
#include "output.h"
#include "placed.h"

#include <stdio.h>
#include <string.h>

static const struct jsonfield item_rows[] = {
	{.name = "items", .type = JSONFIELD_ANY, .offset = 0, .required = true},
};
static const struct jsonfield_table item_table = JSONFIELD_TABLE(struct json, item_rows);

static struct text text_member(struct json object, const char *name)
{
	struct text value = {0};

	(void)ok(json_text(json_member(object, text_of(name)), &value));
	return value;
}

static bool flag_member(struct json object, const char *name)
{
	bool value = false;

	(void)ok(json_bool(json_member(object, text_of(name)), &value));
	return value;
}

static uint64_t number_member(struct json object, const char *name)
{
	uint64_t value = 0;

	(void)ok(json_u64(json_member(object, text_of(name)), 0, UINT64_MAX, &value));
	return value;
}

typedef struct status print_item(struct output *rows, struct json item);

static struct status print_items(struct cli *c, const char *path, print_item *print, const char *nothing)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	AUTO(output) rows;
	struct json items = {0};

	output_begin(c, &rows);
	TRY(cli_signed_in(c));
	TRY(site_get(&c->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &item_table, &arena, &document, &items));
	for (size_t i = 0; i < json_count(items); i++)
		TRY(print(&rows, json_element(items, i)));
	return output_end(&rows, nothing);
}

static struct status print_session(struct output *rows, struct json one)
{
	const struct output_cell cells[] = {
		CELL_TEXT("id", text_member(one, "id")),
		CELL_BOOL("current", flag_member(one, "current")),
		CELL_TEXT("device", text_member(one, "label")),
		CELL_TEXT("address", text_member(one, "address")),
		CELL_TEXT("created", text_member(one, "created")),
		CELL_TEXT("expires", text_member(one, "expires")),
		CELL_NUMBER("unused_seconds", number_member(one, "unused_seconds")),
	};

	return output_row(rows, cells, COUNT(cells));
}

static struct status session_list(struct cli *c)
{
	return print_items(c, "/v1/sessions", print_session, "None.");
}

static struct status print_device(struct output *rows, struct json one)
{
	const struct output_cell cells[] = {
		CELL_TEXT("id", text_member(one, "id")),           CELL_BOOL("current", flag_member(one, "current")),
		CELL_TEXT("device", text_member(one, "label")),    CELL_TEXT("client", text_member(one, "client")),
		CELL_TEXT("address", text_member(one, "address")), CELL_TEXT("first", text_member(one, "first")),
		CELL_TEXT("last", text_member(one, "last")),
	};

	return output_row(rows, cells, COUNT(cells));
}

static struct status device_list(struct cli *c)
{
	return print_items(c, "/v1/devices", print_device, "None.");
}

static struct status remove_at(struct cli *c, const char *path, const char *said)
{
	AUTO(https_answer) answer = {0};

	TRY(site_send(&c->site, "DELETE", path, NULL, &answer));
	output_done(c, "%s", said);
	return OK;
}

/** The one whose id is, or ends with, ${word}. */
static struct status resolve(struct cli *c, const char *path, const char *word, char out[ID_TEXT_LEN + 1])
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	struct json items = {0};
	size_t found = 0, len = strlen(word);

	TRY(site_get(&c->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &item_table, &arena, &document, &items));
	for (size_t i = 0; i < json_count(items); i++) {
		struct text id = text_member(json_element(items, i), "id");
		if (id.len != ID_TEXT_LEN || len > id.len || memcmp(id.at + id.len - len, word, len) != 0)
			continue;
		(void)snprintf(out, ID_TEXT_LEN + 1, "%.*s", TEXT_ARG(id));
		found++;
	}
	if (found > 1)
		return FAIL_AT(ST_INVALID, "id: more than one ends like this, give more of it");
	return found == 1 ? OK : FAIL_AT(ST_NOT_FOUND, "id");
}

static struct status remove_one(struct cli *c, const char *path, const char *word, const char *said)
{
	char id[ID_TEXT_LEN + 1], place[80];

	TRY(resolve(c, path, word, id));
	(void)snprintf(place, sizeof place, "%s/%s", path, id);
	return remove_at(c, place, said);
}

static struct status session_end(struct cli *c)
{
	const char *word = cli_argument(c, 0);
	bool others = options_has(&c->options, "--others");

	if (others == (word != NULL))
		return cli_usage("say which", "session end ID, or session end --others");
	TRY(cli_signed_in(c));
	if (others)
		return remove_at(c, "/v1/sessions?others=true", "Ended; this one goes on.");
	return remove_one(c, "/v1/sessions", word, "Ended.");
}

static struct status device_forget(struct cli *c)
{
	TRY(cli_signed_in(c));
	TRY(cli_confirm(c, "Forget this device? Its sessions end, and its next sign-in counts as a stranger's."));
	return remove_one(c, "/v1/devices", cli_argument(c, 0), "Forgotten.");
}

static struct status user_logout(struct cli *c)
{
	struct person person;
	char path[80];

	TRY(cli_user(c, cli_argument(c, 0), &person));
	TRY(cli_confirm(c, "End all sessions of this user? What runs is cut."));
	(void)snprintf(path, sizeof path, "/v1/users/%s/sessions", id_print(ID_USER, &person.id.uuid).at);
	return remove_at(c, path, "All sessions of this user have ended.");
}

static const struct option_spec end_options[] = {{"--others", NULL, "all but this one", false, 0}, {0}};

const struct command commands_session[] = {
	{"session list", "", 0, 0, NULL, session_list, "list your open sessions", "tacenda session list", NULL},
	{"session end", "[ID]", 0, 1, end_options, session_end, "end one of your sessions, or all but this one",
	 "tacenda session end --others", NULL},
	{"device list", "", 0, 0, NULL, device_list, "list the devices that you have signed in from",
	 "tacenda device list", NULL},
	{"device forget", "ID", 1, 1, NULL, device_forget, "end a device's sessions and forget it",
	 "tacenda device forget 4k2m", NULL},
	{"user logout", "LOGIN", 1, 1, NULL, user_logout, "end all sessions of a user at once (administrator)",
	 "tacenda user logout amelie", NULL},
	{0},
};
