/* SPDX-License-Identifier: Apache-2.0 */
/** userchange: what an administrator signs about users: invitations, profiles, rights, disabling. */
#ifndef CLIENT_USERCHANGE_H
#define CLIENT_USERCHANGE_H

#include "changeset.h"
#include "invitation.h"

struct userchange_invite {
	struct user_id user; /* zero: a new one */
	struct text login, name;
	enum profile profile;
	uint32_t rights;
};
/**
 * userchange_invite(s, invite, set, out):
 * The one-time key pair is made here; the server sees the signed invitation, never the
 * secret in ${out} (PROMISES#B1).  ${out} is to be cleared.
 */
MUST_CHECK struct status userchange_invite(struct site *s, const struct userchange_invite *invite,
					   struct changeset *set, struct invitation *out);
/** A user as he shall be; ${name} empty: unchanged. */
struct userchange_set {
	struct user_id user;
	enum profile profile;
	uint32_t rights;
	enum user_state state;
	struct text name;
};
/** userchange_set(s, change, set) */
MUST_CHECK struct status userchange_set(struct site *s, const struct userchange_set *change, struct changeset *set);

#endif /* !CLIENT_USERCHANGE_H */
