/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: sodium_malloc() puts every secret at the end of pages of its own,
 * between guard pages, locked and left out of core dumps; sodium_free() wipes.
 */
#include "secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct status secret_setup(void)
{
	struct rlimit locked;

	if (sodium_init() < 0)
		return FAIL_AT(ST_NO_MEMORY, "libsodium");
	/* Locking is as good as the system allows; a low hard limit is the
	 * operator's choice and no reason to refuse to run. */
	if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur != locked.rlim_max) {
		locked.rlim_cur = locked.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &locked);
	}
	return OK;
}

static struct status allocate(size_t len, struct secret *out)
{
	uint8_t *bytes = sodium_malloc(len);

	if (bytes == NULL)
		return FAIL_AT(ST_NO_MEMORY, "secret");
	*out = (struct secret){.bytes = bytes, .len = len};
	return OK;
}

struct status secret_new(size_t len, struct secret *out)
{
	TRY(allocate(len, out));
	secret_random(out->bytes, len);
	return OK;
}

struct status secret_empty(size_t len, struct secret *out)
{
	TRY(allocate(len, out));
	memset(out->bytes, 0, len);
	return OK;
}

struct status secret_from(struct bytes bytes, struct secret *out)
{
	TRY(allocate(bytes.len, out));
	if (bytes.len > 0)
		memcpy(out->bytes, bytes.at, bytes.len);
	return OK;
}

static struct status read_byte(int fd, uint8_t *out, bool *end)
{
	ssize_t n;

	do {
		n = read(fd, out, 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return FAIL_AT(ST_IO, "secret file");
	*end = n == 0 || *out == '\n';
	return OK;
}

/* A byte at a time, so that a second secret may follow on the next line of a
 * pipe, and straight into locked memory, so that no buffer keeps a copy. */
static struct status read_line(int fd, size_t max, struct secret *line, size_t *len)
{
	size_t used = 0;

	for (;;) {
		bool end;

		TRY(read_byte(fd, line->bytes + used, &end));
		if (end)
			break;
		if (++used == line->len)
			return FAIL_AT(ST_TOO_BIG, "secret file");
	}
	if (used > 0 && line->bytes[used - 1] == '\r')
		used--;
	if (used > max)
		return FAIL_AT(ST_TOO_BIG, "secret file");
	if (used == 0)
		return FAIL_AT(ST_INVALID, "secret file is empty");
	*len = used;
	return OK;
}

struct status secret_read_file(int dir_fd, const char *path, size_t max, struct secret *out)
{
	AUTO(secret) line = {0};
	bool standard = strcmp(path, "-") == 0;
	size_t len = 0;

	/* Room for the longest line and its CR LF. */
	TRY(allocate(max + 2, &line));
	int fd = standard ? STDIN_FILENO : openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? FAIL_AT(ST_NOT_FOUND, "secret file") : FAIL_AT(ST_IO, "secret file");
	struct status read_status = read_line(fd, max, &line, &len);
	if (!standard)
		(void)close(fd);
	TRY(read_status);
	return secret_from(bytes_of(line.bytes, len), out);
}

void secret_clear(struct secret *s)
{
	sodium_free(s->bytes);
	*s = (struct secret){0};
}

const struct key *secret_key(const struct secret *s)
{
	assert(s->bytes != NULL && s->len >= sizeof(struct key));
	/* A key is bytes alone: no alignment, no padding. */
	return (const struct key *)s->bytes;
}

bool secret_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || sodium_memcmp(a.at, b.at, a.len) == 0;
}

void secret_wipe(void *at, size_t len)
{
	if (len > 0)
		sodium_memzero(at, len);
}

void secret_random(void *at, size_t len)
{
	if (len > 0)
		randombytes_buf(at, len);
}
