/* SPDX-License-Identifier: Apache-2.0 */
#include "tlsfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "os.h"
#include "pem.h"
#include "text.h"

#define NAME     "certificate"
#define PEM_READ 4096
#define NO_FILE  "--tls-cert, --tls-key: no such file"

bool tlsfiles_any(const struct tlsfiles *f)
{
	return f->certificate[0] != '\0';
}

/* --- Where they are --- */

/** Its folder is resolved, its name is not: that one may be a link that changes. */
static struct status make_absolute(const char *given, char out[PATH_MAX])
{
	char folder[PATH_MAX], found[PATH_MAX];
	const char *slash = strrchr(given, '/');
	const char *name = slash != NULL ? slash + 1 : given;

	if (strlen(given) >= sizeof folder || strchr(given, '\n') != NULL)
		return FAIL_AT(ST_INVALID, "--tls-cert, --tls-key: not a path");
	(void)snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(name - given) : 1,
		       slash != NULL ? given : ".");
	if (realpath(folder, found) == NULL)
		return FAIL_AT(ST_NOT_FOUND, NO_FILE);
	int len = snprintf(out, PATH_MAX, "%s/%s", found, name);
	return len < PATH_MAX ? OK : FAIL_AT(ST_INVALID, "--tls-cert, --tls-key: not a path");
}

struct status tlsfiles_named(const struct options *options, struct tlsfiles *out)
{
	const char *certificate = options_value(options, "--tls-cert"), *key = options_value(options, "--tls-key");

	*out = (struct tlsfiles){0};
	if (certificate == NULL && key == NULL)
		return OK;
	if (certificate == NULL || key == NULL)
		return FAIL_AT(ST_INVALID, "certificate: give both --tls-cert and --tls-key");
	TRY(make_absolute(certificate, out->certificate));
	return make_absolute(key, out->key);
}

struct status tlsfiles_write(int data, const struct tlsfiles *f)
{
	AUTO(buffer) lines = {.max = 2 * PATH_MAX + 2};

	if (!tlsfiles_any(f))
		return OK;
	TRY(buffer_print(&lines, "%s\n%s\n", f->certificate, f->key));
	return os_save(&os_real, data, NAME, buffer_bytes(&lines));
}

static struct status take_line(struct text *rest, char out[PATH_MAX])
{
	struct text line;

	if (!text_split(rest, '\n', &line) || line.len == 0 || line.len >= PATH_MAX || line.at[0] != '/')
		return FAIL_AT(ST_INVALID, "file certificate: two absolute paths, one a line");
	memcpy(out, line.at, line.len);
	out[line.len] = '\0';
	return OK;
}

struct status tlsfiles_read(int data, struct tlsfiles *out)
{
	AUTO(buffer) lines = {.max = 2 * PATH_MAX + 2};
	struct tlsfiles read = {0};

	*out = read;
	struct status found = os_load(&os_real, data, NAME, lines.max, &lines);
	if (found.code == ST_NOT_FOUND)
		return OK;
	TRY(found);
	struct text rest = text_from(buffer_bytes(&lines));
	TRY(take_line(&rest, read.certificate));
	TRY(take_line(&rest, read.key));
	*out = read;
	return OK;
}

/* --- What is in them --- */

static struct status read_open(int fd, struct buffer *out)
{
	for (;;) {
		TRY(buffer_reserve(out, PEM_READ));
		ssize_t n = read(fd, out->bytes + out->len, PEM_READ);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL_AT(ST_IO, "--tls-cert, --tls-key: cannot be read");
		if (n == 0)
			return OK;
		out->len += (size_t)n;
	}
}

/** Links are followed: programs that renew certificates make them.  A pipe that nobody writes to holds up nobody. */
static struct status read_pem(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return FAIL_AT(ST_NOT_FOUND, NO_FILE);
	if (fd < 0)
		return FAIL_AT(ST_IO, "--tls-cert, --tls-key: cannot be read");
	struct status s = read_open(fd, out);
	(void)close(fd);
	return s;
}

/** What will be served is what keyd is given, not what stood around it in a file (PROMISES#K3). */
static struct status check(const struct keywire_chain *parts)
{
	AUTO(buffer) certificate = {.max = PEM_PUT_MAX};
	AUTO(buffer) key = {.max = PEM_PUT_MAX, .wipe = true};

	TRY(pem_put_chain(parts, &certificate, &key));
	return net_check(&(struct net_identity){.certificate = buffer_bytes(&certificate), .key = buffer_bytes(&key)});
}

/** Read; checked as files, which says best what is wrong with them, and as what will be kept. */
static struct status load(const struct tlsfiles *f, struct pem_pair *out)
{
	AUTO(buffer) certificate = {.max = PEM_MAX};
	AUTO(buffer) key = {.max = PEM_MAX, .wipe = true};

	TRY(read_pem(f->certificate, &certificate));
	TRY(read_pem(f->key, &key));
	TRY(net_check(&(struct net_identity){.certificate = buffer_bytes(&certificate), .key = buffer_bytes(&key)}));
	TRY(pem_pair_read(text_from(buffer_bytes(&certificate)), text_from(buffer_bytes(&key)), out));
	return check(&out->parts);
}

struct status tlsfiles_check(const struct tlsfiles *f)
{
	AUTO(pem_pair) p = {0};

	return tlsfiles_any(f) ? load(f, &p) : OK;
}

struct status tlsfiles_import(const struct tlsfiles *f, struct keyring *ring)
{
	AUTO(pem_pair) p = {0};

	if (!tlsfiles_any(f))
		return OK;
	TRY(load(f, &p));
	return keyring_tls_import(ring, &p.parts);
}

static bool same(const struct keyring_identity *now, const struct keywire_chain *parts)
{
	if (now->count != parts->count || !secret_equal(secret_bytes(&now->private_key), parts->private_key))
		return false;
	for (size_t i = 0; i < now->count; i++)
		if (!bytes_equal(buffer_bytes(&now->chain[i]), parts->certificates[i]))
			return false;
	return true;
}

struct status tlsfiles_renew(const struct tlsfiles *f, struct keyring *ring, bool *changed)
{
	AUTO(pem_pair) p = {0};
	AUTO(keyring_identity) now = {0};

	*changed = false;
	if (!tlsfiles_any(f))
		return OK;
	TRY(keyring_tls_identity(ring, &now));
	if (now.source == TLS_OWN_CA)
		return FAIL_AT(ST_CONFLICT, "file certificate: the site has a CA of its own, which its clients know");
	TRY(load(f, &p));
	if (same(&now, &p.parts))
		return OK;
	TRY(keyring_tls_import(ring, &p.parts));
	*changed = true;
	return OK;
}
