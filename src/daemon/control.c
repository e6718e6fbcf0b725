/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os.h"

#define FOLDER      "run"
#define NAME        "control"
#define PATIENCE_MS 1000

/** The address through /proc, so that a long data path does not matter. */
static struct status address_of(int folder, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	int len = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", folder, NAME);

	return len > 0 && (size_t)len < sizeof out->sun_path ? OK : FAIL_AT(ST_TOO_BIG, "control socket");
}

struct status control_listen(int data, int *out)
{
	struct sockaddr_un address;
	int folder;

	TRY(os_open_dir(&os_real, data, FOLDER, true, &folder));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct status s = fd >= 0 ? address_of(folder, &address) : os_status(errno, "control socket");
	(void)unlinkat(folder, NAME, 0);
	mode_t before = umask(0117);
	if (ok(s) && (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0))
		s = os_status(errno, "control socket");
	(void)umask(before);
	(void)close(folder);
	if (!ok(s)) {
		if (fd >= 0)
			(void)close(fd);
		return s;
	}
	*out = fd;
	return OK;
}

void control_unlisten(int data, int fd)
{
	if (fd < 0)
		return;
	(void)close(fd);
	(void)unlinkat(data, FOLDER "/" NAME, 0);
}

/** Until a line end, the end, or ${max} bytes. */
static struct status read_until_end(int fd, bool line, struct buffer *out)
{
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		uint8_t piece[4096];

		if (poll(&wait, 1, line ? PATIENCE_MS : -1) <= 0)
			return FAIL_AT(ST_UNREACHABLE, "control socket");
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return FAIL_AT(ST_UNREACHABLE, "control socket");
		TRY(buffer_put(out, bytes_of(piece, (size_t)n)));
		if (n == 0 || (line && out->bytes[out->len - 1] == '\n'))
			return OK;
	}
}

static void write_all(int fd, struct bytes b)
{
	while (b.len > 0) {
		struct pollfd wait = {.fd = fd, .events = POLLOUT};
		if (poll(&wait, 1, PATIENCE_MS) <= 0)
			return;
		ssize_t n = send(fd, b.at, b.len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return;
		b = bytes_of(b.at + n, b.len - (size_t)n);
	}
}

void control_serve(int fd, control_answer *answer, void *context)
{
	AUTO(buffer) line = {.max = CONTROL_LINE_MAX, .wipe = true}, out = {.max = CONTROL_ANSWER_MAX};
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return;
	if (ok(read_until_end(client, true, &line))) {
		answer(context, text_trim(text_from(buffer_bytes(&line))), &out);
		write_all(client, buffer_bytes(&out));
	}
	(void)close(client);
}

struct status control_ask(const char *data_path, const char *line, struct buffer *out)
{
	struct sockaddr_un address;
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/" FOLDER, data_path);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return FAIL_AT(ST_UNREACHABLE, "daemon");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct status s = fd >= 0 ? address_of(folder, &address) : FAIL_AT(ST_IO, "socket");
	if (ok(s) && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		s = FAIL_AT(ST_UNREACHABLE, "daemon");
	if (ok(s)) {
		write_all(fd, bytes_of(line, strlen(line)));
		write_all(fd, BYTES_LITERAL("\n"));
		s = read_until_end(fd, false, out);
	}
	if (ok(s) && out->len == 0)
		s = FAIL_AT(ST_UNREACHABLE, "daemon");
	if (fd >= 0)
		(void)close(fd);
	(void)close(folder);
	return s;
}
