/* SPDX-License-Identifier: Apache-2.0 */
/**
 * world: a small site whose people really sign: an administrator, a few users,
 * and one log position after the other.
 */
#ifndef UNIT_PERMIT_WORLD_H
#define UNIT_PERMIT_WORLD_H

#include "directory_state.h"
#include "patient_state.h"
#include "rights.h"
#include "samples.h"

#define NOW UINT64_C(1795000000000)
#define DAY (UINT64_C(24) * 3600 * 1000)

struct actor {
	struct user_id id;
	struct pair hpke, sign, invitation;
	struct hash key_hash;
	struct hash head;    /* of his chain, as the test believes it */
	struct hash invited; /* name of his newest invitation */
};

struct world {
	struct directory_state directory;
	uint64_t position, time;
	struct actor administrator, anna, ben, carl; /* anna and ben clinicians, carl an assistant */
	struct buffer bytes;                         /* of the statement signed last */
	struct statement last;                       /* views into bytes */
};

static inline void actor_of(uint8_t id, const char *name, struct actor *out)
{
	char seed[64];

	out->id.uuid = uuid_of(id);
	snprintf(seed, sizeof seed, "hpke %s", name);
	pair_of(seed, &out->hpke);
	snprintf(seed, sizeof seed, "sign %s", name);
	pair_of(seed, &out->sign);
	snprintf(seed, sizeof seed, "invitation %s", name);
	pair_of(seed, &out->invitation);
	assert_ok(key_hash_user(&out->hpke.public_key, &out->sign.public_key, &out->key_hash));
}

static inline void actor_clear(struct actor *a)
{
	pair_clear(&a->hpke);
	pair_clear(&a->sign);
	pair_clear(&a->invitation);
}

static inline struct statement world_draft(const struct world *w, enum statement_kind kind, const struct actor *author,
					   const struct hash *previous)
{
	struct statement s = {.kind = kind};

	s.head.site = w->directory.fingerprint;
	s.head.author = author->id;
	s.head.author_key = author->key_hash;
	s.head.time = w->time;
	if (previous != NULL)
		s.head.previous = *previous;
	return s;
}

/** world_sign(w, draft, pair): into w->bytes and w->last. */
static inline void world_sign(struct world *w, const struct statement *draft, const struct pair *pair)
{
	w->bytes.max = LIMIT_STATEMENT_BYTES;
	w->bytes.len = 0;
	assert_ok(statement_sign(draft, &pair->private_key, &w->bytes));
	assert_ok(statement_parse(buffer_bytes(&w->bytes), &w->last));
}

/** world_enter(w): the statement signed last takes the next position of the directory's log. */
static inline struct status world_enter(struct world *w)
{
	struct status got = directory_state_add(&w->directory, buffer_bytes(&w->bytes), w->position, w->time);

	if (ok(got))
		w->position++;
	return got;
}

static inline void world_site(struct world *w)
{
	struct actor *a = &w->administrator;
	struct statement s = world_draft(w, STATEMENT_SITE, a, NULL);

	s.head.site = (struct hash){{0}};
	assert_ok(key_hash_invitation(&a->invitation.public_key, &s.head.author_key));
	s.site.name = TEXT("Practice");
	s.site.region = TEXT("eu");
	s.site.origin = TEXT("https://localhost:8443");
	s.site.administrator = a->id;
	s.site.login = TEXT("root");
	s.site.invitation_key = a->invitation.public_key;
	world_sign(w, &s, &a->invitation);
}

static inline void world_invitation(struct world *w, const struct actor *a, struct text login, enum profile profile,
				    uint32_t rights)
{
	struct statement s = world_draft(w, STATEMENT_INVITATION, &w->administrator, &a->head);

	s.invitation.user = a->id;
	s.invitation.login = login;
	s.invitation.profile = profile;
	s.invitation.rights = rights;
	s.invitation.invitation_key = a->invitation.public_key;
	s.invitation.expires = w->time + 7 * DAY;
	world_sign(w, &s, &w->administrator.sign);
}

static inline void world_key(struct world *w, const struct actor *a)
{
	struct statement s = world_draft(w, STATEMENT_KEY, a, &a->head);

	assert_ok(key_hash_invitation(&a->invitation.public_key, &s.head.author_key));
	s.key.user = a->id;
	s.key.hpke_key = a->hpke.public_key;
	s.key.sign_key = a->sign.public_key;
	s.key.invitation = a->invited;
	world_sign(w, &s, &a->invitation);
}

static inline void world_enrol(struct world *w, struct actor *a, const char *login, enum profile profile,
			       uint32_t rights)
{
	world_invitation(w, a, text_of(login), profile, rights);
	assert_ok(world_enter(w));
	a->head = a->invited = w->last.name;
	world_key(w, a);
	assert_ok(world_enter(w));
	a->head = w->last.name;
}

static inline void world_user(struct world *w, struct actor *a, enum profile profile, uint32_t rights,
			      enum user_state state)
{
	struct statement s = world_draft(w, STATEMENT_USER, &w->administrator, &a->head);

	s.user = (struct statement_user){a->id, profile, rights, state};
	world_sign(w, &s, &w->administrator.sign);
}

static inline void world_begin(struct world *w)
{
	*w = (struct world){.time = NOW};
	actor_of(1, "administrator", &w->administrator);
	actor_of(2, "anna", &w->anna);
	actor_of(3, "ben", &w->ben);
	actor_of(4, "carl", &w->carl);
	world_site(w);
	assert_ok(world_enter(w));
	w->administrator.invited = w->last.name;
	world_key(w, &w->administrator);
	assert_ok(world_enter(w));
	w->administrator.head = w->last.name;
	world_enrol(w, &w->anna, "anna", PROFILE_CLINICIAN, RIGHTS_ALL);
	world_enrol(w, &w->ben, "ben", PROFILE_CLINICIAN, RIGHTS_ALL);
	world_enrol(w, &w->carl, "carl", PROFILE_ASSISTANT, 7);
}

static inline void world_clear(struct world *w)
{
	directory_state_clear(&w->directory);
	actor_clear(&w->administrator);
	actor_clear(&w->anna);
	actor_clear(&w->ben);
	actor_clear(&w->carl);
	buffer_clear(&w->bytes);
}

#endif /* !UNIT_PERMIT_WORLD_H */
