/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static struct text skip_mark(struct text t)
{
	struct text mark = TEXT(BYTE_ORDER_MARK);

	return text_starts(t, mark) ? (struct text){t.at + mark.len, t.len - mark.len} : t;
}

/* The length of the row at the start of ${t}, its line end not counted. */
static size_t row_len(struct text t)
{
	bool quoted = false;

	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] == '"')
			quoted = !quoted;
		else if (!quoted && (t.at[i] == '\n' || t.at[i] == '\r'))
			return i;
	}
	return t.len;
}

static size_t count_outside(struct text row, char wanted)
{
	size_t count = 0;
	bool quoted = false;

	for (size_t i = 0; i < row.len; i++) {
		if (row.at[i] == '"')
			quoted = !quoted;
		count += !quoted && row.at[i] == wanted;
	}
	return count;
}

char csv_separator(struct text t)
{
	struct text row = skip_mark(t);
	size_t most;
	char best = ',';

	row.len = row_len(row);
	most = count_outside(row, best);
	for (const char *other = ";\t"; *other != '\0'; other++) {
		if (count_outside(row, *other) <= most)
			continue;
		most = count_outside(row, *other);
		best = *other;
	}
	return best;
}

struct csv csv_of(struct text t, char separator)
{
	struct text rest = skip_mark(t);

	while (rest.len > 0 && (rest.at[rest.len - 1] == '\n' || rest.at[rest.len - 1] == '\r'))
		rest.len--;
	return (struct csv){
		.rest = rest, .separator = separator, .next_line = 1, .opened = {.max = CSV_ROW_BYTES, .wipe = true}};
}

void csv_clear(struct csv *c)
{
	buffer_clear(&c->opened);
	*c = (struct csv){0};
}

static void advance(struct text *t, size_t len)
{
	*t = (struct text){t->at + len, t->len - len};
}

static size_t count_line_ends(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += t.at[i] == '\n';
	return count;
}

static struct status take_row(struct csv *c, struct text *row)
{
	*row = (struct text){c->rest.at, row_len(c->rest)};
	if (row->len > CSV_ROW_BYTES)
		return FAIL_AT(ST_TOO_BIG, "csv row");
	if (!text_is_utf8(*row))
		return FAIL_AT(ST_INVALID, "csv text");
	c->next_line += count_line_ends(*row) + 1;
	advance(&c->rest, row->len);
	if (c->rest.len > 0 && *c->rest.at == '\r')
		advance(&c->rest, 1);
	else if (c->rest.len == 0)
		return OK;
	if (c->rest.len == 0 || *c->rest.at != '\n')
		return FAIL_AT(ST_INVALID, "csv line end");
	advance(&c->rest, 1);
	return OK;
}

/* From behind the opening quote to behind the closing one; "" stands for a quote. */
static struct status take_quoted(struct csv *c, struct text *row, struct text *cell)
{
	struct buffer *opened = &c->opened;
	size_t start = opened->len;

	for (;;) {
		const char *quote = row->len > 0 ? memchr(row->at, '"', row->len) : NULL;
		if (quote == NULL)
			return FAIL_AT(ST_INVALID, "csv quote");
		size_t len = (size_t)(quote - row->at);
		TRY(buffer_put(opened, bytes_of(row->at, len)));
		advance(row, len + 1);
		if (row->len == 0 || *row->at != '"')
			break;
		TRY(buffer_put_u8(opened, '"'));
		advance(row, 1);
	}
	*cell = (struct text){(const char *)opened->bytes + start, opened->len - start};
	return OK;
}

static struct status take_cell(struct csv *c, struct text *row, struct text *cell)
{
	if (row->len > 0 && *row->at == '"') {
		advance(row, 1);
		return take_quoted(c, row, cell);
	}
	*cell = (struct text){row->at, 0};
	while (row->len > 0 && *row->at != c->separator) {
		if (*row->at == '"')
			return FAIL_AT(ST_INVALID, "csv quote");
		advance(row, 1);
		cell->len++;
	}
	return OK;
}

static struct status take_cells(struct csv *c, struct text row, size_t *count)
{
	*count = 0;
	for (;;) {
		if (*count == CSV_COLUMNS)
			return FAIL_AT(ST_TOO_BIG, "csv columns");
		TRY(take_cell(c, &row, &c->cells[*count]));
		++*count;
		if (row.len == 0)
			return OK;
		if (*row.at != c->separator)
			return FAIL_AT(ST_INVALID, "csv quote");
		advance(&row, 1);
	}
}

struct status csv_next(struct csv *c, bool *more)
{
	struct text row;
	size_t count;

	c->line = c->next_line;
	if (c->rest.len == 0) {
		*more = false;
		return OK;
	}
	TRY(take_row(c, &row));
	/* All the room a row can need, so that its cells do not move while it grows. */
	c->opened.len = 0;
	TRY(buffer_reserve(&c->opened, row.len));
	TRY(take_cells(c, row, &count));
	if (c->columns != 0 && count != c->columns)
		return FAIL_AT(ST_INVALID, "csv columns");
	c->columns = count;
	*more = true;
	return OK;
}

static bool needs_quotes(struct text cell)
{
	for (size_t i = 0; i < cell.len; i++)
		if (strchr("\",;\t\r\n", cell.at[i]) != NULL)
			return true;
	/* At the start of a file it would be taken for a byte order mark. */
	if (text_starts(cell, TEXT(BYTE_ORDER_MARK)))
		return true;
	return cell.len > 0 && (cell.at[0] == ' ' || cell.at[cell.len - 1] == ' ');
}

static bool begins_formula(struct text cell)
{
	static const char begins[] = {'=', '+', '-', '@', '\t', '\r', '\n'};
	/* As wide signs, which some spreadsheets take alike: U+FF0B, U+FF0D, U+FF1D, U+FF20. */
	static const char *const wide[] = {"\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\x9d", "\xef\xbc\xa0"};

	for (size_t i = 0; i < COUNT(wide); i++)
		if (text_starts(cell, text_of(wide[i])))
			return true;
	return cell.len > 0 && memchr(begins, cell.at[0], sizeof begins) != NULL;
}

static struct status put_cell(struct buffer *out, struct text cell, bool safe)
{
	const bool guard = safe && begins_formula(cell);
	struct text part;

	if (!needs_quotes(cell)) {
		if (guard)
			TRY(buffer_put_u8(out, '\''));
		return buffer_put(out, text_bytes(cell));
	}
	TRY(buffer_put_u8(out, '"'));
	if (guard)
		TRY(buffer_put_u8(out, '\''));
	while (text_split(&cell, '"', &part)) {
		TRY(buffer_put(out, text_bytes(part)));
		if (cell.at != NULL)
			TRY(buffer_put(out, BYTES_LITERAL("\"\"")));
	}
	return buffer_put_u8(out, '"');
}

static struct status put_row(struct buffer *out, const struct text *cells, size_t count, bool safe)
{
	/* A row of one empty cell would be a blank line. */
	if (count == 1 && cells[0].len == 0)
		return buffer_put(out, BYTES_LITERAL("\"\"\r\n"));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			TRY(buffer_put_u8(out, ','));
		TRY(put_cell(out, cells[i], safe));
	}
	return buffer_put(out, BYTES_LITERAL("\r\n"));
}

struct status csv_put_row(struct buffer *out, const struct text *cells, size_t count)
{
	return put_row(out, cells, count, false);
}

struct status csv_put_safe_row(struct buffer *out, const struct text *cells, size_t count)
{
	return put_row(out, cells, count, true);
}
