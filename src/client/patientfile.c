/* SPDX-License-Identifier: Apache-2.0 */
#include "patientfile.h"

#include "proof.h"
#include "wrapped.h"

#include <stdio.h>
#include <string.h>

#define FILE_ARENA ((size_t)64 << 20)
/* Statements of one file in one answer: what patient_state can replay. */
#define FILE_STATEMENTS 65536
#define FILE_PATH_MAX   96
/* About the end of a file the server's clock counts; ours may differ by this. */
#define FILE_CLOCKS_MS (24ull * 3600 * 1000)
/* Epochs walked back in one call. */
#define FILE_STEPS 256

struct file_answer {
	struct patient_id patient;
	struct jsonfield_list statements, wrapped;
	struct json accesses;
};
static const struct jsonfield file_rows[] = {
	{.name = "patient",
	 .type = JSONFIELD_ID,
	 .offset = offsetof(struct file_answer, patient),
	 .required = true,
	 .id = ID_PATIENT},
	{.name = "statements",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct file_answer, statements),
	 .required = true,
	 .many = FILE_STATEMENTS,
	 .table = &placed_table},
	{.name = "wrapped",
	 .type = JSONFIELD_OBJECT,
	 .offset = offsetof(struct file_answer, wrapped),
	 .required = true,
	 .many = 16,
	 .table = &wrapped_table},
	/* The server's own view of who has access: not believed, so not read. */
	{.name = "accesses", .type = JSONFIELD_ANY, .offset = offsetof(struct file_answer, accesses), .required = true},
};
static const struct jsonfield_table file_table = JSONFIELD_TABLE(struct file_answer, file_rows);

struct epoch_place patientfile_epoch_place(const struct patientfile *f, enum compartment compartment, uint32_t number)
{
	return (struct epoch_place){.fingerprint = f->state.fingerprint,
				    .holder_kind = HOLDER_PATIENT,
				    .holder = f->id.uuid,
				    .compartment = compartment,
				    .number = number};
}

/** Statement by statement into the state; what was pinned is found on the way. */
static struct status replay(struct patientfile *f, const struct file_answer *answer, const struct pin *pin,
			    struct shown *out)
{
	const struct placed *items = answer->statements.items;
	struct people people = site_people(f->site);
	bool found = pin->shown.count == 0, own = hash_is_zero(&pin->own);

	for (size_t i = 0; i < answer->statements.count; i++) {
		struct statement parsed;
		if (!ok(statement_parse(items[i].statement, &parsed)) ||
		    !ok(patient_state_add(&f->state, &people, &parsed, placed_place(&items[i]))))
			return FAIL_AT(ST_CORRUPT, "statement");
		TRY(shown_add(out, &parsed.name));
		found = found || shown_equal(out, &pin->shown);
		own = own || hash_equal(&parsed.name, &pin->own);
	}
	if (!found || !own)
		return FAIL_AT(ST_CORRUPT, "withheld: a statement that was there before");
	return f->state.size > 0 ? OK : FAIL_AT(ST_CORRUPT, "statement");
}

/** Places proven, statements replayed, nothing missing that was seen before; the rest is for the receipt to show. */
static struct status take_statements(struct patientfile *f, const struct https_answer *answer,
				     const struct file_answer *file)
{
	struct receipt receipt = {.patient = f->id, .shown = {.size = f->site->head.size}};
	struct pin pin;

	TRY(receipts_leaf(f->site, answer, &receipt.leaf));
	TRY(pins_get(f->site, PIN_PATIENT, &f->id.uuid, &pin));
	TRY(proof_check(f->site, file->statements.items, file->statements.count, &pin));
	TRY(replay(f, file, &pin, &receipt.shown));
	pin.shown = receipt.shown;
	TRY(pins_put(f->site, PIN_PATIENT, &f->id.uuid, &pin));
	return receipts_add(f->site, &receipt);
}

/** After its end nothing of a file is opened, whatever the server hands out; nor does it hand out a key any more. */
static struct status check_end(struct patientfile *f, const struct file_answer *answer)
{
	const struct authority_end end = patient_state_end(&f->state, POSITION_NOW);
	const uint64_t slack = answer->wrapped.count == 0 ? FILE_CLOCKS_MS : 0;

	if (!authority_ended(&end, clock_wall(f->site->options.clock) + slack))
		return OK;
	f->site->deleted.patient = f->id;
	f->site->deleted.end = end;
	return FAIL_AT(ST_GONE, "patient");
}

/** The row of an epoch's recipients that is this person's. */
static struct status open_key(struct patientfile *f, enum compartment compartment, const struct file_answer *answer,
			      struct patientfile_key *out)
{
	struct epoch_view epoch;
	struct recipient row;
	struct status found = patient_state_epoch(&f->state, compartment, POSITION_NOW, &epoch);

	if (found.code == ST_NOT_FOUND)
		return OK;
	TRY(found);
	if (!wrapped_recipient(epoch.recipients, &f->site->options.keys->person, &row))
		return OK;
	const struct epoch_place place = patientfile_epoch_place(f, compartment, epoch.number);
	struct keyholder_wrapped item = {
		.claim = {.wrapped_hash = row.wrapped_hash, .commitment = epoch.commitment},
	};
	if (!wrapped_find(answer->wrapped, &place, &item))
		/* The epoch names one for this person and the server keeps it back. */
		return FAIL_AT(ST_CORRUPT, "wrapped key withheld");
	TRY(keyholder_epoch_open(f->site->options.keys, &item, 1));
	if (!ok(item.status))
		return FAIL_AT(ST_CORRUPT, "wrapped key");
	*out = (struct patientfile_key){item.key, epoch.number};
	return OK;
}

static struct status open_file(struct patientfile *f)
{
	AUTO(https_answer) answer = {0};
	AUTO(json_document) document = {0};
	AUTO(arena) arena = {.max = FILE_ARENA};
	struct file_answer file = {0};
	char path[FILE_PATH_MAX];

	(void)snprintf(path, sizeof path, "/v1/patients/%s", id_print(ID_PATIENT, &f->id.uuid).at);
	TRY(site_get(f->site, path, &answer));
	TRY(placed_read(buffer_bytes(&answer.body), &file_table, &arena, &document, &file));
	if (!uuid_equal(&file.patient.uuid, &f->id.uuid))
		return FAIL_AT(ST_CORRUPT, "answer");
	TRY(take_statements(f, &answer, &file));
	TRY(check_end(f, &file));
	TRY(open_key(f, COMPARTMENT_IDENTITY, &file, &f->identity));
	return open_key(f, COMPARTMENT_CLINICAL, &file, &f->clinical);
}

struct status patientfile_open(struct site *site, const struct patient_id *id, struct patientfile *out)
{
	struct patientfile made = {.site = site, .id = *id};

	TRY(site_prepare(site));
	made.state.fingerprint = site->directory.fingerprint;
	made.state.patient = *id;
	struct status s = open_file(&made);
	if (!ok(s)) {
		patientfile_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

void patientfile_clear(struct patientfile *f)
{
	if (f->site != NULL) {
		const struct epoch_handle newest[] = {f->identity.key, f->clinical.key};
		/* Nothing to do about a holder that is gone: its handles went with it. */
		(void)ok(keyholder_epoch_drop(f->site->options.keys, newest, COUNT(newest)));
		for (size_t i = 0; i < f->walked_count; i++)
			(void)ok(keyholder_epoch_drop(f->site->options.keys, &f->walked[i].key.key, 1));
	}
	patient_state_clear(&f->state);
	*f = (struct patientfile){0};
}

static struct status walk(struct patientfile *f, enum compartment compartment, const struct patientfile_key *newest,
			  uint32_t number, struct epoch_handle *out)
{
	struct epochkey_step steps[FILE_STEPS];
	uint32_t count = newest->number - number;

	for (size_t i = 0; i < f->walked_count; i++)
		if (f->walked[i].compartment == compartment && f->walked[i].key.number == number) {
			*out = f->walked[i].key.key;
			return OK;
		}
	if (count > FILE_STEPS || f->walked_count == COUNT(f->walked))
		return FAIL_AT(ST_TOO_BIG, "epochs");
	for (uint32_t i = 0; i < count; i++) {
		struct epoch_view newer, older;
		TRY(patient_state_epoch_number(&f->state, compartment, newest->number - i, &newer));
		TRY(patient_state_epoch_number(&f->state, compartment, newest->number - i - 1, &older));
		if (newer.previous_sealed.len != SEALED_KEY_LEN)
			return FAIL_AT(ST_CORRUPT, "epoch");
		memcpy(steps[i].previous_sealed.bytes, newer.previous_sealed.at, SEALED_KEY_LEN);
		steps[i].commitment = older.commitment;
	}
	TRY(keyholder_epoch_walk(f->site->options.keys, newest->key, steps, count, out));
	f->walked[f->walked_count].compartment = compartment;
	f->walked[f->walked_count++].key = (struct patientfile_key){*out, number};
	return OK;
}

static struct status key_of(struct patientfile *f, enum compartment compartment, uint32_t number,
			    struct epoch_handle *out)
{
	const struct patientfile_key *newest = compartment == COMPARTMENT_IDENTITY ? &f->identity : &f->clinical;

	if (newest->key.value == 0)
		return FAIL_AT(ST_DENIED, compartment == COMPARTMENT_IDENTITY ? "identity" : "read");
	if (number > newest->number)
		return FAIL_AT(ST_CORRUPT, "epoch");
	if (number == newest->number) {
		*out = newest->key;
		return OK;
	}
	return walk(f, compartment, newest, number, out);
}

struct status patientfile_keys(struct patientfile *f, const struct patientfile_epochs *epochs,
			       struct epoch_handle *identity, struct epoch_handle *clinical)
{
	struct epoch_handle of_identity = {0}, of_clinical = {0};

	if (epochs->compartment != COMPARTMENT_CLINICAL)
		TRY(key_of(f, COMPARTMENT_IDENTITY, epochs->identity, &of_identity));
	if (epochs->compartment != COMPARTMENT_IDENTITY)
		TRY(key_of(f, COMPARTMENT_CLINICAL, epochs->clinical, &of_clinical));
	*identity = of_identity;
	*clinical = of_clinical;
	return OK;
}

struct patientfile_epochs patientfile_now(const struct patientfile *f, enum compartment compartment)
{
	return (struct patientfile_epochs){
		.compartment = compartment,
		.identity = compartment == COMPARTMENT_CLINICAL ? 0 : f->identity.number,
		.clinical = compartment == COMPARTMENT_IDENTITY ? 0 : f->clinical.number,
	};
}
