/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROWS_MAX       ((size_t)256 << 20)
#define LINE_MAX_BYTES 65536
/* A narrower terminal is not taken at its word; a cut column keeps so much. */
#define TERMINAL_LEAST 60
#define CUT_LEAST      8

const char output_closed[] = "standard output";

static void put_words(struct jsonwriter *w, const char *name, struct text words)
{
	struct text word;

	jsonwriter_array(w, name);
	while (text_split(&words, ',', &word))
		if (word.len > 0)
			jsonwriter_text(w, NULL, word);
	jsonwriter_end(w);
}

static void put_json(struct jsonwriter *w, const struct output_cell *cell)
{
	switch (cell->type) {
	case OUTPUT_TEXT:
		jsonwriter_text(w, cell->name, cell->text);
		break;
	case OUTPUT_NUMBER:
		jsonwriter_u64(w, cell->name, cell->number);
		break;
	case OUTPUT_TIME:
		jsonwriter_time(w, cell->name, cell->number);
		break;
	case OUTPUT_BOOL:
		jsonwriter_bool(w, cell->name, cell->number != 0);
		break;
	case OUTPUT_WORDS:
		put_words(w, cell->name, cell->text);
		break;
	}
}

struct status output_broken(void)
{
	return errno == EPIPE ? FAIL_AT(ST_GONE, output_closed) : FAIL_AT(ST_IO, "standard output");
}

static struct status print_json(const struct output_cell *cells, size_t count)
{
	AUTO(buffer) line = {.max = LINE_MAX_BYTES, .wipe = true};
	struct jsonwriter w = jsonwriter_of(&line);

	jsonwriter_object(&w, NULL);
	for (size_t i = 0; i < count; i++)
		put_json(&w, &cells[i]);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	(void)fwrite(line.bytes, 1, line.len, stdout);
	return putchar('\n') == EOF ? output_broken() : OK;
}

/** To the second: who needs more asks for JSON. */
static struct status put_moment(struct buffer *out, uint64_t ms)
{
	AUTO(buffer) whole = {.max = 64};
	struct text rest, day;

	TRY(text_put_time(&whole, ms));
	rest = text_from(buffer_bytes(&whole));
	(void)text_split(&rest, '.', &day);
	return buffer_print(out, "%.*sZ", TEXT_ARG(day));
}

/** A cell for people, without anything that could move a cursor. */
static struct status put_plain(struct buffer *out, const struct output_cell *cell)
{
	if (cell->type == OUTPUT_NUMBER)
		return buffer_print(out, "%llu", (unsigned long long)cell->number);
	if (cell->type == OUTPUT_BOOL)
		return buffer_print(out, "%s", cell->number != 0 ? "yes" : "no");
	if (cell->type == OUTPUT_TIME)
		return cell->number == 0 ? buffer_print(out, "-") : put_moment(out, cell->number);
	for (size_t i = 0; i < cell->text.len; i++) {
		unsigned char c = (unsigned char)cell->text.at[i];
		TRY(buffer_put_u8(out, c < 0x20 || c == 0x7f ? '.' : c));
	}
	return OK;
}

/** Columns on a terminal that the bytes take: UTF-8 continuation bytes take none. */
static size_t shown_width(const char *at, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)at[i] & 0xc0) != 0x80;
	return width;
}

void output_begin(const struct cli *c, struct output *out)
{
	*out = (struct output){.cli = c, .rows = {.max = ROWS_MAX, .wipe = true}};
}

/** `pt-` and 26 characters. */
static bool is_id(const char *at, size_t len)
{
	return len == ID_TEXT_LEN && at[2] == '-';
}

/** What is known of a column once it has this cell. */
static void measure(struct output_column *column, const struct output_cell *cell, const char *at, size_t len)
{
	size_t width = shown_width(at, len), head = strlen(cell->name);
	bool words = cell->type == OUTPUT_TEXT || cell->type == OUTPUT_WORDS;

	column->name = cell->name;
	column->number = cell->type == OUTPUT_NUMBER;
	column->filled = column->filled || (len > 0 && (words || cell->type == OUTPUT_NUMBER || cell->number != 0));
	column->whole = column->whole || !words || is_id(at, len);
	column->width = width > column->width ? width : column->width;
	column->width = head > column->width ? head : column->width;
}

struct status output_row(struct output *o, const struct output_cell *cells, size_t count)
{
	o->count++;
	if (o->cli->json)
		return print_json(cells, count);
	o->column_count = count;
	for (size_t i = 0; i < count && i < OUTPUT_COLUMNS; i++) {
		size_t start = o->rows.len;
		TRY(put_plain(&o->rows, &cells[i]));
		measure(&o->columns[i], &cells[i], (const char *)o->rows.bytes + start, o->rows.len - start);
		TRY(buffer_put_u8(&o->rows, 0));
	}
	return OK;
}

/** How wide; 0: no terminal, so nothing is cut and nothing left out. */
static size_t terminal_width(void)
{
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < TERMINAL_LEAST)
		return 0;
	return size.ws_col;
}

/** The widest that may be cut further; NULL when none may. */
static struct output_column *widest(struct output *o)
{
	struct output_column *found = NULL;

	for (size_t i = 0; i < o->column_count; i++) {
		struct output_column *c = &o->columns[i];
		if (!c->hidden && !c->whole && c->width > CUT_LEAST && (found == NULL || c->width > found->width))
			found = c;
	}
	return found;
}

/** On a terminal columns without content are left out, and the widest texts are cut until a row is a line. */
static void fit(struct output *o, size_t room)
{
	size_t total = 0;

	for (size_t i = 0; i < o->column_count; i++) {
		o->columns[i].hidden = i > 0 && !o->columns[i].filled;
		total += o->columns[i].hidden ? 0 : o->columns[i].width + 2;
	}
	for (struct output_column *c = widest(o); total > room + 2 && c != NULL; c = widest(o)) {
		c->width--;
		total--;
	}
}

/** The beginning that takes ${width} columns, in bytes. */
static size_t cut(const char *text, size_t len, size_t width)
{
	size_t at = 0;

	for (size_t shown = 0; at < len; at++) {
		shown += ((unsigned char)text[at] & 0xc0) != 0x80;
		if (shown > width)
			break;
	}
	return at;
}

static void print_cell(const struct output *o, size_t column, const char *text, size_t len)
{
	const struct output_column *c = &o->columns[column];
	size_t width = shown_width(text, len);
	bool last = true;

	if (c->hidden)
		return;
	for (size_t i = column + 1; i < o->column_count; i++)
		last = last && o->columns[i].hidden;
	if (c->number && width < c->width)
		(void)printf("%*s", (int)(c->width - width), "");
	if (width > c->width) {
		(void)fwrite(text, 1, cut(text, len, c->width - 1), stdout);
		(void)fputs("…", stdout);
	} else {
		(void)fwrite(text, 1, len, stdout);
	}
	if (last)
		(void)putchar('\n');
	else
		(void)printf("%*s", (int)(c->number || width > c->width ? 0 : c->width - width) + 2, "");
}

static void print_head(const struct output *o, size_t column)
{
	const char *name = o->columns[column].name;
	char head[64];
	size_t len = 0;

	for (; name[len] != '\0' && len < sizeof head; len++)
		head[len] = name[len] == '_' ? ' ' : (char)toupper((unsigned char)name[len]);
	print_cell(o, column, head, len);
}

struct status output_end(struct output *o, const char *nothing)
{
	size_t room = terminal_width();

	if (o->cli->json)
		return OK;
	if (o->count == 0) {
		(void)printf("%s\n", nothing);
		return OK;
	}
	if (room > 0)
		fit(o, room);
	for (size_t i = 0; i < o->column_count; i++)
		print_head(o, i);
	const char *at = (const char *)o->rows.bytes;
	for (size_t row = 0; row < o->count && !ferror(stdout); row++)
		for (size_t i = 0; i < o->column_count; i++) {
			size_t len = strlen(at);
			print_cell(o, i, at, len);
			at += len + 1;
		}
	return OK;
}

void output_clear(struct output *o)
{
	buffer_clear(&o->rows);
}

static bool is_empty(const struct output_cell *cell)
{
	return (cell->type == OUTPUT_TEXT || cell->type == OUTPUT_WORDS) && cell->text.len == 0;
}

struct status output_object(const struct cli *c, const struct output_cell *cells, size_t count)
{
	AUTO(buffer) line = {.max = LINE_MAX_BYTES, .wipe = true};
	size_t widest = 0;

	if (c->json)
		return print_json(cells, count);
	for (size_t i = 0; i < count; i++)
		if (!is_empty(&cells[i]) && strlen(cells[i].name) > widest)
			widest = strlen(cells[i].name);
	for (size_t i = 0; i < count; i++) {
		if (is_empty(&cells[i]))
			continue;
		line.len = 0;
		TRY(put_plain(&line, &cells[i]));
		(void)printf("%s:%*s%.*s\n", cells[i].name, (int)(widest - strlen(cells[i].name)) + 1, "",
			     (int)line.len, (const char *)line.bytes);
	}
	return OK;
}

void output_done(const struct cli *c, const char *format, ...)
{
	va_list arguments;

	if (c->json)
		return;
	va_start(arguments, format);
	(void)vprintf(format, arguments);
	va_end(arguments);
	(void)putchar('\n');
}

void output_progress(const struct cli *c, const char *format, ...)
{
	va_list arguments;

	if (c->json || !isatty(STDERR_FILENO))
		return;
	(void)fputs("\r\033[K", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fflush(stderr);
}

/** What a person reads, when neither the server nor the status says it better. */
static const struct {
	enum status_code code;
	int exit;
	const char *says, *advice;
} sentences[] = {
	{ST_INVALID, EXIT_REFUSED, "not accepted", "correct it and try again"},
	{ST_UNPROVEN, EXIT_REFUSED, "not proven", "sign in again: tacenda login"},
	{ST_DENIED, EXIT_REFUSED, "not allowed", "ask the owner of the patient file, or an administrator"},
	{ST_PENDING, EXIT_NOT_NOW, "a step is pending", "complete it first"},
	{ST_NOT_FOUND, EXIT_REFUSED, "not found", "check the id, or list what there is"},
	{ST_CONFLICT, EXIT_REFUSED, "it has changed meanwhile, or exists already", "look again, then repeat"},
	{ST_GONE, EXIT_REFUSED, "it has ended", "ask for a new one"},
	{ST_MISMATCH, EXIT_REFUSED, "what arrived is not what was signed", "try again"},
	{ST_TOO_BIG, EXIT_REFUSED, "too big", "make it smaller"},
	{ST_TOO_MANY, EXIT_NOT_NOW, "too many at once", "try again later"},
	{ST_CORRUPT, EXIT_DAMAGE, "damage, forgery or rollback",
	 "do not retry; tell your administrator what this line says"},
	{ST_UNAUDITED, EXIT_DAMAGE, "not audited", "tell your administrator"},
	{ST_FULL, EXIT_NOT_NOW, "no room", "make room, then try again"},
	{ST_BUSY, EXIT_NOT_NOW, "not now", "try again later"},
	{ST_UNREACHABLE, EXIT_NOT_NOW, "no answer", "check that the server runs and the network is up, then try again"},
	{ST_NO_MEMORY, EXIT_REFUSED, "out of memory", "close other programs and try again"},
	{ST_IO, EXIT_REFUSED, "reading or writing failed", "check the disk and its permissions"},
};

static void print_problem(const struct problem_answer *p)
{
	AUTO(buffer) line = {.max = LINE_MAX_BYTES};

	if (ok(problem_show(p, &line)))
		(void)fprintf(stdout, "%.*s\n", (int)line.len, (const char *)line.bytes);
}

/** What was refused here, before or after the server was asked, in the same form. */
static void print_own_problem(struct status s, const char *advice)
{
	struct problem_answer p;
	char detail[sizeof p.detail];

	(void)snprintf(detail, sizeof detail, "%s%s%s", s.what != NULL ? s.what : "", s.what != NULL ? ": " : "",
		       advice);
	problem_own(s.code, detail, &p);
	print_problem(&p);
}

/** The noun before the colon of a problem's detail, or that of a status of our own. */
static struct text noun_of(const struct problem_answer *p, struct status s, bool from_server)
{
	struct text rest = text_of(from_server ? p->detail : s.what != NULL ? s.what : ""), noun;

	return text_split(&rest, ':', &noun) ? noun : rest;
}

/** Whether there is none or it is not for him, nobody is told (PROMISES#K9); NULL: neither patient nor record. */
static const char *unseen(struct text noun)
{
	if (text_equal(noun, TEXT("patient")))
		return "no such patient, or not shared with you; ask its owner";
	if (text_equal(noun, TEXT("record")))
		return "no such record, or not shared with you; ask the owner of the patient file";
	return NULL;
}

/** What the server says, and where a limit was met, that limit and what is used of it. */
static void print_detail(const struct problem_answer *p)
{
	(void)fprintf(stderr, "tacenda: %s%s%s%s%s", p->instance, p->instance[0] != '\0' ? ": " : "", p->detail,
		      p->field[0] != '\0' ? ": " : "", p->field);
	if (p->limited)
		(void)fprintf(stderr, ": limit %llu", (unsigned long long)p->limit);
	if (p->counted)
		(void)fprintf(stderr, ", used %llu", (unsigned long long)p->used);
	(void)fputc('\n', stderr);
}

/** Of a patient file that was deleted its own statements tell by whom and when. */
static bool print_deleted(struct cli *c, char *out, size_t len)
{
	AUTO(buffer) time = {.max = 64};
	struct id_text id = id_print(ID_PATIENT, &c->site.deleted.patient.uuid);

	if (!c->has_site || !c->site.deleted.end.exists || !ok(text_put_time(&time, c->site.deleted.end.ends)))
		return false;
	(void)snprintf(out, len, "%s: this patient file was deleted by %.*s on %.*s", id.at,
		       TEXT_ARG(cli_login(c, &c->site.deleted.end.by)), (int)time.len, (const char *)time.bytes);
	return true;
}

int output_failure(struct cli *c, struct status s)
{
	char deleted[256];
	const struct problem_answer *p = &c->site.https.problem;
	bool from_server = c->has_site && p->http != 0 && p->code == s.code;
	size_t row = 0;

	for (size_t i = 0; i < COUNT(sentences); i++)
		if (sentences[i].code == s.code)
			row = i;
	if (isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
	if (s.code == ST_GONE && s.what != NULL && strcmp(s.what, "patient") == 0 &&
	    print_deleted(c, deleted, sizeof deleted)) {
		(void)fprintf(stderr, "tacenda: %s\n", deleted);
		s.what = deleted;
	} else if (s.code == ST_NOT_FOUND && unseen(noun_of(p, s, from_server)) != NULL) {
		(void)fprintf(stderr, "tacenda: %s\n", unseen(noun_of(p, s, from_server)));
	} else if (from_server && p->detail[0] != '\0') {
		/* PROMISES#S2: what is damaged is named, so that it can be told to somebody. */
		print_detail(p);
	} else {
		(void)fprintf(stderr, "tacenda: %s%s%s: %s\n", s.what != NULL ? s.what : "", s.what != NULL ? ": " : "",
			      sentences[row].says, sentences[row].advice);
	}
	if (c->json && from_server)
		print_problem(p);
	else if (c->json)
		print_own_problem(s, sentences[row].advice);
	return sentences[row].exit;
}
