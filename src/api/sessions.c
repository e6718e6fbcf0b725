/* SPDX-License-Identifier: Apache-2.0 */
#include "sessions.h"

#include "render.h"
#include "vocabulary.h"

struct status sessions_begin(struct call *c, enum profile profile, struct sessions_turn **out)
{
	void *room;

	TRY(arena_take(&c->arena, sizeof **out, &room));
	struct sessions_turn *turn = room;
	turn->service = c->loop->service;
	turn->profile = profile;
	turn->ended_count = 0;
	*out = turn;
	return OK;
}

bool sessions_over(void *context, const struct session *session)
{
	const struct sessions_turn *turn = context;
	const struct service *s = turn->service;
	uint64_t unused = presence_unused(s->presence, &session->id, clock_mono(&s->clock));

	return unused > settings_idle_ms(s->settings, turn->profile) ||
	       service_now(s) >= session->created + settings_absolute_ms(s->settings, turn->profile);
}

void sessions_note(void *context, const struct session *session)
{
	struct sessions_turn *turn = context;

	if (turn->ended_count < COUNT(turn->ended))
		turn->ended[turn->ended_count++] = *session;
}

void sessions_cut(struct call *c, const struct sessions_turn *turn)
{
	static const struct uuid none = {{0}};
	struct service *s = turn->service;

	atomic_fetch_add(&s->people_generation, 1);
	for (size_t i = 0; i < turn->ended_count; i++) {
		const struct uuid *id = &turn->ended[i].id.uuid;
		presence_forget(s->presence, &turn->ended[i].id);
		if (c->exchange != NULL && c->caller.known && uuid_equal(id, &c->caller.session.id.uuid))
			exchange_tag(c->exchange, &none);
		(void)ok(net_end_session(s->net, id));
	}
}

struct status sessions_log_expiry(struct store_txn *txn, const struct record_log *log, const struct sessions_turn *turn)
{
	uint64_t leaf;

	for (size_t i = 0; i < turn->ended_count; i++) {
		const struct session *s = &turn->ended[i];
		const struct event event = {
			.kind = LEAF_EXPIRY,
			.result = LEAF_DONE,
			.actor = {.user = s->user, .session = s->id, .device = s->device},
			.subject = {.kind = PIECE_USER, .id = s->user.uuid, .detail = TEXT("session")}};
		TRY(log->add(log->context, txn, &event, &leaf));
	}
	return OK;
}

uint64_t sessions_password_ends(const struct service *service, enum profile profile, uint64_t changed)
{
	bool office = profile == PROFILE_ADMINISTRATOR || profile == PROFILE_AUDITOR;

	return passwordrule_ends(service_password_rule(service), office, changed);
}

void sessions_put(struct jsonwriter *w, const struct service *service, const struct session *s,
		  const struct permit_facts *facts, uint64_t changed)
{
	uint64_t ends = sessions_password_ends(service, facts->profile, changed);

	jsonwriter_id(w, "session", ID_SESSION, &s->id.uuid);
	jsonwriter_id(w, "user", ID_USER, &s->user.uuid);
	jsonwriter_text(w, "profile", vocabulary_word(VOCABULARY_PROFILE, facts->profile));
	render_rights(w, "rights", facts->rights);
	jsonwriter_id(w, "device", ID_DEVICE, &s->device.uuid);
	jsonwriter_time(w, "expires", s->expires);
	jsonwriter_u64(w, "idle_seconds", settings_idle_ms(service->settings, facts->profile) / 1000);
	if (ends != UINT64_MAX)
		jsonwriter_time(w, "password_ends", ends);
	jsonwriter_array(w, "pending");
	for (size_t i = 0; step_at(i) != NULL; i++)
		if ((s->steps & (uint32_t)step_at(i)->step) != 0)
			jsonwriter_string(w, NULL, step_at(i)->word);
	jsonwriter_end(w);
}
