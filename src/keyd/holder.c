/* SPDX-License-Identifier: Apache-2.0 */
#include "holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "label.h"
#include "text.h"

/* A beginning of our own file is what a cut connection or a full disk left. */
static struct status write_unless_there(const struct os *os, int fd, const struct nightfile *n)
{
	uint8_t there[NIGHTFILE_LEN + 1];
	size_t len = 0;

	while (len < sizeof there) {
		ssize_t got = os->read(fd, there + len, sizeof there - len, (off_t)len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len > sizeof n->bytes || !bytes_equal(bytes_of(there, len), bytes_of(n->bytes, len)))
		return FAIL_AT(ST_CONFLICT, REASON_HOLDER_OTHER);
	/* The whole file again even so: nobody knows whether it was synced then.
	 * When it is there its time of arrival must not move, so only if not. */
	if (len < sizeof n->bytes)
		TRY(os_write_all(os, fd, BYTES_OF(n->bytes), 0));
	return os->sync(fd) == 0 ? OK : FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
}

static struct status place(const struct os *os, int dir, const struct nightfile *n)
{
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(n->number, name);
	int fd = os->open(dir, name, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
	struct status s = write_unless_there(os, fd, n);
	if (os->close(fd) != 0 && ok(s))
		s = FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
	TRY(s);
	return os->sync(dir) == 0 ? OK : FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
}

/* The acknowledgement: what the holder gives back has the hash of what it was given. */
static struct status read_back(const struct os *os, int dir, const struct nightfile *n)
{
	uint8_t there[NIGHTFILE_LEN];
	struct buffer bytes = BUFFER_OVER(there, sizeof there);
	struct hash wanted, got;
	char name[NIGHTFILE_NAME_LEN];

	nightfile_name(n->number, name);
	TRY(sha256(BYTES_OF(n->bytes), &wanted));
	TRY(os_load(os, dir, name, sizeof there, &bytes));
	TRY(sha256(buffer_bytes(&bytes), &got));
	return hash_equal(&wanted, &got) ? OK : FAIL(ST_IO);
}

struct status holder_add(const struct os *os, int dir, const struct nightfile *n)
{
	struct status s = place(os, dir, n);

	if (ok(s))
		s = read_back(os, dir, n);
	return ok(s) || s.code == ST_CONFLICT ? s : FAIL_AT(ST_UNREACHABLE, REASON_HOLDER);
}

struct status holder_offer(struct holders *h, const struct nightfile *n)
{
	struct status first = OK;

	for (size_t i = 0; i < h->count; i++) {
		struct holder *to = &h->list[i];
		struct status s = to->dir < 0 ? FAIL_AT(ST_UNREACHABLE, REASON_HOLDER) : holder_add(h->os, to->dir, n);

		to->acknowledged = ok(s);
		if (ok(first))
			first = s;
	}
	return first;
}

size_t holder_acknowledged(const struct holders *h)
{
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++)
		count += h->list[i].acknowledged;
	return count;
}

/* The sweep. */

struct held {
	uint64_t number, arrived;
};
/* Two weeks of nights and whatever a taken-over server may add; more is left for the next sweep. */
#define HELD_MAX 16384
struct held_list {
	struct held *at;
	size_t count;
};

static void held_list_clear(struct held_list *l)
{
	free(l->at);
	*l = (struct held_list){0};
}

static bool read_number(const char *name, uint64_t *number)
{
	struct text t = text_of(name);
	uint64_t n = 0;

	if (t.len != 14 || strcmp(name + 8, ".night") != 0)
		return false;
	for (size_t i = 0; i < 8; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(name[i] - '0');
	}
	*number = n;
	return true;
}

static struct status note_file(const struct os *os, int dir, const char *name, struct held_list *list)
{
	struct stat about;
	uint64_t number;

	if (!read_number(name, &number) || list->count == HELD_MAX)
		return OK;
	if (os->stat(dir, name, &about) != 0)
		return FAIL_AT(ST_IO, "night holder");
	if (!S_ISREG(about.st_mode))
		return OK;
	list->at[list->count++] = (struct held){
		.number = number,
		.arrived = (uint64_t)about.st_mtim.tv_sec * 1000 + (uint64_t)about.st_mtim.tv_nsec / 1000000,
	};
	return OK;
}

static struct status list_files(const struct os *os, int dir, struct held_list *list)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return FAIL_AT(ST_IO, "night holder");
	DIR *d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return FAIL_AT(ST_IO, "night holder");
	}
	struct status s = OK;
	for (struct dirent *e = readdir(d); ok(s) && e != NULL; e = readdir(d))
		s = note_file(os, dir, e->d_name, list);
	(void)closedir(d);
	return s;
}

/* When ${f} was superseded: the first arrival, not before its own, of a higher
 * number; UINT64_MAX for never.  Asking for both keeps a forged high number from
 * superseding what comes after it, and a clock that was set back from superseding
 * the newest. */
static uint64_t superseded_at(const struct held_list *list, const struct held *f)
{
	uint64_t when = UINT64_MAX;

	for (size_t i = 0; i < list->count; i++) {
		const struct held *other = &list->at[i];

		if (other->number > f->number && other->arrived >= f->arrived && other->arrived < when)
			when = other->arrived;
	}
	return when;
}

static bool is_due(const struct held_list *list, const struct held *f, uint64_t now_ms)
{
	uint64_t when = superseded_at(list, f);

	return now_ms >= when && now_ms - when >= HOLDER_KEEP_MS;
}

struct status holder_sweep(const struct os *os, int dir, uint64_t now_ms, struct holder_swept *out)
{
	AUTO(held_list) list = {.at = calloc(HELD_MAX, sizeof(struct held))};
	struct holder_swept swept = {0};

	if (list.at == NULL)
		return FAIL_AT(ST_NO_MEMORY, "night holder");
	TRY(list_files(os, dir, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct held *f = &list.at[i];

		if (f->number > swept.newest)
			swept.newest = f->number;
		if (!is_due(&list, f, now_ms)) {
			swept.kept++;
			continue;
		}
		TRY(nightfile_remove(os, dir, f->number));
		swept.removed++;
	}
	*out = swept;
	return OK;
}
