/* SPDX-License-Identifier: Apache-2.0 */
/**
 * conduct: the site's code of conduct, which every user accepts (PROMISES#K13): a text
 * in each language, and a version that grows whenever users are to be asked again.
 *
 * 1. A site has a code from its first day: until an administrator stores a text of the
 *    site's own, the one built in counts.
 * 2. Accepted is a version *and* the hash of one of its texts: a text that changes in
 *    any way, a new program's built-in one included, is asked for again.
 */
#ifndef SETTING_CONDUCT_H
#define SETTING_CONDUCT_H

#include "limits.h"
#include "store.h"
#include "vocabulary.h"

/** One language's text. */
struct conduct_text {
	struct text text;
	struct hash hash; /* SHA-256 */
	bool built_in;
};
struct conduct {
	uint32_t version;                     /* from 1 */
	struct conduct_text texts[LANGUAGES]; /* conduct_in() */
};
/** conduct_get(view, row, out): ${out} views ${row}, which is scratch. */
MUST_CHECK struct status conduct_get(struct store_view *view, struct row *row, struct conduct *out);
/** conduct_in(c, language): its text. */
const struct conduct_text *conduct_in(const struct conduct *c, enum language language);
/** conduct_accepts(c, version, language, hash): whether that is what this code asks for. */
bool conduct_accepts(const struct conduct *c, uint32_t version, enum language language, const struct hash *hash);

/** conduct_built_in(language): the text that a site begins with. */
struct text conduct_built_in(enum language language);
/** conduct_check(text): ST_INVALID unless it is a page of UTF-8 to read: not blank, no control character but line ends.
 */
MUST_CHECK struct status conduct_check(struct text text);

/** A new text in one language, or (text.at NULL) the old ones asked for again. */
struct conduct_change {
	enum language language;
	struct text text;
	/* Set by conduct_apply(). */
	uint32_t version;
	char detail[160]; /* of the change's leaf */
};
/** conduct_apply(txn, change): write the row; the caller logs ${change}'s detail in the same transaction. */
MUST_CHECK struct status conduct_apply(struct store_txn *txn, struct conduct_change *change);

#endif /* !SETTING_CONDUCT_H */
