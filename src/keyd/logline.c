/* SPDX-License-Identifier: Apache-2.0 */
#include "logline.h"

#include <unistd.h>

#include "clock.h"
#include "text.h"

#define LINE_MAX_LEN 512

static struct status put_line(struct buffer *b, const char *event, uint64_t number, struct status s)
{
	TRY(buffer_print(b, "time="));
	TRY(text_put_time(b, clock_wall(&clock_system)));
	TRY(buffer_print(b, " process=keyd event=%s number=%llu", event, (unsigned long long)number));
	if (!ok(s))
		TRY(buffer_print(b, " status=%s what=\"%s\"", status_name(s.code), s.what != NULL ? s.what : ""));
	return buffer_put_u8(b, '\n');
}

void logline_event(const char *event, uint64_t number, struct status s)
{
	AUTO(buffer) b = {.max = LINE_MAX_LEN};

	/* A log that cannot be written is no reason to stop keeping keys. */
	if (ok(put_line(&b, event, number, s)) && write(STDERR_FILENO, b.bytes, b.len) < 0)
		return;
}
