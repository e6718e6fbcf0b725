/* SPDX-License-Identifier: Apache-2.0 */
/* keydesk_record: records at a desk.  A record key exists for the length of one call; what stays is its sealed form. */
#include "compartmentkey.h"
#include "keydesk.h"
#include "recordheader.h"
#include "recordkey.h"
#include "scratchkey.h"

/* The epoch keys that one compartment needs. */
struct pair {
	struct epoch_handle identity, clinical;
};

/* A handle serves only the patient and the compartment that it was opened for. */
static struct status find_key(const struct keydesk *d, const struct record_place *place, enum compartment compartment,
			      struct epoch_handle handle, const struct key **out)
{
	struct keyshelf_key found;

	TRY(keyshelf_get(&d->shelf, handle, &found));
	if (found.place->holder_kind != HOLDER_PATIENT || found.place->compartment != compartment ||
	    !uuid_equal(&found.place->holder, &place->patient.uuid))
		return FAIL_AT(ST_DENIED, "key handle");
	*out = found.key;
	return OK;
}

static struct status compartment_of(const struct keydesk *d, const struct record_place *place, struct pair keys,
				    struct scratchkey *out)
{
	const struct key *identity = NULL, *clinical = NULL;

	if (!hash_equal(&place->fingerprint, &d->unlocked->person.site))
		return FAIL_AT(ST_DENIED, "site");
	if (place->compartment != COMPARTMENT_CLINICAL && keys.identity.value != 0)
		TRY(find_key(d, place, COMPARTMENT_IDENTITY, keys.identity, &identity));
	if (place->compartment != COMPARTMENT_IDENTITY && keys.clinical.value != 0)
		TRY(find_key(d, place, COMPARTMENT_CLINICAL, keys.clinical, &clinical));
	TRY(scratchkey_take(out));
	return compartmentkey_derive(&place->fingerprint, place->compartment, identity, clinical, out->key);
}

static struct status open_record_key(const struct keydesk *d, const struct keyholder_record *record,
				     const struct sealed_key *sealed_key, struct scratchkey *out)
{
	AUTO(scratchkey) compartment = {0};
	struct pair keys = {record->identity, record->clinical};

	TRY(compartment_of(d, &record->place, keys, &compartment));
	TRY(scratchkey_take(out));
	return recordkey_open(compartment.key, &record->place, sealed_key, out->key);
}

struct status keydesk_record_new(void *state, const struct keyholder_record *record, struct sealed_key *out)
{
	AUTO(scratchkey) compartment = {0};
	AUTO(scratchkey) key = {0};
	struct pair keys = {record->identity, record->clinical};

	TRY(compartment_of(state, &record->place, keys, &compartment));
	TRY(scratchkey_take(&key));
	secret_random(key.key, sizeof *key.key);
	return recordkey_seal(compartment.key, &record->place, key.key, out);
}

static struct status move_one(const struct keydesk *d, struct keyholder_move *item)
{
	AUTO(scratchkey) from = {0};
	AUTO(scratchkey) to = {0};
	struct pair old_keys = {item->from_identity, item->from_clinical};
	struct pair new_keys = {item->to_identity, item->to_clinical};

	TRY(compartment_of(d, &item->place, old_keys, &from));
	TRY(compartment_of(d, &item->place, new_keys, &to));
	return recordkey_reseal(from.key, to.key, &item->place, &item->sealed);
}

struct status keydesk_record_move(void *state, struct keyholder_move *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		items[i].status = move_one(state, &items[i]);
	return OK;
}

static struct status header_one(const struct keydesk *d, const struct keyholder_header *item, bool sealing,
				struct buffer *out)
{
	AUTO(scratchkey) key = {0};
	const struct keyholder_record *record = &item->record;

	TRY(open_record_key(d, record, &item->sealed_key, &key));
	if (sealing)
		return recordheader_seal(key.key, &record->place, &record->author, (struct plain){item->in}, out);
	return recordheader_open(key.key, &record->place, &record->author, (struct sealed){item->in}, out);
}

static void headers(const struct keydesk *d, struct keyholder_header *items, size_t count, bool sealing,
		    struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		items[i].at = out->len;
		items[i].status = header_one(d, &items[i], sealing, out);
		items[i].len = out->len - items[i].at;
	}
}

struct status keydesk_header_seal(void *state, struct keyholder_header *items, size_t count, struct buffer *out)
{
	headers(state, items, count, true, out);
	return OK;
}

struct status keydesk_header_open(void *state, struct keyholder_header *items, size_t count, struct buffer *out)
{
	headers(state, items, count, false, out);
	return OK;
}

/* --- Content: one at a time; a new one ends the old one. --- */

static void end_content(struct keydesk *d)
{
	recordcontent_clear(&d->content);
	d->content_state = KEYDESK_IDLE;
}

static struct status content_key(struct keydesk *d, const struct keyholder_record *record,
				 const struct sealed_key *sealed_key, struct scratchkey *out)
{
	end_content(d);
	return open_record_key(d, record, sealed_key, out);
}

struct status keydesk_content_seal_begin(void *state, const struct keyholder_record *record,
					 const struct sealed_key *sealed_key, struct buffer *out)
{
	struct keydesk *d = state;
	AUTO(scratchkey) key = {0};

	TRY(content_key(d, record, sealed_key, &key));
	TRY(recordcontent_seal_begin(key.key, &record->place, &record->author, out, &d->content));
	d->content_state = KEYDESK_SEALING;
	return OK;
}

/* A call out of order ends what is under way, and so does a failure. */
static struct status expect(struct keydesk *d, enum keydesk_content wanted)
{
	if (d->content_state == wanted)
		return OK;
	end_content(d);
	return FAIL_AT(ST_INVALID, "no content under way");
}

static struct status content_went(struct keydesk *d, struct status s, bool last)
{
	if (!ok(s) || last)
		end_content(d);
	return s;
}

struct status keydesk_content_seal_add(void *state, struct plain plain, struct buffer *out)
{
	struct keydesk *d = state;

	TRY(expect(d, KEYDESK_SEALING));
	return content_went(d, recordcontent_seal_add(&d->content, plain, out), false);
}

struct status keydesk_content_seal_end(void *state, struct buffer *out, struct recordcontent_claim *claim)
{
	struct keydesk *d = state;

	TRY(expect(d, KEYDESK_SEALING));
	return content_went(d, recordcontent_seal_end(&d->content, out, claim), true);
}

struct status keydesk_content_open_begin(void *state, const struct keyholder_record *record,
					 const struct sealed_key *sealed_key, const struct recordcontent_claim *claim)
{
	struct keydesk *d = state;
	AUTO(scratchkey) key = {0};

	TRY(content_key(d, record, sealed_key, &key));
	TRY(recordcontent_open_begin(key.key, &record->place, &record->author, claim, &d->content));
	d->content_state = KEYDESK_OPENING;
	return OK;
}

struct status keydesk_content_open_add(void *state, struct sealed sealed, struct buffer *out)
{
	struct keydesk *d = state;

	TRY(expect(d, KEYDESK_OPENING));
	return content_went(d, recordcontent_open_add(&d->content, sealed, out), false);
}

struct status keydesk_content_open_end(void *state)
{
	struct keydesk *d = state;

	TRY(expect(d, KEYDESK_OPENING));
	return content_went(d, recordcontent_open_end(&d->content), true);
}
