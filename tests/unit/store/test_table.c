/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os.h"
#include "table.h"
#include "text.h"

/*
 * PROMISES#S1: what stays plain, the closed list of docs/FORMATS.md.  A column that is
 * not here by table and name fails the test below: add it there first, and only
 * if it is of one of these kinds.
 */
static const struct {
	const char *kind, *columns;
} closed_list[] = {
	{"random ids",
	 "site.id user.id credential.user device.id device.user session.id session.user statement.patient "
	 "patient.id patient.owner access.patient access.recipient epoch.holder wrapped_key.holder "
	 "wrapped_key.recipient record.id record.patient version.record version.patient version.object "
	 "upload.id upload.user upload.patient notice.id notice.user delivery.notice delivery.user contact.user "
	 "counter.holder factor.id factor.user "
	 "approval.id reset.user "},
	{"sequence numbers and counters", "user.seq statement.seq statement.leaf patient.seq access.seq epoch.number "
					  "wrapped_key.epoch record.seq record.versions version.number outbox.event "
					  "setting.seq notice.seq counter.value approval.seq "},
	{"hashes and look-up tokens",
	 "user.login_token session.token_hash statement.name statement.subject patient.token "
	 "epoch.statement record.token version.statement setting.name_token "
	 "idempotency.token failure.token factor.token "},
	{"sizes", "version.size upload.size "},
	{"times", "device.created device.seen session.created session.expires version.created upload.created "
		  "notice.last delivery.due idempotency.created failure.seen factor.created approval.due reset.ends "},
	{"kinds", "statement.kind access.recipient_kind epoch.holder_kind epoch.compartment wrapped_key.holder_kind "
		  "wrapped_key.compartment wrapped_key.recipient_kind record.kind counter.kind delivery.way "},
};

static bool is_listed(const char *table, const char *column)
{
	char name[80];

	(void)snprintf(name, sizeof name, "%s.%s ", table, column);
	for (size_t i = 0; i < COUNT(closed_list); i++)
		if (strstr(closed_list[i].columns, name) != NULL)
			return true;
	return false;
}

static void every_plain_column_is_on_the_closed_list(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t c = 0; c < tables[t].column_count; c++)
			if (!is_listed(tables[t].name, tables[t].columns[c].name))
				fail_msg("%s.%s is not on the list of what stays plain", tables[t].name,
					 tables[t].columns[c].name);
}

static void only_bookkeeping_goes_without_an_event(void **state)
{
	(void)state;
	static const char list[] = "counter upload outbox notice delivery idempotency ";

	for (size_t t = 0; t < TABLE_COUNT; t++) {
		char name[40];
		(void)snprintf(name, sizeof name, "%s ", tables[t].name);
		assert_int_equal(tables[t].unaudited, strstr(list, name) != NULL);
	}
}

static void every_declaration_is_consistent(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		const struct table *table = &tables[t];

		assert_int_equal(table->id, t);
		assert_true(table->version >= 1 && table->keys >= 1 && table->keys <= table->column_count);
		assert_true(table->column_count <= TABLE_COLUMNS && table->secret_count <= TABLE_SECRETS);
		for (size_t i = 0; i < TABLE_COLUMNS; i++)
			assert_int_equal(table->columns[i].name != NULL, i < table->column_count);
		for (size_t i = 0; i < TABLE_SECRETS; i++)
			assert_int_equal(table->secrets[i] != NULL, i < table->secret_count);
		if (table->seq != TABLE_NONE)
			assert_string_equal(table->columns[table->seq].name, "seq");
		if (table->patient != TABLE_NONE)
			assert_int_equal(table->columns[table->patient].type, COLUMN_UUID);
		for (size_t i = 0; i < TABLE_INDEXES; i++)
			for (size_t c = 0; c < table->indexes[i].count; c++)
				assert_true(table->indexes[i].columns[c] < table->column_count);
	}
}

/* ---- The table in docs/FORMATS.md ---- */

static void put_documented(struct buffer *out, const struct table *table)
{
	assert_ok(buffer_print(out, "| `%s` | ", table->name));
	for (size_t i = 0; i < table->column_count; i++) {
		const char *mark = i < table->keys ? "**" : "";
		assert_ok(buffer_print(out, "%s%s%s%s", i > 0 ? ", " : "", mark, table->columns[i].name, mark));
	}
	assert_ok(buffer_print(out, " | "));
	for (size_t i = 0; i < table->secret_count; i++)
		assert_ok(buffer_print(out, "%s%s", i > 0 ? ", " : "", table->secrets[i]));
	assert_ok(buffer_print(out, "%s | %s |\n%c", table->secret_count == 0 ? "–" : "",
			       table->patient == TABLE_NONE ? "site" : table->columns[table->patient].name, 0));
}

static void the_documented_rows_are_the_declared_ones(void **state)
{
	(void)state;
	AUTO(buffer) text = {.max = 1 << 20};
	const char *path = getenv("TACENDA_FORMATS");

	if (path == NULL)
		skip();
	assert_ok(os_load(&os_real, AT_FDCWD, path, text.max - 1, &text));
	assert_ok(buffer_put_u8(&text, 0));
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		AUTO(buffer) line = {.max = 4096};

		put_documented(&line, &tables[t]);
		if (strstr((const char *)text.bytes, (const char *)line.bytes) == NULL)
			fail_msg("docs/FORMATS.md lacks: %s", (const char *)line.bytes);
	}
	/* And none besides them. */
	const char *row = strstr((const char *)text.bytes, "| table | plain | sealed | key |\n");
	size_t documented = 0;
	assert_non_null(row);
	for (row = strchr(row, '\n'); row != NULL && row[1] == '|'; row = strchr(row + 1, '\n'))
		documented += row[2] == ' ';
	assert_int_equal(documented, TABLE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_plain_column_is_on_the_closed_list),
		TEST(only_bookkeeping_goes_without_an_event),
		TEST(every_declaration_is_consistent),
		TEST(the_documented_rows_are_the_declared_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
