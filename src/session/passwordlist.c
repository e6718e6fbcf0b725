/* SPDX-License-Identifier: Apache-2.0 */
#include "passwordlist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"
#include "sha1.h"

#define HEX     40
#define SAMPLES 4096

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/** The line in which ${at} lies, without its end. */
static struct text line_at(const struct passwordlist *l, size_t at)
{
	size_t begin = at, end = at;

	while (begin > 0 && l->at[begin - 1] != '\n')
		begin--;
	while (end < l->len && l->at[end] != '\n')
		end++;
	return (struct text){l->at + begin, end - begin};
}

/** What of a line counts: without a carriage return; of a hash its digits alone. */
static struct text key_of(const struct passwordlist *l, struct text line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	if (l->hashed && line.len > HEX)
		line.len = HEX;
	return line;
}

static int byte_order(const struct passwordlist *l, char a, char b)
{
	unsigned char x = (unsigned char)a, y = (unsigned char)b;

	/* Digits stand before letters in either case. */
	if (l->hashed) {
		x |= 0x20;
		y |= 0x20;
	}
	return x < y ? -1 : x > y;
}

static int order(const struct passwordlist *l, struct text a, struct text b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < shorter; i++) {
		int first = byte_order(l, a.at[i], b.at[i]);
		if (first != 0)
			return first;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static bool looks_hashed(const struct passwordlist *l)
{
	struct text first = line_at(l, 0);

	if (first.len < HEX || (first.len > HEX && first.at[HEX] != ':' && first.at[HEX] != '\r'))
		return false;
	for (size_t i = 0; i < HEX; i++)
		if (!is_hex(first.at[i]))
			return false;
	return true;
}

/** The line at ${at} and the one after it; ${next} becomes where that one begins, or the end. */
static bool in_order_at(const struct passwordlist *l, size_t at, size_t *next)
{
	struct text line = line_at(l, at);

	*next = (size_t)(line.at - l->at) + line.len + 1;
	return *next >= l->len || order(l, key_of(l, line), key_of(l, line_at(l, *next))) <= 0;
}

static bool in_order(const struct passwordlist *l)
{
	size_t next = 0;

	if (l->len <= PASSWORDLIST_WHOLE) {
		while (next < l->len)
			if (!in_order_at(l, next, &next))
				return false;
		return true;
	}
	struct text last = line_at(l, 0);
	for (size_t i = 1; i < SAMPLES; i++) {
		struct text line = line_at(l, l->len / SAMPLES * i);
		if (!in_order_at(l, (size_t)(line.at - l->at), &next) || order(l, key_of(l, last), key_of(l, line)) > 0)
			return false;
		last = line;
	}
	return true;
}

static struct status map(int fd, struct passwordlist *out)
{
	struct stat about;

	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
		return FAIL_AT(ST_IO, "password list: not a file");
	if (about.st_size == 0)
		return OK;
	void *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return FAIL_AT(ST_IO, "password list: cannot be mapped");
	out->at = out->map = at;
	out->len = (size_t)about.st_size;
	out->fd = fd;
	out->written = about.st_mtim;
	out->hashed = looks_hashed(out);
	return OK;
}

struct status passwordlist_open(const char *path, struct passwordlist *out)
{
	struct passwordlist made = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return FAIL_AT(errno == ENOENT ? ST_NOT_FOUND : ST_IO, "password list: cannot be read");
	struct status s = map(fd, &made);
	if (made.map == NULL)
		(void)close(fd);
	if (ok(s) && !in_order(&made))
		s = FAIL_AT(ST_INVALID, "password list: sort it first: LC_ALL=C sort -u");
	if (!ok(s)) {
		passwordlist_clear(&made);
		return s;
	}
	*out = made;
	return OK;
}

void passwordlist_clear(struct passwordlist *l)
{
	if (l->map != NULL) {
		(void)munmap(l->map, l->len);
		(void)close(l->fd);
	}
	*l = (struct passwordlist){0};
}

/** Pages behind the end of a file that was cut meanwhile would end the process. */
static bool is_whole(const struct passwordlist *l)
{
	struct stat now;

	return fstat(l->fd, &now) == 0 && now.st_size >= (off_t)l->len && now.st_mtim.tv_sec == l->written.tv_sec &&
	       now.st_mtim.tv_nsec == l->written.tv_nsec;
}

static bool search(const struct passwordlist *l, struct text wanted)
{
	size_t from = 0, to = l->len;

	while (from < to) {
		struct text line = line_at(l, from + (to - from) / 2);
		size_t begin = (size_t)(line.at - l->at);
		int found = order(l, wanted, key_of(l, line));
		if (found == 0)
			return true;
		if (found < 0)
			to = begin;
		else
			from = begin + line.len + 1;
	}
	return false;
}

bool passwordlist_has(const struct passwordlist *l, struct text password)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[SHA1_BYTES];
	char hex[HEX];

	if (l == NULL || l->len == 0 || !is_whole(l))
		return false;
	if (!l->hashed)
		return search(l, password);
	if (!ok(sha1(text_bytes(password), hash)))
		return false;
	for (size_t i = 0; i < sizeof hash; i++) {
		hex[2 * i] = digits[hash[i] >> 4];
		hex[2 * i + 1] = digits[hash[i] & 15];
	}
	bool found = search(l, (struct text){hex, HEX});
	secret_wipe(hex, sizeof hex);
	secret_wipe(hash, sizeof hash);
	return found;
}
