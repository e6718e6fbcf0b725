/* SPDX-License-Identifier: Apache-2.0 */
#include "courierlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"

#define PROGRAM "tacenda-courier"

/* courier, carry, three files, NULL */
#define ARGUMENTS_MAX 9
static void list_arguments(const struct courierlink_options *o, const char *argv[ARGUMENTS_MAX])
{
	const struct {
		const char *name, *file;
	} files[] = {{"--mail-password-file", o->mail_password}, {"--hook-key-file", o->hook_key}, {"--ca", o->ca}};
	size_t n = 0;

	argv[n++] = PROGRAM;
	argv[n++] = "carry";
	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i].file != NULL) {
			argv[n++] = files[i].name;
			argv[n++] = files[i].file;
		}
	argv[n] = NULL;
}

struct status courierlink_start(const struct courierlink_options *options, struct courierlink *out)
{
	const char *arguments[ARGUMENTS_MAX];
	struct courierlink made;
	int its;

	TRY(child_pair(&made.fd, &its));
	list_arguments(options, arguments);
	const struct child_start start = {PROGRAM, arguments, &its, 1};
	const struct status begun = child_start(&start, &made.pid);
	(void)close(its);
	if (!ok(begun)) {
		(void)close(made.fd);
		return begun;
	}
	*out = made;
	return OK;
}

void courierlink_clear(struct courierlink *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->pid > 0)
		child_await(l->pid);
	*l = (struct courierlink){.fd = -1};
}

struct status courierlink_send(struct courierlink *l, struct bytes packet)
{
	if (l->fd < 0)
		return FAIL_AT(ST_UNREACHABLE, PROGRAM);
	const ssize_t sent = send(l->fd, packet.at, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == (ssize_t)packet.len)
		return OK;
	return errno == EAGAIN || errno == EINTR ? FAIL_AT(ST_BUSY, PROGRAM) : FAIL_AT(ST_UNREACHABLE, PROGRAM);
}

struct status courierlink_take(struct courierlink *l, struct buffer *packet)
{
	packet->len = 0;
	TRY(buffer_reserve(packet, ORDER_PACKET_MAX));
	const ssize_t len = recv(l->fd, packet->bytes, ORDER_PACKET_MAX, MSG_DONTWAIT);
	if (len > 0) {
		packet->len = (size_t)len;
		return OK;
	}
	return len < 0 && (errno == EAGAIN || errno == EINTR) ? FAIL_AT(ST_BUSY, PROGRAM)
							      : FAIL_AT(ST_UNREACHABLE, PROGRAM);
}
