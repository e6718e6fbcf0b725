/* SPDX-License-Identifier: Apache-2.0 */
/**
 * tokens: which sources this person has imported before, found by tokens that only he
 * can compute (importtoken.h): the server learns that two imports had the same source,
 * and nothing of it.
 */
#ifndef CLIENT_TOKENS_H
#define CLIENT_TOKENS_H

#include "site.h"

#define TOKENS_MAX 1000 /* in one question; openapi.yaml */

struct tokens_item {
	struct hash token;
	bool known;
	struct patient_id patient; /* when known */
	struct record_id record;   /* when known; zero for the token of a patient file */
};
/** tokens_find(site, items, count): fill in what is known of ${count} tokens, any number; ST_CORRUPT ("answer"). */
MUST_CHECK struct status tokens_find(struct site *site, struct tokens_item *items, size_t count);

#endif /* !CLIENT_TOKENS_H */
