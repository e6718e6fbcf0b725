/* SPDX-License-Identifier: Apache-2.0 */
#include "seen.h"

#include "call.h"

static struct tree_head *place_of(struct seen *s, uint64_t size)
{
	return &s->heads[size & (SEEN_PLACES - 1)];
}

/** Clients see what was signed, so the newest of these is what most of them name. */
static struct status root_of(struct api_loop *l, uint64_t size, struct hash *out)
{
	struct tree_head newest, *kept = place_of(&l->seen, size);

	log_signed_head(l->service->log, &newest);
	if (newest.size == size)
		*kept = newest;
	if (kept->size != size) {
		TRY(logread_root(l->log, size, out));
		*kept = (struct tree_head){size, *out};
	}
	*out = kept->root;
	return OK;
}

struct status seen_check(struct call *c, const struct statement_head *head)
{
	struct hash root;

	if (head->seen_size == 0)
		return hash_is_zero(&head->seen_root) ? OK : FAIL_AT(ST_INVALID, "seen_root");
	if (head->seen_size > log_size(c->loop->service->log))
		return FAIL_AT(ST_CONFLICT, "seen");
	TRY(root_of(c->loop, head->seen_size, &root));
	if (hash_equal(&root, &head->seen_root))
		return OK;
	c->problem.kind = PROBLEM_FORK;
	return FAIL_AT(ST_CORRUPT, "fork");
}
