/* SPDX-License-Identifier: Apache-2.0 */
/* object: every file that there is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "object_internal.h"

struct walk {
	struct objects *objects;
	struct status (*visit)(void *context, const struct object_found *found);
	void *context;
};

static struct status walk_file(const struct walk *walk, int dir, const char *folder, const char *name)
{
	const struct os *os = walk->objects->os;
	struct object_found found = {.place = OBJECT_STRANGE};
	struct path path;
	struct stat status;

	if (os->stat(dir, name, &status) != 0)
		return errno == ENOENT ? OK : os_status(errno, "object");
	found.size = (uint64_t)status.st_size;
	found.written = (uint64_t)status.st_mtim.tv_sec * 1000 + (uint64_t)status.st_mtim.tv_nsec / 1000000;
	if (ok(id_parse(ID_UPLOAD, text_of(name), &found.id)))
		path = object_upload_path(&found.id);
	else if (ok(id_parse(ID_OBJECT, text_of(name), &found.id)))
		path = object_final_path(&found.id);
	else
		return walk->visit(walk->context, &found);

	/* An object in another's folder is not where its row would look for it. */
	size_t len = strlen(folder);
	if (strncmp(path.at, folder, len) == 0 && path.at[len] == '/' && strcmp(path.at + len + 1, name) == 0)
		found.place = name[0] == 'u' ? OBJECT_UPLOAD : OBJECT_WHOLE;
	else
		found.id = (struct uuid){0};
	return walk->visit(walk->context, &found);
}

static bool is_folder(const struct os *os, int dir, const char *name)
{
	struct stat status;

	return os->stat(dir, name, &status) == 0 && S_ISDIR(status.st_mode);
}

static struct status walk_entries(const struct walk *walk, int dir, const char *folder, unsigned depth);

static struct status walk_folder(const struct walk *walk, const char *folder, unsigned depth)
{
	const struct os *os = walk->objects->os;
	int fd;

	TRY(os_open_dir(os, walk->objects->dir, folder, false, &fd));
	struct status s = walk_entries(walk, fd, folder, depth);
	(void)os->close(fd);
	return s;
}

static struct status walk_entry(const struct walk *walk, int dir, const char *folder, const char *name, unsigned depth)
{
	char inner[64];

	if (depth == 0 || !is_folder(walk->objects->os, dir, name))
		return walk_file(walk, dir, folder, name);
	if (snprintf(inner, sizeof inner, "%s/%s", folder, name) >= (int)sizeof inner)
		return walk->visit(walk->context, &(struct object_found){.place = OBJECT_STRANGE});
	return walk_folder(walk, inner, depth - 1);
}

static struct status read_entries(const struct walk *walk, DIR *entries, int dir, const char *folder, unsigned depth)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(entries);
		if (entry == NULL)
			return errno == 0 ? OK : os_status(errno, "objects");
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		TRY(walk_entry(walk, dir, folder, entry->d_name, depth));
	}
}

static struct status walk_entries(const struct walk *walk, int dir, const char *folder, unsigned depth)
{
	/* The stream closes its descriptor itself. */
	int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = own >= 0 ? fdopendir(own) : NULL;

	if (entries == NULL) {
		if (own >= 0)
			(void)close(own);
		return FAIL_AT(ST_IO, "objects");
	}
	struct status s = read_entries(walk, entries, dir, folder, depth);
	(void)closedir(entries);
	return s;
}

struct status object_walk_slice(struct objects *o, unsigned slice,
				struct status (*visit)(void *context, const struct object_found *found), void *context)
{
	struct walk walk = {o, visit, context};
	char folder[16];

	if (slice == OBJECT_SLICES - 1)
		return walk_folder(&walk, UPLOADS, 0);
	(void)snprintf(folder, sizeof folder, OBJECTS "/%02x", slice);
	const struct status walked = walk_folder(&walk, folder, 1);
	return walked.code == ST_NOT_FOUND ? OK : walked;
}

struct status object_walk(struct objects *o, struct status (*visit)(void *context, const struct object_found *found),
			  void *context)
{
	struct walk walk = {o, visit, context};

	TRY(walk_folder(&walk, UPLOADS, 0));
	return walk_folder(&walk, OBJECTS, 2);
}
