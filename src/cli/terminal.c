/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include "limits.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool terminal_can_ask(void)
{
	return isatty(STDIN_FILENO) != 0;
}

/** One line, byte by byte, so that nothing of it stays in a stdio buffer. */
static struct status read_line(int fd, struct secret *line, size_t *len)
{
	*len = 0;
	for (;;) {
		uint8_t c;
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FAIL_AT(ST_IO, "terminal");
		if (c == '\n' || c == '\r')
			return OK;
		if (*len == line->len)
			return FAIL_AT(ST_TOO_BIG, "passphrase");
		line->bytes[(*len)++] = c;
	}
}

struct status terminal_ask_secret(const char *prompt, struct secret *out)
{
	AUTO(secret) line = {0};
	struct termios before, quiet;
	size_t len = 0;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return FAIL_AT(ST_PENDING, "terminal");
	struct status s = secret_empty(LIMIT_PASSPHRASE, &line);
	if (ok(s) && tcgetattr(fd, &before) != 0)
		s = FAIL_AT(ST_IO, "terminal");
	if (ok(s)) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(fd, TCSAFLUSH, &quiet);
		(void)!write(fd, prompt, strlen(prompt));
		s = read_line(fd, &line, &len);
		(void)tcsetattr(fd, TCSAFLUSH, &before);
		(void)!write(fd, "\n", 1);
	}
	(void)close(fd);
	TRY(s);
	return secret_from(bytes_of(line.bytes, len), out);
}

struct status terminal_ask_new_secret(const char *prompt, const char *again, struct secret *out)
{
	AUTO(secret) first = {0}, second = {0};

	TRY(terminal_ask_secret(prompt, &first));
	TRY(terminal_ask_secret(again, &second));
	if (!secret_equal(secret_bytes(&first), secret_bytes(&second)))
		return FAIL_AT(ST_MISMATCH, "the two are not the same");
	*out = first;
	first = (struct secret){0};
	return OK;
}

bool terminal_confirm(const char *question)
{
	char answer[16] = "";

	(void)fprintf(stderr, "%s [y/N] ", question);
	(void)fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	struct text t = text_trim(text_of(answer));
	return text_equal_nocase(t, TEXT("y")) || text_equal_nocase(t, TEXT("yes"));
}
