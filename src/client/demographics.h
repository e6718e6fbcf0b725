/* SPDX-License-Identifier: Apache-2.0 */
/** demographics: who a patient is: the JSON in the header of the identity record (docs/FORMATS.md section 2). */
#ifndef CLIENT_DEMOGRAPHICS_H
#define CLIENT_DEMOGRAPHICS_H

#include "arena.h"
#include "jsonfield.h"
#include "limits.h"

#define DEMOGRAPHICS_GIVEN       8
#define DEMOGRAPHICS_IDENTIFIERS 16

struct demographics_identifier {
	struct text system, value; /* system may be empty */
};
/** Empty texts are unknown. */
struct demographics {
	struct text family, birth, sex, deceased;
	struct text given[DEMOGRAPHICS_GIVEN];
	size_t given_count;
	struct demographics_identifier identifiers[DEMOGRAPHICS_IDENTIFIERS];
	size_t identifier_count;
};

/** demographics_check(d): ST_INVALID names the field: a birth that is no date, a sex that is no word of FHIR. */
MUST_CHECK struct status demographics_check(const struct demographics *d);
/** demographics_write(d, out): the JSON object; ${out} must wipe. */
MUST_CHECK struct status demographics_write(const struct demographics *d, struct buffer *out);
/** demographics_read(json, arena, document, out): texts live as long as ${document} and ${arena}.  ST_CORRUPT. */
MUST_CHECK struct status demographics_read(struct text json, struct arena *arena, struct json_document *document,
					   struct demographics *out);
/**
 * demographics_fold(text, out):
 * Append ${text} as it is searched: lower case, Latin letters without accents,
 * every run of other characters than letters, digits and '-' one space.
 */
MUST_CHECK struct status demographics_fold(struct text text, struct buffer *out);
/** demographics_search_text(json, out): append " words of names, birth and identifiers, folded"; ST_CORRUPT. */
MUST_CHECK struct status demographics_search_text(struct text json, struct buffer *out);

#endif /* !CLIENT_DEMOGRAPHICS_H */
