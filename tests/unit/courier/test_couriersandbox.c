/* SPDX-License-Identifier: Apache-2.0 */
/* Each test confines a child as the courier confines itself, and tries one thing there (PROMISES#S1). */
#include "confined_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "couriersandbox.h"

static char folder[] = "/tmp/tacenda-courier-XXXXXX";
static struct sockaddr_un control = {.sun_family = AF_UNIX};
static struct sockaddr_in port = {.sin_family = AF_INET};
static int listening = -1, outward = -1;

static int before_all(void **state)
{
	socklen_t len = sizeof port;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(control.sun_path, sizeof control.sun_path, "%s/control", folder);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	outward = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listening, (const struct sockaddr *)&control, sizeof control), 0);
	assert_int_equal(bind(outward, (const struct sockaddr *)&port, sizeof port), 0);
	assert_int_equal(getsockname(outward, (struct sockaddr *)&port, &len), 0);
	return listen(listening, 4) == 0 && listen(outward, 4) == 0 ? 0 : -1;
}

static int after_all(void **state)
{
	(void)state;
	(void)close(listening);
	(void)close(outward);
	(void)unlink(control.sun_path);
	return rmdir(folder);
}

static bool enter(void)
{
	return ok(couriersandbox_enter());
}

static int ask_the_host(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return outcome(fd < 0 ? fd : connect(fd, (const struct sockaddr *)&control, sizeof control));
}
static int make_a_pair(int type)
{
	int ends[2];

	return outcome(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends));
}
static int make_a_stream_pair(void)
{
	return make_a_pair(SOCK_STREAM);
}
static int make_a_datagram_pair(void)
{
	return make_a_pair(SOCK_DGRAM);
}
static int turn_a_pair_to_the_host(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return NO_ENTRY;
	(void)close(ends[1]);
	return connect(ends[0], (const struct sockaddr *)&control, sizeof control) == 0 ? DONE : REFUSED;
}
static int watch_processes(void)
{
	return outcome(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR));
}
static int see_all_packets(void)
{
	return outcome(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}
static int open_a_connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return outcome(fd < 0 ? fd : connect(fd, (const struct sockaddr *)&port, sizeof port));
}
static int find_a_name(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", "465", NULL, &found) != 0)
		return OTHER;
	freeaddrinfo(found);
	return outcome(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}
static int read_a_file(void)
{
	return outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}
static int execute(void)
{
	char *const words[] = {(char[]){"true"}, NULL};
	char *const none[] = {NULL};

	return outcome(execve("/bin/true", words, none));
}

static void the_control_socket_is_out_of_reach(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, ask_the_host), REFUSED);
	assert_int_equal(confined(enter, make_a_datagram_pair), REFUSED);
	assert_int_equal(confined(enter, turn_a_pair_to_the_host), REFUSED);
}
static void no_other_kind_of_socket_is_made(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, watch_processes), REFUSED);
	assert_int_equal(confined(enter, see_all_packets), REFUSED);
}
static void names_are_found_and_connections_opened(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, find_a_name), DONE);
	assert_int_equal(confined(enter, open_a_connection), DONE);
	assert_int_equal(confined(enter, make_a_stream_pair), DONE);
}
static void nothing_is_started_and_no_other_file_read(void **state)
{
	(void)state;
	assert_int_equal(confined(enter, execute), REFUSED);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0)
		assert_int_equal(confined(enter, read_a_file), REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_control_socket_is_out_of_reach),
		cmocka_unit_test(no_other_kind_of_socket_is_made),
		cmocka_unit_test(names_are_found_and_connections_opened),
		cmocka_unit_test(nothing_is_started_and_no_other_file_read),
	};

	return cmocka_run_group_tests(tests, before_all, after_all);
}
