/* SPDX-License-Identifier: Apache-2.0 */
/**
 * secondfactor: a second factor on its way through a call (PROMISES#S5): read on the
 * loop, verified on a worker, used up in the committer's transaction; who needs one,
 * and by when; and whether a session has proven one lately enough.
 */
#ifndef API_SECONDFACTOR_H
#define API_SECONDFACTOR_H

#include "call.h"
#include "factor.h"
#include "passkeys.h"

/** What a request holds as the object "factor"; `{0}`: it has none. */
struct secondfactor_field {
	struct text code;
	struct passkeys_field passkey;
};
extern const struct jsonfield_table secondfactor_table;

/** Of one call; secret.  secondfactor_clear() it. */
struct secondfactor {
	struct factors had; /* the user's, as they were read on the loop */
	struct factor_answer answer;
	struct passkey_answer passkey; /* what answer.passkey points to */
	struct status expected;        /* of a passkey: why nothing of it can be taken; OK: by secondfactor_expect() */
	struct factor_proof proof;
	size_t left;        /* recovery codes, after one was used */
	const char *detail; /* of the leaf: "second factor: totp", or NULL */
};
void secondfactor_clear(struct secondfactor *f);
/** secondfactor_begin(view, user, field, out): ${user} may be one that nobody is. */
MUST_CHECK struct status secondfactor_begin(struct store_view *view, const struct user_id *user,
					    const struct secondfactor_field *field, struct secondfactor *out);
/** secondfactor_expect(f, s, user, challenge): what a passkey was asked for; without it none is taken. */
void secondfactor_expect(struct secondfactor *f, const struct service *s, const struct user_id *user,
			 const struct hash *challenge);
/** secondfactor_missing(f): he has one, and none was given. */
bool secondfactor_missing(const struct secondfactor *f);
/** secondfactor_verify(f, now): on a worker; OK for who has none.  ST_UNPROVEN. */
MUST_CHECK struct status secondfactor_verify(struct secondfactor *f, uint64_t now);
/** secondfactor_take(f, txn, now): use it up; ST_UNPROVEN: somebody was faster, or who had none has one by now. */
MUST_CHECK struct status secondfactor_take(struct secondfactor *f, struct store_txn *txn, const struct user_id *user,
					   uint64_t now);

/** secondfactor_why(f, s, otherwise): what the leaf of a refusal says: of a passkey which rule it broke. */
const char *secondfactor_why(const struct secondfactor *f, struct status s, const char *otherwise);

/** secondfactor_due(service, profile, had, now): from when on the site lets nobody work without; UINT64_MAX: never. */
uint64_t secondfactor_due(const struct service *s, enum profile profile, const struct factors *had, uint64_t now);

/** secondfactor_ask(service, txn, person, now): at a sign-in: his time begins when the site first asks; a notice says
 * so. */
MUST_CHECK struct status secondfactor_ask(const struct service *s, struct store_txn *txn, const struct person *person,
					  uint64_t now);

/** secondfactor_fresh(c): ST_PENDING ("step-up") unless the session has proven all it can lately; trial sites: OK. */
MUST_CHECK struct status secondfactor_fresh(const struct call *c);
/** secondfactor_fresh_for(c, had): the same on any site, for changes of one's own factors. */
MUST_CHECK struct status secondfactor_fresh_for(const struct call *c, const struct factors *had);

#endif /* !API_SECONDFACTOR_H */
