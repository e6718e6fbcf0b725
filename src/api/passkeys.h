/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passkeys: what a browser is asked in a ceremony of WebAuthn, and what its answer is
 * compared with (PROMISES#S5; docs/AUTHENTICATION.md, "Passkeys").
 *
 * At a sign-in the challenge is the nonce of the key's proof, so that both prove one
 * and the same sign-in; in a session it is one of that session and ceremony.
 */
#ifndef API_PASSKEYS_H
#define API_PASSKEYS_H

#include "call.h"
#include "challenge.h"
#include "factor.h"
#include "passkey.h"

/* A person has to find his key ring: the least that WebAuthn Level 3, section 15.1 recommends. */
#define PASSKEYS_MS 300000

enum passkeys_ceremony { PASSKEYS_CREATE = 1, PASSKEYS_GET = 2 };

/** What a session's challenge is good for. */
struct passkeys_use {
	uint8_t bound[1 + sizeof(struct uuid)];
	struct challenge_use use; /* points into ${bound}: do not move it */
};
void passkeys_use_of(enum passkeys_ceremony ceremony, const struct session *session, struct passkeys_use *out);

/** passkeys_challenge(c, ceremony, client_data, out): the one that an answer names: ours, of this session, in time. */
MUST_CHECK struct status passkeys_challenge(const struct call *c, enum passkeys_ceremony ceremony,
					    struct bytes client_data, struct hash *out);
/**
 * passkeys_take(c, ceremony, now, challenge, taken):
 * For the committer: once, ST_UNPROVEN.  ${taken} remembers that it was by this call, which may come here twice.
 */
MUST_CHECK struct status passkeys_take(const struct call *c, enum passkeys_ceremony ceremony, uint64_t now,
				       const struct hash *challenge, bool *taken);

/** The members of an assertion in a request; `{0}`: none was sent. */
struct passkeys_field {
	struct bytes id, client_data, data, signature, user_handle;
};
extern const struct jsonfield_table passkeys_table;

/** passkeys_assertion(field): views. */
struct passkey_assertion passkeys_assertion(const struct passkeys_field *field);

/** passkeys_put_creation(w, c, had, challenge): member "publicKey" as
 * PublicKeyCredential.parseCreationOptionsFromJSON() takes it. */
void passkeys_put_creation(struct jsonwriter *w, const struct call *c, const struct factors *had,
			   const struct hash *challenge);
/** passkeys_put_request(w, c, had, challenge): the same for parseRequestOptionsFromJSON(). */
void passkeys_put_request(struct jsonwriter *w, const struct call *c, const struct factors *had,
			  const struct hash *challenge);

#endif /* !API_PASSKEYS_H */
