/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "scene.h"

#include <string.h>

#include "hash.h"

uint64_t scene_now = SCENE_NOW;

static uint64_t now(void *context)
{
	(void)context;
	return scene_now;
}
const struct clock scene_clock = {now, now, NULL};

struct keywire_proof scene_proof(void)
{
	static const uint8_t file[32] = "a key file that only tests have";

	return (struct keywire_proof){SLOT_KEY_FILE, BYTES_OF(file)};
}

struct keywire_proof scene_other_proof(void)
{
	static const uint8_t file[32] = "another file for the other slot";

	return (struct keywire_proof){SLOT_KEY_FILE, BYTES_OF(file)};
}

struct keywire_proof scene_passphrase(const char *words)
{
	return (struct keywire_proof){SLOT_PASSPHRASE, bytes_of(words, strlen(words))};
}

struct key_name scene_name(uint32_t n)
{
	struct patient_id id = {{{1}}};

	memcpy(id.uuid.bytes + 8, &n, sizeof n);
	return key_name_patient(&id);
}

struct status scene_create(const struct os *os, const struct folder *f, struct keeper *k)
{
	const struct keywire_proof proof = scene_proof();

	keeper_begin(os, &scene_clock, f->fd, k);
	return keeper_create(k, TEXT("https://vault.clinic.example:8443"), TEXT("Clinic of Example"), &proof);
}

struct status scene_open(const struct os *os, const struct folder *f, struct keeper *k)
{
	const struct keywire_proof proof = scene_proof();

	keeper_begin(os, &scene_clock, f->fd, k);
	return keeper_unseal(k, &proof);
}

struct status scene_make(struct keeper *k, uint32_t first, uint32_t count, uint8_t *keys)
{
	struct key_name names[KEYWIRE_KEYS_MAX];

	for (uint32_t i = 0; i < count; i++)
		names[i] = scene_name(first + i);
	return keystore_make(&k->store, names, count, keys);
}

bool scene_holds(struct keeper *k, uint32_t first, uint32_t count, const uint8_t *keys)
{
	for (uint32_t i = 0; i < count; i++) {
		struct key_name name = scene_name(first + i);
		struct key got;

		if (!ok(keystore_get(&k->store, &name, &got)) || memcmp(got.bytes, keys + i * 32, 32) != 0)
			return false;
	}
	return true;
}

struct status scene_rewrap(struct keeper *k)
{
	TRY(keeper_rewrap(k));
	while (k->rewrap.running)
		keeper_step(k);
	return k->rewrap_failure;
}

bool scene_setup(void)
{
	return ok(secret_setup()) && ok(crypto_setup());
}
