/* SPDX-License-Identifier: Apache-2.0 */
#include "approvalrow.h"

#include <string.h>

#include "facts.h"
#include "record_row.h"
#include "userrow.h"

static struct status read_pair(const struct row *row, size_t secret, uint64_t *first, uint64_t *second)
{
	uint8_t both[16];

	TRY(row_secret_copy(row, secret, both, sizeof both));
	*first = *second = 0;
	for (size_t i = 0; i < 8; i++) {
		*first = *first << 8 | both[i];
		*second = *second << 8 | both[8 + i];
	}
	return OK;
}

static struct bytes put_pair(uint8_t room[16], uint64_t first, uint64_t second)
{
	struct row_big one, two;

	memcpy(room, row_number_bytes(&one, first).at, 8);
	memcpy(room + 8, row_number_bytes(&two, second).at, 8);
	return bytes_of(room, 16);
}

struct status approval_read(const struct row *row, struct approval *out)
{
	struct approval a = {.seq = row_number(row, COLUMN_APPROVAL_SEQ), .due = row_number(row, COLUMN_APPROVAL_DUE)};
	uint64_t act, state, host;

	a.id.uuid = row_uuid(row, COLUMN_APPROVAL_ID);
	TRY(row_secret_number(row, SECRET_APPROVAL_ACT, &act));
	TRY(row_secret_number(row, SECRET_APPROVAL_STATE, &state));
	TRY(row_secret_number(row, SECRET_APPROVAL_HOST, &host));
	TRY(row_secret_copy(row, SECRET_APPROVAL_BY, &a.by, sizeof a.by));
	TRY(row_secret_copy(row, SECRET_APPROVAL_USER, &a.user, sizeof a.user));
	TRY(row_secret_copy(row, SECRET_APPROVAL_PATIENT, &a.patient, sizeof a.patient));
	TRY(read_pair(row, SECRET_APPROVAL_PLACES, &a.request, &a.decision));
	TRY(read_pair(row, SECRET_APPROVAL_TIMES, &a.asked, &a.decided));
	if (act > UINT32_MAX || !vocabulary_knows(VOCABULARY_ACT, (uint32_t)act) || state < APPROVAL_ASKED ||
	    state > APPROVAL_DONE)
		return FAIL_AT(ST_CORRUPT, "approval");
	a.act = (enum act)act;
	a.state = (enum approval_state)state;
	a.host = host != 0;
	*out = a;
	return OK;
}

struct status approval_get(struct store_view *view, const struct approval_id *id, struct approval *out)
{
	const struct row_value key[] = {ROW_UUID(&id->uuid)};
	AUTO(row) row = {0};
	const struct status got = store_get(view, TABLE_APPROVAL, key, &row);

	if (got.code == ST_NOT_FOUND)
		return FAIL_AT(ST_NOT_FOUND, "approval");
	TRY(got);
	return approval_read(&row, out);
}

struct status approvalrow_put(struct store_txn *txn, struct approval *a)
{
	struct row_big act, state, host;
	uint8_t places[16], times[16];
	struct row row = {
		.table = TABLE_APPROVAL,
		.plain = {[COLUMN_APPROVAL_ID] = ROW_UUID(&a->id.uuid), [COLUMN_APPROVAL_DUE] = ROW_NUMBER(a->due)},
		.secret = {[SECRET_APPROVAL_ACT] = row_number_bytes(&act, a->act),
			   [SECRET_APPROVAL_STATE] = row_number_bytes(&state, a->state),
			   [SECRET_APPROVAL_BY] = uuid_bytes(&a->by.uuid),
			   [SECRET_APPROVAL_USER] = uuid_bytes(&a->user.uuid),
			   [SECRET_APPROVAL_PATIENT] = uuid_bytes(&a->patient.uuid),
			   [SECRET_APPROVAL_HOST] = row_number_bytes(&host, a->host),
			   [SECRET_APPROVAL_PLACES] = put_pair(places, a->request, a->decision),
			   [SECRET_APPROVAL_TIMES] = put_pair(times, a->asked, a->decided)},
	};

	TRY(store_put(txn, &row));
	a->seq = row_number(&row, COLUMN_APPROVAL_SEQ);
	return OK;
}

struct walk {
	struct status (*visit)(void *context, const struct approval *a);
	void *context;
};
static struct status step(void *context, const struct row *row)
{
	const struct walk *w = context;
	struct approval a;

	TRY(approval_read(row, &a));
	return w->visit(w->context, &a);
}

struct status approvalrow_pending(struct store_view *view,
				  struct status (*visit)(void *context, const struct approval *a), void *context)
{
	/* Nothing is due at 0. */
	struct store_range range = {.index = INDEX_APPROVAL_DUE, .after_count = 1, .after = {ROW_NUMBER(0)}};
	struct walk w = {visit, context};

	return record_row_scan(view, TABLE_APPROVAL, &range, step, &w);
}

void approvalrow_decided(struct approval *a, enum verdict verdict, uint64_t time)
{
	a->decided = time;
	a->state = verdict == VERDICT_APPROVE ? APPROVAL_APPROVED : APPROVAL_REFUSED;
	a->due = verdict == VERDICT_APPROVE ? time + ACT_LIFE_MS : 0;
}

/* Whoever was changed more often than that within his time of office counts as fresh: the walk has to end. */
#define OFFICE_STEPS_MAX 256

/** One statement of somebody's chain, the newest first. */
struct office {
	struct hash next;    /* zeros: nothing older matters */
	uint64_t key, began; /* ms: when his present key came, 0 unknown; since when he is an active administrator */
};
static void office_step(struct office *o, const struct statement *s, uint64_t time, uint64_t settled)
{
	const bool key = s->kind == STATEMENT_KEY, user = s->kind == STATEMENT_USER;

	o->next = (struct hash){{0}};
	if (user && (s->user.profile != PROFILE_ADMINISTRATOR || s->user.state != USER_ACTIVE))
		return;
	if (s->kind == STATEMENT_INVITATION && s->invitation.profile != PROFILE_ADMINISTRATOR)
		return;
	if (!key)
		o->began = time;
	else if (o->key == 0)
		o->key = time;
	/* A key says nothing of the profile: what says it stands before it. */
	if (key)
		o->next = hash_is_zero(&s->head.previous) ? s->key.invitation : s->head.previous;
	else if (user && time > settled)
		o->next = s->head.previous;
}

struct status approvalrow_fresh(struct store_view *view, const struct person *person, uint64_t office_ms, uint64_t time,
				bool *out)
{
	const uint64_t settled = time > office_ms ? time - office_ms : 0;
	struct office o = {.next = person->head, .began = time};

	*out = false;
	if (office_ms == 0)
		return OK;
	for (size_t i = 0; i < OFFICE_STEPS_MAX && !hash_is_zero(&o.next); i++) {
		struct record_stored stored;
		AUTO(row) row = {0};
		struct statement s;
		TRY(record_row_statement(view, &o.next, &row, &stored));
		if (!ok(statement_parse(stored.bytes, &s)))
			return FAIL_AT(ST_CORRUPT, "statement");
		office_step(&o, &s, stored.time, settled);
	}
	*out = o.began > settled || o.key > settled;
	return OK;
}

/** Who asked, as he is now. */
static struct status asker(struct store_view *view, const struct approval *a, const struct approvalrow_place *place,
			   struct authority_approval *out)
{
	AUTO(row) row = {0};
	struct permit_facts facts = {.user = a->by, .time = place->time};
	const struct status got = userrow_get(view, &a->by, &row, &out->asker);

	if (got.code == ST_NOT_FOUND)
		return OK;
	TRY(got);
	out->asker_known = true;
	TRY(approvalrow_fresh(view, &out->asker, place->office_ms, place->time, &out->asker_fresh));
	out->asker.login = (struct text){0}; /* its row goes */
	if (uuid_is_zero(&a->patient.uuid))
		return OK;
	const struct status file = facts_file(view, &a->patient, &facts);
	out->asker_owns = ok(file) && facts.owner && !authority_ended(&facts.end, place->time);
	out->asker_grant = facts.grant;
	return file.code == ST_NOT_FOUND || file.code == ST_GONE ? OK : file;
}

struct status approvalrow_facts(struct store_view *view, const struct approval *a,
				const struct approvalrow_place *place, struct authority_approval *out)
{
	struct record_stored request;
	struct authority_approval made = {.known = true,
					  .decided = a->state != APPROVAL_ASKED,
					  .ends = a->due,
					  .act = a->act,
					  .by = a->by,
					  .user = a->user,
					  .patient = a->patient};
	struct statement s;
	AUTO(row) row = {0};

	TRY(record_row_statement_at(view, a->request, &row, &request));
	if (!ok(statement_parse(request.bytes, &s)) || s.kind != STATEMENT_REQUEST)
		return FAIL_AT(ST_CORRUPT, "approval");
	made.request = s.name;
	TRY(asker(view, a, place, &made));
	*out = made;
	return OK;
}
