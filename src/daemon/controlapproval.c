/* SPDX-License-Identifier: Apache-2.0 */
/* controlapproval: the host as second party of an act of two persons, where the act allows one. */
#include "acts.h"
#include "serving.h"
#include "userrow.h"

#include <string.h>

/* ---- Listing ---- */

struct writing {
	struct store_view *view;
	struct jsonwriter *w;
};

static void put_login(const struct writing *writing, const char *name, const struct user_id *id)
{
	AUTO(row) row = {0};
	struct person person;

	if (!uuid_is_zero(&id->uuid) && ok(userrow_get(writing->view, id, &row, &person)))
		jsonwriter_text(writing->w, name, person.login);
}

static struct status put(void *context, const struct approval_shown *shown)
{
	const struct writing *writing = context;
	const struct approval *a = &shown->approval;

	jsonwriter_object(writing->w, NULL);
	jsonwriter_id(writing->w, "id", ID_APPROVAL, &a->id.uuid);
	jsonwriter_text(writing->w, "act", vocabulary_word(VOCABULARY_ACT, (uint32_t)a->act));
	jsonwriter_string(writing->w, "state", approval_word(a->state));
	put_login(writing, "by", &a->by);
	put_login(writing, "user", &a->user);
	if (!uuid_is_zero(&a->patient.uuid))
		jsonwriter_id(writing->w, "patient", ID_PATIENT, &a->patient.uuid);
	jsonwriter_bool(writing->w, "host_may", act_rule(a->act)->host);
	jsonwriter_time(writing->w, "ends", a->due);
	jsonwriter_end(writing->w);
	return writing->w->failure;
}

struct status controlapproval_list(struct serving *s, struct jsonwriter *w)
{
	AUTO(store_snapshot) snapshot = {0};
	struct writing writing = {.w = w};

	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	writing.view = snapshot.view;
	jsonwriter_array(w, "approvals");
	const struct status written = approval_open(snapshot.view, clock_wall(&clock_system), put, &writing);
	jsonwriter_end(w);
	return written;
}

/* ---- Deciding ---- */

struct deciding {
	struct committer_entry entry; /* must be first */
	struct approval_by_host decision;
	struct session_id ended[SESSION_MAX_PER_USER];
	size_t ended_count;
};

static void note(void *context, const struct session *session)
{
	struct deciding *d = context;

	if (d->ended_count < COUNT(d->ended))
		d->ended[d->ended_count++] = session->id;
}

static struct status add_leaf(void *turn, struct store_txn *txn, const struct event *event, uint64_t *leaf)
{
	(void)txn;
	return committer_add(turn, event, leaf);
}

static struct status apply(struct committer_entry *entry, struct committer_turn *turn)
{
	struct deciding *d = (struct deciding *)entry;
	const struct record_log log = {add_leaf, turn, turn->size, turn->time};
	const struct piece_actor nobody = {0};
	const struct acts_told told = {note, d};
	struct approval approval;

	d->ended_count = 0;
	TRY(approval_decide_by_host(turn->txn, &log, &d->decision, &approval));
	TRY(acts_tell_decided(turn->txn, &approval, turn->time));
	if (d->decision.verdict == VERDICT_REFUSE)
		return OK;
	return acts_carry_out(turn->txn, &log, &nobody, &approval, &told);
}

/** By its id or the end of one. */
struct seeking {
	struct text word;
	struct approval_id found;
	size_t count;
};
static struct status compare(void *context, const struct approval_shown *shown)
{
	struct seeking *seeking = context;
	const struct id_text id = id_print(ID_APPROVAL, &shown->approval.id.uuid);
	const size_t len = seeking->word.len;

	if (len == 0 || len > ID_TEXT_LEN || memcmp(id.at + ID_TEXT_LEN - len, seeking->word.at, len) != 0)
		return OK;
	seeking->found = shown->approval.id;
	seeking->count++;
	return OK;
}

static struct status find(struct serving *s, struct text word, struct approval_id *out)
{
	AUTO(store_snapshot) snapshot = {0};
	struct seeking seeking = {.word = word};

	if (ok(id_parse(ID_APPROVAL, word, &out->uuid)))
		return OK;
	TRY(store_snapshot_new(&s->vessel.store, &snapshot));
	TRY(approval_open(snapshot.view, clock_wall(&clock_system), compare, &seeking));
	if (seeking.count > 1)
		return FAIL_AT(ST_INVALID, "approval: several end so, give more of the id");
	*out = seeking.found;
	return seeking.count == 1 ? OK : FAIL_AT(ST_NOT_FOUND, "approval");
}

struct status controlapproval_decide(struct serving *s, enum verdict verdict, struct text words)
{
	struct deciding d = {.entry = {.apply = apply}, .decision = {.verdict = verdict}};
	struct text word;

	if (!text_split(&words, ' ', &word))
		return FAIL_AT(ST_INVALID, "approval");
	d.decision.reason = text_trim(words);
	if (d.decision.reason.len > STATEMENT_REASON_MAX || !text_is_utf8(d.decision.reason))
		return FAIL_AT(ST_INVALID, "reason: at most 200 bytes");
	TRY(find(s, word, &d.decision.id));
	TRY(committer_run(s->vessel.committer, &d.entry));
	atomic_fetch_add(&s->service.people_generation, 1);
	for (size_t i = 0; i < d.ended_count; i++) {
		presence_forget(s->service.presence, &d.ended[i]);
		(void)ok(net_end_session(s->service.net, &d.ended[i].uuid));
	}
	return OK;
}
