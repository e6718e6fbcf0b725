/* SPDX-License-Identifier: Apache-2.0 */
/** home_fixture: a folder with one person's security file, gone with the test. */
#ifndef TESTS_HOME_FIXTURE_H
#define TESTS_HOME_FIXTURE_H

#include "seal_fixture.h"

#include "securitystore.h"

#define HOME_PASSPHRASE "PASSPHRASE-CANARY quiet herons"

struct home {
	char path[64];
	int fd;
	struct securityfile file;
	struct securityfile_keys keys; /* what the test knows and nobody else should */
	struct hash key_hash;
};
/** home_new(h): a person of fixture_hash(0x51) with a pin of size 10. */
void home_new(struct home *h);
void home_clear(struct home *h);

#endif /* !TESTS_HOME_FIXTURE_H */
