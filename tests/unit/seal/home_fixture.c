/* SPDX-License-Identifier: Apache-2.0 */
#include "home_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key_hash.h"

void home_new(struct home *h)
{
	const struct argon2_cost cheapest = {.memory = LIMIT_ARGON2_MEMORY_MIN, .passes = 1};
	struct securityfile_person person = {
		.site = fixture_hash(0x51),
		.origin = TEXT("https://clinic.example:8443"),
		.user = fixture_user(1),
		.login = TEXT("anna.weber"),
	};
	struct securityfile_pin pin = {.size = 10, .root = fixture_hash(10)};

	*h = (struct home){.path = "/tmp/home-XXXXXX"};
	assert_non_null(mkdtemp(h->path));
	h->fd = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(h->fd >= 0);
	assert_ok(securityfile_new(&person, &pin, &h->file, &h->keys));
	assert_ok(securityfile_add_slot(&h->file, &h->keys, BYTES_LITERAL(HOME_PASSPHRASE), cheapest));
	assert_ok(securitystore_create(&os_real, h->fd, SECURITYSTORE_NAME, &h->file));
	assert_ok(key_hash_user(&h->file.person.hpke_key, &h->file.person.sign_key, &h->key_hash));
}

void home_clear(struct home *h)
{
	(void)unlinkat(h->fd, SECURITYSTORE_NAME, 0);
	(void)unlinkat(h->fd, SECURITYSTORE_NAME ".lock", 0);
	close(h->fd);
	assert_int_equal(rmdir(h->path), 0);
	securityfile_clear(&h->file);
	securityfile_keys_clear(&h->keys);
}
