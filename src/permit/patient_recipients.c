/* SPDX-License-Identifier: Apache-2.0 */
/* Who must and who may not hold the keys of a patient file's compartment. */
#include <stdlib.h>
#include <string.h>

#include "patient_changes.h"

#define ROW STATEMENT_RECIPIENT_BYTES
/* Kind and id; kind, id and key hash: how rows are ordered, and what of them is compared. */
#define ROW_ID  17
#define ROW_KEY 49

/** By recipient, and of one recipient's the newest first. */
static int compare_changes(const void *a, const void *b)
{
	const struct patient_change *x = *(const struct patient_change *const *)a;
	const struct patient_change *y = *(const struct patient_change *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	const int order = memcmp(x->id.bytes, y->id.bytes, sizeof x->id.bytes);
	if (order != 0)
		return order;
	return x > y ? -1 : x < y;
}

/** The changes that count at ${position}, the last of each recipient's; the caller frees ${list}. */
static struct status newest_changes(const struct patient_state *p, uint64_t position,
				    const struct patient_change ***list, size_t *count)
{
	const struct patient_change **all = calloc(p->change_count + 1, sizeof *all);
	size_t taken = 0;
	size_t kept = 0;

	if (all == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < p->change_count; i++)
		if (p->changes[i].position < position)
			all[taken++] = &p->changes[i];
	qsort(all, taken, sizeof *all, compare_changes);
	for (size_t i = 0; i < taken; i++)
		if (kept == 0 || all[kept - 1]->kind != all[i]->kind || !uuid_equal(&all[kept - 1]->id, &all[i]->id))
			all[kept++] = all[i];
	*list = all;
	*count = kept;
	return OK;
}

static struct status put_person(const struct person *person, struct buffer *out)
{
	const struct recipient row = {.kind = RECIPIENT_USER, .id = person->id.uuid, .key_hash = person->key_hash};

	return statement_put_recipient(out, &row);
}

static struct status put_grantee(const struct people *people, const struct patient_change *c, uint32_t right,
				 struct place place, struct buffer *out)
{
	const struct user_id user = {c->id};
	struct person person;

	if (!c->grant.exists || c->kind != RECIPIENT_USER)
		return OK;
	struct status found = people->find(people->context, &user, place.position, &person);
	if (found.code == ST_NOT_FOUND)
		return OK;
	TRY(found);
	if (!person.enrolled || (authority_power(&person, false, &c->grant, place.time) & right) == 0)
		return OK;
	return put_person(&person, out);
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, ROW_ID);
}

static struct status put_grantees(const struct patient_state *p, const struct people *people, uint32_t right,
				  struct place place, struct buffer *out)
{
	const struct patient_change **list = NULL;
	size_t count = 0;
	struct status done = newest_changes(p, place.position, &list, &count);

	for (size_t i = 0; ok(done) && i < count; i++)
		done = put_grantee(people, list[i], right, place, out);
	free(list);
	return done;
}

struct status patient_state_recipients(const struct patient_state *p, const struct people *people,
				       enum compartment compartment, struct place place, struct buffer *out)
{
	const size_t begin = out->len;
	struct person owner;

	/* The owner stays a recipient whatever becomes of his rights: without him the keys could be lost. */
	TRY(people->find(people->context, &p->owner, place.position, &owner));
	TRY(put_person(&owner, out));
	TRY(put_grantees(p, people, authority_compartment_rights(compartment), place, out));
	qsort(out->bytes + begin, (out->len - begin) / ROW, ROW, compare_rows);
	return OK;
}

struct status patient_state_has_room(const struct patient_state *p, const struct people *people, struct place place)
{
	/* Fewer changes cannot have made as many recipients. */
	if (p->change_count < LIMIT_EPOCH_RECIPIENTS - 1)
		return OK;
	for (unsigned c = COMPARTMENT_IDENTITY; c <= COMPARTMENT_CLINICAL; c++) {
		AUTO(buffer) rows = {.max = (size_t)(LIMIT_EPOCH_RECIPIENTS - 1) * ROW};
		const struct status got = patient_state_recipients(p, people, (enum compartment)c, place, &rows);
		if (got.code == ST_TOO_BIG)
			return FAIL_AT(ST_TOO_BIG, "recipients");
		TRY(got);
	}
	return OK;
}

/** Whether every row of ${a} (kind, id, key hash) is among ${b}; both ascending. */
static bool all_among(struct bytes a, struct bytes b)
{
	size_t at = 0;

	for (size_t i = 0; i < a.len; i += ROW) {
		while (at < b.len && memcmp(b.at + at, a.at + i, ROW_ID) < 0)
			at += ROW;
		if (at >= b.len || memcmp(b.at + at, a.at + i, ROW_KEY) != 0)
			return false;
	}
	return true;
}

/** How the newest epoch of a compartment stands to those who should have it now. */
struct comparison {
	bool exists;
	bool leavers; /* somebody has it who should not */
	bool whole;   /* the same rows on both sides */
};

static struct status compare(const struct patient_state *p, const struct people *people, enum compartment compartment,
			     struct place place, struct comparison *out)
{
	AUTO(buffer) expected = {.max = LIMIT_STATEMENT_BYTES};
	struct epoch_view last;

	*out = (struct comparison){.exists = ok(patient_state_epoch(p, compartment, place.position, &last))};
	if (!out->exists)
		return OK;
	TRY(patient_state_recipients(p, people, compartment, place, &expected));
	out->leavers = !all_among(last.recipients, buffer_bytes(&expected));
	out->whole = last.recipients.len == expected.len && !out->leavers;
	return OK;
}

struct status patient_state_must_rekey(const struct patient_state *p, const struct people *people,
				       enum compartment compartment, struct place place, bool *out)
{
	struct comparison c;

	TRY(compare(p, people, compartment, place, &c));
	*out = c.exists && c.leavers;
	return OK;
}

struct status patient_state_lacks(const struct patient_state *p, const struct people *people,
				  enum compartment compartment, struct place place, bool *out)
{
	struct comparison c;

	TRY(compare(p, people, compartment, place, &c));
	*out = !c.whole;
	return OK;
}
