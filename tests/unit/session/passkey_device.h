/* SPDX-License-Identifier: Apache-2.0 */
/** passkey_device: an authenticator with its browser, which says whatever a test wants it to say. */
#ifndef TEST_PASSKEY_DEVICE_H
#define TEST_PASSKEY_DEVICE_H

#include "authenticator.h"
#include "p256.h"
#include "passkey.h"

#define ORIGIN     "https://vault.example.org:8443"
#define HOST       "vault.example.org"
#define CREATE     "webauthn.create"
#define GET        "webauthn.get"
#define VERIFIED   (AUTHENTICATOR_PRESENT | AUTHENTICATOR_VERIFIED)
#define REGISTERED (VERIFIED | AUTHENTICATOR_CREDENTIAL)
/* What stands before the authenticator data of an attestation object without attestation. */
#define NONE \
	BYTES_LITERAL("\xa3\x63" \
		      "fmt\x64none\x67" \
		      "attStmt\xa0")

extern const struct user_id device_user;
extern const struct bytes device_credential; /* its id */

struct device {
	struct secret private_key;
	struct p256_public public_key;
	struct buffer client, key, data, object, signature;
};
struct device device_new(void);
void device_clear(struct device *d);
/** device_expected(): what its server expects: ORIGIN, a challenge, device_user. */
struct passkey_expected device_expected(void);
/** device_say(d, type, origin, more): client data; ${more}: further members, each after a comma. */
void device_say(struct device *d, const char *type, const char *origin, const char *more);
/** device_tell(d, host, flags, counter): authenticator data; with the credential where ${flags} say so. */
void device_tell(struct device *d, const char *host, unsigned flags, uint32_t counter);
/** device_wrap(d, before): the attestation object. */
void device_wrap(struct device *d, struct bytes before);
void device_sign(struct device *d);
/** device_assertion(d): what was said, told and signed last. */
struct passkey_assertion device_assertion(const struct device *d);

#endif /* !TEST_PASSKEY_DEVICE_H */
