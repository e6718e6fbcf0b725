/* SPDX-License-Identifier: Apache-2.0 */
#include "listenfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os.h"

#define NAME "listen"

struct status listenfile_write(int data, const struct options *options)
{
	AUTO(buffer) lines = {.max = sizeof(((struct listenfile *)0)->text)};
	size_t cursor = 0;
	const char *one;

	while ((one = options_next(options, "--listen", &cursor)) != NULL)
		TRY(buffer_print(&lines, "%s\n", one));
	if (lines.len == 0)
		TRY(buffer_print(&lines, "%s\n", LISTENFILE_DEFAULT));
	return os_save(&os_real, data, NAME, buffer_bytes(&lines));
}

static struct status add(struct listenfile *l, struct text line, size_t *used)
{
	if (line.len == 0)
		return OK;
	if (l->count == LISTENFILE_MAX || *used + line.len + 1 > sizeof l->text)
		return FAIL_AT(ST_TOO_BIG, "listen");
	memcpy(l->text + *used, line.at, line.len);
	l->text[*used + line.len] = '\0';
	l->addresses[l->count++] = l->text + *used;
	*used += line.len + 1;
	return OK;
}

struct status listenfile_read(int data, const struct options *options, struct listenfile *out)
{
	AUTO(buffer) lines = {.max = sizeof out->text};
	size_t cursor = 0, used = 0;
	const char *one;

	*out = (struct listenfile){0};
	while ((one = options_next(options, "--listen", &cursor)) != NULL)
		TRY(add(out, text_of(one), &used));
	if (out->count > 0)
		return OK;
	TRY(os_load(&os_real, data, NAME, lines.max, &lines));
	struct text rest = text_from(buffer_bytes(&lines)), line;
	while (text_split(&rest, '\n', &line))
		TRY(add(out, text_trim(line), &used));
	return OK;
}
