/* SPDX-License-Identifier: Apache-2.0 */
#include "unlocked.h"

#include <string.h>

#include "key_hash.h"
#include "securitystore.h"

void unlocked_clear(struct unlocked *u)
{
	securityfile_keys_clear(&u->keys);
	*u = (struct unlocked){0};
}

static struct status describe(const struct securityfile_person *from, struct keyholder_person *out)
{
	struct keyholder_person person = {
		.site = from->site,
		.user = from->user,
		.hpke_key = from->hpke_key,
		.sign_key = from->sign_key,
	};

	/* Their lengths were checked when the file was parsed. */
	memcpy(person.origin, from->origin.at, from->origin.len);
	memcpy(person.login, from->login.at, from->login.len);
	TRY(key_hash_user(&from->hpke_key, &from->sign_key, &person.key_hash));
	*out = person;
	return OK;
}

struct status unlocked_open(const struct os *os, int dir, struct bytes passphrase, struct unlocked *out)
{
	AUTO(securityfile) file = {0};
	AUTO(unlocked) opened = {.os = os, .dir = dir};

	TRY(securitystore_load(os, dir, SECURITYSTORE_NAME, &file));
	TRY(securityfile_open(&file, passphrase, &opened.keys));
	TRY(describe(&file.person, &opened.person));
	opened.person.pin = opened.keys.pin;
	*out = opened;
	opened = (struct unlocked){0};
	return OK;
}
