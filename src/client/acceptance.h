/* SPDX-License-Identifier: Apache-2.0 */
/** acceptance: the site's code of conduct as this person reads it, and his signed word that he will keep to it. */
#ifndef CLIENT_ACCEPTANCE_H
#define CLIENT_ACCEPTANCE_H

#include "arena.h"
#include "site.h"

struct acceptance_text {
	enum language language;
	struct text text;
	struct hash hash; /* computed here, over ${text} */
};
/** What was accepted last. */
struct acceptance_last {
	uint32_t version;
	enum language language;
	struct hash text, statement;
	uint64_t time, leaf;
	bool current; /* the site asks for nothing more */
};
struct acceptance {
	uint32_t version;
	struct acceptance_text texts[LANGUAGES]; /* acceptance_in() */
	bool any;                                /* something was accepted before */
	struct acceptance_last last;
};
/** acceptance_ask(s, arena, out): views into ${arena}.  ST_CORRUPT ("answer") when a text has another hash than said.
 */
MUST_CHECK struct status acceptance_ask(struct site *s, struct arena *arena, struct acceptance *out);
const struct acceptance_text *acceptance_in(const struct acceptance *a, enum language language);
/** acceptance_give(s, a, language, leaf): sign and send; ST_CONFLICT when the code has changed meanwhile. */
MUST_CHECK struct status acceptance_give(struct site *s, const struct acceptance *a, enum language language,
					 uint64_t *leaf);
/** One user's last acceptance. */
struct acceptance_of {
	struct user_id user;
	uint64_t leaf, time;
	struct statement_conduct said;
};
typedef struct status acceptance_visit(void *context, const struct acceptance_of *one);
/**
 * acceptance_all(s, visit, context):
 * Of a prepared site, for auditors and administrators: each signed by whose it is, at its
 * place in the log.  ST_CORRUPT ("acceptance") otherwise.
 */
MUST_CHECK struct status acceptance_all(struct site *s, acceptance_visit *visit, void *context);
/** acceptance_counts(a, said): whether that is what the site asks for now. */
bool acceptance_counts(const struct acceptance *a, const struct statement_conduct *said);
/** acceptance_change(s, language, text, version): an administrator's new text; ${text} without bytes: ask again. */
MUST_CHECK struct status acceptance_change(struct site *s, enum language language, struct text text, uint32_t *version);

#endif /* !CLIENT_ACCEPTANCE_H */
