/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include "entry.h"
#include "jsonwriter.h"
#include "tree.h"

#define PROOF_BATCH 500
#define PROOF_ARENA ((size_t)16 << 20)

struct openings {
	struct jsonfield_list items;
};
static const struct jsonfield opening_rows[] = {
	{.name = "items",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct openings, items),
	 .required = true,
	 .many = PROOF_BATCH,
	 .table = &entry_table},
};
static const struct jsonfield_table openings_table = JSONFIELD_TABLE(struct openings, opening_rows);

static struct status put_question(const struct placed *items, size_t count, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "leaves");
	for (size_t i = 0; i < count; i++)
		jsonwriter_u64(&w, NULL, items[i].leaf);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

static struct status check_one(struct site *s, const struct placed *p, const struct entry *e)
{
	struct statement parsed;
	struct entry_read read;
	struct hash wanted, held;

	TRY(entry_check(e, &read));
	if (!ok(statement_parse(p->statement, &parsed)) || e->index != p->leaf || !read.has_subject ||
	    read.leaf.time != p->time || !hash_equal(&read.subject.statement, &parsed.name))
		return FAIL_AT(ST_CORRUPT, "position");
	TRY(tree_leaf_hash(e->leaf, &wanted));
	TRY(tileview_leaf(s->view, p->leaf, &held));
	return hash_equal(&wanted, &held) ? OK : FAIL_AT(ST_CORRUPT, "inclusion");
}

static struct status check_batch(struct site *s, const struct placed *items, size_t count)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PROOF_ARENA};
	AUTO(buffer) question = {.max = LIMIT_JSON_BYTES};
	struct openings openings = {0};

	TRY(put_question(items, count, &question));
	struct status asked = site_call(s,
					&(struct https_call){.method = "POST",
							     .path = "/v1/log/openings",
							     .content_type = "application/json",
							     .body = buffer_bytes(&question),
							     .max = placed_json_limits.bytes},
					&answer);
	/* It named these places itself: to know nothing of them now is no refusal but a lie. */
	if (asked.code == ST_NOT_FOUND || asked.code == ST_INVALID || asked.code == ST_DENIED)
		return FAIL_AT(ST_CORRUPT, "withheld");
	TRY(asked);
	TRY(placed_read(buffer_bytes(&answer.body), &openings_table, &arena, &document, &openings));
	if (openings.items.count != count)
		return FAIL_AT(ST_CORRUPT, "withheld");
	const struct entry *entries = openings.items.items;
	for (size_t i = 0; i < count; i++)
		TRY(check_one(s, &items[i], &entries[i]));
	return OK;
}

struct status proof_check(struct site *s, const struct placed *items, size_t count)
{
	uint64_t last = 0;

	for (size_t i = 0; i < count; i++)
		last = items[i].leaf > last ? items[i].leaf : last;
	if (count > 0 && last >= s->head.size)
		TRY(site_advance(s));
	if (count > 0 && last >= s->head.size)
		return FAIL_AT(ST_CORRUPT, "inclusion");
	if (count > 0)
		TRY(site_view(s));
	for (size_t done = 0; done < count; done += PROOF_BATCH)
		TRY(check_batch(s, items + done, count - done < PROOF_BATCH ? count - done : PROOF_BATCH));
	return OK;
}
