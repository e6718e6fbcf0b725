/* SPDX-License-Identifier: Apache-2.0 */
/* command_site: the settings of the site. */
#include "output.h"
#include "placed.h"

#include <stdio.h>
#include <string.h>

struct settings_answer {
	struct json items;
	uint64_t stored; /* `tacenda site status` shows it */
};
static const struct jsonfield answer_rows[] = {
	{.name = "items", .type = JSONFIELD_ANY, .offset = offsetof(struct settings_answer, items), .required = true},
	{.name = "stored_bytes", .type = JSONFIELD_U64, .offset = offsetof(struct settings_answer, stored)},
};
static const struct jsonfield_table answer_table = JSONFIELD_TABLE(struct settings_answer, answer_rows);

static struct text text_member(struct json one, const char *name)
{
	struct text t = {0};

	(void)ok(json_text(json_member(one, text_of(name)), &t));
	return t;
}

/** A number or a word, as it was written. */
static void put_value(struct json one, const char *name, struct buffer *out)
{
	struct json v = json_member(one, text_of(name));
	struct text t;

	if (ok(json_text(v, &t)) || ok(json_number(v, &t)))
		(void)ok(buffer_put(out, text_bytes(t)));
}

static void put_bounds(struct json one, struct buffer *out)
{
	struct json words = json_member(one, TEXT("words"));
	struct text word = {0}, longest;

	for (size_t i = 0; i < json_count(words); i++)
		if (ok(json_text(json_element(words, i), &word)))
			(void)ok(buffer_print(out, "%s%.*s", i > 0 ? " or " : "", TEXT_ARG(word)));
	if (json_count(words) > 0)
		return;
	if (ok(json_number(json_member(one, TEXT("longest")), &longest))) {
		(void)ok(buffer_print(out, "text, up to %.*s bytes", TEXT_ARG(longest)));
		return;
	}
	put_value(one, "least", out);
	(void)ok(buffer_print(out, " to "));
	put_value(one, "most", out);
}

static struct status print_setting(struct output *rows, struct json one)
{
	AUTO(buffer) value = {.max = 256}, otherwise = {.max = 256}, bounds = {.max = 256};

	put_value(one, "value", &value);
	put_value(one, "default", &otherwise);
	put_bounds(one, &bounds);
	const struct output_cell cells[] = {
		CELL_TEXT("name", text_member(one, "name")),
		CELL_TEXT("value", text_from(buffer_bytes(&value))),
		CELL_TEXT("default", text_from(buffer_bytes(&otherwise))),
		CELL_TEXT("bounds", text_from(buffer_bytes(&bounds))),
		CELL_TEXT("meaning", text_member(one, "meaning")),
	};
	return output_row(rows, cells, COUNT(cells));
}

static struct status get(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = (size_t)4 << 20};
	AUTO(output) rows;
	struct settings_answer page = {0};
	const char *name = cli_argument(c, 0);
	bool found = name == NULL;

	output_begin(c, &rows);
	TRY(cli_signed_in(c));
	TRY(site_get(&c->site, "/v1/settings", &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &answer_table, &arena, &document, &page));
	for (size_t i = 0; i < json_count(page.items); i++) {
		struct json one = json_element(page.items, i);
		bool named = name == NULL || text_equal(text_member(one, "name"), text_of(name));
		found = found || named;
		if (named)
			TRY(print_setting(&rows, one));
	}
	if (!found)
		return FAIL_AT(ST_NOT_FOUND, "setting");
	return output_end(&rows, "None.");
}

static struct status set(struct cli *c)
{
	AUTO(https_answer) answer = {0};
	AUTO(buffer) body = {.max = 4096};
	struct jsonwriter w = jsonwriter_of(&body);
	char path[128];

	for (const char *at = cli_argument(c, 0); *at != '\0'; at++)
		if ((*at < 'a' || *at > 'z') && *at != '.' && *at != '_')
			return FAIL_AT(ST_NOT_FOUND, "setting");
	if (snprintf(path, sizeof path, "/v1/settings/%s", cli_argument(c, 0)) >= (int)sizeof path)
		return FAIL_AT(ST_NOT_FOUND, "setting");
	jsonwriter_object(&w, NULL);
	jsonwriter_string(&w, "value", cli_argument(c, 1));
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(cli_signed_in(c));
	TRY(site_send(&c->site, "PUT", path, &body, &answer));
	output_done(c, "Set, and in force now.");
	if (c->json)
		(void)printf("%.*s\n", (int)answer.body.len, (const char *)answer.body.bytes);
	return OK;
}

const struct command commands_site[] = {
	{"site get", "[NAME]", 0, 1, NULL, get, "show the settings of the site, or one of them",
	 "tacenda site get session.idle_minutes", NULL},
	{"site set", "NAME VALUE", 2, 2, NULL, set, "change a setting (administrator); logged",
	 "tacenda site set session.idle_minutes 10", NULL},
	{0},
};
