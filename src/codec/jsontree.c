/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontree: RFC 8259, strictly, in one pass from left to right.
 *
 * 1. Nothing is written past the character being read: the content of a string
 *    is never longer than its source.
 * 2. Room for every node is there before the first is made: each but the first
 *    is the first inside a bracket or follows a comma.
 * 3. Recursion is bounded by limits->depth.
 */
#include "jsontree.h"

#include <stdlib.h>
#include <string.h>

#include "decimal.h"

struct parse {
	struct json_document *d;
	const struct json_limits *limits;
	char *at, *end;
	uint32_t depth;
};

#define MALFORMED FAIL_AT(ST_INVALID, "json")

static struct jsontree_node *node_of(const struct parse *p, uint32_t node)
{
	return (struct jsontree_node *)(void *)p->d->nodes.bytes + node - 1;
}

static void skip_space(struct parse *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
		p->at++;
}

/* Pass over ${c}, if it is what comes next. */
static bool skip(struct parse *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static struct status add_node(struct parse *p, enum json_kind kind, uint32_t *node)
{
	struct jsontree_node n = {.kind = (uint8_t)kind};

	TRY(buffer_put(&p->d->nodes, BYTES_OF(n)));
	*node = (uint32_t)(p->d->nodes.len / sizeof n);
	return OK;
}

/* Strings. */

static bool read_hex4(struct parse *p, uint32_t *out)
{
	uint8_t bytes[2];
	char digits[4];

	if (p->end - p->at < 4)
		return false;
	for (size_t i = 0; i < sizeof digits; i++)
		digits[i] = p->at[i] >= 'A' && p->at[i] <= 'F' ? (char)(p->at[i] - 'A' + 'a') : p->at[i];
	if (!ok(text_from_hex((struct text){digits, sizeof digits}, bytes, sizeof bytes)))
		return false;
	*out = (uint32_t)bytes[0] << 8 | bytes[1];
	p->at += sizeof digits;
	return true;
}

/* Behind \u: one character, which may take a second escape (RFC 8259 section 7). */
static bool read_unicode(struct parse *p, uint32_t *out)
{
	uint32_t low;

	if (!read_hex4(p, out))
		return false;
	if (*out < 0xd800 || *out > 0xdfff)
		return true;
	if (*out > 0xdbff || p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
		return false;
	p->at += 2;
	if (!read_hex4(p, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static char *put_utf8(char *to, uint32_t c)
{
	static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	*to++ = (char)(leads[more] | c >> 6 * more);
	while (more-- > 0)
		*to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
	return to;
}

/* Behind a backslash: write what it stands for at ${to}, and say where that ends. */
static struct status open_escape(struct parse *p, bool nul, char **to)
{
	static const char codes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	uint32_t character;

	if (p->at == p->end)
		return MALFORMED;
	char code = *p->at++;
	if (code == 'u') {
		if (!read_unicode(p, &character) || (character == 0 && !nul))
			return MALFORMED;
		*to = put_utf8(*to, character);
		return OK;
	}
	const char *found = memchr(codes, code, sizeof codes - 1);
	if (found == NULL)
		return MALFORMED;
	*(*to)++ = meanings[found - codes];
	return OK;
}

/* UTF-8, where NUL is a character like any other. */
static bool is_utf8(struct text t)
{
	struct text piece;

	while (text_split(&t, '\0', &piece))
		if (!text_is_utf8(piece))
			return false;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static struct status parse_string(struct parse *p, bool nul, uint32_t *at, uint32_t *len)
{
	char *start = p->at, *to = p->at;
	uint8_t all = 0;

	for (;;) {
		if (p->at == p->end || (uint8_t)*p->at < ' ')
			return MALFORMED;
		char c = *p->at++;
		if (c == '"')
			break;
		all |= (uint8_t)c;
		if (c == '\\')
			TRY(open_escape(p, nul, &to));
		else
			*to++ = c;
	}
	*at = (uint32_t)(start - (char *)p->d->text.bytes);
	*len = (uint32_t)(to - start);
	/* What escapes stand for is UTF-8 by itself. */
	return (all & 0x80) == 0 || is_utf8((struct text){start, *len}) ? OK : MALFORMED;
}

/* Numbers and words. */

static struct status parse_number(struct parse *p, uint32_t *node)
{
	struct text number = {p->at, 0};

	while (p->at < p->end && *p->at != '\0' && strchr("0123456789+-.eE", *p->at) != NULL)
		p->at++;
	number.len = (size_t)(p->at - number.at);
	if (!decimal_is_number(number))
		return MALFORMED;
	TRY(add_node(p, JSON_KIND_NUMBER, node));
	node_of(p, *node)->at = (uint32_t)(number.at - (char *)p->d->text.bytes);
	node_of(p, *node)->len = (uint32_t)number.len;
	return OK;
}

static struct status parse_word(struct parse *p, uint32_t *node)
{
	static const struct {
		struct text word;
		enum json_kind kind;
	} words[] = {
		{{"true", 4}, JSON_KIND_BOOL},
		{{"false", 5}, JSON_KIND_BOOL},
		{{"null", 4}, JSON_KIND_NULL},
	};
	struct text rest = {p->at, (size_t)(p->end - p->at)};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!text_starts(rest, words[i].word))
			continue;
		p->at += words[i].word.len;
		TRY(add_node(p, words[i].kind, node));
		node_of(p, *node)->yes = i == 0;
		return OK;
	}
	return MALFORMED;
}

/* Names. */

struct text jsontree_name(const struct json_document *d, uint32_t node)
{
	const struct jsontree_node *n = jsontree_node(d, node);

	return (struct text){(const char *)d->text.bytes + n->name_at, n->name_len};
}

static int compare(struct text a, struct text b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter > 0 ? memcmp(a.at, b.at, shorter) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *left, const void *right, void *document)
{
	return compare(jsontree_name(document, *(const uint32_t *)left),
		       jsontree_name(document, *(const uint32_t *)right));
}

static bool has_twins_among_few(const struct json_document *d, const uint32_t *nodes, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (text_equal(jsontree_name(d, nodes[i]), jsontree_name(d, nodes[j])))
				return true;
	return false;
}

/* Of sorted names. */
static bool has_twins(const struct json_document *d, const uint32_t *nodes, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (text_equal(jsontree_name(d, nodes[i - 1]), jsontree_name(d, nodes[i])))
			return true;
	return false;
}

/* RFC 8259 section 4 only asks for unique names; two readers that choose a
 * different one of two are how a check is walked around. */
static struct status check_names(struct parse *p, uint32_t node)
{
	struct json_document *d = p->d;
	const struct jsontree_node *n = node_of(p, node);

	if (n->len <= JSONTREE_FEW)
		return has_twins_among_few(d, jsontree_children(d, n), n->len) ? MALFORMED : OK;
	size_t size = n->len * sizeof(uint32_t);
	TRY(buffer_reserve(&d->children, size));
	uint32_t *sorted = (uint32_t *)(void *)(d->children.bytes + d->children.len);
	memcpy(sorted, jsontree_children(d, n), size);
	d->children.len += size;
	qsort_r(sorted, n->len, sizeof *sorted, by_name, d);
	return has_twins(d, sorted, n->len) ? MALFORMED : OK;
}

static uint32_t find_sorted(const struct json_document *d, const uint32_t *nodes, size_t count, struct text name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(name, jsontree_name(d, nodes[middle]));
		if (order == 0)
			return nodes[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

uint32_t jsontree_find(const struct json_document *d, const struct jsontree_node *n, struct text name)
{
	const uint32_t *nodes = jsontree_children(d, n);

	if (n->len > JSONTREE_FEW)
		return find_sorted(d, nodes + n->len, n->len, name);
	for (size_t i = 0; i < n->len; i++)
		if (text_equal(jsontree_name(d, nodes[i]), name))
			return nodes[i];
	return 0;
}

/* Arrays and objects. */

static struct status parse_value(struct parse *p, uint32_t *node);

static struct status parse_member(struct parse *p, uint32_t *node)
{
	uint32_t at, len;

	if (!skip(p, '"'))
		return MALFORMED;
	TRY(parse_string(p, false, &at, &len));
	if (!skip(p, ':'))
		return MALFORMED;
	TRY(parse_value(p, node));
	node_of(p, *node)->name_at = at;
	node_of(p, *node)->name_len = len;
	return OK;
}

/* What stands between the brackets; ${first} is 0 for nothing. */
static struct status parse_children(struct parse *p, char end, uint32_t *first, uint32_t *count)
{
	uint32_t node, last = 0;

	*first = *count = 0;
	if (skip(p, end))
		return OK;
	do {
		TRY(end == '}' ? parse_member(p, &node) : parse_value(p, &node));
		if (last == 0)
			*first = node;
		else
			node_of(p, last)->next = node;
		last = node;
		++*count;
	} while (skip(p, ','));
	return skip(p, end) ? OK : MALFORMED;
}

/* Side by side, now that those inside each of them have their place. */
static struct status place_children(struct parse *p, uint32_t node, uint32_t first, uint32_t count)
{
	struct buffer *children = &p->d->children;

	node_of(p, node)->at = (uint32_t)(children->len / sizeof(uint32_t));
	node_of(p, node)->len = count;
	for (uint32_t child = first; child != 0; child = node_of(p, child)->next)
		TRY(buffer_put(children, BYTES_OF(child)));
	return OK;
}

static struct status parse_container(struct parse *p, uint32_t *node)
{
	bool object = *p->at++ == '{';
	uint32_t first, count;

	if (p->depth == p->limits->depth)
		return FAIL_AT(ST_TOO_BIG, "json depth");
	p->depth++;
	TRY(add_node(p, object ? JSON_KIND_OBJECT : JSON_KIND_ARRAY, node));
	TRY(parse_children(p, object ? '}' : ']', &first, &count));
	p->depth--;
	TRY(place_children(p, *node, first, count));
	return object ? check_names(p, *node) : OK;
}

static struct status parse_text(struct parse *p, uint32_t *node)
{
	uint32_t at, len;

	p->at++;
	TRY(parse_string(p, p->limits->nul, &at, &len));
	TRY(add_node(p, JSON_KIND_TEXT, node));
	node_of(p, *node)->at = at;
	node_of(p, *node)->len = len;
	return OK;
}

static struct status parse_value(struct parse *p, uint32_t *node)
{
	skip_space(p);
	if (p->at == p->end)
		return MALFORMED;
	char c = *p->at;
	if (c == '{' || c == '[')
		return parse_container(p, node);
	if (c == '"')
		return parse_text(p, node);
	if (c == '-' || (c >= '0' && c <= '9'))
		return parse_number(p, node);
	return parse_word(p, node);
}

/* At least as many as there are values: see 2 above. */
static size_t count_values(struct bytes source)
{
	size_t count = 1;

	for (size_t i = 0; i < source.len; i++)
		count += source.at[i] == ',' || source.at[i] == '[' || source.at[i] == '{';
	return count;
}

struct status jsontree_parse(const struct json_limits *limits, struct json_document *d)
{
	size_t values = count_values(buffer_bytes(&d->text));
	char *text = (char *)d->text.bytes;
	struct parse p = {.d = d, .limits = limits, .at = text, .end = text + d->text.len};
	uint32_t root;

	d->nodes = (struct buffer){.max = values * sizeof(struct jsontree_node), .wipe = true};
	/* Each child once, and once more where sorted. */
	d->children = (struct buffer){.max = 2 * values * sizeof(uint32_t), .wipe = true};
	TRY(buffer_reserve(&d->nodes, d->nodes.max));
	TRY(buffer_reserve(&d->children, values * sizeof(uint32_t)));
	TRY(parse_value(&p, &root));
	skip_space(&p);
	return p.at == p.end ? OK : MALFORMED;
}
