/* SPDX-License-Identifier: Apache-2.0 */
#include "agentplace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "os.h"
#include "text.h"

#define NAME_HASH 16 /* bytes */

void agentplace_clear(struct agentplace *p)
{
	if (p->dir >= 0)
		(void)close(p->dir);
	*p = (struct agentplace){.dir = -1};
}

/* A folder for programs of this user to meet; not one inherited from somebody else, as after su. */
static bool is_own(const char *path)
{
	struct stat st;

	return path != NULL && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Open ${name} in the folder ${base}, making it; nobody else may own or enter it. */
static struct status open_own(const char *base, const char *name, int *out)
{
	struct stat st;
	int parent = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return os_status(errno, "runtime directory");
	bool made = mkdirat(parent, name, 0700) == 0 || errno == EEXIST;
	int dir = made ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	(void)close(parent);
	if (dir < 0)
		return errno == ENOTDIR || errno == ELOOP ? FAIL_AT(ST_DENIED, "runtime directory")
							  : os_status(errno, "runtime directory");
	if (fstat(dir, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		(void)close(dir);
		return FAIL_AT(ST_DENIED, "runtime directory");
	}
	*out = dir;
	return OK;
}

static struct status open_dir(int *out)
{
	char run[64], name[64];
	const char *given = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");

	(void)snprintf(run, sizeof run, "/run/user/%u", (unsigned)geteuid());
	(void)snprintf(name, sizeof name, "tacenda-%u", (unsigned)geteuid());
	if (is_own(given))
		return open_own(given, "tacenda", out);
	if (is_own(run))
		return open_own(run, "tacenda", out);
	return open_own(temporary != NULL && temporary[0] == '/' ? temporary : "/tmp", name, out);
}

/* One home, one name, however the path is spelt. */
static struct status put_names(const char *home, struct agentplace *p)
{
	char path[PATH_MAX];
	struct hash hash;
	AUTO(buffer) hex = {.max = 2 * (size_t)NAME_HASH};

	if (realpath(home, path) == NULL)
		return os_status(errno, "home");
	TRY(sha256(text_bytes(text_of(path)), &hash));
	TRY(text_put_hex(&hex, bytes_of(hash.bytes, NAME_HASH)));
	(void)snprintf(p->socket, sizeof p->socket, "agent-%.*s", (int)hex.len, (const char *)hex.bytes);
	(void)snprintf(p->lock, sizeof p->lock, "agent-%.*s.lock", (int)hex.len, (const char *)hex.bytes);
	return OK;
}

struct status agentplace_find(const char *home, struct agentplace *out)
{
	AUTO(agentplace) found = {.dir = -1};

	TRY(put_names(home, &found));
	TRY(open_dir(&found.dir));
	*out = found;
	found = (struct agentplace){.dir = -1};
	return OK;
}
