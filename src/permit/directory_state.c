/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every accepted statement leaves one change: the person after it, linked to the
 * change before it of the same person.  A person at a position is the newest
 * change below it.  Two hash tables (open addressing, at most half full) find a
 * person's newest change by id and his first by login.
 *
 * Invariants
 * 1. Changes are in ascending order of position; change 0 is the site statement's.
 * 2. A statement that is refused leaves nothing behind but room.
 */
#include "directory_state.h"

#include <stdlib.h>
#include <string.h>

#include "key_hash.h"
#include "rights.h"

/* Logins and the site's texts: at most 64 bytes a user and 432 once. */
#define TEXT_BYTES (32u << 20)

struct directory_change {
	uint64_t position;
	uint32_t before; /* index + 1 of the person's change before this one; 0 none */
	struct person person;
};

void directory_state_clear(struct directory_state *d)
{
	arena_clear(&d->arena);
	free(d->changes);
	free(d->users);
	free(d->logins);
	*d = (struct directory_state){0};
}

/* ---- The two tables ---- */

static size_t spread(struct bytes b)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.at[i];
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c | 0x20); /* logins differ in more than case */
		h = (h ^ c) * 1099511628211u;
	}
	return (size_t)(h ^ h >> 29);
}

static uint32_t *user_slot(const struct directory_state *d, const struct user_id *id)
{
	size_t at = spread(uuid_bytes(&id->uuid)) & (d->slots - 1);

	while (d->users[at] != 0 && !uuid_equal(&d->changes[d->users[at] - 1].person.id.uuid, &id->uuid))
		at = (at + 1) & (d->slots - 1);
	return &d->users[at];
}

static uint32_t *login_slot(const struct directory_state *d, struct text login)
{
	size_t at = spread(text_bytes(login)) & (d->slots - 1);

	while (d->logins[at] != 0 && !text_equal_nocase(d->changes[d->logins[at] - 1].person.login, login))
		at = (at + 1) & (d->slots - 1);
	return &d->logins[at];
}

/** index_change(d, i): let both tables know change ${i}. */
static void index_change(struct directory_state *d, size_t i)
{
	uint32_t *login = login_slot(d, d->changes[i].person.login);

	*user_slot(d, &d->changes[i].person.id) = (uint32_t)i + 1;
	if (*login == 0)
		*login = (uint32_t)i + 1;
}

static struct status grow_tables(struct directory_state *d, size_t slots)
{
	uint32_t *users = calloc(slots, sizeof *users);
	uint32_t *logins = calloc(slots, sizeof *logins);

	if (users == NULL || logins == NULL) {
		free(users);
		free(logins);
		return FAIL(ST_NO_MEMORY);
	}
	free(d->users);
	free(d->logins);
	d->users = users;
	d->logins = logins;
	d->slots = slots;
	for (size_t i = 0; i < d->count; i++)
		index_change(d, i);
	return OK;
}

static struct status make_room(struct directory_state *d)
{
	if (d->count >= DIRECTORY_STATEMENTS)
		return FAIL_AT(ST_TOO_BIG, "directory");
	if (d->count == d->capacity) {
		const size_t capacity = d->capacity == 0 ? 16 : d->capacity * 2;
		struct directory_change *changes = reallocarray(d->changes, capacity, sizeof *changes);
		if (changes == NULL)
			return FAIL(ST_NO_MEMORY);
		d->changes = changes;
		d->capacity = capacity;
	}
	if (d->slots < d->capacity * 2)
		return grow_tables(d, d->capacity * 2);
	return OK;
}

/* ---- Questions ---- */

struct status directory_state_find(const struct directory_state *d, const struct user_id *id, uint64_t position,
				   struct person *out)
{
	uint32_t at = d->slots == 0 ? 0 : *user_slot(d, id);

	while (at != 0 && d->changes[at - 1].position >= position)
		at = d->changes[at - 1].before;
	if (at == 0)
		return FAIL_AT(ST_NOT_FOUND, "user");
	*out = d->changes[at - 1].person;
	return OK;
}

struct status directory_state_find_login(const struct directory_state *d, struct text login, struct person *out)
{
	const uint32_t at = d->slots == 0 ? 0 : *login_slot(d, login);

	if (at == 0)
		return FAIL_AT(ST_NOT_FOUND, "login");
	return directory_state_find(d, &d->changes[at - 1].person.id, POSITION_NOW, out);
}

bool directory_state_next(const struct directory_state *d, size_t *cursor, struct person *out)
{
	while (*cursor < d->count) {
		const struct directory_change *c = &d->changes[(*cursor)++];
		if (c->before == 0)
			return ok(directory_state_find(d, &c->person.id, POSITION_NOW, out));
	}
	return false;
}

static struct status find_for_people(void *context, const struct user_id *id, uint64_t position, struct person *out)
{
	return directory_state_find(context, id, position, out);
}

struct people directory_state_people(struct directory_state *d)
{
	return (struct people){find_for_people, d};
}

/* ---- Statements ---- */

static bool is_about(const struct statement *s, struct user_id *out)
{
	switch (s->kind) {
	case STATEMENT_SITE:
		*out = s->site.administrator;
		return true;
	case STATEMENT_INVITATION:
		*out = s->invitation.user;
		return true;
	case STATEMENT_KEY:
		*out = s->key.user;
		return true;
	case STATEMENT_USER:
		*out = s->user.user;
		return true;
	case STATEMENT_PATIENT:
	case STATEMENT_EPOCH:
	case STATEMENT_GRANT:
	case STATEMENT_REVOCATION:
	case STATEMENT_RECORD:
	case STATEMENT_RECORD_END:
	case STATEMENT_SIGN_IN:
	case STATEMENT_PATIENT_END:
	case STATEMENT_PATIENT_KEEP:
	case STATEMENT_CONDUCT:
	case STATEMENT_REVIEW:
	case STATEMENT_REQUEST:
	case STATEMENT_DECISION:
	case STATEMENT_KINDS:
		break;
	}
	return false;
}

static void gather(const struct directory_state *d, const struct statement *s, const struct user_id *about,
		   struct authority_facts *f)
{
	struct person other;

	f->fingerprint = d->fingerprint;
	f->author_known = ok(directory_state_find(d, &s->head.author, POSITION_NOW, &f->author));
	f->subject_known = ok(directory_state_find(d, about, POSITION_NOW, &f->subject));
	if (f->subject_known && s->kind != STATEMENT_SITE)
		f->head = f->subject.head;
	if (s->kind == STATEMENT_INVITATION)
		f->login_taken = ok(directory_state_find_login(d, s->invitation.login, &other)) &&
				 !uuid_equal(&other.id.uuid, &about->uuid);
}

struct status directory_state_after(const struct person *before, const struct statement *s, struct person *out)
{
	struct person p = before != NULL ? *before : (struct person){.state = USER_ACTIVE};

	switch (s->kind) {
	case STATEMENT_SITE:
		p.id = s->site.administrator;
		p.login = s->site.login;
		p.profile = PROFILE_ADMINISTRATOR;
		p.rights = rights_default(PROFILE_ADMINISTRATOR);
		p.invitation = (struct person_invitation){s->name, s->site.invitation_key, 0};
		break;
	case STATEMENT_INVITATION:
		p.id = s->invitation.user;
		p.login = s->invitation.login;
		p.profile = s->invitation.profile;
		p.rights = s->invitation.rights;
		p.invitation = (struct person_invitation){s->name, s->invitation.invitation_key, s->invitation.expires};
		break;
	case STATEMENT_KEY:
		p.hpke_key = s->key.hpke_key;
		p.sign_key = s->key.sign_key;
		TRY(key_hash_user(&p.hpke_key, &p.sign_key, &p.key_hash));
		p.enrolled = true;
		p.invitation = (struct person_invitation){0};
		break;
	case STATEMENT_USER:
		p.profile = s->user.profile;
		p.rights = s->user.rights;
		p.state = s->user.state;
		break;
	case STATEMENT_PATIENT:
	case STATEMENT_EPOCH:
	case STATEMENT_GRANT:
	case STATEMENT_REVOCATION:
	case STATEMENT_RECORD:
	case STATEMENT_RECORD_END:
	case STATEMENT_SIGN_IN:
	case STATEMENT_PATIENT_END:
	case STATEMENT_PATIENT_KEEP:
	case STATEMENT_CONDUCT:
	case STATEMENT_REVIEW:
	case STATEMENT_REQUEST:
	case STATEMENT_DECISION:
	case STATEMENT_KINDS:
		return FAIL_AT(ST_INVALID, "kind");
	}
	if (s->kind != STATEMENT_SITE) /* its chain is the site's */
		p.head = s->name;
	*out = p;
	return OK;
}

/** Texts of the statement itself are views of bytes that will go. */
static struct status keep_texts(struct directory_state *d, const struct statement *s, struct person *p)
{
	if (d->arena.max == 0)
		d->arena.max = TEXT_BYTES;
	if (s->kind == STATEMENT_SITE || s->kind == STATEMENT_INVITATION)
		TRY(arena_text(&d->arena, p->login, &p->login));
	if (s->kind != STATEMENT_SITE)
		return OK;
	TRY(arena_text(&d->arena, s->site.name, &d->name));
	TRY(arena_text(&d->arena, s->site.region, &d->region));
	TRY(arena_text(&d->arena, s->site.origin, &d->origin));
	d->log_key = s->site.log_key;
	d->fingerprint = s->name;
	return OK;
}

static struct status decide(const struct directory_state *d, const struct statement *s, const struct user_id *about,
			    struct authority_facts *f)
{
	struct p256_public signed_by;

	gather(d, s, about, f);
	f->signature_fits = ok(authority_key(f, s, &signed_by)) && ok(statement_verify(s, &signed_by));
	return authority_decide(f, s);
}

struct status directory_state_add(struct directory_state *d, struct bytes statement, uint64_t position, uint64_t time)
{
	struct authority_facts f = {.position = position, .time = time};
	struct statement s;
	struct user_id about;
	struct person after;

	TRY(statement_parse(statement, &s));
	if (!is_about(&s, &about))
		return FAIL_AT(ST_DENIED, "kind");
	if (position < d->size || position == POSITION_NOW)
		return FAIL_AT(ST_CONFLICT, "position");
	TRY(decide(d, &s, &about, &f));
	TRY(directory_state_after(f.subject_known ? &f.subject : NULL, &s, &after));
	TRY(make_room(d));
	TRY(keep_texts(d, &s, &after));
	d->changes[d->count] = (struct directory_change){
		.position = position,
		.before = f.subject_known ? *user_slot(d, &about) : 0,
		.person = after,
	};
	index_change(d, d->count++);
	d->size = position + 1;
	return OK;
}
