/* SPDX-License-Identifier: Apache-2.0 */
/**
 * quota: how many bytes a site, and each owner of patient files, may have stored.
 *
 * What is counted: a version its sealed content, and an upload the length that was
 * announced for it or, without one, what it has so far; each QUOTA_BESIDE more.  A
 * version counts for the owner of its file, an upload for whoever began it, until it
 * has become a version; all of it for the site.
 *
 * 1. The counters (table `counter`, COUNTER_USE) change in the transaction that
 *    stores or frees: no crash, and no two at once, pass a limit.
 * 2. Nothing but deletion frees: of a patient file, of an upload.
 */
#ifndef VAULT_QUOTA_H
#define VAULT_QUOTA_H

#include "store.h"

/** What a version takes beside its content: sealed header, statement, keys. */
#define QUOTA_BESIDE 4096

/** In bytes; 0: the disk is the limit. */
struct quota_limits {
	uint64_t site, owner;
};
/** Which limit was met, for the answer. */
struct quota_met {
	const char *name; /* of the setting; NULL: none was met */
	uint64_t limit, used;
};

/** quota_of_version(size): what a version with that much content counts. */
static inline uint64_t quota_of_version(uint64_t size)
{
	return size + QUOTA_BESIDE;
}
/** quota_of_upload(upload, out): what the upload in that row counts; ST_CORRUPT. */
MUST_CHECK struct status quota_of_upload(const struct row *upload, uint64_t *out);

/** quota_used(view, owner, out): bytes counted for ${owner}, for the site when it is NULL. */
MUST_CHECK struct status quota_used(struct store_view *view, const struct user_id *owner, uint64_t *out);
/**
 * quota_left(view, limits, owner, out, nearest):
 * How much more there is room for; UINT64_MAX where the disk is the limit.  ${owner}
 * NULL: of the site alone.  ${nearest} is the limit that says so.
 */
MUST_CHECK struct status quota_left(struct store_view *view, const struct quota_limits *limits,
				    const struct user_id *owner, uint64_t *out, struct quota_met *nearest);
/** quota_check(view, limits, owner, more, met): ST_FULL, naming the limit, when ${more} would pass one. */
MUST_CHECK struct status quota_check(struct store_view *view, const struct quota_limits *limits,
				     const struct user_id *owner, uint64_t more, struct quota_met *met);

/** quota_charge(txn, limits, owner, more, met): quota_check(), and count it with this change. */
MUST_CHECK struct status quota_charge(struct store_txn *txn, const struct quota_limits *limits,
				      const struct user_id *owner, uint64_t more, struct quota_met *met);
/** quota_free(txn, owner, less): what was charged goes with this change. */
MUST_CHECK struct status quota_free(struct store_txn *txn, const struct user_id *owner, uint64_t less);

#endif /* !VAULT_QUOTA_H */
