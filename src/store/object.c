/* SPDX-License-Identifier: Apache-2.0 */
#include "object_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct path object_upload_path(const struct uuid *id)
{
	struct path p;

	(void)snprintf(p.at, sizeof p.at, UPLOADS "/%s", id_print(ID_UPLOAD, id).at);
	return p;
}

static struct path folder_path(const struct uuid *id)
{
	struct path p;

	(void)snprintf(p.at, sizeof p.at, OBJECTS "/%02x/%02x", id->bytes[2], id->bytes[3]);
	return p;
}

struct path object_final_path(const struct uuid *id)
{
	struct path p;

	(void)snprintf(p.at, sizeof p.at, OBJECTS "/%02x/%02x/%s", id->bytes[2], id->bytes[3],
		       id_print(ID_OBJECT, id).at);
	return p;
}

/* ---- The set of objects ---- */

static struct status make_folder(const struct objects *o, const char *name)
{
	int fd;

	TRY(os_open_dir(o->os, o->dir, name, true, &fd));
	(void)o->os->close(fd);
	return OK;
}

struct status objects_open(const struct os *os, int dir, struct objects **out)
{
	struct objects *o = calloc(1, sizeof *o);

	if (o == NULL)
		return FAIL_AT(ST_NO_MEMORY, "objects");
	*o = (struct objects){.os = os, .dir = dir, .uploads = -1, .folder_fd = -1};
	(void)pthread_mutex_init(&o->mutex, NULL);
	struct status s = make_folder(o, OBJECTS);
	if (ok(s))
		s = os_open_dir(os, dir, UPLOADS, true, &o->uploads);
	if (!ok(s)) {
		objects_close(o);
		return s;
	}
	*out = o;
	return OK;
}

void objects_close(struct objects *o)
{
	if (o == NULL)
		return;
	if (o->folder_fd >= 0)
		(void)o->os->close(o->folder_fd);
	if (o->uploads >= 0)
		(void)o->os->close(o->uploads);
	(void)pthread_mutex_destroy(&o->mutex);
	free(o);
}

static struct object_writer **find_writer(struct objects *o, const struct uuid *id)
{
	struct object_writer **at = &o->writers[id->bytes[sizeof id->bytes - 1] & (BUCKETS - 1)];

	while (*at != NULL && !uuid_equal(&(*at)->id, id))
		at = &(*at)->next;
	return at;
}

bool object_live(struct objects *o, const struct uuid *id)
{
	(void)pthread_mutex_lock(&o->mutex);
	bool live = *find_writer(o, id) != NULL;
	(void)pthread_mutex_unlock(&o->mutex);
	return live;
}

/* ---- Writing ---- */

static struct status enlist(struct objects *o, struct object_writer *w)
{
	(void)pthread_mutex_lock(&o->mutex);
	struct object_writer **end = find_writer(o, &w->id);
	bool taken = *end != NULL;
	if (!taken)
		*end = w;
	(void)pthread_mutex_unlock(&o->mutex);
	return taken ? FAIL_AT(ST_BUSY, "object") : OK;
}

static void leave(struct object_writer *w)
{
	struct objects *o = w->objects;

	(void)pthread_mutex_lock(&o->mutex);
	*find_writer(o, &w->id) = w->next;
	(void)pthread_mutex_unlock(&o->mutex);
}

static struct status open_upload(struct object_writer *w)
{
	struct objects *o = w->objects;
	struct path path = object_upload_path(&w->id);

	w->fd = o->os->open(o->dir, path.at, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (w->fd < 0 && errno == EEXIST) {
		w->fd = o->os->open(o->dir, path.at, O_RDWR, 0600);
		w->reopened = true;
	}
	return w->fd >= 0 ? OK : os_status(errno, "upload");
}

static struct status begin(struct objects *o, const struct uuid *id, struct status (*open)(struct object_writer *w),
			   struct object_writer *out)
{
	*out = (struct object_writer){.objects = o, .id = *id, .fd = -1};
	struct status s = enlist(o, out);
	if (ok(s)) {
		s = open(out);
		if (!ok(s))
			leave(out);
	}
	if (!ok(s))
		*out = (struct object_writer){0};
	return s;
}

struct status object_begin(struct objects *o, const struct uuid *id, struct object_writer *out)
{
	return begin(o, id, open_upload, out);
}

struct status object_write(struct object_writer *w, struct bytes bytes, uint64_t at)
{
	return os_write_all(w->objects->os, w->fd, bytes, at);
}

struct status object_reread(struct object_writer *w, uint64_t at, void *out, size_t len)
{
	return os_read_all(w->objects->os, w->fd, out, len, at);
}

struct status object_sync(struct object_writer *w)
{
	TRY(os_sync(w->objects->os->sync_data, w->fd));
	return os_sync(w->objects->os->sync, w->objects->uploads);
}

/* With the mutex held: what a sync of the folder said that began when ${named} were there. */
static void note_sync(struct objects *o, uint64_t named, struct status s)
{
	if (!ok(s) && o->lost < named)
		o->lost = named;
	if (ok(s) && o->durable < named)
		o->durable = named;
}

/* With the mutex held: the names in the old folder become durable first, for later only the new one is synced. */
static struct status leave_folder(struct objects *o)
{
	if (o->folder_fd < 0)
		return OK;
	struct status s = o->durable < o->named ? os_sync(o->os->sync, o->folder_fd) : OK;
	note_sync(o, o->named, s);
	(void)o->os->close(o->folder_fd);
	o->folder_fd = -1;
	return s;
}

/* With the mutex held. */
static struct status enter_folder(struct objects *o, const struct uuid *id)
{
	struct path folder = folder_path(id);
	int fd;

	if (o->folder_fd >= 0 && strcmp(folder.at, o->folder) == 0)
		return OK;
	struct path above = folder;
	above.at[sizeof "objects/xx" - 1] = '\0';
	TRY(leave_folder(o));
	TRY(make_folder(o, above.at));
	TRY(os_open_dir(o->os, o->dir, folder.at, true, &fd));
	o->folder_fd = fd;
	memcpy(o->folder, folder.at, FOLDER_LEN);
	return OK;
}

static struct status give_name(struct object_writer *w)
{
	struct objects *o = w->objects;

	(void)pthread_mutex_lock(&o->mutex);
	struct status s = enter_folder(o, &w->id);
	if (ok(s) && o->os->rename(o->dir, object_upload_path(&w->id).at, object_final_path(&w->id).at) != 0)
		s = os_status(errno, "rename");
	if (ok(s)) {
		w->published = true;
		w->named = ++o->named;
	}
	(void)pthread_mutex_unlock(&o->mutex);
	return s;
}

/* Under the mutex, like a rename: whoever leaves the folder makes the name durable first. */
static struct status open_in_place(struct object_writer *w)
{
	struct objects *o = w->objects;

	(void)pthread_mutex_lock(&o->mutex);
	struct status s = enter_folder(o, &w->id);
	if (ok(s)) {
		w->fd = o->os->open(o->folder_fd, id_print(ID_OBJECT, &w->id).at, O_RDWR | O_CREAT | O_EXCL, 0600);
		s = w->fd >= 0 ? OK : os_status(errno, "object");
	}
	if (ok(s)) {
		w->placed = true;
		w->named = ++o->named;
	}
	(void)pthread_mutex_unlock(&o->mutex);
	return s;
}

struct status object_begin_whole(struct objects *o, const struct uuid *id, struct object_writer *out)
{
	return begin(o, id, open_in_place, out);
}

struct status object_publish(struct object_writer *w, uint64_t len)
{
	const struct os *os = w->objects->os;

	/* What an earlier process wrote may be longer; a new file ends where its writer does. */
	while (w->reopened && os->truncate(w->fd, (off_t)len) != 0)
		if (errno != EINTR)
			return os_status(errno, "truncate");
	if (!w->placed)
		TRY(give_name(w));
	/* The name first: then one journal commit of the file system carries both. */
	TRY(os_sync(os->sync, w->fd));
	w->published = true;
	return OK;
}

/* A descriptor of its own, so that nobody who gives a name waits for the sync. */
static struct status open_folder(struct objects *o, const struct object_writer *w, int *fd, uint64_t *named)
{
	struct status s = OK;

	(void)pthread_mutex_lock(&o->mutex);
	*fd = -1;
	*named = o->named;
	if (w->named <= o->lost)
		s = FAIL_AT(ST_IO, "sync");
	else if (w->named > o->durable)
		*fd = o->os->open(o->folder_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	if (ok(s) && w->named > o->durable && *fd < 0)
		s = os_status(errno, "objects");
	(void)pthread_mutex_unlock(&o->mutex);
	return s;
}

struct status object_settle(const struct object_writer *w)
{
	struct objects *o = w->objects;
	uint64_t named;
	int fd;

	TRY(open_folder(o, w, &fd, &named));
	if (fd < 0)
		return OK;
	struct status s = os_sync(o->os->sync, fd);
	(void)o->os->close(fd);
	(void)pthread_mutex_lock(&o->mutex);
	note_sync(o, named, s);
	(void)pthread_mutex_unlock(&o->mutex);
	return s;
}

struct status object_unpublish(struct object_writer *w)
{
	const struct objects *o = w->objects;

	if (!w->published)
		return OK;
	if (w->placed) {
		w->published = false;
		return OK;
	}
	if (o->os->rename(o->dir, object_final_path(&w->id).at, object_upload_path(&w->id).at) != 0)
		return os_status(errno, "rename");
	w->published = false;
	return os_sync(o->os->sync, o->uploads);
}

void object_writer_clear(struct object_writer *w)
{
	struct objects *o = w->objects;

	if (o == NULL)
		return;
	(void)o->os->close(w->fd);
	/* Should this fail, a file that no row names is left for the scrub. */
	if (!w->published && !w->keep)
		(void)o->os->unlink(o->dir, w->placed ? object_final_path(&w->id).at : object_upload_path(&w->id).at);
	leave(w);
	*w = (struct object_writer){0};
}

/* ---- Reading ---- */

/* Identity and times of the file as the file system keeps them. */
static struct hash state_of(const struct stat *status)
{
	const uint64_t parts[] = {(uint64_t)status->st_ino, (uint64_t)status->st_size,
				  (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec,
				  (uint64_t)status->st_ctim.tv_sec * 1000000000 + (uint64_t)status->st_ctim.tv_nsec};
	struct hash out;

	_Static_assert(sizeof parts == sizeof out, "four numbers fill it");
	memcpy(&out, parts, sizeof out);
	return out;
}

struct status object_open(struct objects *o, const struct uuid *id, struct object_reader *out)
{
	struct stat status;
	int fd = o->os->open(o->dir, object_final_path(id).at, O_RDONLY, 0);

	if (fd < 0)
		return os_status(errno, "object");
	if (o->os->stat(fd, "", &status) != 0) {
		(void)o->os->close(fd);
		return FAIL_AT(ST_IO, "object");
	}
	*out = (struct object_reader){o->os, fd, (uint64_t)status.st_size, state_of(&status)};
	return OK;
}

struct status object_read(const struct object_reader *r, uint64_t at, void *out, size_t len)
{
	return os_read_all(r->os, r->fd, out, len, at);
}

void object_reader_clear(struct object_reader *r)
{
	if (r->os != NULL)
		(void)r->os->close(r->fd);
	*r = (struct object_reader){0};
}

/* ---- Removing ---- */

struct status object_remove(struct objects *o, const struct uuid *id)
{
	int folder;
	struct status s = os_open_dir(o->os, o->dir, folder_path(id).at, false, &folder);

	if (s.code == ST_NOT_FOUND)
		return OK;
	TRY(s);
	s = os_remove(o->os, folder, id_print(ID_OBJECT, id).at);
	(void)o->os->close(folder);
	return s;
}

struct status object_remove_upload(struct objects *o, const struct uuid *id)
{
	return os_remove(o->os, o->uploads, id_print(ID_UPLOAD, id).at);
}
