/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "den.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *den_program;

struct keywire_proof den_proof(void)
{
	static const uint8_t file[32] = "a key file that only tests have";

	return (struct keywire_proof){SLOT_KEY_FILE, BYTES_OF(file)};
}

struct keywire_proof den_passphrase(const char *words)
{
	return (struct keywire_proof){SLOT_PASSPHRASE, bytes_of(words, strlen(words))};
}

struct key_name den_name(uint64_t n)
{
	struct patient_id id = {{{1}}};

	memcpy(id.uuid.bytes + 8, &n, sizeof n);
	return key_name_patient(&id);
}

void den_make(struct den *d, size_t connections)
{
	*d = (struct den){.process = {.watch = -1}, .ring = {.fd = -1}};
	(void)snprintf(d->path, sizeof d->path, "%s/keyring-test-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(d->path));
	(void)snprintf(d->keys, sizeof d->keys, "%s/keys", d->path);
	(void)snprintf(d->holder, sizeof d->holder, "%s/holder", d->path);
	assert_int_equal(mkdir(d->holder, 0700), 0);
	d->options = (struct keyring_options){
		.program = den_program,
		.keys = d->keys,
		.connections = connections,
		.create = true,
	};
	den_start(d);
}

void den_start(struct den *d)
{
	assert_ok(keyring_start(&d->options, &d->process));
	assert_ok(keyring_open(&d->process, 0, &d->ring));
}

void den_stop(struct den *d)
{
	keyring_clear(&d->ring);
	keyring_process_clear(&d->process);
}

void den_init(struct den *d)
{
	const struct keywire_proof proof = den_proof();

	assert_ok(keyring_init(&d->ring, TEXT("https://localhost:8443"), TEXT("Site"), &proof));
}

void den_restart(struct den *d)
{
	const struct keywire_proof proof = den_proof();

	den_stop(d);
	den_start(d);
	assert_ok(keyring_unseal(&d->ring, &proof));
}

static void remove_tree(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0) {
		DIR *d = fdopendir(fd);

		for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				remove_tree(fd, e->d_name);
		(void)closedir(d);
		(void)unlinkat(dir, name, AT_REMOVEDIR);
		return;
	}
	(void)unlinkat(dir, name, 0);
}

void den_remove(struct den *d)
{
	den_stop(d);
	remove_tree(AT_FDCWD, d->path);
}
