/* SPDX-License-Identifier: Apache-2.0 */
#include "agentstart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os.h"

/* Only calls that are allowed between fork() and exec() from here on. */
_Noreturn static void become_agent(const char *program, const char *const *arguments, int ready_fd)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	sigemptyset(&none);
	/* Its terminal stays its terminal, but the keys for this command are not for it. */
	(void)setpgid(0, 0);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	if (ready_fd != AGENTSTART_READY_FD && dup2(ready_fd, AGENTSTART_READY_FD) < 0)
		_exit(1);
	/* dup2() of a descriptor onto itself would leave it to be closed by exec(). */
	if (ready_fd == AGENTSTART_READY_FD && fcntl(ready_fd, F_SETFD, 0) != 0)
		_exit(1);
	(void)close_range(AGENTSTART_READY_FD + 1, ~0u, 0);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* execv() changes nothing in them; its type is older than const. */
	(void)execv(program, (char *const *)(const void *)arguments);
	_exit(1);
}

/* The middle process ends at once, so that nobody has to wait for the agent. */
static struct status launch(const char *program, const char *const *arguments, int ready_fd)
{
	pid_t middle = fork();
	int status;

	if (middle < 0)
		return os_status(errno, "agent");
	if (middle == 0) {
		pid_t agent = fork();

		if (agent == 0)
			become_agent(program, arguments, ready_fd);
		_exit(agent > 0 ? 0 : 1);
	}
	while (waitpid(middle, &status, 0) < 0)
		if (errno != EINTR)
			return os_status(errno, "agent");
	return status == 0 ? OK : FAIL_AT(ST_NO_MEMORY, "agent");
}

static struct status await_word(int fd)
{
	uint8_t code;
	ssize_t n;

	do {
		n = read(fd, &code, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1 || code > ST_IO)
		return FAIL_AT(ST_UNREACHABLE, "agent");
	return (struct status){.code = (enum status_code)code, .what = code == ST_OK ? NULL : "agent"};
}

struct status agentstart(const char *program, const char *const *arguments)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return os_status(errno, "agent");
	struct status s = launch(program != NULL ? program : "/proc/self/exe", arguments, ends[1]);
	(void)close(ends[1]);
	if (ok(s))
		s = await_word(ends[0]);
	(void)close(ends[0]);
	return s;
}
