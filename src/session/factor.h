/* SPDX-License-Identifier: Apache-2.0 */
/**
 * factor: what a user proves besides password and key (PROMISES#S5): sealed rows, one a
 * factor, and the way of each kind: how an answer is verified and how it is used up.
 *
 * An answer goes the way of a password (docs/AUTHENTICATION.md, "Second factors"):
 *   loop       factors_load(): all factors of the user, from the snapshot
 *   worker     factor_verify(): which factor the answer proves; changes nothing
 *   committer  factor_take(): compared with the row as it is now, in the transaction of what it is given for; so of
 *              any number of equal answers at once exactly one counts, and a restart forgets nothing
 *
 * A kind is a row of a table in factor.c with two pure functions over the row's body.
 */
#ifndef SESSION_FACTOR_H
#define SESSION_FACTOR_H

#include "store.h"

/** Rows carry these numbers (docs/FORMATS.md, "Rows"). */
enum factor_kind {
	FACTOR_NONE = 0,
	FACTOR_TOTP = 1,
	FACTOR_PASSKEY = 2,
	FACTOR_CODES = 3, /* recovery codes: for who has lost the others; none by themselves */
	FACTOR_ASKED = 4, /* no factor: `created` is when the site first asked this user for one */
	FACTOR_KINDS,
};
/** factor_kind_word(kind): "totp", "passkey", "codes". */
const char *factor_kind_word(enum factor_kind kind);

/* Of one user, recovery codes and the row of FACTOR_ASKED included: all are read at a sign-in. */
#define FACTOR_MAX      16
#define FACTOR_NAME_MAX 64
/* A passkey's: credential id of at most 1,023 bytes, public key, counter. */
#define FACTOR_BODY_MAX 2048

struct factor {
	struct factor_id id;
	struct user_id user;
	enum factor_kind kind;
	uint64_t created, used; /* ms since 1970; used 0: never */
	struct hash token;      /* of a passkey: TOKEN_PASSKEY of its credential id, once on the site; else zero */
	struct text name;       /* a view, as body is */
	struct bytes body;      /* of its kind: totp.h, recoverycode.h */
};

/** All factors of one user, oldest first; secret.  `{0}` is a valid empty one. */
struct factors {
	struct factor of[FACTOR_MAX];
	size_t count;
	uint64_t asked; /* ms since 1970: when the site first asked for one; 0: not yet.  Not among ${of} */
	struct row rows[FACTOR_MAX];
};
/** factors_load(view, user, out): factors_clear() it.  A user without any costs one look-up, as an unknown one does. */
MUST_CHECK struct status factors_load(struct store_view *view, const struct user_id *user, struct factors *out);
void factors_clear(struct factors *f);
/** factors_proving(f): how many of them satisfy a demand by themselves: recovery codes do not. */
size_t factors_proving(const struct factors *f);
/** factors_stand(view, user, out): whether there is any that proves; ${user} may be one that nobody is. */
MUST_CHECK struct status factors_stand(struct store_view *view, const struct user_id *user, bool *out);
/** factors_find(f, kind): the first of that kind, or NULL. */
const struct factor *factors_find(const struct factors *f, enum factor_kind kind);

/**
 * factor_add(txn, factor): one more.
 * ST_TOO_MANY ("factors"); ST_CONFLICT ("name": he has one of that name; "passkey": somebody has one of that token).
 */
MUST_CHECK struct status factor_add(struct store_txn *txn, const struct factor *factor);
/**
 * factor_remove(txn, user, id, must_stay, out):
 * ST_NOT_FOUND ("factor") when it is not his.  With the last one that proves go the recovery codes; with
 * ${must_stay} it is refused: ST_CONFLICT ("last").  ${out}: what it was, without views.
 */
MUST_CHECK struct status factor_remove(struct store_txn *txn, const struct user_id *user, const struct factor_id *id,
				       bool must_stay, struct factor *out);
/** factor_clear(txn, user, count): remove all that the user has, for one who lost them; the caller logs it. */
MUST_CHECK struct status factor_clear(struct store_txn *txn, const struct user_id *user, size_t *count);
/** factor_ask(txn, user, now): remember that the site asked at ${now}, unless it did before. */
MUST_CHECK struct status factor_ask(struct store_txn *txn, const struct user_id *user, uint64_t now);

/* ---- Answers ---- */

struct passkey_answer;
/** What somebody gives as his second factor: views into the request. */
struct factor_answer {
	enum factor_kind kind;                /* FACTOR_NONE: nothing was given */
	struct text code;                     /* FACTOR_TOTP and FACTOR_CODES, as it was typed */
	const struct passkey_answer *passkey; /* FACTOR_PASSKEY */
};
/** factor_answer_code(code): figures alone are a one-time password, anything else a recovery code. */
struct factor_answer factor_answer_code(struct text code);

/** What an answer proved, to be taken in a transaction. */
struct factor_proof {
	struct factor_id id;
	enum factor_kind kind;
	uint64_t number;  /* the step of a one-time password, the counter of a passkey */
	struct hash code; /* of a recovery code */
};
/** factor_verify(f, answer, now, out): on a worker; ${now}: wall time, ms.  ST_UNPROVEN: it proves none of ${f}. */
MUST_CHECK struct status factor_verify(const struct factors *f, const struct factor_answer *answer, uint64_t now,
				       struct factor_proof *out);
/**
 * factor_take(txn, proof, now, left):
 * Use it up: in the transaction of whatever it is given for.  ${left}: recovery codes left of that row, else 0.
 * ST_UNPROVEN: it was used meanwhile, or the factor is gone: nothing was changed.
 */
MUST_CHECK struct status factor_take(struct store_txn *txn, const struct factor_proof *proof, uint64_t now,
				     size_t *left);

#endif /* !SESSION_FACTOR_H */
