/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include "jsonwriter.h"
#include "tree.h"

#include <stdlib.h>

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

static struct status put_question(const uint64_t *leaves, size_t count, struct buffer *out)
{
	struct jsonwriter w = jsonwriter_of(out);

	jsonwriter_object(&w, NULL);
	jsonwriter_array(&w, "leaves");
	for (size_t i = 0; i < count; i++)
		jsonwriter_u64(&w, NULL, leaves[i]);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	return jsonwriter_done(&w);
}

static struct status open_one(struct site *s, uint64_t leaf, const struct entry *e, struct entry_read *read)
{
	struct hash wanted, held;

	TRY(entry_check(e, read));
	if (e->index != leaf || !read->has_subject)
		return FAIL_AT(ST_CORRUPT, "position");
	TRY(tree_leaf_hash(e->leaf, &wanted));
	TRY(tileview_leaf(s->view, leaf, &held));
	return hash_equal(&wanted, &held) ? OK : FAIL_AT(ST_CORRUPT, "inclusion");
}

/** What is to be opened, and who wants to know. */
struct asked {
	const uint64_t *leaves;
	proof_visit *visit;
	void *context;
};

static struct status open_batch(struct site *s, const struct asked *asked, size_t first, size_t count)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = PROOF_ARENA};
	AUTO(buffer) question = {.max = LIMIT_JSON_BYTES};
	struct openings openings = {0};
	struct entry_read read;

	TRY(put_question(asked->leaves + first, count, &question));
	struct status sent = site_call(s,
				       &(struct https_call){.method = "POST",
							    .path = "/v1/log/openings",
							    .content_type = "application/json",
							    .body = buffer_bytes(&question),
							    .max = placed_json_limits.bytes},
				       &answer);
	/* It named these places itself: to know nothing of them now is no refusal but a lie. */
	if (sent.code == ST_NOT_FOUND || sent.code == ST_INVALID || sent.code == ST_DENIED)
		return FAIL_AT(ST_CORRUPT, "withheld");
	TRY(sent);
	TRY(placed_read(buffer_bytes(&answer.body), &openings_table, &arena, &document, &openings));
	if (openings.items.count != count)
		return FAIL_AT(ST_CORRUPT, "withheld");
	const struct entry *entries = openings.items.items;
	for (size_t i = 0; i < count; i++) {
		TRY(open_one(s, asked->leaves[first + i], &entries[i], &read));
		TRY(asked->visit(asked->context, first + i, &entries[i], &read));
	}
	return OK;
}

struct status proof_open(struct site *s, const uint64_t *leaves, size_t count, proof_visit *visit, void *context)
{
	const struct asked asked = {leaves, visit, context};
	uint64_t last = 0;

	if (count == 0)
		return OK;
	for (size_t i = 0; i < count; i++)
		last = leaves[i] > last ? leaves[i] : last;
	if (last >= s->head.size)
		TRY(site_advance(s));
	if (last >= s->head.size)
		return FAIL_AT(ST_CORRUPT, "inclusion");
	TRY(site_view(s));
	for (size_t done = 0; done < count; done += PROOF_BATCH)
		TRY(open_batch(s, &asked, done, count - done < PROOF_BATCH ? count - done : PROOF_BATCH));
	return OK;
}

/** Statements, and how far their chain has been followed before. */
struct checking {
	const struct placed *items;
	const struct pin *pin;
};
static struct status check_one(void *context, size_t i, const struct entry *e, const struct entry_read *read)
{
	const struct checking *c = context;
	const struct placed *p = &c->items[i];
	struct statement parsed;

	if (!ok(statement_parse(p->statement, &parsed)) || read->leaf.time != p->time ||
	    !hash_equal(&read->subject.statement, &parsed.name))
		return FAIL_AT(ST_CORRUPT, "position");
	return c->pin == NULL ? OK : pin_compare(c->pin, e->index, read->subject.sequence);
}

struct status proof_check(struct site *s, const struct placed *items, size_t count, const struct pin *pin)
{
	struct checking checking = {items, pin};
	uint64_t *leaves = calloc(count == 0 ? 1 : count, sizeof *leaves);

	if (leaves == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < count; i++)
		leaves[i] = items[i].leaf;
	struct status checked = proof_open(s, leaves, count, check_one, &checking);
	free(leaves);
	return checked;
}
