/* SPDX-License-Identifier: Apache-2.0 */
/**
 * jsontree: the parser behind json.h.  Used by json.c alone.
 *
 * Each value is a node; nodes stand in the order in which the values begin and are
 * named by their place, from 1.  The children of one array or object stand side by
 * side in a second array, in document order; an object of more than JSONTREE_FEW
 * members has them there once more, sorted by the bytes of their names.
 */
#ifndef CODEC_JSONTREE_H
#define CODEC_JSONTREE_H

#include "json.h"

/* Up to so many members are compared one by one. */
#define JSONTREE_FEW 16

struct jsontree_node {
	uint32_t at, len; /* text, number: where in the document's text; array, object: where in its children */
	uint32_t name_at, name_len; /* of a member of an object */
	uint32_t next;              /* the following sibling, 0 after the last */
	uint8_t kind;               /* enum json_kind */
	bool yes;                   /* the value of a bool */
};

/**
 * jsontree_parse(limits, d):
 * Parse d->text, changing it: what is left in it is the content of strings and
 * the digits of numbers.  Errors as json_parse(); after one ${d} can only be cleared.
 */
MUST_CHECK struct status jsontree_parse(const struct json_limits *limits, struct json_document *d);

/** jsontree_node(d, node): ${node} is not 0. */
static inline const struct jsontree_node *jsontree_node(const struct json_document *d, uint32_t node)
{
	return (const struct jsontree_node *)(const void *)d->nodes.bytes + node - 1;
}
/** jsontree_children(d, n): the nodes inside ${n}, n->len of them; sorted ones follow where there are many. */
static inline const uint32_t *jsontree_children(const struct json_document *d, const struct jsontree_node *n)
{
	return (const uint32_t *)(const void *)d->children.bytes + n->at;
}
/** jsontree_name(d, node): the name of a member; empty for what is none. */
struct text jsontree_name(const struct json_document *d, uint32_t node);
/** jsontree_find(d, n, name): the member of object ${n} called ${name}, 0 if there is none. */
uint32_t jsontree_find(const struct json_document *d, const struct jsontree_node *n, struct text name);

#endif /* !CODEC_JSONTREE_H */
