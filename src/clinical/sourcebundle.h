/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sourcebundle: the content of a source record: the resources of one type of one
 * patient, each exactly as it was imported, as a FHIR Bundle of type `collection`.
 *
 * A resource is the same one when its id is; without an id, when its value is.
 */
#ifndef CLINICAL_SOURCEBUNDLE_H
#define CLINICAL_SOURCEBUNDLE_H

#include "json.h"

#define SOURCEBUNDLE_TYPE "application/fhir+json"
/* A source record holds no more: it is opened in memory. */
#define SOURCEBUNDLE_MAX ((size_t)512 << 20)

/** Entries go into ${out} one by one. */
struct sourcebundle {
	struct buffer *out;
	size_t count;
};
MUST_CHECK struct status sourcebundle_begin(struct buffer *out, struct sourcebundle *b);
/** sourcebundle_put(b, text, is_entry): an entry of a Bundle, or a bare resource; ${text} is kept as it is. */
MUST_CHECK struct status sourcebundle_put(struct sourcebundle *b, struct text text, bool is_entry);
MUST_CHECK struct status sourcebundle_end(struct sourcebundle *b);

/** Called for each entry: its own text, and its resource. */
typedef struct status sourcebundle_visit(void *context, struct text text, struct json resource);
/** sourcebundle_walk(content, visit, context): ST_CORRUPT ("source") for what is no such Bundle. */
MUST_CHECK struct status sourcebundle_walk(struct text content, sourcebundle_visit *visit, void *context);
/**
 * sourcebundle_merge(old, fresh, out, changed):
 * What ${old} (may be empty) becomes once ${fresh} is imported: resources that it has
 * with the same value stay, those of which ${fresh} says something new are replaced,
 * new ones follow.  Copies within ${fresh} are taken once.  Nothing is ever lost but what was replaced.
 * ${changed} false: nothing new, and ${out} equals ${old}.
 */
MUST_CHECK struct status sourcebundle_merge(struct text old, struct text fresh, struct buffer *out, bool *changed);

#endif /* !CLINICAL_SOURCEBUNDLE_H */
