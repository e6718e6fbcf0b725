/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"
#include "relay.h"
#include "server.h"

#define BACKLOG 1024
/* Connections taken in one turn, so that those already here have theirs. */
#define ACCEPTS_PER_TURN 32
/* What the kernel may hold of an answer before it is sent: more would reach a client whose session has ended. */
#define UNSENT_MAX (256 * 1024)

/* --- opening --- */

static struct status bind_failure(int error)
{
	switch (error) {
	case EADDRINUSE:
		return FAIL_AT(ST_CONFLICT, "listen address is in use");
	case EACCES:
	case EPERM:
		return FAIL_AT(ST_DENIED, "listen address");
	default:
		return FAIL_AT(ST_IO, "listen address");
	}
}

/* Accepted sockets inherit these, which saves a call for each. */
static void tune(int fd)
{
	const int on = 1, unsent = UNSENT_MAX;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof sa;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return 0;
	return address_from((struct sockaddr *)&sa).port;
}

static struct status bind_ip(struct listener *l, struct text where)
{
	struct sockaddr_storage sa = {0};
	const int on = 1;
	socklen_t len;

	TRY(address_listen(where, &sa, &len));
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FAIL_AT(ST_IO, "socket");
	l->watch.fd = fd;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    (sa.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0))
		return FAIL_AT(ST_IO, "socket");
	tune(fd);
	if (bind(fd, (struct sockaddr *)&sa, len) != 0 || listen(fd, BACKLOG) != 0)
		return bind_failure(errno);
	l->port = port_of(fd);
	return OK;
}

/* A socket left by a process that died answers nobody; one that answers is in use. */
static void remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;

	if (lstat(sa->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sa, sizeof *sa) != 0 && errno == ECONNREFUSED)
		(void)unlink(sa->sun_path);
	close(fd);
}

static struct status bind_unix(struct listener *l, struct text path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	l->is_unix = true;
	if (path.len == 0 || path.len >= sizeof sa.sun_path)
		return FAIL_AT(ST_INVALID, "listen path");
	memcpy(sa.sun_path, path.at, path.len);
	remove_stale(&sa);
	l->watch.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->watch.fd < 0)
		return FAIL_AT(ST_IO, "socket");
	/* Owner and group: the proxy's account is put into the group. */
	mode_t mask = umask(0117);
	int bound = bind(l->watch.fd, (struct sockaddr *)&sa, sizeof sa);
	int error = errno;
	(void)umask(mask);
	if (bound != 0)
		return bind_failure(error);
	l->path = strdup(sa.sun_path);
	if (l->path == NULL)
		return FAIL(ST_NO_MEMORY);
	return listen(l->watch.fd, BACKLOG) == 0 ? OK : bind_failure(errno);
}

struct status listener_bind(struct listener *l, struct text where)
{
	const struct text prefix = TEXT("unix:");

	*l = (struct listener){.watch.fd = -1};
	struct status s = text_starts(where, prefix)
				  ? bind_unix(l, (struct text){where.at + prefix.len, where.len - prefix.len})
				  : bind_ip(l, where);
	if (!ok(s))
		listener_clear(l);
	return s;
}

struct status listener_adopt(struct listener *l, int fd)
{
	int listening = 0, domain = 0;
	socklen_t len = sizeof listening;

	*l = (struct listener){.watch.fd = fd};
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || listening == 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
	    (domain != AF_UNIX && domain != AF_INET && domain != AF_INET6) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
		listener_clear(l);
		return FAIL_AT(ST_INVALID, "inherited socket");
	}
	l->is_unix = domain == AF_UNIX;
	if (!l->is_unix) {
		tune(fd);
		l->port = port_of(fd);
	}
	return OK;
}

void listener_clear(struct listener *l)
{
	if (l->watch.fd >= 0)
		close(l->watch.fd);
	if (l->path != NULL)
		(void)unlink(l->path);
	free(l->path);
	l->path = NULL;
	l->watch.fd = -1;
}

/* --- accepting --- */

/* A connection on its way from the first loop to its own. */
struct arrival {
	struct net_task task; /* first */
	struct net_loop *loop;
	struct connection_origin origin;
	enum guests_verdict verdict;
	int fd;
};

static void refuse(struct net_loop *loop, int fd)
{
	meter_add(&loop->meter.refused, 1);
	close(fd);
}

/* Full: who has waited longest makes room, so that idle hands cannot keep the door shut. */
static void arrive(const struct arrival *a)
{
	struct guests *guests = a->loop->server->guests;
	enum guests_verdict verdict = a->verdict;

	if (verdict != GUESTS_WELCOME &&
	    connection_evict(a->loop, verdict == GUESTS_ADDRESS_FULL ? &a->origin.guest : NULL))
		verdict = guests_enter(guests, &a->origin.guest);
	if (verdict == GUESTS_WELCOME)
		connection_open(a->loop, a->fd, &a->origin);
	else
		refuse(a->loop, a->fd);
}

static void on_arrival(struct net_task *task, void *own)
{
	struct arrival *a = (struct arrival *)(void *)task;

	(void)own;
	if (a->loop->ending) {
		if (a->verdict == GUESTS_WELCOME)
			guests_leave(a->loop->server->guests, &a->origin.guest);
		close(a->fd);
	} else {
		arrive(a);
	}
	free(a);
}

static void hand_out(const struct arrival *a)
{
	struct arrival *copy = malloc(sizeof *copy);

	if (copy == NULL) {
		if (a->verdict == GUESTS_WELCOME)
			guests_leave(a->loop->server->guests, &a->origin.guest);
		refuse(a->loop->server->loops, a->fd);
		return;
	}
	*copy = *a;
	copy->task.run = on_arrival;
	net_post(a->loop, &copy->task);
}

static void take(struct listener *l, int fd, const struct sockaddr *sa)
{
	struct net_server *server = l->loop->server;
	struct arrival a = {.fd = fd, .origin.is_unix = l->is_unix};

	if (!l->is_unix)
		a.origin.peer = address_from(sa);
	a.origin.is_relay = relay_is(server, &a.origin.peer);
	if (!a.origin.is_relay)
		a.origin.guest = a.origin.peer;
	a.loop = &server->loops[server->next_loop++ % server->loop_count];
	a.verdict = guests_enter(server->guests, &a.origin.guest);
	if (a.loop == l->loop)
		arrive(&a);
	else
		hand_out(&a);
}

/* Without a descriptor left the caller would knock for ever: spend the spare one on turning him away. */
static void turn_away(struct listener *l)
{
	struct net_server *server = l->loop->server;

	close(server->spare_fd);
	int fd = accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		refuse(l->loop, fd);
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* False when nobody knocks any more. */
static bool accept_one(struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	int fd = accept4(l->watch.fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		take(l, fd, (struct sockaddr *)&sa);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away(l);
	else
		return errno == ECONNABORTED || errno == EINTR;
	return true;
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct listener *l = (struct listener *)(void *)w;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && l->watch.fd >= 0 && accept_one(l); i++)
		continue;
}

struct status listener_start(struct listener *l, struct net_loop *loop)
{
	l->loop = loop;
	l->watch.ready = on_ready;
	return loop_watch(loop, &l->watch, EPOLLIN);
}

void listener_stop(struct listener *l)
{
	for (int i = 0; i < BACKLOG && l->watch.fd >= 0 && accept_one(l); i++)
		continue;
	listener_clear(l);
}
