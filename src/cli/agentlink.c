/* SPDX-License-Identifier: Apache-2.0 */
#include "agentlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/** In the child: become the agent; its only open descriptors are the null device and the pipe. */
static void become_agent(const char *home, int ready)
{
	char number[16];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(number, sizeof number, "%d", ready);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	if (fcntl(ready, F_SETFD, 0) != 0)
		_exit(1);
	(void)execl("/proc/self/exe", "tacenda", "--home", home, "agent", "--ready-fd", number, (char *)NULL);
	_exit(1);
}

/** The byte that says how starting went: its status code. */
static struct status await_ready(int fd)
{
	uint8_t code;
	ssize_t n;

	do
		n = read(fd, &code, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return FAIL_AT(ST_UNREACHABLE, "agent: it did not start");
	return code == ST_OK || code == ST_CONFLICT ? OK : FAIL_AT((enum status_code)code, "agent");
}

static struct status start(const char *home)
{
	int ready[2];

	if (pipe2(ready, O_CLOEXEC) != 0)
		return FAIL_AT(ST_IO, "agent");
	pid_t child = fork();
	if (child == 0) {
		/* Forked again, so that nobody has to wait for the agent; it keeps the terminal whose end is its own.
		 */
		if (fork() == 0)
			become_agent(home, ready[1]);
		_exit(0);
	}
	(void)close(ready[1]);
	struct status s = child > 0 ? await_ready(ready[0]) : FAIL_AT(ST_IO, "agent");
	(void)close(ready[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return s;
}

struct status agentlink_start(const char *home, struct agentclient *out)
{
	struct status s = agentclient_connect(home, out);

	if (s.code != ST_NOT_FOUND)
		return s;
	TRY(start(home));
	return agentclient_connect(home, out);
}

struct status agentlink_keys(const char *home, struct keyholder *out)
{
	AUTO(agentclient) agent = {.fd = -1};

	TRY(agentclient_connect(home, &agent));
	return agentclient_holder(&agent, out);
}
