/* SPDX-License-Identifier: Apache-2.0 */
/**
 * xml: XML of others, element by element, by expat.
 *
 * A document type is refused, and with it every entity but the five of XML, so nothing
 * expands and nothing is fetched; nesting, attributes and text are bounded.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "text.h"

#define XML_DEPTH      256
#define XML_ATTRIBUTES 64

struct xml_attribute {
	struct text name, value; /* without a namespace; those of another one are left out */
};
struct xml_element {
	struct text space, name;
	struct xml_attribute attributes[XML_ATTRIBUTES];
	size_t attribute_count;
	unsigned depth; /* 1: the root */
};
struct xml_visitor {
	struct status (*start)(void *context, const struct xml_element *element);
	struct status (*end)(void *context, unsigned depth);
	struct status (*text)(void *context, struct text text); /* in pieces; may be NULL */
	void *context;
};
/** xml_attribute(element, name): its value; .at NULL when there is none. */
struct text xml_attribute(const struct xml_element *element, const char *name);
/**
 * xml_walk(source, visitor):
 * ST_INVALID ("xml", "xml document type"), ST_TOO_BIG ("xml depth", "xml attributes"),
 * or what the visitor failed with.
 */
MUST_CHECK struct status xml_walk(struct bytes source, const struct xml_visitor *visitor);

#endif /* !CODEC_XML_H */
