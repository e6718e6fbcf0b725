/* SPDX-License-Identifier: Apache-2.0 */
#include "securitystore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define LOCK_SUFFIX  ".lock"
#define NAME_MAX_LEN 255

/** Where one file is, and the lock on it while it is changed. */
struct place {
	const struct os *os;
	int dir;
	const char *name;
	int lock; /* -1: not held */
};

/* Closing the descriptor releases the lock. */
static void place_clear(struct place *p)
{
	if (p->lock >= 0)
		(void)p->os->close(p->lock);
	p->lock = -1;
}

static struct status lock_place(struct place *p)
{
	AUTO(buffer) name = {.max = NAME_MAX_LEN + 1};

	TRY(buffer_put(&name, bytes_of(p->name, strlen(p->name))));
	TRY(buffer_put(&name, bytes_of(LOCK_SUFFIX, sizeof LOCK_SUFFIX)));
	p->lock = p->os->open(p->dir, (const char *)name.bytes, O_RDWR | O_CREAT, 0600);
	if (p->lock < 0)
		return os_status(errno, "security file lock");
	while (flock(p->lock, LOCK_EX) != 0)
		if (errno != EINTR)
			return os_status(errno, "security file lock");
	return OK;
}

struct status securitystore_load(const struct os *os, int dir, const char *name, struct securityfile *out)
{
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};
	struct status s = os_load(os, dir, name, SECURITYFILE_MAX, &json);

	if (s.code == ST_TOO_BIG)
		return FAIL_AT(ST_CORRUPT, "security file");
	if (!ok(s))
		return FAIL_AT(s.code, "security file");
	return securityfile_parse(buffer_bytes(&json), out);
}

static struct status save(const struct place *p, const struct securityfile *file)
{
	AUTO(buffer) json = {.max = SECURITYFILE_MAX};

	TRY(securityfile_print(file, &json));
	return os_save(p->os, p->dir, p->name, buffer_bytes(&json));
}

struct status securitystore_create(const struct os *os, int dir, const char *name, const struct securityfile *file)
{
	AUTO(place) place = {.os = os, .dir = dir, .name = name, .lock = -1};
	struct stat there;

	TRY(lock_place(&place));
	if (os->stat(dir, name, &there) == 0)
		return FAIL_AT(ST_CONFLICT, "security file");
	if (errno != ENOENT)
		return os_status(errno, "security file");
	return save(&place, file);
}

/* Its private part opens with our file key exactly when it is still our file. */
static struct status reopen(const struct place *p, const struct secret *file_key, struct securityfile *file,
			    struct securityfile_keys *keys)
{
	TRY(securitystore_load(p->os, p->dir, p->name, file));
	struct status s = securityfile_open_with(file, file_key, keys);
	return s.code == ST_CORRUPT ? FAIL_AT(ST_CONFLICT, "security file") : s;
}

static bool same_person(const struct securityfile_keys *a, const struct securityfile_keys *b)
{
	return secret_equal(secret_bytes(&a->hpke_private), secret_bytes(&b->hpke_private)) &&
	       secret_equal(secret_bytes(&a->sign_private), secret_bytes(&b->sign_private));
}

struct status securitystore_pin(const struct os *os, int dir, const char *name, struct securityfile_keys *keys,
				const struct securityfile_pin *pin)
{
	AUTO(place) place = {.os = os, .dir = dir, .name = name, .lock = -1};
	AUTO(securityfile) file = {0};
	AUTO(securityfile_keys) current = {0};

	TRY(lock_place(&place));
	TRY(reopen(&place, &keys->file_key, &file, &current));
	if (!same_person(keys, &current))
		return FAIL_AT(ST_CONFLICT, "security file");
	uint64_t before = current.pin.size;
	/* An older copy of the file put back must not make us forget what we saw. */
	TRY(securityfile_pin(&file, &current, &keys->pin));
	TRY(securityfile_pin(&file, &current, pin));
	if (current.pin.size != before)
		TRY(save(&place, &file));
	keys->pin = current.pin;
	return OK;
}

struct status securitystore_change(const struct os *os, int dir, const char *name,
				   const struct securitystore_change *change)
{
	AUTO(place) place = {.os = os, .dir = dir, .name = name, .lock = -1};
	AUTO(securityfile) file = {0};

	TRY(lock_place(&place));
	TRY(securitystore_load(os, dir, name, &file));
	TRY(securityfile_change(&file, change->old_passphrase, change->new_passphrase, change->cost));
	return save(&place, &file);
}
