/* SPDX-License-Identifier: Apache-2.0 */
#include "filesource.h"

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct status read_some(int fd, uint8_t *out, size_t max, size_t *len)
{
	for (;;) {
		ssize_t n = read(fd, out, max);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL_AT(ST_IO, "file");
		*len = (size_t)n;
		return OK;
	}
}

struct status filesource_open(const char *path, struct filesource *out)
{
	struct filesource made = {.fd = STDIN_FILENO};
	struct stat about;

	if (strcmp(path, "-") != 0) {
		made.fd = open(path, O_RDONLY | O_CLOEXEC);
		made.close = true;
		if (made.fd < 0)
			return errno == ENOENT ? FAIL_AT(ST_NOT_FOUND, "file") : FAIL_AT(ST_IO, "file");
	}
	if (fstat(made.fd, &about) == 0 && S_ISDIR(about.st_mode)) {
		filesource_clear(&made);
		return FAIL_AT(ST_INVALID, "file: it is a folder");
	}
	if (fstat(made.fd, &about) == 0 && S_ISREG(about.st_mode))
		made.size = (uint64_t)about.st_size;
	*out = made;
	return OK;
}

void filesource_clear(struct filesource *f)
{
	if (f->close)
		(void)close(f->fd);
	*f = (struct filesource){.fd = -1};
}

struct status filesource_load(const char *path, struct buffer *out)
{
	struct filesource file;
	size_t len = 1;

	TRY(filesource_open(path, &file));
	uint8_t piece[16384];
	struct status s = OK;
	while (ok(s) && len > 0) {
		s = read_some(file.fd, piece, sizeof piece, &len);
		if (ok(s))
			s = buffer_put(out, bytes_of(piece, len));
	}
	secret_wipe(piece, sizeof piece);
	filesource_clear(&file);
	return s;
}

static struct status read_piece(void *context, uint8_t *out, size_t max, size_t *len)
{
	struct filesource *f = context;

	TRY(read_some(f->fd, out, max, len));
	f->read += *len;
	if (f->tell != NULL)
		f->tell(f->context, f->read, f->size);
	return OK;
}

struct recordput_source filesource_of(struct filesource *f)
{
	return (struct recordput_source){read_piece, f, f->size};
}

const char *filesource_type(const char *path)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{".wav", "audio/wav"},
		{".mp3", "audio/mpeg"},
		{".flac", "audio/flac"},
		{".m4a", "audio/mp4"},
		{".ogg", "audio/ogg"},
		{".webm", "audio/webm"},
		{".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"},
		{".png", "image/png"},
		{".heic", "image/heic"},
		{".tif", "image/tiff"},
		{".tiff", "image/tiff"},
		{".pdf", "application/pdf"},
		{".dcm", "application/dicom"},
		{".xml", "application/xml"},
		{".hl7", "x-application/hl7-v2+er7"},
		{".json", "application/json"},
		{".txt", "text/plain"},
		{".html", "text/html"},
		{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < COUNT(types); i++)
		if (strcasecmp(dot, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

struct text filesource_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(path, "-") == 0 ? (struct text){0} : text_of(slash != NULL ? slash + 1 : path);
}

/** Where the file system can: a file without a name, in the folder where it will get one. */
static void open_nameless(struct filetarget *t)
{
	char folder[sizeof t->temporary];

	memcpy(folder, t->temporary, strlen(t->temporary) + 1);
	char *end = strrchr(folder, '/');
	if (end != NULL)
		end[end == folder ? 1 : 0] = '\0';
	t->fd = open(end != NULL ? folder : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	t->nameless = t->fd >= 0;
}

/** It can only be given a name that is free; that one then takes the place of another. */
static bool give_name(struct filetarget *t)
{
	char itself[64];

	if (!t->nameless)
		return true;
	(void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", t->fd);
	t->nameless = linkat(AT_FDCWD, itself, AT_FDCWD, t->temporary, AT_SYMLINK_FOLLOW) != 0;
	return !t->nameless;
}

struct status filetarget_open(const char *path, struct filetarget *out)
{
	struct filetarget made = {.path = path, .fd = -1, .to_stdout = strcmp(path, "-") == 0};

	if (made.to_stdout) {
		/* Memory only: nothing opened touches a disk on its way to a pipe (PROMISES#K7). */
		made.fd = memfd_create("tacenda", MFD_CLOEXEC);
	} else if (snprintf(made.temporary, sizeof made.temporary, "%s.part-%d", path, (int)getpid()) <
		   (int)sizeof made.temporary) {
		open_nameless(&made);
		if (!made.nameless)
			made.fd = open(made.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (made.fd < 0)
		return FAIL_AT(ST_IO, "output file");
	*out = made;
	return OK;
}

static struct status write_all(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.at, b.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC ? FAIL_AT(ST_FULL, "output file") : FAIL_AT(ST_IO, "output file");
		b = bytes_of(b.at + n, b.len - (size_t)n);
	}
	return OK;
}

static struct status write_piece(void *context, struct bytes piece)
{
	const struct filetarget *t = context;

	return write_all(t->fd, piece);
}

struct recordget_sink filetarget_of(struct filetarget *t)
{
	return (struct recordget_sink){write_piece, t};
}

static struct status send_out(int fd)
{
	uint8_t piece[65536];
	size_t len = 1;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return FAIL_AT(ST_IO, "output");
	while (len > 0) {
		TRY(read_some(fd, piece, sizeof piece, &len));
		struct status s = write_all(STDOUT_FILENO, bytes_of(piece, len));
		int reason = errno;
		secret_wipe(piece, len);
		errno = reason;
		if (!ok(s))
			return output_broken();
	}
	return OK;
}

struct status filetarget_keep(struct filetarget *t)
{
	if (t->to_stdout)
		return send_out(t->fd);
	if (fsync(t->fd) != 0 || !give_name(t) || rename(t->temporary, t->path) != 0)
		return FAIL_AT(ST_IO, "output file");
	t->temporary[0] = '\0';
	return OK;
}

void filetarget_clear(struct filetarget *t)
{
	if (t->fd >= 0)
		(void)close(t->fd);
	if (t->temporary[0] != '\0' && !t->nameless)
		(void)unlink(t->temporary);
	*t = (struct filetarget){.fd = -1};
}

struct status filetarget_save(const char *path, struct bytes content)
{
	AUTO(filetarget) target = {.fd = -1};

	TRY(filetarget_open(path, &target));
	TRY(write_all(target.fd, content));
	return filetarget_keep(&target);
}
