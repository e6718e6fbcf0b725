/* SPDX-License-Identifier: Apache-2.0 */
/**
 * jsonfield: a JSON object into a C struct by a table.
 *
 * One row a field: name, type, place, limits.  What the table does not name is
 * refused, so that a misspelt or newer field is never silently ignored.
 *
 *	struct sign_in {
 *		struct text login;
 *		struct uuid device;
 *		struct jsonfield_list grants;
 *	};
 *	#define AT(member) .offset = offsetof(struct sign_in, member)
 *	static const struct jsonfield rows[] = {
 *		{ .name = "login", .type = JSONFIELD_TEXT, AT(login), .required = true, .min = 1, .max = LIMIT_LOGIN },
 *		{ .name = "device", .type = JSONFIELD_ID, AT(device), .id = ID_DEVICE },
 *		{ .name = "grants", .type = JSONFIELD_OBJECT, AT(grants), .many = 1000, .table = &grant_table },
 *	};
 *	static const struct jsonfield_table sign_in_table = JSONFIELD_TABLE(struct sign_in, rows);
 */
#ifndef CODEC_JSONFIELD_H
#define CODEC_JSONFIELD_H

#include "arena.h"
#include "id.h"
#include "json.h"

/** What the place holds: */
enum jsonfield_type {
	JSONFIELD_TEXT,      /* struct text, a view into the document; min, max: bytes */
	JSONFIELD_U32,       /* uint32_t; min, max */
	JSONFIELD_U64,       /* uint64_t; min, max */
	JSONFIELD_BOOL,      /* bool */
	JSONFIELD_BASE64,    /* struct bytes in the arena; min, max: decoded bytes */
	JSONFIELD_BASE64URL, /* the same without padding */
	JSONFIELD_HASH,      /* struct hash, 64 hex digits */
	JSONFIELD_ID,        /* struct uuid (or the id type around it) of kind ${id} */
	JSONFIELD_TIME,      /* uint64_t, ms since 1970, from RFC 3339 */
	JSONFIELD_OBJECT,    /* the struct that ${table} describes */
	JSONFIELD_ANY,       /* struct json, any value */
};

struct jsonfield_table;
struct jsonfield {
	const char *name;
	enum jsonfield_type type;
	size_t offset;
	bool required;
	uint32_t many;     /* not 0: an array of at most so many; the place is a struct jsonfield_list */
	uint64_t min, max; /* a max of 0 means: none beyond the type's and the document's */
	enum id_kind id;
	const struct jsonfield_table *table;
};
struct jsonfield_table {
	const struct jsonfield *fields;
	size_t count; /* at most 64 */
	size_t size;  /* of the struct */
};
#define JSONFIELD_TABLE(type, rows) \
	{ \
		(rows), COUNT(rows), sizeof(type) \
	}

/** An array: ${count} values of the field's type, in the arena. */
struct jsonfield_list {
	const void *items;
	size_t count;
};

#define JSONFIELD_PATH 64
/** What was refused, for the answer: which field, which limit. */
struct jsonfield_refusal {
	char field[JSONFIELD_PATH + 1]; /* printable ASCII, such as grants[3].until; may be cut at the end */
	bool limited;                   /* ${limit} is what was exceeded or not reached */
	uint64_t limit;
};

/**
 * jsonfield_read(object, table, arena, target, refusal):
 * Fill ${target}, a struct as ${table} says.  A field that is absent and not
 * required leaves its place as it was (put defaults there first; a missing text
 * keeps .at == NULL); null is a value of the wrong type, not an absence.  Texts
 * and values point into the document, lists and decoded bytes into ${arena}.
 *
 * ST_INVALID (what: "field unknown", "field missing", "field type", "field
 * format", "field range"), ST_TOO_BIG ("field too long"; the arena's ceiling),
 * ST_NO_MEMORY.  On failure ${target} is untouched and ${refusal}, which may be
 * NULL, is filled.
 */
MUST_CHECK struct status jsonfield_read(struct json object, const struct jsonfield_table *table, struct arena *arena,
					void *target, struct jsonfield_refusal *refusal);

#endif /* !CODEC_JSONFIELD_H */
