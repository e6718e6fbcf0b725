/* SPDX-License-Identifier: Apache-2.0 */
/**
 * signin: becoming a person of a site, and proving to be one.
 *
 * Enrolment believes the invitation code alone: site, CA and log have to be the ones
 * that it names before a password or a key is sent (PROMISES#B1, PROMISES#S10).
 */
#ifndef CLIENT_SIGNIN_H
#define CLIENT_SIGNIN_H

#include "invitation.h"
#include "site.h"

/** A session as the server opened it. */
struct signin_session {
	struct secret token;
	char session[ID_TEXT_LEN + 1], user[ID_TEXT_LEN + 1];
	char login[LIMIT_LOGIN + 1], name[LIMIT_NAME + 1], profile[32], pending[256]; /* name: may be empty */
	char rights[160];
	char sharing[192]; /* why it looks as if several people used this login; may be empty */
	uint64_t sharing_score;
	bool unusual;                    /* the site counts this score as a sign of it */
	uint64_t expires, password_ends; /* ms since 1970; password_ends 0: never */
	uint64_t notices;                /* unread, as a sign-in is told */
};
void signin_session_clear(struct signin_session *s);

struct signin_device {
	struct device_id id;
	char label[LIMIT_NAME + 1];
};

/** Who is invited, once site and invitation were verified; kept until the security file is made. */
struct signin_invited {
	struct https https;
	struct buffer ca; /* DER of the site's CA; empty */
	struct statement site_statement;
	struct buffer memory;
	struct user_id user;
	char login[LIMIT_LOGIN + 1];
	struct hash invitation; /* name of the invitation's statement */
	struct tree_head head;
};
void signin_invited_clear(struct signin_invited *i);
/**
 * signin_invited_ask(invitation, out):
 * Fetch and verify.  ST_CORRUPT: "certificate" (another CA than the code names), "site",
 * "rollback", "invitation"; ST_NOT_FOUND or ST_GONE: unknown, used or expired.
 */
MUST_CHECK struct status signin_invited_ask(const struct invitation *invitation, struct signin_invited *out);

struct signin_enrolment {
	const struct invitation *invitation;
	const struct securityfile *file; /* new, already on disk */
	struct bytes password;
	const struct signin_device *device;
	uint64_t time;
};
/** signin_enrol(i, enrolment, out): the key statement, signed with the one-time key; ends signed in. */
MUST_CHECK struct status signin_enrol(struct signin_invited *i, const struct signin_enrolment *enrolment,
				      struct signin_session *out);
struct signin_entry {
	struct bytes password;
	struct text code; /* of a second factor; empty: none */
	const struct signin_device *device;
};
/**
 * signin_open(site, entry, out): a nonce, a proof of the key, the password, the second factor: verified together.
 * ST_PENDING: this login has a second factor, and the password was not looked at.
 */
MUST_CHECK struct status signin_open(struct site *site, const struct signin_entry *entry, struct signin_session *out);
/**
 * signin_reset(site, code, password, device):
 * A new password with the code of an administrator and a proof of the key; no session.  ST_UNPROVEN says as little
 * as the server does.
 */
MUST_CHECK struct status signin_reset(struct site *site, struct text code, struct bytes password,
				      const struct signin_device *device);
/** signin_ask(site, out): who the present session is; its token is not told again. */
MUST_CHECK struct status signin_ask(struct site *site, struct signin_session *out);
/** signin_end(file, token, all): end the session of ${token}, or all of its user; needs no keys. */
MUST_CHECK struct status signin_end(const struct securityfile *file, const struct secret *token, bool all);

#endif /* !CLIENT_SIGNIN_H */
