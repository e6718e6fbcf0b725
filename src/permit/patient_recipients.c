/* SPDX-License-Identifier: Apache-2.0 */
/* Who must and who may not hold the keys of a patient file's compartment. */
#include <stdlib.h>
#include <string.h>

#include "patient_changes.h"

#define ROW STATEMENT_RECIPIENT_BYTES
/* Kind and id; kind, id and key hash: how rows are ordered, and what of them is compared. */
#define ROW_ID  17
#define ROW_KEY 49

static bool is_later_change(const struct patient_state *p, size_t index, uint64_t position)
{
	const struct patient_change *c = &p->changes[index];

	for (size_t i = index + 1; i < p->change_count; i++)
		if (p->changes[i].position < position && p->changes[i].kind == c->kind &&
		    uuid_equal(&p->changes[i].id, &c->id))
			return true;
	return false;
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

struct status patient_state_recipients(const struct patient_state *p, const struct people *people,
				       enum compartment compartment, struct place place, struct buffer *out)
{
	const uint32_t right = authority_compartment_rights(compartment);
	const size_t begin = out->len;
	struct person owner;

	/* The owner stays a recipient whatever becomes of his rights: without him the keys could be lost. */
	TRY(people->find(people->context, &p->owner, place.position, &owner));
	TRY(put_person(&owner, out));
	for (size_t i = 0; i < p->change_count; i++)
		if (p->changes[i].position < place.position && !is_later_change(p, i, place.position))
			TRY(put_grantee(people, &p->changes[i], right, place, out));
	qsort(out->bytes + begin, (out->len - begin) / ROW, ROW, compare_rows);
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

struct status patient_state_must_rekey(const struct patient_state *p, const struct people *people,
				       enum compartment compartment, struct place place, bool *out)
{
	AUTO(buffer) expected = {.max = LIMIT_STATEMENT_BYTES};
	struct epoch_view last;

	if (!ok(patient_state_epoch(p, compartment, place.position, &last))) {
		*out = false;
		return OK;
	}
	TRY(patient_state_recipients(p, people, compartment, place, &expected));
	*out = !all_among(last.recipients, buffer_bytes(&expected));
	return OK;
}

struct status patient_state_lacks(const struct patient_state *p, const struct people *people,
				  enum compartment compartment, struct place place, bool *out)
{
	AUTO(buffer) expected = {.max = LIMIT_STATEMENT_BYTES};
	struct epoch_view last;

	if (!ok(patient_state_epoch(p, compartment, place.position, &last))) {
		*out = true;
		return OK;
	}
	TRY(patient_state_recipients(p, people, compartment, place, &expected));
	*out = last.recipients.len != expected.len || !all_among(last.recipients, buffer_bytes(&expected));
	return OK;
}
