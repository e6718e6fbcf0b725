/* SPDX-License-Identifier: Apache-2.0 */
/* vault: files that nobody names, removed. */
#include "vault_internal.h"

struct sweeping {
	struct vault *vault;
	struct store_snapshot *snapshot;
	struct vault_sweep *sweep;
};

static struct status count(const struct sweeping *s, enum table_id table, uint8_t index, const struct uuid *id,
			   uint64_t *out)
{
	const struct store_range range = {.index = index, .prefix_count = 1, .prefix = {ROW_UUID(id)}};

	return store_count(s->snapshot->view, table, &range, out);
}

/*
 * A writer is live until after the commit of the row that names its object; so one that is not live has a row in every
 * snapshot taken from now on, or never will.  An upload that was being finished has the final name and its own row.
 */
static struct status is_named(const struct sweeping *s, const struct uuid *id, bool *out)
{
	uint64_t versions, uploads;

	*out = true;
	if (object_live(s->vault->objects, id))
		return OK;
	TRY(store_snapshot_renew(s->snapshot));
	TRY(count(s, TABLE_VERSION, INDEX_VERSION_OBJECT, id, &versions));
	TRY(count(s, TABLE_UPLOAD, TABLE_NONE, id, &uploads));
	*out = versions + uploads > 0;
	return OK;
}

static struct status visit(void *context, const struct object_found *found)
{
	const struct sweeping *s = context;
	bool named;

	if (found->place == OBJECT_STRANGE || found->written >= s->sweep->before)
		return OK;
	TRY(is_named(s, &found->id, &named));
	if (named)
		return OK;
	TRY(found->place == OBJECT_WHOLE ? vault_remove(s->vault, &found->id) : vault_discard(s->vault, &found->id));
	s->sweep->files++;
	s->sweep->bytes += found->size;
	return OK;
}

struct status vault_sweep_step(struct vault *v, struct store_snapshot *snapshot, struct vault_sweep *sweep)
{
	struct sweeping s = {v, snapshot, sweep};

	if (vault_sweep_done(sweep))
		return OK;
	TRY(object_walk_slice(v->objects, sweep->slice, visit, &s));
	sweep->slice++;
	return OK;
}
