/* SPDX-License-Identifier: Apache-2.0 */
/** filesource: files that a person names: read whole or piece by piece, and written only when all of it is right. */
#ifndef CLI_FILESOURCE_H
#define CLI_FILESOURCE_H

#include "recordget.h"
#include "recordput.h"

/** filesource_load(path, out): a whole file; "-" is standard input. */
MUST_CHECK struct status filesource_load(const char *path, struct buffer *out);

struct filesource {
	int fd;
	bool close;
	uint64_t read, size; /* size 0: not known */
	void (*tell)(void *context, uint64_t read, uint64_t size);
	void *context;
};
/** filesource_open(path, out): "-" is standard input.  ST_NOT_FOUND. */
MUST_CHECK struct status filesource_open(const char *path, struct filesource *out);
void filesource_clear(struct filesource *f);
/** filesource_of(f): as a source of content; ${f} must stay where it is. */
struct recordput_source filesource_of(struct filesource *f);
/** filesource_type(path): a MIME type by the ending of the name; application/octet-stream. */
const char *filesource_type(const char *path);
/** filesource_name(path): the last part. */
struct text filesource_name(const char *path);

/**
 * A file being written beside its name, which it gets when everything was verified;
 * otherwise nothing of it is left (PROMISES#S2).  "-" is held back in memory up to a
 * limit, and in an unnamed file beyond it, for the same reason.
 */
struct filetarget {
	const char *path;
	char temporary[4096]; /* the name it has until it is kept */
	bool nameless;        /* not even that yet: an interrupted command leaves nothing */
	int fd;
	bool to_stdout;
};
MUST_CHECK struct status filetarget_open(const char *path, struct filetarget *out);
struct recordget_sink filetarget_of(struct filetarget *t);
/** filetarget_keep(t): everything was right: give it its name, or send it to standard output. */
MUST_CHECK struct status filetarget_keep(struct filetarget *t);
/** filetarget_clear(t): what was not kept goes.  `{.fd = -1}` is empty. */
void filetarget_clear(struct filetarget *t);
/** filetarget_save(path, content): all of a file at once. */
MUST_CHECK struct status filetarget_save(const char *path, struct bytes content);

#endif /* !CLI_FILESOURCE_H */
