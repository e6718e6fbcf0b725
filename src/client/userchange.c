/* SPDX-License-Identifier: Apache-2.0 */
#include "userchange.h"

#include "hash.h"

/** Sign, and add what the server shall keep beside it. */
static struct status sign_and_add(struct site *s, const struct statement *draft, struct text name,
				  struct changeset *set)
{
	AUTO(buffer) bytes = {.max = LIMIT_STATEMENT_BYTES};

	TRY(keyholder_sign(s->options.keys, draft, &bytes));
	return changeset_add(set, buffer_bytes(&bytes), &(struct changeset_parts){.name = name});
}

/** The head of a user's chain, or NULL for nobody yet. */
static const struct hash *head_of(struct site *s, const struct user_id *user, struct person *person)
{
	struct status found = directory_state_find(&s->directory, user, POSITION_NOW, person);

	return ok(found) && !hash_is_zero(&person->head) ? &person->head : NULL;
}

static struct status new_code(struct site *s, struct invitation *out)
{
	struct hash ca;
	bool own_ca = s->file.person.ca.len > 0;

	if (own_ca)
		TRY(sha256(s->file.person.ca, &ca));
	return invitation_new(&(struct invitation_site){.origin = s->directory.origin,
							.site = s->directory.fingerprint,
							.pin_size = s->head.size,
							.pin_root = s->head.root,
							.ca = own_ca ? &ca : NULL},
			      out);
}

struct status userchange_invite(struct site *s, const struct userchange_invite *invite, struct changeset *set,
				struct invitation *out)
{
	AUTO(invitation) code = {0};
	AUTO(secret) one_time = {0};
	uint64_t now = clock_wall(s->options.clock);
	struct person person;
	struct statement draft = {
		.kind = STATEMENT_INVITATION,
		.invitation = {.user = invite->user,
			       .login = invite->login,
			       .profile = invite->profile,
			       .rights = invite->rights,
			       .expires = now + AUTHORITY_INVITATION_MS},
	};

	if (uuid_is_zero(&invite->user.uuid))
		draft.invitation.user.uuid = uuid_new(now);
	draft.head = keyholder_head(s->options.keys, head_of(s, &draft.invitation.user, &person), now);
	TRY(new_code(s, &code));
	TRY(invitation_pair(&code, &one_time, &draft.invitation.invitation_key));
	TRY(sign_and_add(s, &draft, invite->name, set));
	*out = code;
	code = (struct invitation){0};
	return OK;
}

struct status userchange_set(struct site *s, const struct userchange_set *change, struct changeset *set)
{
	struct person person;
	const struct hash *head = head_of(s, &change->user, &person);
	struct statement draft = {
		.kind = STATEMENT_USER,
		.head = keyholder_head(s->options.keys, head, clock_wall(s->options.clock)),
		.user = {.user = change->user,
			 .profile = change->profile,
			 .rights = change->rights,
			 .state = change->state},
	};

	return sign_and_add(s, &draft, change->name, set);
}
