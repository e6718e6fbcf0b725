/* SPDX-License-Identifier: Apache-2.0 */
/**
 * notice: a message of the product to a user, or to everybody of a profile.
 *
 * 1. It is written in the transaction of what it tells of: neither is there without
 *    the other.
 * 2. What happens again within NOTICE_WINDOW_MS of the last time, to the same and with
 *    the same detail, is the same notice: its count and last time grow, and it is
 *    unread again.  So a trouble that goes on is one notice that says since when.
 * 3. Bounded: NOTICE_PER_KIND of a kind for each addressee, of which the oldest goes,
 *    and NOTICE_AGE_MS.  So nothing that an attacker can repeat pushes out another kind.
 * 4. Its kind's sentence and its detail name no patient.
 *
 * How far somebody has read is one number of his own: of a profile's notices each of
 * its people has read his own part.
 */
#ifndef NOTICE_NOTICE_H
#define NOTICE_NOTICE_H

#include "noticekind.h"
#include "store.h"
#include "vocabulary.h"

#define NOTICE_DETAIL_MAX 160
#define NOTICE_PER_KIND   16
#define NOTICE_WINDOW_MS  (7ull * 24 * 3600 * 1000)
#define NOTICE_AGE_MS     (180ull * 24 * 3600 * 1000)
/** The most that one addressee has. */
#define NOTICE_MAX (NOTICE_KIND_COUNT * NOTICE_PER_KIND)

/** Whom it is for. */
struct notice_to {
	struct uuid id; /* a user's, or 15 zero bytes and a profile */
};
struct notice_to notice_to_user(const struct user_id *user);
struct notice_to notice_to_profile(enum profile profile);

/**
 * notice_put(txn, to, kind, detail, now):
 * Tell it, within the change that it tells of; ${now} is the change's time, ms.
 * ${detail}: what is particular, empty for nothing: cut at NOTICE_DETAIL_MAX bytes.
 * Anything but ST_FULL, ST_IO and ST_CORRUPT is not to be expected.
 */
MUST_CHECK struct status notice_put(struct store_txn *txn, struct notice_to to, enum notice_kind kind,
				    struct text detail, uint64_t now);
/** notice_put_as(txn, to, kind, now, id): the same without a detail; ${id}: which notice tells it. */
MUST_CHECK struct status notice_put_as(struct store_txn *txn, struct notice_to to, enum notice_kind kind, uint64_t now,
				       struct notice_id *id);

struct notice {
	struct notice_id id;
	struct notice_to to;
	uint64_t seq, first, last, count; /* times in ms */
	struct text kind, detail;         /* views into the row */
	bool known;                       /* its kind is in the table of this program */
	enum notice_severity severity;
	const char *sentence;
};
/** notice_read(row, out): of a row of table `notice`; views into it. */
MUST_CHECK struct status notice_read(const struct row *row, struct notice *out);

/** notice_forget(txn, now, removed): remove a page of those that are too old; ${removed}: how many. */
MUST_CHECK struct status notice_forget(struct store_txn *txn, uint64_t now, size_t *removed);

#endif /* !NOTICE_NOTICE_H */
