/* SPDX-License-Identifier: Apache-2.0 */
#include "agentsocket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agentwire.h"
#include "os.h"

#define BACKLOG 16

/* By way of the open directory: short however long its path is, and the one that was checked. */
static struct sockaddr_un address(const struct agentplace *place)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/%s", place->dir, place->socket);
	return a;
}

/* Two packets fit into the socket, so that an answer never waits. */
static struct status new_socket(int *out)
{
	const int size = 2 * AGENTWIRE_PACKET_MAX;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return os_status(errno, "agent socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	*out = fd;
	return OK;
}

static bool same_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof peer && peer.uid == geteuid();
}

static struct status lock(const struct agentplace *place, int *out)
{
	int fd = openat(place->dir, place->lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return os_status(errno, "agent lock");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*out = fd;
		return OK;
	}
	struct status s =
		errno == EWOULDBLOCK ? FAIL_AT(ST_CONFLICT, "agent runs already") : os_status(errno, "agent lock");
	(void)close(fd);
	return s;
}

static struct status bind_and_listen(const struct agentplace *place, int fd)
{
	struct sockaddr_un a = address(place);

	if (unlinkat(place->dir, place->socket, 0) != 0 && errno != ENOENT)
		return os_status(errno, "agent socket");
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) != 0)
		return os_status(errno, "agent socket");
	if (fchmodat(place->dir, place->socket, 0600, 0) != 0 || listen(fd, BACKLOG) != 0)
		return os_status(errno, "agent socket");
	return OK;
}

struct status agentsocket_listen(const struct agentplace *place, int *socket_fd, int *lock_fd)
{
	int held = -1, fd = -1;

	TRY(lock(place, &held));
	struct status s = new_socket(&fd);
	if (ok(s))
		s = bind_and_listen(place, fd);
	if (!ok(s)) {
		if (fd >= 0)
			(void)close(fd);
		(void)close(held);
		return s;
	}
	*socket_fd = fd;
	*lock_fd = held;
	return OK;
}

struct status agentsocket_accept(int socket_fd, int *out)
{
	const int size = 2 * AGENTWIRE_PACKET_MAX;
	int fd = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return FAIL(ST_BUSY);
	if (!same_user(fd)) {
		(void)close(fd);
		return FAIL_AT(ST_DENIED, "agent client");
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	*out = fd;
	return OK;
}

struct status agentsocket_connect(const struct agentplace *place, int *out)
{
	struct sockaddr_un a = address(place);
	int fd = -1;

	TRY(new_socket(&fd));
	struct status s = OK;
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) != 0)
		s = errno == ENOENT || errno == ECONNREFUSED ? FAIL_AT(ST_NOT_FOUND, "agent")
							     : os_status(errno, "agent");
	else if (!same_user(fd))
		s = FAIL_AT(ST_DENIED, "agent");
	if (!ok(s)) {
		(void)close(fd);
		return s;
	}
	*out = fd;
	return OK;
}

struct status agentsocket_send(int fd, struct bytes packet, bool wait)
{
	ssize_t n;

	do {
		n = send(fd, packet.at, packet.len, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	} while (n < 0 && errno == EINTR);
	return n >= 0 && (size_t)n == packet.len ? OK : FAIL_AT(ST_UNREACHABLE, "agent");
}

struct status agentsocket_receive(int fd, const struct secret *room, bool wait, size_t *len)
{
	ssize_t n;

	do {
		/* MSG_TRUNC: the length that was sent, so that a longer packet is seen. */
		n = recv(fd, room->bytes, room->len, MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
	} while (n < 0 && errno == EINTR);
	if (n < 0 && !wait && (errno == EAGAIN || errno == EWOULDBLOCK))
		return FAIL(ST_BUSY);
	if (n <= 0)
		return FAIL_AT(ST_UNREACHABLE, "agent");
	if ((size_t)n > room->len)
		return FAIL_AT(ST_TOO_BIG, "agent packet");
	*len = (size_t)n;
	return OK;
}
