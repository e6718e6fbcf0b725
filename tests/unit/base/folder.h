/* SPDX-License-Identifier: Apache-2.0 */
/** folder: an empty directory for one test. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct folder {
	char path[32];
	int dir;
};

static inline struct folder folder_new(void)
{
	struct folder f = {.path = "/tmp/folderXXXXXX"};

	assert_non_null(mkdtemp(f.path));
	f.dir = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f.dir >= 0);
	return f;
}

/* Fails when anything is left in it that the test did not remove. */
static inline void folder_end(const struct folder *f)
{
	close(f->dir);
	assert_int_equal(rmdir(f->path), 0);
}

#endif /* !BASE_FOLDER_H */
