/* SPDX-License-Identifier: Apache-2.0 */
#include "mailpassword.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD_MAX 200
#define FORM         "mail password file: HOST:PORT on the first line, its password on the second"

static struct status read_all(const char *path, struct buffer *out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return FAIL_AT(ST_NOT_FOUND, "mail password file");
	struct status s = buffer_reserve(out, out->max);
	while (ok(s) && out->len < out->max && (len = read(fd, out->bytes + out->len, out->max - out->len)) > 0)
		out->len += (size_t)len;
	(void)close(fd);
	if (ok(s) && out->len == out->max)
		return FAIL_AT(ST_TOO_BIG, "mail password file");
	return s;
}

static struct text line_of(struct text *rest)
{
	struct text line = {0};

	(void)text_split(rest, '\n', &line);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool is_server(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return false;
	return t.len > 2 && t.len < MAIL_SERVER_MAX && memchr(t.at, ':', t.len) != NULL;
}

struct status mailpassword_read(const char *path, struct carry_secrets *out)
{
	AUTO(buffer) file = {.max = MAIL_SERVER_MAX + PASSWORD_MAX + 8, .wipe = true};

	TRY(read_all(path, &file));
	struct text rest = text_from(buffer_bytes(&file));
	const struct text server = line_of(&rest), password = line_of(&rest);
	if (!is_server(server) || password.len == 0 || password.len > PASSWORD_MAX)
		return FAIL_AT(ST_INVALID, FORM);
	TRY(secret_from(text_bytes(password), &out->mail_password));
	memcpy(out->mail_server, server.at, server.len);
	out->mail_server[server.len] = '\0';
	return OK;
}
