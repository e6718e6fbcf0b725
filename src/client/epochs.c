/* SPDX-License-Identifier: Apache-2.0 */
#include "epochs.h"

#include <stdlib.h>
#include <string.h>

/** Everybody who shall be able to open the new epoch, in the order of the statement. */
struct audience {
	struct keyholder_recipient *items;
	struct wrapped_key *wrapped;
	size_t count;
};
static void audience_clear(struct audience *a)
{
	free(a->items);
	free(a->wrapped);
	*a = (struct audience){0};
}

/** Where the next statement will stand at the earliest: behind all that this person has seen. */
static struct place next_place(const struct patientfile *f, uint64_t time)
{
	uint64_t seen = f->site->head.size;

	return (struct place){.position = f->state.size > seen ? f->state.size : seen, .time = time};
}

struct status epochs_take(struct patientfile *f, const struct statement *draft, uint64_t time,
			  const struct changeset_parts *parts, struct changeset *set)
{
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};
	struct people people = site_people(f->site);
	struct statement parsed;

	TRY(keyholder_sign(f->site->options.keys, draft, &bytes));
	TRY(statement_parse(buffer_bytes(&bytes), &parsed));
	TRY(patient_state_add(&f->state, &people, &parsed, next_place(f, time)));
	TRY(changeset_add(set, buffer_bytes(&bytes), parts));
	return changeset_remember(set, &f->id, &parsed.name);
}

/** Rows of the statement to be, with everybody's public key looked up. */
static struct status gather(struct patientfile *f, enum compartment compartment, uint64_t time, struct audience *out)
{
	AUTO(buffer) rows = {.max = LIMIT_STATEMENT_BYTES};
	struct people people = site_people(f->site);
	struct person person;

	TRY(patient_state_recipients(&f->state, &people, compartment, next_place(f, time), &rows));
	size_t count = statement_recipient_count(buffer_bytes(&rows));
	out->items = calloc(count, sizeof *out->items);
	out->wrapped = calloc(count, sizeof *out->wrapped);
	if (out->items == NULL || out->wrapped == NULL)
		return FAIL(ST_NO_MEMORY);
	for (size_t i = 0; i < count; i++) {
		struct recipient row;
		statement_recipient(buffer_bytes(&rows), i, &row);
		TRY(people.find(people.context, &(struct user_id){row.id}, POSITION_NOW, &person));
		out->items[i].recipient = (struct wrappedkey_recipient){row.kind, row.id, row.key_hash};
		out->items[i].hpke_key = person.hpke_key;
	}
	out->count = count;
	return OK;
}

static struct status put_rows(struct audience *a, struct buffer *out)
{
	for (size_t i = 0; i < a->count; i++) {
		struct recipient row = {.kind = a->items[i].recipient.kind,
					.id = a->items[i].recipient.id,
					.key_hash = a->items[i].recipient.key_hash};
		TRY(a->items[i].status);
		a->wrapped[i] = a->items[i].wrapped;
		TRY(wrappedkey_hash(&a->wrapped[i], &row.wrapped_hash));
		TRY(statement_put_recipient(out, &row));
	}
	return OK;
}

/** What the next epoch builds on; nothing for the first. */
struct ground {
	bool first;
	uint32_t number;
	struct hash previous;
	struct epoch_handle key;
};
static struct status ground_of(const struct patientfile *f, enum compartment compartment, struct ground *out)
{
	const struct patientfile_key *held = compartment == COMPARTMENT_IDENTITY ? &f->identity : &f->clinical;
	struct epoch_view newest;
	struct status found = patient_state_epoch(&f->state, compartment, POSITION_NOW, &newest);

	if (found.code == ST_NOT_FOUND) {
		*out = (struct ground){.first = true};
		return OK;
	}
	TRY(found);
	if (held->key.value == 0)
		return FAIL_AT(ST_DENIED, compartment == COMPARTMENT_IDENTITY ? "identity" : "read");
	*out = (struct ground){.number = newest.number + 1, .previous = newest.statement, .key = held->key};
	return OK;
}

struct status epochs_renew(struct patientfile *f, enum compartment compartment, uint64_t time, struct changeset *set)
{
	AUTO(audience) audience = {0};
	AUTO(buffer) rows = {.max = LIMIT_STATEMENT_BYTES};
	struct keyholder *keys = f->site->options.keys;
	struct keyholder_epoch epoch;
	struct ground ground;

	TRY(ground_of(f, compartment, &ground));
	struct epoch_place place = patientfile_epoch_place(f, compartment, ground.number);
	TRY(gather(f, compartment, time, &audience));
	TRY(keyholder_epoch_new(keys, &place, ground.key, &epoch));
	TRY(keyholder_epoch_wrap(keys, epoch.key, audience.items, audience.count));
	TRY(put_rows(&audience, &rows));
	struct statement draft = {
		.kind = STATEMENT_EPOCH,
		.head = keyholder_head(keys, ground.first ? NULL : &ground.previous, time),
		.epoch = {.holder_kind = HOLDER_PATIENT,
			  .holder = f->id.uuid,
			  .compartment = compartment,
			  .number = ground.number,
			  .commitment = epoch.commitment,
			  .recipients = buffer_bytes(&rows)},
	};
	if (!ground.first)
		draft.epoch.previous_sealed = BYTES_OF(epoch.previous_sealed);
	TRY(epochs_take(f, &draft, time,
			&(struct changeset_parts){.wrapped = audience.wrapped, .wrapped_count = audience.count}, set));
	struct patientfile_key *held = compartment == COMPARTMENT_IDENTITY ? &f->identity : &f->clinical;
	TRY(keyholder_epoch_drop(keys, &held->key, 1));
	*held = (struct patientfile_key){epoch.key, ground.number};
	return OK;
}

struct status epochs_renew_needed(struct patientfile *f, uint64_t time, struct changeset *set)
{
	static const enum compartment both[] = {COMPARTMENT_IDENTITY, COMPARTMENT_CLINICAL};
	struct people people = site_people(f->site);

	for (size_t i = 0; i < COUNT(both); i++) {
		bool lacks;
		TRY(patient_state_lacks(&f->state, &people, both[i], next_place(f, time), &lacks));
		if (lacks)
			TRY(epochs_renew(f, both[i], time, set));
	}
	return OK;
}

struct status epochs_renew_due(struct patientfile *f, enum compartment compartment, uint64_t time,
			       struct changeset *set)
{
	static const enum compartment both[] = {COMPARTMENT_IDENTITY, COMPARTMENT_CLINICAL};
	const struct people people = site_people(f->site);

	for (size_t i = 0; i < COUNT(both); i++) {
		bool due = false;
		if (compartment != COMPARTMENT_BOTH && compartment != both[i])
			continue;
		TRY(patient_state_must_rekey(&f->state, &people, both[i], next_place(f, time), &due));
		if (due)
			TRY(epochs_renew(f, both[i], time, set));
	}
	return OK;
}
