/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "facts.h"
#include "userrow.h"

/* A power of two; a session is at one place or nowhere. */
#define PLACES 1024
/* Patient files with one user each, likewise. */
#define FILES 512
/* Records with one user each, likewise. */
#define RECORDS 512

struct remembered {
	bool used;
	struct hash token;
	struct session session;
	struct permit_facts facts;
	char login[LIMIT_LOGIN + 1], name[LIMIT_NAME + 1];
	size_t login_len, name_len;
	uint64_t password_changed; /* a change of it moves the generation, for it ends the other sessions */
	uint64_t touched;          /* monotonic: when presence was last asked */
	uint64_t judged;           /* monotonic: when ${unusual} was found out, of ${from}; 0: not yet */
	struct unusual unusual;
	uint8_t from[16];
	size_t from_len;
};

/** Who may do what with one file, as of one state of the rows. */
struct remembered_file {
	bool known;
	uint64_t commits; /* of the snapshot */
	struct user_id user;
	struct patient_id patient;
	struct authority_grant grant;
	uint64_t ends; /* ms: its deletion counts from then on; 0: none */
	bool owner;
};

/** A record as one user may know it, as of one state of the rows. */
struct remembered_record {
	bool known;
	uint64_t commits; /* of the snapshot */
	struct user_id user;
	struct record_state state;
};

struct api_memory {
	uint64_t generation;
	struct remembered places[PLACES];
	struct remembered_file files[FILES];
	struct remembered_record records[RECORDS];
};

struct status memory_new(struct api_memory **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? OK : FAIL(ST_NO_MEMORY);
}

void memory_free(struct api_memory *m)
{
	if (m == NULL)
		return;
	secret_wipe(m, sizeof *m);
	free(m);
}

static void copy_text(struct text from, char *to, size_t max, size_t *len)
{
	*len = from.len < max ? from.len : max;
	for (size_t i = 0; i < *len; i++)
		to[i] = from.at[i];
}

static struct status read_password_changed(struct store_view *view, const struct user_id *user, uint64_t *out)
{
	struct credential credential;

	TRY(credential_get(view, user, &credential));
	*out = credential.changed;
	secret_wipe(&credential, sizeof credential);
	return OK;
}

static struct status look_up(struct api_loop *loop, const struct hash *token, struct remembered *out)
{
	AUTO(row) row = {0};
	struct remembered found = {.used = true, .token = *token};
	uint64_t now = net_loop_wall(loop->net);
	struct person person;

	TRY(session_find(loop->snapshot.view, token, now, &found.session));
	TRY(userrow_get(loop->snapshot.view, &found.session.user, &row, &person));
	TRY(facts_user(loop->snapshot.view, &found.session.user, now, &found.facts));
	TRY(read_password_changed(loop->snapshot.view, &found.session.user, &found.password_changed));
	/* A session lives under the keys it was opened with; a new key needs a new proof. */
	if (person.state != USER_ACTIVE || !hash_equal(&person.key_hash, &found.session.key_hash))
		return FAIL_AT(ST_UNPROVEN, "session");
	copy_text(person.login, found.login, LIMIT_LOGIN, &found.login_len);
	copy_text(userrow_name(&row), found.name, LIMIT_NAME, &found.name_len);
	*out = found;
	return OK;
}

/** Its absolute limit; one that was lowered counts for the sessions that are open, too. */
static uint64_t end_of(const struct service *s, const struct remembered *r)
{
	uint64_t end = r->session.created + settings_absolute_ms(s->settings, r->facts.profile);

	return end < r->session.expires ? end : r->session.expires;
}

static struct status check_limits(struct api_loop *loop, struct remembered *r)
{
	uint64_t mono = net_loop_now(loop->net);

	if (net_loop_wall(loop->net) >= end_of(loop->service, r))
		return FAIL_AT(ST_UNPROVEN, "session");
	if (r->touched != 0 && mono - r->touched < PRESENCE_STEP_MS)
		return OK;
	TRY(presence_touch(loop->service->presence, &r->session.id, mono,
			   settings_idle_ms(loop->service->settings, r->facts.profile)));
	r->touched = mono;
	return OK;
}

struct status memory_caller(struct api_loop *loop, struct text token, struct arena *arena, struct caller *out)
{
	struct api_memory *m = loop->memory;
	uint64_t generation = atomic_load_explicit(&loop->service->people_generation, memory_order_acquire);
	struct hash hash;

	TRY(session_token_hash(token, &hash));
	const size_t place = (hash.bytes[0] | (unsigned)hash.bytes[1] << 8) & (PLACES - 1);
	struct remembered *r = &m->places[place];
	bool fresh = m->generation == generation && r->used && hash_equal(&r->token, &hash);
	if (m->generation != generation) {
		for (size_t i = 0; i < PLACES; i++)
			m->places[i].used = false;
		m->generation = generation;
	}
	if (!fresh) {
		/* The change that moved the generation may be newer than this turn's snapshot. */
		TRY(store_snapshot_renew(&loop->snapshot));
		TRY(look_up(loop, &hash, r));
	}
	TRY(check_limits(loop, r));
	struct text login, name;
	TRY(arena_text(arena, (struct text){r->login, r->login_len}, &login));
	TRY(arena_text(arena, (struct text){r->name, r->name_len}, &name));
	out->session = r->session;
	out->session.expires = end_of(loop->service, r);
	out->facts = r->facts;
	out->facts.time = net_loop_wall(loop->net);
	out->login = login;
	out->name = name;
	out->password_changed = r->password_changed;
	out->place = place;
	out->known = true;
	return OK;
}

struct status memory_unusual(struct api_loop *loop, const struct caller *caller, struct bytes address,
			     struct unusual *out)
{
	struct remembered *r = &loop->memory->places[caller->place];
	const struct unusual_use use = {caller->session.user, caller->session.device, address,
					net_loop_wall(loop->net)};
	uint64_t mono = net_loop_now(loop->net);

	const bool mine = r->used && uuid_equal(&r->session.id.uuid, &caller->session.id.uuid);
	if (mine && r->judged != 0 && mono - r->judged < PRESENCE_STEP_MS &&
	    bytes_equal(address, bytes_of(r->from, r->from_len))) {
		*out = r->unusual;
		return OK;
	}
	if (!loop->snapshot.begun)
		TRY(store_snapshot_renew(&loop->snapshot));
	TRY(unusual_judge(loop->service, loop->snapshot.view, &use, out));
	if (!mine || address.len > sizeof r->from)
		return OK;
	r->unusual = *out;
	r->judged = mono;
	r->from_len = address.len;
	if (address.len > 0)
		memcpy(r->from, address.at, address.len);
	return OK;
}

/* The ends of ids are random (UUIDv7). */
static size_t place_of(const struct user_id *user, const struct uuid *thing)
{
	const uint8_t *a = user->uuid.bytes, *b = thing->bytes;

	return (size_t)((a[14] ^ b[14]) << 8 | (a[15] ^ b[15]));
}

struct status memory_file(struct api_loop *loop, const struct patient_id *patient, struct permit_facts *facts,
			  bool *exists)
{
	struct remembered_file *r = &loop->memory->files[place_of(&facts->user, &patient->uuid) & (FILES - 1)];
	/* What others of this turn have read stays as it is. */
	if (!loop->snapshot.begun)
		TRY(store_snapshot_renew(&loop->snapshot));
	if (r->known && r->commits == loop->snapshot.commits && uuid_equal(&r->patient.uuid, &patient->uuid) &&
	    uuid_equal(&r->user.uuid, &facts->user.uuid)) {
		facts->patient = *patient;
		facts->owner = r->owner;
		facts->grant = r->grant;
		facts->end = (struct authority_end){.exists = r->ends != 0, .ends = r->ends};
		*exists = true;
		return OK;
	}
	TRY(facts_visible(loop->snapshot.view, patient, facts, exists));
	*r = (struct remembered_file){.known = true,
				      .commits = loop->snapshot.commits,
				      .user = facts->user,
				      .patient = *patient,
				      .grant = facts->grant,
				      .ends = facts->end.exists ? facts->end.ends : 0,
				      .owner = facts->owner};
	return OK;
}

bool memory_record(struct api_loop *loop, const struct user_id *user, const struct record_id *record,
		   struct record_state *out)
{
	const struct remembered_record *r = &loop->memory->records[place_of(user, &record->uuid) & (RECORDS - 1)];

	if (!r->known || !loop->snapshot.begun || r->commits != loop->snapshot.commits ||
	    !uuid_equal(&r->state.record.uuid, &record->uuid) || !uuid_equal(&r->user.uuid, &user->uuid))
		return false;
	*out = r->state;
	return true;
}

void memory_keep_record(struct api_loop *loop, const struct user_id *user, const struct record_state *state)
{
	if (!loop->snapshot.begun)
		return;
	loop->memory->records[place_of(user, &state->record.uuid) & (RECORDS - 1)] =
		(struct remembered_record){true, loop->snapshot.commits, *user, *state};
}
