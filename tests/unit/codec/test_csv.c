/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <string.h>

#include "csv.h"
#include "lines.h"

static void assert_row(struct csv *c, uint64_t line, const char *const *cells, size_t count)
{
	bool more = false;

	assert_ok(csv_next(c, &more));
	assert_true(more);
	assert_int_equal(c->line, line);
	assert_int_equal(c->columns, count);
	for (size_t i = 0; i < count; i++)
		assert_true(text_equal(c->cells[i], text_of(cells[i])));
}

static void assert_end(struct csv *c)
{
	bool more = true;

	assert_ok(csv_next(c, &more));
	assert_false(more);
}

#define ASSERT_ROW(c, line, ...) \
	assert_row(c, line, (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static void reads_rows_of_both_line_ends(void **state)
{
	AUTO(csv) c = csv_of(TEXT("\xef\xbb\xbfid,name\r\n1,Ann\n2,\n,\r\n\r\n"), ',');

	(void)state;
	ASSERT_ROW(&c, 1, "id", "name");
	ASSERT_ROW(&c, 2, "1", "Ann");
	ASSERT_ROW(&c, 3, "2", "");
	ASSERT_ROW(&c, 4, "", "");
	assert_end(&c);
	assert_end(&c);
}

static void opens_quoted_cells(void **state)
{
	AUTO(csv)
	c = csv_of(TEXT("\"a,b\",\"c\"\"d\"\n\"two\r\nlines\n\",\"\"\n x ,\"\"\"\"\"\"\nlast,\"\xc3\xa9\""), ',');

	(void)state;
	ASSERT_ROW(&c, 1, "a,b", "c\"d");
	ASSERT_ROW(&c, 2, "two\r\nlines\n", "");
	ASSERT_ROW(&c, 5, " x ", "\"\"");
	ASSERT_ROW(&c, 6, "last", "\xc3\xa9");
	assert_end(&c);
}

static void reads_one_column_with_empty_rows(void **state)
{
	AUTO(csv) c = csv_of(TEXT("a\n\nb\n\n"), ',');

	(void)state;
	ASSERT_ROW(&c, 1, "a");
	ASSERT_ROW(&c, 2, "");
	ASSERT_ROW(&c, 3, "b");
	assert_end(&c);
}

static void names_the_line_of_what_it_refuses(void **state)
{
	static const struct {
		const char *source;
		uint64_t line;
		const char *what;
	} bad[] = {
		{"a,b\n1", 2, "csv columns"},     {"a,b\n\"x\ny\",1\n1,2,3\n", 4, "csv columns"},
		{"a,b\n\n1,2", 2, "csv columns"}, {"a,\"b", 1, "csv quote"},
		{"a\n\"b\"c\n", 2, "csv quote"},  {"a\nb\"c\"\n", 2, "csv quote"},
		{"a\n \"b\"\n", 2, "csv quote"},  {"a\rb\n", 1, "csv line end"},
		{"a\r\r\nb", 1, "csv line end"},  {"a\n\xff\n", 2, "csv text"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(csv) c = csv_of(text_of(bad[i].source), ',');
		struct status s = OK;
		bool more = true;
		while (ok(s) && more)
			s = csv_next(&c, &more);
		assert_int_equal(s.code, ST_INVALID);
		assert_string_equal(s.what, bad[i].what);
		assert_int_equal(c.line, bad[i].line);
	}
}

static void stops_at_its_limits(void **state)
{
	static char wide[CSV_COLUMNS], tall[CSV_ROW_BYTES + 1];
	bool more;

	(void)state;
	memset(wide, ',', sizeof wide);
	memset(tall, 'x', sizeof tall);
	AUTO(csv) most = csv_of((struct text){wide, sizeof wide - 1}, ',');
	assert_ok(csv_next(&most, &more));
	assert_int_equal(most.columns, CSV_COLUMNS);
	AUTO(csv) columns = csv_of((struct text){wide, sizeof wide}, ',');
	assert_fails(ST_TOO_BIG, csv_next(&columns, &more));
	AUTO(csv) row = csv_of((struct text){tall, sizeof tall}, ',');
	assert_fails(ST_TOO_BIG, csv_next(&row, &more));
	AUTO(csv) nul = csv_of((struct text){"a\0b", 3}, ',');
	assert_fails(ST_INVALID, csv_next(&nul, &more));
}

static void finds_the_separator(void **state)
{
	(void)state;
	assert_int_equal(csv_separator(TEXT("a;b;c,d\n1,2,3,4")), ';');
	assert_int_equal(csv_separator(TEXT("a\tb\nx;y;z")), '\t');
	assert_int_equal(csv_separator(TEXT("\"a;b;c;d\",e")), ',');
	assert_int_equal(csv_separator(TEXT("one")), ',');
	assert_int_equal(csv_separator(TEXT("")), ',');
}

static void reads_back_what_it_writes(void **state)
{
	static const char *const cells[] = {"plain", "",   "a,b", "say \"x\"", "two\r\nlines", " lead",
					    "tail ", "\"", "a;b", "\xc3\xa9",  "=1+1"};
	AUTO(buffer) out = {.max = 4096};
	struct text row[COUNT(cells)];

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++)
		row[i] = text_of(cells[i]);
	assert_ok(csv_put_row(&out, row, COUNT(row)));
	assert_ok(csv_put_row(&out, row, COUNT(row)));
	assert_true(text_starts(text_from(buffer_bytes(&out)), TEXT("plain,,\"a,b\",\"say \"\"x\"\"\",")));
	AUTO(csv) c = csv_of(text_from(buffer_bytes(&out)), ',');
	assert_row(&c, 1, cells, COUNT(cells));
	assert_row(&c, 3, cells, COUNT(cells));
	assert_end(&c);
}

static void gives_a_spreadsheet_no_formula(void **state)
{
	static const struct {
		const char *cell, *written;
	} cells[] = {
		{"=1+1", "'=1+1\r\n"},
		{"+49", "'+49\r\n"},
		{"-1", "'-1\r\n"},
		{"@SUM(A1)", "'@SUM(A1)\r\n"},
		{"\t=1", "\"'\t=1\"\r\n"},
		{"\n=1", "\"'\n=1\"\r\n"},
		{"=cmd|' /C calc'!A0, \"x\"", "\"'=cmd|' /C calc'!A0, \"\"x\"\"\"\r\n"},
		{"\xef\xbc\x9d"
		 "1+1",
		 "'\xef\xbc\x9d"
		 "1+1\r\n"},
		{"1=1", "1=1\r\n"},
		{" =1", "\" =1\"\r\n"},
		{"plain", "plain\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++) {
		AUTO(buffer) out = {.max = 256};
		const struct text cell = text_of(cells[i].cell);
		assert_ok(csv_put_safe_row(&out, &cell, 1));
		assert_true(text_equal(text_from(buffer_bytes(&out)), text_of(cells[i].written)));
	}
}

static void keeps_what_looks_like_nothing(void **state)
{
	static const struct text cells[] = {{"\xef\xbb\xbfx", 4}, {"", 0}, {"y", 1}, {"", 0}};
	AUTO(buffer) out = {.max = 4096};
	bool more;

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++)
		assert_ok(csv_put_row(&out, &cells[i], 1));
	AUTO(csv) c = csv_of(text_from(buffer_bytes(&out)), ',');
	for (size_t i = 0; i < COUNT(cells); i++) {
		assert_ok(csv_next(&c, &more));
		assert_true(more && text_equal(c.cells[0], cells[i]));
	}
	assert_end(&c);
}

static void gives_lines_with_their_numbers(void **state)
{
	struct lines l = lines_of(TEXT("\n{1}\r\n \t\r\n{22}\n\n{333}"), 4);
	struct text line;
	bool more;

	(void)state;
	assert_ok(lines_next(&l, &line, &more));
	assert_true(more && text_equal(line, TEXT("{1}")));
	assert_int_equal(l.number, 2);
	assert_ok(lines_next(&l, &line, &more));
	assert_true(more && text_equal(line, TEXT("{22}")));
	assert_int_equal(l.number, 4);
	assert_fails(ST_TOO_BIG, lines_next(&l, &line, &more));
	assert_int_equal(l.number, 6);
	assert_ok(lines_next(&l, &line, &more));
	assert_false(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_rows_of_both_line_ends),
		TEST(opens_quoted_cells),
		TEST(reads_one_column_with_empty_rows),
		TEST(names_the_line_of_what_it_refuses),
		TEST(stops_at_its_limits),
		TEST(finds_the_separator),
		TEST(reads_back_what_it_writes),
		TEST(gives_a_spreadsheet_no_formula),
		TEST(keeps_what_looks_like_nothing),
		TEST(gives_lines_with_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
