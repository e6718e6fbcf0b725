/* SPDX-License-Identifier: Apache-2.0 */
/**
 * passwordlist: a file of passwords that nobody may take, of any size, looked up where
 * it lies: mapped into memory, searched by halves, never copied.
 *
 * One a line, in ascending order of the bytes (`LC_ALL=C sort -u`): passwords as they
 * are, or SHA-1 in hexadecimal, each with or without a ":COUNT" behind it, as breach
 * collections are handed out.  Which of the two is told by the first line.
 *
 * Who has a new one puts it in the place of the old one (mv), and starts again: a file
 * that is written over while it is mapped has nothing any more.
 */
#ifndef SESSION_PASSWORDLIST_H
#define SESSION_PASSWORDLIST_H

#include <time.h>

#include "text.h"

/** `{0}` is a valid empty one, which has nothing. */
struct passwordlist {
	void *map;
	const char *at; /* the same, read */
	size_t len;
	bool hashed; /* lines are SHA-1 */
	int fd;      /* of the file, while ${map} is one */
	struct timespec written;
};
/**
 * passwordlist_open(path, out):
 * ST_NOT_FOUND, ST_IO, ST_INVALID when its lines are not in order (all are compared up
 * to PASSWORDLIST_WHOLE bytes, a sample of a larger file).  passwordlist_clear() it.
 */
#define PASSWORDLIST_WHOLE ((size_t)256 << 20)
MUST_CHECK struct status passwordlist_open(const char *path, struct passwordlist *out);
void passwordlist_clear(struct passwordlist *l);
/** passwordlist_has(l, password): exact; false for all once the file was written over.  May read from disk: not on a
 * loop. */
bool passwordlist_has(const struct passwordlist *l, struct text password);

#endif /* !SESSION_PASSWORDLIST_H */
