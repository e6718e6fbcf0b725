/* SPDX-License-Identifier: Apache-2.0 */
#include "quota.h"

#include "counter.h"

struct status quota_of_upload(const struct row *upload, uint64_t *out)
{
	const uint64_t size = row_number(upload, COLUMN_UPLOAD_SIZE);
	uint64_t length = 0;

	if (upload->secret[SECRET_UPLOAD_LENGTH].len > 0)
		TRY(row_secret_number(upload, SECRET_UPLOAD_LENGTH, &length));
	*out = quota_of_version(size > length ? size : length);
	return OK;
}

/* ---- Counters ---- */

/** ${holder} NULL: the site. */
static struct status add(struct store_txn *txn, const struct uuid *holder, uint64_t more)
{
	uint64_t value;

	TRY(counter_get(txn->view, COUNTER_USE, holder, &value));
	if (more > INT64_MAX - value)
		return FAIL_AT(ST_TOO_BIG, "bytes stored");
	return counter_put(txn, COUNTER_USE, holder, value + more);
}

static struct status subtract(struct store_txn *txn, const struct uuid *holder, uint64_t less)
{
	uint64_t value;

	TRY(counter_get(txn->view, COUNTER_USE, holder, &value));
	return counter_put(txn, COUNTER_USE, holder, value > less ? value - less : 0);
}

struct status quota_used(struct store_view *view, const struct user_id *owner, uint64_t *out)
{
	return counter_get(view, COUNTER_USE, owner != NULL ? &owner->uuid : NULL, out);
}

/* ---- Limits ---- */

/** One limit; ${left} and ${nearest} change when it leaves less. */
static struct status look_at(struct store_view *view, const struct uuid *holder, struct quota_met limit, uint64_t *left,
			     struct quota_met *nearest)
{
	if (limit.limit == 0)
		return OK;
	TRY(counter_get(view, COUNTER_USE, holder, &limit.used));
	const uint64_t here = limit.limit > limit.used ? limit.limit - limit.used : 0;
	if (here < *left) {
		*left = here;
		*nearest = limit;
	}
	return OK;
}

struct status quota_left(struct store_view *view, const struct quota_limits *limits, const struct user_id *owner,
			 uint64_t *out, struct quota_met *nearest)
{
	const struct quota_met of_site = {"quota.site", limits->site, 0}, of_owner = {"quota.owner", limits->owner, 0};
	uint64_t left = UINT64_MAX;

	*nearest = (struct quota_met){0};
	TRY(look_at(view, NULL, of_site, &left, nearest));
	if (owner != NULL)
		TRY(look_at(view, &owner->uuid, of_owner, &left, nearest));
	*out = left;
	return OK;
}

struct status quota_check(struct store_view *view, const struct quota_limits *limits, const struct user_id *owner,
			  uint64_t more, struct quota_met *met)
{
	struct quota_met nearest;
	uint64_t left;

	TRY(quota_left(view, limits, owner, &left, &nearest));
	if (more <= left)
		return OK;
	*met = nearest;
	return FAIL_AT(ST_FULL, nearest.name);
}

struct status quota_charge(struct store_txn *txn, const struct quota_limits *limits, const struct user_id *owner,
			   uint64_t more, struct quota_met *met)
{
	TRY(quota_check(txn->view, limits, owner, more, met));
	TRY(add(txn, NULL, more));
	return add(txn, &owner->uuid, more);
}

struct status quota_free(struct store_txn *txn, const struct user_id *owner, uint64_t less)
{
	TRY(subtract(txn, NULL, less));
	return subtract(txn, &owner->uuid, less);
}
