/* SPDX-License-Identifier: Apache-2.0 */
/**
 * json: strict reading of JSON (RFC 8259) made by others.
 *
 * What is refused beyond the RFC: a member name used twice, nesting and size past
 * the caller's limits, lone surrogates, a NUL in a member name, and, unless the
 * caller takes them, a NUL in a string and a byte order mark.
 *
 * Numbers keep their text: 1.50 stays 1.50 and 1e400 is no infinity, because in
 * FHIR the digits of a decimal carry meaning.  Members keep their order.
 *
 * A document is one copy of the source, in which strings are opened in place, and
 * two flat arrays over it: three allocations, whatever the size, and nothing
 * recurses deeper than the caller's limit.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "text.h"

struct json_limits {
	size_t bytes;   /* of the source; at most 1 GiB */
	uint32_t depth; /* of nested arrays and objects together */
	bool nul;       /* take \u0000 in strings */
	bool mark;      /* pass over a byte order mark at the start */
};
/** LIMIT_JSON_BYTES and LIMIT_JSON_DEPTH: bodies of requests and answers. */
extern const struct json_limits json_limits_body;
/** LIMIT_IMPORT_FILE and LIMIT_IMPORT_DEPTH, with NUL and mark: clinical files. */
extern const struct json_limits json_limits_import;

/**
 * A parsed document; it owns every value and text read from it and wipes them
 * when cleared.  `{ 0 }` is empty.  Do not move it while values of it are in use.
 */
struct json_document {
	struct buffer text, nodes, children; /* as jsontree.h says */
};

/** A value inside a document, borrowed.  `{ 0 }` stands for "no value". */
struct json {
	const struct json_document *document;
	uint32_t node; /* 0 for none */
};

enum json_kind {
	JSON_KIND_NONE,
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_TEXT,
	JSON_KIND_NUMBER,
	JSON_KIND_BOOL,
	JSON_KIND_NULL
};

/**
 * json_parse(source, limits, out):
 * Read exactly one value, with nothing but white space around it.  ${source} is
 * not needed afterwards.  ST_INVALID (what: "json"), ST_TOO_BIG ("json size" or
 * "json depth"), ST_NO_MEMORY; ${out} must be empty and stays so on failure.
 */
MUST_CHECK struct status json_parse(struct bytes source, const struct json_limits *limits, struct json_document *out);
void json_document_clear(struct json_document *d);

/** json_root(d): the whole value; no value for an empty document. */
struct json json_root(const struct json_document *d);
/** json_kind_of(v): JSON_KIND_NONE for no value. */
enum json_kind json_kind_of(struct json v);

/** json_member(object, name): no value when ${object} is none or has no such member. */
struct json json_member(struct json object, struct text name);
/** json_element(array, index): no value when ${array} is none or shorter; costs the same at any index. */
struct json json_element(struct json array, size_t index);
/** json_count(v): elements of an array, members of an object, else 0. */
size_t json_count(struct json v);

/** Where a walk over the members of an object stands. */
struct json_members {
	struct json object;
	size_t next;
};
/** json_members_of(object): before the first; over nothing for anything but an object. */
struct json_members json_members_of(struct json object);
/** json_members_next(m, name, value): the next in document order; false after the last. */
bool json_members_next(struct json_members *m, struct text *name, struct json *value);

/** The value as what it is; ST_INVALID for any other kind, ${out} untouched. */
MUST_CHECK struct status json_text(struct json v, struct text *out);
/** The digits as they were written. */
MUST_CHECK struct status json_number(struct json v, struct text *out);
MUST_CHECK struct status json_bool(struct json v, bool *out);
/** A number written as plain digits, within [min, max]: neither 1.0 nor 1e3. */
MUST_CHECK struct status json_u64(struct json v, uint64_t min, uint64_t max, uint64_t *out);

/**
 * json_same(a, b):
 * Equality of JSON values: objects by their members in any order, arrays in
 * order, strings by their characters, numbers by exact decimal value (1.0, 1.00
 * and 1e0 are the same; no rounding at any length).  Two missing values are the same.
 */
bool json_same(struct json a, struct json b);

enum json_order { JSON_AS_WRITTEN, JSON_BY_NAME };
/**
 * json_write(v, order, out):
 * Append ${v} without white space, strings with the fewest escapes, numbers as
 * they were written, members in document order or sorted by the bytes of their
 * names.  Documents that differ only in white space, escapes and (JSON_BY_NAME)
 * member order give the same bytes.  ST_INVALID for no value, ST_TOO_BIG,
 * ST_NO_MEMORY; on failure ${out} keeps its former length.
 */
MUST_CHECK struct status json_write(struct json v, enum json_order order, struct buffer *out);

#endif /* !CODEC_JSON_H */
