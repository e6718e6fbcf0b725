/* SPDX-License-Identifier: Apache-2.0 */
#include "importfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filesource.h"
#include "gzip.h"
#include "limits.h"

/* Contents kept open: a bulk export is read a patient at a time, across all its files. */
#define OPENED_FILES 64
#define OPENED_BYTES ((size_t)512 << 20)
#define DEPTH_MAX    32
#define FILES_MAX    2000000
#define HEAD         4096

struct importfiles_opened {
	size_t index;
	uint64_t used; /* 0: free */
	struct buffer content;
};

static struct status load(const char *path, struct buffer *out)
{
	out->max = LIMIT_IMPORT_FILE;
	out->wipe = true;
	return filesource_load(path, out);
}

static struct status unpack(struct buffer *content)
{
	AUTO(buffer) opened = {.max = LIMIT_IMPORT_FILE, .wipe = true};

	TRY(gzip_open(buffer_bytes(content), &gzip_limits_import, &opened));
	buffer_clear(content);
	*content = opened;
	opened = (struct buffer){0};
	return OK;
}

static struct status read_head(const char *path, uint8_t *out, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return FAIL_AT(ST_IO, "file");
	ssize_t got = read(fd, out, HEAD);
	(void)close(fd);
	if (got < 0)
		return FAIL_AT(ST_IO, "file");
	*len = (size_t)got;
	return OK;
}

/** What is in a file; a packed one of a form that we read counts as that. */
static struct status tell_apart(struct importfile *file)
{
	AUTO(buffer) packed = {0};
	uint8_t head[HEAD];
	size_t len;

	TRY(read_head(file->path, head, &len));
	struct bytes begin = bytes_of(head, len);
	file->form = sniff_form(text_of(file->name), begin);
	if (!gzip_is(begin))
		return OK;
	/* A packed file that does not open is a file like any other. */
	if (ok(load(file->path, &packed)) && ok(unpack(&packed)))
		file->form = sniff_form(text_of(file->name), buffer_bytes(&packed));
	return OK;
}

static struct status keep(struct importfiles *f, const char *path, const char *folder, uint64_t size)
{
	if (f->count == FILES_MAX)
		return FAIL_AT(ST_TOO_BIG, "files");
	if (f->count == f->capacity) {
		size_t capacity = f->capacity == 0 ? 256 : 2 * f->capacity;
		struct importfile *items = realloc(f->items, capacity * sizeof *items);
		if (items == NULL)
			return FAIL(ST_NO_MEMORY);
		f->items = items;
		f->capacity = capacity;
	}
	struct importfile made = {.path = strdup(path), .folder = strdup(folder), .size = size};
	if (made.path == NULL || made.folder == NULL) {
		free(made.path);
		free(made.folder);
		return FAIL(ST_NO_MEMORY);
	}
	const char *slash = strrchr(made.path, '/');
	made.name = slash != NULL ? slash + 1 : made.path;
	f->items[f->count++] = made;
	return tell_apart(&f->items[f->count - 1]);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct status walk(struct importfiles *f, const char *path, const char *folder, int depth);

/* The depth is limited, and no link is followed, so this ends. */
static struct status walk_folder(struct importfiles *f, const char *path, int depth) /* NOLINT(misc-no-recursion) */
{
	struct dirent **entries = NULL;
	char inner[4096];
	struct status s = OK;

	if (depth == DEPTH_MAX)
		return FAIL_AT(ST_TOO_BIG, "folders in folders");
	int count = scandir(path, &entries, visible, by_name);
	if (count < 0)
		return FAIL_AT(ST_IO, "folder");
	const char *slash = strrchr(path, '/');
	for (int i = 0; i < count; i++) {
		int len = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
		if (ok(s) && (len < 0 || (size_t)len >= sizeof inner))
			s = FAIL_AT(ST_TOO_BIG, "path");
		if (ok(s))
			s = walk(f, inner, slash != NULL ? slash + 1 : path, depth + 1);
		free(entries[i]);
	}
	free(entries);
	return s;
}

static struct status walk(struct importfiles *f, const char *path, const char *folder, /* NOLINT(misc-no-recursion) */
			  int depth)
{
	struct stat about;

	if ((depth == 0 ? stat(path, &about) : lstat(path, &about)) != 0)
		return errno == ENOENT ? FAIL_AT(ST_NOT_FOUND, "file") : FAIL_AT(ST_IO, "file");
	if (S_ISDIR(about.st_mode))
		return walk_folder(f, path, depth);
	if (!S_ISREG(about.st_mode))
		return OK;
	return keep(f, path, folder, (uint64_t)about.st_size);
}

struct status importfiles_add(struct importfiles *f, const char *path)
{
	char clean[4096];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof clean)
		return FAIL_AT(ST_NOT_FOUND, "file");
	memcpy(clean, path, len + 1);
	while (len > 1 && clean[len - 1] == '/')
		clean[--len] = '\0';
	return walk(f, clean, "", 0);
}

/** The place of ${index} among the open ones, or the one that gives way to it. */
static struct importfiles_opened *place_for(struct importfiles *f, size_t index, bool *open)
{
	struct importfiles_opened *oldest = &f->opened[0];

	for (size_t i = 0; i < OPENED_FILES; i++) {
		struct importfiles_opened *one = &f->opened[i];
		*open = one->used != 0 && one->index == index;
		if (*open)
			return one;
		if (one->used < oldest->used)
			oldest = one;
	}
	return oldest;
}

/** Let go of the longest unused until the rest is within bounds; the last two stay. */
static void make_room(struct importfiles *f)
{
	for (;;) {
		struct importfiles_opened *oldest = NULL;
		size_t total = 0;
		for (size_t i = 0; i < OPENED_FILES; i++) {
			struct importfiles_opened *one = &f->opened[i];
			if (one->used == 0)
				continue;
			total += one->content.len;
			if (one->used + 1 < f->uses && (oldest == NULL || one->used < oldest->used))
				oldest = one;
		}
		if (total <= OPENED_BYTES || oldest == NULL)
			return;
		buffer_clear(&oldest->content);
		oldest->used = 0;
	}
}

struct status importfiles_open(struct importfiles *f, size_t index, struct text *out)
{
	bool open;

	if (f->opened == NULL)
		f->opened = calloc(OPENED_FILES, sizeof *f->opened);
	if (f->opened == NULL)
		return FAIL(ST_NO_MEMORY);
	struct importfiles_opened *place = place_for(f, index, &open);
	if (!open) {
		buffer_clear(&place->content);
		*place = (struct importfiles_opened){.index = index};
		TRY(load(f->items[index].path, &place->content));
		if (f->items[index].form != SNIFF_OTHER && gzip_is(buffer_bytes(&place->content)))
			TRY(unpack(&place->content));
	}
	place->used = ++f->uses;
	*out = text_from(buffer_bytes(&place->content));
	make_room(f);
	return OK;
}

void importfiles_clear(struct importfiles *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].path);
		free(f->items[i].folder);
	}
	for (size_t i = 0; f->opened != NULL && i < OPENED_FILES; i++)
		buffer_clear(&f->opened[i].content);
	free(f->opened);
	free(f->items);
	*f = (struct importfiles){0};
}
