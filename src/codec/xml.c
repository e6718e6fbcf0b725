/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"

#include <expat.h>
#include <string.h>

/* Between the namespace and the name; none of the two can hold it. */
#define SEPARATOR '\n'
#define PIECE     ((size_t)1 << 20)

struct walk {
	XML_Parser parser;
	const struct xml_visitor *visitor;
	struct status failure;
	unsigned depth;
};

static void fail(struct walk *w, struct status s)
{
	if (ok(w->failure)) {
		w->failure = s;
		(void)XML_StopParser(w->parser, XML_FALSE);
	}
}

static void split_name(const char *whole, struct text *space, struct text *name)
{
	const char *cut = strchr(whole, SEPARATOR);

	*space = cut == NULL ? (struct text){0} : (struct text){whole, (size_t)(cut - whole)};
	*name = text_of(cut == NULL ? whole : cut + 1);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = data;
	struct xml_element e = {.depth = ++w->depth};

	if (!ok(w->failure))
		return;
	if (w->depth > XML_DEPTH) {
		fail(w, FAIL_AT(ST_TOO_BIG, "xml depth"));
		return;
	}
	split_name(name, &e.space, &e.name);
	for (; *attributes != NULL; attributes += 2) {
		struct text space, own;
		split_name(attributes[0], &space, &own);
		if (space.at != NULL)
			continue;
		if (e.attribute_count == XML_ATTRIBUTES) {
			fail(w, FAIL_AT(ST_TOO_BIG, "xml attributes"));
			return;
		}
		e.attributes[e.attribute_count++] = (struct xml_attribute){own, text_of(attributes[1])};
	}
	struct status s = w->visitor->start(w->visitor->context, &e);
	if (!ok(s))
		fail(w, s);
}

static void on_end(void *data, const XML_Char *name)
{
	struct walk *w = data;

	(void)name;
	if (!ok(w->failure))
		return;
	struct status s = w->visitor->end(w->visitor->context, w->depth--);
	if (!ok(s))
		fail(w, s);
}

static void on_text(void *data, const XML_Char *text, int len)
{
	struct walk *w = data;

	if (!ok(w->failure) || w->visitor->text == NULL || len < 0)
		return;
	struct status s = w->visitor->text(w->visitor->context, (struct text){text, (size_t)len});
	if (!ok(s))
		fail(w, s);
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(data, FAIL_AT(ST_INVALID, "xml document type"));
}

struct text xml_attribute(const struct xml_element *element, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++)
		if (text_equal(element->attributes[i].name, text_of(name)))
			return element->attributes[i].value;
	return (struct text){0};
}

static struct status parse(struct walk *w, struct bytes source)
{
	enum XML_Status s = XML_STATUS_OK;

	do {
		size_t len = source.len < PIECE ? source.len : PIECE;
		s = XML_Parse(w->parser, (const char *)source.at, (int)len, len == source.len);
		source = bytes_of(source.at + len, source.len - len);
	} while (s == XML_STATUS_OK && source.len > 0);
	if (!ok(w->failure))
		return w->failure;
	if (s != XML_STATUS_OK && XML_GetErrorCode(w->parser) == XML_ERROR_NO_MEMORY)
		return FAIL(ST_NO_MEMORY);
	return s == XML_STATUS_OK ? OK : FAIL_AT(ST_INVALID, "xml");
}

struct status xml_walk(struct bytes source, const struct xml_visitor *visitor)
{
	struct walk w = {.visitor = visitor, .parser = XML_ParserCreateNS(NULL, SEPARATOR)};

	if (source.len == 0)
		source = BYTES_LITERAL("");
	if (w.parser == NULL)
		return FAIL(ST_NO_MEMORY);
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetCharacterDataHandler(w.parser, on_text);
	XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
	struct status s = parse(&w, source);
	XML_ParserFree(w.parser);
	return s;
}
